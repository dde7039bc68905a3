-- Who caused a notice: its text may name him, so it goes when he is erased.
ALTER TABLE core_notice
  ADD COLUMN actor_id BIGINT NOT NULL DEFAULT 0,
  ADD KEY actor (actor_id)
