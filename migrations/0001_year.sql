-- School years, 1 August to 31 July; the kernel makes the current one when it is missing.
CREATE TABLE core_year (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
  starts DATE NOT NULL,
  ends DATE NOT NULL,
  KEY span (starts, ends),
  CONSTRAINT core_year_order CHECK (starts < ends)
)
