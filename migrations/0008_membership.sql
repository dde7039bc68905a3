-- Who is, was and will be in which group; role is KR_MEMBER*, both days included.
CREATE TABLE core_membership (
  group_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  role TINYINT UNSIGNED NOT NULL,
  from_day DATE NOT NULL,
  until_day DATE NULL,
  PRIMARY KEY (person_id, group_id, role, from_day),
  KEY by_group (group_id, role),
  KEY starts (from_day),
  KEY ends (until_day),
  CONSTRAINT core_membership_group FOREIGN KEY (group_id) REFERENCES core_group (id)
    ON DELETE CASCADE,
  CONSTRAINT core_membership_person FOREIGN KEY (person_id) REFERENCES core_person (id)
    ON DELETE CASCADE
)
