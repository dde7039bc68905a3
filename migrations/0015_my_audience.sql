-- Closure, maintained by core: audiences a person belongs to today.
CREATE TABLE core_my_audience (
  person_id BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  PRIMARY KEY (person_id, audience_id),
  KEY members (audience_id, person_id)
)
