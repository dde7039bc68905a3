/* JSON for machine clients: a writer that knows where commas go. */
#include "http/http.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define JSON_DEEPEST 32

struct kr_json {
	kr_ctx *cx;
	struct kr_buf out;
	int depth;
	char brace[JSON_DEEPEST];
	bool any[JSON_DEEPEST + 1]; /* something stands here: a comma is due */
};

kr_json *
kr_json_new(kr_ctx *cx)
{
	kr_json *j = KR_NEW(cx, kr_json);

	j->cx = cx;
	kr_buf_init(&j->out, cx->arena, 512);
	return j;
}

/* Markup characters are escaped too: a browser that guesses wrong finds none. */
static void
quoted(struct kr_buf *out, kr_str s)
{
	kr_buf_c(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			kr_buf_fmt(out, "\\%c", c);
		else if (c == '\n')
			kr_buf_str(out, KR_S("\\n"));
		else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7f)
			kr_buf_fmt(out, "\\u%04x", c);
		else
			kr_buf_c(out, s.p[i]);
	}
	kr_buf_c(out, '"');
}

static void
item(kr_json *j, const char *key)
{
	bool in_object = j->depth > 0 && j->brace[j->depth - 1] == '{';

	KR_CHECK(in_object == (key != NULL));
	KR_CHECK(j->depth > 0 || !j->any[0]);
	if (j->any[j->depth])
		kr_buf_c(&j->out, ',');
	j->any[j->depth] = true;
	if (key != NULL) {
		quoted(&j->out, kr_z(key));
		kr_buf_c(&j->out, ':');
	}
}

void
kr_json_open(kr_json *j, const char *key, char brace)
{
	KR_CHECK(brace == '{' || brace == '[');
	KR_CHECK(j->depth < JSON_DEEPEST);
	item(j, key);
	kr_buf_c(&j->out, brace);
	j->brace[j->depth++] = brace;
	j->any[j->depth] = false;
}

void
kr_json_close(kr_json *j)
{
	KR_CHECK(j->depth > 0);
	kr_buf_c(&j->out, j->brace[--j->depth] == '{' ? '}' : ']');
}

static void
number(struct kr_buf *out, double f)
{
	if (isfinite(f))
		kr_buf_fmt(out, "%.17g", f);
	else
		kr_buf_str(out, KR_S("null"));
}

/* UTC to the second: "2026-11-24T17:00:00Z". */
static void
instant(struct kr_buf *out, int64_t us)
{
	time_t s = (time_t)(us / 1000000 - (us % 1000000 < 0));
	struct tm tm;
	char z[40];

	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(z, sizeof z, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		kr_buf_str(out, KR_S("null"));
	else
		quoted(out, kr_z(z));
}

void
kr_json_put(kr_json *j, const char *key, kr_val v)
{
	item(j, key);
	switch (v.t) {
	case 'i':
		kr_buf_i(&j->out, v.i);
		break;
	case 's':
		quoted(&j->out, v.s);
		break;
	case 'f':
		number(&j->out, v.f);
		break;
	case 'b':
		kr_buf_str(&j->out, v.i != 0 ? KR_S("true") : KR_S("false"));
		break;
	case 'd':
		quoted(&j->out, kr_date_iso(j->cx, (kr_date){ (int32_t)v.i }));
		break;
	case 't':
		instant(&j->out, v.i);
		break;
	case 'x':
		quoted(&j->out, kr_b64url(j->cx->arena, v.s));
		break;
	default:
		kr_buf_str(&j->out, KR_S("null"));
		break;
	}
}

kr_str
kr_json_text(kr_json *j)
{
	KR_CHECK(j->depth == 0);
	return kr_buf_view(&j->out);
}

kr_err
kr_json_send(kr_json *j)
{
	KR_CHECK(j->depth == 0);
	return kr_send_text(j->cx, "application/json", kr_buf_view(&j->out));
}
