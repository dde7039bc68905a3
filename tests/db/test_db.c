/* The database room against a real server, which db.sh has started in argv[1];
   argv[2] is the repository. */
#include "../lib/db_room.h"

#include <signal.h>
#include <sys/wait.h>

static struct kr_conn *admin;

/* ── migrations ── */

static void
take(int which, const char *name)
{
	char path[400];

	snprintf(path, sizeof path, "%s/%s", mig_dir[which], name);
	assert_int_equal(unlink(path), 0);
}

static void
test_migrate(void **state)
{
	struct stat st;

	(void)state;
	put(0, "0001_person.sql",
	    "-- Persons; a comment may change later.\nCREATE TABLE core_person (id BIGINT "
	    "AUTO_INCREMENT PRIMARY KEY, account VARCHAR(40) CHARACTER SET ascii COLLATE "
	    "ascii_bin NOT NULL, UNIQUE KEY account (account)) ENGINE=InnoDB;\n");
	put(0, "0002_secret.sql",
	    "-- schema: kreide_auth\nCREATE TABLE password (person_id BIGINT PRIMARY KEY, "
	    "hash VARCHAR(200) NOT NULL) ENGINE=InnoDB\n");
	put(0, "0003_audit.sql",
	    "-- schema: kreide_audit\nCREATE TABLE entry (id BIGINT AUTO_INCREMENT PRIMARY "
	    "KEY, action VARCHAR(80) NOT NULL) ENGINE=InnoDB\n");
	put(0, "0004_rows.sql", "INSERT INTO core_person (account) VALUES ('ada')");
	put(1, "0001_task.sql",
	    "CREATE TABLE IF NOT EXISTS tasks_task (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
	    "big BIGINT UNSIGNED, num INT, small TINYINT, text VARCHAR(100), bytes "
	    "VARBINARY(600), day DATE, at DATETIME(6), ratio DOUBLE, money DECIMAL(10,2), "
	    "kind ENUM('a','b') NOT NULL DEFAULT 'a', long_text MEDIUMTEXT) ENGINE=InnoDB");
	put(1, "demo.sql", "nonsense, not read");
	assert_int_equal(migrate(), KR_OK);
	assert_non_null(strstr(report, "core/0001_person.sql: "));
	assert_non_null(strstr(report, "tasks/0001_task.sql: "));

	static const char *const files[] = { "kreide_ro", "kreide_rw", "kreide_auth",
		"kreide_jobs", "kreide_ddl" };

	for (size_t i = 0; i < KR_LEN(files); i++) {
		char path[300];

		snprintf(path, sizeof path, "%s/%s.pw", secret_dir, files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0400);
		assert_int_equal(st.st_size, 43);
	}

	/* again: nothing to do, also when only a comment differs */
	put(0, "0001_person.sql",
	    "-- Another comment.\nCREATE TABLE core_person (id BIGINT "
	    "AUTO_INCREMENT PRIMARY KEY, account VARCHAR(40) CHARACTER SET ascii COLLATE "
	    "ascii_bin NOT NULL, UNIQUE KEY account (account)) ENGINE=InnoDB;\n");
	assert_int_equal(migrate(), KR_OK);
	assert_string_equal(report, "");
}

static void
sql(const char *text)
{
	conn_drop(admin); /* a session of its own each time */
	assert_int_equal(kr_conn_open(admin), KR_OK);
	if (mysql_query(admin->my, text) != 0)
		fail_msg("%s: %s", text, mysql_error(admin->my));
	mysql_free_result(mysql_store_result(admin->my));
	(void)mysql_commit(admin->my);
}

/* Killed between the statement and its mark: the next run finds the mark begun. */
static void
test_migrate_killed(void **state)
{
	(void)state;
	sql("UPDATE kreide.core_migration SET done = NULL WHERE owner = 'core' AND "
	    "number = 1");
	assert_int_equal(migrate(), KR_OK);
	assert_non_null(strstr(report, "core/0001_person.sql: had run before"));
	assert_int_equal(migrate(), KR_OK);
	assert_string_equal(report, "");

	/* killed between the mark and its statement */
	put(0, "0005_later.sql",
	    "ALTER TABLE core_person ADD COLUMN given VARCHAR(80)");
	sql("INSERT INTO kreide.core_migration (owner, number, name, digest, begun) VALUES "
	    "('core', 5, 'x', REPEAT('x', 32), UTC_TIMESTAMP(6))");
	assert_int_equal(migrate(), KR_OK);
	assert_non_null(strstr(report, "core/0005_later.sql: "));
	sql("SELECT given FROM kreide.core_person");
}

static void
test_migrate_refuses(void **state)
{
	static const struct {
		int which;
		const char *file, *text, *says;
	} cases[] = {
		{ 0, "0006_x.sql", "CREATE TABLE", "core/0006_x.sql: 1064" },
		{ 0, "0006_x.sql", "CREATE TABLE core_person (id INT)",
		    "core/0006_x.sql: 1050" },
		{ 0, "0006_x.sql", "DROP TABLE IF EXISTS a; DROP TABLE b",
		    "core/0006_x.sql: 1064" },
		{ 0, "0006_x.sql", "-- nothing\n", "no statement" },
		{ 0, "0006_x.sql", "SELECT 1", "begins with" },
		{ 0, "0006_x.sql", "GRANT ALL ON *.* TO kreide_ro@localhost",
		    "begins with" },
		{ 0, "0006_x.sql", "-- schema: mysql\nSELECT 1", "unknown schema" },
		{ 0, "0006-x.sql", "SELECT 1", "not NNNN_name.sql" },
		{ 0, "0006_x.sql", "CREATE TABLE mysql.x (id INT)", ": 1142" },
		{ 0, "0005_y.sql", "DROP TABLE x", "two files of one number" },
		{ 0, "0004_rows.sql", "INSERT INTO core_person (account) VALUES ('x')",
		    "was changed after it had run" },
		{ 1, "0002_x.sql", "CREATE TABLE core_x (id INT)", "not named tasks_" },
		{ 1, "0002_x.sql", "CREATE TABLE kreide_auth.tasks_x (id INT)",
		    "not named tasks_" },
		{ 1, "0002_x.sql", "UPDATE core_person SET account = 'x'",
		    "not named tasks_" },
		{ 1, "0002_x.sql", "DROP TABLE IF EXISTS core_person",
		    "not named tasks_" },
		{ 1, "0002_x.sql",
		    "CREATE UNIQUE INDEX tasks_i ON core_person (account)",
		    "not named tasks_" },
		{ 1, "0002_x.sql", "CREATE OR REPLACE VIEW tasksx AS SELECT 1",
		    "not named tasks_" },
		{ 1, "0002_x.sql",
		    "-- schema: kreide_audit\nCREATE TABLE tasks_x (i INT)",
		    "schema kreide only" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		put(cases[i].which, cases[i].file, cases[i].text);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(migrate(), KR_EFAIL);
			if (strstr(why, cases[i].says) == NULL)
				fail_msg("case %zu: \"%s\"", i, why);
		}
		take(cases[i].which, cases[i].file);
	}
	put(0, "0004_rows.sql", "INSERT INTO core_person (account) VALUES ('ada')");
	put(1, "0002_index.sql",
	    "CREATE INDEX IF NOT EXISTS tasks_i ON tasks_task (day)");
	put(1, "0003_more.sql", "INSERT INTO tasks_task (num) VALUES (7)");
	assert_int_equal(migrate(), KR_OK);
	sql("DELETE FROM kreide.tasks_task");
}

static void
test_grants(void **state)
{
	/* who, what, error (0: allowed) */
	static const struct {
		const char *user, *sql;
		unsigned number;
	} cases[] = {
		{ "kreide_ro", "SELECT 1 FROM core_person", 0 },
		{ "kreide_ro", "SELECT 1 FROM kreide_audit.entry", 0 },
		{ "kreide_ro", "INSERT INTO core_person (account) VALUES ('x')", 1142 },
		{ "kreide_ro", "SELECT 1 FROM kreide_auth.password", 1142 },
		{ "kreide_rw", "INSERT INTO kreide_audit.entry (action) VALUES ('x')",
		    0 },
		{ "kreide_rw", "DELETE FROM kreide_audit.entry", 1142 },
		{ "kreide_rw", "UPDATE kreide_audit.entry SET action = ''", 1142 },
		{ "kreide_rw", "SELECT 1 FROM kreide_auth.password", 1142 },
		{ "kreide_rw", "DROP TABLE core_person", 1142 },
		{ "kreide_rw", "CREATE TABLE x (id INT)", 1142 },
		{ "kreide_rw", "SELECT LOAD_FILE('/etc/passwd')", 0 },
		{ "kreide_auth", "SELECT 1 FROM core_person", 0 },
		{ "kreide_auth", "SELECT 1 FROM tasks_task", 1142 },
		{ "kreide_auth", "DELETE FROM kreide_auth.password", 0 },
		{ "kreide_auth", "UPDATE core_person SET account = ''", 1142 },
		{ "kreide_jobs", "UPDATE kreide_audit.entry SET action = ''", 0 },
		{ "kreide_jobs", "SELECT 1 FROM kreide_auth.password", 1142 },
		{ "kreide_ddl", "ALTER TABLE core_person ADD COLUMN x INT", 0 },
		{ "kreide_ddl", "SELECT 1 FROM mysql.user", 1142 },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		struct kr_conn *c = conn_as(cases[i].user, false, 4);

		assert_int_equal(kr_conn_open(c), KR_OK);

		int bad = mysql_query(c->my, cases[i].sql);
		unsigned got = bad != 0 ? mysql_errno(c->my) : 0;

		mysql_free_result(mysql_store_result(c->my));
		if (got != cases[i].number)
			fail_msg("%s: %s: %u", cases[i].user, cases[i].sql, got);
		kr_conn_free(&c);
	}
}

/* ── values ── */

struct task {
	kr_id id;
	int64_t big;
	int32_t num;
	uint8_t small;
	kr_str text, bytes;
	kr_date day;
	kr_time at;
	double ratio, money;
	kr_str kind, long_text;
};
static const struct kr_col task_cols[] = {
	KR_COL(struct task, id),
	KR_COL(struct task, big),
	KR_COL(struct task, num),
	KR_COL(struct task, small),
	KR_COL(struct task, text),
	KR_COL(struct task, bytes),
	KR_COL(struct task, day),
	KR_COL(struct task, at),
	KR_COL(struct task, ratio),
	KR_COL(struct task, money),
	KR_COL(struct task, kind),
	KR_COL(struct task, long_text),
};
KR_STMT(x_task, "iiisxdtffs", "",
    "INSERT INTO tasks_task (big, num, small, text, bytes, day, at, ratio, money, "
    "long_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(q_task, "i", "iiiisxdtffss",
    "SELECT id, big, num, small, text, bytes, day, at, ratio, money, kind, long_text FROM "
    "tasks_task WHERE id = ?");

static void
test_round_trip(void **state)
{
	struct task t;
	kr_buf_init(&(struct kr_buf){ 0 }, arena, 0);

	(void)state;
	begin(rw);

	/* every byte, NUL and quotes included; and a text longer than any buffer */
	char *all = kr_alloc(&cx, 512, 1), *tall = kr_alloc(&cx, 300000, 1);

	for (int i = 0; i < 512; i++)
		all[i] = (char)i;
	memset(tall, 'x', 300000);

	int64_t id = kr_exec(&cx, &x_task, kr_i(INT64_MAX), kr_i(INT32_MIN), kr_i(127),
	    kr_s(KR_S("Größe 🎒 '\"\\")), kr_x((kr_str){ all, 512 }),
	    kr_d(kr_date_civil(2026, 11, 24)), kr_t((kr_time){ -1 }), kr_f(0.1),
	    kr_f(12.35), kr_s((kr_str){ tall, 300000 }));

	assert_true(id > 0);
	assert_true(kr_one(&cx, &q_task, task_cols, &t, kr_i(id)));
	assert_int_equal(t.id, id);
	assert_int_equal(t.big, INT64_MAX);
	assert_int_equal(t.num, INT32_MIN);
	assert_int_equal(t.small, 127);
	assert_str(t.text, "Größe 🎒 '\"\\");
	assert_int_equal(t.bytes.n, 512);
	assert_memory_equal(t.bytes.p, all, 512);
	assert_int_equal(t.day.day, kr_date_civil(2026, 11, 24).day);
	assert_int_equal(t.at.us, -1); /* 1969-12-31 23:59:59.999999 */
	assert_true(t.ratio == 0.1);
	assert_true(t.money > 12.349 && t.money < 12.351);
	assert_str(t.kind, "a");
	assert_int_equal(t.long_text.n, 300000);
	assert_memory_equal(t.long_text.p, tall, 300000);
	assert_int_equal(t.long_text.p[300000], 0);

	/* NULL in, the empty value out */
	id =
	    kr_exec(&cx, &x_task, kr_null(), kr_null(), kr_null(), kr_null(), kr_null(),
		kr_d(KR_NO_DATE), kr_t(KR_NO_TIME), kr_null(), kr_null(), kr_null());
	assert_true(kr_one(&cx, &q_task, task_cols, &t, kr_i(id)));
	assert_int_equal(t.big, 0);
	assert_int_equal(t.text.n, 0);
	assert_non_null(t.text.p);
	assert_int_equal(t.bytes.n, 0);
	assert_int_equal(t.day.day, KR_NO_DATE.day);
	assert_int_equal(t.at.us, KR_NO_TIME.us);
	assert_true(t.ratio == 0);

	/* empty is not NULL */
	id = kr_exec(&cx, &x_task, kr_i(0), kr_i(0), kr_i(0), kr_s(kr_z(NULL)),
	    kr_x(KR_S("")), kr_null(), kr_null(), kr_f(0), kr_f(0), kr_s(KR_S("")));
	KR_STMT(q_null, "i", "b", "SELECT text IS NULL FROM tasks_task WHERE id = ?");

	struct {
		bool yes;
	} null = { true };
	const struct kr_col null_cols[] = { { 'b', 1, 0 } };

	assert_true(kr_one(&cx, &q_null, null_cols, &null, kr_i(id)));
	assert_false(null.yes);
	assert_false(kr_one(&cx, &q_task, task_cols, &t, kr_i(-5)));
	assert_int_equal(kr_status(&cx), KR_OK);
	assert_true(cx.queries >= 7);
	kr_rollback(&cx);
}

/* What does not fit fails, on the way in and on the way out. */
static void
test_truncation(void **state)
{
	struct {
		uint8_t n;
	} narrow;
	static const struct kr_col narrow_cols[] = { { 'i', 1, 0 } };
	KR_STMT(x_text, "s", "", "INSERT INTO tasks_task (text) VALUES (?)");
	KR_STMT(q_num, "", "i", "SELECT 70000");
	KR_STMT(q_money, "", "i", "SELECT CAST(1.5 AS DECIMAL(4,1))");

	(void)state;
	begin(rw);

	char *tall = kr_alloc(&cx, 200, 1);

	memset(tall, 'x', 200);
	assert_int_equal(kr_exec(&cx, &x_text, kr_s((kr_str){ tall, 200 })), 0);
	assert_int_equal(kr_status(&cx), KR_EFAIL); /* 1406, strict mode */
	assert_str(
	    cx.err_text, "statement x_text: error 1406"); /* no value in the log */
	kr_rollback(&cx);

	begin(rw);
	kr_exec(&cx, &x_num, kr_i(INT64_MAX));
	assert_int_equal(kr_status(&cx), KR_EFAIL); /* 1264 */
	kr_rollback(&cx);

	begin(ro);
	assert_false(kr_one(&cx, &q_num, narrow_cols, &narrow));
	assert_int_equal(kr_status(&cx), KR_EFAIL);

	begin(ro);
	kr_query(&cx, &q_money);
	assert_int_equal(kr_status(&cx), KR_EFAIL);
}

static void
test_many_rows(void **state)
{
	struct row {
		int64_t n;
		kr_str text;
	};
	static const struct kr_col cols[] = { KR_COL(struct row, n),
		KR_COL(struct row, text) };
	KR_STMT(q_many, "i", "is",
	    "SELECT seq, CONCAT('row ', seq) FROM seq_1_to_5000 WHERE seq <= ?");
	KR_ARRAY(struct row) all;

	(void)state;
	begin(ro);

	kr_rows *rows = kr_query(&cx, &q_many, kr_i(5000));

	assert_int_equal(kr_rows_n(rows), 5000);
	KR_FILL(&cx, all, rows, cols);
	assert_int_equal(all.n, 5000);
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(all.p[i].n, (int64_t)i + 1);
	assert_str(all.p[4999].text, "row 5000");
	KR_FILL(&cx, all, kr_query(&cx, &q_many, kr_i(0)), cols);
	assert_int_equal(all.n, 0);

	/* id lists are one parameter */
	const kr_id ids[] = { 3, 5, 4999 };
	KR_STMT(q_ids, "s", "is",
	    "SELECT seq, 'x' FROM seq_1_to_5000 WHERE seq IN (SELECT id FROM JSON_TABLE(?, "
	    "'$[*]' COLUMNS (id BIGINT PATH '$')) j) ORDER BY seq");

	KR_FILL(&cx, all, kr_query(&cx, &q_ids, kr_ids(&cx, ids, 3)), cols);
	assert_int_equal(all.n, 3);
	assert_int_equal(all.p[2].n, 4999);
	KR_FILL(&cx, all, kr_query(&cx, &q_ids, kr_ids(&cx, NULL, 0)), cols);
	assert_int_equal(all.n, 0);

	/* a failed context reads nothing, not even what was fetched before */
	rows = kr_query(&cx, &q_many, kr_i(10));
	kr_fail(&cx, KR_EINPUT, "test");
	KR_FILL(&cx, all, rows, cols);
	assert_int_equal(all.n, 0);
	assert_int_equal(kr_rows_n(kr_query(&cx, &q_many, kr_i(10))), 0);
}

/* ── programming errors abort ── */

KR_STMT(q_two, "is", "i", "SELECT ? + LENGTH(?)");

static void
too_few(void)
{
	kr_query(&cx, &q_two, kr_i(1));
}

static void
wrong_value(void)
{
	kr_query(&cx, &q_two, kr_s(KR_S("1")), kr_s(KR_S("x")));
}

static void
wrong_column(void)
{
	struct {
		kr_str s;
	} row;
	const struct kr_col cols[] = { { 's', sizeof(kr_str), 0 } };

	(void)kr_next(kr_query(&cx, &q_two, kr_i(1), kr_s(KR_S("x"))), cols, &row);
}

static bool
aborts(void (*fn)(void))
{
	pid_t pid = fork();
	int how;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(null, STDERR_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		ro = conn_as("kreide_ro", true, 4); /* not the parent's socket */
		begin(ro);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

static void
test_letters(void **state)
{
	char text[200];
	KR_STMT(wrong_in, "i", "i", "SELECT 1");
	KR_STMT(wrong_out, "", "ii", "SELECT 1");
	KR_STMT(wrong_type, "", "s", "SELECT 1");
	KR_STMT(wrong_bytes, "", "s", "SELECT bytes FROM tasks_task");
	KR_STMT(rotten, "", "i", "SELECT gone FROM tasks_task");
	KR_STMT(fine, "ii", "iisxdtfbs",
	    "SELECT id, SUM(num), text, bytes, day, at, ratio, small, kind FROM tasks_task "
	    "WHERE id > ? GROUP BY id LIMIT ?");
	static const struct {
		const struct kr_stmt *stmt;
		const char *says;
	} cases[] = {
		{ &wrong_in, "0 parameters" },
		{ &wrong_out, "1 columns" },
		{ &wrong_type, "column 1 (1) is not of type 's'" },
		{ &wrong_bytes, "binary" },
		{ &rotten, "1054 Unknown column 'gone'" },
	};

	(void)state;
	assert_true(aborts(too_few));
	assert_true(aborts(wrong_value));
	assert_true(aborts(wrong_column));
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		assert_false(kr_stmt_verify(ro, cases[i].stmt, text, sizeof text));
		if (strstr(text, cases[i].says) == NULL)
			fail_msg("case %zu: %s", i, text);
	}
	if (!kr_stmt_verify(ro, &fine, text, sizeof text))
		fail_msg("%s", text);
	begin(ro);
	kr_query(&cx, &wrong_out);
	assert_int_equal(kr_status(&cx), KR_EFAIL);
}

/* ── transactions ── */

KR_STMT(x_set, "ii", "", "UPDATE tasks_task SET num = ? WHERE id = ?");
KR_STMT(q_num, "i", "i", "SELECT num FROM tasks_task WHERE id = ?");

static void
test_commit(void **state)
{
	(void)state;
	begin(rw);
	kr_exec(&cx, &x_del);
	assert_int_equal(kr_commit(&cx), KR_OK);

	begin(rw);
	int64_t id = kr_exec(&cx, &x_num, kr_i(1));
	/* found, not only changed: the same value again counts */
	assert_int_equal(kr_exec(&cx, &x_set, kr_i(1), kr_i(id)), 1);
	assert_int_equal(kr_exec(&cx, &x_set, kr_i(1), kr_i(id + 1)), 0);
	assert_int_equal(kr_commit(&cx), KR_OK);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 1);
	assert_int_equal(kr_commit(&cx), KR_OK);

	/* a failed context does not commit */
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(2));
	kr_fail(&cx, KR_EINPUT, "no");
	kr_exec(&cx, &x_num, kr_i(3));
	assert_int_equal(kr_commit(&cx), KR_EINPUT);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 1);

	/* a unit that is left open is undone when the next begins */
	kr_log_setup("test", (enum kr_level) - 1);
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(4));

	struct kr_ctx left = cx;

	begin(rw);
	assert_int_equal(number(&cx, &q_count, 0), 1);
	kr_log_setup("test", KR_ERROR);
	left.arena = arena;
	kr_exec(&left, &x_num, kr_i(5)); /* and cannot go on */
	assert_int_equal(kr_status(&left), KR_EUPSTREAM);
	kr_rollback(&cx);
}

static void
test_duplicate(void **state)
{
	int64_t id = -1;
	KR_STMT(x_person, "s", "", "INSERT INTO core_person (account) VALUES (?)");

	(void)state;
	begin(rw);
	assert_true(kr_exec_new(&cx, &x_person, &id, kr_s(KR_S("bob"))));
	assert_true(id > 0);
	assert_false(kr_exec_new(&cx, &x_person, &id, kr_s(KR_S("bob"))));
	assert_int_equal(kr_status(&cx), KR_OK);
	assert_false(kr_db_duplicate(&cx));
	assert_true(kr_exec_new(&cx, &x_person, &id, kr_s(KR_S("eve"))));
	kr_exec(&cx, &x_person, kr_s(KR_S("bob")));
	assert_int_equal(kr_status(&cx), KR_ECONFLICT);
	assert_false(kr_db_retry(&cx));
	assert_true(kr_db_duplicate(&cx));
	assert_str(cx.err_text, "statement x_person: error 1062");
	kr_rollback(&cx);
	begin(rw);
	assert_false(kr_db_duplicate(&cx));
}

/* Two people change one row: with snapshot isolation the second is told (1020). */
static void
test_snapshot(void **state)
{
	struct kr_conn *other = conn_as("kreide_rw", false, 0);
	struct kr_ctx first;

	(void)state;
	begin(rw);
	kr_exec(&cx, &x_del);
	int64_t id = kr_exec(&cx, &x_num, kr_i(10));
	assert_int_equal(kr_commit(&cx), KR_OK);

	begin(rw);
	assert_int_equal(number(&cx, &q_num, id), 10);
	first = cx;

	kr_ctx_init(&cx, arena, NULL);
	cx.db = cx.rw = other;
	assert_int_equal(number(&cx, &q_num, id), 10);
	kr_exec(&cx, &x_set, kr_i(11), kr_i(id));
	assert_int_equal(kr_commit(&cx), KR_OK);

	cx = first;
	kr_exec(&cx, &x_set, kr_i(11), kr_i(id));
	assert_int_equal(kr_status(&cx), KR_ECONFLICT);
	assert_true(kr_db_retry(&cx));
	kr_rollback(&cx);
	assert_true(kr_db_retry(&cx)); /* asked before or after the rollback */

	/* the same work again, afresh */
	begin(rw);
	assert_false(kr_db_retry(&cx));
	assert_int_equal(number(&cx, &q_num, id), 11);
	kr_exec(&cx, &x_set, kr_i(12), kr_i(id));
	assert_int_equal(kr_commit(&cx), KR_OK);

	/* a lock held by another: 1205 after 3 s */
	kr_ctx_init(&first, arena, NULL);
	first.db = first.rw = other;
	kr_exec(&first, &x_set, kr_i(13), kr_i(id));
	begin(rw);
	kr_exec(&cx, &x_set, kr_i(14), kr_i(id));
	assert_int_equal(kr_status(&cx), KR_ECONFLICT);
	assert_true(kr_db_retry(&cx));
	assert_int_equal(kr_conn_errno(rw), 1205);
	kr_rollback(&cx);
	kr_rollback(&first);
	kr_conn_free(&other);
}

static void
test_read_only(void **state)
{
	KR_STMT(q_slow, "", "i", "SELECT SLEEP(30)");
	int64_t start;

	(void)state;
	begin(ro);
	kr_exec(&cx, &x_num, kr_i(1));
	assert_int_equal(kr_status(&cx), KR_EFAIL);
	assert_int_equal(kr_conn_errno(ro), 1142);

	/* A statement that takes too long costs 2 s, and the server is not taken for
	   dead. */
	begin(ro);
	start = kr_mono_us();
	(void)number(&cx, &q_slow, 0);
	assert_true(kr_mono_us() - start < 3900000); /* not twice */
	assert_true(kr_mono_us() - start > 1500000);
	assert_int_equal(kr_status(&cx), KR_ELIMIT);

	/* whoever notices first, the server or we */
	struct kr_conn *patient = conn_as("kreide_ro", true, 0);

	patient->wait_s = 5;
	begin(patient);
	(void)number(&cx, &q_slow, 0);
	assert_int_equal(kr_status(&cx), KR_ELIMIT);
	assert_int_equal(kr_conn_errno(patient), 1969);
	kr_conn_free(&patient);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 1);
}

/* Accounts and keys are ascii: other letters are bad input, not our fault. */
static void
test_ascii_column(void **state)
{
	KR_STMT(q_account, "s", "i", "SELECT id FROM core_person WHERE account = ?");
	int64_t id;

	(void)state;
	begin(ro);
	assert_false(kr_one(&cx, &q_account, one_col, &id, kr_s(KR_S("nobody"))));
	assert_int_equal(kr_status(&cx), KR_OK);
	assert_false(kr_one(&cx, &q_account, one_col, &id, kr_s(KR_S("müller"))));
	assert_int_equal(kr_status(&cx), KR_EINPUT);
}

static void
test_lru(void **state)
{
	static struct kr_stmt many[20];
	static char names[20][8], texts[20][40];
	struct kr_conn *c = conn_as("kreide_ro", true, 6);

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		snprintf(names[i], sizeof names[i], "q%zu", i);
		snprintf(texts[i], sizeof texts[i], "SELECT %zu", i);
		memcpy(&many[i], &(struct kr_stmt){ names[i], "", "i", texts[i] },
		    sizeof many[i]);
	}
	begin(c);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < 20; i++)
			assert_int_equal(number(&cx, &many[i], 0), i);
	/* what is used often stays */
	for (size_t i = 0; i < 20; i++) {
		const MYSQL_STMT *st;

		assert_int_equal(number(&cx, &many[3], 0), 3);
		st = cache_place(c, &many[3])->st;
		assert_int_equal(number(&cx, &many[i], 0), i);
		assert_ptr_equal(cache_place(c, &many[3])->st, st);
	}
	kr_conn_free(&c);
}

static void
test_afters(void **state)
{
	(void)state;
	begin(rw);
	kr_exec(&cx, &x_del);
	assert_int_equal(kr_commit(&cx), KR_OK);

	begin(ro);

	char text[] = "later";
	KR_STMT(x_later, "s", "", "INSERT INTO tasks_task (text) VALUES (?)");
	KR_STMT(
	    q_text, "", "i", "SELECT COUNT(*) FROM tasks_task WHERE text = 'later'");

	kr_after(&cx, &x_later, kr_s(kr_z(text)));
	memset(text, 'x', sizeof text - 1); /* the values were copied */
	assert_int_equal(number(&cx, &q_text, 0), 0);
	kr_run_afters(&cx);
	assert_ptr_equal(cx.db, ro);
	assert_int_equal(number(&cx, &q_text, 0), 1);
	kr_run_afters(&cx);
	assert_int_equal(number(&cx, &q_text, 0), 1);
}

static void
test_settings(void **state)
{
	static const struct {
		const char *set, *back, *says;
	} cases[] = {
		{ "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
		    "SET GLOBAL innodb_flush_log_at_trx_commit = 1", "flush_log" },
		{ "SET GLOBAL innodb_snapshot_isolation = OFF",
		    "SET GLOBAL innodb_snapshot_isolation = ON", "snapshot_isolation" },
		{ "SET GLOBAL local_infile = ON", "SET GLOBAL local_infile = OFF",
		    "local_infile" },
		{ "SET GLOBAL sql_mode = ''",
		    "SET GLOBAL sql_mode = 'STRICT_ALL_TABLES'", "sql_mode" },
	};
	char text[300];

	(void)state;
	assert_true(kr_db_settings_ok(ro, text, sizeof text));
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		sql(cases[i].set);
		assert_false(kr_db_settings_ok(ro, text, sizeof text));
		assert_non_null(strstr(text, cases[i].says));
		sql(cases[i].back);
	}
	assert_true(kr_db_settings_ok(ro, text, sizeof text));
}

static int
setup(void **state)
{
	const struct passwd *me = getpwuid(getuid());

	(void)state;
	room_up();
	admin = kr_conn_new(&(struct kr_conn_opt){ .socket = socket_path,
	    .user = getuid() == 0 ? "root" : me->pw_name,
	    .schema = "kreide",
	    .wait_s = 30 });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_conn_free(&admin);
	room_down();
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_migrate),
		cmocka_unit_test(test_migrate_killed),
		cmocka_unit_test(test_migrate_refuses),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_ascii_column),
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_afters),
		cmocka_unit_test(test_settings),
	};

	if (!room_args(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, setup, teardown);
}
