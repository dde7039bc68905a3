/* kreide routes: the routes of all plugins, as a table or as the map by which nginx
   picks a pool of workers and a size of body. */
#include "cli/cli.h"

#include "http/input.h"
#include "http/shed.h"
#include <string.h>

#define WHOLE_MAX 200 /* and a method: map_hash_bucket_size in site.conf holds it */
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)

/* The bodies nginx knows: conf/nginx has one location per pool and size. */
static const struct {
	const char *name;
	int64_t bytes;
} sizes[] = { { "64k", 64 * KIB }, { "256k", 256 * KIB }, { "1m", MIB },
	{ "4m", 4 * MIB }, { "17m", 17 * MIB }, { "65m", 65 * MIB },
	{ "257m", 257 * MIB }, { "1025m", 1025 * MIB } };

static const char *
size_of(const struct kr_app *app, const struct kr_route *r)
{
	/* A GET has no body; its fields are in the address. */
	int64_t most = r->method == KR_GET ? 0 : kr_route_max_body(&app->conf, r);

	for (size_t i = 0; i < KR_LEN(sizes); i++)
		if (most <= sizes[i].bytes)
			return sizes[i].name;
	return sizes[KR_LEN(sizes) - 1].name;
}

/* "/tasks/{id}/all.zip" -> "/tasks/[0-9]+/all\.zip" */
static kr_str
regex_of(kr_ctx *cx, const char *path)
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, strlen(path) * 2 + 16);
	for (const char *p = path; *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if (end) {
			bool number = strncmp(p, "{id", 3) == 0;

			kr_buf_str(&b, number ? KR_S("[0-9]+") : KR_S("[^/]+"));
			p = end;
		} else {
			if (strchr(".+*?()[]{}|^$\\", *p) != NULL)
				kr_buf_c(&b, '\\');
			kr_buf_c(&b, *p);
		}
	}
	return kr_buf_view(&b);
}

static size_t
holes(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '{';
	return n;
}

/* Whole addresses are looked up, patterns are tried one after the other: so those of
   what is read, which are few, stand apart. */
static void
nginx_line(struct kr_cli *cli, const struct kr_app *app, const struct kr_route *r)
{
	const char *pool = kr_pool_of(r), *size = size_of(app, r);
	bool read = r->method == KR_GET;
	bool whole = holes(r->path) == 0 && strlen(r->path) <= WHOLE_MAX;
	kr_str path = whole ? kr_z(r->path) : regex_of(cli->said, r->path);

	/* $kr_usual knows these by the method. */
	if ((strcmp(pool, "page") == 0 || strcmp(pool, "save") == 0) &&
	    strcmp(size, "64k") == 0)
		return;
	printf("\t\"%s%s%s%.*s%s\"  %s-%s;\n", whole ? "" : "~^",
	    read ? "" : kr_method_name(r->method), read ? "" : " ", KR_FMT(path),
	    whole ? "" : "$", pool, size);
}

/* The first pattern that fits wins, so what has fewer holes comes first. */
static void
nginx_map(struct kr_cli *cli, const struct kr_app *app, const char *head, bool read)
{
	printf("map %s {\n\tdefault  $kr_usual;\n", head);
	for (size_t n = 0; n < 4; n++)
		for (size_t i = 0; i < app->nroutes; i++) {
			const struct kr_route *r = app->routes[i].route;

			if (holes(r->path) == n && (r->flags & KR_R_CONTENT) == 0 &&
			    (r->method == KR_GET) == read)
				nginx_line(cli, app, r);
		}
	printf("}\n");
}

static int
print_nginx(struct kr_cli *cli, const struct kr_app *app)
{
	printf(
	    "# Made by `kreide routes --nginx` from the manifests; not to be edited.\n"
	    "map $request_method $kr_class {\n\tdefault  $kr_class_sent;\n"
	    "\tGET   $kr_class_read;\n\tHEAD  $kr_class_read;\n}\n");
	nginx_map(cli, app, "$uri $kr_class_read", true);
	nginx_map(cli, app, "\"$request_method $uri\" $kr_class_sent", false);
	return KR_X_OK;
}

/* ── table ── */

static kr_str
who_may(struct kr_cli *cli, const struct kr_route *r)
{
	if ((r->flags & KR_R_PUBLIC) != 0)
		return kr_word(cli, "core.cli.route_public");
	if ((r->flags & KR_R_ANY) != 0)
		return kr_word(cli, "core.cli.route_any");
	return kr_z(r->perm);
}

static int
print_table(struct kr_cli *cli, const struct kr_app *app)
{
	static const char *const header[] = { "core.cli.module", "core.cli.method",
		"core.cli.path", "core.cli.right", "core.cli.pool", "core.cli.size",
		NULL };
	struct kr_table *t = kr_table_new(cli, header);

	for (size_t i = 0; i < app->nroutes; i++) {
		const struct kr_route_info *info = &app->routes[i];
		const struct kr_route *r = info->route;

		kr_table_row(t,
		    (kr_str[]){ kr_z(info->owner->name),
			kr_z(kr_method_name(r->method)), kr_z(r->path), who_may(cli, r),
			kr_z(kr_pool_of(r)), kr_z(size_of(app, r)) });
	}
	kr_table_print(t);
	return KR_X_OK;
}

/* ── JSON: all that decides about a route, for the tests that are made from it ── */

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static json_t *
roles_of(const struct kr_plugin *p, const char *perm)
{
	json_t *list = json_array();

	for (size_t i = 0; perm != NULL && i < p->nperms; i++) {
		const struct kr_perm *row = kr_perm_at(p, i);
		kr_str all = KR_S("pupil,teacher,parent,staff,admin"), word;

		if (strcmp(row->id, perm) != 0)
			continue;
		for (uint32_t role = 1; kr_split(&all, ',', &word); role <<= 1)
			if ((row->roles & role) != 0)
				json_array_append_new(list, kr_json_str(word));
	}
	return list;
}

static json_t *
flags_of(const struct kr_route *r)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = { { KR_R_PUBLIC, "public" }, { KR_R_SLOW, "slow" },
		{ KR_R_MUST, "must" }, { KR_R_GET_WRITE, "get_write" },
		{ KR_R_PROTO, "proto" }, { KR_R_BEARER, "bearer" },
		{ KR_R_FEED, "feed" }, { KR_R_ANY, "any" }, { KR_R_CONTENT, "content" },
		{ KR_R_SETTINGS, "settings" }, { KR_R_EXTRA, "extra" },
		{ KR_R_WATCH, "watch" } };
	json_t *list = json_array();

	for (size_t i = 0; i < KR_LEN(names); i++)
		if ((r->flags & names[i].flag) != 0)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *
fields_of(const struct kr_route_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->nin; i++) {
		const struct kr_field *f = &info->in[i];
		const char *const *c = f->choices;
		json_t *choices = json_array();

		for (; c != NULL && *c != NULL; c++)
			json_array_append_new(choices, json_string(*c));
		json_array_append_new(list,
		    json_pack("{s:s, s:s#, s:i, s:i, s:b, s:o}", "name", f->name,
			"type", &f->type, 1, "min", (int)f->min, "max", (int)f->max,
			"required", (f->flags & KR_F_REQ) != 0, "choices", choices));
	}
	return list;
}

static json_t *
entity_of(const struct kr_entity *e)
{
	if (e == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "name", e->name, "table",
	    e->table, "scope_read", e->scope_read, "scope_write", e->scope_write,
	    "perm_read", e->perm_read, "perm_write", e->perm_write);
}

static json_t *
route_json(const struct kr_app *app, const struct kr_route_info *info)
{
	const struct kr_route *r = info->route;
	const struct kr_plugin *p = info->owner->p;

	return json_pack(
	    "{s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:b, s:o, s:o, s:o, s:b, s:b, s:o, s:o}",
	    "module", info->owner->name, "method", kr_method_name(r->method), "path",
	    r->path, "permission", text_or_null(r->perm), "public",
	    (r->flags & KR_R_PUBLIC) != 0, "pool", kr_pool_of(r), "body",
	    size_of(app, r), "system", (p->flags & KR_PL_SYSTEM) != 0, "roles",
	    roles_of(p, r->perm), "flags", flags_of(r), "entity", entity_of(r->entity),
	    "guard", r->guard != NULL, "form", r->again != NULL, "fields",
	    fields_of(info), "why", text_or_null(r->why));
}

static int
print_json(const struct kr_app *app)
{
	json_t *all = json_array();

	for (size_t i = 0; i < app->nroutes; i++)
		json_array_append_new(all, route_json(app, &app->routes[i]));
	return kr_print_json(all);
}

int
kr_cmd_routes(struct kr_cli *cli, int argc, char **argv)
{
	bool nginx = false;
	const struct kr_opt opts[] = { { "nginx", 'b', &nginx } };
	struct kr_args a = { .command = "routes", .opts = opts, .nopts = KR_LEN(opts) };
	struct kr_app app;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) ||
	    !kr_load_plugins(cli, &app, &code))
		return code;
	if (nginx)
		return print_nginx(cli, &app);
	return cli->json ? print_json(&app) : print_table(cli, &app);
}
