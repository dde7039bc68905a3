/* Request lines, hosts, headers, cookies: what is read, and what is refused with which
   status. */
#include "../lib/base_room.h"

#include "../../core/http/host.c"
#include "../../core/http/request.c"

#include "../lib/work.h"

static struct kr_app app;

/* The FastCGI parameters of the request under test. */
static struct {
	const char *name, *value;
} params[16];
static size_t nparams;

kr_str
kr_fcgi_param(const char *name)
{
	for (size_t i = 0; i < nparams; i++) {
		if (strcmp(params[i].name, name) == 0)
			return kr_z(params[i].value);
	}
	return kr_z(NULL);
}

static void
set_param(const char *name, const char *value)
{
	params[nparams].name = name;
	params[nparams++].value = value;
}

static void
get(const char *method, const char *uri, const char *host)
{
	nparams = 0;
	set_param("REQUEST_METHOD", method);
	set_param("REQUEST_URI", uri);
	if (host != NULL)
		set_param("HTTP_HOST", host);
}

static struct kr_req q;

static int
status(void)
{
	kr_ctx_clear(&cx);
	return kr_req_read(&cx, &q) == KR_OK ? 0 : q.refuse;
}

static int
setup(void **state)
{
	(void)state;
	app.conf.demo = true;
	app.conf.scheme = "http";
	app.conf.host = "kreide.localhost";
	app.conf.port = 8080;
	work_begin(&app);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memset(&app, 0, sizeof app);
	kr_ctx_finish(&cx);
	kr_arena_free(&arena);
	return 0;
}

static void
test_paths(void **state)
{
	static const struct {
		const char *uri;
		int status;
		const char *path;
		bool slash;
	} cases[] = {
		{ "/", 0, "/", false },
		{ "/tasks/5?x=1&y=2", 0, "/tasks/5", false },
		{ "/tasks/", 0, "/tasks", true },
		{ "/t%C3%A4t", 0, "/tät", false },
		{ "/ta\xcc\x88t", 0, "/tät", false },       /* NFC */
		{ "/%252e%252e/x", 0, "/%2e%2e/x", false }, /* decoded once */
		{ "/a%20b", 0, "/a b", false },
		{ "//", 404, NULL, false },
		{ "//tasks", 404, NULL, false },
		{ "/a//b", 404, NULL, false },
		{ "/a/", 0, "/a", true },
		{ "/a//", 404, NULL, false },
		{ "/./a", 404, NULL, false },
		{ "/a/..", 404, NULL, false },
		{ "/a/../b", 404, NULL, false },
		{ "/%2e%2e/etc/passwd", 404, NULL, false },
		{ "/..%2fetc", 404, NULL, false },
		{ "/a%2Fb", 404, NULL, false },
		{ "/...", 0, "/...", false },
		{ "/%00", 400, NULL, false },
		{ "/a%0d%0aX: y", 400, NULL, false },
		{ "/%c3", 400, NULL, false },
		{ "/%c0%af", 400, NULL, false },
		{ "/%zz", 400, NULL, false },
		{ "/%", 400, NULL, false },
		{ "/\xff", 400, NULL, false },
		{ "/a#b", 400, NULL, false },
		{ "", 400, NULL, false },
		{ "tasks", 400, NULL, false },
		{ "http://kreide.localhost/", 400, NULL, false },
		{ "*", 400, NULL, false },
		{ "/?a=\x01", 400, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		get("GET", cases[i].uri, "localhost");
		if (status() != cases[i].status)
			fail_msg("%s: %d", cases[i].uri, q.refuse);
		if (cases[i].path == NULL)
			continue;
		assert_str(q.path, cases[i].path);
		assert_int_equal(q.slash, cases[i].slash);
	}
	get("GET", "/tasks/5?x=1&y=2", "localhost");
	assert_int_equal(status(), 0);
	assert_str(q.query, "x=1&y=2");
}

static void
test_long(void **state)
{
	static char uri[6000], cookie[9000], agent[1000];

	(void)state;
	memset(uri, 'a', sizeof uri - 1);
	uri[0] = '/';
	get("GET", uri, "localhost");
	assert_int_equal(status(), 414);
	uri[1] = '?';
	get("GET", uri, "localhost");
	assert_int_equal(status(), 414);
	memset(cookie, 'c', sizeof cookie - 1);
	get("GET", "/", "localhost");
	set_param("HTTP_COOKIE", cookie);
	assert_int_equal(status(), 431);
	for (size_t i = 0; i + 2 < sizeof agent; i += 2)
		memcpy(agent + i, "ä", 2);
	get("GET", "/", "localhost");
	set_param("HTTP_USER_AGENT", agent);
	assert_int_equal(status(), 0);
	assert_true(q.user_agent.n <= 256 && kr_utf8_ok(q.user_agent));
}

static void
test_methods(void **state)
{
	(void)state;
	get("HEAD", "/", "localhost");
	assert_int_equal(status(), 0);
	assert_true(q.head && q.method == KR_GET);
	get("OPTIONS", "*", "localhost");
	assert_int_equal(status(), 0);
	assert_true(q.options);
	get("TRACE", "/", "localhost");
	assert_int_equal(status(), 0);
	assert_true(q.foreign);
	get("get", "/", "localhost");
	assert_int_equal(status(), 501);
	get("FOO", "/", "localhost");
	assert_int_equal(status(), 501);
	get("", "/", "localhost");
	assert_int_equal(status(), 501);
}

static void
test_hosts(void **state)
{
	static const struct {
		const char *host;
		int status;
		bool content;
	} cases[] = {
		{ "localhost", 0, false },
		{ "localhost:8080", 0, false },
		{ "Kreide.LocalHost:1", 0, false },
		{ "content.localhost:8080", 0, true },
		{ "content.kreide.localhost", 0, true },
		{ "schule.example", 421, false },
		{ "127.0.0.1", 421, false },
		{ "[::1]:8080", 421, false },
		{ "localhost.", 421, false },
		{ "localhost:", 421, false },
		{ "localhost:0", 421, false },
		{ "localhost:99999", 421, false },
		{ "localhost:80:80", 421, false },
		{ "localhost:8o", 421, false },
		{ "local host", 421, false },
		{ "kreide.localhost@evil", 421, false },
		{ NULL, 400, false },
		{ "", 400, false },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		get("GET", "/", cases[i].host);
		if (status() != cases[i].status)
			fail_msg("%s: %d", cases[i].host, q.refuse);
		if (cases[i].status == 0)
			assert_int_equal(q.content_host, cases[i].content);
	}
	get("GET", "/", "kreide.localhost:8080");
	set_param("KR_CONTENT", "1");
	assert_int_equal(status(), 421);
}

static void
test_real_school(void **state)
{
	(void)state;
	app.conf.demo = false;
	app.conf.scheme = "https";
	app.conf.port = 443;
	app.conf.host = "schule.example";
	app.conf.content_host = "content.schule.example";
	get("GET", "/", "localhost");
	assert_int_equal(status(), 421);
	get("GET", "/", "schule.example");
	assert_int_equal(status(), 0);
	assert_true(q.https && !q.content_host);
	assert_str(kr_own_origin(&cx), "https://schule.example");
	assert_str(kr_content_origin(&cx), "https://content.schule.example");
	app.conf.content_host = NULL;
	assert_str(kr_content_origin(&cx), "");
	get("GET", "/", "");
	assert_int_equal(status(), 400);
}

static void
test_origins(void **state)
{
	(void)state;
	get("GET", "/", "localhost:8080");
	assert_int_equal(status(), 0);
	assert_str(kr_own_origin(&cx), "http://localhost:8080");
	assert_str(kr_content_origin(&cx), "http://content.localhost:8080");
	get("GET", "/", "content.kreide.localhost:8080");
	assert_int_equal(status(), 0);
	assert_str(kr_own_origin(&cx), "http://kreide.localhost:8080");
	assert_str(kr_content_origin(&cx), "http://content.kreide.localhost:8080");
}

static void
test_lengths_and_controls(void **state)
{
	static const char *const bad[] = { "-1", "x", "1 ", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++) {
		get("POST", "/", "localhost");
		set_param("CONTENT_LENGTH", bad[i]);
		assert_int_equal(status(), 400);
	}
	get("POST", "/", "localhost");
	set_param("CONTENT_LENGTH", "17");
	assert_int_equal(status(), 0);
	assert_int_equal(q.content_length, 17);
	get("GET", "/", "localhost");
	set_param("HTTP_ORIGIN", "http://x\r\nSet-Cookie: a");
	assert_int_equal(status(), 400);
}

static void
test_nets(void **state)
{
	static const struct {
		const char *from, *net;
	} cases[] = { { "192.0.2.77", "192.0.2.0/24" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48" },
		{ "::ffff:192.0.2.77", "192.0.2.0/24" }, { "::1", "::/48" },
		{ "unix:", "" }, { "", "" }, { "1.2.3", "" } };

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_net_of(arena, kr_z(cases[i].from)), cases[i].net);
}

static void
test_cookies(void **state)
{
	struct kr_req r = { .cookie = KR_STR_INIT(
				"a=1; kr=first;kr=second ; b; =x; long=a=b") };

	(void)state;
	assert_str(kr_cookie(&r, "kr"), "first");
	assert_str(kr_cookie(&r, "a"), "1");
	assert_str(kr_cookie(&r, "b"), "");
	assert_str(kr_cookie(&r, "long"), "a=b");
	assert_str(kr_cookie(&r, "k"), "");
	r.cookie = KR_S("");
	assert_str(kr_cookie(&r, "kr"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_lengths_and_controls),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_real_school),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
