/* The unit of work: its memory, its clock and the first error, which sticks. */
#include "base/ctx.h"

#include <string.h>

struct kr_defer {
	struct kr_defer *older;
	void (*fn)(void *);
	void *arg;
};

void
kr_ctx_init(struct kr_ctx *cx, struct kr_arena *arena, const struct kr_app *app)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t id[8];

	memset(cx, 0, sizeof *cx);
	cx->magic = KR_CTX_MAGIC;
	cx->arena = arena;
	cx->app = app;
	cx->now = kr_wall();
	kr_random(id, sizeof id);
	for (size_t i = 0; i < sizeof id; i++) {
		cx->request_id[2 * i] = digits[id[i] >> 4];
		cx->request_id[2 * i + 1] = digits[id[i] & 15];
	}
}

void
kr_ctx_finish(struct kr_ctx *cx)
{
	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	while (cx->defers != NULL) {
		struct kr_defer *d = cx->defers;

		cx->defers = d->older;
		d->fn(d->arg);
	}
}

void
kr_ctx_clear(struct kr_ctx *cx)
{
	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	cx->err = KR_OK;
	cx->err_text = (kr_str){ NULL, 0 };
}

kr_err
kr_fail(kr_ctx *cx, kr_err err, const char *fmt, ...)
{
	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	KR_CHECK(err > KR_OK && err <= KR_EFAIL);
	if (cx->err != KR_OK)
		return cx->err;

	va_list args;
	char text[500];

	va_start(args, fmt);
	if (vsnprintf(text, sizeof text, fmt, args) < 0)
		text[0] = 0;
	va_end(args);
	cx->err = err;
	cx->err_text = kr_dup(cx->arena, kr_z(text));
	return err;
}

kr_err
kr_status(const kr_ctx *cx)
{
	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	return cx->err;
}

void *
kr_alloc(kr_ctx *cx, size_t count, size_t size)
{
	size_t n;

	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	if (__builtin_mul_overflow(count, size, &n))
		kr_panic("kr_alloc: %zu times %zu bytes", count, size);
	return kr_arena_alloc(cx->arena, n);
}

kr_str
kr_fmt(kr_ctx *cx, const char *fmt, ...)
{
	char first[256], *p = first;
	va_list args, again;

	KR_CHECK(cx->magic == KR_CTX_MAGIC);
	va_start(args, fmt);
	va_copy(again, args);

	int n = vsnprintf(first, sizeof first, fmt, args);

	KR_CHECK(n >= 0);
	if ((size_t)n >= sizeof first) {
		p = kr_arena_alloc(cx->arena, (size_t)n + 1);
		KR_CHECK(vsnprintf(p, (size_t)n + 1, fmt, again) == n);
	}
	va_end(again);
	va_end(args);
	if (p != first)
		return (kr_str){ p, (size_t)n };
	return kr_dup(cx->arena, (kr_str){ first, (size_t)n });
}

const char *
kr_cstr(kr_ctx *cx, kr_str s)
{
	return kr_dup(cx->arena, s).p;
}

void
kr_defer(kr_ctx *cx, void (*fn)(void *), void *arg)
{
	struct kr_defer *d = KR_NEW(cx, struct kr_defer);

	d->fn = fn;
	d->arg = arg;
	d->older = cx->defers;
	cx->defers = d;
}

/* Works on a failed context too: what is wrong must be said somewhere. */
void
kr_log(kr_ctx *cx, enum kr_level level, const char *event, size_t n,
    const struct kr_kv *kv)
{
	struct kr_kv *all = kr_alloc(cx, n + 2, sizeof *all);

	all[0] = (struct kr_kv){ "id", kr_s(kr_z(cx->request_id)) };
	all[1] = (struct kr_kv){ "plugin",
		kr_s(kr_z(cx->plugin == NULL ? "core" : cx->plugin)) };
	for (size_t i = 0; i < n; i++)
		all[i + 2] = kv[i];
	kr_log_line(level, event, n + 2, all);
}
