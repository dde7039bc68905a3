/* The master: forks, watches, forks again. It reads nothing that comes from outside. */
#include "proc/proc.h"

#include "app/jobs.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/board.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define TICK_NS 200000000L
#define DRAIN "KR_DRAIN" /* processes of the master before this one, through exec */
#define CHECK_S 60       /* for the check of new plugins */
#define FORKS_A_SECOND 40

struct child {
	pid_t pid; /* 0: to be forked, not before `next_us` */
	enum kr_class class;
	size_t seat;
	int64_t began_us, next_us;
	unsigned failed; /* deaths in a row before it was ready */
	bool killed;     /* by us, because it worked too long */
};
struct leaver { /* a process of an older image, told to end */
	pid_t pid;
	enum kr_class class;
	int64_t told_us;
};

static struct {
	struct kr_serving *s;
	struct kr_board *board;
	struct child *children;
	size_t n;
	struct leaver *leavers;
	size_t nleavers;
	pid_t check; /* `kreide check` of a reload that was asked for */
	int64_t check_us, forks_us;
	unsigned forks;
	bool all_ready, check_again;
} m;

static const int64_t limit_s[KR_CLASSES] = { [KR_C_PAGE] = 10,
	[KR_C_SAVE] = 10,
	[KR_C_SLOW] = 300,
	[KR_C_MUST] = 60,
	[KR_C_SIGN] = 20,
	[KR_C_JOBS] = 60 };

static bool
is_web(enum kr_class c)
{
	return c >= KR_C_PAGE && c <= KR_C_SIGN;
}

/* Those that say on the board what they are at. */
static bool
has_seat(enum kr_class c)
{
	return is_web(c) || c == KR_C_JOBS;
}

static const char *
route_name(uint32_t no)
{
	return no < m.s->app.nroutes ? m.s->app.routes[no].route->path : "-";
}

/* What it was at: of jobs the plugin. */
static struct kr_kv
work_of(const struct child *c)
{
	const struct kr_app *app = &m.s->app;
	uint32_t no = has_seat(c->class) ? atomic_load(&m.board->seats[c->seat].route)
					 : KR_NO_ROUTE;

	if (c->class != KR_C_JOBS)
		return (struct kr_kv){ "route", kr_s(kr_z(route_name(no))) };
	return (struct kr_kv){ "plugin",
		kr_s(kr_z(no < app->nplugins ? app->plugins[no].name : "-")) };
}

/* ── forking ── */

static void
wanted_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

_Noreturn static void
other_main(enum kr_class class, pid_t master, int fd)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!kr_become(class, master) || !kr_places(class, &m.s->app.conf) ||
	    !kr_sandbox(class)) {
		kr_log_kv(KR_ERROR, "process.not_confined",
		    { "why", kr_s(kr_z(strerror(errno))) });
		_exit(1);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (class == KR_C_AUTH)
		kr_auth_main(&m.s->app, fd, KR_AUTH_PASSWORDS);
	if (class == KR_C_KEYS)
		kr_auth_main(&m.s->app, fd, KR_AUTH_KEYS);
	kr_jobs_main(&m.s->app, fd);
}

/* The socket of its own class is all that goes along, whatever the master, or who
   started that, has open. Its number; -1 with errno. */
static int only_socket(enum kr_class class)
{
	const int fd = STDERR_FILENO + 1;
	int own = m.s->sockets.fd[class];

	if (own != fd && dup3(own, fd, O_CLOEXEC) < 0)
		return -1;
	return close_range(fd + 1, ~0u, 0) == 0 ? fd : -1;
}

_Noreturn static void
child_main(const struct child *c, pid_t master)
{
	const char *name = kr_class_names[c->class];
	int listen_fd = only_socket(c->class);
	char title[16];

	snprintf(title, sizeof title, "kreide-%s", name);
	prctl(PR_SET_NAME, title, 0, 0, 0);
	kr_log_setup(name, KR_INFO);
	if (listen_fd < 0) {
		kr_log_kv(KR_ERROR, "process.no_socket",
		    { "why", kr_s(kr_z(strerror(errno))) });
		_exit(1);
	}
	if (c->class == KR_C_JOBS)
		kr_board_use(m.board, c->seat);
	if (!is_web(c->class))
		other_main(c->class, master, listen_fd);

	const struct kr_web w = { .app = &m.s->app,
		.board = m.board,
		.seat = c->seat,
		.listen_fd = listen_fd,
		.master = master,
		.class = c->class,
		.ro_password = m.s->ro_password,
		.rw_password = m.s->rw_password };

	kr_worker_main(&w);
}

static void
spawn(struct child *c, int64_t now)
{
	pid_t master = getpid();

	if (has_seat(c->class)) {
		struct kr_seat *seat = &m.board->seats[c->seat];

		atomic_store(&seat->ready, false);
		atomic_store(&seat->busy_us, 0);
		atomic_store(&seat->limit_us, 0);
		atomic_store(&seat->route, KR_NO_ROUTE);
		seat->pool = kr_class_names[c->class];
	}
	c->pid = fork();
	if (c->pid == 0)
		child_main(c, master);
	c->began_us = now;
	c->killed = false;
	if (c->pid < 0) {
		kr_log_kv(KR_ERROR, "master.fork_failed", { "errno", kr_i(errno) });
		c->pid = 0;
		c->next_us = now + SECOND;
	}
}

/* At once, as long as that is not all the machine does. */
static void
spawn_missing(int64_t now)
{
	if (now - m.forks_us > SECOND) {
		m.forks_us = now;
		m.forks = 0;
	}
	for (size_t i = 0; i < m.n; i++) {
		struct child *c = &m.children[i];

		if (c->pid != 0 || now < c->next_us || m.forks >= FORKS_A_SECOND)
			continue;
		m.forks++;
		spawn(c, now);
	}
}

/* ── deaths ── */

static bool
was_ready(const struct child *c, int64_t now)
{
	if (is_web(c->class))
		return atomic_load(&m.board->seats[c->seat].ready);
	return now - c->began_us > 2 * SECOND;
}

/* Faults of the program, and our own kill of one that looped; a kill from outside says
   nothing about the route. */
static bool
is_crash(const struct child *c, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return c->killed || number == SIGSEGV || number == SIGABRT ||
	       number == SIGBUS || number == SIGILL || number == SIGFPE ||
	       number == SIGSYS || number == SIGTRAP;
}

static void
note_death(const struct child *c, int status, int64_t now)
{
	uint32_t route = is_web(c->class) ? atomic_load(&m.board->seats[c->seat].route)
					  : KR_NO_ROUTE;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return; /* worn out */
	kr_log_kv(KR_ERROR, "process.died",
	    { "class", kr_s(kr_z(kr_class_names[c->class])) },
	    { "signal", kr_i(WIFSIGNALED(status) ? WTERMSIG(status) : 0) },
	    { "exit", kr_i(WIFEXITED(status) ? WEXITSTATUS(status) : 0) }, work_of(c));
	if (is_crash(c, status) && kr_board_crashed(m.board, route, now))
		kr_log_kv(KR_ERROR, "route.out_of_order",
		    { "route", kr_s(kr_z(route_name(route))) },
		    { "seconds", kr_i(60) });
}

static void
child_died(struct child *c, int status, int64_t now)
{
	note_death(c, status, now);
	c->failed = was_ready(c, now) ? 0 : c->failed + 1;
	c->pid = 0;
	/* One that cannot even start is tried less and less often, up to every 5 s. */
	c->next_us = c->failed == 0
			 ? now
			 : now + (SECOND / 10 << (c->failed < 6 ? c->failed : 6));
	if (c->next_us > now + 5 * SECOND)
		c->next_us = now + 5 * SECOND;
}

static void check_ended(int status);

static void
reap(int64_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m.check)
			check_ended(status);
		for (size_t i = 0; i < m.n; i++) {
			if (m.children[i].pid == pid)
				child_died(&m.children[i], status, now);
		}
		for (size_t i = 0; i < m.nleavers; i++) {
			if (m.leavers[i].pid == pid)
				m.leavers[i].pid = 0;
		}
	}
}

/* ── watching ── */

static void
watch(int64_t now)
{
	for (size_t i = 0; i < m.n; i++) {
		struct child *c = &m.children[i];
		const struct kr_seat *seat = &m.board->seats[c->seat];
		int64_t busy, limit;

		if (c->pid == 0 || c->killed || !has_seat(c->class))
			continue;
		limit = atomic_load(&seat->limit_us);
		busy = atomic_load(&seat->busy_us);
		if (limit == 0)
			limit = limit_s[c->class] * SECOND;
		if (busy == 0 || now - busy < limit)
			continue;
		kr_log_kv(KR_ERROR, "worker.too_long",
		    { "class", kr_s(kr_z(kr_class_names[c->class])) }, work_of(c));
		c->killed = true;
		kill(c->pid, SIGKILL);
	}
	for (size_t i = 0; i < m.nleavers; i++) {
		struct leaver *l = &m.leavers[i];
		int64_t patience = is_web(l->class) ? limit_s[l->class] : 10;

		if (l->pid != 0 && l->told_us != 0 &&
		    now - l->told_us > patience * SECOND)
			kill(l->pid, SIGKILL);
	}
	if (m.check != 0 && now - m.check_us > CHECK_S * SECOND)
		kill(m.check, SIGKILL);
}

/* The processes of the image before this one go when ours can do their work. */
static void
hand_over(int64_t now)
{
	for (size_t i = 0; i < m.n; i++) {
		const struct child *c = &m.children[i];

		if (c->pid == 0 || (is_web(c->class) && !was_ready(c, now)))
			return;
	}
	if (!m.all_ready)
		kr_log_kv(KR_INFO, "master.ready", { "processes", kr_i((int64_t)m.n) },
		    { "routes", kr_i((int64_t)m.s->app.nroutes) });
	m.all_ready = true;
	for (size_t i = 0; i < m.nleavers; i++) {
		struct leaver *l = &m.leavers[i];

		if (l->pid == 0 || l->told_us != 0)
			continue;
		l->told_us = now;
		kill(l->pid, SIGTERM);
	}
}

/* ── a new set of plugins, or a new program: HUP ── */

/* Those that a new set must not lose: "news,tasks,". */
static void
name_serving(char *names_r, size_t n)
{
	const struct kr_app *app = &m.s->app;
	size_t at = 0;

	names_r[0] = 0;
	for (size_t i = 1; i < app->nplugins && at < n; i++)
		if (app->plugins[i].p != NULL)
			at += (size_t)snprintf(
			    names_r + at, n - at, "%s,", app->plugins[i].name);
}

static void
reload(int64_t now)
{
	char serving[200 * 34];
	sigset_t none;

	m.check_again = m.check != 0; /* it may have looked before the last change */
	if (m.check_again)
		return;
	m.check_us = now;
	m.check = fork();
	if (m.check < 0)
		m.check = 0;
	if (m.check != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	name_serving(serving, sizeof serving);
	execl(m.s->exe, m.s->exe, "--home", m.s->home, "check", "--serving", serving,
	    (char *)NULL);
	_exit(127);
}

static void
name_leavers(void)
{
	struct kr_arena *arena = kr_arena_new(1 << 16);
	struct kr_buf b;

	kr_buf_init(&b, arena, 1024);
	for (size_t i = 0; i < m.n; i++) {
		if (m.children[i].pid != 0)
			kr_buf_fmt(&b, "%d:%d,", (int)m.children[i].pid,
			    (int)m.children[i].class);
	}
	for (size_t i = 0; i < m.nleavers; i++) {
		if (m.leavers[i].pid != 0)
			kr_buf_fmt(&b, "%d:%d,", (int)m.leavers[i].pid,
			    (int)m.leavers[i].class);
	}
	setenv(DRAIN, kr_dup(arena, kr_buf_view(&b)).p, 1);
	kr_arena_free(&arena);
}

static void
check_ended(int status)
{
	m.check = 0;
	if (m.check_again) {
		reload(kr_mono_us());
		return;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		kr_log_kv(KR_ERROR, "reload.refused",
		    { "exit", kr_i(WIFEXITED(status) ? WEXITSTATUS(status) : -1) });
		return;
	}
	kr_log_kv(KR_INFO, "reload.begins", { "exe", kr_s(kr_z(m.s->exe)) });
	kr_sockets_keep(&m.s->sockets);
	name_leavers();
	execl(m.s->exe, m.s->exe, "--home", m.s->home, "serve", (char *)NULL);
	kr_log_kv(KR_ERROR, "reload.failed", { "errno", kr_i(errno) });
}

/* "123:0,124:3,": children of ours from before the exec. */
static void
read_leavers(void)
{
	kr_str rest = kr_z(getenv(DRAIN)), one, pid;
	int64_t number, class;

	m.leavers = calloc(256, sizeof *m.leavers);
	if (m.leavers == NULL)
		kr_panic("master: no memory");
	while (m.nleavers < 256 && kr_split(&rest, ',', &one)) {
		if (!kr_split(&one, ':', &pid) || !kr_to_i(pid, &number) ||
		    !kr_to_i(one, &class) || number < 2 || class < 0 ||
		    class >= KR_CLASSES || waitpid((pid_t)number, NULL, WNOHANG) != 0)
			continue;
		m.leavers[m.nleavers++] =
		    (struct leaver){ (pid_t)number, (enum kr_class) class, 0 };
	}
	unsetenv(DRAIN);
}

/* ── the end ── */

static size_t
tell(enum kr_class from, enum kr_class to, int number)
{
	size_t alive = 0;

	for (size_t i = 0; i < m.n; i++) {
		const struct child *c = &m.children[i];

		if (c->pid == 0 || c->class < from || c->class > to)
			continue;
		alive++;
		kill(c->pid, number);
	}
	for (size_t i = 0; i < m.nleavers; i++) {
		const struct leaver *l = &m.leavers[i];

		if (l->pid == 0 || l->class < from || l->class > to)
			continue;
		alive++;
		kill(l->pid, number);
	}
	return alive;
}

/* Those still there after their time are killed; each step waits no longer than that.
 */
static void
stop_step(enum kr_class from, enum kr_class to, int64_t ms)
{
	int64_t end = kr_mono_us() + ms * 1000;
	struct timespec tick = { 0, 20000000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	tell(from, to, SIGTERM);
	for (;;) {
		reap(kr_mono_us());
		if (tell(from, to, 0) == 0)
			return;
		if (kr_mono_us() > end)
			break;
		sigtimedwait(&child, NULL, &tick);
	}
	kr_log_kv(
	    KR_WARN, "stop.killed", { "class", kr_s(kr_z(kr_class_names[from])) });
	tell(from, to, SIGKILL);
	for (int i = 0; i < 20 && tell(from, to, 0) > 0; i++) {
		sigtimedwait(&child, NULL, &tick);
		reap(kr_mono_us());
	}
}

/* Web first: what it acknowledged may still want jobs and auth. */
static void
stop(void)
{
	if (m.check != 0)
		kill(m.check, SIGKILL);
	stop_step(KR_C_PAGE, KR_C_SIGN, 2500);
	stop_step(KR_C_JOBS, KR_C_JOBS, 1200);
	stop_step(KR_C_AUTH, KR_C_KEYS, 600);
}

/* ── the beginning ── */

static void
add_children(enum kr_class class, int count, size_t *seat)
{
	for (int i = 0; i < count; i++) {
		struct child *c = &m.children[m.n++];

		c->class = class;
		if (has_seat(class))
			c->seat = (*seat)++;
	}
}

static bool
prepare(struct kr_serving *s)
{
	const struct kr_config *c = &s->app.conf;
	size_t web = (size_t)(c->page_workers + c->save_workers + c->slow_workers +
			      c->must_workers + c->sign_workers);
	size_t seat = 0;

	m.s = s;
	m.board = kr_board_new(web + 1, s->app.nroutes); /* and one for jobs */
	m.children = calloc(web + 4, sizeof *m.children);
	if (m.board == NULL || m.children == NULL)
		return false;
	kr_db_circuit_share(&m.board->db_circuit_us);
	kr_auth_share(m.board->doors);
	add_children(KR_C_PAGE, c->page_workers, &seat); /* somebody waits for these */
	/* So many Argon2 at a time, and a core without, where there are two: else a
	   page waits for its turn however low their priority (p99 four times as long).
	 */
	add_children(KR_C_AUTH, sysconf(_SC_NPROCESSORS_ONLN) > 2 ? 2 : 1, &seat);
	add_children(KR_C_KEYS, 1, &seat);
	add_children(KR_C_JOBS, 1, &seat);
	add_children(KR_C_SAVE, c->save_workers, &seat);
	add_children(KR_C_SLOW, c->slow_workers, &seat);
	add_children(KR_C_MUST, c->must_workers, &seat);
	add_children(KR_C_SIGN, c->sign_workers, &seat);
	read_leavers();
	return kr_master_limit();
}

int
kr_master_run(struct kr_serving *s)
{
	struct timespec tick = { 0, TICK_NS };
	sigset_t set;

	wanted_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!prepare(s)) {
		kr_log_kv(KR_ERROR, "master.failed", { "errno", kr_i(errno) });
		return 1;
	}
	for (;;) {
		int64_t now = kr_mono_us();

		reap(now);
		spawn_missing(now);
		watch(now);
		hand_over(now);

		int number = sigtimedwait(&set, NULL, &tick);

		if (number == SIGTERM || number == SIGINT)
			break;
		if (number == SIGHUP)
			reload(kr_mono_us());
	}
	kr_log_kv(KR_INFO, "master.stops", { "processes", kr_i((int64_t)m.n) });
	stop();
	return 0;
}
