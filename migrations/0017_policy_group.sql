-- Groups a policy opens a module to.
CREATE TABLE core_policy_group (
  policy_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (policy_id, group_id),
  KEY by_group (group_id),
  CONSTRAINT core_policy_group_policy FOREIGN KEY (policy_id) REFERENCES core_policy (id)
    ON DELETE CASCADE,
  CONSTRAINT core_policy_group_group FOREIGN KEY (group_id) REFERENCES core_group (id)
    ON DELETE CASCADE
)
