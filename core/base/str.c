/* Slices and typed values: the small arithmetic of text that needs no Unicode tables.
 */
#include "base/ctx.h"

#include <string.h>

kr_val
kr_i(int64_t i)
{
	return (kr_val){ .t = 'i', .i = i };
}

kr_val
kr_s(kr_str s)
{
	return (kr_val){ .t = 's', .s = s };
}

kr_val
kr_f(double f)
{
	return (kr_val){ .t = 'f', .f = f };
}

kr_val
kr_b(bool b)
{
	return (kr_val){ .t = 'b', .i = b };
}

kr_val
kr_d(kr_date d)
{
	if (d.day == KR_NO_DATE.day)
		return kr_null();
	return (kr_val){ .t = 'd', .i = d.day };
}

kr_val
kr_t(kr_time t)
{
	if (t.us == KR_NO_TIME.us)
		return kr_null();
	return (kr_val){ .t = 't', .i = t.us };
}

kr_val
kr_x(kr_str bytes)
{
	return (kr_val){ .t = 'x', .s = bytes };
}

kr_val
kr_null(void)
{
	return (kr_val){ .t = 0 };
}

kr_val
kr_ref(kr_id id)
{
	return id == 0 ? kr_null() : kr_i(id);
}

kr_val
kr_ids(kr_ctx *cx, const kr_id *ids, size_t n)
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 2 + n * 8);
	kr_buf_c(&b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			kr_buf_c(&b, ',');
		kr_buf_i(&b, ids[i]);
	}
	kr_buf_c(&b, ']');
	return kr_s(kr_buf_view(&b));
}

kr_str
kr_z(const char *nul_ended)
{
	if (nul_ended == NULL)
		return (kr_str){ NULL, 0 };
	return (kr_str){ nul_ended, strlen(nul_ended) };
}

bool
kr_eq(kr_str a, kr_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
kr_is(kr_str s, const char *nul_ended)
{
	return kr_eq(s, kr_z(nul_ended));
}

bool
kr_starts(kr_str s, kr_str prefix)
{
	return s.n >= prefix.n && kr_eq((kr_str){ s.p, prefix.n }, prefix);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

kr_str
kr_trim(kr_str s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

kr_str
kr_sub(kr_str s, size_t from, size_t n)
{
	if (from >= s.n)
		return (kr_str){ s.p == NULL ? NULL : s.p + s.n, 0 };
	if (n > s.n - from)
		n = s.n - from;
	return (kr_str){ s.p + from, n };
}

bool
kr_split(kr_str *rest, char sep, kr_str *part_r)
{
	if (rest->p == NULL)
		return false;

	const char *at = rest->n == 0 ? NULL : memchr(rest->p, sep, rest->n);

	if (at == NULL) {
		*part_r = *rest;
		*rest = (kr_str){ NULL, 0 }; /* the mark of "used up" */
		return true;
	}

	size_t n = (size_t)(at - rest->p);

	*part_r = (kr_str){ rest->p, n };
	*rest = (kr_str){ at + 1, rest->n - n - 1 };
	return true;
}

bool
kr_to_i(kr_str s, int64_t *value_r)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t at = minus ? 1 : 0;
	int64_t value = 0;

	if (at == s.n)
		return false;
	/* Counted downwards: the lowest number has no positive counterpart. */
	for (; at < s.n; at++) {
		if (s.p[at] < '0' || s.p[at] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, s.p[at] - '0', &value))
			return false;
	}
	if (!minus && __builtin_sub_overflow(0, value, &value))
		return false;
	*value_r = value;
	return true;
}

kr_str
kr_join(kr_ctx *cx, const kr_str *parts, size_t n, kr_str between)
{
	struct kr_buf b;
	size_t total = 1;

	for (size_t i = 0; i < n; i++)
		total += parts[i].n + between.n;
	kr_buf_init(&b, cx->arena, total);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			kr_buf_str(&b, between);
		kr_buf_str(&b, parts[i]);
	}
	return kr_buf_view(&b);
}

size_t
kr_chars(kr_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}
