/* The scoreboard: three crashes blow a fuse, full memory is none of them. */
#include "../lib/base_room.h"

#include "../../core/http/board.c"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A worker in seat 0 that works on route 1 until it dies; how it died. */
static int
worker(struct kr_board *b, void (*run)(void))
{
	int how;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		kr_board_use(b, 0);
		kr_board_route(1);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) ? WTERMSIG(how) : 0;
}

static void
fill_memory(void)
{
	struct kr_arena *arena = kr_arena_new(1 << 20);

	for (;;)
		kr_arena_alloc(arena, 1000);
}

static void
break_invariant(void)
{
	kr_panic("test");
}

static void
test_whose_fault(void **state)
{
	struct kr_board *b = kr_board_new(2, 3);

	(void)state;
	assert_non_null(b);
	assert_int_equal(worker(b, break_invariant), SIGABRT);
	assert_int_equal(atomic_load(&b->seats[0].route), 1);
	assert_int_equal(worker(b, fill_memory), SIGABRT);
	assert_int_equal(atomic_load(&b->seats[0].route), KR_NO_ROUTE);
}

static void
test_fuse(void **state)
{
	struct kr_board *b = kr_board_new(1, 3);
	int64_t now = kr_mono_us();

	(void)state;
	kr_board_use(b, 0);
	assert_false(kr_board_crashed(b, 2, now - 3));
	assert_false(kr_board_crashed(b, KR_NO_ROUTE, now - 2));
	assert_false(kr_board_crashed(b, 2, now - 1));
	assert_false(kr_board_blown(2));
	assert_true(kr_board_crashed(b, 2, now));
	assert_true(kr_board_blown(2));
	assert_false(kr_board_blown(1));
}

/* jobs says for whom it works and for how long at most; the first in a seat is told so
   once, or what it is to do only then would be done after every crash. */
static void
test_work(void **state)
{
	struct kr_board *b = kr_board_new(2, 1);
	struct kr_seat *seat = &b->seats[1];

	(void)state;
	kr_board_use(b, 1);
	kr_board_work(5, 30);
	assert_true(seat->busy_us > 0);
	assert_int_equal(seat->limit_us, 30000000);
	assert_int_equal(seat->route, 5);
	kr_board_idle();
	assert_int_equal(seat->busy_us, 0);
	kr_board_use(b, 0);
	assert_true(kr_board_first());
	assert_false(kr_board_first());
	kr_board_use(b, 0);
	assert_false(kr_board_first());
}

/* What room says fits; and one piece more of that size does not. */
static void
test_room(void **state)
{
	struct kr_arena *arena = kr_arena_new(1 << 20);

	(void)state;
	for (size_t last = (size_t)-1; kr_arena_room(arena) > 0;) {
		size_t room = kr_arena_room(arena);

		assert_true(room <= last);
		last = room;
		kr_arena_alloc(arena, room > 100000 ? 100000 : room);
	}
	kr_arena_reset(arena);
	assert_true(kr_arena_room(arena) > 700000); /* beside the first block */
	kr_arena_alloc(arena, kr_arena_room(arena));
	kr_arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whose_fault),
		cmocka_unit_test(test_fuse), cmocka_unit_test(test_work),
		cmocka_unit_test(test_room) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
