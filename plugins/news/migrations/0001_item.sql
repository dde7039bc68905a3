CREATE TABLE news_item (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rev INT NOT NULL,
  title VARCHAR(120) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  category VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body TEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  audience_id BIGINT NOT NULL,
  starts DATETIME(6) NULL,
  ends DATETIME(6) NULL,
  author_id BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  deleted_at DATETIME(6) NULL,
  KEY audience (audience_id, deleted_at),
  KEY author (author_id)
)
