-- Days without school: holidays and single free days, both ends included.
CREATE TABLE core_holiday (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE uca1400_german2_as_ci NOT NULL,
  first_day DATE NOT NULL,
  last_day DATE NOT NULL,
  UNIQUE KEY once (first_day, last_day),
  KEY span (last_day, first_day),
  CONSTRAINT core_holiday_order CHECK (first_day <= last_day)
)
