-- The epoch of the settings moves into the row of the rights: every page reads both, and so
-- in one look. The row 'settings' stays for workers that still run while this is done.
ALTER TABLE core_epoch
  ADD COLUMN settings BIGINT NOT NULL DEFAULT 1
