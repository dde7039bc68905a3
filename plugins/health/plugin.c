/* Health: how this instance is, for its administration and for machines that watch it.
 */
#include "health.h"
#include "health_templates.h"

static void
count(const struct kr_health *h, int64_t *wrong_r, int64_t *notes_r)
{
	*wrong_r = *notes_r = 0;
	for (size_t i = 0; i < h->vitals.n; i++) {
		*wrong_r += kr_is(h->vitals.p[i].level, "wrong");
		*notes_r += kr_is(h->vitals.p[i].level, "note");
	}
}

static kr_err
page(kr_ctx *cx)
{
	const struct kr_health *h = kr_kernel_health(cx);
	struct health_page view = { .events = h->events,
		.files = h->files,
		.set_aside = h->set_aside,
		.version = h->version };

	count(h, &view.wrong, &view.notes);
	view.vitals.p = h->vitals.p;
	view.vitals.n = h->vitals.n;
	view.pools.p = h->pools.p;
	view.pools.n = h->pools.n;
	view.lanes.p = h->lanes.p;
	view.lanes.n = h->lanes.n;
	view.circuits.p = h->circuits.p;
	view.circuits.n = h->circuits.n;
	return health_page(cx, &view);
}

/* What is wrong stands first in the list, so the tile is its beginning. */
static kr_err
tile(kr_ctx *cx, kr_out *out)
{
	const struct kr_health *h = kr_kernel_vitals(cx);
	struct health_tile view = { .wrong = { 0 } };
	int64_t wrong, notes;

	count(h, &wrong, &notes);
	view.wrong.p = h->vitals.p;
	view.wrong.n = (size_t)wrong;
	return health_tile(cx, out, &view);
}

static const struct kr_perm perms[] = {
	{ "health.read", "health.perm_read", KR_ROLE_ADMIN },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/health", "health.read", page, .flags = KR_R_WATCH },
	{ KR_GET, "/health/metrics", "health.read", kr_kernel_health_metrics,
	    .flags = KR_R_PROTO | KR_R_BEARER | KR_R_WATCH },
};
static const struct kr_menu menu[] = {
	{ "health.title", "/health", "heartbeat", "health.read", 960, KR_M_ADMIN },
};
static const struct kr_widget widgets[] = {
	{ "health.wrong", "health.tile", "health.read", tile, 60, 'a' },
};

KR_PLUGIN(.name = "health", .title = "health.title", .intro = "health.intro",
    .version = "1.0", .rights = KR_RIGHT_KERNEL, .flags = KR_PL_SYSTEM,
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(menu, menu),
    KR_TAB(widgets, widgets));
