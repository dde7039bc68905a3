-- The start page as a person has arranged it: "a tasks.todo b news.latest c - modules.next";
-- a letter begins an area, - the hidden ones. No row: as the modules propose it.
CREATE TABLE core_start (
  person_id BIGINT NOT NULL PRIMARY KEY,
  tiles VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  changed DATETIME(6) NOT NULL,
  CONSTRAINT core_start_person FOREIGN KEY (person_id) REFERENCES core_person (id)
    ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
