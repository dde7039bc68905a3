/* multipart/form-data while it streams: bounded memory, whatever the sender does. */
#include "http/input.h"

#include <string.h>

#define WINDOW ((size_t)32 * 1024)
#define HEAD_MAX ((size_t)4096) /* headers of one part */
#define NAME_MAX_BYTES 200u
#define PARTS_MAX (KR_INPUT_FIELDS_MAX + 20) /* core's own hidden fields too */

struct parser {
	kr_ctx *cx;
	const struct kr_multipart_ops *ops;
	void *arg;
	char buf[WINDOW];
	size_t n;                  /* bytes in buf */
	bool dry;                  /* the body has ended */
	char mark[2 + 2 + 70 + 1]; /* CRLF -- boundary */
	size_t nmark;
};

static kr_err
bad(struct parser *p, const char *why)
{
	return kr_refuse(p->cx, 400, KR_EINPUT, why);
}

/* A callback said stop: it has failed the context, or the form as a whole is refused.
 */
static kr_err
stopped(struct parser *p)
{
	kr_err err = kr_status(p->cx);

	return err != KR_OK ? err : bad(p, "multipart: stopped");
}

static void
fill(struct parser *p)
{
	while (!p->dry && p->n < sizeof p->buf) {
		size_t got = p->ops->read(p->arg, p->buf + p->n, sizeof p->buf - p->n);

		if (got == 0)
			p->dry = true;
		p->n += got;
	}
}

static void
drop(struct parser *p, size_t n)
{
	KR_CHECK(n <= p->n);
	memmove(p->buf, p->buf + n, p->n - n);
	p->n -= n;
}

/* The first delimiter may stand at the very beginning, without a line end before it;
   what comes before it (a preamble) is nobody's. */
static bool
find_first(struct parser *p)
{
	fill(p);
	if (p->n >= p->nmark - 2 && memcmp(p->buf, p->mark + 2, p->nmark - 2) == 0) {
		drop(p, p->nmark - 2);
		return true;
	}
	for (;;) {
		char *at = memmem(p->buf, p->n, p->mark, p->nmark);

		if (at != NULL) {
			drop(p, (size_t)(at - p->buf) + p->nmark);
			return true;
		}
		if (p->dry)
			return false;
		if (p->n > p->nmark)
			drop(p, p->n - p->nmark);
		fill(p);
	}
}

/* After a delimiter: "--" ends the form, blanks and CRLF begin a part. */
static kr_err
after_mark(struct parser *p, bool *last_r)
{
	size_t i = 0;

	fill(p);
	if (p->n >= 2 && memcmp(p->buf, "--", 2) == 0) {
		*last_r = true;
		return KR_OK;
	}
	while (i < p->n && (p->buf[i] == ' ' || p->buf[i] == '\t'))
		i++;
	if (p->n - i < 2 || p->buf[i] != '\r' || p->buf[i + 1] != '\n')
		return bad(p, "multipart: no line end after the boundary");
	drop(p, i + 2);
	*last_r = false;
	return KR_OK;
}

/* Browsers write a quote, CR and LF in names as %22, %0D, %0A (HTML), or a quote as \"
   (older ones). */
static bool
quoted(struct parser *p, kr_str *rest, kr_str *value_r)
{
	struct kr_buf b;

	kr_buf_init(&b, p->cx->arena, 64);
	for (size_t i = 1; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '"') {
			*rest = kr_sub(*rest, i + 1, rest->n);
			*value_r = kr_buf_view(&b);
			return kr_utf8_ok(*value_r);
		}
		if (c == '\\' && i + 1 < rest->n && rest->p[i + 1] == '"')
			c = rest->p[++i];
		else if (c == '%' && kr_is(kr_sub(*rest, i, 3), "%22")) {
			c = '"';
			i += 2;
		}
		kr_buf_c(&b, c);
	}
	return false;
}

struct head {
	kr_str name, file_name, type;
	bool disposition, is_file;
};

/* ` name="x"; filename="y"`: each parameter once, unknown ones skipped. */
static bool
disposition(struct parser *p, kr_str rest, struct head *h)
{
	kr_str kind, key, value;
	bool named = false;

	if (!kr_split(&rest, ';', &kind) || !kr_is(kr_trim(kind), "form-data"))
		return false;
	while (rest.p != NULL && kr_trim(rest).n > 0) {
		rest = kr_trim(rest);
		if (!kr_split(&rest, '=', &key))
			return false;
		if (rest.n > 0 && rest.p[0] == '"') {
			if (!quoted(p, &rest, &value))
				return false;
			rest = kr_trim(rest);
			if (rest.n > 0 && rest.p[0] != ';')
				return false;
			rest = kr_sub(rest, 1, rest.n);
		} else if (!kr_split(&rest, ';', &value) || !kr_utf8_ok(value)) {
			return false;
		}
		if (kr_is(key, "name")) {
			if (named)
				return false;
			named = true;
			h->name = value;
		} else if (kr_is(key, "filename")) {
			if (h->is_file)
				return false;
			h->is_file = true;
			h->file_name = value;
		}
	}
	return named && h->name.n > 0 && h->name.n <= NAME_MAX_BYTES;
}

static bool
header_line(struct parser *p, kr_str line, struct head *h)
{
	kr_str key;

	if (!kr_split(&line, ':', &key) || line.p == NULL || key.n == 0 ||
	    memchr(key.p, ' ', key.n) != NULL)
		return false;
	key = kr_lower(p->cx->arena, key);
	if (kr_is(key, "content-disposition")) {
		if (h->disposition)
			return false;
		h->disposition = true;
		return disposition(p, line, h);
	}
	if (kr_is(key, "content-type"))
		h->type = kr_dup(p->cx->arena, kr_trim(line));
	if (kr_is(key, "content-transfer-encoding")) {
		kr_str how = kr_lower(p->cx->arena, kr_trim(line));

		return kr_is(how, "binary") || kr_is(how, "8bit") || kr_is(how, "7bit");
	}
	return true;
}

/* All headers of a part, up to the empty line. */
static kr_err
part_head(struct parser *p, struct head *h)
{
	fill(p);
	memset(h, 0, sizeof *h);

	size_t look = p->n < HEAD_MAX ? p->n : HEAD_MAX;
	char *end = memmem(p->buf, look, "\r\n\r\n", 4);

	if (end == NULL)
		return bad(p, "multipart: part without an end of its headers");

	kr_str rest = kr_dup(p->cx->arena, (kr_str){ p->buf, (size_t)(end - p->buf) });

	drop(p, rest.n + 4);
	while (rest.n > 0) {
		const char *cr = memmem(rest.p, rest.n, "\r\n", 2);
		size_t n = cr == NULL ? rest.n : (size_t)(cr - rest.p);
		kr_str line = kr_sub(rest, 0, n);

		/* Folded lines (a blank at the front) and control bytes are refused
		   with the rest. */
		if (kr_has_control(line) || !header_line(p, line, h))
			return bad(p, "multipart: header of a part");
		rest = kr_sub(rest, n + 2, rest.n);
	}
	return h->disposition ? KR_OK : bad(p, "multipart: part without a name");
}

/* Bytes of a part up to the next delimiter, handed on in pieces. */
static kr_err
part_body(struct parser *p)
{
	for (;;) {
		fill(p);

		char *at = memmem(p->buf, p->n, p->mark, p->nmark);
		size_t sure = at != NULL ? (size_t)(at - p->buf) : p->n;

		if (at == NULL && p->dry)
			return bad(p, "multipart: the body ends within a part");
		/* A delimiter may have begun in the last bytes. */
		if (at == NULL)
			sure = p->n - p->nmark;
		if (sure > 0 && !p->ops->data(p->arg, p->buf, sure))
			return stopped(p);
		drop(p, at != NULL ? sure + p->nmark : sure);
		if (at != NULL)
			return p->ops->end(p->arg) ? KR_OK : stopped(p);
	}
}

/* RFC 2046: 1 to 70 characters of this set. */
static bool
boundary_ok(kr_str s)
{
	if (s.n == 0 || s.n > 70 || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && strchr("'()+_,-./:=? ", c) == NULL)
			return false;
		if (c == 0)
			return false;
	}
	return true;
}

kr_err
kr_multipart(kr_ctx *cx, kr_str boundary, const struct kr_multipart_ops *ops, void *arg)
{
	struct parser *p = KR_NEW(cx, struct parser);
	bool last = false;

	p->cx = cx;
	p->ops = ops;
	p->arg = arg;
	if (!boundary_ok(boundary))
		return bad(p, "multipart: boundary");
	memcpy(p->mark, "\r\n--", 4);
	memcpy(p->mark + 4, boundary.p, boundary.n);
	p->nmark = 4 + boundary.n;
	if (!find_first(p))
		return bad(p, "multipart: no boundary in the body");
	for (size_t parts = 0;; parts++) {
		struct head h;
		kr_err err = after_mark(p, &last);

		if (err != KR_OK || last)
			return err;
		if (parts == PARTS_MAX)
			return kr_refuse(
			    cx, 413, KR_ELIMIT, "multipart: too many parts");
		err = part_head(p, &h);
		if (err != KR_OK)
			return err;
		if (!ops->part(arg, h.name, h.file_name, h.type, h.is_file))
			return stopped(p);
		err = part_body(p);
		if (err != KR_OK)
			return err;
	}
}
