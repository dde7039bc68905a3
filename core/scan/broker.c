/* The process people talk to: one loop over the listening socket, the clients, the
   engines and signals. It never reads a file and never waits for anybody. */
#include "broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASK_LIMIT_MS 5000 /* from connecting to the request */

enum {
	P_LISTEN,
	P_SIGNAL,
	P_ENGINES,
	P_CLIENTS = P_ENGINES + ENGINES,
	P_COUNT = P_CLIENTS + CLIENTS
};

/* What to listen to now: nobody is asked to speak whom we would not hear. */
static void
fill(const struct broker *b, struct pollfd p[P_COUNT])
{
	bool room = false;

	for (size_t i = 0; i < CLIENTS; i++) {
		const struct client *c = &b->clients[i];

		room = room || c->state == FREE;
		p[P_CLIENTS + i] = (struct pollfd){ .fd = c->sock,
			.events = c->state == ASKING ? POLLIN : POLLIN | POLLRDHUP };
	}
	for (size_t i = 0; i < ENGINES; i++)
		p[P_ENGINES + i] = (struct pollfd){
			.fd = b->engines[i].state != NONE ? b->engines[i].control : -1,
			.events = POLLIN
		};
	p[P_SIGNAL] = (struct pollfd){ .fd = b->sig_fd, .events = POLLIN };
	p[P_LISTEN] =
	    (struct pollfd){ .fd = room ? b->conf->listen_fd : -1, .events = POLLIN };
}

/* How long nothing needs doing: long when all is quiet. */
static int
quiet_ms(const struct broker *b)
{
	int64_t left = b->next_check - kr_scan_now_ms();
	bool soon = b->retry_at != 0 || b->reload_again;

	for (size_t i = 0; i < CLIENTS && !soon; i++)
		soon = b->clients[i].state == ASKING;
	for (size_t i = 0; i < ENGINES && !soon; i++)
		soon = b->engines[i].state == LOADING;
	if (soon && left > 250)
		left = 250;
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* True when it is time to go. */
static bool
read_signals(struct broker *b)
{
	struct signalfd_siginfo info;

	while (read(b->sig_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			return true;
		if (info.ssi_signo == SIGHUP)
			kr_scan_pool_reload(b);
		else
			kr_scan_pool_reap(b);
	}
	return false;
}

static void
drop_silent(struct broker *b)
{
	int64_t now = kr_scan_now_ms();

	for (size_t i = 0; i < CLIENTS; i++)
		if (b->clients[i].state == ASKING &&
		    now - b->clients[i].since > ASK_LIMIT_MS)
			kr_scan_client_refuse(b, &b->clients[i], "bad-request");
}

static void
stop(struct broker *b)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (b->clients[i].state != FREE)
			kr_scan_client_refuse(b, &b->clients[i], "stopping");
	kr_scan_pool_stop(b);
	/* Engines and scans were killed; that takes a moment, not more. */
	for (int i = 0; i < 50 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	kr_scan_empty_dir(b->conf->tmp);
	kr_scan_log("info", "stopped", "status=0");
}

static bool
start(struct broker *b, const struct kr_scan_conf *conf)
{
	sigset_t set;

	b->conf = conf;
	b->ready_fd = conf->ready_fd;
	b->next_check = kr_scan_now_ms() + conf->check_seconds * 1000LL;
	kr_scan_clients_init(b);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	/* Scans whose engine died become ours to bury. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
	    sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	b->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return b->sig_fd >= 0 && kr_scan_pool_start(b, true);
}

int
kr_scan_broker(const struct kr_scan_conf *conf)
{
	static struct broker b;
	static struct pollfd p[P_COUNT];

	if (!start(&b, conf)) {
		kr_scan_log("error", "no_start", "errno=%d", errno);
		return EXIT_FAILURE;
	}
	for (;;) {
		fill(&b, p);
		if (poll(p, P_COUNT, quiet_ms(&b)) < 0) {
			if (errno == EINTR)
				continue;
			return EXIT_FAILURE;
		}
		if (p[P_SIGNAL].revents != 0 && read_signals(&b))
			break;
		for (int i = 0; i < ENGINES; i++)
			if (p[P_ENGINES + i].revents != 0 &&
			    b.engines[i].control == p[P_ENGINES + i].fd)
				kr_scan_pool_event(&b, i);
		for (size_t i = 0; i < CLIENTS; i++)
			if (p[P_CLIENTS + i].revents != 0 &&
			    b.clients[i].sock == p[P_CLIENTS + i].fd)
				kr_scan_client_event(&b, &b.clients[i]);
		if (p[P_LISTEN].revents != 0)
			kr_scan_client_accept(&b);
		drop_silent(&b);
		kr_scan_pool_tick(&b);
		kr_scan_pool_dispatch(&b);
	}
	stop(&b);
	return EXIT_SUCCESS;
}
