CREATE TABLE tasks_submission (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rev INT NOT NULL,
  task_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  handed_in DATETIME(6) NULL,
  feedback TEXT CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  feedback_at DATETIME(6) NULL,
  feedback_seen DATETIME(6) NULL,
  created DATETIME(6) NOT NULL,
  changed DATETIME(6) NOT NULL,
  deleted_at DATETIME(6) NULL,
  UNIQUE KEY once (task_id, person_id),
  KEY of_person (person_id, feedback_at)
)
