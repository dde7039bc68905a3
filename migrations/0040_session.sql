CREATE TABLE core_session (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the cookie; the cookie itself is nowhere',
  person_id BIGINT NOT NULL,
  csrf BINARY(32) NOT NULL,
  created DATETIME(6) NOT NULL,
  seen DATETIME(6) NOT NULL COMMENT 'moved at most every five minutes',
  fresh DATETIME(6) NOT NULL COMMENT 'last password check',
  expires DATETIME(6) NOT NULL,
  net VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'shortened address',
  agent VARCHAR(64) NOT NULL COMMENT 'browser and system in two words',
  UNIQUE KEY hash (hash),
  KEY person_id (person_id),
  KEY expires (expires),
  CONSTRAINT core_session_person FOREIGN KEY (person_id) REFERENCES core_person (id)
    ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
