/* Arranging the start page: tiles are moved and hidden by buttons, or dragged by
   script; what a person has not moved stands where its module proposes it. */
#include "pages/tiles.h"
#include "auth/auth.h"
#include "core_templates.h"
#include "html/text.h"
#include "http/http.h"
#include "pages/handlers.h"
#include "pages/pages.h"
#include "plugin/registry.h"
#include <stdlib.h>
#include <string.h>

#define TILES_MAX 4000 /* bytes of an arrangement */

KR_STMT(q_mine, "i", "s", "SELECT tiles FROM core_start WHERE person_id = ?");
KR_STMT(x_put, "ist", "",
    "INSERT INTO core_start (person_id, tiles, changed) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE tiles = VALUES(tiles), changed = VALUES(changed)");
KR_STMT(x_reset, "i", "", "DELETE FROM core_start WHERE person_id = ?");

struct mine {
	kr_str tiles;
};
static const struct kr_col mine_cols[] = { KR_COL(struct mine, tiles) };

/* ── as the modules propose it ── */

static int
by_order(const void *a, const void *b)
{
	const struct kr_tile *x = a, *y = b;

	return (x->w->order > y->w->order) - (x->w->order < y->w->order);
}

static bool
shown(const kr_ctx *cx, const struct kr_loaded *l, const struct kr_widget *w)
{
	return (l->module_bit == (size_t)-1 ||
		   kr_actor_has(cx->actor, l->module_bit)) &&
	       (!w->perm || kr_can(cx, w->perm));
}

static char
own_place(const struct kr_widget *w)
{
	return w->column == 'b' || w->column == 'c' ? w->column : 'a';
}

static struct kr_tile *
proposed(kr_ctx *cx, size_t *n_r)
{
	size_t n = 0, max = 0;
	struct kr_tile *list;

	for (size_t i = 0; i < cx->app->nplugins; i++)
		max += cx->app->plugins[i].p ? cx->app->plugins[i].p->nwidgets : 0;
	list = kr_alloc(cx, max + 1, sizeof *list);
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_loaded *l = &cx->app->plugins[i];

		for (size_t k = 0; l->p && k < l->p->nwidgets; k++) {
			const struct kr_widget *w = &l->p->widgets[k];

			if (shown(cx, l, w))
				list[n++] =
				    (struct kr_tile){ w, l->p->name, own_place(w) };
		}
	}
	qsort(list, n, sizeof *list, by_order);
	*n_r = n;
	return list;
}

/* ── as the person wants it ── */

static struct kr_tile *
find(struct kr_tile *list, size_t n, kr_str id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].w != NULL && kr_is(id, list[i].w->id))
			return &list[i];
	return NULL;
}

/* Area by area; within one the order stays. */
static void
gather(kr_ctx *cx, struct kr_tile *list, size_t n)
{
	struct kr_tile *was = kr_alloc(cx, n + 1, sizeof *was);
	size_t done = 0;

	memcpy(was, list, n * sizeof *was);
	for (const char *p = KR_TILE_PLACES; *p; p++)
		for (size_t i = 0; i < n; i++)
			if (was[i].place == *p)
				list[done++] = was[i];
}

/* Names that lead to no tile of this person are passed over, tiles that are not named
   come behind the others of their area. */
static void
arrange(kr_ctx *cx, struct kr_tile *list, size_t n, kr_str text)
{
	struct kr_tile *left = kr_alloc(cx, n + 1, sizeof *left);
	size_t done = 0;
	char place = 'a';
	kr_str word;

	memcpy(left, list, n * sizeof *left);
	while (kr_split(&text, ' ', &word)) {
		struct kr_tile *t = find(left, n, word);

		if (word.n == 1 && strchr(KR_TILE_PLACES, word.p[0]) != NULL)
			place = word.p[0];
		if (t == NULL)
			continue;
		list[done] = *t;
		list[done++].place = place;
		t->w = NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (left[i].w != NULL)
			list[done++] = left[i];
	gather(cx, list, n);
}

struct kr_tile *
kr_tiles(kr_ctx *cx, size_t *n_r)
{
	struct kr_tile *list = proposed(cx, n_r);
	struct mine mine = { KR_S("") };

	(void)kr_one(cx, &q_mine, mine_cols, &mine, kr_i(kr_me(cx)));
	arrange(cx, list, *n_r, mine.tiles);
	return list;
}

/* ── the page ── */

static struct core_tile
row_of(kr_ctx *cx, const struct kr_tile *list, size_t n, size_t i)
{
	kr_str at = kr_in_s(cx, "tile"), by = kr_in_s(cx, "move");
	struct core_tile t = { .id = kr_z(list[i].w->id),
		.title = kr_text(cx, list[i].w->title),
		.up = i > 0 || list[i].place != 'a',
		.down = list[i].place != 'c' || (i + 1 < n && list[i + 1].place == 'c'),
		.number = (int64_t)i + 1 };

	if (!kr_eq(at, t.id))
		return t;
	/* Where somebody has just pressed, the keyboard stays. */
	t.at_up = t.up && (kr_is(by, "up") || (kr_is(by, "down") && !t.down));
	t.at_down = t.down && !t.at_up && (kr_is(by, "down") || kr_is(by, "up"));
	t.at_hide = !t.at_up && !t.at_down;
	return t;
}

kr_err
kr_tiles_page(kr_ctx *cx)
{
	size_t n, visible = 0;
	struct kr_tile *list = kr_tiles(cx, &n);
	struct core_tiles view = { .any = n > 0 };
	struct core_tile *rows = kr_alloc(cx, n + 1, sizeof *rows);

	while (visible < n && list[visible].place != '-')
		visible++;
	for (size_t i = 0; i < n; i++)
		rows[i] = row_of(cx, list, visible, i);
	view.areas.p = kr_alloc(cx, 3, sizeof *view.areas.p);
	view.areas.n = 3;
	for (size_t a = 0, i = 0; a < 3; a++) {
		struct core_tile_area *area = &view.areas.p[a];

		area->place = kr_sub(KR_S(KR_TILE_PLACES), a, 1);
		area->tiles.p = &rows[i];
		for (; i < visible && list[i].place == KR_TILE_PLACES[a]; i++)
			area->tiles.n++;
	}
	for (size_t i = 0; i < visible; i++)
		rows[i].of = (int64_t)visible;
	view.hidden.p = &rows[visible];
	view.hidden.n = n - visible;
	return core_tiles(cx, &view);
}

/* ── deeds ── */

static void
step(struct kr_tile *list, size_t n, struct kr_tile *t, int by)
{
	size_t i = (size_t)(t - list);
	bool edge = by < 0 ? i == 0 : i + 1 == n;
	struct kr_tile *other = edge ? NULL : t + by, was = *t;

	if (t->place == '-')
		return;
	if (other != NULL && other->place == t->place) {
		*t = *other;
		*other = was;
	} else if (t->place != (by < 0 ? 'a' : 'c')) {
		t->place = (char)(t->place + by);
	}
}

static void
move(struct kr_tile *list, size_t n, struct kr_tile *t, kr_str how)
{
	if (kr_is(how, "up"))
		step(list, n, t, -1);
	else if (kr_is(how, "down"))
		step(list, n, t, 1);
	else if (kr_is(how, "hide"))
		t->place = '-';
	else if (kr_is(how, "show"))
		t->place = own_place(t->w);
}

static kr_err
store(kr_ctx *cx, const struct kr_tile *list, size_t n)
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 500);
	for (const char *p = KR_TILE_PLACES; *p; p++) {
		kr_buf_fmt(&b, "%s%c", b.n > 0 ? " " : "", *p);
		for (size_t i = 0; i < n; i++)
			if (list[i].place == *p)
				kr_buf_fmt(&b, " %s", list[i].w->id);
	}
	if (b.n > TILES_MAX)
		return kr_fail(cx, KR_ELIMIT, "too many tiles to keep in order");
	kr_exec(cx, &x_put, kr_i(kr_me(cx)), kr_s(kr_buf_view(&b)), kr_t(cx->now));
	return kr_status(cx);
}

kr_err
kr_tiles_move(kr_ctx *cx)
{
	kr_str how = kr_in_s(cx, "move"), id = kr_in_s(cx, "tile");
	size_t n;
	struct kr_tile *list, *t;

	if (kr_is(how, "reset")) {
		kr_exec(cx, &x_reset, kr_i(kr_me(cx)));
		kr_flash(cx, "core.tiles_reset_done");
		return kr_redirect(cx, "/start");
	}
	list = kr_tiles(cx, &n);
	if (kr_is(how, "drag")) {
		arrange(cx, list, n, kr_in_s(cx, "order"));
		store(cx, list, n);
		return kr_redirect(cx, "/start");
	}
	t = find(list, n, id);
	if (t == NULL)
		return kr_fail(cx, KR_ENOTFOUND, "no such tile");
	move(list, n, t, how);
	store(cx, list, n);
	return kr_redirect_to(
	    cx, kr_fmt(cx, "/start?tile=%.*s&move=%.*s", KR_FMT(id), KR_FMT(how)));
}
