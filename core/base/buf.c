/* Bytes that grow inside an arena: how every text of unknown length is built. */
#include "base/base.h"

#include <string.h>

void
kr_buf_init(struct kr_buf *b, struct kr_arena *arena, size_t first_cap)
{
	b->arena = arena;
	b->cap = first_cap < 64 ? 64 : first_cap;
	b->n = 0;
	b->p = kr_arena_alloc(arena, b->cap);
}

static void
buf_room(struct kr_buf *b, size_t more)
{
	if (more <= b->cap - b->n)
		return;
	if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4)
		kr_panic("buffer: %zu + %zu bytes", b->n, more);

	size_t cap = b->cap * 2;

	if (cap < b->n + more)
		cap = b->n + more;

	char *p = kr_arena_alloc(b->arena, cap);

	memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
}

void
kr_buf_add(struct kr_buf *b, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	buf_room(b, n);
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

void
kr_buf_str(struct kr_buf *b, kr_str s)
{
	kr_buf_add(b, s.p, s.n);
}

void
kr_buf_c(struct kr_buf *b, char c)
{
	buf_room(b, 1);
	b->p[b->n++] = c;
}

void
kr_buf_i(struct kr_buf *b, int64_t value)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (value < 0)
		digits[--at] = '-';
	kr_buf_add(b, digits + at, sizeof digits - at);
}

void
kr_buf_fmt(struct kr_buf *b, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);

	int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, args);

	KR_CHECK(n >= 0);
	if ((size_t)n >= b->cap - b->n) {
		buf_room(b, (size_t)n + 1);
		n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
		KR_CHECK(n >= 0);
	}
	b->n += (size_t)n;
	va_end(again);
	va_end(args);
}

kr_str
kr_buf_view(const struct kr_buf *b)
{
	return (kr_str){ b->p, b->n };
}
