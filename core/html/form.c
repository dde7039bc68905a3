/* {% form %}: the token, the nonce, what the route takes; and, when it comes back, what
   was wrong. */
#include "html/html.h"

#include "auth/auth.h"
#include "http/input.h"
#include "plugin/registry.h"
#include <string.h>

/* Which route the address leads to, and what it declares. */
static void
find_route(kr_out *o, kr_str action, struct kr_form *f)
{
	kr_ctx *cx = o->cx;
	const struct kr_route_info *r = NULL;
	kr_str path = action, rest = action;

	if (kr_split(&rest, '?', &path) && cx->app != NULL && cx->app->router != NULL)
		r = kr_app_route(cx->app, KR_POST, path, cx->arena);
	if (r == NULL) {
		kr_log(cx, KR_WARN, "form_without_route", 1,
		    KR_KV({ "plugin", kr_s(kr_z(cx->plugin)) }));
		return;
	}
	f->route = r->route;
	f->in = r->nin > 0 ? r->in : r->route->in;
	f->nin = r->nin > 0 ? r->nin : r->route->nin;
	f->in = kr_fields_limited(cx, f->in, f->nin);
	/* Of several forms of a page only the one that was sent comes back filled. */
	f->again = cx->in != NULL && cx->in->again && cx->req != NULL &&
		   cx->req->route == r->route && kr_eq(cx->req->path, path);
}

static bool
takes(const struct kr_form *f, char type)
{
	for (size_t i = 0; i < f->nin; i++)
		if (f->in[i].type == type)
			return true;
	return false;
}

static void
hidden(kr_out *o, const char *name, kr_str value)
{
	KR_LIT_(o, "<input type=\"hidden\"");
	kr_attr(o, "name", kr_z(name));
	kr_attr(o, "value", value);
	KR_LIT_(o, ">");
}

void
kr_form_begin_(kr_out *o, const char *pattern, const kr_val *v, size_t n)
{
	kr_form_open(o, kr_url_(o, pattern, v, n), "");
}

void
kr_form_open(kr_out *o, kr_str action, const char *attributes)
{
	kr_ctx *cx = o->cx;
	struct kr_form *f = KR_NEW(cx, struct kr_form);
	uint8_t nonce[16];

	KR_CHECK(o->form == NULL);
	find_route(o, action, f);
	f->no = ++o->forms;
	o->form = f;
	KR_LIT_(o, "<form method=\"post\"");
	kr_attr(o, "action", action);
	kr_put(o, attributes);
	if (takes(f, 'f'))
		KR_LIT_(o, " enctype=\"multipart/form-data\" data-progress");
	/* Long texts survive a session that ends; never on a page with a password. */
	if (takes(f, 'm') && !takes(f, 'w') && kr_me(cx) != 0)
		kr_attr(o, "data-draft", action);
	KR_LIT_(o, ">");
	/* The token stands before any file: it is asked before the first byte is taken.
	 */
	kr_random(nonce, sizeof(nonce));
	hidden(o, KR_INPUT_TOKEN, kr_csrf_token(cx));
	hidden(o, KR_INPUT_NONCE,
	    kr_b64url(cx->arena, (kr_str){ (const char *)nonce, sizeof(nonce) }));
	f->begin = o->buf.n;
}

static void
note_line(kr_out *o, const struct kr_fault_line *l)
{
	KR_LIT_(o, "<li><a href=\"#");
	kr_txt_s_(o, l->id);
	KR_LIT_(o, "\">");
	kr_txt_s_(o, l->label);
	KR_LIT_(o, "</a>: ");
	kr_txt_s_(o, l->text);
	KR_LIT_(o, "</li>");
}

/* Was this error said at a field of the form already? */
static bool
said(const struct kr_form *f, kr_str text)
{
	for (size_t i = 0; i < f->nfaults; i++)
		if (kr_eq(f->faults[i].text, text))
			return true;
	return false;
}

/* What is wrong, in one place, on top of the form: links to the fields, and what
   concerns the form as a whole. */
static void
note(kr_out *o, const struct kr_form *f)
{
	kr_ctx *cx = o->cx;

	KR_LIT_(o, "<div class=\"k-note is-due\" role=\"alert\" tabindex=\"-1\">");
	kr_icon_(o, "alert-circle");
	KR_LIT_(o, "<p><strong>");
	kr_txt_s_(o, kr_text_n(cx, "core.form_faults", (int64_t)cx->in->nbad, NULL, 0));
	KR_LIT_(o, "</strong></p><ul>");
	for (size_t i = 0; i < f->nfaults; i++)
		note_line(o, &f->faults[i]);
	for (size_t i = 0; i < cx->in->nbad; i++) {
		const struct kr_bad *b = &cx->in->bad[i];
		kr_str text = kr_text_args(cx, b->i18n, &b->arg, 1);

		if (said(f, text))
			continue;
		KR_LIT_(o, "<li>");
		kr_txt_s_(o, text);
		KR_LIT_(o, "</li>");
	}
	KR_LIT_(o, "</ul></div>");
}

void
kr_form_end_(kr_out *o)
{
	struct kr_form *f = o->form;
	kr_str content;

	KR_CHECK(f != NULL);
	if (f->again && o->cx->in->nbad > 0) {
		content = kr_dup(
		    o->cx->arena, (kr_str){ o->buf.p + f->begin, o->buf.n - f->begin });
		o->buf.n = f->begin;
		note(o, f);
		kr_buf_str(&o->buf, content);
	}
	KR_LIT_(o, "</form>");
	o->form = NULL;
}

void
kr_button_(kr_out *o, const char *style, const char *key, const char *icon)
{
	KR_LIT_(o, "<button class=\"btn");
	if (strcmp(style, "plain") != 0) {
		KR_LIT_(o, " btn-");
		kr_put(o, style);
	}
	KR_LIT_(o, "\">");
	if (icon != NULL)
		kr_icon_(o, icon);
	kr_txt_s_(o, kr_text(o->cx, key));
	KR_LIT_(o, "</button>");
}
