/* Controls that offer something: choices, groups, audiences, files. They ask the rooms
   above through <kr/school.h> and school.h. */
#include "html/html.h"

#include "auth/auth.h"
#include "http/input.h"
#include "plugin/registry.h"
#include "school/school.h"
#include <string.h>

static void
option(kr_out *o, kr_str value, kr_str text, bool on)
{
	KR_LIT_(o, "<option");
	kr_attr(o, "value", value);
	kr_put(o, on ? " selected>" : ">");
	kr_txt_s_(o, text);
	KR_LIT_(o, "</option>");
}

static void
begin_select(kr_out *o, const struct kr_control *c)
{
	KR_LIT_(o, "<select class=\"form-select\"");
	kr_control_attrs(o, c);
	KR_LIT_(o, ">");
}

/* An empty entry on top: to be chosen from, or "nothing" where it may stay empty. */
static void
no_choice(kr_out *o, const struct kr_control *c)
{
	bool must = c->f != NULL && (c->f->flags & KR_F_REQ) != 0;

	option(o, KR_S(""), kr_text(o->cx, must ? "core.choose" : "core.choose_none"),
	    c->value.n == 0 || kr_is(c->value, "0"));
}

void
kr_control_select(kr_out *o, const struct kr_control *c)
{
	kr_ctx *cx = o->cx;
	const char *const *p = c->f != NULL ? c->f->choices : NULL;

	begin_select(o, c);
	if (c->value.n == 0 || c->f == NULL || (c->f->flags & KR_F_REQ) == 0)
		no_choice(o, c);
	for (; p != NULL && *p != NULL; p++)
		option(o, kr_z(*p),
		    kr_text(cx, kr_cstr(cx, kr_fmt(cx, "%s_%s", c->label_key, *p))),
		    kr_is(c->value, *p));
	KR_LIT_(o, "</select>");
}

/* ── groups ── */
static kr_str
id_text(kr_ctx *cx, kr_id id)
{
	return kr_fmt(cx, "%lld", (long long)id);
}

/* kr_groups_for_me() gives own groups first. */
static size_t
own_groups(const struct kr_group *g, size_t n)
{
	size_t own = 0;

	while (own < n && g[own].mine)
		own++;
	return own;
}

static void
group_options(kr_out *o, const struct kr_control *c, const char *label,
    const struct kr_group *g, size_t n)
{
	if (n == 0)
		return;
	KR_LIT_(o, "<optgroup");
	kr_attr(o, "label", kr_text(o->cx, label));
	KR_LIT_(o, ">");
	for (size_t i = 0; i < n; i++) {
		kr_str id = id_text(o->cx, g[i].id);

		option(o, id, g[i].name, kr_eq(id, c->value));
	}
	KR_LIT_(o, "</optgroup>");
}

void
kr_control_group(kr_out *o, const struct kr_control *c)
{
	size_t n = 0, own;
	struct kr_group *g = kr_groups_for_me(o->cx, &n);

	own = own_groups(g, n);
	begin_select(o, c);
	no_choice(o, c);
	group_options(o, c, "core.groups_own", g, own);
	group_options(o, c, "core.groups_all", g + own, n - own);
	KR_LIT_(o, "</select>");
}

/* ── audiences: "roles:1", "group:12", "parents:12", as school.h reads them ── */
struct parts {
	struct kr_audience_part *p;
	size_t n;
};

static bool
has_part(kr_ctx *cx, const struct parts *parts, kr_str value)
{
	for (size_t i = 0; i < parts->n; i++)
		if (kr_eq(kr_audience_part_text(cx, &parts->p[i]), value))
			return true;
	return false;
}

struct boxes {
	kr_out *o;
	const struct kr_control *c;
	const struct parts *stored;
	unsigned no; /* drawn so far */
};

static void
box(struct boxes *b, kr_str value, kr_str text)
{
	kr_out *o = b->o;
	const struct kr_control *c = b->c;
	bool on = c->again ? kr_control_typed(o, c, value)
			   : has_part(o->cx, b->stored, value);

	KR_LIT_(o, "<label class=\"k-check\"><input type=\"checkbox\"");
	/* the first box carries the id that the note on top leads to */
	kr_attr(o, "id",
	    b->no == 0 ? c->id : kr_fmt(o->cx, "%.*s-%u", KR_FMT(c->id), b->no));
	b->no++;
	kr_attr(o, "name", kr_z(c->name));
	kr_attr(o, "value", value);
	kr_put(o, on ? " checked><span>" : "><span>");
	kr_txt_s_(o, text);
	KR_LIT_(o, "</span></label>");
}

/* Whole roles, and the parents of a class, are for those who may write to the whole
   school; what comes in is checked again by the room that stores it. */
static bool
reaches_school(const kr_ctx *cx)
{
	return cx->actor->system ||
	       (cx->actor->roles & (KR_ROLE_TEACHER | KR_ROLE_STAFF | KR_ROLE_ADMIN)) !=
		   0;
}

static void
role_boxes(struct boxes *b)
{
	static const struct {
		uint32_t role;
		const char *key;
	} roles[] = { { KR_ROLE_PUPIL, "core.role_pupils" },
		{ KR_ROLE_PARENT, "core.role_parents" },
		{ KR_ROLE_TEACHER, "core.role_teachers" },
		{ KR_ROLE_STAFF, "core.role_staff" } };
	kr_ctx *cx = b->o->cx;

	for (size_t i = 0; i < KR_LEN(roles) && reaches_school(cx); i++) {
		struct kr_audience_part part = { .kind = KR_PART_ROLES,
			.ref = roles[i].role };

		box(b, kr_audience_part_text(cx, &part), kr_text(cx, roles[i].key));
	}
}

static void
group_boxes(struct boxes *b, const struct kr_group *g, size_t n)
{
	kr_ctx *cx = b->o->cx;

	for (size_t i = 0; i < n; i++) {
		struct kr_audience_part part = { .kind = KR_PART_GROUP,
			.ref = g[i].id };

		box(b, kr_audience_part_text(cx, &part), g[i].name);
		if (!kr_is(g[i].kind, "class") || !reaches_school(cx))
			continue;
		part.kind = KR_PART_GROUP_PARENTS;
		box(b, kr_audience_part_text(cx, &part),
		    kr_text_args(cx, "core.parents_of", &g[i].name, 1));
	}
}

/* Own groups in sight, all others folded away unless one of them is chosen. */
void
kr_control_audience(kr_out *o, const struct kr_control *c)
{
	kr_ctx *cx = o->cx;
	struct parts stored = { NULL, 0 };
	size_t n = 0, own, before;
	struct kr_group *g = kr_groups_for_me(cx, &n);
	struct boxes boxes = { o, c, &stored, 0 };

	own = own_groups(g, n);
	if (!c->again && c->raw.t == 'i' && c->raw.i > 0)
		stored.p = kr_audience_parts(cx, c->raw.i, &stored.n);
	KR_LIT_(o, "<div class=\"k-checks\">");
	role_boxes(&boxes);
	group_boxes(&boxes, g, own);
	KR_LIT_(o, "</div>");
	if (n == own)
		return;
	KR_LIT_(o, "<details class=\"k-more-groups\"");
	before = o->buf.n;
	KR_LIT_(o, "><summary>");
	kr_txt_s_(o, kr_text(cx, "core.groups_all"));
	KR_LIT_(o, "</summary><div class=\"k-checks\">");
	group_boxes(&boxes, g + own, n - own);
	KR_LIT_(o, "</div></details>");
	if (memmem(o->buf.p + before, o->buf.n - before, " checked>", 9) != NULL) {
		kr_str tail =
		    kr_dup(cx->arena, (kr_str){ o->buf.p + before, o->buf.n - before });

		o->buf.n = before;
		KR_LIT_(o, " open");
		kr_buf_str(&o->buf, tail);
	}
}

/* ── files ── */
void
kr_file_mark(kr_out *o, kr_str name)
{
	kr_str ext = kr_ext_text(o->cx, name);

	KR_LIT_(o, "<span class=\"k-mark h");
	kr_txt_i_(o, kr_ext_hue(ext));
	KR_LIT_(o, "k s\" aria-hidden=\"true\">");
	if (ext.n > 0)
		kr_txt_s_(o, ext);
	else
		kr_icon_(o, "file");
	KR_LIT_(o, "</span>");
}

/* A file that is stored already, from the try before: it goes along again unless the
   tick is taken away. */
static void
kept(kr_out *o, const struct kr_control *c, const struct kr_value *v)
{
	kr_ctx *cx = o->cx;
	kr_str name = v->text;

	KR_LIT_(o, "<li class=\"k-file\">");
	kr_file_mark(o, name);
	KR_LIT_(o, "<div><b>");
	kr_txt_h_(o, kr_f_breaks_(o, name));
	KR_LIT_(o, "</b><div class=\"k-m\">");
	kr_txt_s_(o, kr_text(cx, "core.file_kept"));
	KR_LIT_(
	    o, "</div></div><label class=\"k-check\"><input type=\"checkbox\" checked");
	kr_attr(o, "name", kr_fmt(cx, "%s.kept", c->name));
	kr_attr(o, "value", kr_fmt(cx, "%lld", (long long)v->i));
	kr_attr(o, "aria-label", kr_text_args(cx, "core.file_keep", &name, 1));
	KR_LIT_(o, "><span aria-hidden=\"true\">");
	kr_txt_s_(o, kr_text(cx, "core.keep"));
	KR_LIT_(o, "</span></label></li>");
}

static size_t
kept_files(kr_out *o, const struct kr_control *c)
{
	const struct kr_input *in = o->cx->in;
	size_t n = 0;

	for (size_t i = 0; c->again && i < in->nvalues; i++)
		if (in->values[i].i > 0 && in->values[i].field->type == 'f' &&
		    kr_is(kr_z(in->values[i].field->name), c->name)) {
			kept(o, c, &in->values[i]);
			n++;
		}
	return n;
}

static kr_str
limit_text(kr_ctx *cx, int32_t files, int64_t bytes)
{
	kr_str size = kr_size_text(cx, bytes);

	return files == 1 ? kr_text_args(cx, "core.file_limit", &size, 1)
			  : kr_text_n(cx, "core.files_limit", files, &size, 1);
}

/* The school's limit for a file, or what the route takes at all if that is less; the
   other fields and what stands around the file have 64 KiB of it. */
static int64_t
most_bytes(const kr_out *o)
{
	const struct kr_route *r = o->form != NULL ? o->form->route : NULL;
	int64_t bytes = o->cx->app != NULL ? o->cx->app->conf.max_file_bytes : 0;
	int64_t body = r != NULL && r->max_body > 0 ? (int64_t)r->max_body - 65536 : 0;

	return body > 0 && body < bytes ? body : bytes;
}

void
kr_control_file(kr_out *o, const struct kr_control *c)
{
	kr_ctx *cx = o->cx;
	int32_t files = c->f != NULL && c->f->max > 0 ? c->f->max : 1;
	int64_t bytes = most_bytes(o);
	size_t before, n;
	struct kr_control plain = *c;
	struct kr_field f = { 0 };

	KR_LIT_(o, "<ul class=\"k-files\" aria-live=\"polite\"");
	kr_attr(o, "id", kr_fmt(cx, "%.*s-list", KR_FMT(c->id)));
	before = o->buf.n;
	KR_LIT_(o, ">");
	n = kept_files(o, c);
	if (n == 0) {
		o->buf.n = before;
		KR_LIT_(o, " hidden>");
	}
	KR_LIT_(o, "</ul><label class=\"k-drop\"><input class=\"visually-hidden\" "
		   "type=\"file\"");
	if (n > 0 && c->f != NULL) { /* what is kept fulfils "required" */
		f = *c->f;
		f.flags &= ~KR_F_REQ;
		plain.f = &f;
	}
	kr_control_attrs(o, &plain);
	if (files > 1)
		KR_LIT_(o, " multiple");
	kr_attr_i(o, "data-max-files", files);
	if (bytes > 0)
		kr_attr_i(o, "data-max-bytes", bytes);
	kr_attr(o, "data-list", kr_fmt(cx, "%.*s-list", KR_FMT(c->id)));
	KR_LIT_(o, ">");
	kr_icon_(o, "cloud-upload");
	KR_LIT_(o, "<span><b>");
	kr_txt_s_(o, kr_text_n(cx, "core.file_choose", files, NULL, 0));
	KR_LIT_(o, "</b> ");
	kr_txt_s_(o, kr_text(cx, "core.file_drop"));
	KR_LIT_(o, "</span><span class=\"k-tiny\">");
	if (bytes > 0)
		kr_txt_s_(o, limit_text(cx, files, bytes));
	KR_LIT_(o, "</span></label>");
}
