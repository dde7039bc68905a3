/* What a process knows: configuration, core's manifest, every plugin, all routes. */
#include "plugin/registry.h"

#include "app/entity.h"
#include "app/setting.h"
#include "html/text.h"
#include "plugin/check.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PLUGINS 200u

struct loading {
	struct kr_app *app;
	FILE *report;
	char *why_r;
	size_t why_n;
	bool unmigrated; /* what the database has says nothing yet */
};

static void *
keep(size_t n)
{
	void *p = calloc(1, n == 0 ? 1 : n);

	if (p == NULL)
		kr_panic("no memory for the registry");
	return p;
}

static char *
keep_text(const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		kr_panic("no memory for the registry");
	return p;
}

static bool
load_core(struct loading *l)
{
	struct kr_findings f = { .report = l->report, .plugin = "core" };
	struct kr_plugin core = kr_core_manifest;
	const struct kr_plugin *p;

	/* All statements of this library; KR_PLUGIN does the same for a plugin. */
	core.stmts = __start_kr_stmts;
	core.stmts_end = __stop_kr_stmts;
	p = kr_manifest_adopt(&core, &f);
	if (p != NULL)
		kr_check_manifest(p, &f);
	if (f.n > 0) {
		snprintf(l->why_r, l->why_n, "%s", f.first);
		return false;
	}
	l->app->plugins[0] =
	    (struct kr_loaded){ .p = p, .module_bit = (size_t)-1, .name = "core" };
	l->app->nplugins = 1;
	return true;
}

static int
is_plugin(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && d->d_name[0] != '.' && d->d_name[0] != '_' &&
	       strcmp(d->d_name + n - 3, ".so") == 0;
}

/* A folder that comes with Kreide has migrations and texts of all its plugins in one
   place; elsewhere FOLDER/NAME.so has them in FOLDER/NAME. */
static const char *
data_dir(const char *folder, const char *file, bool own)
{
	char path[PATH_MAX];

	if (own || snprintf(path, sizeof path, "%s/%.*s", folder, (int)strlen(file) - 3,
		       file) >= (int)sizeof path)
		return NULL;
	return keep_text(path);
}

/* The skeleton is for learners: compiled, checked and tested like any other, but served
   only where kreide.conf says load_skeleton = yes. */
static bool
is_left_out(const struct kr_config *c, const char *file)
{
	return strcmp(file, "skeleton.so") == 0 && c->conf != NULL &&
	       strcmp(kr_conf_get(c->conf, "load_skeleton", "no"), "yes") != 0;
}

static void
load_folder(struct loading *l, const char *folder, bool own)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_plugin, alphasort);

	if (n < 0 && !(own && errno == ENOENT)) {
		kr_log_kv(KR_ERROR, "plugin.folder", { "folder", kr_s(kr_z(folder)) },
		    { "why", kr_s(kr_z(strerror(errno))) });
		return;
	}
	for (int i = 0; i < n; i++) {
		struct kr_app *app = l->app;
		const char *file = entries[i]->d_name;
		char path[PATH_MAX];

		if (!(own && is_left_out(&app->conf, file)) &&
		    app->nplugins < MOST_PLUGINS &&
		    snprintf(path, sizeof path, "%s/%s", folder, file) <
			(int)sizeof path)
			kr_plugin_open(path, data_dir(folder, file, own), l->report,
			    &app->plugins[app->nplugins++]);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* Texts of plugins from elsewhere; those that came with Kreide have been read. */
static void
load_texts(const struct kr_app *app)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_loaded *l = &app->plugins[i];

		if (l->p != NULL && l->dir != NULL &&
		    snprintf(path, sizeof path, "%s/locale", l->dir) < (int)sizeof path)
			(void)kr_text_add(path, l->name);
	}
}

static void
load_plugins(struct loading *l)
{
	const struct kr_config *c = &l->app->conf;
	kr_str rest = kr_z(kr_conf_get(c->conf, "plugin_dirs", "")), folder;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/plugins", c->lib);
	load_folder(l, path, true);
	while (kr_split(&rest, ' ', &folder)) {
		folder = kr_trim(folder);
		if (folder.n == 0)
			continue;
		snprintf(path, sizeof path, "%.*s", KR_FMT(folder));
		load_folder(l, path, false);
	}
	kr_check_together(l->app, l->report);
	if (!l->unmigrated) {
		kr_check_stored(l->app, l->report);
		kr_check_together(l->app, l->report);
	}
	load_texts(l->app);
	for (size_t i = 0; i < l->app->nplugins; i++)
		if (l->app->plugins[i].refused != NULL && l->report == NULL)
			kr_log_kv(KR_ERROR, "plugin.refused",
			    { "why", kr_s(kr_z(l->app->plugins[i].refused)) });
}

/* ── routes ── */

static bool
add_route(struct loading *l, const struct kr_loaded *owner, const struct kr_route *r)
{
	struct kr_app *app = l->app;
	struct kr_route_info *info = &app->routes[app->nroutes];

	if (!kr_router_add(app->router, r, app->nroutes)) {
		snprintf(l->why_r, l->why_n, "%s: %s: malformed or taken path [KR-R4]",
		    owner->name, r->path);
		return false;
	}
	*info = (struct kr_route_info){ .route = r,
		.owner = owner,
		.perm_bit = (size_t)-1,
		.in = r->in,
		.nin = r->nin };
	if (r->nin == 0 && r->entity != NULL)
		info->in =
		    kr_entity_fields(r->entity, owner->name, r->method, &info->nin);
	if ((r->flags & KR_R_SETTINGS) != 0)
		info->in = kr_setting_fields(app, &info->nin);
	app->nroutes++;
	return true;
}

static size_t
count_routes(const struct kr_app *app)
{
	size_t n = 0;

	for (size_t i = 0; i < app->nplugins; i++)
		if (app->plugins[i].p != NULL)
			n += app->plugins[i].p->nroutes;
	return n;
}

/* The manifests were checked one by one and together, so nothing here can fail for a
   plugin's sake; if it does, core is wrong. */
static bool
add_routes(struct loading *l)
{
	struct kr_app *app = l->app;

	app->routes = keep(count_routes(app) * sizeof *app->routes);
	app->router = kr_router_new();
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_loaded *owner = &app->plugins[i];
		const struct kr_plugin *p = owner->p;

		for (size_t k = 0; p != NULL && k < p->nroutes; k++)
			if (!add_route(l, owner, &p->routes[k]))
				return false;
		/* Statements of entities are made before fork, once for all workers. */
		for (size_t k = 0; p && p->entities && p->entities[k]; k++)
			(void)kr_entity_sql(p->entities[k], owner->name);
	}
	return true;
}

/* ── keys ── */

/* `kreide migrate` makes them. Before that nothing is served, and random ones stand in
   so that no address can be forged with a key of zeros. */
static bool
read_key(struct loading *l, const char *name, uint8_t key_r[32])
{
	struct kr_arena *a = kr_arena_new(1 << 18);
	char path[PATH_MAX];
	kr_str bytes;
	bool good = true;

	snprintf(path, sizeof path, "%s/secret/%s", l->app->conf.home, name);
	if (kr_read_file(a, path, &bytes)) {
		good = bytes.n == 32;
		if (good)
			memcpy(key_r, bytes.p, 32);
		else
			snprintf(l->why_r, l->why_n, "%s: not a key of 32 bytes", path);
	} else if (errno == ENOENT) {
		kr_random(key_r, 32);
	} else {
		snprintf(l->why_r, l->why_n, "%s: %s", path, strerror(errno));
		good = false;
	}
	kr_arena_free(&a);
	return good;
}

static bool
load_all(struct kr_app *app_r, const char *home, const struct loading *how)
{
	struct kr_app app = {
		0
	}; /* rows point to the arrays, which stay where they are */
	struct loading l = *how;

	l.app = &app;
	if (!kr_config_read(&app.conf, home, l.why_r, l.why_n))
		return false;
	kr_time_zone_init();
	app.plugins = keep(MOST_PLUGINS * sizeof *app.plugins);
	if (!load_core(&l))
		return false;
	load_plugins(&l);
	if (!add_routes(&l) || !read_key(&l, "url.key", app.url_key) ||
	    !read_key(&l, "csrf.key", app.csrf_key))
		return false;
	app.settings = kr_settings_new();
	*app_r = app;
	return true;
}

/* Core's manifest and the plugins beside it, with no instance around: for checks. */
bool
kr_app_load_bare(struct kr_app *app_r, const char *lib, FILE *report)
{
	struct kr_app app = { .conf.lib = lib };
	char why[300] = "", folder[PATH_MAX];
	struct loading l = { &app, report, why, sizeof why, true };

	app.plugins = keep(MOST_PLUGINS * sizeof *app.plugins);
	if (!load_core(&l))
		return false;
	snprintf(folder, sizeof folder, "%s/plugins", lib);
	load_folder(&l, folder, true);
	kr_check_together(&app, report);
	*app_r = app;
	return true;
}

bool
kr_app_load(struct kr_app *app, const char *home, char *why_r, size_t why_n)
{
	return load_all(app, home, &(struct loading){ .why_r = why_r, .why_n = why_n });
}

bool
kr_app_load_report(
    struct kr_app *app, const char *home, FILE *report, char *why_r, size_t why_n)
{
	return load_all(app, home,
	    &(struct loading){ .report = report, .why_r = why_r, .why_n = why_n });
}

bool
kr_app_load_unmigrated(struct kr_app *app, const char *home, char *why_r, size_t why_n)
{
	return load_all(app, home,
	    &(struct loading){ .why_r = why_r, .why_n = why_n, .unmigrated = true });
}

const struct kr_loaded *
kr_app_plugin(const struct kr_app *app, kr_str name)
{
	for (size_t i = 0; i < app->nplugins; i++)
		if (kr_is(name, app->plugins[i].name))
			return &app->plugins[i];
	return NULL;
}

const struct kr_route_info *
kr_app_route(const struct kr_app *app, enum kr_method method, kr_str path,
    struct kr_arena *arena)
{
	struct kr_match m = { 0 };

	if (kr_router_find(app->router, arena, method, path, &m) != KR_ROUTED)
		return NULL;
	return &app->routes[m.no];
}
