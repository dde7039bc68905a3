-- A hundred thousand rows of about 210 bytes, filled by the runner.
CREATE TABLE bench_row (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  number BIGINT NOT NULL,
  words VARCHAR(255) NOT NULL
)
