-- schema: kreide_auth
CREATE TABLE credential (
  person_id BIGINT NOT NULL PRIMARY KEY,
  hash VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Argon2id',
  changed DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
