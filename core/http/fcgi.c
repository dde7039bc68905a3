/* The door to nginx: a bounded reader of FastCGI, one request a connection.

   nginx sends a head in one piece as soon as it is connected. Who is slower is put
   aside, so that he holds nobody up: a worker serves the next one whose head is whole.
 */
#include "http/fcgi_head.h"
#include "http/http.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "http/board.h"

#define ASIDE 16          /* callers whose head is not whole */
#define GRACE_MS 10       /* a newcomer is waited for alone: nginx is about to write */
#define HEAD_MS 5000      /* then he is sent away */
#define PIECE_MS 5000     /* between two pieces of a body or answer; below limit_s */
#define CONTENT_MAX 65528 /* of a record, up to a border of eight bytes */
#define TAIL (3 * KR_FCGI_RECORD) /* the end of STDOUT, END_REQUEST and its body */

struct caller {
	int fd; /* -1: the seat is free */
	size_t have;
	int64_t since_us;
	uint8_t bytes[KR_FCGI_HEAD_MAX + 32768]; /* and a piece of the body */
};

static struct {
	int epoll; /* 0: not yet there */
	int listen_fd;
	struct caller callers[ASIDE];
	struct caller *now; /* the request in work */
	struct kr_fcgi_head head;
	size_t at;               /* of now->bytes: what is read up to here */
	size_t content, padding; /* of the record of the body that is being read */
	bool ended, lost;        /* no more of the body comes; nobody takes an answer */
	uint8_t out[KR_FCGI_RECORD + CONTENT_MAX + TAIL];
	size_t nout; /* bytes of content, behind room for their header */
	volatile sig_atomic_t leaving;
} door;

int
kr_fcgi_listen(const char *socket_path, int backlog)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(socket_path);

	if (n >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, socket_path, n);

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	unlink(socket_path);

	mode_t before = umask(0117);
	int bad = bind(fd, (struct sockaddr *)&a, sizeof a);

	umask(before);
	if (bad != 0 || listen(fd, backlog) != 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

void
kr_fcgi_leave(void)
{
	door.leaving = 1;
}

static bool
watch(int fd, uint32_t events, struct caller *who)
{
	struct epoll_event e = { .events = events, .data.ptr = who };

	return epoll_ctl(door.epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* Each newcomer wakes one of the workers, not all of them. */
static bool
prepare(int listen_fd)
{
	if (door.epoll > 0)
		return true;
	for (size_t i = 0; i < ASIDE; i++)
		door.callers[i].fd = -1;
	door.listen_fd = listen_fd;
	door.epoll = epoll_create1(EPOLL_CLOEXEC);
	return door.epoll > 0 && watch(listen_fd, EPOLLIN | EPOLLEXCLUSIVE, NULL);
}

static void
hang_up(struct caller *c)
{
	close(c->fd); /* which ends the watch too */
	c->fd = -1;
}

/* The seat of somebody new: when all are taken, of him who has had one longest. */
static struct caller *
seat(void)
{
	struct caller *c = &door.callers[0];

	for (size_t i = 0; i < ASIDE; i++) {
		struct caller *other = &door.callers[i];

		if (other->fd < 0)
			return other;
		if (other->since_us < c->since_us)
			c = other;
	}
	hang_up(c);
	return c;
}

/* Takes what has come. */
static enum kr_fcgi_is
listen_to(struct caller *c)
{
	ssize_t n = recv(c->fd, c->bytes + c->have, sizeof c->bytes - c->have, 0);
	enum kr_fcgi_is is = KR_FCGI_BAD;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return KR_FCGI_MORE;
	if (n > 0) {
		c->have += (size_t)n;
		is = kr_fcgi_head(c->bytes, c->have, &door.head);
	}
	if (is == KR_FCGI_BAD)
		hang_up(c);
	return is;
}

static bool
begin(struct caller *c)
{
	kr_board_busy();
	door.now = c;
	door.at = door.head.size;
	door.content = door.padding = door.nout = 0;
	door.ended = door.lost = false;
	return true;
}

/* True when he is the next to be served; else he is put aside, or gone. */
static bool
come_in(int fd)
{
	struct caller *c = seat();
	struct pollfd p = { .fd = fd, .events = POLLIN };

	c->fd = fd;
	c->have = 0;
	c->since_us = kr_mono_us();

	enum kr_fcgi_is is = listen_to(c);

	if (is == KR_FCGI_MORE && poll(&p, 1, GRACE_MS) > 0)
		is = listen_to(c);
	if (is == KR_FCGI_MORE && !watch(fd, EPOLLIN, c))
		hang_up(c);
	return is == KR_FCGI_GOOD && begin(c);
}

static bool
send_away_the_slow(void)
{
	int64_t now = 0;
	bool any = false;
	char byte;

	for (size_t i = 0; i < ASIDE; i++) {
		struct caller *c = &door.callers[i];

		if (c->fd < 0)
			continue;
		if (now == 0)
			now = kr_mono_us();
		/* What came while this worker was busy elsewhere is looked at first. */
		if (now - c->since_us > HEAD_MS * INT64_C(1000) &&
		    recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
			hang_up(c);
		else
			any = true;
	}
	return any;
}

/* The signal to leave is held back while the worker works. Where there is always more
   to be done, waiting returns at once and never lets it in; so it is asked for first.
 */
static bool
is_to_leave(void)
{
	sigset_t held;

	return door.leaving ||
	       (sigpending(&held) == 0 && sigismember(&held, SIGTERM) == 1);
}

/* The next event; false when the worker is to end. Who has nothing more to do has time
   to write the log. */
static bool
next(struct epoll_event *e)
{
	sigset_t none;
	int wait_ms = send_away_the_slow() ? HEAD_MS : -1;

	sigemptyset(&none);
	e->events = 0;
	if (kr_log_waits()) {
		if (epoll_pwait(door.epoll, e, 1, 0, NULL) > 0)
			return true;
		kr_log_flush();
	}
	return epoll_pwait(door.epoll, e, 1, wait_ms, &none) >= 0 || errno == EINTR;
}

/* Who is to end takes nobody new, and those of the slow whose head has come by now. */
static bool
last_ones(void)
{
	struct epoll_event e;

	epoll_ctl(door.epoll, EPOLL_CTL_DEL, door.listen_fd, NULL);
	while (epoll_pwait(door.epoll, &e, 1, 0, NULL) > 0)
		if (listen_to(e.data.ptr) == KR_FCGI_GOOD)
			return begin(e.data.ptr);
	return false;
}

bool
kr_fcgi_accept(int listen_fd)
{
	struct epoll_event e;

	KR_CHECK(door.now == NULL);
	if (!prepare(listen_fd))
		return false;
	while (!is_to_leave() && next(&e) && !door.leaving) {
		struct caller *c = e.data.ptr;

		if (e.events == 0)
			continue;
		if (c != NULL) {
			if (listen_to(c) == KR_FCGI_GOOD)
				return begin(c);
			continue;
		}

		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0 && come_in(fd))
			return true;
		if (fd >= 0)
			continue;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			return false;
	}
	return last_ones();
}

bool
kr_fcgi_alone(void)
{
	struct pollfd p = { .fd = door.listen_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

kr_str
kr_fcgi_param(const char *name)
{
	for (size_t i = 0; i < door.head.npairs; i++) {
		if (kr_is(door.head.pairs[i].name, name))
			return door.head.pairs[i].value;
	}
	return KR_S("");
}

static bool
wait_for(short events)
{
	struct pollfd p = { .fd = door.now->fd, .events = events };

	return poll(&p, 1, PIECE_MS) > 0;
}

/* What has come of the body; the head stays where it is. */
static kr_str
piece(void)
{
	struct caller *c = door.now;
	size_t begin = door.head.size;

	while (door.at == c->have && !door.ended) {
		ssize_t n = recv(c->fd, c->bytes + begin, sizeof c->bytes - begin, 0);

		if (n > 0) {
			door.at = begin;
			c->have = begin + (size_t)n;
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN) ||
			   (errno == EAGAIN && !wait_for(POLLIN))) {
			door.ended = true;
		}
	}
	return (kr_str){ (const char *)c->bytes + door.at, c->have - door.at };
}

/* Up to n bytes; fewer only when no more will come. */
static size_t
take(uint8_t *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		kr_str p = piece();
		size_t part = p.n < n - got ? p.n : n - got;

		if (part == 0)
			break;
		if (to != NULL)
			memcpy(to + got, p.p, part);
		door.at += part;
		got += part;
	}
	return got;
}

/* The header of the next record of the body; its end is an empty one. */
static void
next_record(void)
{
	uint8_t header[KR_FCGI_RECORD];
	struct kr_fcgi_record r;

	if (take(NULL, door.padding) < door.padding ||
	    take(header, sizeof header) < sizeof header)
		return;
	if (!kr_fcgi_record(header, &r) || r.type != KR_FCGI_STDIN ||
	    r.id != door.head.id) {
		door.ended = true;
		return;
	}
	door.content = r.content;
	door.padding = r.padding;
	if (r.content == 0) {
		(void)take(NULL, r.padding);
		door.ended = true;
	}
}

size_t
kr_fcgi_read(void *buf, size_t n)
{
	if (door.now == NULL || n == 0)
		return 0;
	while (door.content == 0 && !door.ended)
		next_record();

	size_t got = take(buf, n < door.content ? n : door.content);

	door.content -= got;
	return got;
}

/* nginx sends the whole body before it reads; an answer in between would look to it
   like a broken connection. So what nobody wanted to read is read now. */
static void
drain(void)
{
	static char waste[16384]; /* on the stack it would be cleared each time */

	while (kr_fcgi_read(waste, sizeof waste) > 0)
		continue;
}

static uint8_t *
put_record(uint8_t *at, unsigned type, size_t content)
{
	const uint8_t header[KR_FCGI_RECORD] = { 1, (uint8_t)type,
		(uint8_t)(door.head.id >> 8), (uint8_t)door.head.id,
		(uint8_t)(content >> 8), (uint8_t)content };

	memcpy(at, header, sizeof header);
	return at + sizeof header;
}

static bool
send_all(const uint8_t *p, size_t n)
{
	while (n > 0 && !door.lost) {
		ssize_t sent = send(door.now->fd, p, n, MSG_NOSIGNAL);

		if (sent >= 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno != EINTR && (errno != EAGAIN || !wait_for(POLLOUT))) {
			door.lost = true;
		}
	}
	return !door.lost;
}

bool
kr_fcgi_write(const void *p, size_t n)
{
	const char *at = p;

	if (door.now == NULL)
		return false;
	drain();
	while (n > 0) {
		size_t room = CONTENT_MAX - door.nout, part = n < room ? n : room;

		memcpy(door.out + KR_FCGI_RECORD + door.nout, at, part);
		door.nout += part;
		at += part;
		n -= part;
		if (door.nout < CONTENT_MAX)
			break;
		put_record(door.out, KR_FCGI_STDOUT, door.nout);
		if (!send_all(door.out, KR_FCGI_RECORD + door.nout))
			return false;
		door.nout = 0;
	}
	return !door.lost;
}

/* The connection ends without END_REQUEST. As it is asked to be kept, nginx takes that
   for what it is, a failure, and not for the end of a body without a length. */
void
kr_fcgi_break_off(void)
{
	door.lost = true;
}

void
kr_fcgi_finish(void)
{
	if (door.now == NULL)
		return;
	drain();

	uint8_t *from = door.out + (door.nout > 0 ? 0 : KR_FCGI_RECORD);
	uint8_t *end = door.out + KR_FCGI_RECORD + door.nout;

	put_record(door.out, KR_FCGI_STDOUT, door.nout);
	end = put_record(end, KR_FCGI_STDOUT, 0);
	end = put_record(end, KR_FCGI_END, KR_FCGI_RECORD);
	memset(end, 0, KR_FCGI_RECORD); /* status 0, REQUEST_COMPLETE */
	send_all(from, (size_t)(end - from) + KR_FCGI_RECORD);
	hang_up(door.now);
	door.now = NULL;
	kr_board_idle();
}
