/* `kreide serve`: everything that has to be right before the first request. */
#include "app/declared.h"
#include "proc/proc.h"

#include "app/setting.h"
#include "auth/auth.h"
#include "db/db.h"
#include "school/school.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: kreide --home DIR serve\n"
    "Serves one school: opens the sockets in DIR/run and forks what works behind them.\n"
    "TERM stops, HUP takes up changed plugins and a changed kreide.conf.\n";

static volatile sig_atomic_t ending;

static void
on_end(int number)
{
	(void)number;
	ending = 1;
}

/* A HUP waits until the master can answer it; after an exec the mask is the old one. */
static void
take_signals(void)
{
	struct sigaction end = { .sa_handler = on_end };
	sigset_t later;

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&later);
	sigaddset(&later, SIGHUP);
	sigprocmask(SIG_SETMASK, &later, NULL);
}

static int
refuse(const char *event, const char *why)
{
	kr_log_kv(KR_ERROR, event, { "why", kr_s(kr_z(why)) });
	return 1;
}

/* Two masters of one instance would take each other's sockets away. The lock is the
   process's own and survives its exec. */
static bool
only_one(const char *home)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX], text[32];
	int fd, n;

	snprintf(path, sizeof path, "%s/run/kreide.pid", home);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	if (fcntl(fd, F_SETLK, &lock) != 0)
		return false;
	n = snprintf(text, sizeof text, "%d\n", (int)getpid());
	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
}

static const char *
secret(struct kr_arena *arena, const char *home, const char *name)
{
	char path[PATH_MAX];
	kr_str text;

	snprintf(path, sizeof path, "%s/secret/%s.pw", home, name);
	if (!kr_read_file(arena, path, &text))
		return NULL;
	return kr_dup(arena, kr_trim(text)).p;
}

/* ── what the database must say before anybody is served ── */

static bool
asked(kr_ctx *cx, struct kr_serving *s, char *why, size_t n)
{
	if (!kr_db_settings_ok(cx->db, why, n))
		return false;
	if (kr_rights_register(cx, &s->app) != KR_OK || kr_commit(cx) != KR_OK) {
		snprintf(why, n, "rights: %.*s", KR_FMT(cx->err_text));
		return false;
	}
	/* Before fork, so that no request pays for it. */
	if (kr_declared(cx) == NULL) {
		snprintf(why, n, "declarations: %.*s", KR_FMT(cx->err_text));
		return false;
	}
	kr_settings_warm(cx);
	return kr_demo_guard(cx, why, n);
}

/* Waits for a database that is still starting; a wrong one ends the start. */
static int
wait_for_database(struct kr_serving *s, struct kr_conn *conn)
{
	for (int i = 0; kr_conn_open(conn) != KR_OK; i++) {
		if (ending)
			return 1;
		if (i % 50 == 0)
			kr_log_kv(KR_WARN, "serve.waits_for_database",
			    { "why", kr_s(kr_z(kr_conn_error(conn))) });
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	}
	(void)s;
	return 0;
}

static int
ask_database(struct kr_serving *s)
{
	struct kr_arena *arena = kr_arena_new(16 << 20);
	char path[PATH_MAX], why[500] = "";
	struct kr_conn_opt opt = { .socket = path,
		.user = "kreide_rw",
		.password = s->rw_password,
		.schema = "kreide" };
	struct kr_conn *conn;
	struct kr_ctx cx;
	int code;

	snprintf(path, sizeof path, "%s/run/mysql.sock", s->app.conf.home);
	conn = kr_conn_new(&opt);
	kr_ctx_init(&cx, arena, &s->app);
	cx.db = cx.ro = cx.rw = conn;
	code = wait_for_database(s, conn);
	if (code == 0 && !asked(&cx, s, why, sizeof why))
		code = refuse("serve.refused", why);
	kr_ctx_finish(&cx);
	kr_conn_free(&conn); /* none is carried through fork */
	kr_arena_free(&arena);
	return code;
}

/* ── order of a start ── */

static bool
load(struct kr_serving *s, const char *home, char *why, size_t n)
{
	struct kr_arena *arena = kr_arena_new(1 << 20); /* as long as the process */
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (len <= 0) {
		snprintf(why, n, "/proc is not there");
		return false;
	}
	s->exe = kr_dup(arena, (kr_str){ exe, (size_t)len }).p;
	s->home = kr_dup(arena, kr_z(home)).p;
	s->ro_password = secret(arena, home, "kreide_ro");
	s->rw_password = secret(arena, home, "kreide_rw");
	if (s->ro_password == NULL || s->rw_password == NULL) {
		snprintf(why, n, "%s/secret: %s; run `kreide migrate` first", home,
		    strerror(errno));
		return false;
	}
	if (!kr_app_load(&s->app, s->home, why, n))
		return false;
	s->app.conf.home = kr_home_short(s->app.conf.home);
	return true;
}

static int
start(struct kr_serving *s)
{
	char why[500] = "";
	const char *home = s->app.conf.home;
	int code;

	if (!only_one(home))
		return refuse("serve.refused", "another master runs in this home");
	code = ask_database(s);
	if (code != 0)
		return code;
	if (!kr_sockets_kept(&s->sockets) &&
	    !kr_sockets_open(&s->sockets, home, why, sizeof why))
		return refuse("serve.refused", why);
	code = kr_master_run(s);
	kr_sockets_remove(home);
	return code;
}

int
kr_cmd_serve(const struct kr_config *conf, int argc, char **argv)
{
	static struct kr_serving s;
	char why[500] = "";

	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	kr_log_setup("master", KR_INFO);
	kr_log_never_wait();
	kr_time_zone_init();
	umask(0027);
	take_signals();
	if (!load(&s, conf->home, why, sizeof why))
		return refuse("serve.refused", why);
	return start(&s);
}
