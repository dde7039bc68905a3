/* The start page: what is waiting for this person, in tiles that plugins draw. */
#include "auth/auth.h"
#include "core_templates.h"
#include "html/part.h"
#include "html/text.h"
#include "pages/handlers.h"
#include "pages/pages.h"
#include "plugin/registry.h"
#include <stdlib.h>

struct tile {
	const struct kr_widget *w;
	const char *plugin;
};

static int
by_order(const void *a, const void *b)
{
	const struct tile *x = a, *y = b;

	return (x->w->order > y->w->order) - (x->w->order < y->w->order);
}

static bool
shown(const kr_ctx *cx, const struct kr_loaded *l, const struct kr_widget *w)
{
	return (l->module_bit == (size_t)-1 ||
		   kr_actor_has(cx->actor, l->module_bit)) &&
	       (!w->perm || kr_can(cx, w->perm));
}

static struct tile *
tiles_of(kr_ctx *cx, size_t *n_r)
{
	size_t n = 0, max = 0;
	struct tile *list;

	for (size_t i = 0; i < cx->app->nplugins; i++)
		max += cx->app->plugins[i].p ? cx->app->plugins[i].p->nwidgets : 0;
	list = kr_alloc(cx, max + 1, sizeof *list);
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_loaded *l = &cx->app->plugins[i];

		for (size_t k = 0; l->p && k < l->p->nwidgets; k++)
			if (shown(cx, l, &l->p->widgets[k]))
				list[n++] =
				    (struct tile){ &l->p->widgets[k], l->p->name };
	}
	qsort(list, n, sizeof *list, by_order);
	*n_r = n;
	return list;
}

static kr_str
greeting(kr_ctx *cx)
{
	int hour = kr_civil(cx->now).hour;
	kr_str name = cx->actor->du ? cx->actor->given : cx->actor->name;

	return kr_text_args(cx,
	    hour < 11   ? "core.good_morning"
	    : hour < 18 ? "core.good_day"
			: "core.good_evening",
	    &name, 1);
}

kr_err
kr_start(kr_ctx *cx)
{
	struct core_start view = { .greeting = greeting(cx), .today = kr_today(cx) };
	size_t n;
	struct tile *tiles = tiles_of(cx, &n);

	view.a.p = kr_alloc(cx, n + 1, sizeof *view.a.p);
	view.b.p = kr_alloc(cx, n + 1, sizeof *view.b.p);
	view.c.p = kr_alloc(cx, n + 1, sizeof *view.c.p);
	for (size_t i = 0; i < n; i++) {
		kr_html html = kr_render_part(cx, tiles[i].plugin, tiles[i].w->run);

		if (html.safe_.n == 0)
			continue;
		if (tiles[i].w->column == 'b')
			view.b.p[view.b.n++] = html;
		else if (tiles[i].w->column == 'c')
			view.c.p[view.c.n++] = html;
		else
			view.a.p[view.a.n++] = html;
	}
	view.empty = view.a.n + view.b.n + view.c.n == 0;
	return core_start(cx, &view);
}
