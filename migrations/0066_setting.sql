-- What the school has set; what is absent has the manifest's default.
CREATE TABLE core_setting (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  changed DATETIME(6) NOT NULL,
  changed_by BIGINT NOT NULL
)
