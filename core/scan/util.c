/* Small things all parts of kreide-scan need: log lines, answers, descriptors over
   sockets, emptying a folder. */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t
kr_scan_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool
kr_scan_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

void
kr_scan_log(const char *level, const char *event, const char *fmt, ...)
{
	char line[1024], when[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;

	gmtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int n = snprintf(line, sizeof line, "time=%s level=%s event=%s%s", when, level,
	    event, *fmt != '\0' ? " " : "");
	if (n < 0 || (size_t)n >= sizeof line)
		return;
	va_start(ap, fmt);
	int m = vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	size_t len = (size_t)n + (size_t)m;
	if (len > sizeof line - 2)
		len = sizeof line - 2;
	line[len] = '\n';
	/* A log that cannot be written must not stop the scanner. */
	(void)!write(STDERR_FILENO, line, len + 1);
}

void
kr_scan_token(char *to, size_t size, const char *from)
{
	size_t i = 0;

	for (; i + 1 < size && from[i] != '\0'; i++)
		to[i] = from[i] > 0x20 && from[i] < 0x7f ? from[i] : '_';
	memset(to + i, 0, size - i);
}

void
kr_scan_reply_set(struct kr_scan_reply *reply, uint32_t verdict, const char *what)
{
	reply->magic = KR_SCAN_MAGIC;
	reply->verdict = verdict;
	kr_scan_token(reply->what, sizeof reply->what, what);
}

void
kr_scan_reply_raise(struct kr_scan_reply *reply, uint32_t verdict, const char *what)
{
	static const unsigned char rank[KR_SCAN_VERDICTS] = {
		[KR_SCAN_CLEAN] = 0,
		[KR_SCAN_NOT_SCANNED] = 1,
		[KR_SCAN_ENCRYPTED] = 2,
		[KR_SCAN_BOMB] = 3,
		[KR_SCAN_INFECTED] = 4,
	};

	if (rank[verdict] > rank[reply->verdict])
		kr_scan_reply_set(reply, verdict, what);
}

bool
kr_scan_send(int sock, const void *data, size_t n, int fd)
{
	struct kr_scan_msg copy;
	struct iovec iov = { .iov_base = &copy, .iov_len = n };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (n > sizeof copy) {
		errno = EMSGSIZE;
		return false;
	}
	memcpy(&copy, data, n);
	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof control.buf;
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n;
}

/* Closes all descriptors of a message but the first; returns it, or -1. */
static int
take_fd(struct msghdr *msg, unsigned *count_r)
{
	int first = -1;
	unsigned count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (count++ == 0)
				first = fd;
			else
				close(fd);
		}
	}
	*count_r = count;
	return first;
}

ssize_t
kr_scan_recv(int sock, void *data, size_t n, int *fd_r)
{
	struct iovec iov = { .iov_base = data, .iov_len = n };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof control.buf };
	unsigned count;
	ssize_t got;

	do
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	int fd = take_fd(&msg, &count);
	/* What does not fit into the control buffer the kernel has closed for us. */
	if (got == 0 && count == 0) {
		*fd_r = -1;
		return 0;
	}
	if ((size_t)got != n || count > 1 ||
	    (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		if (fd >= 0)
			close(fd);
		errno = EPROTO;
		return -1;
	}
	*fd_r = fd;
	return got;
}

/* Depth is bounded: what a hostile scan nested deeper stays until a person looks. */
static bool
empty_at(int dir_fd, unsigned depth)
{
	DIR *dir = fdopendir(dir_fd);
	bool ok = true;

	if (dir == NULL) {
		close(dir_fd);
		return false;
	}
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
			continue;
		int sub = depth == 0
			      ? -1
			      : openat(dirfd(dir), e->d_name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0 || !empty_at(sub, depth - 1) ||
		    unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) != 0)
			ok = false;
	}
	closedir(dir);
	return ok;
}

bool
kr_scan_empty_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && empty_at(fd, 64);
}

bool
kr_scan_close_all_but(int a, int b)
{
	unsigned lo = (unsigned)(a < b ? a : b), hi = (unsigned)(a < b ? b : a);

	if (a < 3 || b < 3)
		return false;
	return (lo == 3 || close_range(3, lo - 1, 0) == 0) &&
	       (hi <= lo + 1 || close_range(lo + 1, hi - 1, 0) == 0) &&
	       close_range(hi + 1, ~0u, 0) == 0;
}
