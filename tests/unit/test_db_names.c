/* Which migrations of a plugin are let near the database: what a plugin names is its
 * own. */
#include "../lib/base_room.h"

#include "../../core/db/names.c"

static const char *const good[] = {
	"CREATE TABLE tasks_task (id BIGINT PRIMARY KEY, title VARCHAR(80), KEY t (title))",
	"create table if not exists kreide.tasks_task (id BIGINT, note TEXT DEFAULT 'from news_item')",
	"CREATE TABLE tasks_b (a_id BIGINT REFERENCES tasks_a (id) ON DELETE CASCADE, "
	"c DATETIME ON UPDATE CURRENT_TIMESTAMP, KEY k (c) USING BTREE)",
	"CREATE TABLE tasks_b LIKE tasks_a",
	"CREATE OR REPLACE VIEW tasks_open AS SELECT a, b FROM tasks_a, tasks_b x WHERE a LIKE 'x%'",
	"ALTER TABLE tasks_a ADD COLUMN b INT NOT NULL, DROP COLUMN c, ADD INDEX d (b, e)",
	"ALTER TABLE tasks_a RENAME COLUMN a TO b, RENAME INDEX c TO d",
	"ALTER TABLE tasks_a RENAME TO tasks_b",
	"ALTER TABLE tasks_a RENAME tasks_b",
	"DROP TABLE IF EXISTS tasks_a, tasks_b",
	"RENAME TABLE tasks_a TO tasks_b, tasks_c TO tasks_d",
	"TRUNCATE TABLE tasks_a",
	"INSERT INTO tasks_a (x, y) VALUES (1, 'it''s'), (2, 'a\\'b')",
	"INSERT INTO tasks_a (x, y) SELECT a, b FROM tasks_b ON DUPLICATE KEY UPDATE x = 1",
	"UPDATE tasks_a SET x = 1, y = 2 WHERE z IN (SELECT q FROM tasks_b)",
	"DELETE FROM tasks_a WHERE a = 1",
	"CREATE UNIQUE INDEX i ON tasks_a (a, b)",
};

static const char *const bad[] = {
	"CREATE TABLE news_item (id BIGINT)",
	"CREATE TABLE tasks (id BIGINT)",
	"CREATE TABLE tasks_ (id BIGINT)",
	"CREATE TABLE tasks_a AS SELECT hash FROM core_session",
	"CREATE TABLE tasks_a AS SELECT hash FROM kreide.core_session",
	"CREATE TABLE tasks_a AS SELECT hash FROM kreide . core_session",
	"CREATE TABLE tasks_a AS SELECT * FROM kreide_auth.credential",
	"CREATE TABLE tasks_a SELECT * FROM news_item",
	"CREATE TABLE tasks_a SELECT * FROM tasks_b, news_item",
	"CREATE TABLE tasks_a SELECT * FROM (SELECT 1) a, news_item",
	"CREATE TABLE tasks_a SELECT * FROM tasks_b NATURAL JOIN news_item",
	"CREATE TABLE tasks_a LIKE news_item",
	"CREATE TABLE tasks_a (LIKE news_item)",
	"CREATE TABLE tasks_a (b BIGINT REFERENCES core_person (id))",
	"CREATE VIEW tasks_v AS SELECT * FROM news_item",
	"CREATE TRIGGER tasks_t AFTER INSERT ON tasks_a FOR EACH ROW UPDATE tasks_b SET c = 1",
	"CREATE FUNCTION tasks_f () RETURNS INT RETURN 1",
	"CREATE DEFINER = root TRIGGER tasks_t AFTER INSERT ON tasks_a FOR EACH ROW SET @a = 1",
	"DROP TABLE tasks_a, core_holiday",
	"DROP TABLE tasks_a, news_item",
	"DROP DATABASE kreide",
	"RENAME TABLE tasks_a TO news_item",
	"RENAME TABLE tasks_a TO tasks_b, news_item TO tasks_c",
	"ALTER TABLE tasks_a RENAME TO news_item",
	"ALTER TABLE tasks_a RENAME news_item",
	"ALTER TABLE tasks_a ADD CONSTRAINT FOREIGN KEY (b) REFERENCES news_item (id)",
	"TRUNCATE news_item",
	"INSERT INTO tasks_a SELECT * FROM mysql.global_priv",
	"UPDATE tasks_a, news_item SET x = 1",
	"UPDATE tasks_a JOIN news_item SET x = 1",
	"DELETE FROM tasks_a USING tasks_a, news_item",
	"DELETE tasks_a, news_item FROM tasks_a, news_item",
	"UPDATE tasks_a SET x = (SELECT title FROM news_item)",
	"CREATE TABLE tasks_a /*!50000 AS SELECT * FROM news_item */ (a INT)",
	"CREATE TABLE tasks_a -- '\n AS SELECT * FROM news_item -- '",
	"CREATE TABLE tasks_a # '\n AS SELECT * FROM news_item # '",
	"CREATE TABLE tasks_a AS SELECT * FROM `news_item`",
	"CREATE TABLE tasks_a (b TEXT DEFAULT 'x\\'') AS SELECT '' FROM news_item",
	"CREATE TABLE tasks_a (b INT); DROP TABLE news_item",
	"CREATE TABLE tasks_a AS SELECT ((((((((((((((((((((((((((((((((((1",
};

static void
test_good(void **state)
{
	struct kr_arena *a = kr_arena_new(1 << 18);

	(void)state;
	for (size_t i = 0; i < KR_LEN(good); i++) {
		const char *wrong = kr_names_own(a, kr_z(good[i]), "tasks");

		if (wrong != NULL)
			fail_msg("%s: %s", good[i], wrong);
	}
	kr_arena_free(&a);
}

static void
test_bad(void **state)
{
	struct kr_arena *a = kr_arena_new(1 << 18);

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++)
		if (kr_names_own(a, kr_z(bad[i]), "tasks") == NULL)
			fail_msg("let pass: %s", bad[i]);
	kr_arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
