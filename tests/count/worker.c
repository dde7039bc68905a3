/* One web worker to look at: loads an instance as `serve` does and answers on a socket
   of its own, without forking and without the sandbox, so that valgrind and strace can
   watch.

     worker HOME SOCKET            answers until it is told to stop (TERM)
     worker HOME --closure         prints how many rows of the closures are wrong

   Under callgrind each request leaves the instructions between its first byte and its
   end in a file of its own, named by its number. */
#include "app/declared.h"
#include "app/setting.h"
#include "auth/auth.h"
#include "db/db.h"
#include "html/text.h"
#include "http/http.h"
#include "plugin/registry.h"
#include "proc/proc.h"
#include "school/internal.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

static void
on_term(int number)
{
	(void)number;
	kr_fcgi_leave();
}

static int
refuse(const char *why)
{
	fprintf(stderr, "worker: %s\n", why);
	return 1;
}

static struct kr_conn *
connection(const struct kr_app *app, struct kr_arena *a, const char *user, bool ro)
{
	char path[PATH_MAX];
	struct kr_conn_opt opt = { .user = user, .schema = "kreide", .read_only = ro };
	kr_str text;

	snprintf(path, sizeof path, "%s/secret/%s.pw", app->conf.home, user);
	if (!kr_read_file(a, path, &text))
		return NULL;
	opt.password = kr_dup(a, kr_trim(text)).p;
	snprintf(path, sizeof path, "%s/run/mysql.sock", app->conf.home);
	opt.socket = kr_dup(a, kr_z(path)).p;
	return kr_conn_new(&opt);
}

/* What `serve` asks of the database before it forks. */
static kr_err
prepare(struct kr_app *app, struct kr_conn *rw, int64_t *wrong_r)
{
	struct kr_arena *arena = kr_arena_new(256 << 20);
	struct kr_ctx cx;
	struct kr_actor actor = { .system = true, .lang = KR_S("de") };
	kr_err err;

	kr_ctx_init(&cx, arena, app);
	cx.db = cx.ro = cx.rw = rw;
	cx.actor = &actor;
	kr_rights_register(&cx, app);
	if (wrong_r != NULL) {
		*wrong_r = kr_closure_verify(&cx);
		kr_rollback(&cx);
	}
	(void)kr_declared(&cx);
	kr_settings_warm(&cx);
	if (wrong_r == NULL)
		kr_commit(&cx);
	err = kr_status(&cx);
	if (err != KR_OK)
		fprintf(stderr, "worker: %.*s\n", KR_FMT(cx.err_text));
	kr_ctx_finish(&cx);
	kr_arena_free(&arena);
	return err;
}

static void
answer_all(struct kr_app *app, int fd, struct kr_conn *ro, struct kr_conn *rw)
{
	struct kr_arena *arena = kr_arena_new((size_t)64 << 20);

	CALLGRIND_START_INSTRUMENTATION;
	while (kr_fcgi_accept(fd)) {
		CALLGRIND_ZERO_STATS;
		kr_serve_one(app, arena, ro, rw);
		CALLGRIND_DUMP_STATS;
	}
	kr_arena_free(&arena);
}

int
main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	sigset_t held;
	struct kr_arena *arena = kr_arena_new(1 << 20);
	struct kr_conn *ro, *rw;
	static struct kr_app app;
	bool closure = argc == 3 && strcmp(argv[2], "--closure") == 0;
	int64_t wrong = 0;
	char why[500] = "", path[PATH_MAX];
	int fd;

	if (argc != 3)
		return refuse("usage: worker HOME SOCKET | worker HOME --closure");
	kr_log_setup("count", KR_INFO);
	kr_time_zone_init();
	sigaction(SIGTERM, &term, NULL);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM); /* until kr_fcgi_accept() waits */
	sigprocmask(SIG_SETMASK, &held, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!kr_app_load(&app, argv[1], why, sizeof why))
		return refuse(why);
	snprintf(path, sizeof path, "%s/locale", app.conf.lib);
	(void)kr_text_setup(path);
	ro = connection(&app, arena, "kreide_ro", true);
	rw = connection(&app, arena, "kreide_rw", false);
	if (ro == NULL || rw == NULL)
		return refuse("the passwords of the database are not to be read");
	if (prepare(&app, rw, closure ? &wrong : NULL) != KR_OK)
		return refuse("the database cannot be asked");
	if (closure)
		return printf("%lld\n", (long long)wrong) < 0;
	fd = kr_fcgi_listen(argv[2], 64);
	if (fd < 0)
		return refuse("no socket");
	printf("%d\n", (int)getpid()); /* strace does not hand on what it is told */
	fflush(stdout);
	answer_all(&app, fd, ro, rw);
	return 0;
}
