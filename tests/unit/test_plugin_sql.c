/* Which tables a statement touches, read from its text. */
#include "../lib/base_room.h"

#include "../../core/plugin/sql.c"

static char seen[500];

static void
note(void *arg, kr_str table, bool written)
{
	size_t n = strlen(seen);

	(void)arg;
	snprintf(seen + n, sizeof seen - n, "%s%s%.*s", n > 0 ? " " : "",
	    written ? "!" : "", KR_FMT(table));
}

/* "!x": x is written to */
static const struct {
	const char *sql, *seen;
} tables[] = {
	{ "SELECT 1", "" },
	{ "SELECT a FROM x", "x" },
	{ "SELECT a FROM x, y z WHERE x.a IN (1, 2), 3", "x y" },
	{ "SELECT a FROM x AS q JOIN y ON x.a = y.b LEFT JOIN kreide_audit.entry e "
	  "USING (id) WHERE a = 'from z'",
	    "x y kreide_audit.entry" },
	{ "SELECT a FROM x WHERE b IN (SELECT c FROM y WHERE d = ?) ORDER BY a, b",
	    "x y" },
	{ "SELECT a, b FROM (SELECT a FROM x) t, y", "x y" },
	{ "SELECT a FROM (x JOIN y ON x.a = y.a), z", "x y z" },
	{ "SELECT EXTRACT(YEAR FROM day), TRIM(LEADING 'x' FROM b) FROM x", "x" },
	{ "SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j", "" },
	{ "SELECT p.id FROM x p, JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) "
	  "j, y",
	    "x y" },
	{ "SELECT a FROM x UNION ALL SELECT b FROM y LIMIT 3, 4", "x y" },
	{ "(SELECT a FROM x) UNION (SELECT b FROM y)", "x y" },
	{ "SELECT (SELECT COUNT(*) FROM y) AS n, b FROM x FOR UPDATE", "y x" },
	{ "SELECT a FROM x WHERE EXISTS (SELECT 1 FROM y, z WHERE a = b)", "x y z" },
	{ "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) FROM `x`", "x" },
	{ "WITH t AS (SELECT a FROM x), u AS (SELECT a FROM t) SELECT a FROM u JOIN "
	  "y",
	    "x y" },
	{ "WITH RECURSIVE t AS (SELECT 1 UNION SELECT id FROM t JOIN x) SELECT a "
	  "FROM t",
	    "x" },
	{ "INSERT INTO x (a, b) VALUES (?, ?)", "!x" },
	{ "INSERT IGNORE INTO x (a) SELECT b FROM y, z", "!x y z" },
	{ "INSERT INTO x (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a), b = 1",
	    "!x" },
	{ "INSERT INTO x (a) VALUES ((SELECT MAX(b) FROM y)) RETURNING id, a", "!x y" },
	{ "INSERT INTO kreide_audit.entry (a) VALUES (?)", "!kreide_audit.entry" },
	{ "REPLACE INTO x (a) VALUES (?)", "!x" },
	{ "UPDATE x SET a = ?, b = b + 1 WHERE id = ?", "x !x !x" },
	{ "UPDATE x t SET t.a = (SELECT b FROM y WHERE c = d) WHERE id = ?", "x !x y" },
	{ "UPDATE x t JOIN y u ON u.a = t.a SET t.b = u.b, t.c = 1", "x y !x !x" },
	{ "UPDATE x t JOIN y u ON u.a = t.a SET u.b = t.b", "x y !y" },
	{ "UPDATE x, y SET y.b = 1", "x y !y" },
	{ "UPDATE x SET a = 1 WHERE b IN (SELECT c FROM y, z)", "x !x y z" },
	{ "UPDATE x SET a = IF(b = 1, c, d) WHERE e = 1 ORDER BY f, g LIMIT 2",
	    "x !x" },
	{ "DELETE FROM x WHERE a = ?", "!x" },
	{ "DELETE FROM x WHERE a IN (SELECT b FROM y)", "!x y" },
	{ "DELETE t FROM x t JOIN y u ON u.a = t.a", "x y !x" },
	{ "DELETE t, u FROM x t JOIN y u ON u.a = t.a", "x y !x !y" },
	{ "select A from X where b = ?", "X" },
	{ "SELECT a FROM x WHERE b = 'it''s \\' from y'", "x" },
	{ "SELECT a FROM x NATURAL JOIN y STRAIGHT_JOIN z", "x y z" },
	{ "SELECT a FROM x, JSON_TABLE(x.ids, '$[*]' COLUMNS (id INT PATH '$')) j, y",
	    "x y" },
	{ "SELECT a FROM x FORCE INDEX (i) WHERE b = 1", "x" },
	{ "SELECT a FROM x t WHERE (t.a, t.b) IN (SELECT c, d FROM y)", "x y" },
	{ "SELECT IF(a, b, c), CAST(d AS CHAR(10)) FROM x", "x" },
	{ "SELECT seq FROM seq_1_to_5", "seq_1_to_5" },
};

static void
test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(tables); i++) {
		seen[0] = 0;

		const char *wrong = kr_sql_tables(kr_z(tables[i].sql), note, NULL);

		if (wrong != NULL || strcmp(seen, tables[i].seen) != 0)
			fail_msg("%s: %s: %s", tables[i].sql, wrong, seen);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"DROP TABLE x",
		"SET GLOBAL a = 1",
		"CALL p()",
		"LOCK TABLES x WRITE",
		"SELECT 1; SELECT 2",
		"SELECT 1 -- comment",
		"SELECT 1 /* comment */",
		"SELECT /*! a */ 1",
		"SELECT 1 # comment",
		"SELECT @a := 1",
		"SELECT a FROM x INTO OUTFILE '/tmp/x'",
		"SELECT LOAD_FILE('/etc/passwd')",
		"SELECT GET_LOCK('x', 1)",
		"SELECT SLEEP(10)",
		"SELECT a FROM 'x",
		"SELECT (1",
		"SELECT 1)",
		"SELECT a FROM",
		"UPDATE x, y SET b = 1",
		"INSERT x (a) VALUES (1)",
		"DELETE FROM x USING y",
		"SELECT ((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))",
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		if (kr_sql_tables(kr_z(cases[i]), note, NULL) == NULL)
			fail_msg("%s", cases[i]);
}

static void
test_scopes(void **state)
{
	static const struct {
		const char *scope;
		bool ok;
	} cases[] = {
		{ "t.owner_id = :me", true },
		{ "t.from_day <= :today AND t.at > :now", true },
		{ "TRUE", true },
		{ "t.a = ':you'", true },
		{ "t.a = :you", false },
		{ "t.a = ?", false },
		{ "t.a = 1 -- x", false },
		{ "t.a = @x", false },
		{ "t.a = 'x", false },
		{ "TRUE) OR (TRUE", false },
		{ "(TRUE", false },
		{ "(TRUE OR (t.a = 1)) AND TRUE", true },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		if ((kr_sql_scope_ok(cases[i].scope) == NULL) != cases[i].ok)
			fail_msg("%s", cases[i].scope);
	assert_true(kr_table_of("tasks", KR_S("tasks_task")));
	assert_true(kr_table_of("tasks", KR_S("kreide.tasks_task")));
	assert_false(kr_table_of("tasks", KR_S("tasks_")));
	assert_false(kr_table_of("tasks", KR_S("tasksx_y")));
	assert_false(kr_table_of("tasks", KR_S("kreide_auth.tasks_x")));
	assert_false(kr_table_of("tasks", KR_S("core_person")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
