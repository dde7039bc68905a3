-- Who may have unread notices: whoever is not in here has none, and his pages need not
-- look for them. A row without any goes when that is seen.
CREATE TABLE core_unread (
  person_id BIGINT NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
