/* The start page: what is waiting for this person, in tiles that plugins draw. */
#include "auth/auth.h"
#include "core_templates.h"
#include "html/part.h"
#include "html/text.h"
#include "pages/handlers.h"
#include "pages/pages.h"
#include "pages/tiles.h"

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
	struct kr_tile *tiles = kr_tiles(cx, &n);

	view.a.p = kr_alloc(cx, n + 1, sizeof *view.a.p);
	view.b.p = kr_alloc(cx, n + 1, sizeof *view.b.p);
	view.c.p = kr_alloc(cx, n + 1, sizeof *view.c.p);
	for (size_t i = 0; i < n; i++) {
		kr_html html;

		if (tiles[i].place == '-')
			continue;
		html = kr_render_part(cx, tiles[i].plugin, tiles[i].w->run);
		if (html.safe_.n == 0)
			continue;
		if (tiles[i].place == 'b')
			view.b.p[view.b.n++] = html;
		else if (tiles[i].place == 'c')
			view.c.p[view.c.n++] = html;
		else
			view.a.p[view.a.n++] = html;
	}
	view.tiles = n > 0;
	view.empty = view.a.n + view.b.n + view.c.n == 0;
	return core_start(cx, &view);
}
