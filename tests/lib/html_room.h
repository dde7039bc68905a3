/* The HTML room in one translation unit, with the rooms around it as small as can be:
   three routes, four groups, one plugin that is open and one that is not. */
#ifndef KR_TEST_HTML_ROOM_H
#define KR_TEST_HTML_ROOM_H

#include "base_room.h"

#include "../../core/html/choice.c"
#include "../../core/html/error.c"
#include "../../core/html/field.c"
#include "../../core/html/filters.c"
#include "../../core/html/form.c"
#include "../../core/html/generic.c"
#include "../../core/html/layout.c"
#include "../../core/html/lines.c"
#include "../../core/html/out.c"
#include "../../core/html/part.c"
#include "../../core/html/text.c"
#undef KEY
#include "../../core/html/when.c"

static struct kr_arena *arena;
static struct kr_ctx cx;
static struct kr_app app;
static struct kr_req req;
static struct kr_input in;
static struct kr_actor actor;
static struct kr_answer answer;

/* ── http ── */
void
kr_answer_init(struct kr_answer *a, struct kr_arena *ar)
{
	memset(a, 0, sizeof(*a));
	kr_buf_init(&a->body, ar, 1024);
}

kr_str
kr_cookie(const struct kr_req *r, const char *name)
{
	kr_str rest = r->cookie, part, key;

	while (kr_split(&rest, ';', &part)) {
		part = kr_trim(part);
		if (kr_split(&part, '=', &key) && kr_is(key, name))
			return part;
	}
	return KR_S("");
}

static const char *flash_key = "", *flash_undo = "";

kr_str
kr_flash_take(kr_ctx *c, kr_str *undo_r)
{
	(void)c;
	*undo_r = kr_z(flash_undo);
	return kr_z(flash_key);
}

kr_id
kr_me(const kr_ctx *c)
{
	return c->actor == NULL ? 0 : c->actor->person;
}

bool
kr_can(const kr_ctx *c, const char *perm)
{
	(void)c;
	return strcmp(perm, "closed.read") != 0;
}

/* ── auth ── */
bool
kr_actor_has(const struct kr_actor *a, size_t bit)
{
	return (a->rights[bit / 8] >> (bit % 8) & 1) != 0;
}

kr_str
kr_csrf_token(kr_ctx *c)
{
	(void)c;
	return KR_S("TOKEN");
}

/* The school has set nothing. */
const struct kr_field *
kr_fields_limited(kr_ctx *c, const struct kr_field *f, size_t n)
{
	(void)c;
	(void)n;
	return f;
}

/* ── school ── */
struct kr_group *
kr_groups_for_me(kr_ctx *c, size_t *n_r)
{
	static struct kr_group groups[] = {
		{ 7, KR_STR_INIT("7b"), KR_STR_INIT("class"), 31, true },
		{ 9, KR_STR_INIT("Chor & Band"), KR_STR_INIT("club"), 12, true },
		{ 5, KR_STR_INIT("5a"), KR_STR_INIT("class"), 28, false },
		{ 6, KR_STR_INIT("6c"), KR_STR_INIT("class"), 29, false },
	};
	static struct kr_group copy[4];

	memcpy(copy, groups, sizeof(copy));
	*n_r = (c->actor->roles & KR_ROLE_TEACHER) != 0 ? 4 : 2;
	return copy;
}

kr_str
kr_audience_part_text(kr_ctx *c, const struct kr_audience_part *p)
{
	return kr_fmt(c, "%s:%lld",
	    p->kind == KR_PART_ROLES   ? "roles"
	    : p->kind == KR_PART_GROUP ? "group"
				       : "parents",
	    (long long)p->ref);
}

struct kr_audience_part *
kr_audience_parts(kr_ctx *c, kr_id audience, size_t *n_r)
{
	struct kr_audience_part *p = kr_alloc(c, 1, sizeof(*p));

	*p = (struct kr_audience_part){ .kind = KR_PART_GROUP, .ref = audience };
	*n_r = 1;
	return p;
}

/* ── plugins and routes ── */
static const char *const kinds_of_task[] = { "text", "file", NULL };
static const struct kr_field task_fields[] = {
	{ "title", 's', 2, 120, KR_F_REQ, NULL },
	{ "body", 'm', 0, 20000, 0, NULL },
	{ "due", 'd', 0, 0, KR_F_REQ, NULL },
	{ "at", 't', 0, 0, 0, NULL },
	{ "points", 'i', 0, 15, 0, NULL },
	{ "late", 'b', 0, 0, 0, NULL },
	{ "kind", 'c', 0, 0, KR_F_REQ, kinds_of_task },
	{ "group", 'g', 0, 0, KR_F_REQ, NULL },
	{ "who", 'a', 0, 0, KR_F_REQ, NULL },
	{ "person", 'p', 0, 0, 0, NULL },
	{ "work", 'f', 0, 10, KR_F_REQ, NULL },
};
static const struct kr_field login_fields[] = {
	{ "account", 's', 0, 60, KR_F_REQ, NULL },
	{ "password", 'w', 0, 256, KR_F_REQ, NULL },
};
static const struct kr_route routes[] = {
	{ .method = KR_POST, .path = "/tasks/{id}/edit", KR_IN(task_fields) },
	{ .method = KR_POST, .path = "/login", KR_IN(login_fields) },
	{ .method = KR_POST, .path = "/logout" },
	{ .method = KR_POST, .path = "/tasks/{id}/restore" },
};
static const struct kr_route_info route_infos[] = {
	{ .route = &routes[0], .in = task_fields, .nin = KR_LEN(task_fields) },
	{ .route = &routes[1], .in = login_fields, .nin = KR_LEN(login_fields) },
	{ .route = &routes[2] },
	{ .route = &routes[3] },
};

const struct kr_route_info *
kr_app_route(const struct kr_app *a, enum kr_method m, kr_str path, struct kr_arena *ar)
{
	(void)a;
	(void)m;
	(void)ar;
	if (kr_is(path, "/login"))
		return &route_infos[1];
	if (kr_is(path, "/logout"))
		return &route_infos[2];
	if (kr_starts(path, KR_S("/tasks/")))
		return &route_infos[path.p[path.n - 1] == 't' ? 0 : 3];
	return NULL;
}

static const struct kr_menu core_menu[] = { { "core.start", "/", "home", NULL, 0, 0 } };
static const struct kr_menu open_menu[] = {
	{ "core.files", "/tasks", "checklist", "tasks.read", 100, 0 },
	{ "core.my_profile", "/tasks/all", "list", "tasks.read", 110, 0 },
	{ "core.search", "/secret", "lock", "closed.read", 120, 0 },
};
static const struct kr_menu closed_menu[] = { { "core.new", "/news", "news", NULL, 90,
    0 } };
static const struct kr_menu admin_menu[] = { { "core.role_staff", "/people", "users",
    NULL, 910, KR_M_ADMIN } };
static const struct kr_plugin plugins[] = {
	{ .name = "core", KR_TAB(menu, core_menu) },
	{ .name = "tasks", KR_TAB(menu, open_menu) },
	{ .name = "news", KR_TAB(menu, closed_menu) },
	{ .name = "people", .flags = KR_PL_SYSTEM, KR_TAB(menu, admin_menu) },
};
static struct kr_loaded loaded[] = {
	{ .p = &plugins[0], .name = "core" },
	{ .p = &plugins[1], .name = "tasks", .module_bit = 3 },
	{ .p = &plugins[2], .name = "news", .module_bit = 4 },
	{ .p = &plugins[3], .name = "people", .module_bit = 5 },
	{ .name = "broken", .refused = "KR-R3" },
};

/* Tuesday, 24 November 2026, 9:00 in Berlin. */
#define NOW ((kr_time){ INT64_C(1795507200) * 1000000 })

static int
html_setup(void **state)
{
	const char *build = getenv("KREIDE_BUILD");
	char path[512];

	(void)state;
	kr_time_zone_init();
	arena = kr_arena_new(8 << 20);
	snprintf(path, sizeof(path), "%s/locale", build != NULL ? build : "build");
	assert_true(kr_text_setup(path) > 0);
	return 0;
}

static int
html_teardown(void **state)
{
	(void)state;
	kr_arena_free(&arena);
	return 0;
}

/* A fresh context before each test: Mia, pupil, German, du; nothing typed. */
static int
html_begin(void **state)
{
	(void)state;
	kr_arena_reset(arena);
	memset(&in, 0, sizeof(in));
	memset(&req, 0, sizeof(req));
	actor = (struct kr_actor){ .person = 17,
		.roles = KR_ROLE_PUPIL,
		.name = KR_STR_INIT("Mia Öztürk-Lindqvist"),
		.lang = KR_STR_INIT("de"),
		.du = true,
		.unread = 2 };
	actor.rights[0] = 1 << 3;
	app = (struct kr_app){ .plugins = loaded,
		.nplugins = KR_LEN(loaded),
		.conf = {
		    .school = "Gesamtschule Lindenhof", .max_file_bytes = 100 << 20 } };
	app.router = (struct kr_router *)&app; /* never looked into */
	kr_ctx_init(&cx, arena, &app);
	kr_answer_init(&answer, arena);
	req.path = KR_S("/tasks/5");
	cx.now = NOW;
	cx.actor = &actor;
	cx.req = &req;
	cx.in = &in;
	cx.answer = &answer;
	cx.plugin = "tasks";
	memcpy(cx.request_id, "7f4m2q00aa11bb22", 17);
	flash_key = flash_undo = "";
	return 0;
}

static int
html_end(void **state)
{
	(void)state;
	kr_ctx_finish(&cx);
	return 0;
}

__attribute__((unused)) static bool
has(kr_str s, const char *part)
{
	if (memmem(s.p, s.n, part, strlen(part)) != NULL)
		return true;
	print_message("not found: %s\nin: %.*s\n", part, KR_FMT(s));
	return false;
}

__attribute__((unused)) static bool
lacks(kr_str s, const char *part)
{
	return memmem(s.p, s.n, part, strlen(part)) == NULL;
}

#endif
