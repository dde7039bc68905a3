/* Paths to routes: what matches, what is refused, what a path says about its methods.
 */
#include "../lib/base_room.h"

#include "../../core/http/router.c"

#include "../lib/work.h"

static const struct kr_route routes[] = {
	{ .method = KR_GET, .path = "/" },
	{ .method = KR_GET, .path = "/tasks" },
	{ .method = KR_GET, .path = "/tasks/new" },
	{ .method = KR_POST, .path = "/tasks/new" },
	{ .method = KR_GET, .path = "/tasks/{id}" },
	{ .method = KR_POST, .path = "/tasks/{id}/submit" },
	{ .method = KR_GET, .path = "/tasks/{id}/of/{id2}" },
	{ .method = KR_GET, .path = "/f/{key}" },
	{ .method = KR_GET, .path = "/.well-known/x" },
	{ .method = KR_PROPFIND, .path = "/dav" },
	{ .method = KR_GET, .path = "/a" },
	{ .method = KR_GET, .path = "/zz" },
	{ .method = KR_GET, .path = "/m" },
};

static struct kr_router *
filled(void)
{
	struct kr_router *r = kr_router_new();

	for (size_t i = 0; i < KR_LEN(routes); i++)
		assert_true(kr_router_add(r, &routes[i], i));
	return r;
}

static void
node_free(struct node *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->nkids; i++)
		node_free(n->kids[i]);
	free(n->kids);
	node_free(n->number);
	node_free(n->key);
	free(n);
}

static void
router_free(struct kr_router *r)
{
	for (size_t i = 0; i < r->root.nkids; i++)
		node_free(r->root.kids[i]);
	free(r->root.kids);
	node_free(r->root.number);
	node_free(r->root.key);
	free(r);
}

static void
test_find(void **state)
{
	static const struct {
		enum kr_method method;
		const char *path;
		enum kr_routed want;
		size_t no;
		kr_id id, id2;
	} cases[] = {
		{ KR_GET, "/", KR_ROUTED, 0, 0, 0 },
		{ KR_GET, "/tasks", KR_ROUTED, 1, 0, 0 },
		{ KR_GET, "/tasks/new", KR_ROUTED, 2, 0, 0 },
		{ KR_POST, "/tasks/new", KR_ROUTED, 3, 0, 0 },
		{ KR_GET, "/tasks/17", KR_ROUTED, 4, 17, 0 },
		{ KR_GET, "/tasks/999999999999999999", KR_ROUTED, 4, 999999999999999999,
		    0 },
		{ KR_GET, "/tasks/1000000000000000000", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/0", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/007", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/-1", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/1x", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "//", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "tasks", KR_NO_PATH, 0, 0, 0 },
		{ KR_POST, "/tasks/5/submit", KR_ROUTED, 5, 5, 0 },
		{ KR_GET, "/tasks/5/submit", KR_NO_METHOD, 5, 5, 0 },
		{ KR_GET, "/tasks/5/submit/x", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/tasks/5/of/6", KR_ROUTED, 6, 5, 6 },
		{ KR_GET, "/tasks/5/of", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/f/abcDEF_-1234", KR_ROUTED, 7, 0, 0 },
		{ KR_GET, "/f/short", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/f/abc.efgh.jkl", KR_NO_PATH, 0, 0, 0 },
		{ KR_GET, "/.well-known/x", KR_ROUTED, 8, 0, 0 },
		{ KR_PROPFIND, "/dav", KR_ROUTED, 9, 0, 0 },
		{ KR_DELETE, "/dav", KR_NO_METHOD, 9, 0, 0 },
		{ KR_GET, "/zz", KR_ROUTED, 11, 0, 0 },
		{ KR_GET, "/m", KR_ROUTED, 12, 0, 0 },
		{ KR_GET, "/TASKS", KR_NO_PATH, 0, 0, 0 },
	};
	struct kr_router *r = filled();

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		struct kr_match m = { 0 };
		enum kr_routed got =
		    kr_router_find(r, arena, cases[i].method, kr_z(cases[i].path), &m);

		if (got != cases[i].want)
			fail_msg("%s: %d", cases[i].path, (int)got);
		if (got == KR_NO_PATH)
			continue;
		assert_int_equal(m.no, cases[i].no);
		assert_int_equal(m.id, cases[i].id);
		assert_int_equal(m.id2, cases[i].id2);
	}
	router_free(r);
}

static void
test_allow_and_key(void **state)
{
	struct kr_router *r = filled();
	struct kr_match m;

	(void)state;
	assert_int_equal(
	    kr_router_find(r, arena, KR_PUT, KR_S("/tasks/new"), &m), KR_NO_METHOD);
	assert_str(m.allow, "GET, HEAD, POST, OPTIONS");
	assert_int_equal(
	    kr_router_find(r, arena, KR_GET, KR_S("/f/abcDEF_-1234"), &m), KR_ROUTED);
	assert_str(m.key, "abcDEF_-1234");
	router_free(r);
}

static void
test_bad_patterns(void **state)
{
	static const char *const bad[] = { "", "x", "//", "/a/", "/a//b", "/a/..",
		"/a/{id2}", "/a/{id}/{id}", "/a/{name}", "/a/{key}/{key}", "/a/12",
		"/a/b c", "/a/é", "/1/2/3", "/a/a/a/a/a/a/a/a/a/a/a/a/a" };
	struct kr_router *r = kr_router_new();

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++) {
		struct kr_route *route = calloc(1, sizeof *route);

		route->path = bad[i];
		if (kr_router_add(r, route, 0))
			fail_msg("taken: \"%s\"", bad[i]);
		free(route);
	}
	router_free(r);
}

static void
test_taken(void **state)
{
	static const struct kr_route id = { .path = "/x/{id}" };
	static const struct kr_route key = { .path = "/x/{key}" };
	struct kr_router *r = kr_router_new();

	(void)state;
	assert_true(kr_router_add(r, &id, 0));
	assert_false(kr_router_add(r, &id, 1));
	assert_false(kr_router_add(r, &key, 2));
	router_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_allow_and_key),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_taken),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
