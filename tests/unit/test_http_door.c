/* The door to nginx with real sockets: who is served, who waits, and when it closes. */
#include "../lib/base_room.h"

#include "../../core/http/board.c"
#include "../../core/http/fcgi.c"
#include "../../core/http/fcgi_head.c"

#define WHOLE                                                                          \
	"\1\1\0\1\0\10\0\0"                                                            \
	"\0\1\0\0\0\0\0\0"                                                             \
	"\1\4\0\1\0\5\0\0"                                                             \
	"\1\2Aid"                                                                      \
	"\1\4\0\1\0\0\0\0"
#define BODY                                                                           \
	"\1\5\0\1\0\3\1\0"                                                             \
	"abc\0"                                                                        \
	"\1\5\0\1\0\0\0\0"

static char path[] = "/tmp/kr-door.XXXXXX";
static int door_fd = -1;

static void
on_term(int number)
{
	(void)number;
	kr_fcgi_leave();
}

static int
setup(void **state)
{
	struct sigaction term = { .sa_handler = on_term };
	sigset_t held;

	(void)state;
	sigaction(SIGTERM, &term, NULL);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, NULL);
	close(mkstemp(path));
	door_fd = kr_fcgi_listen(path, 64);
	return door_fd < 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return close(door_fd);
}

/* Somebody who has sent so much. */
static int
caller_with(const char *bytes, size_t n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, sizeof path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(send(fd, bytes, n, 0), n);
	return fd;
}

static void
test_request(void **state)
{
	char body[8], answer[64];
	int fd = caller_with(WHOLE BODY, sizeof WHOLE BODY - 1);

	(void)state;
	assert_true(kr_fcgi_accept(door_fd));
	assert_true(kr_is(kr_fcgi_param("A"), "id"));
	assert_int_equal(kr_fcgi_param("B").n, 0);
	assert_int_equal(kr_fcgi_read(body, sizeof body), 3);
	assert_memory_equal(body, "abc", 3);
	assert_int_equal(kr_fcgi_read(body, sizeof body), 0);
	assert_true(kr_fcgi_write("hello", 5));
	kr_fcgi_finish();
	assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), 8 + 5 + 8 + 16);
	assert_memory_equal(
	    answer, "\1\6\0\1\0\5\0\0hello\1\6\0\1\0\0\0\0\1\3\0\1\0\10", 27);
	close(fd);
}

/* Thirty who say nothing, or half of it: the one behind them is served at once. */
static void
test_silent(void **state)
{
	int quiet[30];
	int64_t began = kr_mono_us();

	(void)state;
	for (size_t i = 0; i < 30; i++)
		quiet[i] = caller_with(WHOLE, i);

	int fd = caller_with(WHOLE BODY, sizeof WHOLE BODY - 1);

	assert_true(kr_fcgi_accept(door_fd));
	kr_fcgi_finish();
	assert_true(kr_mono_us() - began < HEAD_MS * INT64_C(1000));
	close(fd);
	/* The last of them was only put aside: he is served when he goes on. */
	send(quiet[29], &(WHOLE BODY)[29], sizeof WHOLE BODY - 1 - 29, 0);
	assert_true(kr_fcgi_accept(door_fd));
	assert_true(kr_is(kr_fcgi_param("A"), "id"));
	kr_fcgi_finish();
	for (size_t i = 0; i < 30; i++)
		close(quiet[i]);
}

/* A body that ends with its connection: what has come, then the end. */
static void
test_cut(void **state)
{
	char body[8];
	int fd = caller_with(WHOLE BODY, sizeof WHOLE - 1 + 10);

	(void)state;
	shutdown(fd, SHUT_WR);
	assert_true(kr_fcgi_accept(door_fd));
	assert_int_equal(kr_fcgi_read(body, sizeof body), 2);
	assert_int_equal(kr_fcgi_read(body, sizeof body), 0);
	kr_fcgi_finish();
	close(fd);
}

/* Two whose heads come late, while the worker is busy with somebody else for longer
   than a head may take: the first is served then, the second when the worker is to
   leave. */
static void
test_aside(void **state)
{
	int first = caller_with(WHOLE, 8), second = caller_with(WHOLE, 8);
	int other = caller_with(WHOLE BODY, sizeof WHOLE BODY - 1);
	char answer[64];

	(void)state;
	assert_true(kr_fcgi_accept(door_fd)); /* the other one */
	for (size_t i = 0; i < ASIDE; i++)
		door.callers[i].since_us -= 2 * HEAD_MS * INT64_C(1000);
	assert_true(send(first, WHOLE BODY + 8, sizeof WHOLE BODY - 9, 0) > 0);
	assert_true(send(second, WHOLE BODY + 8, sizeof WHOLE BODY - 9, 0) > 0);
	kr_fcgi_finish();
	assert_true(recv(other, answer, sizeof answer, 0) > 0);
	assert_true(kr_fcgi_accept(door_fd));
	kr_fcgi_finish();
	raise(SIGTERM);
	assert_true(kr_fcgi_accept(door_fd));
	kr_fcgi_finish();
	assert_true(recv(first, answer, sizeof answer, 0) > 0);
	assert_true(recv(second, answer, sizeof answer, 0) > 0);
	assert_false(kr_fcgi_accept(door_fd));
	door.leaving = 0;
	assert_true(watch(door_fd, EPOLLIN | EPOLLEXCLUSIVE, NULL));
	close(first);
	close(second);
	close(other);
}

/* What is broken off has no end: nginx has to see that. */
static void
test_broken_off(void **state)
{
	static char part[2 * CONTENT_MAX];
	static uint8_t seen[3 * CONTENT_MAX];
	int fd = caller_with(WHOLE BODY, sizeof WHOLE BODY - 1), size = 1 << 20;
	ssize_t n;

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	assert_true(kr_fcgi_accept(door_fd));
	setsockopt(door.now->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	assert_true(kr_fcgi_write(part, sizeof part));
	kr_fcgi_break_off();
	kr_fcgi_finish();
	n = recv(fd, seen, sizeof seen, MSG_WAITALL);
	assert_int_equal(
	    n, 2 * (KR_FCGI_RECORD + CONTENT_MAX)); /* and nothing behind */
	close(fd);
}

/* Told to leave while others wait: nobody more is taken. */
static void
test_leaving(void **state)
{
	int fd = caller_with(WHOLE BODY, sizeof WHOLE BODY - 1);

	(void)state;
	raise(SIGTERM);
	assert_false(kr_fcgi_accept(door_fd));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_aside),
		cmocka_unit_test(test_leaving),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
