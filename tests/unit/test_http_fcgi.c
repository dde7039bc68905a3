/* The head of a FastCGI request: whole, not yet whole, or hostile. */
#include "../lib/base_room.h"

#include "../../core/http/fcgi_head.c"

static struct kr_fcgi_head h;
struct bytes {
	uint8_t p[200000];
	size_t n;
};
static struct bytes b;

static void
put(const void *p, size_t n)
{
	memcpy(b.p + b.n, p, n);
	b.n += n;
}

static void
record(uint8_t type, unsigned id, size_t content, uint8_t padding)
{
	const uint8_t header[8] = { 1, type, (uint8_t)(id >> 8), (uint8_t)id,
		(uint8_t)(content >> 8), (uint8_t)content, padding, 0 };

	put(header, 8);
}

static void
begin(void)
{
	static const uint8_t body[8] = { 0, 1, 0 };

	b.n = 0;
	record(1, 1, 8, 0);
	put(body, 8);
}

static void
build(const char *pairs, size_t n)
{
	begin();
	record(4, 1, n, 0);
	put(pairs, n);
	record(4, 1, 0, 0);
}
#define BUILD(pairs) build("" pairs, sizeof pairs - 1)

static enum kr_fcgi_is
check_pairs(const char *pairs, size_t n)
{
	build(pairs, n);
	return kr_fcgi_head(b.p, b.n, &h);
}
#define CHECK(pairs) check_pairs("" pairs, sizeof pairs - 1)

static void
test_good(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\x01\x01"
			       "AB"
			       "\x02\x00"
			       "CD"),
	    KR_FCGI_GOOD);
	assert_int_equal(h.npairs, 2);
	assert_int_equal(h.size, b.n);
	assert_true(kr_is(h.pairs[0].name, "A") && kr_is(h.pairs[0].value, "B"));
	assert_true(kr_is(h.pairs[1].name, "CD") && h.pairs[1].value.n == 0);
	assert_int_equal(CHECK("\x80\x00\x00\x01\x80\x00\x00\x02"
			       "ABC"),
	    KR_FCGI_GOOD);
	assert_true(kr_is(h.pairs[0].name, "A") && kr_is(h.pairs[0].value, "BC"));
	begin();
	record(4, 1, 0, 0);
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_GOOD);
	assert_int_equal(h.npairs, 0);

	/* every shorter piece of it is a beginning */
	BUILD("\x03\x02"
	      "abcde");
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(kr_fcgi_head(b.p, n, &h), KR_FCGI_MORE);
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_GOOD);

	/* a pair across two records, with padding */
	begin();
	record(4, 1, 3, 5);
	put("\x02\x02"
	    "a\0\0\0\0\0",
	    8);
	record(4, 1, 3, 1);
	put("bcd\0", 4);
	record(4, 1, 0, 7);
	put("\0\0\0\0\0\0\0body", 11);
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_GOOD);
	assert_int_equal(h.npairs, 1);
	assert_true(kr_is(h.pairs[0].name, "ab") && kr_is(h.pairs[0].value, "cd"));
	assert_int_equal(h.size, b.n - 4);
}

static void
test_hostile_lengths(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\xff\xff\xff\xff\xff\xff\xff\xff"
			       "AAAA"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\xff\xff\xff\xfe\xff\xff\xff\xfe"
			       "AAAA"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\xc0\x00\x00\x00\xc0\x00\x00\x00"
			       "AAAA"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\x01\x05"
			       "AB"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\x05\x01"
			       "AB"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\x00\x01"
			       "B"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\x80\x00\x00"), KR_FCGI_BAD);
	assert_int_equal(CHECK("\x01"), KR_FCGI_BAD);
	assert_int_equal(CHECK("\x01\x02"
			       "A"
			       "b\0"),
	    KR_FCGI_BAD);
	assert_int_equal(CHECK("\x02\x01"
			       "A\0"
			       "b"),
	    KR_FCGI_BAD);
}

static void
test_hostile_records(void **state)
{
	static const uint8_t types[] = { 0, 2, 3, 4, 5, 8, 9, 11, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof types; i++) {
		b.n = 0;
		record(types[i], 1, 8, 0);
		put("\0\1\0\0\0\0\0\0", 8);
		assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
	}
	for (size_t i = 0; i < sizeof types; i++) {
		begin();
		record(types[i], types[i] == 4 ? 2 : 1, 0, 0);
		assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
	}
	begin();
	b.p[0] = 2; /* version */
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
	begin();
	b.p[3] = 0; /* request id 0 */
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
	begin();
	b.p[9] = 2; /* an authorizer */
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
	begin();
	b.p[5] = 4; /* a begin body of four bytes */
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);
}

/* More parameters than the cap, and a stream of them that never ends. */
static void
test_endless(void **state)
{
	static uint8_t zeros[65535];

	(void)state;
	begin();
	record(4, 1, sizeof zeros, 0);
	put(zeros, sizeof zeros);
	record(4, 1, 2, 0);
	put(zeros, 2);
	record(4, 1, 0, 0);
	assert_int_equal(kr_fcgi_head(b.p, b.n, &h), KR_FCGI_BAD);

	begin();
	while (b.n < KR_FCGI_HEAD_MAX) {
		record(4, 1, 1, 255);
		put(zeros, 256);
	}
	assert_int_equal(kr_fcgi_head(b.p, KR_FCGI_HEAD_MAX, &h), KR_FCGI_BAD);

	/* more names than there is room for */
	for (int extra = 0; extra <= 1; extra++) {
		begin();
		record(4, 1, 3 * (KR_FCGI_PAIRS_MAX + (size_t)extra), 0);
		for (int i = 0; i < KR_FCGI_PAIRS_MAX + extra; i++)
			put("\1\0n", 3);
		record(4, 1, 0, 0);
		assert_int_equal(kr_fcgi_head(b.p, b.n, &h),
		    extra == 0 ? KR_FCGI_GOOD : KR_FCGI_BAD);
	}
}

static void
test_mutations(void **state)
{
	uint32_t seed = 99;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		BUILD("\x04\x03"
		      "HOSTabc"
		      "\x80\x00\x00\x02\x01"
		      "ABC");
		for (int k = 0; k < 2; k++) {
			seed = seed * 1664525 + 1013904223;
			b.p[(seed >> 8) % b.n] = (uint8_t)(seed >> 24);
		}

		uint8_t *exact = malloc(b.n); /* so that ASan sees a byte too far */

		memcpy(exact, b.p, b.n);
		kr_fcgi_head(exact, b.n, &h);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hostile_lengths),
		cmocka_unit_test(test_hostile_records),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
