/* Texts by key, du and Sie, plural forms; days, clocks and sizes in two languages. */
#include "../lib/html_room.h"

static void
english(void)
{
	actor.lang = KR_S("en");
	actor.du = false;
}

static kr_time
at(int year, int month, int day, int hour, int minute)
{
	return kr_time_at(kr_date_civil(year, month, day), hour * 60 + minute);
}

static void
test_keys(void **state)
{
	kr_str name = KR_S("Mia");

	(void)state;
	assert_str(kr_text(&cx, "core.today"), "heute");
	assert_str(kr_text(&cx, "core.no_such_key"), "core.no_such_key");
	assert_str(kr_text(&cx, "nodomain"), "nodomain");
	assert_str(kr_text(&cx, "nowhere.key"), "nowhere.key");
	assert_str(kr_text(&cx, ".key"), ".key");
	assert_str(
	    kr_text_args(&cx, "core.good_morning", &name, 1), "Guten Morgen, Mia");
	assert_str(kr_text(&cx, "core.good_morning"), "Guten Morgen, {1}");
	assert_true(kr_text_exists(&cx, "core.today"));
	assert_false(kr_text_exists(&cx, "core.today_hint"));
	english();
	assert_str(kr_text(&cx, "core.today"), "today");
}

/* What is put in is text: a {2} in it is not filled again. */
static void
test_fill_once(void **state)
{
	kr_str args[] = { KR_S("{2}"), KR_S("x") };

	(void)state;
	assert_str(kr_text_args(&cx, "core.weekday_date", args, 2), "{2}, x");
}

static void
test_du_and_sie(void **state)
{
	struct kr_voice v;

	(void)state;
	assert_true(has(kr_text(&cx, "core.error_403"), "dein"));
	actor.du = false;
	assert_true(has(kr_text(&cx, "core.error_403"), "Ihr"));
	v = kr_voice(KR_S("de"), KR_S(""), KR_ROLE_PUPIL);
	assert_true(v.du);
	v = kr_voice(KR_S("de"), KR_S("sie"), KR_ROLE_PUPIL);
	assert_false(v.du);
	v = kr_voice(KR_S(""), KR_S(""), KR_ROLE_TEACHER);
	assert_false(v.du);
	assert_str(v.lang, "de");
	assert_true(kr_voice(KR_S("de"), KR_S("du"), KR_ROLE_TEACHER).du);
	v = kr_voice(KR_S("en"), KR_S(""), KR_ROLE_PARENT);
	assert_str(kr_text_in(&cx, &v, "core.today", NULL, 0), "today");
}

static void
test_plural(void **state)
{
	(void)state;
	assert_str(kr_text_n(&cx, "core.left_hours", 1, NULL, 0), "noch eine Stunde");
	assert_str(kr_text_n(&cx, "core.left_hours", 9, NULL, 0), "noch 9 Stunden");
	assert_str(kr_text_n(&cx, "core.left_hours", 0, NULL, 0), "noch 0 Stunden");
	assert_str(kr_text_n(&cx, "core.left_days", 1284, NULL, 0), "noch 1.284 Tage");
	english();
	assert_str(kr_text_n(&cx, "core.left_days", 1284, NULL, 0), "1,284 days left");
	assert_str(kr_text_n(&cx, "core.nothing", 2, NULL, 0), "core.nothing");
}

static void
test_guess(void **state)
{
	static const struct {
		const char *query, *cookie, *accept, *lang;
	} cases[] = {
		{ "", "", "", "de" },
		{ "", "", "en-GB,en;q=0.9,de;q=0.8", "en" },
		{ "", "", "tr,fr;q=0.9,en;q=0.5", "en" },
		{ "", "", "ar", "de" },
		{ "", "", "english", "de" },
		{ "", "kr-lang=en", "de", "en" },
		{ "to=%2F&lang=de", "kr-lang=en", "en", "de" },
		{ "lang=xx", "a=b; kr-lang=en", "de", "en" },
	};

	(void)state;
	actor.person = 0;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		req.query = kr_z(cases[i].query);
		req.cookie = kr_z(cases[i].cookie);
		req.accept_language = kr_z(cases[i].accept);
		assert_str(kr_lang_guess(&cx), cases[i].lang);
		assert_str(kr_voice_of(&cx).lang, cases[i].lang);
	}
	req.query = KR_S("lang=en");
	kr_lang_remember(&cx);
	assert_int_equal(answer.nset_cookie, 1);
	assert_true(has(answer.set_cookie[0], "kr-lang=en; Path=/; "));
	req.query = KR_S("lang=%0d%0aX");
	kr_lang_remember(&cx);
	assert_int_equal(answer.nset_cookie, 1);
}

static void
test_days(void **state)
{
	static const struct {
		int year, month, day;
		const char *day_r, *date_r, *short_r;
	} cases[] = {
		{ 2026, 11, 24, "heute", "Dienstag, 24. November", "24.11.2026" },
		{ 2026, 11, 25, "morgen", "Mittwoch, 25. November", "25.11.2026" },
		{ 2026, 11, 23, "gestern", "Montag, 23. November", "23.11.2026" },
		{ 2026, 11, 27, "Freitag", "Freitag, 27. November", "27.11.2026" },
		{ 2026, 11, 30, "Montag", "Montag, 30. November", "30.11.2026" },
		{ 2026, 12, 1, "1. Dezember", "Dienstag, 1. Dezember", "01.12.2026" },
		{ 2026, 11, 18, "Mittwoch", "Mittwoch, 18. November", "18.11.2026" },
		{ 2026, 11, 17, "17. November", "Dienstag, 17. November",
		    "17.11.2026" },
		{ 2027, 1, 7, "7. Januar", "Donnerstag, 7. Januar", "07.01.2027" },
		{ 2027, 8, 1, "1. August 2027", "Sonntag, 1. August 2027",
		    "01.08.2027" },
		{ 2026, 3, 4, "4. März 2026", "Mittwoch, 4. März 2026", "04.03.2026" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		kr_date d = kr_date_civil(cases[i].year, cases[i].month, cases[i].day);

		assert_str(kr_when_day(&cx, d), cases[i].day_r);
		assert_str(kr_when_date(&cx, d), cases[i].date_r);
		assert_str(kr_text_date(&cx, d), cases[i].short_r);
	}
	assert_str(kr_when_day(&cx, KR_NO_DATE), "");
	assert_str(kr_when_date(&cx, KR_NO_DATE), "");
	english();
	assert_str(
	    kr_when_date(&cx, kr_date_civil(2026, 12, 1)), "Tuesday, 1 December");
	assert_str(kr_text_date(&cx, kr_date_civil(2026, 12, 1)), "01/12/2026");
}

static void
test_clocks(void **state)
{
	kr_out *o = kr_out_new(&cx, 't', 16);

	(void)state;
	assert_str(kr_f_when_(o, at(2026, 11, 24, 18, 0)), "heute, 18:00 Uhr");
	assert_str(kr_f_when_(o, at(2026, 11, 27, 14, 0)), "Freitag, 14:00 Uhr");
	assert_str(kr_f_when_(o, at(2026, 12, 7, 8, 5)), "7. Dezember, 8:05 Uhr");
	assert_str(kr_f_when_(o, kr_date_civil(2026, 11, 25)), "morgen");
	assert_str(kr_f_clock_(o, at(2026, 11, 24, 9, 6)), "9:06 Uhr");
	assert_str(kr_f_stamp_(o, at(2026, 11, 24, 9, 6)), "24. November um 9:06 Uhr");
	assert_str(kr_as_text_(o, at(2026, 11, 24, 8, 15)), "24.11.2026, 8:15 Uhr");
	assert_str(kr_f_iso_(o, at(2026, 11, 24, 18, 0)), "2026-11-24T18:00+01:00");
	assert_str(kr_f_iso_(o, at(2026, 7, 1, 0, 30)), "2026-07-01T00:30+02:00");
	assert_str(kr_f_iso_(o, kr_date_civil(2026, 7, 1)), "2026-07-01");
	assert_str(kr_f_when_(o, KR_NO_TIME), "");
	assert_str(kr_f_iso_(o, KR_NO_TIME), "");
	assert_str(kr_f_clock_(o, KR_NO_TIME), "");
	english();
	assert_str(kr_f_when_(o, at(2026, 11, 25, 18, 0)), "tomorrow, 18:00");
	assert_str(kr_f_stamp_(o, at(2026, 11, 24, 9, 6)), "24 November at 9:06");
}

static void
test_left(void **state)
{
	static const struct {
		int64_t minutes;
		const char *text;
	} cases[] = {
		{ 0, "gleich" },
		{ 1, "noch eine Minute" },
		{ 59, "noch 59 Minuten" },
		{ 60, "noch eine Stunde" },
		{ 540, "noch 9 Stunden" },
		{ 1439, "noch 23 Stunden" },
		{ 1440, "noch ein Tag" },
		{ 4320, "noch 3 Tage" },
		{ -1, "vor einer Minute" },
		{ -125, "vor 2 Stunden" },
		{ -2880, "vor 2 Tagen" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_when_left(
			       &cx, (kr_time){ NOW.us + cases[i].minutes * KR_MIN_US }),
		    cases[i].text);
	assert_str(kr_when_left(&cx, (kr_time){ NOW.us - 1000000 }), "gerade eben");
	assert_str(kr_when_left(&cx, KR_NO_TIME), "");
}

static void
test_sizes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1000, "1 kB" },
		{ 188416, "184 kB" },
		{ 1887437, "1,8 MB" },
		{ 2097152, "2 MB" },
		{ 44040192, "42 MB" },
		{ 104857600, "100 MB" },
		{ INT64_C(5368709120), "5 GB" },
		{ -3, "0 B" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_text_size(&cx, cases[i].bytes), cases[i].text);
	english();
	assert_str(kr_text_size(&cx, 1887437), "1.8 MB");
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *initials;
	} cases[] = {
		{ "Mia Öztürk-Lindqvist", "MÖ" },
		{ "Çelik", "Ç" },
		{ "Maximilian Alexander Freiherr von Lüttwitz", "ML" },
		{ "nele von der heydt", "NH" },
		{ "", "" },
		{ "  ", "" },
	};
	kr_out *o = kr_out_new(&cx, 't', 16);

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_f_initials_(o, kr_z(cases[i].name)), cases[i].initials);
	for (kr_id id = 1; id < 200; id++)
		assert_in_range(kr_f_hue_(o, id), 1, 8);
	assert_str(kr_f_ext_(o, KR_S("Skizze.jpg")), "JPG");
	assert_str(kr_f_ext_(o, KR_S("a.b.docx")), "DOCX");
	assert_str(kr_f_ext_(o, KR_S("README")), "");
	assert_str(kr_f_ext_(o, KR_S(".profile")), "");
	assert_str(kr_f_ext_(o, KR_S("x.")), "");
	assert_str(kr_f_ext_(o, KR_S("x.a b")), "");
	assert_int_equal(kr_ext_hue(KR_S("PDF")), 2);
	assert_int_equal(kr_ext_hue(KR_S("")), 8);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, html_begin, html_end)
	const struct CMUnitTest tests[] = { T(test_keys), T(test_fill_once),
		T(test_du_and_sie), T(test_plural), T(test_guess), T(test_days),
		T(test_clocks), T(test_left), T(test_sizes), T(test_names) };

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}
