/* {% field %}: label above, control, hint and error below; limits come from what the
   route declares, so that browser and server say the same. */
#include "html/generic.h"
#include "html/html.h"

#include "http/input.h"
#include <string.h>

/* ── what every control has ── */
static void
described_by(kr_out *o, const struct kr_control *c)
{
	if (c->hint.n == 0 && c->fault.n == 0)
		return;
	KR_LIT_(o, " aria-describedby=\"");
	if (c->hint.n > 0) {
		kr_txt_s_(o, c->id);
		KR_LIT_(o, "-h");
	}
	if (c->fault.n > 0) {
		kr_put(o, c->hint.n > 0 ? " " : "");
		kr_txt_s_(o, c->id);
		KR_LIT_(o, "-e");
	}
	KR_LIT_(o, "\"");
}

void
kr_control_attrs(kr_out *o, const struct kr_control *c)
{
	kr_attr(o, "id", c->id);
	kr_attr(o, "name", kr_z(c->name));
	if (c->f != NULL && (c->f->flags & KR_F_REQ) != 0)
		KR_LIT_(o, " required");
	if (c->fault.n > 0)
		KR_LIT_(o, " aria-invalid=\"true\"");
	described_by(o, c);
}

void
kr_control_below(kr_out *o, const struct kr_control *c)
{
	if (c->hint.n > 0) {
		KR_LIT_(o, "<div class=\"form-text\" id=\"");
		kr_txt_s_(o, c->id);
		KR_LIT_(o, "-h\">");
		kr_txt_s_(o, c->hint);
		KR_LIT_(o, "</div>");
	}
	if (c->fault.n > 0) {
		KR_LIT_(o, "<div class=\"k-err\" id=\"");
		kr_txt_s_(o, c->id);
		KR_LIT_(o, "-e\">");
		kr_icon_(o, "alert-circle");
		kr_txt_s_(o, c->fault);
		KR_LIT_(o, "</div>");
	}
}

bool
kr_control_typed(const kr_out *o, const struct kr_control *c, kr_str value)
{
	const struct kr_input *in = o->cx->in;

	for (size_t i = 0; c->again && i < in->nvalues; i++)
		if (kr_is(kr_z(in->values[i].field->name), c->name) &&
		    kr_eq(in->values[i].text, value))
			return true;
	return false;
}

static void
label(kr_out *o, const struct kr_control *c)
{
	KR_LIT_(o, "<label class=\"form-label\"");
	kr_attr(o, "for", c->id);
	KR_LIT_(o, ">");
	kr_txt_s_(o, c->label);
	KR_LIT_(o, "</label>");
}

static void
length_limits(kr_out *o, const struct kr_control *c)
{
	if (c->f == NULL)
		return;
	if (c->f->max > 0)
		kr_attr_i(o, "maxlength", c->f->max);
	if (c->f->min > 1)
		kr_attr_i(o, "minlength", c->f->min);
}

/* ── kinds ── */
/* What browsers and password managers fill in by themselves. */
static void
autofill(kr_out *o, const struct kr_control *c, bool secret)
{
	static const struct {
		const char *name, *as;
	} known[] = { { "account", "username" }, { "username", "username" },
		{ "code", "one-time-code" }, { "password", "current-password" },
		{ "old", "current-password" }, { "email", "email" } };
	const struct kr_form *f = o->form;
	bool choosing = false; /* a form that asks twice is about a new one */

	for (size_t i = 0; secret && f != NULL && i < f->nin; i++)
		choosing = choosing || strcmp(f->in[i].name, "password2") == 0;
	if (choosing && strcmp(c->name, "password") == 0) {
		KR_LIT_(o, " autocomplete=\"new-password\"");
		return;
	}
	for (size_t i = 0; i < KR_LEN(known); i++)
		if (strcmp(c->name, known[i].name) == 0) {
			kr_attr(o, "autocomplete", kr_z(known[i].as));
			if (!secret)
				KR_LIT_(
				    o, " autocapitalize=\"none\" spellcheck=\"false\"");
			return;
		}
	if (secret)
		KR_LIT_(o, " autocomplete=\"new-password\"");
}

static void
input(kr_out *o, const struct kr_control *c, const char *type)
{
	KR_LIT_(o, "<input class=\"form-control\" type=\"");
	kr_put(o, type);
	KR_LIT_(o, "\"");
	kr_control_attrs(o, c);
}

static void
draw_text(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	input(o, c, "text");
	length_limits(o, c);
	autofill(o, c, false);
	kr_attr(o, "value", c->value);
	KR_LIT_(o, ">");
}

static void
draw_person(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	input(o, c, "text");
	KR_LIT_(
	    o, " autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"");
	kr_attr(o, "value", kr_is(c->value, "0") ? KR_S("") : c->value);
	KR_LIT_(o, ">");
}

static void
draw_password(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	KR_LIT_(o, "<div class=\"k-pw\">");
	input(o, c, "password");
	length_limits(o, c);
	autofill(o, c, true);
	KR_LIT_(o, "></div>");
}

static void
draw_area(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	KR_LIT_(o, "<textarea class=\"form-control\" rows=\"6\"");
	kr_control_attrs(o, c);
	length_limits(o, c);
	KR_LIT_(o, ">\n"); /* the browser drops the first line end */
	kr_txt_s_(o, c->value);
	KR_LIT_(o, "</textarea>");
}

static void
draw_date(kr_out *o, const struct kr_control *c)
{
	kr_date d;

	label(o, c);
	input(o, c, "date");
	/* What was typed in German form goes back in the form the picker knows. */
	kr_attr(
	    o, "value", kr_date_parse(c->value, &d) ? kr_date_iso(o->cx, d) : c->value);
	KR_LIT_(o, ">");
}

static void
draw_datetime(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	input(o, c, "datetime-local");
	kr_attr(o, "value", c->value);
	KR_LIT_(o, ">");
}

static void
draw_number(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	KR_LIT_(o, "<input class=\"form-control k-num\" type=\"number\" "
		   "inputmode=\"numeric\"");
	kr_control_attrs(o, c);
	if (c->f != NULL && (c->f->min != 0 || c->f->max != 0)) {
		kr_attr_i(o, "min", c->f->min);
		kr_attr_i(o, "max", c->f->max);
	}
	kr_attr(o, "value", c->value);
	KR_LIT_(o, ">");
}

static void
draw_check(kr_out *o, const struct kr_control *c)
{
	KR_LIT_(o, "<label class=\"k-check\"><input type=\"checkbox\" value=\"1\"");
	kr_control_attrs(o, c);
	if (c->value.n > 0 && !kr_is(c->value, "0"))
		KR_LIT_(o, " checked");
	KR_LIT_(o, "><span>");
	kr_txt_s_(o, c->label);
	KR_LIT_(o, "</span></label>");
}

static void
draw_select(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	kr_control_select(o, c);
}

static void
draw_group(kr_out *o, const struct kr_control *c)
{
	label(o, c);
	kr_control_group(o, c);
}

static const struct kind {
	const char *name;
	void (*draw)(kr_out *, const struct kr_control *);
	bool fieldset; /* many controls under one legend */
} controls[] = {
	{ "text", draw_text, false },
	{ "area", draw_area, false },
	{ "date", draw_date, false },
	{ "datetime", draw_datetime, false },
	{ "number", draw_number, false },
	{ "check", draw_check, false },
	{ "select", draw_select, false },
	{ "password", draw_password, false },
	{ "group", draw_group, false },
	{ "person", draw_person, false },
	{ "file", kr_control_file, true },
	{ "audience", kr_control_audience, true },
};

/* ── one field ── */
static const struct kr_field *
declared(const struct kr_form *f, const char *name)
{
	for (size_t i = 0; f != NULL && i < f->nin; i++)
		if (strcmp(f->in[i].name, name) == 0)
			return &f->in[i];
	return NULL;
}

/* What was typed, when the form comes back; a password never does. */
static kr_str
value_of(kr_out *o, const struct kr_control *c)
{
	const struct kr_input *in = o->cx->in;

	if (!c->again)
		return kr_val_text(o->cx, c->raw);
	if (c->f != NULL && c->f->type == 'w')
		return KR_S("");
	for (size_t i = 0; i < in->nvalues; i++)
		if (kr_is(kr_z(in->values[i].field->name), c->name))
			return in->values[i].text;
	return KR_S("");
}

static kr_str
fault_of(kr_out *o, const struct kr_control *c)
{
	const struct kr_input *in = o->cx->in;

	for (size_t i = 0; c->again && i < in->nbad; i++)
		if (kr_is(in->bad[i].field, c->name))
			return kr_text_args(o->cx, in->bad[i].i18n, &in->bad[i].arg, 1);
	return KR_S("");
}

static void
remember_fault(kr_out *o, const struct kr_control *c)
{
	struct kr_form *f = o->form;
	struct kr_fault_line *more;

	more = kr_alloc(o->cx, f->nfaults + 1, sizeof(*more));
	if (f->nfaults > 0)
		memcpy(more, f->faults, f->nfaults * sizeof(*more));
	more[f->nfaults++] = (struct kr_fault_line){ c->id, c->label, c->fault };
	f->faults = more;
}

static kr_str
text_if_any(kr_ctx *cx, const char *key, const char *tail)
{
	const char *k = kr_cstr(cx, kr_fmt(cx, "%s%s", key, tail));

	return kr_text_exists(cx, k) ? kr_text(cx, k) : KR_S("");
}

static void
draw(kr_out *o, const struct kind *k, const struct kr_control *c)
{
	kr_put(o, k->fieldset ? "<fieldset" : "<div");
	kr_put(o, c->fault.n > 0 ? " class=\"k-field k-bad\"" : " class=\"k-field\"");
	if (k->fieldset)
		described_by(o, c);
	KR_LIT_(o, ">");
	if (k->fieldset) {
		KR_LIT_(o, "<legend class=\"form-label\">");
		kr_txt_s_(o, c->label);
		KR_LIT_(o, "</legend>");
	}
	k->draw(o, c);
	kr_control_below(o, c);
	kr_put(o, k->fieldset ? "</fieldset>" : "</div>");
}

static kr_str
hint_of(kr_ctx *cx, const struct kr_form_line *l)
{
	kr_str hint = text_if_any(cx, l->label, "_hint");

	if (hint.n == 0 || l->more.n == 0)
		return hint.n > 0 ? hint : l->more;
	return kr_fmt(cx, "%.*s %.*s", KR_FMT(hint), KR_FMT(l->more));
}

void
kr_field_(
    kr_out *o, const char *kind, const char *name, const char *label_key, kr_val value)
{
	kr_field_line(
	    o, &(struct kr_form_line){
		   .kind = kind, .name = name, .label = label_key, .value = value });
}

void
kr_field_line(kr_out *o, const struct kr_form_line *l)
{
	struct kr_form *f = o->form;
	struct kr_control c = {
		.name = l->name, .label_key = l->label, .raw = l->value
	};

	c.f = declared(f, l->name);
	c.again = f != NULL && f->again;
	c.value = value_of(o, &c);
	if (strcmp(l->kind, "hidden") == 0) {
		KR_LIT_(o, "<input type=\"hidden\"");
		kr_attr(o, "name", kr_z(l->name));
		kr_attr(o, "value", c.value);
		KR_LIT_(o, ">");
		return;
	}
	c.id = kr_fmt(o->cx, "f%u-%s", f != NULL ? f->no : 0, l->name);
	c.label = kr_text(o->cx, l->label);
	c.hint = hint_of(o->cx, l);
	c.fault = fault_of(o, &c);
	if (c.fault.n > 0)
		remember_fault(o, &c);
	for (size_t i = 0; i < KR_LEN(controls); i++)
		if (strcmp(controls[i].name, l->kind) == 0)
			draw(o, &controls[i], &c);
}
