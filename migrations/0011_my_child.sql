-- Closure, maintained by core: children of a guardian today.
CREATE TABLE core_my_child (
  guardian_id BIGINT NOT NULL,
  child_id BIGINT NOT NULL,
  PRIMARY KEY (guardian_id, child_id),
  KEY child (child_id, guardian_id)
)
