/* The database room in one translation unit, for tests that look inside, and what they
   share: a server that db.sh has started, migrations of their own, connections. */
#ifndef KR_TEST_DB_ROOM_H
#define KR_TEST_DB_ROOM_H

#include "base_room.h"

#include "../../core/db/conn.c"
#include "../../core/db/migrate.c"
#include "../../core/db/rows.c"
#include "../../core/db/source.c"
#include "../../core/db/stmt.c"
#include "../../core/db/tx.c"
#include "../../core/db/users.c"
#include "../../core/db/verify.c"

/* The folder of the server and that of the repository: argv[1] and argv[2]. */
static const char *dir, *repository;
static char socket_path[200], secret_dir[200];
static struct kr_arena *arena;
static struct kr_conn *ro, *rw;
static struct kr_ctx cx;

/* A unit of work, as a request is one. */
static void
begin(struct kr_conn *db)
{
	kr_arena_reset(arena);
	kr_ctx_init(&cx, arena, NULL);
	cx.ro = ro;
	cx.rw = rw;
	cx.db = db;
}

static struct kr_conn *
conn_as(const char *user, bool read_only, unsigned cache)
{
	char file[300];
	kr_str password;

	snprintf(file, sizeof file, "%s/%s.pw", secret_dir, user);
	assert_true(kr_read_file(arena, file, &password));

	char *copied = strndup(password.p, password.n);
	struct kr_conn *c = kr_conn_new(&(struct kr_conn_opt){ .socket = socket_path,
	    .user = user,
	    .password = copied,
	    .schema = "kreide",
	    .read_only = read_only,
	    .cache = cache });

	free(copied);
	return c;
}

/* ── migrations: of core and of a plugin "tasks" ── */

static char mig_dir[2][200];

static void
put(int which, const char *name, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", mig_dir[which], name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static char why[500], report[4000];

static kr_err
migrate(void)
{
	const char *dirs[] = { mig_dir[0], mig_dir[1] };
	const char *owners[] = { "core", "tasks" };
	const struct passwd *me = getpwuid(getuid());
	FILE *f = fmemopen(report, sizeof report, "w");

	assert_non_null(f);
	assert_non_null(me);
	why[0] = 0;
	memset(report, 0, sizeof report);

	kr_err err = kr_migrate(&(struct kr_migrate_opt){ .socket = socket_path,
				    .admin_user = getuid() == 0 ? "root" : me->pw_name,
				    .secret_dir = secret_dir,
				    .dirs = dirs,
				    .owners = owners,
				    .ndirs = 2,
				    .report = f },
	    why, sizeof why);

	assert_int_equal(fclose(f), 0);
	return err;
}

/* ── one table to write to: tasks_task (id, num, ...) ── */

KR_STMT(x_num, "i", "", "INSERT INTO tasks_task (num) VALUES (?)");
KR_STMT(x_del, "", "", "DELETE FROM tasks_task");
KR_STMT(q_count, "", "i", "SELECT COUNT(*) FROM tasks_task");
static const struct kr_col one_col[] = { { 'i', 8, 0 } };

static int64_t
number(struct kr_ctx *c, const struct kr_stmt *s, int64_t arg)
{
	int64_t n = -1;

	if (s->in[0] == 0)
		(void)kr_one(c, s, one_col, &n);
	else
		(void)kr_one(c, s, one_col, &n, kr_i(arg));
	return n;
}

/* ── frame ── */

static void
room_up(void)
{
	snprintf(socket_path, sizeof socket_path, "%s/mysql.sock", dir);
	snprintf(secret_dir, sizeof secret_dir, "%s/secret", dir);
	for (int i = 0; i < 2; i++) {
		snprintf(mig_dir[i], sizeof mig_dir[i], "%s/mig%d", dir, i);
		assert_int_equal(mkdir(mig_dir[i], 0700), 0);
	}
	kr_log_setup("test", KR_ERROR);
	arena = kr_arena_new((size_t)64 << 20);
	assert_int_equal(migrate(), KR_OK); /* makes the users */
	ro = conn_as("kreide_ro", true, 0);
	rw = conn_as("kreide_rw", false, 0);
}

static void
room_down(void)
{
	kr_conn_free(&ro);
	kr_conn_free(&rw);
	kr_arena_free(&arena);
}

static bool
room_args(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s DIR REPOSITORY\n", argv[0]);
		return false;
	}
	dir = argv[1];
	repository = argv[2];
	return true;
}

#endif
