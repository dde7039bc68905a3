-- Three items for the demo school; variables are set by `kreide demo`.
INSERT INTO news_item (rev, title, category, body, audience_id, starts, ends, author_id,
  created, changed)
VALUES (1, 'Winterkonzert: Karten ab heute im Sekretariat', 'event',
  'Am 11. Dezember um 18:30 Uhr spielen Chor, Schulband und die Bläserklassen in der Aula. Karten gibt es bis zum 4. Dezember in den großen Pausen im Sekretariat, für Schülerinnen und Schüler kostenlos, für Gäste 4 Euro.',
  @everybody, @now - INTERVAL 5 HOUR, NULL, @office, @now - INTERVAL 5 HOUR, @now - INTERVAL 5 HOUR);
INSERT INTO news_item (rev, title, category, body, audience_id, starts, ends, author_id,
  created, changed)
VALUES (1, 'Robotik-AG fährt zum Landesfinale', 'success',
  'Unser Team hat den Regionalwettbewerb gewonnen. Herzlichen Glückwunsch! Wer mitbauen möchte: dienstags ab 14 Uhr in Raum C 011, auch ohne Vorkenntnisse.',
  @everybody, @now - INTERVAL 2 DAY, NULL, @teacher, @now - INTERVAL 2 DAY, @now - INTERVAL 2 DAY);
INSERT INTO news_item (rev, title, category, body, audience_id, starts, ends, author_id,
  created, changed)
VALUES (1, 'Zeugniskonferenzen: Raumplan', 'organisation',
  'Der Raumplan für die Konferenzen im Januar hängt im Lehrerzimmer. Bitte Wünsche bis zum Monatsende an das Sekretariat.',
  @teachers, @now - INTERVAL 4 DAY, NULL, @office, @now - INTERVAL 4 DAY, @now - INTERVAL 4 DAY);
