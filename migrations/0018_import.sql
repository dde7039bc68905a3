-- Protocol of imports: what came of a file, never the file.
CREATE TABLE core_import (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  profile VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at DATETIME(6) NOT NULL,
  actor_id BIGINT NOT NULL,
  in_file INT UNSIGNED NOT NULL,
  fresh INT UNSIGNED NOT NULL,
  renamed INT UNSIGNED NOT NULL,
  moved INT UNSIGNED NOT NULL,
  leavers INT UNSIGNED NOT NULL,
  forced TINYINT NOT NULL,
  KEY recent (profile, at)
)
