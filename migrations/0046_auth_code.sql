-- schema: kreide_auth
CREATE TABLE code (
  person_id BIGINT NOT NULL PRIMARY KEY,
  hash BINARY(32) NOT NULL,
  created DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  UNIQUE KEY hash (hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
