/* The sink: bytes of literals as they stand, everything else escaped. */
#include "html/html.h"

#include "auth/auth.h"
#include "http/http.h"
#include <stdlib.h>
#include <string.h>

kr_out *
kr_out_new(kr_ctx *cx, char kind, size_t room)
{
	kr_out *o = KR_NEW(cx, kr_out);

	o->cx = cx;
	o->kind = kind;
	kr_buf_init(&o->buf, cx->arena, room);
	return o;
}

kr_html
kr_out_html(kr_out *o)
{
	return (kr_html){ kr_buf_view(&o->buf) };
}

kr_str
kr_kept(kr_str text)
{
	char *copy = malloc(text.n);

	if (copy == NULL)
		kr_panic("no memory for what every page has");
	memcpy(copy, text.p, text.n);
	return (kr_str){ copy, text.n };
}

kr_out *
kr_page_begin_(kr_ctx *cx, char kind)
{
	return kr_out_new(cx, kind, 16384);
}

void
kr_page_title_(kr_out *o, kr_str title)
{
	o->title = title;
}

kr_err
kr_page_end_(kr_out *o)
{
	kr_ctx *cx = o->cx;

	if (cx->err != KR_OK)
		return cx->err;
	KR_CHECK(o->form == NULL);
	if (cx->answer != NULL)
		kr_layout(o);
	return cx->err;
}

kr_ctx *
kr_out_ctx_(kr_out *o)
{
	return o->cx;
}

/* A tile that fails is an empty tile; only when the database is away does the whole
   page say so, for then every tile would be empty. */
kr_html
kr_render_part(kr_ctx *cx, const char *plugin, kr_render_fn *run)
{
	kr_html none = { { NULL, 0 } };
	const char *before = cx->plugin;
	kr_out *o;
	kr_err err;

	if (cx->err != KR_OK)
		return none;
	o = kr_out_new(cx, 't', 4096);
	cx->plugin = plugin;
	err = run(cx, o);
	cx->plugin = before;
	if (err == KR_OK && cx->err == KR_OK)
		return kr_out_html(o);
	kr_log(cx, KR_WARN, "tile_failed", 3,
	    KR_KV({ "tile", kr_s(kr_z(plugin)) },
		{ "err", kr_i(cx->err != KR_OK ? cx->err : err) },
		{ "why", kr_s(cx->err_text) }));
	if (cx->err != KR_EUPSTREAM)
		kr_ctx_clear(cx);
	return none;
}

void
kr_lit_(kr_out *o, const char *markup, size_t n)
{
	kr_buf_add(&o->buf, markup, n);
}

void
kr_put(kr_out *o, const char *markup)
{
	kr_buf_add(&o->buf, markup, strlen(markup));
}

/* Escapes for text and for both kinds of quotes; control bytes, which HTML does not
   know, are dropped. */
static const char *
escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
	case '\r':
		return NULL;
	default:
		return c < 0x20 || c == 0x7f ? "" : NULL;
	}
}

void
kr_txt_s_(kr_out *o, kr_str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *e = escape_of((unsigned char)s.p[i]);

		if (e == NULL)
			continue;
		kr_buf_add(&o->buf, s.p + from, i - from);
		kr_buf_add(&o->buf, e, strlen(e));
		from = i + 1;
	}
	if (s.n > from)
		kr_buf_add(&o->buf, s.p + from, s.n - from);
}

void
kr_txt_i_(kr_out *o, int64_t i)
{
	kr_buf_i(&o->buf, i);
}

/* At most two decimals; the comma is that of the language. */
void
kr_txt_f_(kr_out *o, double f)
{
	kr_str s = kr_fmt(o->cx, "%.2f", f);
	char comma = kr_is(kr_voice_of(o->cx).lang, "de") ? ',' : '.';

	while (s.n > 0 && s.p[s.n - 1] == '0')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		kr_buf_c(&o->buf, s.p[i] == '.' ? comma : s.p[i]);
}

void
kr_txt_d_(kr_out *o, kr_date d)
{
	kr_txt_s_(o, kr_when_short(o->cx, d));
}

void
kr_txt_t_(kr_out *o, kr_time t)
{
	kr_txt_s_(o, kr_when_stamp(o->cx, t));
}

void
kr_txt_h_(kr_out *o, kr_html h)
{
	kr_buf_str(&o->buf, h.safe_);
}

void
kr_attr(kr_out *o, const char *name, kr_str value)
{
	kr_buf_c(&o->buf, ' ');
	kr_put(o, name);
	KR_LIT_(o, "=\"");
	kr_txt_s_(o, value);
	KR_LIT_(o, "\"");
}

void
kr_attr_i(kr_out *o, const char *name, int64_t value)
{
	kr_attr(o, name, kr_fmt(o->cx, "%lld", (long long)value));
}

/* ── addresses ── */
static bool
url_ok(kr_str s)
{
	static const char *const schemes[] = { "https:", "http:", "mailto:", "tel:" };

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f || s.p[i] == '\\')
			return false;
	if (s.p[0] == '/')
		return s.n == 1 || s.p[1] != '/';
	if (s.p[0] == '#' || s.p[0] == '?')
		return true;
	for (size_t i = 0; i < KR_LEN(schemes); i++)
		if (s.n > strlen(schemes[i]) &&
		    strncasecmp(s.p, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

void
kr_txt_url_(kr_out *o, kr_str s)
{
	kr_txt_s_(o, url_ok(s) ? s : KR_S("#"));
}

kr_str
kr_val_text(kr_ctx *cx, kr_val v)
{
	struct kr_civil c;

	switch (v.t) {
	case 'i':
		return kr_fmt(cx, "%lld", (long long)v.i);
	case 'b':
		return v.i != 0 ? KR_S("1") : KR_S("0");
	case 'f':
		return kr_fmt(cx, "%.17g", v.f);
	case 'd':
		return kr_date_iso(cx, (kr_date){ (int32_t)v.i });
	case 's':
	case 'x':
		return v.s;
	case 't':
		c = kr_civil(
		    (kr_time){ v.i }); /* as <input type="datetime-local"> has it */
		return kr_fmt(cx, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day,
		    c.hour, c.minute);
	default:
		return KR_S("");
	}
}

kr_str
kr_url_(kr_out *o, const char *pattern, const kr_val *v, size_t n)
{
	struct kr_buf b;
	size_t used = 0;

	kr_buf_init(&b, o->cx->arena, strlen(pattern) + 32);
	for (const char *p = pattern; *p != '\0'; p++) {
		if (p[0] == '{' && p[1] == '}' && used < n) {
			kr_buf_str(&b, kr_percent_encode(o->cx->arena,
					   kr_val_text(o->cx, v[used++])));
			p++;
		} else
			kr_buf_c(&b, *p);
	}
	return kr_buf_view(&b);
}

/* ── conditions ── */
bool
kr_yes_s_(kr_str s)
{
	return s.n > 0;
}

bool
kr_yes_i_(int64_t i)
{
	return i != 0;
}

bool
kr_yes_d_(kr_date d)
{
	return d.day != KR_NO_DATE.day;
}

bool
kr_yes_t_(kr_time t)
{
	return t.us != KR_NO_TIME.us;
}

bool
kr_same_s_(kr_str a, kr_str b)
{
	return kr_eq(a, b);
}

bool
kr_same_i_(int64_t a, int64_t b)
{
	return a == b;
}

bool
kr_same_d_(kr_date a, kr_date b)
{
	return a.day == b.day;
}
