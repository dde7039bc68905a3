/* multipart/form-data: what browsers send, and what they never would. */
#include "../lib/base_room.h"

#include "../../core/http/multipart.c"

#include "../lib/work.h"

kr_err
kr_refuse(kr_ctx *c, int status, kr_err err, const char *why)
{
	(void)status;
	return kr_fail(c, err, "%s", why);
}

/* Everything the parser said, in one line: "name|file?|bytes;". */
struct heard {
	struct kr_buf log;
	const char *body;
	size_t n, at, step; /* how the body comes in: at most step bytes a read */
	size_t bytes;
	bool quiet;
	int stop_at; /* callbacks until one says stop; 0: never */
};

static bool
go_on(struct heard *h)
{
	return h->stop_at == 0 || --h->stop_at > 0;
}

static bool
on_part(void *arg, kr_str name, kr_str file_name, kr_str type, bool is_file)
{
	struct heard *h = arg;

	(void)type;
	kr_buf_str(&h->log, name);
	kr_buf_c(&h->log, '|');
	if (is_file)
		kr_buf_fmt(&h->log, "<%.*s>", KR_FMT(file_name));
	kr_buf_c(&h->log, '|');
	return go_on(h);
}

static bool
on_data(void *arg, const char *p, size_t n)
{
	struct heard *h = arg;

	h->bytes += n;
	if (!h->quiet)
		kr_buf_add(&h->log, p, n);
	return go_on(h);
}

static bool
on_end(void *arg)
{
	struct heard *h = arg;

	kr_buf_c(&h->log, ';');
	return go_on(h);
}

static size_t
on_read(void *arg, void *p, size_t n)
{
	struct heard *h = arg;

	if (n > h->step)
		n = h->step;
	if (n > h->n - h->at)
		n = h->n - h->at;
	memcpy(p, h->body + h->at, n);
	h->at += n;
	return n;
}

static const struct kr_multipart_ops ops = { on_read, on_part, on_data, on_end };

static kr_err
parse(struct heard *h, const char *boundary, kr_str body, size_t step)
{
	h->body = body.p;
	h->n = body.n;
	h->at = 0;
	h->step = step;
	kr_buf_init(&h->log, arena, 256);
	kr_ctx_clear(&cx);
	return kr_multipart(&cx, kr_z(boundary), &ops, h);
}

#define PART(name, rest) "Content-Disposition: form-data; name=\"" name "\"" rest "\r\n"

static void
test_good(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "--B\r\n" PART("a", "") "\r\n1\r\n--B--\r\n", "a||1;" },
		{ "--B\r\n" PART("a", "") "\r\n\r\n--B--", "a||;" },
		{ "pre\r\namble\r\n--B\r\n" PART("a", "") "\r\n1\r\n--B--post",
		    "a||1;" },
		{ "--B \t\r\n" PART("a", "") "\r\n1\r\n--B--\r\n", "a||1;" },
		{ "--B\r\n" PART("f",
		      "; filename=\"x %22y%22.pdf\"") "Content-Type: text/html\r\n\r\n"
						      "\r\n--A\r\n--\r\n-B\r\n--B--",
		    "f|<x \"y\".pdf>|\r\n--A\r\n--\r\n-B;" },
		{ "--B\r\n" PART("f", "; filename=\"\"") "\r\n\r\n--B--", "f|<>|;" },
		{ "--B\r\n" PART("f", "; filename=\"a\\\"b\"") "\r\n\r\n--B--",
		    "f|<a\"b>|;" },
		{ "--B\r\ncontent-disposition: form-data; name=a; x=\"y;z\"\r\n"
		  "\r\n1\r\n--B--",
		    "a||1;" },
		{ "--B\r\n" PART("a", "") "\r\n1\r\n--B\r\n" PART(
		      "b", "") "\r\n2\r\n--B--",
		    "a||1;b||2;" },
		{ "--B--\r\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		for (size_t step = 1; step < 40; step += 7) {
			struct heard h = { 0 };

			if (parse(&h, "B", kr_z(cases[i].body), step) != KR_OK)
				fail_msg(
				    "refused: case %zu: %.*s", i, KR_FMT(cx.err_text));
			assert_str(kr_buf_view(&h.log), cases[i].want);
		}
	}
}

static void
test_hostile(void **state)
{
	static const char *const bad[] = { "", "\r\n", "--B", "--B\r\n", "--Bx\r\n",
		"--B\r\n\r\n1\r\n--B--", "--B\r\n" PART("a", "") "\r\n1",
		"--B\r\n" PART("a", "") "\r\n1\r\n--",
		"--B\r\n" PART("a", "") "\r\n1\r\n--B",
		"--B\r\n" PART("a", "") "\r\n1\r\n--BB--",
		"--B\n" PART("a", "") "\r\n1\r\n--B--",
		"--B\r\n" PART("", "") "\r\n1\r\n--B--",
		"--B\r\n" PART("a", "; name=\"b\"") "\r\n1\r\n--B--",
		"--B\r\n" PART(
		    "a", "; filename=\"x\"; filename=\"y\"") "\r\n1\r\n--B--",
		"--B\r\n" PART("a", "; filename=\"x") "\r\n1\r\n--B--",
		"--B\r\n" PART("a", "") PART("b", "") "\r\n1\r\n--B--",
		"--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--B--",
		"--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--",
		"--B\r\n" PART("a", "") "Content-Transfer-Encoding: base64\r\n\r\n"
					"MQ==\r\n--B--",
		"--B\r\n" PART("a", "") " folded: x\r\n\r\n1\r\n--B--",
		"--B\r\n" PART("a", "") "no colon\r\n\r\n1\r\n--B--",
		"--B\r\n" PART("a\x01", "") "\r\n1\r\n--B--",
		"--B\r\n" PART("a\xff", "") "\r\n1\r\n--B--",
		"--B\r\n" PART("a", "; filename=\"\xc3\"") "\r\n1\r\n--B--" };

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++) {
		for (size_t step = 1; step < 100; step += 33) {
			struct heard h = { 0 };

			if (parse(&h, "B", kr_z(bad[i]), step) != KR_EINPUT)
				fail_msg("taken: case %zu", i);
		}
	}
}

static void
test_boundaries(void **state)
{
	static const char *const bad[] = { "", "a ", "a\tb", "a\"b", "ä", "a\r\nb",
		"01234567890123456789012345678901234567890123456789012345678901234567"
		"890" };
	struct heard h = { 0 };

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++)
		assert_int_equal(parse(&h, bad[i], KR_S("--B--"), 9), KR_EINPUT);
	assert_int_equal(
	    parse(&h, "a'()+_,-./:=?", KR_S("--a'()+_,-./:=?--"), 9), KR_OK);
}

/* A body of many windows with near misses of the boundary across every edge. */
static void
test_large(void **state)
{
	struct kr_buf b;
	struct heard h = { .quiet = true };
	size_t want = 0;

	(void)state;
	kr_buf_init(&b, arena, 4 << 20);
	kr_buf_fmt(&b, "--Bound\r\n" PART("f", "; filename=\"x\"") "\r\n");
	for (size_t i = 0; b.n < 3u << 20; i++) {
		size_t before = b.n;

		for (size_t k = 0; k < i % 1021; k++)
			kr_buf_c(&b, (char)('a' + k % 26));
		kr_buf_str(&b, KR_S("\r\n--Boun"));
		want += b.n - before;
	}
	kr_buf_str(&b, KR_S("\r\n--Bound--"));
	for (size_t step = 977; step < 70000; step += 30011) {
		h.bytes = 0;
		assert_int_equal(parse(&h, "Bound", kr_buf_view(&b), step), KR_OK);
		assert_int_equal(h.bytes, want);
	}
}

static void
test_limits(void **state)
{
	struct heard h = { .quiet = true };
	struct kr_buf b;

	(void)state;
	kr_buf_init(&b, arena, 1 << 20);
	for (size_t i = 0; i < PARTS_MAX + 1; i++)
		kr_buf_fmt(&b, "--B\r\n" PART("a", "") "\r\n1\r\n");
	kr_buf_str(&b, KR_S("--B--"));
	assert_int_equal(parse(&h, "B", kr_buf_view(&b), 4096), KR_ELIMIT);

	kr_buf_init(&b, arena, 1 << 20);
	kr_buf_fmt(&b, "--B\r\n" PART("a", "") "x: ");
	for (size_t i = 0; i < HEAD_MAX; i++)
		kr_buf_c(&b, 'x');
	kr_buf_str(&b, KR_S("\r\n\r\n1\r\n--B--"));
	assert_int_equal(parse(&h, "B", kr_buf_view(&b), 4096), KR_EINPUT);
}

static void
test_stop(void **state)
{
	kr_str body = KR_S("--B\r\n" PART("a", "") "\r\n1\r\n--B--");

	(void)state;
	for (int at = 1; at <= 3; at++) {
		struct heard h = { .stop_at = at };

		assert_int_equal(parse(&h, "B", body, 5), KR_EINPUT);
	}
}

/* Every truncation and every single changed byte of a good body: any answer will do,
   as long as nothing is read or written out of bounds. */
static void
test_mutations(void **state)
{
	static const char good[] = "--B\r\n" PART("a",
	    "; filename=\"x\"") "Content-Type: a/b\r\n\r\nbody\r\n--B\r\n" PART("b",
	    "") "\r\n2\r\n--B--\r\n";
	char copy[sizeof good];
	uint32_t seed = 12345;

	(void)state;
	for (size_t n = 0; n < sizeof good - 1; n++) {
		struct heard h = { 0 };

		parse(&h, "B", (kr_str){ good, n }, 16);
	}
	for (size_t round = 0; round < 4000; round++) {
		struct heard h = { 0 };

		memcpy(copy, good, sizeof good);
		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % (sizeof good - 1)] = (char)(seed >> 24);
		}
		parse(&h, "B", (kr_str){ copy, sizeof good - 1 }, 7 + round % 50);
		if (round % 100 == 0)
			kr_arena_reset(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
