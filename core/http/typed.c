/* What somebody had typed into a form that is not taken: the page that says why shows
   it, so that no text is lost because a session was over, a module closed or the
   database away. */
#include "http/input.h"

#include "http/errors.h"
#include "http/params.h"
#include "plugin/registry.h"

#include <string.h>

#define SHORTEST 20u                  /* bytes; less is typed again at once */
#define MOST ((size_t)256 * 1024)     /* bytes of all texts together */
#define READ_MOST ((int64_t)32 << 20) /* of a body, with the files in it */

struct reading {
	kr_ctx *cx;
	struct kr_buf text;
	bool skip;
};

static void
add(kr_ctx *cx, kr_str text)
{
	struct kr_typed *typed = cx->req->typed;

	text = kr_trim(kr_param_text(cx->arena, text));
	if (text.n < SHORTEST || typed->n == KR_LEN(typed->texts) ||
	    text.n > MOST - typed->bytes)
		return;
	typed->texts[typed->n++] = text;
	typed->bytes += text.n;
}

/* Core's hidden fields are no text, and a password is never shown. */
static bool
is_shown(kr_ctx *cx, kr_str name)
{
	const struct kr_req *q = cx->req;
	const struct kr_route_info *info;

	if (kr_is(name, KR_INPUT_TOKEN) || kr_is(name, KR_INPUT_NONCE))
		return false;
	if (q->route == NULL)
		return true;
	info = &cx->app->routes[q->route_no];
	for (size_t i = 0; i < info->nin; i++)
		if (kr_is(name, info->in[i].name) && info->in[i].type == 'w')
			return false;
	return true;
}

/* ── the body was taken: what of it was declared ── */

static void
from_input(kr_ctx *cx)
{
	for (size_t i = 0; cx->in != NULL && i < cx->in->nvalues; i++) {
		const struct kr_value *v = &cx->in->values[i];

		if (v->field->type == 's' || v->field->type == 'm')
			add(cx, v->text);
	}
}

/* ── nobody has looked at the body yet, or ever will ── */

static void
from_params(kr_ctx *cx)
{
	struct kr_buf b;
	char piece[8192];
	size_t got;
	kr_str rest, name, value;

	kr_buf_init(&b, cx->arena, 4096);
	while ((got = kr_fcgi_read(piece, sizeof piece)) > 0 && b.n < 3 * MOST)
		kr_buf_add(&b, piece, got);
	rest = kr_buf_view(&b);
	while (kr_param_next(cx->arena, &rest, &name, &value) == KR_PARAM_ONE)
		if (is_shown(cx, name))
			add(cx, value);
}

static size_t
read_part(void *arg, void *p, size_t n)
{
	(void)arg;
	return kr_fcgi_read(p, n);
}

static bool
part_begins(void *arg, kr_str name, kr_str file_name, kr_str type, bool is_file)
{
	struct reading *r = arg;

	(void)file_name;
	(void)type;
	r->skip = is_file || !is_shown(r->cx, name);
	r->text.n = 0;
	return true;
}

static bool
part_bytes(void *arg, const char *p, size_t n)
{
	struct reading *r = arg;

	r->skip |= r->text.n + n > MOST;
	if (!r->skip)
		kr_buf_add(&r->text, p, n);
	return true;
}

static bool
part_ends(void *arg)
{
	struct reading *r = arg;

	if (!r->skip && kr_utf8_ok(kr_buf_view(&r->text)))
		add(r->cx, kr_buf_view(&r->text));
	return true;
}

static void
from_body(kr_ctx *cx)
{
	static const struct kr_multipart_ops ops = { read_part, part_begins, part_bytes,
		part_ends };
	struct reading r = { .cx = cx };
	kr_str boundary, kind = kr_body_kind(cx, &boundary);

	if (cx->req->content_length > READ_MOST)
		return;
	if (kr_is(kind, "application/x-www-form-urlencoded")) {
		from_params(cx);
	} else if (kr_is(kind, "multipart/form-data")) {
		kr_buf_init(&r.text, cx->arena, 1024);
		(void)kr_multipart(cx, boundary, &ops, &r);
		kr_ctx_clear(cx); /* half a body has no texts, and that is all */
	}
}

/* Only for a form of our own page, as the browser says: nobody else may make us show
   what they sent. */
void
kr_typed_keep(kr_ctx *cx)
{
	struct kr_req *q = cx->req;

	if (q->method != KR_POST || q->typed != NULL ||
	    !kr_is(q->fetch_site, "same-origin") || kr_answers_machine(cx))
		return;
	q->typed = KR_NEW(cx, struct kr_typed);
	if (q->body_taken)
		from_input(cx);
	else
		from_body(cx);
	q->body_taken = true;
}
