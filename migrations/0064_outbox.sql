-- What is to happen after commit: one row per hook or live event, done once.
CREATE TABLE core_outbox (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  module VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  args VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  actor_id BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  due DATETIME(6) NOT NULL,
  tries SMALLINT NOT NULL DEFAULT 0,
  done_at DATETIME(6) NULL,
  KEY open (done_at, due)
)
