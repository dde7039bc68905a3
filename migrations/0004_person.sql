-- Everybody with an account. `roles` is the sum of KR_ROLE_*; (source, source_key) is the
-- stable id in the program the person was imported from, the only thing imports match by.
CREATE TABLE core_person (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  given VARCHAR(80) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  family VARCHAR(80) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  short VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  roles INT UNSIGNED NOT NULL,
  state ENUM('active', 'locked', 'left') CHARACTER SET ascii COLLATE ascii_bin
    NOT NULL DEFAULT 'active',
  lang VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  theme VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  address VARCHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  source VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  source_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  left_at DATETIME(6) NULL,
  UNIQUE KEY origin (source, source_key),
  KEY by_name (family, given),
  KEY by_state (state, left_at)
)
