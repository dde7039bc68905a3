-- Whom something is for, stored once per mixture of parts (digest of the sorted parts).
CREATE TABLE core_audience (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  digest BINARY(32) NOT NULL UNIQUE,
  title VARCHAR(255) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  created DATETIME(6) NOT NULL
)
