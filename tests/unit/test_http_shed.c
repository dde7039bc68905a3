/* Admission: whose queue lets whom wait how long, and who is shed first. */
#include "../lib/base_room.h"

#include "../../core/http/shed.c"

#define MS 1000

static const struct kr_patience patience = {
	.lane_us = { [KR_LANE_EXTRA] = 20 * MS,
	    [KR_LANE_PAGE] = 40 * MS,
	    [KR_LANE_SLOW] = 10000 * MS,
	    [KR_LANE_SAVE] = 5000 * MS,
	    [KR_LANE_SIGN] = 10000 * MS,
	    [KR_LANE_MUST] = 15000 * MS },
	.burst_us = 2000 * MS,
};

static struct kr_arena *arena;
static struct kr_ctx cx;
static struct kr_app app;
static struct kr_board *board;
static const char *queued, *pool = "page";
static bool last;

bool
kr_fcgi_alone(void)
{
	return last;
}

kr_str
kr_fcgi_param(const char *name)
{
	if (strcmp(name, "KR_POOL") == 0)
		return kr_z(pool);
	assert_string_equal(name, "KR_QUEUED");
	return kr_z(queued);
}

static int
setup(void **state)
{
	(void)state;
	arena = kr_arena_new(4 << 20);
	board = kr_board_new(1, 1);
	kr_board_use(board, 0);
	last = false;
	app.conf.patience = patience;
	kr_ctx_init(&cx, arena, &app);
	cx.req = KR_NEW(&cx, struct kr_req);
	cx.answer = KR_NEW(&cx, struct kr_answer);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_ctx_finish(&cx);
	kr_arena_free(&arena);
	return 0;
}

static bool
admits(enum kr_lane lane, int64_t waited_ms)
{
	struct kr_waited w = { lane, waited_ms * MS, last };

	return kr_shed_admits(&board->shed, &patience, &w);
}

static void
test_lanes(void **state)
{
	static const struct {
		struct kr_route r;
		const char *query;
		enum kr_lane lane;
		const char *pool;
	} cases[] = {
		{ { KR_GET, "/a" }, "", KR_LANE_PAGE, "page" },
		{ { KR_GET, "/a" }, "page=2&q=", KR_LANE_PAGE, "page" },
		{ { KR_GET, "/a" }, "page=2&q=x", KR_LANE_EXTRA, "page" },
		{ { KR_GET, "/a" }, "seq=x", KR_LANE_PAGE, "page" },
		{ { KR_POST, "/a" }, "q=x", KR_LANE_SAVE, "save" },
		{ { KR_PROPFIND, "/a" }, "", KR_LANE_PAGE, "page" },
		{ { KR_GET, "/a", .flags = KR_R_EXTRA }, "", KR_LANE_EXTRA, "page" },
		{ { KR_GET, "/a", .flags = KR_R_WATCH }, "", KR_LANE_MUST, "page" },
		{ { KR_GET, "/a", .flags = KR_R_SLOW }, "q=x", KR_LANE_SLOW, "slow" },
		{ { KR_POST, "/a", .flags = KR_R_SLOW }, "", KR_LANE_SLOW, "slow" },
		{ { KR_POST, "/a", .flags = KR_R_MUST }, "", KR_LANE_MUST, "must" },
		{ { KR_POST, "/a", .flags = KR_R_MUST | KR_R_PUBLIC }, "", KR_LANE_SIGN,
		    "sign" },
	};

	(void)state;
	assert_int_equal(kr_lane_of(NULL, KR_GET, KR_S("q=x")), KR_LANE_PAGE);
	assert_int_equal(kr_lane_of(NULL, KR_POST, KR_S("")), KR_LANE_SAVE);
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		assert_int_equal(
		    kr_lane_of(&cases[i].r, cases[i].r.method, kr_z(cases[i].query)),
		    cases[i].lane);
		assert_string_equal(kr_pool_of(&cases[i].r), cases[i].pool);
	}
}

/* One full queue may wait; then searches go first, pages next, what was typed last. */
static void
test_order(void **state)
{
	(void)state;
	assert_true(admits(KR_LANE_PAGE, 0));
	for (int i = 1; i < 128; i++)
		assert_true(admits(i % 2 ? KR_LANE_PAGE : KR_LANE_EXTRA, 1500));
	assert_false(admits(KR_LANE_PAGE, 1500));
	assert_false(admits(KR_LANE_EXTRA, 30));
	assert_true(admits(KR_LANE_PAGE, 30));
	assert_false(admits(KR_LANE_PAGE, 41));
	assert_true(admits(KR_LANE_SAVE, 4000));
	assert_true(admits(KR_LANE_MUST, 14000));
	assert_int_equal(board->shed.lanes[KR_LANE_PAGE].shed, 2);
	assert_int_equal(board->shed.lanes[KR_LANE_EXTRA].shed, 1);
	assert_int_equal(board->shed.lanes[KR_LANE_SAVE].taken, 1);
	/* Once it was empty the next burst has its queue again. */
	last = true;
	assert_true(admits(KR_LANE_EXTRA, 1900));
	last = false;
	assert_true(admits(KR_LANE_EXTRA, 1500));
	assert_false(admits(KR_LANE_EXTRA, 2001));
	assert_int_equal(board->shed.lanes[KR_LANE_EXTRA].shed, 2);
}

/* Where a page takes 80 ms who reads may wait that long. */
static void
test_slow_machine(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		kr_shed_took(&board->shed, KR_LANE_PAGE, 80 * MS);
		kr_shed_took(&board->shed, KR_LANE_MUST, 9000 * MS);
	}
	board->shed.standing = 1000;
	assert_true(admits(KR_LANE_PAGE, 75));
	assert_false(admits(KR_LANE_PAGE, 85));
	assert_true(admits(KR_LANE_EXTRA, 35));
	assert_false(admits(KR_LANE_EXTRA, 45));
	kr_shed_took(&board->shed, KR_LANE_PAGE, 3600000 * (int64_t)MS);
	assert_false(admits(KR_LANE_PAGE, 120));
}

/* Hand-ins that find nobody before them say nothing about the queue of pages. */
static void
test_pools_apart(void **state)
{
	(void)state;
	for (int i = 0; i < 128; i++)
		assert_true(admits(KR_LANE_PAGE, 10));
	assert_true(admits(KR_LANE_MUST, 0));
	assert_true(admits(KR_LANE_SAVE, 0));
	assert_true(admits(KR_LANE_SIGN, 0));
	assert_false(admits(KR_LANE_PAGE, 50));
}

/* A time as nginx writes it, so many ms ago. */
static void
waits(int64_t ms)
{
	int64_t at = kr_now(&cx).us / 1000 - ms;

	queued =
	    kr_fmt(&cx, "%lld.%03lld", (long long)(at / 1000), (long long)(at % 1000))
		.p;
}

static void
test_time(void **state)
{
	static const struct kr_route page = { KR_GET, "/a" };
	static const char *const none[] = { NULL, "", "x", "1.5", "1.", "-5.000",
		"99999999999999999999.000", "123", "1.-12" };

	(void)state;
	board->shed.standing = 1000;
	waits(45);
	assert_int_equal(kr_admit(&cx, &page), KR_EUPSTREAM);
	assert_int_equal(cx.req->refuse, 503);
	assert_true(cx.req->shed);
	assert_ptr_equal(cx.req->route, &page);
	assert_in_range(cx.answer->retry_after_s, 3, 10);
	kr_ctx_clear(&cx);
	waits(30);
	assert_int_equal(kr_admit(&cx, &page), KR_OK);
	/* Not said, not well said, or the clock was set: nobody is shed by that. */
	for (size_t i = 0; i < KR_LEN(none); i++) {
		queued = none[i];
		assert_int_equal(waited_us(&cx), -1);
		assert_int_equal(kr_admit(&cx, &page), KR_OK);
	}
	waits(-3000);
	assert_int_equal(waited_us(&cx), -1);
	waits(3600 * 1000);
	assert_int_equal(waited_us(&cx), -1);
	/* And nobody takes the queue for empty by that. */
	assert_in_range(board->shed.standing, 1000, 1100);
	/* Nor by finding another pool's queue empty. */
	pool = "slow";
	last = true;
	waits(0);
	assert_int_equal(kr_admit(&cx, &page), KR_OK);
	assert_int_equal(cx.req->lane, KR_LANE_SLOW);
	assert_in_range(board->shed.standing, 1000, 1100);
	pool = "page";
	assert_int_equal(kr_admit(&cx, &page), KR_OK);
	assert_int_equal(board->shed.standing, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lanes),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pools_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
