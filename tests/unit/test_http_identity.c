/* Who is not signed in: which language, and where he is sent. */
#include "../lib/base_room.h"

#include "../../core/http/identity.c"
#include "../../core/http/redirect.c"

#include "../lib/work.h"

static struct kr_app app;
static struct kr_req req;
static struct kr_answer answer;
static struct kr_route route;
static kr_id signed_in;

/* ── the rooms around ── */

kr_err
kr_refuse(kr_ctx *c, int status, kr_err err, const char *why)
{
	c->req->refuse = status;
	return kr_fail(c, err, "%s", why);
}

kr_err
kr_session_load(kr_ctx *c, kr_str cookie)
{
	(void)cookie;
	c->actor = KR_NEW(c, struct kr_actor);
	c->actor->person = signed_in;
	if (signed_in != 0)
		c->actor->lang = KR_S("de");
	return KR_OK;
}

kr_str
kr_lang_guess(const kr_ctx *c)
{
	(void)c;
	return KR_S("en");
}

kr_str
kr_cookie(const struct kr_req *q, const char *name)
{
	(void)name;
	return q->cookie;
}

const char *
kr_cookie_name(kr_ctx *c, const char *name)
{
	(void)c;
	return name;
}

bool
kr_answers_machine(const kr_ctx *c)
{
	(void)c;
	return false;
}

void
kr_typed_keep(kr_ctx *c)
{
	(void)c; /* nothing was typed */
}

void
kr_session_over_page(kr_ctx *c, kr_str login)
{
	(void)login;
	kr_fail(c, KR_EFAIL, "not asked here");
}

enum kr_routed
kr_router_find(const struct kr_router *r, struct kr_arena *a, enum kr_method method,
    kr_str path, struct kr_match *match_r)
{
	(void)r;
	(void)a;
	(void)method;
	(void)match_r;
	return kr_is(path, "/news") ? KR_ROUTED : KR_NO_PATH;
}

kr_err
kr_actor_load(kr_ctx *c, kr_id person)
{
	(void)person;
	return kr_fail(c, KR_EFAIL, "not asked here");
}

kr_err
kr_feed_load(kr_ctx *c, kr_str key, const char *pattern)
{
	(void)key;
	(void)pattern;
	return kr_fail(c, KR_EFAIL, "not asked here");
}

struct kr_auth_reply
kr_auth_bearer(kr_ctx *c, kr_str token)
{
	(void)c;
	(void)token;
	return (struct kr_auth_reply){ .verdict = KR_AUTH_DOWN };
}

/* ── */

static int
setup(void **state)
{
	(void)state;
	work_begin(&app);
	memset(&req, 0, sizeof req);
	memset(&answer, 0, sizeof answer);
	req.route = &route;
	cx.req = &req;
	cx.answer = &answer;
	signed_in = 0;
	return 0;
}

static void
test_language(void **state)
{
	(void)state;
	assert_int_equal(kr_identify(&cx), KR_OK);
	assert_str(cx.actor->lang, "en");
	signed_in = 7;
	assert_int_equal(kr_identify(&cx), KR_OK);
	assert_str(cx.actor->lang, "de");
}

/* 1,000 slashes are 3,000 bytes once they are encoded. */
static void
test_long_address(void **state)
{
	static const struct {
		const char *head;
		size_t slashes;
		const char *location;
	} cases[] = {
		{ "/", 0, "/login" },
		{ "/news?q=", 1, "/login?to=%2Fnews%3Fq%3D%2F" },
		{ "/news?q=", 1000, "/login" },
		{ "/news?q=", 3000, "/login" },
	};

	for (size_t i = 0; i < KR_LEN(cases); i++) {
		char text[4000];

		teardown_work(state);
		setup(state);
		snprintf(text, sizeof text, "%s", cases[i].head);
		size_t n = strlen(text);

		memset(text + n, '/', cases[i].slashes);
		req.target = (kr_str){ text, n + cases[i].slashes };
		assert_int_equal(kr_ask_to_sign_in(&cx), KR_OK);
		assert_str(answer.location, cases[i].location);
		assert_int_equal(answer.status, 302);
	}
}

static void
test_form_of_nobody(void **state)
{
	(void)state;
	req.method = KR_POST;
	req.path = KR_S("/news/5/trash");
	assert_int_equal(kr_ask_to_sign_in(&cx), KR_OK);
	assert_str(answer.location, "/login?to=%2Fnews");
	assert_int_equal(answer.status, 303);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown_work)
	const struct CMUnitTest tests[] = { T(test_language), T(test_long_address),
		T(test_form_of_nobody) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
