/* The jobs process: woken by a datagram after commit, at the latest every second. */
#include "app/jobs.h"
#include "app/audit.h"
#include "app/cron.h"
#include "app/file.h"
#include "app/live.h"
#include "app/outbox.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/board.h"
#include "plugin/registry.h"
#include <errno.h>
#include <kr/kr.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RESCAN_S 5
#define CRON_S 20
#define JUMP_US (60 * 1000000LL) /* of the clock, between two rounds */
#define HOOKS_MAX 100            /* between two looks at everything else */
#define CORE_S                                                                         \
	900 /* for core's own work: a round of the scanner may take ten minutes */

/* Events two minutes late; or, when nothing happens, the most frequent of core's jobs
   ten minutes. */
KR_STMT(q_state, "itti", "iis",
    "SELECT (SELECT COUNT(*) FROM core_outbox"
    "  WHERE done_at IS NULL AND tries <= ? AND due < ?)"
    " + (SELECT COUNT(*) FROM core_cron WHERE id = 'core.sweep' AND next_at < ?),"
    " (SELECT COUNT(*) FROM core_outbox WHERE done_at IS NULL AND tries > ?),"
    " (SELECT COALESCE(GROUP_CONCAT(id ORDER BY id SEPARATOR ', '), '')"
    "  FROM core_cron WHERE result = 'failed')");

static volatile sig_atomic_t ending;

static void
end(int sig)
{
	(void)sig;
	ending = 1;
}

/* Blocks until somebody wakes us or a second has passed; drains what else came. */
static void
wait_for_work(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte[16];

	if (poll(&p, 1, 1000) > 0)
		while (recv(fd, byte, sizeof byte, MSG_DONTWAIT) > 0)
			;
}

static struct kr_conn *
connection(const struct kr_app *app, struct kr_arena *arena)
{
	char socket[512], file[512];
	kr_str password;

	snprintf(socket, sizeof socket, "%s/run/mysql.sock", app->conf.home);
	snprintf(file, sizeof file, "%s/secret/kreide_jobs.pw", app->conf.home);
	if (!kr_read_file(arena, file, &password))
		kr_panic(
		    "jobs: cannot read its database password: %s", strerror(errno));
	password = kr_dup(arena, kr_trim(password));
	return kr_conn_new(&(struct kr_conn_opt){ .socket = socket,
	    .user = "kreide_jobs",
	    .password = password.p,
	    .schema = "kreide" });
}

struct jobs {
	const struct kr_app *app;
	struct kr_arena *arena;
	struct kr_conn *conn;
	struct kr_live *live;
	int64_t rescan_at, cron_at;
	int64_t clock_ahead; /* of the time since the machine was started */
	bool clock_known;
	bool afresh; /* the first of its image: what waits is to be tried again */
	uint8_t audit_key[32];
	struct kr_audit_head audit_head;
};

static void
begin(struct jobs *j, kr_ctx *cx)
{
	static struct kr_actor system = { .system = true, .lang = KR_STR_INIT("de") };

	kr_arena_reset(j->arena);
	kr_ctx_init(cx, j->arena, j->app);
	cx->db = cx->ro = cx->rw = j->conn;
	cx->actor = &system;
	cx->plugin = "core";
}

static void
finish(kr_ctx *cx)
{
	if (cx->err)
		kr_rollback(cx);
	else
		kr_commit(cx);
	kr_ctx_finish(cx);
}

static bool
live(struct jobs *j)
{
	kr_ctx cx;
	bool more;

	begin(j, &cx);
	more = kr_outbox_live(&cx, j->live);
	finish(&cx);
	return more;
}

static bool
hooks(struct jobs *j)
{
	kr_ctx cx;
	bool more;

	begin(j, &cx);
	more = kr_outbox_hooks(&cx);
	finish(&cx);
	return more;
}

static void
tried_again(struct jobs *j)
{
	kr_ctx cx;

	begin(j, &cx);
	kr_outbox_afresh(&cx);
	j->afresh = kr_commit(&cx) != KR_OK;
	finish(&cx);
}

/* The clock was set: whoever is signed in stays so, exactly as long as before. Small
   steps, by which a clock is kept right, are nobody's concern. */
static void
look_at_clock(struct jobs *j)
{
	int64_t ahead = kr_wall().us - kr_boot_us(), jump = ahead - j->clock_ahead;
	kr_ctx cx;

	if (!j->clock_known || (jump < JUMP_US && jump > -JUMP_US)) {
		j->clock_ahead = ahead;
		j->clock_known = true;
		return;
	}
	begin(j, &cx);
	kr_sessions_shift(&cx, jump);
	if (kr_commit(&cx) == KR_OK) {
		kr_log_kv(KR_WARN, "clock.set", { "seconds", kr_i(jump / 1000000) });
		j->clock_ahead = ahead;
	}
	finish(&cx);
}

/* True: more is waiting. */
static bool
core_work(struct jobs *j, int64_t now)
{
	bool more = false;
	kr_ctx cx;

	kr_board_work(0, CORE_S);
	begin(j, &cx);
	kr_audit_seal(&cx, j->audit_key, &j->audit_head);
	finish(&cx);
	if (now >= j->rescan_at) {
		begin(j, &cx);
		more = kr_files_rescan(&cx);
		finish(&cx);
		j->rescan_at = more ? now : now + RESCAN_S * 1000000LL;
	}
	kr_board_idle();
	return more;
}

/* Core's own work comes first, and code of plugins last: if that ends this process, the
   next one has done everything else before it meets it again. True: more is waiting. */
static bool
one_round(struct jobs *j)
{
	kr_ctx cx;
	int64_t now = kr_mono_us();
	int n = 0;

	look_at_clock(j); /* before anything that deletes by it */
	if (j->afresh)
		tried_again(j);
	while (live(j) && !ending)
		;
	bool more = core_work(j, now);

	if (now >= j->cron_at) {
		begin(j, &cx);
		kr_cron_run(&cx);
		finish(&cx);
		j->cron_at = now + CRON_S * 1000000LL;
	}
	while (n < HOOKS_MAX && !ending && hooks(j)) {
		live(j);
		n++;
	}
	return more || n == HOOKS_MAX;
}

_Noreturn void
kr_jobs_main(const struct kr_app *app, int wake_fd)
{
	struct sigaction sa = { .sa_handler = end };
	struct jobs j = { .app = app };

	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	j.arena = kr_arena_new(64u << 20);
	j.conn = connection(app, kr_arena_new(1u << 20));
	j.live = kr_live_new(app);
	if (!kr_audit_key(app->conf.home, j.audit_key))
		kr_panic("jobs: cannot read secret/audit.key: %s", strerror(errno));
	if (!kr_audit_head(app->conf.home, &j.audit_head))
		kr_panic("jobs: cannot read secret/audit.head: %s", strerror(errno));
	j.afresh = kr_board_first();
	kr_arena_on_full(NULL); /* memory that a hook fills is that hook's crash */
	while (!ending)
		if (!one_round(&j))
			wait_for_work(wake_fd);
	kr_conn_free(&j.conn);
	exit(0);
}

void
kr_jobs_wake(kr_ctx *cx)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!cx->wake_jobs)
		return;
	cx->wake_jobs = false;
	snprintf(
	    to.sun_path, sizeof to.sun_path, "%.90s/run/jobs.sock", cx->app->conf.home);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return; /* it looks every second anyway */
	(void)!sendto(fd, "1", 1, 0, (struct sockaddr *)&to, sizeof to);
	close(fd);
}

bool
kr_jobs_look(kr_ctx *cx, struct kr_jobs_state *state_r)
{
	static const struct kr_col cols[] = { KR_COL(struct kr_jobs_state, late),
		KR_COL(struct kr_jobs_state, set_aside),
		KR_COL(struct kr_jobs_state, failed) };
	kr_time late = { cx->now.us - 2 * KR_MIN_US };
	kr_time very_late = { cx->now.us - 10 * KR_MIN_US };

	return kr_one(cx, &q_state, cols, state_r, kr_i(KR_OUTBOX_TRIES), kr_t(late),
	    kr_t(very_late), kr_i(KR_OUTBOX_TRIES));
}
