-- Groups within groups: class 7b in grade "Jahrgang 7".
CREATE TABLE core_group_in (
  child_id BIGINT NOT NULL,
  parent_id BIGINT NOT NULL,
  PRIMARY KEY (child_id, parent_id),
  KEY parent (parent_id, child_id),
  CONSTRAINT core_group_in_child FOREIGN KEY (child_id) REFERENCES core_group (id)
    ON DELETE CASCADE,
  CONSTRAINT core_group_in_parent FOREIGN KEY (parent_id) REFERENCES core_group (id)
    ON DELETE CASCADE
)
