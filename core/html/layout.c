/* The frame around every page, and the board for sign-in and errors. What it must know
   of the rooms above (who asks, which plugins are open to him) it reads from the
   context. */
#include "html/html.h"

#include "assets.h"
#include "auth/auth.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <string.h>

/* ── navigation, from the menu tables of all plugins ── */
struct nav {
	struct html_item *p;
	size_t n, room;
};

/* Rows are as wide as the plugin was compiled with: newer columns read as zero. */
static struct kr_menu
menu_row(const struct kr_plugin *p, size_t i)
{
	struct kr_menu m = { 0 };
	size_t width = p->size_menu < sizeof(m) ? p->size_menu : sizeof(m);

	memcpy(&m, (const char *)p->menu + i * p->size_menu, width);
	return m;
}

/* A module that the school has not opened for this person is not there. */
static bool
module_open(kr_ctx *cx, const struct kr_loaded *l)
{
	if (l->p == NULL || l->refused != NULL)
		return false;
	if (l == &cx->app->plugins[0] || (l->p->flags & KR_PL_SYSTEM) != 0 ||
	    cx->actor->system)
		return true;
	return l->module_bit != (size_t)-1 && kr_actor_has(cx->actor, l->module_bit);
}

static void
add_item(kr_ctx *cx, struct nav *nav, const struct kr_menu *m)
{
	if (nav->n == nav->room) {
		struct html_item *more;

		nav->room = nav->room * 2 + 16;
		more = kr_alloc(cx, nav->room, sizeof(*more));
		if (nav->n > 0)
			memcpy(more, nav->p, nav->n * sizeof(*more));
		nav->p = more;
	}
	nav->p[nav->n++] = (struct html_item){ .title = kr_text(cx, m->title),
		.href = kr_z(m->href),
		.icon = kr_z(m->icon),
		.order = m->order };
}

static void
collect(kr_ctx *cx, struct nav *nav, struct nav *admin)
{
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_loaded *l = &cx->app->plugins[i];

		if (!module_open(cx, l))
			continue;
		for (size_t k = 0; k < l->p->nmenu; k++) {
			struct kr_menu m = menu_row(l->p, k);

			if (m.perm == NULL || kr_can(cx, m.perm))
				add_item(
				    cx, (m.flags & KR_M_ADMIN) != 0 ? admin : nav, &m);
		}
	}
}

/* Few entries: insertion keeps those of equal order as the plugins gave them. */
static void
sort_items(struct nav *nav)
{
	for (size_t i = 1; i < nav->n; i++) {
		struct html_item x = nav->p[i];
		size_t k = i;

		for (; k > 0 && nav->p[k - 1].order > x.order; k--)
			nav->p[k] = nav->p[k - 1];
		nav->p[k] = x;
	}
}

static bool
leads_here(kr_str href, kr_str path)
{
	return kr_eq(href, path) ||
	       (href.n > 1 && kr_starts(path, href) && path.p[href.n] == '/');
}

/* The entry whose address is the longest beginning of where we are. */
static void
mark_here(kr_ctx *cx, struct nav *nav, struct nav *admin)
{
	struct html_item *best = NULL;
	struct nav *both[] = { nav, admin };

	if (cx->req == NULL)
		return;
	for (size_t b = 0; b < KR_LEN(both); b++)
		for (size_t i = 0; i < both[b]->n; i++) {
			struct html_item *m = &both[b]->p[i];

			if (leads_here(m->href, cx->req->path) &&
			    (best == NULL || m->href.n > best->href.n))
				best = m;
		}
	if (best != NULL)
		best->here = true;
}

/* The start page comes first, whoever else is there. */
static void
add_start(kr_ctx *cx, struct nav *nav)
{
	static const struct kr_menu start = {
		.title = "core.start", .href = "/", .icon = "home", .order = INT16_MIN
	};

	for (size_t i = 0; i < nav->n; i++)
		if (kr_is(nav->p[i].href, "/"))
			return;
	add_item(cx, nav, &start);
}

#define BAR_MOST 5

static void
navigation(kr_ctx *cx, struct html_frame *v)
{
	struct nav nav = { 0 }, admin = { 0 };

	if (cx->app != NULL)
		collect(cx, &nav, &admin);
	add_start(cx, &nav);
	sort_items(&nav);
	sort_items(&admin);
	mark_here(cx, &nav, &admin);
	v->nav.p = nav.p;
	v->nav.n = nav.n;
	v->admin.p = admin.p;
	v->admin.n = admin.n;
	/* The phone's bar holds the first five; who only administrates has those too.
	 */
	v->bar.p = kr_alloc(cx, BAR_MOST, sizeof(*v->bar.p));
	for (size_t i = 0; i < nav.n && v->bar.n < BAR_MOST; i++)
		v->bar.p[v->bar.n++] = nav.p[i];
	for (size_t i = 0; i < admin.n && v->bar.n < BAR_MOST; i++)
		v->bar.p[v->bar.n++] = admin.p[i];
}

/* ── what all pages share ── */
static kr_str
school_name(const kr_ctx *cx)
{
	const char *s = cx->app != NULL ? cx->app->conf.school : NULL;

	return s != NULL && s[0] != '\0' ? kr_z(s) : KR_S("Kreide");
}

static struct html_head
head_of(const kr_out *o)
{
	return (struct html_head){ .title = o->title,
		.school = school_name(o->cx),
		.css = KR_S(KR_ASSET_CSS),
		.js = KR_S(KR_ASSET_JS),
		.font = KR_S(KR_ASSET_FONT),
		.favicon = KR_S(KR_ASSET_FAVICON) };
}

/* What the scripts say is the same for all who are spoken to alike, and a good part of
   each page: put together once. */
static kr_html
words_of(kr_ctx *cx)
{
	static kr_str kept[3];
	struct kr_voice voice = kr_voice_of(cx);
	kr_str *mine = &kept[kr_is(voice.lang, "de") ? voice.du : 2];
	kr_out *part;

	if (mine->p != NULL)
		return (kr_html){ *mine };
	part = kr_out_new(cx, 't', 4096);
	html_words(cx, part, &(struct html_words){ 0 });
	*mine = kr_kept(kr_out_html(part).safe_);
	return (kr_html){ *mine };
}

struct button {
	const char *form; /* attributes of it */
	const char *class, *icon, *key;
};

static kr_html
one_button_form(kr_out *o, kr_str action, const struct button *b)
{
	kr_out *part = kr_out_new(o->cx, 't', 512);

	part->forms = o->forms;
	kr_form_open(part, action, b->form);
	KR_LIT_(part, "<button class=\"");
	kr_put(part, b->class);
	KR_LIT_(part, "\">");
	kr_icon_(part, b->icon);
	kr_txt_s_(part, kr_text(o->cx, b->key));
	KR_LIT_(part, "</button>");
	kr_form_end_(part);
	o->forms = part->forms;
	return kr_out_html(part);
}

static struct html_flash
flash_of(kr_out *o)
{
	static const struct button undo_button = { " class=\"k-acts\"",
		"btn btn-sm btn-quiet", "arrow-back-up", "core.undo" };
	kr_ctx *cx = o->cx;
	struct html_flash f = { 0 };
	kr_str undo = KR_S(""), key = KR_S("");

	if (cx->app != NULL)
		key = kr_flash_take(cx, &undo);
	if (key.n == 0 || !kr_text_exists(cx, kr_cstr(cx, key)))
		return f;
	f.some = true;
	f.text = kr_text(cx, kr_cstr(cx, key));
	if (undo.n > 0 && kr_me(cx) != 0)
		f.undo = one_button_form(o, undo, &undo_button);
	return f;
}

static void
draw_frame(kr_out *o, kr_out *page)
{
	static const struct button sign_out = { " data-sign-out data-plain", "k-mi",
		"logout", "core.sign_out" };
	kr_ctx *cx = o->cx;
	struct html_frame v = { .head = head_of(o),
		.lang = kr_voice_of(cx).lang,
		.school = school_name(cx),
		.words = words_of(cx),
		.body = kr_out_html(o) };

	v.flash = flash_of(o);
	if (cx->actor != NULL && cx->actor->person != 0) {
		v.person = cx->actor->person;
		v.name = cx->actor->name;
		v.theme = cx->actor->theme;
		v.unread = cx->actor->unread;
		v.sign_out = one_button_form(o, KR_S("/logout"), &sign_out);
	}
	if (cx->actor != NULL && cx->actor->session != 0) {
		v.idle_left = (cx->actor->idle_end.us - cx->now.us) / 1000000;
		v.last_left = (cx->actor->last_end.us - cx->now.us) / 1000000;
	}
	if (cx->actor != NULL)
		navigation(cx, &v);
	html_frame(cx, page, &v);
}

/* ── the board ── */
static kr_str
conf_url(const kr_ctx *cx, const char *key)
{
	if (cx->app == NULL || cx->app->conf.conf == NULL)
		return KR_S("");
	return kr_z(kr_conf_get(cx->app->conf.conf, key, ""));
}

/* The same page in the other language; where the sign-in leads to (to=) is kept. */
static kr_str
path_in(kr_ctx *cx, const char *lang)
{
	kr_str rest, part, to = KR_S("");

	if (cx->req == NULL || cx->req->method != KR_GET || kr_me(cx) != 0)
		return KR_S("");
	rest = cx->req->query;
	while (kr_split(&rest, '&', &part))
		if (kr_starts(part, KR_S("to=")))
			to = kr_fmt(cx, "&%.*s", KR_FMT(part));
	return kr_fmt(cx, "%.*s?lang=%s%.*s", KR_FMT(cx->req->path), lang, KR_FMT(to));
}

static void
draw_wall(kr_out *o, kr_out *page)
{
	kr_ctx *cx = o->cx;
	bool de = kr_is(kr_voice_of(cx).lang, "de");
	struct html_wall v = { .head = head_of(o),
		.lang = de ? KR_S("de") : KR_S("en"),
		.school = school_name(cx),
		.other_lang = de ? KR_S("en") : KR_S("de"),
		.other_name = de ? KR_S("English") : KR_S("Deutsch"),
		.imprint = conf_url(cx, "imprint_url"),
		.privacy = conf_url(cx, "privacy_url"),
		.access = conf_url(cx, "accessibility_url"),
		.sheet = o->kind == 'w',
		.words = words_of(cx),
		.body = kr_out_html(o) };

	if (kr_me(cx) != 0) {
		v.person = cx->actor->person;
		v.theme = cx->actor->theme;
	}
	if (v.sheet) {
		kr_lang_remember(cx);
		v.other_href = path_in(cx, de ? "en" : "de");
	}
	v.flash = flash_of(o);
	html_wall(cx, page, &v);
}

void
kr_layout(kr_out *o)
{
	struct kr_answer *a = o->cx->answer;
	kr_out *page = kr_out_new(o->cx, 't', o->buf.n + 8192);

	if (o->kind == 'p')
		draw_frame(o, page);
	else
		draw_wall(o, page);
	a->mime = KR_S("text/html; charset=utf-8");
	a->body = page->buf;
	if (a->status == 0)
		a->status = 200;
}
