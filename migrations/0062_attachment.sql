-- Which object of which plugin holds a file, and in which slot.
CREATE TABLE core_attachment (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  file_id BIGINT NOT NULL,
  module VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  entity VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id BIGINT NOT NULL,
  slot VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created DATETIME(6) NOT NULL,
  UNIQUE KEY once (module, entity, object_id, slot, file_id),
  KEY file (file_id)
)
