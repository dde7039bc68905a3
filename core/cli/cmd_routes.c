/* kreide routes: the routes of all plugins, as a table or as the map by which nginx picks a
   pool of workers and a size of body. */
#include "cli/cli.h"

#include "http/input.h"
#include <string.h>

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)

/* The bodies nginx knows: conf/nginx has one location per pool and size. */
static const struct {
	const char *name;
	int64_t bytes;
} sizes[] = { { "64k", 64 * KIB }, { "256k", 256 * KIB }, { "1m", MIB }, { "4m", 4 * MIB },
	{ "17m", 17 * MIB }, { "65m", 65 * MIB }, { "257m", 257 * MIB },
	{ "1025m", 1025 * MIB } };

static const char *const methods[] = { [KR_GET] = "GET",
	[KR_POST] = "POST",
	[KR_PUT] = "PUT",
	[KR_DELETE] = "DELETE",
	[KR_PROPFIND] = "PROPFIND",
	[KR_REPORT] = "REPORT" };

static const char *
pool_of(const struct kr_route *r)
{
	if ((r->flags & KR_R_MUST) != 0)
		return "must";
	return (r->flags & KR_R_SLOW) != 0 ? "slow" : "page";
}

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
			bool number = strncmp(p, "{id", 3) == 0, tail = end[-1] == '*';

			kr_buf_str(&b, number ? KR_S("[0-9]+")
				       : tail ? KR_S(".*")
					      : KR_S("[^/]+"));
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

static void
nginx_line(struct kr_cli *cli, const struct kr_app *app, const struct kr_route *r)
{
	const char *pool = pool_of(r), *size = size_of(app, r);
	kr_str regex = regex_of(cli->said, r->path);

	if (strcmp(pool, "page") == 0 && strcmp(size, "64k") == 0)
		return;
	printf("\t\"~^%s %.*s$\"  %s-%s;\n",
	    r->method == KR_GET ? "(GET|HEAD)" : methods[r->method], KR_FMT(regex), pool,
	    size);
}

static int
print_nginx(struct kr_cli *cli, const struct kr_app *app)
{
	printf("# Made by `kreide routes --nginx` from the manifests; not to be edited.\n"
	       "map \"$request_method $uri\" $kr_class {\n\tdefault  page-64k;\n");
	/* The first line that fits wins, so what has fewer holes comes first. */
	for (size_t n = 0; n < 4; n++)
		for (size_t i = 0; i < app->nroutes; i++) {
			const struct kr_route *r = app->routes[i].route;

			if (holes(r->path) == n && (r->flags & KR_R_CONTENT) == 0)
				nginx_line(cli, app, r);
		}
	printf("}\n");
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
		"core.cli.path", "core.cli.right", "core.cli.pool", "core.cli.size", NULL };
	struct kr_table *t = kr_table_new(cli, header);
	json_t *all = json_array();

	for (size_t i = 0; i < app->nroutes; i++) {
		const struct kr_route_info *info = &app->routes[i];
		const struct kr_route *r = info->route;
		json_t *j = json_object();

		kr_table_row(t,
		    (kr_str[]){ kr_z(info->owner->name), kr_z(methods[r->method]),
			kr_z(r->path), who_may(cli, r), kr_z(pool_of(r)),
			kr_z(size_of(app, r)) });
		json_object_set_new(j, "module", json_string(info->owner->name));
		json_object_set_new(j, "method", json_string(methods[r->method]));
		json_object_set_new(j, "path", json_string(r->path));
		json_object_set_new(j, "permission",
		    r->perm ? json_string(r->perm) : json_null());
		json_object_set_new(j, "public", json_boolean(r->flags & KR_R_PUBLIC));
		json_object_set_new(j, "pool", json_string(pool_of(r)));
		json_object_set_new(j, "body", json_string(size_of(app, r)));
		json_array_append_new(all, j);
	}
	if (cli->json)
		return kr_print_json(all);
	json_decref(all);
	kr_table_print(t);
	return KR_X_OK;
}

int
kr_cmd_routes(struct kr_cli *cli, int argc, char **argv)
{
	bool nginx = false;
	const struct kr_opt opts[] = { { "nginx", 'b', &nginx } };
	struct kr_args a = { .command = "routes", .opts = opts, .nopts = KR_LEN(opts) };
	struct kr_app app;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) || !kr_load_plugins(cli, &app, &code))
		return code;
	return nginx ? print_nginx(cli, &app) : print_table(cli, &app);
}
