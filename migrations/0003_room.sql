-- Rooms of the school, by the name on the door.
CREATE TABLE core_room (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL UNIQUE,
  seats SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  created DATETIME(6) NOT NULL
)
