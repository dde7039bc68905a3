/* What all targets share: the memory and the unit of work of one input, and a check
   that ends the run with a sentence. */
#ifndef KR_TEST_FUZZ_H
#define KR_TEST_FUZZ_H

#include "base/ctx.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(condition)                                                                \
	((condition) ? (void)0                                                         \
		     : (fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__,       \
			    __LINE__, #condition),                                     \
			   abort()))

/* Empty again for each input. */
__attribute__((unused)) static struct kr_arena *
fuzz_arena(void)
{
	static struct kr_arena *arena;

	if (arena == NULL)
		arena = kr_arena_new((size_t)64 << 20);
	kr_arena_reset(arena);
	return arena;
}

__attribute__((unused)) static kr_str
fuzz_str(const uint8_t *p, size_t n)
{
	return (kr_str){ (const char *)p, n };
}

/* Up to the first `sep`, which is taken off too; all of it when there is none. */
__attribute__((unused)) static kr_str
fuzz_cut(kr_str *rest, char sep)
{
	kr_str part = { NULL, 0 };

	return kr_split(rest, sep, &part) ? part : KR_S("");
}

__attribute__((unused)) static bool
fuzz_holds(kr_str s, const char *part)
{
	return s.n > 0 && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

/* A small generator of its own, for what must differ but come again. */
__attribute__((unused)) static uint32_t
fuzz_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

#endif
