-- Closure, maintained by core: groups a person is in today, directly or through a group
-- in a group; one row per pair with the highest position.
CREATE TABLE core_my_group (
  person_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  role TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (person_id, group_id),
  KEY members (group_id, role, person_id)
)
