/* A web worker: one request after the other, until it is told to stop, is worn out, or
   its master is gone. */
#include "proc/proc.h"

#include "db/db.h"
#include "http/board.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define REQUESTS_MAX 10000           /* what leaks in a library leaks no longer */
#define ARENA_CAP ((size_t)64 << 20) /* of one request */

static void
on_term(int number)
{
	(void)number;
	kr_fcgi_leave();
}

static void
signals(void)
{
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	sigset_t held;

	sigaction(SIGTERM, &term, NULL);
	signal(SIGINT, SIG_IGN); /* of a terminal: the master decides */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM); /* until kr_fcgi_accept() waits */
	sigprocmask(SIG_SETMASK, &held, NULL);
}

static struct kr_conn *
connection(const struct kr_app *app, const char *user, const char *password, bool ro)
{
	char path[PATH_MAX];
	struct kr_conn_opt opt = { .socket = path,
		.user = user,
		.password = password,
		.schema = "kreide",
		.read_only = ro };

	snprintf(path, sizeof path, "%s/run/mysql.sock", app->conf.home);
	return kr_conn_new(&opt);
}

_Noreturn void
kr_worker_main(const struct kr_web *w)
{
	struct kr_conn *ro = connection(w->app, "kreide_ro", w->ro_password, true);
	struct kr_conn *rw = connection(w->app, "kreide_rw", w->rw_password, false);
	struct kr_arena *arena = kr_arena_new(ARENA_CAP);

	signals();
	if (!kr_become(w->class, w->master) || !kr_places(w->class, &w->app->conf) ||
	    !kr_sandbox(w->class)) {
		kr_log_kv(KR_ERROR, "worker.not_confined",
		    { "why", kr_s(kr_z(strerror(errno))) });
		_exit(1);
	}
	kr_board_use(w->board, w->seat);
	if (w->class == KR_C_PAGE)
		kr_log_gather(); /* the others work long, and their lines would wait */
	for (int n = 1; kr_fcgi_accept(w->listen_fd); n++) {
		kr_serve_one(w->app, arena, ro, rw);
		if (n >= REQUESTS_MAX || getppid() != w->master)
			kr_fcgi_leave();
	}
	kr_log_flush();
	kr_conn_free(&ro);
	kr_conn_free(&rw);
	_exit(0);
}
