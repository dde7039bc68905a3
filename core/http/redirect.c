/* Redirects: to paths of our own, with every value percent-encoded into its place. */
#include "http/http.h"

#include <inttypes.h>
#include <string.h>

#define PATH_LONGEST 2000u

bool
kr_local_path(kr_str s)
{
	if (s.n == 0 || s.n > PATH_LONGEST || s.p[0] != '/')
		return false;
	if (s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\'))
		return false;
	/* Browsers read a backslash as a slash and skip tabs and line ends. */
	return memchr(s.p, '\\', s.n) == NULL && !kr_has_control(s);
}

/* Bytes that must not stand in a header or an address as they are. */
static kr_str
encode_rest(struct kr_arena *arena, kr_str path)
{
	struct kr_buf b;

	kr_buf_init(&b, arena, path.n + 1);
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL)
			kr_buf_c(&b, path.p[i]);
		else
			kr_buf_fmt(&b, "%%%02X", c);
	}
	return kr_buf_view(&b);
}

kr_err
kr_redirect_to(kr_ctx *cx, kr_str local_path)
{
	if (cx->err != KR_OK)
		return cx->err;
	if (!kr_local_path(local_path))
		local_path = KR_S("/");
	cx->answer->status = 303;
	cx->answer->location = encode_rest(cx->arena, local_path);
	return KR_OK;
}

/* One conversion after its '%': d i u with l, ll, z or j in front; s with .* or
   without. Returns what follows it, NULL for anything else. */
static const char *
convert(struct kr_arena *arena, struct kr_buf *b, const char *f, va_list *args)
{
	int longs = 0;
	bool slice = strncmp(f, ".*s", 3) == 0;

	if (*f == '%') {
		kr_buf_str(b, KR_S("%25"));
		return f + 1;
	}
	if (slice || *f == 's') {
		size_t n = slice ? (size_t)va_arg(*args, int) : 0;
		const char *p = va_arg(*args, const char *);
		kr_str s = slice ? (kr_str){ p, n } : kr_z(p);

		kr_buf_str(b, kr_percent_encode(arena, s));
		return f + (slice ? 3 : 1);
	}
	while (*f == 'l' || *f == 'z' || *f == 'j') {
		longs++;
		f++;
	}
	_Static_assert(sizeof(long) == sizeof(long long), "one width for l and ll");
	if (*f == 'd' || *f == 'i')
		kr_buf_i(b, longs > 0 ? va_arg(*args, long) : va_arg(*args, int));
	else if (*f == 'u')
		kr_buf_fmt(b, "%lu",
		    longs > 0 ? va_arg(*args, unsigned long)
			      : va_arg(*args, unsigned int));
	else
		return NULL;
	return f + 1;
}

kr_err
kr_redirect(kr_ctx *cx, const char *path_fmt, ...)
{
	struct kr_buf b;
	va_list args;

	if (cx->err != KR_OK)
		return cx->err;
	kr_buf_init(&b, cx->arena, 128);
	va_start(args, path_fmt);
	for (const char *f = path_fmt; f != NULL && *f != 0;) {
		if (*f != '%') {
			kr_buf_c(&b, *f++);
			continue;
		}
		f = convert(cx->arena, &b, f + 1, &args);
		if (f == NULL)
			kr_panic("kr_redirect: conversion in \"%s\"", path_fmt);
	}
	va_end(args);
	if (!kr_local_path(kr_buf_view(&b)))
		return kr_fail(cx, KR_EFAIL, "redirect to no local path: %s", path_fmt);
	return kr_redirect_to(cx, kr_buf_view(&b));
}
