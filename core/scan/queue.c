/* The broker's clients: reading one request from each, whose turn is next, and the
   answer. Nobody can take more than a share, and nobody can make the others wait by
   saying nothing or nonsense. */
#include "broker.h"
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void
kr_scan_clients_init(struct broker *b)
{
	for (size_t i = 0; i < CLIENTS; i++)
		b->clients[i].sock = b->clients[i].file = b->clients[i].engine = -1;
}

static void
forget(struct client *c)
{
	if (c->sock >= 0)
		close(c->sock);
	if (c->file >= 0)
		close(c->file);
	*c = (struct client){ .sock = -1, .file = -1, .engine = -1 };
}

void
kr_scan_client_answer(
    struct broker *b, struct client *c, const struct kr_scan_reply *reply)
{
	int64_t now = kr_scan_now_ms();

	(void)b;
	/* The buffer of a new connection always has room for its one answer. */
	if (c->sock >= 0)
		(void)!send(c->sock, reply, sizeof *reply, MSG_DONTWAIT | MSG_NOSIGNAL);
	kr_scan_log(c->state == LEFT ? "debug" : "info", "scan",
	    "uid=%u verdict=%s what=%s type=%s bytes=%llu wait_ms=%lld ms=%lld", c->uid,
	    c->state == LEFT ? "cancelled" : kr_scan_verdict_name(reply->verdict),
	    reply->what[0] != '\0' ? reply->what : "-",
	    reply->type[0] != '\0' ? reply->type : "-", (unsigned long long)c->bytes,
	    (long long)((c->started != 0 ? c->started : now) - c->since),
	    (long long)(c->started != 0 ? now - c->started : 0));
	forget(c);
}

void
kr_scan_client_refuse(struct broker *b, struct client *c, const char *what)
{
	struct kr_scan_reply reply = { 0 };

	kr_scan_reply_set(&reply, KR_SCAN_NOT_SCANNED, what);
	kr_scan_client_answer(b, c, &reply);
}

static unsigned
connections_of(const struct broker *b, uid_t uid)
{
	unsigned n = 0;

	for (size_t i = 0; i < CLIENTS; i++)
		n += b->clients[i].state != FREE && b->clients[i].uid == uid;
	return n;
}

/* Takes what waits at the door, as far as there are free places. */
void
kr_scan_client_accept(struct broker *b)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &b->clients[i];
		struct ucred peer;
		socklen_t n = sizeof peer;

		if (c->state != FREE)
			continue;
		int sock = accept4(
		    b->conf->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (sock < 0) {
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			return;
		}
		if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0) {
			close(sock);
			continue;
		}
		bool full = connections_of(b, peer.uid) >= PER_UID;
		*c = (struct client){ .state = ASKING,
			.sock = sock,
			.file = -1,
			.engine = -1,
			.uid = peer.uid,
			.since = kr_scan_now_ms() };
		if (full)
			kr_scan_client_refuse(b, c, "busy");
	}
}

static bool
request_ok(struct kr_scan_request *req)
{
	if (req->magic != KR_SCAN_MAGIC || req->version != KR_SCAN_VERSION ||
	    req->flags != 0 || req->reserved != 0)
		return false;
	for (size_t i = 0; i < sizeof req->name_ext; i++) {
		char ch = req->name_ext[i];

		if (ch == '\0')
			return true;
		if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')))
			return false;
	}
	return false; /* not ended */
}

static void
read_request(struct broker *b, struct client *c)
{
	struct stat st;
	ssize_t n = kr_scan_recv(c->sock, &c->req, sizeof c->req, &c->file);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		c->file = -1;
		return;
	}
	if (n <= 0) {
		c->file = -1;
		if (n == 0)
			forget(c); /* left without a word */
		else
			kr_scan_client_refuse(b, c, "bad-request");
		return;
	}
	if (!request_ok(&c->req) || c->file < 0) {
		kr_scan_client_refuse(b, c, "bad-request");
		return;
	}
	int flags = fcntl(c->file, F_GETFL);
	if (fstat(c->file, &st) != 0 || !S_ISREG(st.st_mode) || flags < 0 ||
	    (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY) {
		kr_scan_client_refuse(b, c, "not-a-file");
		return;
	}
	c->bytes = (uint64_t)st.st_size;
	c->job = ++b->next_job;
	c->state = QUEUED;
}

void
kr_scan_client_event(struct broker *b, struct client *c)
{
	if (c->state == ASKING) {
		read_request(b, c);
	} else if (c->state == QUEUED) {
		forget(c); /* gone, or talking out of turn, which is as good */
	} else if (c->state == RUNNING) {
		kr_scan_pool_cancel(b, c);
		close(c->sock);
		c->sock = -1;
		c->state = LEFT;
	}
}

struct client *
kr_scan_client_by_job(struct broker *b, uint64_t job)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (b->clients[i].job == job && b->clients[i].engine >= 0)
			return &b->clients[i];
	return NULL;
}

unsigned
kr_scan_running(const struct broker *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < ENGINES; i++)
		n += b->engines[i].running;
	return n;
}

/* ── whose turn it is ── */

static unsigned
running_of(const struct broker *b, uid_t uid)
{
	unsigned n = 0;

	for (size_t i = 0; i < CLIENTS; i++)
		n += b->clients[i].engine >= 0 && b->clients[i].uid == uid;
	return n;
}

/* The place where this uid's latest turn is noted, or else the one noted longest ago.
 */
static size_t
turn_of(const struct broker *b, uid_t uid)
{
	size_t oldest = 0;

	for (size_t i = 0; i < UIDS; i++) {
		if (b->turns[i].last != 0 && b->turns[i].uid == uid)
			return i;
		if (b->turns[i].last < b->turns[oldest].last)
			oldest = i;
	}
	return oldest;
}

static uint64_t
last_turn(const struct broker *b, uid_t uid)
{
	size_t i = turn_of(b, uid);

	return b->turns[i].uid == uid ? b->turns[i].last : 0;
}

/* First the uid with the fewest scans running, then the one that waited longest for a
   turn, then the oldest request. */
static bool
before(const struct broker *b, const struct client *x, const struct client *y)
{
	if (x->uid != y->uid) {
		unsigned rx = running_of(b, x->uid), ry = running_of(b, y->uid);
		uint64_t lx = last_turn(b, x->uid), ly = last_turn(b, y->uid);

		if (rx != ry)
			return rx < ry;
		if (lx != ly)
			return lx < ly;
	}
	return x->job < y->job;
}

struct client *
kr_scan_next(struct broker *b)
{
	struct client *best = NULL;

	for (size_t i = 0; i < CLIENTS; i++)
		if (b->clients[i].state == QUEUED &&
		    (best == NULL || before(b, &b->clients[i], best)))
			best = &b->clients[i];
	return best;
}

void
kr_scan_turn_taken(struct broker *b, const struct client *c)
{
	static uint64_t turn;
	size_t i = turn_of(b, c->uid);

	b->turns[i].uid = c->uid;
	b->turns[i].last = ++turn;
}
