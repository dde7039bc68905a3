/* The auth processes: each takes one question at a time, with a database user of its
   own. Up to two share run/auth.sock, at low priority, so that no more Argon2
   computations run at once and the listen backlog is the queue; one answers
   run/keys.sock, quickly.
 */
#include "auth/limit.h"
#include "auth/proto.h"
#include "auth/store.h"
#include "db/db.h"
#include "http/board.h"
#include "plugin/registry.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_CAP (8u * 1024 * 1024)
#define SWEEP_US (10 * KR_MIN_US)

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

#define BIT(op) (1u << (op))
#define EVERY (BIT(KR_ASK_OPS) - 1)

static bool
owns(const struct kr_app *app, const char *file, uid_t uid)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof path, "%s/secret/%s", app->conf.home, file);
	return stat(path, &st) == 0 && st.st_uid == uid;
}

/* Who may ask, and what, as bits: whose the web's database password is, is the web, and
   so for jobs, which has one question. This uid itself (no separate uids) and the
   administrator may ask everything. */
static uint32_t
may_ask(const struct kr_app *app, int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
		return 0;
	if (who.uid == 0 || who.uid == geteuid())
		return EVERY;
	if (owns(app, "kreide_rw.pw", who.uid))
		return EVERY & ~BIT(KR_ASK_FORGET);
	if (owns(app, "kreide_jobs.pw", who.uid))
		return BIT(KR_ASK_FORGET);
	kr_log_kv(KR_WARN, "auth.stranger", { "uid", kr_i(who.uid) });
	return 0;
}

struct guest {
	int fd;
	uint32_t may;
};

static void
serve_one(const struct kr_app *app, struct kr_arena *arena, struct kr_conn *db,
    const struct kr_auth_serving *serving, const struct guest *g)
{
	static struct kr_auth_ask ask; /* static: off the stack, wiped after use */
	static struct kr_auth_said said;
	struct kr_ctx cx;
	struct timeval second = { .tv_sec = 1 };

	setsockopt(g->fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	setsockopt(g->fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	if (recv(g->fd, &ask, sizeof ask, MSG_TRUNC) == (ssize_t)sizeof ask &&
	    ask.op < KR_ASK_OPS && (g->may & BIT(ask.op)) != 0 &&
	    kr_mono_us() - ask.sent_us < KR_AUTH_WAIT_US) {
		kr_ctx_init(&cx, arena, app);
		cx.db = cx.rw = db;
		atomic_store(&kr_auth_doors()[serving->door].pulse_us, kr_mono_us());
		kr_auth_answer(&cx, serving, &ask, &said);
		kr_ctx_finish(&cx);
		if (send(g->fd, &said, sizeof said, MSG_NOSIGNAL) !=
		    (ssize_t)sizeof said)
			kr_log_kv(KR_WARN, "auth.unheard", { "op", kr_i(ask.op) });
	}
	atomic_store(&kr_auth_doors()[serving->door].pulse_us, kr_mono_us());
	atomic_store(&kr_auth_doors()[serving->door].pause_us, 0);
	kr_wipe(&ask, sizeof ask);
	kr_wipe(&said, sizeof said);
	kr_arena_reset(arena);
}

static void
sweep(const struct kr_app *app, struct kr_arena *arena, struct kr_conn *db)
{
	struct kr_ctx cx;

	kr_ctx_init(&cx, arena, app);
	cx.db = cx.rw = db;
	kr_limit_sweep(&cx);
	kr_store_sweep(&cx);
	if (kr_commit(&cx) != KR_OK)
		kr_rollback(&cx);
	kr_ctx_finish(&cx);
	kr_arena_reset(arena);
}

static struct kr_conn *
open_db(const struct kr_app *app, struct kr_arena *arena)
{
	const char *home = app->conf.home;
	struct kr_ctx cx;
	kr_str password;

	kr_ctx_init(&cx, arena, app);

	kr_str path = kr_fmt(&cx, "%s/secret/kreide_auth.pw", home);
	kr_str sock = kr_fmt(&cx, "%s/run/mysql.sock", home);

	if (!kr_read_file(arena, path.p, &password))
		kr_panic("cannot read %s: %s", path.p, strerror(errno));

	struct kr_conn *db = kr_conn_new(&(struct kr_conn_opt){
	    .socket = sock.p,
	    .user = "kreide_auth",
	    .password = kr_cstr(&cx, kr_trim(password)),
	    .schema = "kreide_auth",
	    .cache = 32,
	});

	kr_wipe((void *)(uintptr_t)password.p, password.n);
	kr_arena_reset(arena);
	return db;
}

/* TERM lets the running question end: waiting happens only in ppoll, where the signal
   is let in. */
static void
signals(sigset_t *open_r)
{
	struct sigaction act = { .sa_handler = on_stop };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, open_r);
	sigdelset(open_r, SIGTERM);
	sigdelset(open_r, SIGINT);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
}

/* What unknown accounts are compared with; and pages come before sign-ins. */
static void
ready_for_passwords(
    const struct kr_app *app, struct kr_arena *arena, char dummy_r[KR_HASH_MAX])
{
	struct kr_ctx cx;

	setpriority(PRIO_PROCESS, 0, 5);
	kr_ctx_init(&cx, arena, app);
	kr_password_decoy(&cx, dummy_r);
	kr_arena_reset(arena);
}

_Noreturn void
kr_auth_main(const struct kr_app *app, int listen_fd, enum kr_auth_door door)
{
	struct kr_arena *arena = kr_arena_new(ARENA_CAP);
	struct kr_conn *db = open_db(app, arena);
	char dummy[KR_HASH_MAX];
	struct kr_auth_serving serving = { dummy, door };
	struct timespec minute = { .tv_sec = 60 };
	struct pollfd p = { .fd = listen_fd, .events = POLLIN };
	int64_t swept = kr_mono_us();
	sigset_t open;

	signals(&open);
	fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
	if (sodium_init() < 0)
		kr_panic("libsodium does not start");
	if (door == KR_AUTH_PASSWORDS)
		ready_for_passwords(app, arena, dummy);
	while (!stopping) {
		int n = ppoll(&p, 1, &minute, &open);
		int fd = n > 0 ? accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd >= 0) {
			struct guest g = { fd, may_ask(app, fd) };

			if (g.may != 0)
				serve_one(app, arena, db, &serving, &g);
			close(fd);
		}
		if (kr_mono_us() - swept > SWEEP_US) {
			sweep(app, arena, db);
			swept = kr_mono_us();
		}
	}
	kr_conn_free(&db);
	kr_arena_free(&arena);
	_exit(0);
}
