/* Dates and clocks, with the two nights a year that matter. */
#include "../lib/base_room.h"

#include "../lib/work.h"

static void
test_civil(void **state)
{
	(void)state;
	assert_int_equal(kr_date_civil(1970, 1, 1).day, 0);
	assert_int_equal(kr_date_civil(2000, 2, 29).day, 11016);
	assert_int_equal(kr_date_civil(1969, 12, 31).day, -1);
	/* every day of 8,000 years, there and back */
	for (int32_t d = kr_date_civil(1000, 1, 1).day;
	     d < kr_date_civil(9000, 1, 1).day; d += 7) {
		struct kr_civil c = kr_civil_date((kr_date){ d });

		assert_int_equal(kr_date_civil(c.year, c.month, c.day).day, d);
	}
	assert_int_equal(kr_civil_date(kr_date_civil(2026, 11, 23)).weekday, 0);
	assert_int_equal(kr_civil_date(kr_date_civil(2026, 11, 22)).weekday, 6);
	assert_int_equal(kr_civil_date(kr_date_civil(1900, 1, 1)).weekday, 0);
}

static void
test_berlin(void **state)
{
	kr_date winter = kr_date_civil(2026, 1, 15),
		summer = kr_date_civil(2026, 7, 15);
	kr_date spring = kr_date_civil(2026, 3, 29),
		autumn = kr_date_civil(2026, 10, 25);

	(void)state;
	assert_int_equal(
	    kr_time_at(winter, 0).us, winter.day * KR_DAY_US - 60 * KR_MIN_US);
	assert_int_equal(kr_time_at(summer, 8 * 60 + 15).us,
	    summer.day * KR_DAY_US + (6 * 60 + 15) * KR_MIN_US);

	/* just before midnight in Berlin is the day before in nobody's eyes */
	kr_time late = { summer.day * KR_DAY_US + (21 * 60 + 59) * KR_MIN_US };

	assert_int_equal(kr_date_of(late).day, summer.day);
	assert_int_equal(
	    kr_date_of((kr_time){ late.us + KR_MIN_US }).day, summer.day + 1);

	/* 02:30 does not exist in spring: 03:30 */
	struct kr_civil c = kr_civil(kr_time_at(spring, 150));

	assert_int_equal(c.hour, 3);
	assert_int_equal(c.minute, 30);
	/* 02:30 exists twice in autumn: the first, which is summer time */
	assert_int_equal(
	    kr_time_at(autumn, 150).us, autumn.day * KR_DAY_US + 30 * KR_MIN_US);
	/* a day of 25 hours */
	assert_int_equal(
	    kr_time_at((kr_date){ autumn.day + 1 }, 0).us - kr_time_at(autumn, 0).us,
	    25 * 60 * KR_MIN_US);
	/* minutes past the day's end go on: due "24:00" */
	assert_int_equal(
	    kr_time_at(winter, 1440).us, kr_time_at((kr_date){ winter.day + 1 }, 0).us);
	assert_int_equal(kr_time_at(KR_NO_DATE, 5).us, KR_NO_TIME.us);
	assert_int_equal(kr_date_of(KR_NO_TIME).day, KR_NO_DATE.day);
	/* before 1970 */
	assert_int_equal(kr_date_of((kr_time){ -1 }).day, 0);
	assert_int_equal(kr_civil((kr_time){ -KR_DAY_US }).hour, 1);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		const char *iso;
	} cases[] = {
		{ "2026-11-24", true, "2026-11-24" },
		{ "24.11.2026", true, "2026-11-24" },
		{ " 4.1.2026 ", true, "2026-01-04" },
		{ "29.2.2024", true, "2024-02-29" },
		{ "29.2.2026", false, "" },
		{ "31.4.2026", false, "" },
		{ "24.11.26", false, "" },
		{ "2026-1-1", false, "" },
		{ "2026-11-24-", false, "" },
		{ "24.11.2026.", false, "" },
		{ "0.11.2026", false, "" },
		{ "-1.11.2026", false, "" },
		{ "24.13.2026", false, "" },
		{ "0999-01-01", false, "" },
		{ "today", false, "" },
		{ "", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		kr_date d = KR_NO_DATE;

		assert_int_equal(kr_date_parse(kr_z(cases[i].text), &d), cases[i].ok);
		assert_str(kr_date_iso(&cx, d), cases[i].iso);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_civil),
		cmocka_unit_test(test_berlin),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
