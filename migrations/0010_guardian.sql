-- Who cares for whom, and from when until when; both days included.
CREATE TABLE core_guardian (
  guardian_id BIGINT NOT NULL,
  child_id BIGINT NOT NULL,
  from_day DATE NOT NULL,
  until_day DATE NULL,
  PRIMARY KEY (guardian_id, child_id, from_day),
  KEY child (child_id, guardian_id),
  KEY starts (from_day),
  KEY ends (until_day),
  CONSTRAINT core_guardian_guardian FOREIGN KEY (guardian_id) REFERENCES core_person (id)
    ON DELETE CASCADE,
  CONSTRAINT core_guardian_child FOREIGN KEY (child_id) REFERENCES core_person (id)
    ON DELETE CASCADE
)
