/* The scanner's clients under test: the honest one, and all kinds of bad ones. */
#include "../../core/scan/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int
dial(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof sa.sun_path)
		return -1;
	memcpy(sa.sun_path, path, strlen(path));
	return connect(s, (const struct sockaddr *)&sa, sizeof sa) == 0 ? s : -1;
}

static bool
send_with(int s, const void *data, size_t n, const int *fd, size_t fds)
{
	char copy[8192];
	struct iovec iov = { .iov_base = copy, .iov_len = n };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(copy, data, n);
	if (fds > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds * sizeof(int));
		memcpy(CMSG_DATA(c), fd, fds * sizeof(int));
	}
	return sendmsg(s, &msg, MSG_NOSIGNAL) == (ssize_t)n;
}

static int
print_reply(int s)
{
	struct kr_scan_reply r;
	struct pollfd p = { .fd = s, .events = POLLIN };

	if (poll(&p, 1, 20000) <= 0) {
		puts("silence");
		return 1;
	}
	ssize_t n = recv(s, &r, sizeof r, 0);
	if (n == (ssize_t)sizeof r)
		printf("%s %s\n", kr_scan_verdict_name(r.verdict), r.what);
	else
		puts(n == 0 ? "closed" : "nonsense");
	return 0;
}

/* One wrong request; mode says what is wrong with it. */
static int
bad(const char *mode, const char *path, const char *file)
{
	struct kr_scan_request req = { .magic = KR_SCAN_MAGIC,
		.version = KR_SCAN_VERSION };
	char junk[4096];
	int fd[3], p[2], s = dial(path);
	size_t fds = 1;
	const void *data = &req;
	size_t n = sizeof req;

	memset(junk, 0x41, sizeof junk);
	if (s < 0 || pipe(p) != 0)
		return 1;
	fd[0] = fd[1] = fd[2] = open(file, O_RDONLY | O_CLOEXEC);
	if (strcmp(mode, "hang") == 0)
		return print_reply(s);
	if (strcmp(mode, "short") == 0)
		data = junk, n = 3, fds = 0;
	else if (strcmp(mode, "long") == 0)
		data = junk, n = sizeof junk;
	else if (strcmp(mode, "junk") == 0)
		data = junk;
	else if (strcmp(mode, "nofd") == 0)
		fds = 0;
	else if (strcmp(mode, "three") == 0)
		fds = 3;
	else if (strcmp(mode, "version") == 0)
		req.version = 99;
	else if (strcmp(mode, "flags") == 0)
		req.flags = 1;
	else if (strcmp(mode, "ext") == 0)
		memset(req.name_ext, '/', 3);
	else if (strcmp(mode, "endless") == 0)
		memset(req.name_ext, 'a', sizeof req.name_ext);
	else if (strcmp(mode, "size") == 0)
		req.size_hint = 1;
	else if (strcmp(mode, "pipe") == 0)
		fd[0] = p[0];
	else if (strcmp(mode, "dir") == 0)
		fd[0] = open("/", O_RDONLY | O_CLOEXEC);
	else if (strcmp(mode, "path") == 0)
		fd[0] = open(file, O_PATH | O_CLOEXEC);
	else if (strcmp(mode, "wronly") == 0)
		fd[0] = open(file, O_WRONLY | O_CLOEXEC);
	if (!send_with(s, data, n, fd, fds))
		return 1;
	if (strcmp(mode, "quit") == 0)
		return 0; /* leaves while the scan runs */
	return print_reply(s);
}

/* n requests at the same time, each from a process of its own. */
static int
many(const char *path, long n, const char *file)
{
	unsigned good = 0;

	for (long i = 0; i < n; i++) {
		if (fork() == 0) {
			struct kr_scan_reply r;
			int fd = open(file, O_RDONLY | O_CLOEXEC);

			_exit(kr_scan_file(path, fd, 60000, &r) &&
				      r.verdict == KR_SCAN_INFECTED
				  ? 0
				  : 1);
		}
	}
	for (int status; wait(&status) > 0;)
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	printf("%u\n", good);
	return 0;
}

static int
idle(const char *path, long n)
{
	for (long i = 0; i < n; i++)
		if (dial(path) < 0)
			return 1;
	sleep(2);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "bad") == 0)
		return bad(argv[2], argv[3], argv[4]);
	if (argc == 5 && strcmp(argv[1], "many") == 0)
		return many(argv[2], strtol(argv[3], NULL, 10), argv[4]);
	if (argc == 4 && strcmp(argv[1], "idle") == 0)
		return idle(argv[2], strtol(argv[3], NULL, 10));
	if (argc < 5 || strcmp(argv[1], "ask") != 0)
		return 64;
	for (int i = 4; i < argc; i++) {
		struct kr_scan_reply r;
		const char *name = strrchr(argv[i], '/');
		const char *dot = strrchr(argv[i], '.');
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		name = name != NULL ? name + 1 : argv[i];
		if (kr_scan_file_ext(argv[2], fd, dot != NULL ? dot + 1 : "",
			(int)strtol(argv[3], NULL, 10), &r))
			printf("%s %s %s %s\n", name, kr_scan_verdict_name(r.verdict),
			    r.what[0] != '\0' ? r.what : "-",
			    r.type[0] != '\0' ? r.type : "-");
		else
			printf("%s error %d\n", name, errno);
		fflush(stdout);
		close(fd);
	}
	return 0;
}
