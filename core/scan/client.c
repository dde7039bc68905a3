/* The asking side of the scanner socket: never waits longer than it was told, and takes
   no answer for an answer. Uses libc only, because it is linked into the core library.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits for events on sock until the deadline; false with ETIMEDOUT or poll's errno. */
static bool
wait_for(int sock, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = sock, .events = events };
		int64_t left = deadline - now_ms();

		if (left <= 0) {
			errno = ETIMEDOUT;
			return false;
		}
		int n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static bool
connect_until(int sock, const char *path, int64_t deadline)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof sa.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(sa.sun_path, path, n);
	/* A full backlog of a unix socket is EAGAIN, and no poll tells when it is not.
	 */
	while (connect(sock, (const struct sockaddr *)&sa, sizeof sa) != 0) {
		const struct timespec pause = { .tv_nsec = 10000000 };

		if (errno != EAGAIN && errno != EINTR)
			return false;
		if (now_ms() >= deadline) {
			errno = ETIMEDOUT;
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool
send_request(int sock, int fd, const struct kr_scan_request *req, int64_t deadline)
{
	struct kr_scan_request copy = *req;
	struct iovec iov = { .iov_base = &copy, .iov_len = sizeof copy };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof control.buf };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	for (;;) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == (ssize_t)sizeof copy)
			return true;
		if (n >= 0) {
			errno = EPROTO;
			return false;
		}
		if (errno == EAGAIN) {
			if (!wait_for(sock, POLLOUT, deadline))
				return false;
		} else if (errno != EINTR) {
			return false;
		}
	}
}

/* True when the field is NUL-ended printable ASCII: it goes into pages and rows. */
static bool
printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\0')
			return true;
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	}
	return false;
}

static bool
receive_reply(int sock, int64_t deadline, struct kr_scan_reply *reply_r)
{
	struct kr_scan_reply reply;
	ssize_t n;

	do {
		if (!wait_for(sock, POLLIN, deadline))
			return false;
		n = recv(sock, &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n < 0)
		return false;
	if (n == 0) {
		errno = ECONNRESET;
		return false;
	}
	if (n != (ssize_t)sizeof reply || reply.magic != KR_SCAN_MAGIC ||
	    reply.verdict >= KR_SCAN_VERDICTS ||
	    !printable(reply.type, sizeof reply.type) ||
	    !printable(reply.what, sizeof reply.what)) {
		errno = EPROTO;
		return false;
	}
	*reply_r = reply;
	return true;
}

/* Lower-case letters and digits only; anything else is no extension at all. */
static void
set_ext(struct kr_scan_request *req, const char *ext)
{
	size_t n = strlen(ext);

	if (n >= sizeof req->name_ext)
		return;
	for (size_t i = 0; i < n; i++) {
		char c = ext[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			memset(req->name_ext, 0, sizeof req->name_ext);
			return;
		}
		req->name_ext[i] = c;
	}
}

bool
kr_scan_file_ext(const char *socket_path, int fd, const char *ext, int timeout_ms,
    struct kr_scan_reply *reply_r)
{
	struct kr_scan_request req = { .magic = KR_SCAN_MAGIC,
		.version = KR_SCAN_VERSION };
	int64_t deadline = now_ms() + timeout_ms;
	struct stat st;

	if (timeout_ms <= 0) {
		errno = EINVAL;
		return false;
	}
	if (fstat(fd, &st) != 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	req.size_hint = (uint64_t)st.st_size;
	set_ext(&req, ext);
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return false;
	bool ok = connect_until(sock, socket_path, deadline) &&
		  send_request(sock, fd, &req, deadline) &&
		  receive_reply(sock, deadline, reply_r);
	int saved = errno;
	close(sock);
	errno = saved;
	return ok;
}

bool
kr_scan_file(
    const char *socket_path, int fd, int timeout_ms, struct kr_scan_reply *reply_r)
{
	return kr_scan_file_ext(socket_path, fd, "", timeout_ms, reply_r);
}

const char *
kr_scan_verdict_name(uint32_t verdict)
{
	static const char *const name[KR_SCAN_VERDICTS] = { "not-scanned", "clean",
		"infected", "bomb", "encrypted" };

	return verdict < KR_SCAN_VERDICTS ? name[verdict] : "unknown";
}
