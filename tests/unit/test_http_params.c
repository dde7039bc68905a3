/* Queries and plain forms: decoded once, or refused. */
#include "../lib/base_room.h"

#include "../../core/http/params.c"

#include "../lib/work.h"

static void
test_pairs(void **state)
{
	kr_str rest = KR_S("a=1&b=x+y%2Bz&&c&d=%C3%BC=%253D&="), name, value;
	static const struct {
		const char *name, *value;
	} want[] = { { "a", "1" }, { "b", "x y+z" }, { "c", "" }, { "d", "ü=%3D" },
		{ "", "" } };

	(void)state;
	for (size_t i = 0; i < KR_LEN(want); i++) {
		assert_int_equal(
		    kr_param_next(arena, &rest, &name, &value), KR_PARAM_ONE);
		assert_str(name, want[i].name);
		assert_str(value, want[i].value);
	}
	assert_int_equal(kr_param_next(arena, &rest, &name, &value), KR_PARAM_NONE);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = { "a=%", "a=%4", "a=%zz", "a=%00", "%ff=1",
		"a=%c3", "a=%c0%80", "a=%ed%a0%80", "a=%f4%90%80%80", "a=\xff" };
	kr_str name, value;

	(void)state;
	for (size_t i = 0; i < KR_LEN(bad); i++) {
		kr_str rest = kr_z(bad[i]);

		if (kr_param_next(arena, &rest, &name, &value) != KR_PARAM_BAD)
			fail_msg("taken: %s", bad[i]);
	}

	kr_str nothing = KR_S(""), null = { NULL, 0 };

	assert_int_equal(kr_param_next(arena, &nothing, &name, &value), KR_PARAM_NONE);
	assert_int_equal(kr_param_next(arena, &null, &name, &value), KR_PARAM_NONE);
}

static void
test_text(void **state)
{
	(void)state;
	assert_str(kr_param_text(arena, KR_S("a\r\nb\rc\nd\r")), "a\nb\nc\nd\n");
	assert_str(kr_param_text(arena, KR_S("u\xcc\x88")), "ü");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
