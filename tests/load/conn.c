/* The connections: one request at a time on each, kept as long as the server keeps
 * them. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 << 20)

struct conn {
	int fd; /* -1: not open */
	bool busy;
	struct job job;
	struct text out, in; /* in.n bytes are there */
	size_t sent, room;
	struct answer answer;
};
struct net {
	struct sockaddr_storage to;
	socklen_t to_n;
	int epoll;
	struct conn *conns;
	size_t n, *idle, nidle; /* the one used last comes first */
};

struct net *
net_new(const struct sockaddr_storage *to, socklen_t to_n, size_t connections)
{
	struct net *net = need(calloc(1, sizeof *net));

	net->to = *to;
	net->to_n = to_n;
	net->epoll = epoll_create1(EPOLL_CLOEXEC);
	net->n = net->nidle = connections;
	net->conns = need(calloc(connections, sizeof *net->conns));
	net->idle = need(calloc(connections, sizeof *net->idle));
	for (size_t i = 0; i < connections; i++) {
		net->conns[i].fd = -1;
		net->idle[i] = connections - 1 - i;
	}
	return net;
}

bool
net_free(const struct net *net)
{
	return net->nidle > 0;
}

size_t
net_active(const struct net *net)
{
	return net->n - net->nidle;
}

static void
shut(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void
finish(struct net *net, struct conn *c, enum verdict v, const char *why)
{
	struct job job = c->job;

	if (v == V_LOST || c->answer.close)
		shut(c);
	free(c->out.p);
	c->out = (struct text){ NULL, 0 };
	c->in.n = 0;
	c->busy = false;
	net->idle[net->nidle++] = (size_t)(c - net->conns);
	note(job, v, now_us(), why);
}

static bool
open_conn(struct net *net, struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = c };
	int one = 1;

	c->fd =
	    socket(net->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("no more sockets: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (struct sockaddr *)&net->to, net->to_n) != 0 &&
	    errno != EINPROGRESS)
		return false;
	return epoll_ctl(net->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

/* False: the connection is of no more use. */
static bool
push(struct conn *c)
{
	while (c->sent < c->out.n) {
		ssize_t n =
		    send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
		c->sent += (size_t)n;
	}
	return true;
}

void
net_send(struct net *net, struct job job, struct text request)
{
	struct conn *c = &net->conns[net->idle[--net->nidle]];

	c->busy = true;
	c->job = job;
	c->out = request;
	c->sent = 0;
	c->in.n = 0;
	c->answer = (struct answer){ 0 };
	if ((c->fd < 0 && !open_conn(net, c)) || !push(c))
		finish(net, c, V_LOST, "no connection");
}

/* True when the peer has closed. */
static bool
pull(struct conn *c)
{
	for (;;) {
		ssize_t n;

		if (c->room - c->in.n < 32768) {
			c->room = c->room < 65536 ? 65536 : c->room * 2;
			c->in.p = need(realloc(c->in.p, c->room + 1));
		}
		if (c->in.n > ANSWER_MAX)
			return true;
		n = recv(c->fd, c->in.p + c->in.n, c->room - c->in.n, 0);
		if (n < 0)
			return errno != EAGAIN && errno != EINTR;
		if (n == 0)
			return true;
		c->in.n += (size_t)n;
		c->in.p[c->in.n] = 0;
	}
}

static void
happened(struct net *net, struct conn *c)
{
	const char *why = "broken off";
	enum verdict v;
	bool ended;

	if (c->fd < 0)
		return;
	ended = pull(c);
	if (!c->busy) {
		if (ended || c->in.n > 0) /* the server let it go */
			shut(c);
		return;
	}
	if (!ended && !push(c))
		ended = true;
	switch (c->in.n == 0 && !ended
		    ? W_MORE
		    : answer_take(&c->answer, c->in.p, c->in.n, ended)) {
	case W_MORE:
		break;
	case W_BAD:
		finish(net, c, V_LOST, why);
		break;
	case W_DONE:
		/* An answer before all was sent: the rest would be read as the next. */
		c->answer.close |= ended || c->sent < c->out.n;
		v = answer_judge(&c->answer, c->in.p, c->job.class, &why);
		finish(net, c, v, why);
		break;
	}
}

void
net_wait(struct net *net, int64_t until_us, int64_t timeout_us)
{
	struct epoll_event events[256];
	static int64_t swept;
	int64_t now = now_us(), us = until_us > now ? until_us - now : 0;
	struct timespec t;
	int n;

	if (us > 100000)
		us = 100000;
	t = (struct timespec){ us / 1000000, us % 1000000 * 1000 };
	n = epoll_pwait2(net->epoll, events, 256, &t, NULL);
	for (int i = 0; i < n; i++)
		happened(net, events[i].data.ptr);
	now = now_us();
	if (now - swept < 100000)
		return;
	swept = now;
	for (size_t i = 0; i < net->n; i++) {
		struct conn *c = &net->conns[i];

		if (c->busy && now - c->job.due_us > timeout_us)
			finish(net, c, V_LOST, "no answer in time");
	}
}
