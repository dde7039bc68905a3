-- When the person first signed in with the present password; NULL: the activation code is
-- still to be used. Tells the office whose slip has to be printed again.
ALTER TABLE core_person
  ADD COLUMN activated_at DATETIME(6) NULL,
  ADD KEY waiting (activated_at, state)
