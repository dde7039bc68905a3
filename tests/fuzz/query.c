/* Queries and plain forms: every pair is text, is no longer than it was sent, and
   written again it is read as the same pair. Values then become numbers, days and times
   that mean the same when they are written out. */
#include "fuzz.h"

#include "http/input.h"
#include "http/params.h"

#include <unistr.h>

static bool
is_text(kr_str s)
{
	return s.n == 0 || (memchr(s.p, 0, s.n) == NULL &&
			       u8_check((const uint8_t *)s.p, s.n) == NULL);
}

static void
again(struct kr_arena *arena, kr_str name, kr_str value)
{
	struct kr_buf b;
	kr_str rest, n, v;

	kr_buf_init(&b, arena, 64);
	kr_buf_str(&b, kr_percent_encode(arena, name));
	kr_buf_c(&b, '=');
	kr_buf_str(&b, kr_percent_encode(arena, value));
	rest = kr_buf_view(&b);
	MUST(kr_param_next(arena, &rest, &n, &v) == KR_PARAM_ONE);
	MUST(kr_eq(n, name) && kr_eq(v, value));
	MUST(kr_param_next(arena, &rest, &n, &v) == KR_PARAM_NONE);
}

/* What a typed value is, written out and read again. */
static void
typed(kr_ctx *cx, kr_str text)
{
	static const struct kr_field fields[] = { { "i", 'i', -7, 99, 0, NULL },
		{ "I", 'I', 0, 0, 0, NULL }, { "d", 'd', 0, 0, 0, NULL },
		{ "t", 't', 0, 0, 0, NULL }, { "b", 'b', 0, 0, 0, NULL },
		{ "s", 's', 2, 9, 0, NULL }, { "m", 'm', 0, 90, 0, NULL } };
	kr_str arg;

	for (size_t i = 0; i < KR_LEN(fields) && text.n > 0; i++) {
		struct kr_value v = { &fields[i], text, 0 }, w = v;
		char type = fields[i].type;

		if (kr_field_check(cx, &v, &arg) != NULL)
			continue;
		if (type == 's')
			MUST(kr_chars(text) >= 2 && kr_chars(text) <= 9 &&
			     !kr_has_control(text));
		if (type == 'i')
			MUST(v.i >= -7 && v.i <= 99);
		if (type == 'I')
			MUST(v.i > 0);
		if (type == 'b')
			MUST(v.i == 0 || v.i == 1);
		if (type == 'i' || type == 'I')
			w.text = kr_fmt(cx, "%lld", (long long)v.i);
		else if (type == 'd')
			w.text = kr_date_iso(cx, (kr_date){ (int32_t)v.i });
		else
			continue;
		MUST(kr_field_check(cx, &w, &arg) == NULL && w.i == v.i);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct kr_arena *arena = fuzz_arena();
	kr_str rest = fuzz_str(p, n), name, value;
	enum kr_param is;
	struct kr_ctx cx;
	size_t pairs = 0;

	kr_time_zone_init();
	kr_ctx_init(&cx, arena, NULL);
	while ((is = kr_param_next(arena, &rest, &name, &value)) == KR_PARAM_ONE) {
		kr_str text = kr_param_text(arena, value);

		MUST(++pairs <= n && name.n + value.n <= n);
		MUST(is_text(name) && is_text(value) && is_text(text));
		MUST(!fuzz_holds(text, "\r"));
		MUST(kr_eq(text, kr_param_text(arena, text)));
		if (pairs < 20) {
			again(arena, name, value);
			typed(&cx, text);
		}
	}
	MUST(is != KR_PARAM_NONE || rest.p == NULL || rest.n == 0);
	kr_ctx_finish(&cx);
	return 0;
}
