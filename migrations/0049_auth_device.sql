-- schema: kreide_auth
CREATE TABLE device (
  person_id BIGINT NOT NULL,
  hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the device cookie',
  seen DATETIME(6) NOT NULL,
  PRIMARY KEY (person_id, hash),
  KEY hash (hash),
  KEY seen (seen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
