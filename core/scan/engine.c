/* An engine: loads the signatures once, then forks a scan for each file the broker
   sends, watches its time, and reports what it said or that it died. */
#include "scan.h"

#include <clamav.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct scan {
	pid_t pid; /* 0: free */
	int in;    /* what the scan says */
	uint64_t job;
	int64_t deadline;
	bool late; /* killed by us, for its time */
	char dir[128];
};

struct engine {
	const struct kr_scan_conf *conf;
	struct cl_engine *clam;
	const char *why; /* there is no clam */
	int control, sig_fd;
	struct scan scans[KR_SCAN_PARALLEL];
};

static void
report(
    const struct engine *en, uint64_t job, const struct kr_scan_reply *reply, int sig)
{
	struct kr_scan_msg msg = {
		.kind = KR_SCAN_M_DONE, .job = job, .signal = sig, .reply = *reply
	};

	/* Without the broker there is nobody to scan for. */
	if (!kr_scan_send(en->control, &msg, sizeof msg, -1))
		_exit(1);
}

static void
report_failure(const struct engine *en, uint64_t job, const char *what, int sig)
{
	struct kr_scan_reply reply = { 0 };

	kr_scan_reply_set(&reply, KR_SCAN_NOT_SCANNED, what);
	report(en, job, &reply, sig);
}

static bool
fork_scan(struct engine *en, struct scan *s, const struct kr_scan_msg *msg, int fd)
{
	int p[2];

	snprintf(s->dir, sizeof s->dir, "%s/%llu", en->conf->tmp,
	    (unsigned long long)msg->job);
	if (mkdir(s->dir, 0700) != 0)
		return false;
	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) != 0) {
		rmdir(s->dir);
		return false;
	}
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		struct kr_scan_child child = { .conf = en->conf,
			.engine = en->clam,
			.no_engine = en->why,
			.dir = s->dir,
			.req = &msg->req,
			.parent = self,
			.fd = fd,
			.out = p[1] };
		kr_scan_child(&child);
	}
	close(p[1]);
	if (pid < 0) {
		close(p[0]);
		rmdir(s->dir);
		return false;
	}
	s->pid = pid;
	s->in = p[0];
	s->job = msg->job;
	s->deadline = kr_scan_now_ms() + en->conf->scan_seconds * 1000LL;
	s->late = false;
	return true;
}

static void
start_scan(struct engine *en, const struct kr_scan_msg *msg, int fd)
{
	for (size_t i = 0; i < KR_SCAN_PARALLEL; i++) {
		if (en->scans[i].pid != 0)
			continue;
		if (!fork_scan(en, &en->scans[i], msg, fd)) {
			kr_scan_log("error", "fork_failed", "errno=%d", errno);
			report_failure(en, msg->job, "engine-error", 0);
		}
		return;
	}
	report_failure(
	    en, msg->job, "busy", 0); /* the broker keeps count: not reached */
}

static void
cancel_scan(struct engine *en, uint64_t job)
{
	for (size_t i = 0; i < KR_SCAN_PARALLEL; i++)
		if (en->scans[i].pid != 0 && en->scans[i].job == job)
			kill(en->scans[i].pid, SIGKILL);
}

/* The scan has ended; only a complete answer of one that ended well counts. */
static void
finish_scan(struct engine *en, struct scan *s, int status)
{
	struct kr_scan_reply reply;
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ssize_t n = read(s->in, &reply, sizeof reply);

	close(s->in);
	s->pid = 0;
	if (!kr_scan_empty_dir(s->dir) || rmdir(s->dir) != 0)
		kr_scan_log("warn", "tmp_left", "errno=%d", errno);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    n == (ssize_t)sizeof reply && reply.magic == KR_SCAN_MAGIC &&
	    reply.verdict < KR_SCAN_VERDICTS) {
		struct kr_scan_reply clean = { 0 };

		reply.type[sizeof reply.type - 1] = '\0';
		reply.what[sizeof reply.what - 1] = '\0';
		kr_scan_reply_set(&clean, reply.verdict, reply.what);
		kr_scan_token(clean.type, sizeof clean.type, reply.type);
		report(en, s->job, &clean, 0);
		return;
	}
	report_failure(
	    en, s->job, s->late || sig == SIGXCPU ? "timeout" : "crash", sig);
}

static void
reap(struct engine *en)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(en->sig_fd, &info, sizeof info);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < KR_SCAN_PARALLEL; i++)
			if (en->scans[i].pid == pid)
				finish_scan(en, &en->scans[i], status);
}

/* Kills what is late. Returns how long poll may sleep, -1 for ever. */
static int
check_time(struct engine *en)
{
	int64_t now = kr_scan_now_ms(), next = -1;

	for (size_t i = 0; i < KR_SCAN_PARALLEL; i++) {
		struct scan *s = &en->scans[i];

		if (s->pid == 0 || s->late)
			continue;
		int64_t left = s->deadline - now;
		if (left <= 0) {
			s->late = true;
			kill(s->pid, SIGKILL);
		} else if (next < 0 || left < next) {
			next = left;
		}
	}
	return next < 0 ? -1 : (int)next + 1;
}

static void
read_control(struct engine *en)
{
	struct kr_scan_msg msg;
	int fd;
	ssize_t n = kr_scan_recv(en->control, &msg, sizeof msg, &fd);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		_exit(n == 0 ? 0 : 1); /* the broker is gone, or let us go */
	if (msg.kind == KR_SCAN_M_SCAN && fd >= 0)
		start_scan(en, &msg, fd);
	else if (msg.kind == KR_SCAN_M_CANCEL)
		cancel_scan(en, msg.job);
	if (fd >= 0)
		close(fd);
}

/* libclamav's own words may quote the file: they stay out of the log. */
static void
quiet(enum cl_msg severity, const char *full, const char *text, void *arg)
{
	(void)severity;
	(void)full;
	(void)text;
	(void)arg;
}

_Noreturn void
kr_scan_engine(const struct kr_scan_conf *conf, int control, bool load)
{
	struct engine en = { .conf = conf, .control = control, .why = "bad-database" };
	struct kr_scan_msg ready = { .kind = KR_SCAN_M_READY };
	sigset_t set;

	prctl(PR_SET_NAME, "scan-engine", 0, 0, 0);
	cl_set_clcb_msg(quiet);
	if (load) {
		kr_scan_stamp(conf->signatures, &ready.age_days);
		en.clam = kr_scan_load(conf, &ready.signatures, &en.why);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	en.sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (en.sig_fd < 0 || !kr_scan_send(control, &ready, sizeof ready, -1))
		_exit(1);
	for (;;) {
		struct pollfd p[2] = { { .fd = control, .events = POLLIN },
			{ .fd = en.sig_fd, .events = POLLIN } };

		if (poll(p, 2, check_time(&en)) < 0 && errno != EINTR)
			_exit(1);
		if (p[1].revents != 0)
			reap(&en);
		if (p[0].revents != 0)
			read_control(&en);
	}
}
