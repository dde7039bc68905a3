/* From policies, roles and days to an answer: is the module open to this person today,
   and until when does that hold? */
#include "../lib/base_room.h"

#include "../../core/auth/rights.c"

#define NONE INT32_MIN
#define TODAY 20000

static const struct kr_perm perms[] = {
	{ "tasks.read", "tasks.p_read", KR_ROLE_PUPIL | KR_ROLE_TEACHER },
	{ "tasks.write", "tasks.p_write", KR_ROLE_TEACHER },
};
static const struct kr_plugin tasks = { .name = "tasks", KR_TAB(perms, perms) };
static const struct kr_plugin people = { .name = "people", .flags = KR_PL_SYSTEM };

static void
dates(void **state)
{
	static const struct {
		int32_t from, until;
		uint32_t roles;
		bool mine, open;
		int32_t next;
	} rows[] = {
		{ TODAY, NONE, KR_ROLE_PUPIL, false, true, NONE },
		{ TODAY - 9, TODAY, KR_ROLE_PUPIL, false, true, TODAY + 1 },
		{ TODAY - 9, TODAY - 1, KR_ROLE_PUPIL, false, false, NONE },
		{ TODAY + 3, NONE, KR_ROLE_PUPIL, false, false, TODAY + 3 },
		{ TODAY + 3, TODAY + 9, KR_ROLE_PUPIL, true, false, TODAY + 3 },
		{ TODAY, TODAY + 9, KR_ROLE_TEACHER, false, false, TODAY + 10 },
		{ TODAY, TODAY + 9, KR_ROLE_TEACHER, true, true, TODAY + 10 },
		{ TODAY, NONE, 0, false, false, NONE },
		{ TODAY, NONE, 0, true, true, NONE },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(rows); i++) {
		struct policy p = { KR_S("tasks"), rows[i].roles, { rows[i].from },
			{ rows[i].until }, rows[i].mine };
		kr_date next = KR_NO_DATE;

		assert_int_equal(
		    policy_opens(&p, KR_ROLE_PUPIL, (kr_date){ TODAY }, &next),
		    rows[i].open);
		assert_int_equal(next.day, rows[i].next);
	}
}

static void
modules(void **state)
{
	const struct policy list[] = {
		{ KR_S("news"), KR_ROLE_ALL, { TODAY }, { TODAY + 2 }, false },
		{ KR_S("tasks"), KR_ROLE_TEACHER, { TODAY }, KR_NO_DATE, false },
	};
	struct rules r = { list, 2, KR_ROLE_TEACHER, { TODAY }, KR_NO_DATE };

	(void)state;
	assert_true(module_open(&tasks, &r));
	r.roles = KR_ROLE_PUPIL;
	assert_false(module_open(&tasks, &r));
	r.n = 1;
	r.roles = KR_ROLE_TEACHER;
	assert_false(module_open(&tasks, &r));
	assert_int_equal(
	    r.next.day, NONE); /* other modules' days are none of its own */
	r.n = 0;
	assert_true(module_open(&people, &r));
}

static void
bits(void **state)
{
	struct kr_right rights[] = { { "module:tasks", 9 }, { "tasks.read", 1023 },
		{ "tasks.write", 0 } };
	struct kr_app app = { .rights = rights, .nrights = 3 };
	struct kr_loaded m = { .p = &tasks, .module_bit = 9, .name = "tasks" };
	struct kr_actor a = { .person = 1 };

	(void)state;
	module_bits(&app, &m, KR_ROLE_PUPIL | KR_ROLE_PARENT, a.rights);
	assert_true(kr_actor_has(&a, 9));
	assert_true(kr_actor_has(&a, kr_right_bit(&app, "tasks.read")));
	assert_false(kr_actor_has(&a, kr_right_bit(&app, "tasks.write")));
	assert_int_equal(kr_right_bit(&app, "tasks.rea"), NO_BIT);
	assert_false(kr_actor_has(&a, NO_BIT));
	assert_false(kr_actor_has(&a, 1024));
	a.system = true;
	assert_true(kr_actor_has(&a, 5));
}

/* A plugin that was compiled when rows were shorter or longer. */
static void
strides(void **state)
{
	struct wide {
		struct kr_perm p;
		const char *more;
	};
	const struct wide rows[] = { { { "x.a", "x.t", 1 }, "?" },
		{ { "x.b", "x.t", 2 }, "?" } };
	const struct kr_plugin p = { .name = "x",
		.perms = &rows[0].p,
		.nperms = 2,
		.size_perms = sizeof rows[0] };

	(void)state;
	assert_string_equal(kr_perm_at(&p, 1)->id, "x.b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates),
		cmocka_unit_test(modules),
		cmocka_unit_test(bits),
		cmocka_unit_test(strides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
