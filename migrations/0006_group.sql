-- Classes, grades and courses belong to one school year (year_id); clubs and staff groups
-- to none (0), so that the next 7b never meets what the last one wrote.
CREATE TABLE core_group (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind ENUM('class', 'grade', 'course', 'club', 'staff') CHARACTER SET ascii
    COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  year_id BIGINT NOT NULL DEFAULT 0,
  grade TINYINT UNSIGNED NOT NULL DEFAULT 0,
  created DATETIME(6) NOT NULL,
  UNIQUE KEY once (year_id, kind, name),
  KEY sorted (kind, grade, name)
)
