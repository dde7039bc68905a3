-- schema: kreide_auth
CREATE TABLE token (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  hash BINARY(32) NOT NULL,
  label VARCHAR(60) NOT NULL,
  created DATETIME(6) NOT NULL,
  last_used DATETIME(6) NULL COMMENT 'moved at most once an hour',
  expires DATETIME(6) NOT NULL,
  UNIQUE KEY hash (hash),
  KEY person_id (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
