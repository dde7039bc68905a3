-- Bytes lie in files/ by store_key; scan: 0 waits, 1 clean; attached: 0 pending, 1 in use.
CREATE TABLE core_file (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner_id BIGINT NOT NULL,
  store_key CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type VARCHAR(127) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  size BIGINT NOT NULL,
  sha256 BINARY(32) NOT NULL,
  scan TINYINT NOT NULL,
  attached TINYINT NOT NULL DEFAULT 0,
  tries SMALLINT NOT NULL DEFAULT 0,
  created DATETIME(6) NOT NULL,
  KEY owner (owner_id),
  KEY waiting (scan, tries),
  KEY pending (attached, created)
)
