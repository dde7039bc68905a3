/* Answers: JSON, redirects, headers that nobody can break, notices that nobody can
   forge. */
#include "../lib/base_room.h"

#include "../../core/http/redirect.c"
#include "../../core/http/respond.c"

#include "../../core/http/flash.c"
#include "../../core/http/json.c"

#include "../lib/work.h"

static struct kr_app app;
static struct kr_req req;
static struct kr_answer answer;
static char sent[65536];
static size_t nsent;

bool
kr_fcgi_write(const void *p, size_t n)
{
	assert_true(n < sizeof sent - nsent);
	memcpy(sent + nsent, p, n);
	nsent += n;
	sent[nsent] = 0;
	return true;
}

kr_str
kr_own_origin(kr_ctx *c)
{
	(void)c;
	return KR_S("http://localhost:8080");
}

kr_str
kr_content_origin(kr_ctx *c)
{
	(void)c;
	return KR_S("http://content.localhost:8080");
}

kr_str
kr_cookie(const struct kr_req *r, const char *name)
{
	(void)name;
	return r->cookie;
}

static int
setup(void **state)
{
	(void)state;
	app.conf.scheme = "http";
	work_begin(&app);
	memset(&req, 0, sizeof req);
	kr_answer_init(&answer, arena);
	cx.req = &req;
	cx.answer = &answer;
	nsent = 0;
	sent[0] = 0;
	return 0;
}

static void
test_json(void **state)
{
	kr_json *j = kr_json_new(&cx);

	(void)state;
	kr_json_open(j, NULL, '{');
	kr_json_put(j, "a", kr_i(-5));
	kr_json_put(j, "b", kr_s(KR_S("\"\\\n\t</ü&")));
	kr_json_open(j, "c", '[');
	kr_json_put(j, NULL, kr_b(true));
	kr_json_put(j, NULL, kr_null());
	kr_json_put(j, NULL, kr_f(0.5));
	kr_json_put(j, NULL, kr_d((kr_date){ 0 }));
	kr_json_put(j, NULL, kr_t((kr_time){ 1500000 }));
	kr_json_put(j, NULL, kr_f(1.0 / 0.0));
	kr_json_open(j, NULL, '{');
	kr_json_close(j);
	kr_json_close(j);
	kr_json_put(j, "d", kr_t((kr_time){ -500000 }));
	kr_json_close(j);
	assert_int_equal(kr_json_send(j), KR_OK);
	assert_str(kr_buf_view(&answer.body),
	    "{\"a\":-5,\"b\":\"\\\"\\\\\\n\\u0009\\u003c/ü\\u0026\",\"c\":[true,null,0.5,"
	    "\"1970-01-01\",\"1970-01-01T00:00:01Z\",null,{}],"
	    "\"d\":\"1969-12-31T23:59:59Z\"}");
	assert_str(answer.mime, "application/json; charset=utf-8");
}

static void
test_local_paths(void **state)
{
	static const char *const good[] = { "/", "/a", "/a?b=/c", "/a//b" };
	static const char *const bad[] = { "", "a", "//evil", "/\\evil", "http://x",
		"\\", "/a\r\nb", "/\tevil", "/a\\b", " /" };

	(void)state;
	for (size_t i = 0; i < KR_LEN(good); i++)
		assert_true(kr_local_path(kr_z(good[i])));
	for (size_t i = 0; i < KR_LEN(bad); i++)
		assert_false(kr_local_path(kr_z(bad[i])));
}

static void
test_redirects(void **state)
{
	(void)state;
	kr_redirect(&cx, "/tasks/%lld/%d/%u/%zu?q=%s#%.*s", -7LL, 5, 6u, (size_t)8,
	    "a/b ü?", 3, "x&yz");
	assert_str(answer.location, "/tasks/-7/5/6/8?q=a%2Fb%20%C3%BC%3F#x%26y");
	assert_int_equal(answer.status, 303);
	kr_redirect(&cx, "/100%%");
	assert_str(answer.location, "/100%25");
	kr_redirect_to(&cx, KR_S("//evil.example/"));
	assert_str(answer.location, "/");
	kr_redirect_to(&cx, KR_S("/ü \"x\""));
	assert_str(answer.location, "/%C3%BC%20%22x%22");
	/* a value cannot lead away from our origin: it is encoded before it is looked
	 * at */
	kr_redirect(&cx, "/%s", "/evil.example");
	assert_str(answer.location, "/%2Fevil.example");
	assert_int_equal(kr_redirect(&cx, "%s", "https://evil"), KR_EFAIL);
}

static bool
has(const char *text)
{
	return strstr(sent, text) != NULL;
}

static void
test_headers(void **state)
{
	(void)state;
	answer.status = 200;
	answer.mime = KR_S("text/html; charset=utf-8");
	answer.location = KR_S("/x\r\nSet-Cookie: a=b");
	answer.attachment = true;
	answer.disposition_name = KR_S("Öz\"t\\ürk;.pdf");
	kr_buf_str(&answer.body, KR_S("body"));
	kr_answer_send(&cx);
	assert_true(has("Status: 200 OK\r\n"));
	assert_false(has("Set-Cookie"));
	assert_false(has("Location"));
	assert_true(has("script-src http://localhost:8080/_s/;"));
	assert_true(has("img-src 'self' data: http://content.localhost:8080;"));
	assert_true(has("X-Content-Type-Options: nosniff\r\n"));
	assert_true(has("Cache-Control: no-store\r\n"));
	assert_true(has("attachment; filename=\"_z_t__rk_.pdf\"; "
			"filename*=UTF-8''%C3%96z%22t%5C%C3%BCrk%3B.pdf\r\n"));
	assert_false(has("Strict-Transport-Security"));
	assert_true(has("Content-Length: 4\r\n"));
	assert_true(has("\r\n\r\nbody"));
}

static void
test_head_and_content(void **state)
{
	(void)state;
	app.conf.scheme = "https";
	req.head = true;
	req.content_host = true;
	answer.status = 405;
	answer.allow = KR_S("GET, HEAD, OPTIONS");
	answer.retry_after_s = 7;
	kr_buf_str(&answer.body, KR_S("body"));
	kr_answer_send(&cx);
	assert_true(has("Content-Length: 4\r\n"));
	assert_true(has("\r\n\r\n"));
	assert_false(has("body"));
	assert_true(has("Allow: GET, HEAD, OPTIONS\r\n"));
	assert_true(has("Retry-After: 7\r\n"));
	assert_true(has("sandbox; default-src 'none'"));
	assert_true(has("Strict-Transport-Security: "));
}

static void
test_flash(void **state)
{
	kr_str undo, cookie;

	(void)state;
	kr_flash_undo(&cx, "tasks.trashed", KR_S("/tasks/5/restore"));
	assert_int_equal(answer.nset_cookie, 1);
	cookie = answer.set_cookie[0];
	assert_true(kr_starts(cookie, KR_S("kr-flash=")));
	kr_split(&cookie, '=', &undo);
	kr_split(&cookie, ';', &req.cookie);
	assert_str(kr_flash_take(&cx, &undo), "tasks.trashed");
	assert_str(undo, "/tasks/5/restore");

	/* every changed letter makes it worth nothing */
	char *forged = kr_alloc(&cx, req.cookie.n + 1, 1);

	for (size_t i = 0; i < req.cookie.n; i++) {
		struct kr_req other = { .cookie = { forged, req.cookie.n } };

		memcpy(forged, req.cookie.p, req.cookie.n);
		forged[i] = forged[i] == 'x' ? 'y' : 'x';
		cx.req = &other;
		assert_str(kr_flash_take(&cx, &undo), "");
		assert_str(undo, "");
	}
	cx.req = &req;
	kr_answer_init(&answer, arena);
	kr_flash(&cx, "no key; Path=/");
	kr_flash_undo(&cx, "core.x", KR_S("//evil"));
	assert_int_equal(answer.nset_cookie, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, setup, teardown_work),
		cmocka_unit_test_setup_teardown(test_local_paths, setup, teardown_work),
		cmocka_unit_test_setup_teardown(test_redirects, setup, teardown_work),
		cmocka_unit_test_setup_teardown(test_headers, setup, teardown_work),
		cmocka_unit_test_setup_teardown(
		    test_head_and_content, setup, teardown_work),
		cmocka_unit_test_setup_teardown(test_flash, setup, teardown_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
