CREATE TABLE core_person_right (
  person_id BIGINT NOT NULL PRIMARY KEY,
  bits VARBINARY(128) NOT NULL,
  valid_until DATE NULL COMMENT 'first day on which a date rule may change the answer',
  epoch BIGINT NOT NULL,
  CONSTRAINT core_person_right_person FOREIGN KEY (person_id)
    REFERENCES core_person (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
