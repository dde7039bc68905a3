-- schema: kreide_audit
-- Who did what to which object. Inserted in the transaction of the deed, chained by jobs
-- in the order of seq: ids of rows that commit late come before sealed ones.
CREATE TABLE entry (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at DATETIME(6) NOT NULL,
  actor_id BIGINT NOT NULL,
  module VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id BIGINT NOT NULL,
  request_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NULL,
  seal BINARY(32) NULL,
  UNIQUE KEY sealed (seq),
  KEY object (module, object_id)
)
