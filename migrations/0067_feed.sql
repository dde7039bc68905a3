-- Revocable addresses for machines. The secret is derived from `salt` and a key outside the
-- database; only its SHA-256 is looked up.
CREATE TABLE core_feed (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  route VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  salt BINARY(16) NOT NULL,
  hash BINARY(32) NOT NULL UNIQUE,
  created DATETIME(6) NOT NULL,
  UNIQUE KEY once (person_id, route)
)
