-- One DDL statement per file. Tables are named skeleton_...; id, rev, created, changed and
-- deleted_at belong to every entity; what can be sorted by is NOT NULL and has an index.
CREATE TABLE skeleton_entry (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rev INT NOT NULL,
  title VARCHAR(120) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day DATE NOT NULL,
  body TEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  owner_id BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  deleted_at DATETIME(6) NULL,
  KEY day (day),
  KEY owner (owner_id)
)
