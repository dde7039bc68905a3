-- What plugins may know of a person.
CREATE OR REPLACE VIEW core_person_name AS
SELECT id, given, family, CONCAT(given, ' ', family) AS name, roles FROM core_person
