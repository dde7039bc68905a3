CREATE TABLE lost_thing (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rev INT NOT NULL,
  title VARCHAR(80) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  found DATE NOT NULL,
  place VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note TEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  keeper_id BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  deleted_at DATETIME(6) NULL,
  KEY found (found)
)
