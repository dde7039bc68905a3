CREATE TABLE tasks_task (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rev INT NOT NULL,
  title VARCHAR(120) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  body TEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  group_id BIGINT NOT NULL,
  due DATETIME(6) NOT NULL,
  owner_id BIGINT NOT NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  deleted_at DATETIME(6) NULL,
  KEY of_group (group_id, due),
  KEY of_owner (owner_id, due)
)
