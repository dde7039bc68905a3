/* Tokens of forms: bound to their session, masked, and what the browser says beside. */
#include "../lib/base_room.h"

#include "../../core/auth/csrf.c"

static struct kr_arena *arena;
static struct kr_app app = {
	.conf = { .scheme = "http", .host = "localhost", .port = 8080, .demo = true }
};
static struct kr_ctx cx;
static struct kr_req req;
static struct kr_answer answer;
static struct kr_actor actor;
static const struct kr_route open_route = { .flags = KR_R_PUBLIC };
static const struct kr_route closed_route = { .flags = KR_R_ANY };

/* One request: of this session's secret, or signed out with this cookie. */
static void
request(uint8_t secret, const char *cookie)
{
	kr_ctx_init(&cx, arena, &app);
	memset(&actor, 0, sizeof actor);
	if (secret != 0) {
		actor.person = actor.session = secret;
		memset(actor.csrf, secret, sizeof actor.csrf);
	}
	req = (struct kr_req){ .host = KR_S("localhost"),
		.route = &closed_route,
		.cookie = kr_z(cookie) };
	kr_answer_init(&answer, arena);
	cx.actor = &actor;
	cx.req = &req;
	cx.answer = &answer;
}

static int
setup(void **state)
{
	(void)state;
	arena = kr_arena_new(1 << 20);
	kr_random(app.csrf_key, sizeof app.csrf_key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_arena_free(&arena);
	return 0;
}

static void
bound_to_the_session(void **state)
{
	(void)state;
	request(1, "");

	kr_str token = kr_csrf_token(&cx);

	assert_int_equal(answer.nset_cookie, 0);
	assert_true(kr_csrf_ok(&cx, token));
	request(2, "");
	assert_false(kr_csrf_ok(&cx, token));
	app.csrf_key[0] ^= 1;
	request(1, "");
	assert_false(kr_csrf_ok(&cx, token));
	app.csrf_key[0] ^= 1;
	assert_true(kr_csrf_ok(&cx, token));
}

/* Two tokens of one session have no byte in common that an observer could wait for. */
static void
masked(void **state)
{
	unsigned equal = 0;

	(void)state;
	request(1, "");
	for (int i = 0; i < 50; i++) {
		kr_str a = kr_csrf_token(&cx), b = kr_csrf_token(&cx), x, y;

		assert_false(kr_eq(a, b));
		assert_true(kr_b64url_decode(arena, a, &x));
		assert_true(kr_b64url_decode(arena, b, &y));
		for (size_t k = 0; k < x.n; k++)
			equal += x.p[k] == y.p[k];
		assert_true(kr_csrf_ok(&cx, a) && kr_csrf_ok(&cx, b));
	}
	assert_true(equal < 50); /* 12.5 by chance */
}

static void
bad_tokens(void **state)
{
	static const char *const bad[] = { "", "x", "AAAA", "=", "%%%",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++) {
		request(1, "");
		assert_false(kr_csrf_ok(&cx, kr_z(bad[i])));
		request(0, "krp=AAAAAAAAAAAAAAAAAAAAAA");
		assert_false(kr_csrf_ok(&cx, kr_z(bad[i])));
	}
	request(1, "");

	kr_str good = kr_csrf_token(&cx);

	for (size_t i = 0; i < good.n; i++) {
		kr_str broken = kr_dup(arena, good);
		char *p = (char *)(uintptr_t)broken.p;

		p[i] = p[i] == 'A' ? 'B' : 'A';
		assert_false(kr_csrf_ok(&cx, broken) && i + 1 < good.n);
	}
}

static void
signed_out(void **state)
{
	(void)state;
	request(0, "");

	kr_str token = kr_csrf_token(&cx), again = kr_csrf_token(&cx);
	kr_str set = answer.set_cookie[0], cookie;

	assert_int_equal(answer.nset_cookie, 1); /* once, however many forms */
	assert_true(kr_starts(set, KR_S("krp=")));
	assert_true(memmem(set.p, set.n, "HttpOnly; SameSite=Lax", 22) != NULL);
	kr_split(&set, ';', &cookie);
	cookie = kr_dup(arena, cookie);
	assert_false(kr_csrf_ok(&cx, token)); /* the cookie did not come back */

	request(0, cookie.p);
	assert_true(kr_csrf_ok(&cx, token) && kr_csrf_ok(&cx, again));
	kr_csrf_token(&cx);
	assert_int_equal(answer.nset_cookie, 0);
	request(0, "krp=AAAAAAAAAAAAAAAAAAAAAA");
	assert_false(kr_csrf_ok(&cx, token));
	request(0, "");
	assert_false(kr_csrf_ok(&cx, token));

	/* Signed in meanwhile, in another tab: good for a public form only. */
	request(3, cookie.p);
	assert_false(kr_csrf_ok(&cx, token));
	req.route = &open_route;
	assert_true(kr_csrf_ok(&cx, token));
}

static void
site(void **state)
{
	static const struct {
		const char *site, *origin;
		bool ok;
	} rows[] = {
		{ "", "", true },
		{ "same-origin", "http://localhost:8080", true },
		{ "none", "", true },
		{ "", "http://localhost:8080", true },
		{ "same-site", "http://localhost:8080", false },
		{ "cross-site", "http://localhost:8080", false },
		{ "cross-site", "", false },
		{ "rubbish", "", false },
		{ "same-origin", "null", false },
		{ "", "null", false },
		{ "same-origin", "http://localhost", false },
		{ "same-origin", "https://localhost:8080", false },
		{ "same-origin", "http://content.localhost:8080", false },
		{ "same-origin", "http://evil.example", false },
		{ "", "http://localhost:8080.evil.example", false },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(rows); i++) {
		request(1, "");
		req.fetch_site = kr_z(rows[i].site);
		req.origin = kr_z(rows[i].origin);
		if (kr_csrf_ok(&cx, kr_csrf_token(&cx)) != rows[i].ok)
			fail_msg("%s %s", rows[i].site, rows[i].origin);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bound_to_the_session, setup, teardown),
		cmocka_unit_test_setup_teardown(masked, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(signed_out, setup, teardown),
		cmocka_unit_test_setup_teardown(site, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
