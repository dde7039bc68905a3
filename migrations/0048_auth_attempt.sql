-- schema: kreide_auth
CREATE TABLE attempt (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  who BINARY(32) NULL COMMENT 'hash of the account name as typed, or of account and device',
  net BINARY(32) NULL COMMENT 'hash of the network; NULL for known devices',
  at DATETIME(6) NOT NULL,
  forgiven BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'a right password followed from there',
  KEY who (who, at),
  KEY net (net, at),
  KEY at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
