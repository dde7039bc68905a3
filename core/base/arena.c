/* Memory of one unit of work: blocks that are filled from the front and freed at once.
 */
#include "base/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if KR_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define GAP 16u /* a poisoned gap behind each piece finds overruns */
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define GAP 0u
#endif

#define ARENA_MAGIC 0x4b72a7e4u
/* Room for nearly every page: a second block is given back to the system after the
   request, which then has to fetch and clear its memory anew for the next one. */
#define FIRST_BLOCK ((size_t)256 * 1024)
#define LARGEST_STEP ((size_t)1024 * 1024)
#define ALIGN ((size_t)16)

struct block {
	struct block *older;
	size_t cap, used;
	_Alignas(16) unsigned char bytes[]; /* zero behind `used` */
};

struct kr_arena {
	uint32_t magic;
	size_t cap, held; /* most the blocks may hold together; what they hold */
	size_t used;      /* handed out since the last reset */
	struct block *top;
};

static void (*on_full)(void);

void
kr_arena_on_full(void (*tell)(void))
{
	on_full = tell;
}

_Noreturn static void
full(const struct kr_arena *a, size_t n)
{
	if (on_full != NULL)
		on_full();
	kr_panic("arena: %zu bytes asked, %zu of %zu held", n, a->held, a->cap);
}

/* Adds a block with room for n bytes; beyond the cap is a runaway, so it aborts. */
static void
arena_grow(struct kr_arena *a, size_t n)
{
	size_t step = a->top == NULL ? FIRST_BLOCK : a->top->cap * 2;

	if (step > LARGEST_STEP)
		step = LARGEST_STEP;
	if (step < n)
		step = n;
	if (step > a->cap - a->held && n <= a->cap - a->held)
		step = a->cap - a->held;
	if (step > a->cap - a->held)
		full(a, n);

	struct block *b = calloc(1, sizeof *b + step);

	if (b == NULL)
		kr_panic("arena: no memory for %zu bytes", step);
	b->older = a->top;
	b->cap = step;
	b->used = 0;
	POISON(b->bytes, b->cap);
	a->top = b;
	a->held += step;
}

struct kr_arena *
kr_arena_new(size_t cap_bytes)
{
	struct kr_arena *a = calloc(1, sizeof *a);

	if (a == NULL)
		kr_panic("arena: no memory");
	a->magic = ARENA_MAGIC;
	a->cap = cap_bytes < FIRST_BLOCK ? FIRST_BLOCK : cap_bytes;
	arena_grow(a, FIRST_BLOCK);
	return a;
}

static void
block_free(struct block *b)
{
	UNPOISON(b->bytes, b->cap);
	free(b);
}

void
kr_arena_free(struct kr_arena **arena)
{
	struct kr_arena *a = *arena;

	if (a == NULL)
		return;
	KR_CHECK(a->magic == ARENA_MAGIC);
	while (a->top != NULL) {
		struct block *b = a->top;

		a->top = b->older;
		block_free(b);
	}
	a->magic = 0;
	free(a);
	*arena = NULL;
}

void *
kr_arena_alloc(struct kr_arena *a, size_t n)
{
	KR_CHECK(a != NULL && a->magic == ARENA_MAGIC);
	if (n > a->cap)
		full(a, n);

	size_t need = ((n == 0 ? 1 : n) + GAP + ALIGN - 1) & ~(ALIGN - 1);

	if (need > a->top->cap - a->top->used)
		arena_grow(a, need);

	unsigned char *p = a->top->bytes + a->top->used;

	a->top->used += need;
	a->used += need;
	UNPOISON(p, n);
	return p;
}

void
kr_arena_reset(struct kr_arena *a)
{
	KR_CHECK(a != NULL && a->magic == ARENA_MAGIC);
	while (a->top->older != NULL) {
		struct block *b = a->top;

		a->top = b->older;
		a->held -= b->cap;
		block_free(b);
	}
	/* What one person read must not lie there for the next: cleared, not only
	   forgotten. */
	UNPOISON(a->top->bytes, a->top->cap);
	memset(a->top->bytes, 0, a->top->used);
	POISON(a->top->bytes, a->top->cap);
	a->top->used = 0;
	a->used = 0;
}

size_t
kr_arena_used(const struct kr_arena *a)
{
	return a->used;
}

size_t
kr_arena_room(const struct kr_arena *a)
{
	size_t rest = a->top->cap - a->top->used, fresh = a->cap - a->held;
	size_t room = rest > fresh ? rest : fresh;

	/* What alloc adds to a piece. */
	return room > GAP + ALIGN ? room - GAP - ALIGN : 0;
}
