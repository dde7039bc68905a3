/* What a process knows after loading: configuration, plugins, routes, rights. Built
   once before fork, constant afterwards (but for the settings cache). */
#ifndef KR_PLUGIN_REGISTRY_H
#define KR_PLUGIN_REGISTRY_H

#include "http/http.h"
#include "http/shed.h"
#include <kr/plugin.h>

struct kr_config {
	const char *home; /* absolute path of the instance */
	const char *lib;  /* where plugins/, locale/, web/ of the build lie */
	const char *host, *content_host, *scheme, *school;
	int port;
	bool demo;
	int page_workers, save_workers, slow_workers, must_workers, sign_workers;
	int64_t max_file_bytes;
	struct kr_patience patience;
	const struct kr_conf *conf; /* everything else */
};

struct kr_loaded { /* one plugin */
	const struct kr_plugin *p;
	size_t module_bit;
	const char *refused; /* reason with rule code; p may be NULL then */
	const char *name;
	const char *dir; /* migrations and locale */
};
struct kr_route_info { /* one per route of all plugins, index = route number */
	const struct kr_route *route;
	const struct kr_loaded *owner;
	size_t perm_bit;           /* (size_t)-1: none needed */
	const struct kr_field *in; /* the route's own, or its entity's */
	size_t nin;
};
struct kr_app {
	struct kr_config conf;
	struct kr_loaded *plugins; /* [0] is core itself */
	size_t nplugins;
	struct kr_route_info *routes;
	size_t nroutes;
	struct kr_router *router;
	struct kr_right {
		const char *name;
		size_t bit;
	} * rights; /* sorted by name */
	size_t nrights;
	uint8_t url_key[32], csrf_key[32]; /* secret/url.key, secret/csrf.key */
	void *settings;                    /* app/settings.c: cache, keyed by epoch */
};

/* Loads core's own manifest and every plugin of lib/plugins (and of the folders named
   in kreide.conf plugin_dirs), refuses the broken ones by name and rule, builds routes.
   False only when core itself cannot be. */
bool kr_app_load(struct kr_app *, const char *home, char *why_r, size_t why_n);
/* The same without asking the database what it has: before it has been migrated. */
bool kr_app_load_unmigrated(
    struct kr_app *, const char *home, char *why_r, size_t why_n);
const struct kr_loaded *kr_app_plugin(const struct kr_app *, kr_str name);
/* The route that a path and method lead to (forms ask it); NULL: none. */
const struct kr_route_info *kr_app_route(
    const struct kr_app *, enum kr_method, kr_str path, struct kr_arena *);
/* Reads etc/kreide.conf only: for commands that need no plugins. */
bool kr_config_read(struct kr_config *, const char *home, char *why_r, size_t why_n);

/* The manifest rules; each finding is "NAME: what: why [KR-R3]". Returns their number.
 */
size_t kr_manifest_check(const struct kr_plugin *, FILE *report);

extern const struct kr_plugin kr_core_manifest; /* pages/plugin.c */

#endif
