/* The database room when things fail: planned faults, a server that is killed,
   restarted or hangs. db.sh has started it in argv[1]; argv[2] is the repository. */
#define KR_FAULTS 1 /* the room is compiled right here, with its fault points */
#include "../lib/db_room.h"

#include <signal.h>
#include <sys/wait.h>

/* ── planned faults ── */

static void
arm(const char *point, int64_t pass)
{
	plan.read = true;
	plan.left = pass;
	snprintf(plan.name, sizeof plan.name, "%s", point);
}

/* Whatever fails on the way: the context says so and nothing is half done. */
static void
test_faults(void **state)
{
	static const struct {
		const char *point;
		int64_t pass;
		bool
		    heals; /* the first statement of a transaction may be tried again */
	} cases[] = {
		{ "db.connect", 1, false },
		{ "db.prepare", 1, true },
		{ "db.prepare", 2, false },
		{ "db.execute", 1, true },
		{ "db.execute", 2, false },
		{ "db.commit", 1, false },
	};

	(void)state;
	kr_log_setup("test", KR_ERROR);
	begin(rw);
	kr_exec(&cx, &x_del);
	assert_int_equal(kr_commit(&cx), KR_OK);
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		bool heals = cases[i].heals;

		conn_drop(rw);
		if (strcmp(cases[i].point, "db.connect") != 0)
			assert_int_equal(kr_conn_open(rw), KR_OK);
		begin(rw);
		arm(cases[i].point, cases[i].pass);
		kr_exec(&cx, &x_num, kr_i(1));
		(void)number(&cx, &q_count, 0);
		assert_int_equal(kr_commit(&cx), heals ? KR_OK : KR_EUPSTREAM);
		assert_int_equal(plan.left, 0);
		kr_rollback(&cx);
		begin(rw);
		assert_int_equal(number(&cx, &q_count, 0), heals ? 1 : 0);
		kr_exec(&cx, &x_del);
		assert_int_equal(kr_commit(&cx), KR_OK);
	}
	begin(ro);
	arm("db.fetch", 1);
	assert_int_equal(kr_rows_n(kr_query(&cx, &q_count)), 0);
	assert_int_equal(kr_status(&cx), KR_EFAIL);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 0);
}

/* Something was left unread, as after a failed malloc in the library: that costs one
   transaction at most, not every later one of this process. */
static void
test_out_of_sync(void **state)
{
	(void)state;
	for (int half = 0; half < 2; half++) {
		conn_drop(rw);
		begin(rw);
		if (half == 1)
			kr_exec(&cx, &x_num, kr_i(7));
		else
			assert_int_equal(kr_conn_open(rw), KR_OK);
		assert_int_equal(mysql_query(rw->my, "SELECT 1"), 0);
		(void)number(&cx, &q_count, 0);
		assert_int_equal(kr_commit(&cx), half == 1 ? KR_EUPSTREAM : KR_OK);
		kr_rollback(&cx);
		begin(rw);
		assert_int_equal(number(&cx, &q_count, 0), 0);
		assert_int_equal(kr_commit(&cx), KR_OK);
	}
}

/* ── outages ── */

static char *
path_of(const char *name)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
db_sh(const char *what)
{
	char script[300], folder[300];
	int how;

	snprintf(script, sizeof script, "%s/tests/lib/db.sh", repository);
	snprintf(folder, sizeof folder, "%s", dir);

	pid_t pid = fork();

	if (pid == 0) {
		execl(script, script, what, folder, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
}

static pid_t
server_pid(void)
{
	kr_str text;
	int64_t pid;

	assert_true(kr_read_file(arena, path_of("mariadb.pid"), &text));
	assert_true(kr_to_i(kr_trim(text), &pid));
	return (pid_t)pid;
}

static void
test_restart(void **state)
{
	(void)state;
	begin(rw);
	kr_exec(&cx, &x_del);
	kr_exec(&cx, &x_num, kr_i(0));
	assert_int_equal(kr_commit(&cx), KR_OK);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 1);
	db_sh("kill");

	/* refused: at once, each time */
	for (int i = 0; i < 3; i++) {
		int64_t start = kr_mono_us();

		begin(ro);
		(void)number(&cx, &q_count, 0);
		assert_int_equal(kr_status(&cx), KR_EUPSTREAM);
		assert_true(kr_mono_us() - start < 1500000);
	}
	db_sh("up");
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 1);
	assert_int_equal(kr_status(&cx), KR_OK);

	/* restarted while the connection was idle: not even one page fails */
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(1));
	assert_int_equal(kr_commit(&cx), KR_OK);
	db_sh("kill");
	db_sh("up");
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(2));
	assert_int_equal(kr_commit(&cx), KR_OK);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 3);

	/* restarted in the middle of a transaction: its second half must not live */
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(3));
	db_sh("kill");
	db_sh("up");
	kr_exec(&cx, &x_num, kr_i(4));
	assert_int_equal(kr_status(&cx), KR_EUPSTREAM);
	kr_ctx_clear(&cx); /* as for an error page */
	kr_exec(&cx, &x_num, kr_i(5));
	assert_int_equal(kr_status(&cx), KR_EUPSTREAM);
	kr_ctx_clear(&cx);
	assert_int_equal(kr_commit(&cx), KR_EUPSTREAM);
	kr_rollback(&cx);
	begin(rw);
	assert_int_equal(number(&cx, &q_count, 0), 3);
	kr_rollback(&cx);

	/* killed between the last statement and COMMIT */
	begin(rw);
	kr_exec(&cx, &x_num, kr_i(6));
	db_sh("kill");
	assert_int_equal(kr_commit(&cx), KR_EUPSTREAM);
	db_sh("up");
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 3);
}

static int64_t
timed_count(struct kr_conn *c)
{
	int64_t start = kr_mono_us();

	begin(c);
	(void)number(&cx, &q_count, 0);
	assert_int_equal(kr_status(&cx), KR_EUPSTREAM);
	return kr_mono_us() - start;
}

static void
test_hang(void **state)
{
	pid_t server = server_pid();
	struct kr_conn *fresh = conn_as("kreide_ro", true, 0);

	(void)state;
	kr_log_setup("test", (enum kr_level) - 1);
	begin(rw);
	assert_int_equal(number(&cx, &q_count, 0), 3);
	kr_rollback(&cx);
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 3);

	/* an open connection: 2 s once, then every connection at once */
	assert_int_equal(kill(server, SIGSTOP), 0);
	usleep(100000); /* its threads stop one after the other */
	assert_in_range(timed_count(ro), 1900000, 3900000);
	for (int i = 0; i < 3; i++)
		assert_true(timed_count(ro) < 500000);
	assert_true(timed_count(fresh) < 500000);

	/* the pause ends and it still hangs: a new connection takes 2 s, once */
	own_circuit = 0;
	assert_in_range(timed_count(fresh), 1900000, 3900000);
	assert_true(timed_count(ro) < 500000);
	assert_true(*circuit - kr_mono_us() > 4000000);
	assert_int_equal(kill(server, SIGCONT), 0);
	*circuit = 0;
	begin(ro);
	assert_int_equal(number(&cx, &q_count, 0), 3);
	begin(rw);
	assert_int_equal(number(&cx, &q_count, 0), 3);
	kr_rollback(&cx);
	kr_log_setup("test", KR_ERROR);
	kr_conn_free(&fresh);
}

static int
setup(void **state)
{
	(void)state;
	room_up();
	put(1, "0001_task.sql",
	    "CREATE TABLE tasks_task (id BIGINT AUTO_INCREMENT PRIMARY KEY, num INT) "
	    "ENGINE=InnoDB");
	assert_int_equal(migrate(), KR_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_down();
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_out_of_sync),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_hang),
	};

	if (!room_args(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, setup, teardown);
}
