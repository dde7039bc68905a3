/* multipart/form-data: the same parts however the body comes in, no more bytes than
   were sent, names that are text, and the bytes between the boundaries as a search in
   the whole body finds them. Input: the boundary, a line end, the body, in which 0xfe
   and a byte stand for so many bytes that what follows lies at the edge of the parser's
   window. */
#include "fuzz.h"

#include "http/http.h"
#include "http/input.h"

#include <unistr.h>

#define WINDOW ((size_t)32 * 1024)

struct heard {
	struct kr_buf log, data;
	kr_str body;
	size_t step, bytes;
	bool open;
};

static void
clean(kr_str s, size_t most)
{
	MUST(s.n <= most && !kr_has_control(s));
	MUST(s.n == 0 || u8_check((const uint8_t *)s.p, s.n) == NULL);
}

static bool
on_part(void *arg, kr_str name, kr_str file_name, kr_str type, bool is_file)
{
	struct heard *h = arg;

	MUST(!h->open && name.n > 0);
	h->open = true;
	clean(name, 200);
	clean(file_name, 4096);
	MUST(!kr_has_control(type));
	kr_buf_fmt(&h->log, "\n%zu %zu %zu %d ", name.n, file_name.n, type.n, is_file);
	kr_buf_str(&h->log, name);
	kr_buf_str(&h->log, file_name);
	kr_buf_str(&h->log, type);
	return true;
}

static bool
on_data(void *arg, const char *p, size_t n)
{
	struct heard *h = arg;

	MUST(h->open && n > 0);
	h->bytes += n;
	kr_buf_add(&h->log, p, n);
	kr_buf_add(&h->data, p, n);
	return true;
}

static bool
on_end(void *arg)
{
	struct heard *h = arg;

	MUST(h->open);
	h->open = false;
	return true;
}

static size_t
on_read(void *arg, void *p, size_t n)
{
	struct heard *h = arg;
	size_t k = n < h->step ? n : h->step;

	if (k > h->body.n)
		k = h->body.n;
	if (k > 0)
		memcpy(p, h->body.p, k);
	h->body = kr_sub(h->body, k, h->body.n);
	return k;
}

static kr_err
parse(kr_ctx *cx, kr_str boundary, kr_str body, size_t step, struct heard *h_r)
{
	static const struct kr_multipart_ops ops = { on_read, on_part, on_data,
		on_end };
	kr_err err;

	*h_r = (struct heard){ .body = body, .step = step };
	kr_buf_init(&h_r->log, cx->arena, 256);
	kr_buf_init(&h_r->data, cx->arena, 256);
	kr_ctx_clear(cx);
	err = kr_multipart(cx, boundary, &ops, h_r);
	MUST(h_r->bytes <= body.n);
	MUST(err != KR_OK || !h_r->open);
	MUST(err == KR_OK || err == KR_EINPUT || err == KR_ELIMIT);
	return err;
}

static kr_str
stretched(kr_ctx *cx, kr_str s)
{
	struct kr_buf b;
	int times = 0;

	kr_buf_init(&b, cx->arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] != 0xfe || i + 1 == s.n || times++ == 3) {
			kr_buf_c(&b, s.p[i]);
			continue;
		}
		i++;
		for (size_t k = WINDOW - (unsigned char)s.p[i]; k > 0; k--)
			kr_buf_c(&b, 'y');
	}
	return kr_buf_view(&b);
}

/* What stands behind the next `mark`; empty with a NULL behind the last. */
static kr_str
behind(kr_str s, kr_str mark)
{
	const char *at = s.n == 0 ? NULL : memmem(s.p, s.n, mark.p, mark.n);

	return at == NULL ? (kr_str){ NULL, 0 }
			  : kr_sub(s, (size_t)(at - s.p) + mark.n, s.n);
}

/* The bytes of all parts of a good body, found without a window. */
static kr_str
plain(kr_ctx *cx, kr_str boundary, kr_str body)
{
	kr_str mark = kr_fmt(cx, "\r\n--%.*s", KR_FMT(boundary)), rest;
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 256);
	rest = kr_starts(body, kr_sub(mark, 2, mark.n))
		   ? kr_sub(body, mark.n - 2, body.n)
		   : behind(body, mark);
	while (rest.p != NULL && !kr_starts(rest, KR_S("--"))) {
		kr_str data, next;

		rest = behind(rest, KR_S("\r\n"));
		data = behind(rest, KR_S("\r\n\r\n"));
		next = behind(data, mark);
		MUST(data.p != NULL && next.p != NULL);
		kr_buf_add(&b, data.p, (size_t)(next.p - data.p) - mark.n);
		rest = next;
	}
	return kr_buf_view(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	kr_str body = fuzz_str(p, n), boundary;
	struct heard whole, pieces;
	struct kr_req q = { 0 };
	struct kr_ctx cx;
	kr_err a, b;

	kr_ctx_init(&cx, fuzz_arena(), NULL);
	cx.req = &q;
	boundary = fuzz_cut(&body, '\n');
	body = stretched(&cx, body);
	a = parse(&cx, boundary, body, SIZE_MAX, &whole);
	b = parse(&cx, boundary, body, 1 + n % 61, &pieces);
	MUST(a == b);
	MUST(kr_eq(kr_buf_view(&whole.log), kr_buf_view(&pieces.log)));
	if (a == KR_OK)
		MUST(kr_eq(kr_buf_view(&whole.data), plain(&cx, boundary, body)));
	kr_ctx_finish(&cx);
	return 0;
}
