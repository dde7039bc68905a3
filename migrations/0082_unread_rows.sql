INSERT IGNORE INTO core_unread (person_id)
SELECT DISTINCT person_id FROM core_notice WHERE read_at IS NULL
