/* Statements of lists: one per shape of the address, however many shapes there are. */
#include "../../core/app/list.c"

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FILTERS = 10 };
static const char *const choices[] = { "x", "y", NULL };
static char names[FILTERS][8];
static struct kr_prop props[FILTERS];
static struct kr_entity entity = { .name = "thing",
	.table = "t_thing",
	.scope_read = "TRUE",
	.scope_write = "TRUE",
	.perm_read = "t.read",
	.perm_write = "t.write" };

static const struct kr_entity_sql *
many_filters(void)
{
	for (size_t i = 0; i < FILTERS; i++) {
		snprintf(names[i], sizeof names[i], "p%zu", i);
		props[i] = (struct kr_prop){ names[i], 'c', "t.x", 0, 0,
			KR_P_FILTER | KR_P_SORT, choices, KR_PD_NONE, 0 };
	}
	entity.props = props;
	entity.nprops = FILTERS;
	return kr_entity_sql(&entity, "t");
}

static void
test_shapes(void **state)
{
	struct wish w = { .s = many_filters(), .sort = -1 };
	const struct kr_stmt *first = statement(&w), *last = NULL;

	(void)state;
	for (uint64_t bits = 1; bits < 1u << FILTERS; bits++) {
		w.filters = bits;
		last = statement(&w);
		assert_int_equal(strlen(last->in),
		    strlen(first->in) + (size_t)__builtin_popcountll(bits));
	}
	assert_ptr_equal(statement(&w), last);
	w.filters = 0;
	assert_ptr_equal(statement(&w), first);
	w.down = true;
	assert_non_null(strstr(statement(&w)->sql, "DESC"));
	assert_null(strstr(statement(&w)->sql, "p0 = ?"));
}

/* What somebody searched for is not kept with the statement of it. */
static void
test_words(void **state)
{
	struct wish w = { .s = many_filters(), .sort = 0, .searched = true };

	(void)state;
	w.q = KR_S("canary");
	statement(&w);
	assert_int_equal(shapes->w.q.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
