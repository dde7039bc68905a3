/* The broker's engines: one at work; a reload starts another beside it, which takes
   over when it has loaded; one that dies is replaced and its files count as not
   scanned. */
#include "broker.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD_LIMIT_MS 600000
#define OLD_DAYS 7

static int
find_engine(const struct broker *b, enum engine_state state)
{
	for (int i = 0; i < ENGINES; i++)
		if (b->engines[i].state == state)
			return i;
	return -1;
}

bool
kr_scan_pool_start(struct broker *b, bool load)
{
	int pair[2], i = find_engine(b, NONE);
	uint32_t age;

	if (i < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	if (load)
		b->stamp = kr_scan_stamp(b->conf->signatures, &age);
	pid_t broker = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		/* Who dies takes his children with him, to the last scan. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
		    getppid() != broker ||
		    !kr_scan_close_all_but(pair[1], b->conf->null_fd))
			_exit(1);
		kr_scan_engine(b->conf, pair[1], load);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	b->engines[i] = (struct engine_slot){ .state = LOADING,
		.pid = pid,
		.control = pair[0],
		.since = kr_scan_now_ms() };
	return true;
}

/* An engine leaves when its control socket closes; one that does not is killed. */
static void
dismiss(struct engine_slot *e)
{
	close(e->control);
	if (e->pid > 0)
		kill(e->pid, SIGKILL);
	*e = (struct engine_slot){ .control = -1 };
}

void
kr_scan_pool_reload(struct broker *b)
{
	b->reload_again = find_engine(b, LOADING) >= 0 || !kr_scan_pool_start(b, true);
}

static void
tell_ready(struct broker *b)
{
	b->loaded_once = true;
	if (b->ready_fd < 0)
		return;
	(void)kr_scan_write_all(b->ready_fd, "\n", 1);
	close(b->ready_fd);
	b->ready_fd = -1;
}

/* A loaded engine takes over, unless it comes with nothing where there was something.
 */
static void
engine_ready(struct broker *b, struct engine_slot *e, const struct kr_scan_msg *msg)
{
	int old = find_engine(b, AT_WORK);
	long long ms = (long long)(kr_scan_now_ms() - e->since);

	if (old >= 0 && msg->signatures == 0 && b->engines[old].signatures > 0) {
		kr_scan_log("error", "reload_failed", "keeping=%u ms=%lld",
		    b->engines[old].signatures, ms);
		dismiss(e);
		return;
	}
	if (old >= 0 && b->engines[old].running == 0)
		dismiss(&b->engines[old]);
	else if (old >= 0)
		b->engines[old].state = LEAVING;
	e->state = AT_WORK;
	e->signatures = msg->signatures;
	b->retries = 0;
	kr_scan_log(msg->signatures > 0 ? "info" : "error", "engine_ready",
	    "signatures=%u age_days=%u ms=%lld", msg->signatures, msg->age_days, ms);
	if (msg->age_days > OLD_DAYS)
		kr_scan_log("warn", "signatures_old", "age_days=%u", msg->age_days);
	tell_ready(b);
}

static void
scan_done(struct broker *b, int engine, const struct kr_scan_msg *msg)
{
	struct engine_slot *e = &b->engines[engine];
	struct client *c = kr_scan_client_by_job(b, msg->job);

	if (c == NULL || c->engine != engine)
		return;
	e->running--;
	if (msg->signal != 0 && c->state != LEFT)
		kr_scan_log("warn", "scan_died", "signal=%d what=%s", msg->signal,
		    msg->reply.what);
	kr_scan_client_answer(b, c, &msg->reply);
	if (e->state == LEAVING && e->running == 0)
		dismiss(e);
}

/* The folder an engine made for a scan, when it is not there any more to remove it. */
static void
remove_dir(const struct broker *b, uint64_t job)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof dir, "%s/%llu", b->conf->tmp, (unsigned long long)job);
	if (kr_scan_empty_dir(dir))
		rmdir(dir);
}

static void
engine_lost(struct broker *b, int engine)
{
	struct engine_slot *e = &b->engines[engine];
	enum engine_state state = e->state;

	kr_scan_log("error", "engine_lost", "loading=%d running=%u", state == LOADING,
	    e->running);
	dismiss(e);
	for (size_t i = 0; i < CLIENTS; i++) {
		if (b->clients[i].engine != engine)
			continue;
		remove_dir(b, b->clients[i].job);
		kr_scan_client_refuse(b, &b->clients[i], "crash");
	}
	if (state == LEAVING || find_engine(b, AT_WORK) >= 0)
		return;
	/* Nobody left: one without signatures at once, if loading them was what killed
	   it, else another one, a little later each time. */
	if (state != LOADING || !kr_scan_pool_start(b, false)) {
		unsigned shift = b->retries < 5 ? b->retries++ : 5;
		b->retry_at = kr_scan_now_ms() + (250L << shift);
	}
}

void
kr_scan_pool_event(struct broker *b, int engine)
{
	struct kr_scan_msg msg;
	int fd = -1;
	struct engine_slot *e = &b->engines[engine];
	ssize_t n = kr_scan_recv(e->control, &msg, sizeof msg, &fd);

	if (fd >= 0)
		close(fd);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		engine_lost(b, engine);
	else if (msg.kind == KR_SCAN_M_READY && e->state == LOADING)
		engine_ready(b, e, &msg);
	else if (msg.kind == KR_SCAN_M_DONE)
		scan_done(b, engine, &msg);
}

/* Takes note of the dead; their closed socket tells the rest. */
void
kr_scan_pool_reap(struct broker *b)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < ENGINES; i++)
			if (b->engines[i].pid == pid)
				b->engines[i].pid = 0;
}

void
kr_scan_pool_dispatch(struct broker *b)
{
	int i = find_engine(b, AT_WORK);
	struct client *c;

	while (i >= 0 && kr_scan_running(b) < KR_SCAN_PARALLEL &&
	       (c = kr_scan_next(b)) != NULL) {
		struct kr_scan_msg msg = {
			.kind = KR_SCAN_M_SCAN, .job = c->job, .req = c->req
		};

		bool sent =
		    kr_scan_send(b->engines[i].control, &msg, sizeof msg, c->file);
		kr_scan_turn_taken(b, c);
		if (!sent) {
			kr_scan_client_refuse(b, c, "engine-error");
			continue;
		}
		close(c->file);
		c->file = -1;
		c->state = RUNNING;
		c->engine = i;
		c->started = kr_scan_now_ms();
		b->engines[i].running++;
	}
}

void
kr_scan_pool_cancel(struct broker *b, const struct client *c)
{
	struct kr_scan_msg msg = { .kind = KR_SCAN_M_CANCEL, .job = c->job };

	/* If this is lost, the scan ends by its own time limit. */
	(void)kr_scan_send(b->engines[c->engine].control, &msg, sizeof msg, -1);
}

void
kr_scan_pool_tick(struct broker *b)
{
	int64_t now = kr_scan_now_ms();
	uint32_t age;

	for (int i = 0; i < ENGINES; i++)
		if (b->engines[i].state == LOADING &&
		    now - b->engines[i].since > LOAD_LIMIT_MS)
			engine_lost(b, i);
	if (b->retry_at != 0 && now >= b->retry_at) {
		b->retry_at = 0;
		if (find_engine(b, AT_WORK) < 0 && find_engine(b, LOADING) < 0 &&
		    !kr_scan_pool_start(b, true))
			b->retry_at = now + 1000;
	}
	if (now >= b->next_check) {
		b->next_check = now + b->conf->check_seconds * 1000LL;
		if (kr_scan_stamp(b->conf->signatures, &age) != b->stamp) {
			kr_scan_log("info", "signatures_changed", "action=reload");
			kr_scan_pool_reload(b);
		}
	}
	if (b->reload_again)
		kr_scan_pool_reload(b);
}

void
kr_scan_pool_stop(struct broker *b)
{
	for (int i = 0; i < ENGINES; i++)
		if (b->engines[i].state != NONE)
			dismiss(&b->engines[i]);
}
