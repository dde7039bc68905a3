-- Parts of an audience. ref: a sum of roles, a group, a person; member: position in the
-- group (KR_MEMBER*), 0 = any.
CREATE TABLE core_audience_part (
  audience_id BIGINT NOT NULL,
  kind ENUM('all', 'roles', 'group', 'group_parents', 'person', 'person_parents')
    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ref BIGINT NOT NULL DEFAULT 0,
  member TINYINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (audience_id, kind, ref, member),
  KEY by_ref (kind, ref, audience_id),
  CONSTRAINT core_audience_part_of FOREIGN KEY (audience_id) REFERENCES core_audience (id)
    ON DELETE CASCADE
)
