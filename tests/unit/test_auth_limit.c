/* The arithmetic of the sign-in limiter, and its behaviour over an hour against a table
   kept in memory. */
#include "../lib/base_room.h"

#include "../../core/auth/limit.c"

/* ── a database of one table, so that whole hours can be played through ── */

struct attempt {
	kr_id id;
	uint8_t who[32], net[32];
	bool has_who, has_net, forgiven;
	int64_t at;
};
static struct attempt table[20000];
static size_t nrows;
static kr_id next_id;
struct kr_rows {
	struct seen row;
	bool taken;
};

static bool
matches(const struct attempt *a, const struct kr_stmt *st, const kr_val *v)
{
	const uint8_t *key = (const uint8_t *)v[0].s.p;
	bool by_who = st == &q_who;

	return (by_who ? a->has_who : a->has_net) && a->at > v[1].i &&
	       memcmp(by_who ? a->who : a->net, key, 32) == 0;
}

kr_rows *
kr_query_(kr_ctx *cx, const struct kr_stmt *st, const kr_val *v, size_t n)
{
	struct kr_rows *r = KR_NEW(cx, struct kr_rows);
	struct seen s = { 0, 0, KR_NO_TIME, KR_NO_TIME, KR_NO_TIME };

	assert_int_equal(n, 2);
	for (size_t i = 0; i < nrows; i++) {
		const struct attempt *a = &table[i];

		if (!matches(a, st, v))
			continue;
		s.total++;
		if (s.oldest.us == KR_NO_TIME.us || a->at < s.oldest.us)
			s.oldest.us = a->at;
		if (a->forgiven)
			continue;
		s.open++;
		if (a->at > s.open_last.us)
			s.open_last.us = a->at;
		if (s.open_oldest.us == KR_NO_TIME.us || a->at < s.open_oldest.us)
			s.open_oldest.us = a->at;
	}
	r->row = s;
	return r;
}

bool
kr_next_(kr_rows *r, const struct kr_col *cols, size_t n, void *row_r)
{
	(void)cols;
	(void)n;
	if (r->taken)
		return false;
	r->taken = true;
	memcpy(row_r, &r->row, sizeof r->row);
	return true;
}

static void
forgive_rows(const struct kr_stmt *st, const kr_val *v)
{
	for (size_t i = 0; i < nrows; i++) {
		struct attempt *a = &table[i];

		if (!a->has_who || memcmp(a->who, v[0].s.p, 32) != 0)
			continue;
		if (st == &x_forgive_device
			? !a->has_net
			: a->has_net && memcmp(a->net, v[1].s.p, 32) == 0)
			a->forgiven = true;
	}
}

int64_t
kr_exec_(kr_ctx *cx, const struct kr_stmt *st, const kr_val *v, size_t n)
{
	(void)cx;
	(void)n;
	if (st == &x_note) {
		struct attempt *a = &table[nrows++];

		assert_true(nrows < KR_LEN(table));
		*a = (struct attempt){ .id = ++next_id, .at = v[2].i };
		a->has_who = v[0].t == 'x';
		a->has_net = v[1].t == 'x';
		if (a->has_who)
			memcpy(a->who, v[0].s.p, 32);
		if (a->has_net)
			memcpy(a->net, v[1].s.p, 32);
		return a->id;
	}
	if (st == &x_unnote) {
		for (size_t i = 0; i < nrows; i++)
			if (table[i].id == v[0].i)
				table[i] = table[--nrows];
	} else {
		forgive_rows(st, v);
	}
	return 1;
}

kr_err
kr_commit(kr_ctx *cx)
{
	return kr_status(cx);
}

/* ── playing ── */

struct play {
	struct kr_arena *arena;
	struct kr_ctx cx;
	int64_t now;
};

/* One sign-in at this moment; `right`: what the password check would say. Returns the
   seconds to wait, 0 when it was verified. */
static uint32_t
try_one(struct play *p, const char *account, const char *net, const char *device,
    bool right)
{
	struct kr_limit l = { .has_who = true,
		.has_net = device == NULL,
		.who_cap = KR_LIMIT_ACCOUNT,
		.net_cap = KR_LIMIT_NET };
	uint32_t wait;

	kr_ctx_init(&p->cx, p->arena, NULL);
	p->cx.now.us = p->now;
	kr_limit_key(&p->cx, 'p', kr_z(account), KR_S(""), l.account);
	kr_limit_key(&p->cx, 'n', kr_z(net), KR_S(""), l.net);
	kr_limit_key(
	    &p->cx, device != NULL ? 'd' : 'p', kr_z(account), kr_z(device), l.who);
	wait = kr_limit_try(&p->cx, &l);
	if (wait == 0 && right)
		kr_limit_forgive(&p->cx, &l);
	kr_ctx_finish(&p->cx);
	kr_arena_reset(p->arena);
	return wait;
}

static int
setup(void **state)
{
	static struct play p;

	p.arena = kr_arena_new(1 << 20);
	p.now = INT64_C(1900000000) * 1000000;
	nrows = 0;
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	kr_arena_free(&((struct play *)*state)->arena);
	return 0;
}

/* 10,000 tries in an hour, and for six hours on end: never more than 20 in any hour. */
static void
brute_force(void **state)
{
	struct play *p = *state;
	int verified[6] = { 0 };

	for (int i = 0; i < 60000; i++) {
		verified[i / 10000] +=
		    try_one(p, "mia", i % 2 ? "a" : "b", NULL, false) == 0;
		p->now += 360000;
	}
	for (int h = 0; h < 6; h++) {
		assert_true(verified[h] <= 20);
		assert_true(verified[h] >= 10);
	}
	for (size_t i = 0; i < nrows; i++) {
		int in_hour = 0;

		for (size_t k = 0; k < nrows; k++)
			in_hour += table[k].at >= table[i].at &&
				   table[k].at < table[i].at + HOUR_US;
		assert_true(in_hour <= 20);
	}
}

static void
waits_grow(void **state)
{
	struct play *p = *state;
	uint32_t last = 0;

	for (int i = 0; i < 5; i++)
		assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
	for (int i = 5; i < 15; i++) {
		uint32_t w = try_one(p, "mia", "a", NULL, false);

		assert_true(w >= last && w > 0);
		last = w;
		p->now += w * INT64_C(1000000);
		assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
	}
}

/* The account is exhausted by somebody else; the browser it belongs to still gets in.
 */
static void
known_device(void **state)
{
	struct play *p = *state;

	for (int i = 0; i < 3000; i++) {
		try_one(p, "mia", "evil", NULL, false);
		p->now += 900000;
	}
	assert_true(try_one(p, "mia", "home", NULL, true) > 0);
	assert_int_equal(try_one(p, "mia", "home", "phone", true), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(try_one(p, "mia", "home", "phone", false), 0);
	assert_true(try_one(p, "mia", "home", "phone", false) > 0);
}

static void
spraying(void **state)
{
	struct play *p = *state;
	int verified = 0;

	for (int i = 0; i < 10000; i++) {
		char account[20];

		snprintf(account, sizeof account, "p%d", i);
		verified += try_one(p, account, "a", NULL, false) == 0;
		p->now += 300000;
	}
	assert_int_equal(verified, KR_LIMIT_NET);
}

/* 7:45: 800 pupils behind one address in five minutes, every fourth mistypes once. */
static void
monday_morning(void **state)
{
	struct play *p = *state;

	for (int i = 0; i < 800; i++) {
		char account[20];

		snprintf(account, sizeof account, "p%d", i);
		if (i % 4 == 0)
			assert_int_equal(try_one(p, account, "school", NULL, false), 0);
		p->now += 187500;
		assert_int_equal(try_one(p, account, "school", NULL, true), 0);
		p->now += 187500;
	}
}

/* The same school on a bad day: one in twenty has forgotten the password, and somebody
   rattles through accounts at one try in three seconds. All others get in, at computers
   that nobody knows; the owner of a rattled account does at his own device. */
static void
bad_monday(void **state)
{
	struct play *p = *state;
	int refused = 0;

	for (int i = 0; i < 1200; i++) {
		char account[20];

		snprintf(account, sizeof account, "victim%d", i % 60);
		try_one(p, account, "school", NULL, false);
		snprintf(account, sizeof account, "p%d", i);
		for (int k = 0; i % 20 == 0 && k < 5; k++)
			try_one(p, account, "school", NULL, false);
		if (i % 20 != 0)
			refused += try_one(p, account, "school", NULL, true) != 0;
		p->now += 3000000;
	}
	assert_int_equal(refused, 0);
	assert_int_equal(try_one(p, "victim0", "school", "phone", true), 0);
}

static void
mistyping_is_forgiven(void **state)
{
	struct play *p = *state;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++)
			assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
		assert_int_equal(try_one(p, "mia", "a", NULL, true), 0);
	}
	/* ... but stays in the hour of the account: 12 of 20 are gone. */
	for (int i = 0; i < 8; i++) {
		p->now += 200 * INT64_C(1000000);
		assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
	}
	p->now += 60 * INT64_C(1000000);
	assert_true(try_one(p, "mia", "a", NULL, true) > 600);
}

/* Two processes take the last place at the same moment: not both get it. */
static void
last_place(void **state)
{
	struct play *p = *state;
	struct kr_limit l = { .has_who = true, .who_cap = 20, .net_cap = 100 };

	kr_ctx_init(&p->cx, p->arena, NULL);
	p->cx.now.us = p->now;
	kr_limit_key(&p->cx, 'p', KR_S("mia"), KR_S(""), l.who);
	for (int i = 0; i < 20; i++)
		kr_exec(&p->cx, &x_note, kr_x((kr_str){ (const char *)l.who, 32 }),
		    kr_null(), kr_t((kr_time){ p->now - 1000000 }));
	assert_true(wait_now(&p->cx, &l, 1) == 0);
	kr_exec(&p->cx, &x_note, kr_x((kr_str){ (const char *)l.who, 32 }), kr_null(),
	    kr_t(p->cx.now));
	assert_true(wait_now(&p->cx, &l, 1) > 0);
	kr_ctx_finish(&p->cx);
}

/* Two processes verify: a try that began later may be in the table before this one. */
static void
later_try_noted_first(void **state)
{
	struct play *p = *state;

	for (int i = 0; i < 4; i++) {
		p->now += 1000;
		assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
		p->now -= 1000;
		assert_int_equal(try_one(p, "anna", "a", NULL, true), 0);
		assert_int_equal(try_one(p, "mia", "b", NULL, true), 0);
	}
	p->now += 1000;
	assert_int_equal(try_one(p, "mia", "a", NULL, false), 0);
	p->now -= 1000;
	assert_true(try_one(p, "mia", "b", NULL, true) > 0); /* the fifth wrong one */
}

static void
keys_do_not_collide(void **state)
{
	struct play *p = *state;
	uint8_t a[32], b[32];

	kr_ctx_init(&p->cx, p->arena, NULL);
	kr_limit_key(&p->cx, 'd', KR_S("ab"), KR_S("c"), a);
	kr_limit_key(&p->cx, 'd', KR_S("a"), KR_S("bc"), b);
	assert_memory_not_equal(a, b, 32);
	kr_limit_key(&p->cx, 'p', KR_S("ab"), KR_S("c"), b);
	assert_memory_not_equal(a, b, 32);
	kr_ctx_finish(&p->cx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(brute_force, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_grow, setup, teardown),
		cmocka_unit_test_setup_teardown(known_device, setup, teardown),
		cmocka_unit_test_setup_teardown(spraying, setup, teardown),
		cmocka_unit_test_setup_teardown(monday_morning, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_monday, setup, teardown),
		cmocka_unit_test_setup_teardown(mistyping_is_forgiven, setup, teardown),
		cmocka_unit_test_setup_teardown(last_place, setup, teardown),
		cmocka_unit_test_setup_teardown(later_try_noted_first, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_do_not_collide, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
