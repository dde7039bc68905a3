/* Form, page, saving and waste bin of an entity. */
#include "app/app.h"
#include "app/entity.h"
#include "app_templates.h"
#include "auth/auth.h"
#include "db/db.h"
#include "html/generic.h"
#include "html/text.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <string.h>

/* Paths by convention: /NAME, /NAME/new, /NAME/{id}, /NAME/{id}/edit, /NAME/{id}/trash,
   where NAME is what the list's address begins with. */
static kr_str
base_path(kr_ctx *cx)
{
	kr_str p = cx->req->path;

	for (size_t i = 1; i < p.n; i++)
		if (p.p[i] == '/' &&
		    (kr_is(kr_sub(p, i, 4), "/new") ||
			(i + 1 < p.n && p.p[i + 1] >= '0' && p.p[i + 1] <= '9')))
			return kr_sub(p, 0, i);
	return p;
}

static bool
load(kr_ctx *cx, const struct kr_entity_sql *s, kr_id id, struct kr_entity_row *row_r)
{
	size_t n = strlen(s->one->in);
	kr_val v[16];

	KR_CHECK(n <= KR_LEN(v));
	kr_scope_bind(cx, s->one->in, n - 1, v);
	v[n - 1] = kr_i(id);
	return kr_next_(kr_query_(cx, s->one, v, n), s->cols, s->ncols + 1, row_r);
}

static const char *
kind_of(const struct kr_prop *p)
{
	switch (p->type) {
	case 'm':
		return "area";
	case 'd':
		return "date";
	case 't':
		return "datetime";
	case 'i':
		return "number";
	case 'b':
		return "check";
	case 'c':
		return "select";
	case 'g':
		return "group";
	case 'a':
		return "audience";
	case 'p':
		return "person";
	default:
		return "text";
	}
}

static kr_val
value_of(const struct kr_prop *p, const union kr_slot *v)
{
	if (strchr("smc", p->type))
		return kr_s(v->s);
	if (p->type == 'd')
		return kr_d(v->d);
	if (p->type == 't')
		return kr_t(v->t);
	return kr_i(v->i);
}

static const struct kr_prop *
title_prop(const struct kr_entity *e)
{
	for (size_t i = 0; i < e->nprops; i++)
		if (e->props[i].flags & KR_P_TITLE)
			return &e->props[i];
	return &e->props[0];
}

kr_err
kr_form(kr_ctx *cx, const struct kr_entity *e, kr_id id)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, cx->plugin);
	struct kr_form_line *lines = kr_alloc(cx, e->nprops + 1, sizeof *lines);
	struct kr_entity_row row = { .id = 0 };
	kr_str base = base_path(cx);
	struct kr_form_view view = { .lines = lines,
		.submit = "core.save",
		.object = kr_i(id),
		.nobjects = id ? 1 : 0,
		.back_href = base,
		.back_label = kr_text(cx, e->title) };

	for (size_t i = 0; i < e->nprops; i++)
		if (strchr("dt", e->props[i].type))
			row.v[i] = e->props[i].type == 'd'
				       ? (union kr_slot){ .d = KR_NO_DATE }
				       : (union kr_slot){ .t = KR_NO_TIME };
	if (id && !load(cx, s, id, &row))
		return cx->err ? cx->err
			       : kr_fail(cx, KR_ENOTFOUND, "row not in scope");
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *p = &e->props[i];

		if (!(p->flags & (KR_P_SYSTEM | KR_P_ME)))
			lines[view.nlines++] = (struct kr_form_line){ kind_of(p),
				p->name, p->label, value_of(p, &row.v[i]) };
	}
	if (id)
		lines[view.nlines++] =
		    (struct kr_form_line){ "hidden", "rev", "core.rev", kr_i(row.rev) };
	view.title = kr_text(
	    cx, kr_cstr(cx, kr_fmt(cx, "%s_%s", e->title, id ? "edit" : "new")));
	view.action = kr_cstr(cx, id ? kr_fmt(cx, "%.*s/{}/edit", KR_FMT(base))
				     : kr_fmt(cx, "%.*s/new", KR_FMT(base)));
	if (id && (e->flags & KR_E_TRASH))
		view.trash = kr_cstr(cx, kr_fmt(cx, "%.*s/{}/trash", KR_FMT(base)));
	return kr_form_page(cx, &view);
}

kr_err
kr_show(kr_ctx *cx, const struct kr_entity *e, kr_id id)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, cx->plugin);
	const struct kr_prop *title = title_prop(e);
	struct kr_entity_row row;
	struct app_show view = { .back_href = base_path(cx),
		.back_label = kr_text(cx, e->title) };
	bool may_write;

	if (!load(cx, s, id, &row))
		return cx->err ? cx->err
			       : kr_fail(cx, KR_ENOTFOUND, "row not in scope");
	may_write = kr_can(cx, e->perm_write) &&
		    kr_entity_guard(cx, e, cx->plugin, true, id) == KR_OK;
	view.facts.p = kr_alloc(cx, e->nprops + 1, sizeof *view.facts.p);
	view.texts.p = kr_alloc(cx, e->nprops, sizeof *view.texts.p);
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *p = &e->props[i];
		kr_str text = kr_prop_text(cx, p, &row.v[i]);

		struct app_fact fact = { kr_text(cx, p->label), text };

		if (p == title)
			view.title = text;
		else if (p->type == 'a' && !may_write)
			continue; /* it may name single people: their affair */
		else if (text.n && p->type == 'm')
			view.texts.p[view.texts.n++] = fact;
		else if (text.n)
			view.facts.p[view.facts.n++] = fact;
	}
	view.facts.p[view.facts.n++] = (struct app_fact){ kr_text(cx, "core.created"),
		kr_text_when(cx, row.created) };
	view.several = view.texts.n > 1;
	if (e->flags & KR_E_ATTACH)
		view.files.p = kr_files(cx, e, id, "", &view.files.n);
	if (may_write)
		view.edit_href =
		    kr_fmt(cx, "%.*s/%lld/edit", KR_FMT(view.back_href), (long long)id);
	return app_show(cx, &view);
}

static kr_val
posted(kr_ctx *cx, const struct kr_prop *p)
{
	if (p->flags & KR_P_ME)
		return kr_i(kr_me(cx));
	if (strchr("smc", p->type))
		return kr_s(kr_in_s(cx, p->name));
	if (p->type == 'd')
		return kr_d(kr_in_d(cx, p->name));
	if (p->type == 't')
		return kr_t(kr_in_t(cx, p->name));
	if (p->type == 'b')
		return kr_i(kr_in_b(cx, p->name));
	if (p->type == 'i')
		return kr_i(kr_in_i(cx, p->name));
	return kr_ref(kr_in_i(cx, p->name));
}

static kr_err
update(kr_ctx *cx, const struct kr_entity_sql *s, kr_id id)
{
	kr_val v[KR_PROPS_MAX + 20];
	size_t n = 0, letters = strlen(s->update->in);

	for (size_t i = 0; i < s->e->nprops; i++)
		if (!(s->e->props[i].flags & (KR_P_SYSTEM | KR_P_ME)))
			v[n++] = posted(cx, &s->e->props[i]);
	v[n++] = kr_t(cx->now);
	n += kr_scope_bind(cx, s->update->in + n, letters - n - 2, v + n);
	v[n++] = kr_i(id);
	v[n++] = kr_i(kr_in_i(cx, "rev"));
	if (kr_exec_(cx, s->update, v, n) == 1 || cx->err)
		return cx->err;
	/* In scope (the route asked), so somebody else has saved it meanwhile. */
	return kr_fail(cx, KR_ECONFLICT, "row was changed meanwhile");
}

kr_err
kr_save(kr_ctx *cx, const struct kr_entity *e, kr_id id, kr_id *id_r)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, cx->plugin);
	bool is_new = id == 0;

	if (cx->err)
		return cx->err;
	if (id) {
		update(cx, s, id);
	} else {
		kr_val v[KR_PROPS_MAX + 2];
		size_t n = 0;

		for (size_t i = 0; i < e->nprops; i++)
			if (!(e->props[i].flags & KR_P_SYSTEM) ||
			    (e->props[i].flags & KR_P_ME))
				v[n++] = posted(cx, &e->props[i]);
		v[n++] = kr_t(cx->now);
		v[n++] = kr_t(cx->now);
		id = kr_exec_(cx, s->insert, v, n);
	}
	kr_audit(cx,
	    kr_cstr(cx, kr_fmt(cx, "%s.%s", e->name, is_new ? "created" : "changed")),
	    id);
	if (id_r)
		*id_r = id;
	kr_flash(cx, "core.saved");
	return kr_redirect_to(
	    cx, kr_fmt(cx, "%.*s/%lld", KR_FMT(base_path(cx)), (long long)id));
}

static kr_err
bin(kr_ctx *cx, const struct kr_entity *e, kr_id id, bool back)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, cx->plugin);
	const struct kr_stmt *st = back ? s->restore : s->trash;
	size_t n = 0, letters = strlen(st->in);
	kr_val v[20];

	KR_CHECK(letters <= KR_LEN(v));
	if (!back)
		v[n++] = kr_t(cx->now);
	n += kr_scope_bind(cx, st->in + n, letters - n - 1, v + n);
	v[n++] = kr_i(id);
	if (!kr_exec_(cx, st, v, n) && !cx->err)
		return kr_fail(cx, KR_ENOTFOUND, "row not in scope");
	kr_audit(cx,
	    kr_cstr(cx, kr_fmt(cx, "%s.%s", e->name, back ? "restored" : "trashed")),
	    id);
	return cx->err;
}

kr_err
kr_trash(kr_ctx *cx, const struct kr_entity *e, kr_id id)
{
	bin(cx, e, id, false);
	kr_flash_undo(cx, "core.trashed",
	    kr_fmt(cx, "%.*s/%lld/restore", KR_FMT(base_path(cx)), (long long)id));
	return kr_redirect_to(cx, base_path(cx));
}

kr_err
kr_restore(kr_ctx *cx, const struct kr_entity *e, kr_id id)
{
	bin(cx, e, id, true);
	kr_flash(cx, "core.restored");
	return kr_redirect_to(
	    cx, kr_fmt(cx, "%.*s/%lld", KR_FMT(base_path(cx)), (long long)id));
}
