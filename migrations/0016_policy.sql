-- The school's decisions on modules. A closed row stays as proof; `live` is 1 for the open
-- one and NULL otherwise, so that a module can have only one.
CREATE TABLE core_policy (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  module VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  roles INT UNSIGNED NOT NULL,
  from_day DATE NOT NULL,
  until_day DATE NULL,
  decision VARCHAR(255) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  decided_day DATE NULL,
  opened_by BIGINT NOT NULL,
  opened_at DATETIME(6) NOT NULL,
  closed_by BIGINT NULL,
  closed_at DATETIME(6) NULL,
  live TINYINT AS (IF(closed_at IS NULL, 1, NULL)) VIRTUAL,
  UNIQUE KEY one_live (module, live),
  KEY history (module, opened_at)
)
