-- Notices of a person: message key and arguments, put into words when shown.
CREATE TABLE core_notice (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  module VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text_key VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  args VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  href VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  batch BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  read_at DATETIME(6) NULL,
  KEY unread (person_id, read_at),
  KEY recent (person_id, id),
  KEY batch (batch)
)
