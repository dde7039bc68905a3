-- Closure, maintained by core: groups of a guardian's children today.
CREATE TABLE core_my_childs_group (
  guardian_id BIGINT NOT NULL,
  child_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (guardian_id, group_id, child_id),
  KEY by_group (group_id, guardian_id),
  KEY child (child_id)
)
