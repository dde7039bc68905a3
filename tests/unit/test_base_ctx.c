/* Arena, buffer, context, configuration and log. */
#include "../lib/base_room.h"

#include <signal.h>
#include <sys/wait.h>

#include "../lib/work.h"

static void
test_arena(void **state)
{
	(void)state;
	for (size_t round = 0; round < 3; round++) {
		for (size_t n = 0; n < 300; n++) {
			unsigned char *p = kr_arena_alloc(arena, n * 17);

			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t i = 0; i < n * 17; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xee, n * 17);
		}
		assert_true(kr_arena_used(arena) >= 299 * 300 / 2 * 17);
		kr_arena_reset(arena);
		assert_int_equal(kr_arena_used(arena), 0);
		assert_null(arena->top->older);
	}
}

/* Runs fn in a child: true when it aborted. */
static bool
aborts(void (*fn)(void))
{
	pid_t pid = fork();
	int how;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(null, STDERR_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

static void
run_away(void)
{
	for (;;)
		kr_arena_alloc(arena, 100000);
}

static void
one_giant(void)
{
	kr_alloc(&cx, SIZE_MAX / 2, 4);
}

static void
fail_with_ok(void)
{
	kr_fail(&cx, KR_OK, "nonsense");
}

static void
nothing(void)
{
}

static void
test_aborts(void **state)
{
	(void)state;
	assert_true(aborts(run_away));
	assert_true(aborts(one_giant));
	assert_true(aborts(fail_with_ok));
	assert_false(aborts(nothing));
}

static void
test_buf(void **state)
{
	struct kr_buf b;

	(void)state;
	kr_buf_init(&b, arena, 0);
	for (int i = 0; i < 1000; i++)
		kr_buf_fmt(&b, "%d,", i);
	assert_int_equal(b.n, 10 * 2 + 90 * 3 + 900 * 4);
	assert_memory_equal(b.p + b.n - 4, "999,", 4);
	kr_buf_init(&b, arena, 0);
	kr_buf_i(&b, INT64_MIN);
	kr_buf_c(&b, ' ');
	kr_buf_i(&b, 0);
	kr_buf_add(&b, NULL, 0);
	kr_buf_str(&b, KR_S("!"));
	assert_str(kr_buf_view(&b), "-9223372036854775808 0!");
}

static char order[8];

static void
note(void *letter)
{
	order[strlen(order)] = *(char *)letter;
}

static void
test_sticky(void **state)
{
	struct kr_ctx own;
	char a = 'a', b = 'b';

	(void)state;
	kr_ctx_init(&own, arena, NULL);
	assert_int_equal(strlen(own.request_id), 16);
	assert_int_equal(kr_status(&own), KR_OK);
	assert_int_equal(kr_fail(&own, KR_EINPUT, "field %d", 3), KR_EINPUT);
	assert_int_equal(kr_fail(&own, KR_EFAIL, "later"), KR_EINPUT);
	assert_int_equal(kr_status(&own), KR_EINPUT);
	assert_str(own.err_text, "field 3");
	kr_ctx_clear(&own);
	assert_int_equal(kr_status(&own), KR_OK);
	assert_str(kr_fmt(&own, "%0300d", 1),
	    kr_cstr(&own, kr_fmt(&own, "%s%s", kr_cstr(&own, kr_fmt(&own, "%0200d", 0)),
			      kr_cstr(&own, kr_fmt(&own, "%0100d", 1)))));
	kr_defer(&own, note, &a);
	kr_defer(&own, note, &b);
	kr_ctx_finish(&own);
	assert_string_equal(order, "ba");
}

static void
conf_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
test_conf(void **state)
{
	char path[] = "/tmp/kr-test-conf-XXXXXX", error[200];
	int fd = mkstemp(path);
	struct kr_conf *c;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	conf_write(
	    path, "# a school\nname = Schule # am Park\nport=8080\n\n bad_n = x\n");
	c = kr_conf_read(path, error, sizeof error);
	assert_non_null(c);
	assert_string_equal(kr_conf_get(c, "name", ""), "Schule # am Park");
	assert_int_equal(kr_conf_int(c, "port", 1), 8080);
	assert_int_equal(kr_conf_int(c, "none", 7), 7);
	assert_null(kr_conf_get(c, "none", NULL));
	kr_log_setup("test", KR_ERROR);
	assert_int_equal(kr_conf_int(c, "bad_n", 7), 7);
	kr_conf_free(&c);
	assert_null(c);
	assert_int_equal(kr_conf_int(NULL, "port", 9), 9);

	static const struct {
		const char *text, *error;
	} wrong[] = {
		{ "a = 1\nb\n", ":2: no '='" },
		{ "a = 1\na = 2\n", ":2: this key stands here twice" },
		{ "A = 1\n", ":1: a key has" },
		{ " = 1\n", ":1: a key has" },
		{ "a = \xff\n", ":1: the value is not UTF-8" },
	};

	for (size_t i = 0; i < KR_LEN(wrong); i++) {
		conf_write(path, wrong[i].text);
		assert_null(kr_conf_read(path, error, sizeof error));
		assert_non_null(strstr(error, wrong[i].error));
	}
	unlink(path);
	assert_null(kr_conf_read(path, error, sizeof error));
	assert_non_null(strstr(error, "No such file"));
}

static void
test_log(void **state)
{
	int ends[2], keep = dup(STDERR_FILENO);
	char text[5000];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	kr_log_setup("test", KR_INFO);
	kr_log_kv(KR_INFO, "a.b", { "i", kr_i(-5) }, { "s", kr_s(KR_S("x y\n\"z")) },
	    { "d", kr_d(kr_date_civil(2026, 2, 3)) }, { "t", kr_t((kr_time){ 1000 }) },
	    { "n", kr_null() }, { "b", kr_b(true) }, { "x", kr_x(KR_S("\x01\x02")) });
	kr_log_kv(KR_DEBUG, "not.seen", { "i", kr_i(1) });
	assert_true(dup2(keep, STDERR_FILENO) >= 0);
	close(keep);
	close(ends[1]);

	ssize_t n = read(ends[0], text, sizeof text - 1);

	close(ends[0]);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text,
	    " level=info process=test event=a.b i=-5 s=\"x y\\x0a\\x22z\" d=2026-02-03 "
	    "t=1970-01-01T00:00:00.001Z n=null b=yes x=<2 bytes>\n"));
	assert_null(strstr(text, "not.seen"));
}

/* What stands in the pipe, without waiting for more. */
static const char *
pipe_text(int fd, char *text, size_t n)
{
	ssize_t got = read(fd, text, n - 1);

	text[got < 0 ? 0 : got] = 0;
	return text;
}

/* Lines of a busy process wait, in order, until it is idle, an error comes, or no more
   of them could be written in one piece. The last of the tests: it stays so. */
static void
test_log_gathered(void **state)
{
	int ends[2], keep = dup(STDERR_FILENO), n = 0;
	static char text[20000];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	kr_log_setup("test", KR_INFO);
	kr_log_gather();
	assert_false(kr_log_waits());
	kr_log_kv(KR_INFO, "one", { "i", kr_i(1) });
	kr_log_kv(KR_INFO, "two", { "i", kr_i(2) });
	assert_true(kr_log_waits());
	assert_string_equal(pipe_text(ends[0], text, sizeof text), "");
	kr_log_kv(KR_WARN, "three", { "i", kr_i(3) });
	assert_false(kr_log_waits());
	pipe_text(ends[0], text, sizeof text);
	assert_true(strstr(text, "event=one") < strstr(text, "event=two"));
	assert_true(strstr(text, "event=two") < strstr(text, "event=three"));

	while (pipe_text(ends[0], text, sizeof text)[0] == 0 && n < 200)
		kr_log_kv(KR_INFO, "many", { "n", kr_i(n++) });
	assert_in_range(strlen(text), 3500, 4096);
	assert_non_null(strstr(text, "event=many n=0\n"));
	assert_true(kr_log_waits());
	kr_log_flush();
	assert_string_equal(text + strlen(text) - 1, "\n");
	pipe_text(ends[0], text, sizeof text);
	assert_int_equal(strtol(strstr(text, " n=") + 3, NULL, 10), n - 1);
	assert_false(kr_log_waits());
	assert_true(dup2(keep, STDERR_FILENO) >= 0);
	close(keep);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_aborts),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_gathered),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
