/* The whole door to libfcgi: one request at a time, one connection a request. */
#include "http/fcgi_check.h"
#include "http/http.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "http/board.h"

#define HEAD_MS 2000 /* nginx sends the head in one piece; a dawdler holds a worker */
#define PIECE_S 10   /* between two pieces of a body, or of an answer */

static struct {
	FCGX_Request rq;
	bool ready, open, drained;
	int null_fd;
	volatile int listen_fd;
	volatile sig_atomic_t leaving;
} door = { .null_fd = -1, .listen_fd = -1 };

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

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

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

/* Async-signal-safe. A worker may stand just before accept(): there the flag would be
   seen too late, so its descriptor stops being a socket. */
void
kr_fcgi_leave(void)
{
	door.leaving = 1;
	if (door.listen_fd >= 0 && door.null_fd >= 0)
		dup2(door.null_fd, door.listen_fd);
}

static bool
prepare(int fd)
{
	if (door.ready)
		return true;
	door.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (door.null_fd < 0 || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&door.rq, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return false;
	door.listen_fd = fd;
	door.ready = true;
	return true;
}

/* Waits for more of the head; false when no more can come. While a part of it lies
   there unread poll() would call that readable, so then only the peer's end is waited
   for. */
static bool
more_comes(int fd, bool part)
{
	struct pollfd p = { .fd = fd, .events = part ? POLLRDHUP : POLLIN };

	poll(&p, 1, part ? 1 : 100);
	return (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

/* Looks at the head without taking it, until it is whole. */
static bool
head_is_good(int fd)
{
	static uint8_t head[KR_FCGI_HEAD_MAX];
	int64_t end = kr_mono_us() + HEAD_MS * INT64_C(1000);
	bool last = false;

	for (;;) {
		ssize_t n = recv(fd, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
		enum kr_fcgi_head is = KR_FCGI_MORE;

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n > 0)
			is = kr_fcgi_check(head, (size_t)n);
		if (is != KR_FCGI_MORE)
			return is == KR_FCGI_GOOD;
		if (last || door.leaving || kr_mono_us() > end)
			return false;
		last = !more_comes(fd, n > 0);
	}
}

/* libfcgi takes a connection that is already open when its own field says so; that is
   the only way to look at the bytes first. */
static bool
begin(int fd)
{
	struct timeval t = { PIECE_S, 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) != 0 ||
	    !head_is_good(fd)) {
		close(fd);
		return false;
	}
	door.rq.keepConnection = 1;
	door.rq.ipcFd = fd;
	if (FCGX_Accept_r(&door.rq) != 0)
		return false;
	door.rq.keepConnection = 0;
	door.open = true;
	door.drained = false;
	return true;
}

bool
kr_fcgi_accept(int fd)
{
	KR_CHECK(!door.open);
	if (!prepare(fd))
		return false;
	while (!door.leaving) {
		int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (c >= 0) {
			kr_board_busy();
			if (begin(c))
				return true;
			kr_board_idle();
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return false;
		}
	}
	return false;
}

kr_str
kr_fcgi_param(const char *name)
{
	return kr_z(FCGX_GetParam(name, door.rq.envp));
}

size_t
kr_fcgi_read(void *buf, size_t n)
{
	if (!door.open || n == 0)
		return 0;

	int got = FCGX_GetStr(buf, n > INT_MAX ? INT_MAX : (int)n, door.rq.in);

	if (got <= 0)
		door.drained = true;
	return got > 0 ? (size_t)got : 0;
}

/* nginx sends the whole body before it reads; an answer in between would look to it
   like a broken connection. So what nobody wanted to read is read now. */
static void
drain(void)
{
	static char waste[16384]; /* on the stack it would be cleared each time */

	while (!door.drained && kr_fcgi_read(waste, sizeof waste) > 0)
		continue;
	door.drained = true;
}

bool
kr_fcgi_write(const void *p, size_t n)
{
	const char *at = p;

	if (!door.open)
		return false;
	drain();
	while (n > 0) {
		int piece = n > 1 << 20 ? 1 << 20 : (int)n;

		if (FCGX_PutStr(at, piece, door.rq.out) != piece)
			return false;
		at += piece;
		n -= (size_t)piece;
	}
	return true;
}

void
kr_fcgi_finish(void)
{
	if (!door.open)
		return;
	drain();
	door.open = false;
	/* After the whole request has been read a plain close loses nothing on a unix
	   socket; libfcgi would say that it has ended and wait until nginx has closed
	   first. */
	if (FCGX_GetError(door.rq.in) == 0)
		(void)FCGX_Detach(&door.rq);
	FCGX_Finish_r(&door.rq);
	kr_board_idle();
}
