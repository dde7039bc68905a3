CREATE TABLE core_right (
  bit SMALLINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'stable for ever, never used again',
  name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  roles INT UNSIGNED NOT NULL COMMENT 'as the manifest said when rights were last compiled',
  UNIQUE KEY name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
