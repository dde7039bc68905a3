-- One row per form that was sent: a repeat gets the first answer's location.
CREATE TABLE core_nonce (
  nonce BINARY(16) NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL,
  location VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created DATETIME(6) NOT NULL,
  KEY created (created)
)
