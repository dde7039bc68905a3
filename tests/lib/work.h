/* What nearly every unit test works with: memory, and a unit of work in it. Included
   behind the sources that are tried, whose own names it would shadow. */
#ifndef KR_TEST_WORK_H
#define KR_TEST_WORK_H

static struct kr_arena *arena;
static struct kr_ctx cx;

static void
work_begin(struct kr_app *whose)
{
	arena = kr_arena_new((size_t)64 << 20);
	kr_ctx_init(&cx, arena, whose);
}

__attribute__((unused)) static int
setup_work(void **state)
{
	(void)state;
	work_begin(NULL);
	return 0;
}

static int
teardown_work(void **state)
{
	(void)state;
	kr_ctx_finish(&cx);
	kr_arena_free(&arena);
	return 0;
}

#endif
