/* E, the limit: answers 10,240 bytes to every request, over kept connections on epoll,
   with a FastCGI reader that reads just enough to know where a request ends. epoll
   SOCKET WORKERS */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY = 10240, ROOM = 65536, CONNECTIONS = 1024 };
enum { END_REQUEST = 3, STDIN = 5, STDOUT = 6, HEADER = 8 };

static struct {
	size_t n;
	uint8_t bytes[ROOM];
} in[CONNECTIONS];
static const char head[] = "Content-Type: text/plain\r\n\r\n";
static uint8_t answer[HEADER + sizeof head - 1 + BODY + HEADER + HEADER + 8];

/* All of it but the number of the request is the same every time. */
static void
make_answer(void)
{
	size_t n = sizeof head - 1 + BODY;
	uint8_t *end = answer + HEADER + n + HEADER;

	answer[0] = 1, answer[1] = STDOUT;
	answer[4] = (uint8_t)(n >> 8), answer[5] = (uint8_t)n;
	memcpy(answer + HEADER, head, sizeof head - 1);
	memset(answer + HEADER + sizeof head - 1, 'x', BODY);
	end[-HEADER] = 1, end[1 - HEADER] = STDOUT;
	end[0] = 1, end[1] = END_REQUEST, end[5] = 8;
}

static int
say(int fd, const uint8_t *id)
{
	for (size_t at = 0; at < sizeof answer;) {
		size_t n = sizeof head - 1 + BODY;

		answer[2] = answer[HEADER + n + 2] = answer[HEADER * 2 + n + 2] = id[0];
		answer[3] = answer[HEADER + n + 3] = answer[HEADER * 2 + n + 3] = id[1];

		ssize_t sent = send(fd, answer + at, sizeof answer - at, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return -1;
		at += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

/* Takes what has come; -1 when the connection is over. */
static int
take(int fd)
{
	uint8_t *b = in[fd].bytes;
	size_t at = 0;
	ssize_t got = recv(fd, b + in[fd].n, ROOM - in[fd].n, 0);

	if (got <= 0)
		return -1;
	in[fd].n += (size_t)got;
	while (in[fd].n - at >= HEADER) {
		size_t length = (size_t)(b[at + 4] << 8 | b[at + 5]);
		size_t whole = HEADER + length + b[at + 6];

		if (in[fd].n - at < whole)
			break;
		if (b[at + 1] == STDIN && length == 0 && say(fd, b + at + 2) != 0)
			return -1;
		at += whole;
	}
	in[fd].n -= at;
	memmove(b, b + at, in[fd].n);
	return 0;
}

static void
serve(int listen_fd)
{
	int ep = epoll_create1(0);
	struct epoll_event e = { EPOLLIN | EPOLLEXCLUSIVE, { .fd = listen_fd } },
			   got[64];

	epoll_ctl(ep, EPOLL_CTL_ADD, listen_fd, &e);
	for (;;) {
		int n = epoll_wait(ep, got, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = got[i].data.fd;

			if (fd != listen_fd) {
				if (take(fd) != 0)
					close(fd);
				continue;
			}
			fd = accept4(listen_fd, NULL, NULL, 0);
			if (fd >= CONNECTIONS)
				close(fd);
			if (fd < 0 || fd >= CONNECTIONS)
				continue;
			in[fd].n = 0;
			e = (struct epoll_event){ EPOLLIN, { .fd = fd } };
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
		}
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (argc != 3 || strlen(argv[1]) >= sizeof a.sun_path)
		return 2;
	memcpy(a.sun_path, argv[1], strlen(argv[1]));
	unlink(argv[1]);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1024) != 0) {
		perror(argv[1]);
		return 1;
	}
	chmod(argv[1], 0666);
	make_answer();
	for (long i = 0; i < strtol(argv[2], NULL, 10); i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	while (wait(NULL) > 0)
		continue;
	return 0;
}
