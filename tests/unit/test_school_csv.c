/* Import files, good and hostile: what is read of them and which row and column is
 * blamed. */
#include "../lib/base_room.h"

#include "../../core/school/import_cell.c"
#include "../../core/school/import_csv.c"
#include "../../core/school/import_parse.c"
#include "../../core/school/import_profile.c"
#include "../../core/school/util.c"

#define FILES "tests/fixtures/import/"

static struct kr_arena *arena;
static struct kr_ctx cx;

static struct kr_import *
parse_bytes(kr_str bytes, const char *profile)
{
	struct kr_import *im;

	kr_ctx_init(&cx, arena, NULL);
	im = KR_NEW(&cx, struct kr_import);
	im->cx = &cx;
	im->plan = KR_NEW(&cx, struct kr_import_plan);
	im->profile = kr_import_profile(kr_z(profile));
	assert_non_null(im->profile);
	kr_import_parse(im, bytes);
	assert_int_equal(kr_status(&cx), KR_OK);
	return im;
}

static struct kr_import *
parse_file(const char *name, const char *profile)
{
	char path[200];
	kr_str bytes;

	kr_arena_reset(arena);
	snprintf(path, sizeof path, FILES "%s", name);
	if (!kr_read_file(arena, path, &bytes))
		fail_msg("%s: cannot be read", path);
	return parse_bytes(bytes, profile);
}

/* ── what is good ── */

static const struct good {
	const char *file, *profile, *people;
} goods[] = {
	{ "good-cp1252.csv", "pupils",
	    "1001/Müller-Lüdenscheidt/Anna-Lena/7b 1002/O'Neill/Jörg Peter/7b "
	    "1003/von der Straße/Chloé \"Coco\"/7c" },
	{ "good-utf8-bom-comma.csv", "pupils",
	    "1/Çelik/Ayşe/5a 2/Dąbrowski/Kacper/10d 3/Đặng/Nguyễn Văn/EF" },
	{ "good-pipe-blank-lines.csv", "pupils",
	    "1/Müller/Zoë/7b 2/Gümüş/Kerem/7b 3/Schmidt/Max/7c" },
	{ "good-utf16le-tab.csv", "pupils", "1/Müller/Jörg/7b 2/Weiß/Änne/7c" },
	{ "good-utf16be.csv", "pupils", "1/Müller/Jörg/7b" },
	{ "good-mac-cr.csv", "pupils", "1/Müller/Jörg/7b 2/Weiß/Anne/7c" },
	{ "good-sep-hint.csv", "pupils", "1/Meier/Ida/7b" },
	{ "good-newline-in-quotes.csv", "pupils", "1/Meier/Ida/7b 2/Weber/Jan/7c" },
	{ "good-trailing-separators.csv", "pupils", "1/Meier/Ida/7b 2/Weber/Jan" },
	{ "good-teachers.csv", "teachers",
	    "0aaf9ca5416c1af4ab5ebf0e07b4e4c5/Şahin/Elif "
	    "x/Wüstenhagen/Jörg/7b,7c,5a x/Brandt/Renate/7b" },
	{ "good-teachers-short.csv", "teachers", "x/Meier/Ida" },
};

static kr_str
people_text(struct kr_import *im)
{
	struct kr_buf b;

	kr_buf_init(&b, arena, 256);
	for (size_t i = 0; i < im->npeople; i++) {
		const struct kr_import_person *p = &im->people[i];

		kr_buf_fmt(&b, "%s%.*s/%.*s/%.*s", i ? " " : "", KR_FMT(p->key),
		    KR_FMT(p->family), KR_FMT(p->given));
		for (size_t k = 0; k < p->nclasses; k++)
			kr_buf_fmt(&b, "%s%.*s", k ? "," : "/",
			    KR_FMT(im->classes[p->classes[k]].name));
	}
	return kr_buf_view(&b);
}

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(goods); i++) {
		struct kr_import *im = parse_file(goods[i].file, goods[i].profile);
		kr_str text = people_text(im);

		for (size_t k = 0; k < im->plan->list.n; k++)
			print_message("%s: line %u: %.*s %.*s\n", goods[i].file,
			    im->plan->list.p[k].row, KR_FMT(im->plan->list.p[k].column),
			    KR_FMT(im->plan->list.p[k].message));
		assert_int_equal(im->plan->errors, 0);
		assert_int_equal(im->plan->rows, im->npeople);
		if (kr_is(kr_z(goods[i].profile), "pupils") &&
		    !kr_is(text, goods[i].people))
			fail_msg("%s: %.*s", goods[i].file, KR_FMT(text));
	}
}

/* The id of a teacher may hold a birthday: it is kept as a hash only. */
static void
test_teachers(void **state)
{
	struct kr_import *im = parse_file("good-teachers.csv", "teachers");

	(void)state;
	assert_int_equal(im->npeople, 3);
	assert_true(im->has_classes && im->has_shorthand);
	for (size_t i = 0; i < im->npeople; i++) {
		const struct kr_import_person *p = &im->people[i];

		assert_int_equal(p->key.n, 32);
		if (kr_is(p->family, "Wüstenhagen")) {
			assert_str(p->shorthand, "WUE");
			assert_int_equal(p->nclasses, 3);
		}
	}
	im = parse_file("good-teachers-short.csv", "teachers");
	assert_false(im->has_classes || im->has_shorthand);
}

/* ── what is bad: all faults, "line column key" ── */

static const struct bad {
	const char *file, *profile, *errors;
} bads[] = {
	{ "bad-utf8.csv", "pupils", "3 Nachname core.import.bad_encoding" },
	{ "bad-cp1252-undefined.csv", "pupils", "3 Vorname core.import.bad_encoding" },
	{ "bad-utf16-cut.csv", "pupils", "2  core.import.bad_encoding" },
	{ "bad-columns-missing.csv", "pupils",
	    "1 Vorname core.import.column_missing 1 Klasse core.import.column_missing" },
	{ "bad-column-twice.csv", "pupils", "1 ID core.import.column_twice" },
	{ "bad-id-missing.csv", "pupils",
	    "2 ID core.import.id_missing 3 ID core.import.id_missing" },
	{ "bad-id-twice.csv", "pupils", "4 ID core.import.id_twice" },
	{ "bad-id-form.csv", "pupils",
	    "2 ID core.import.id_form 3 ID core.import.id_form" },
	{ "bad-names-empty.csv", "pupils",
	    "2 Nachname core.import.family_missing 3 Vorname core.import.given_missing" },
	{ "bad-control.csv", "pupils",
	    "2 Nachname core.import.control 3 Vorname core.import.control 4 Nachname core.import.control" },
	{ "bad-quotes.csv", "pupils", "2 Nachname core.import.bad_quotes" },
	{ "bad-formula.csv", "pupils",
	    "2 Nachname core.import.formula 3 Vorname core.import.formula 4 Nachname core.import.formula "
	    "5 Vorname core.import.formula 6 Nachname core.import.formula 7 Vorname core.import.formula" },
	{ "bad-too-long.csv", "pupils",
	    "2 Nachname core.import.too_long 3 Klasse core.import.too_long" },
	{ "bad-open-quote.csv", "pupils", "2 Nachname core.import.open_quote" },
	{ "bad-nul.csv", "pupils", "0  core.import.not_text" },
	{ "bad-xlsx.csv", "pupils", "0  core.import.is_spreadsheet" },
	{ "bad-empty.csv", "pupils", "1  core.import.empty" },
	{ "bad-blank.csv", "pupils", "1  core.import.empty" },
	{ "bad-garbled.csv", "pupils", "2 Nachname core.import.garbled" },
	{ "bad-row-width.csv", "pupils",
	    "2  core.import.row_too_wide 3 Klasse core.import.row_too_short" },
	{ "bad-image.csv", "pupils", "0  core.import.not_text" },
	{ "bad-json.csv", "pupils", "1  core.import.bad_quotes" },
};

static kr_str
errors_text(struct kr_import *im)
{
	struct kr_buf b;

	kr_buf_init(&b, arena, 256);
	for (size_t i = 0; i < im->plan->list.n; i++) {
		const struct kr_import_row *e = &im->plan->list.p[i];

		assert_int_equal(e->kind, 'e');
		kr_buf_fmt(&b, "%s%u %.*s %.*s", i ? " " : "", e->row,
		    KR_FMT(e->column), KR_FMT(e->message));
	}
	return kr_buf_view(&b);
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(bads); i++) {
		struct kr_import *im = parse_file(bads[i].file, bads[i].profile);
		kr_str text = errors_text(im);

		if (!kr_is(text, bads[i].errors))
			fail_msg("%s: %.*s", bads[i].file, KR_FMT(text));
		assert_int_equal(im->plan->errors, im->plan->list.n);
	}
}

/* ── sizes ── */

static struct kr_buf
begin_file(void)
{
	struct kr_buf b;

	kr_arena_reset(arena);
	kr_buf_init(&b, arena, 1 << 20);
	kr_buf_str(&b, KR_S("ID;Nachname;Vorname;Klasse\n"));
	return b;
}

static void
expect_last(struct kr_buf *b, const char *profile, const char *key, uint32_t line)
{
	struct kr_import *im = parse_bytes(kr_buf_view(b), profile);
	const struct kr_import_row *e;

	assert_true(im->plan->list.n > 0);
	e = &im->plan->list.p[im->plan->list.n - 1];
	assert_str(e->message, key);
	assert_int_equal(e->row, line);
}

static void
test_sizes(void **state)
{
	struct kr_buf b = begin_file();
	struct kr_import *im;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		kr_buf_c(&b, 'x');
	expect_last(&b, "pupils", "core.import.line_too_long", 2);

	b = begin_file();
	kr_buf_str(&b, KR_S("1;\"Meier;Ida;7b\n"));
	for (int i = 0; i < 20000; i++)
		kr_buf_str(&b, KR_S("2;Weber;Jan;7c\n"));
	expect_last(&b, "pupils", "core.import.open_quote", 2);

	b = begin_file();
	for (int i = 0; i < 600; i++)
		kr_buf_c(&b, ';');
	kr_buf_c(&b, '\n');
	expect_last(&b, "pupils", "core.import.too_many_columns", 2);

	b = begin_file();
	for (int i = 1; i <= 50000; i++)
		kr_buf_fmt(&b, "%d;Meier;Ida;%da\n", i, i % 400);
	im = parse_bytes(kr_buf_view(&b), "pupils");
	assert_int_equal(im->plan->errors, 0);
	assert_int_equal(im->npeople, 50000);
	kr_buf_str(&b, KR_S("50001;Meier;Ida;7b\n"));
	expect_last(&b, "pupils", "core.import.too_many_rows", 50002);

	b = begin_file();
	for (int i = 1; i <= 501; i++)
		kr_buf_fmt(&b, "%d;Meier;Ida;k%d\n", i, i);
	expect_last(&b, "pupils", "core.import.many_classes", 502);

	b = begin_file();
	for (int i = 0; i < 5000; i++)
		kr_buf_str(&b, KR_S(";;;\";\"\n"));
	im = parse_bytes(kr_buf_view(&b), "pupils");
	assert_int_equal(im->plan->errors, 5000 * 3);
	assert_int_equal(im->plan->list.n, KR_IMPORT_ERRORS);

	b = begin_file();
	for (size_t i = 0; i < KR_IMPORT_BYTES; i += 16)
		kr_buf_str(&b, KR_S("1;Meier;Ida;7b \n"));
	expect_last(&b, "pupils", "core.import.file_too_large", 0);
}

/* ── small things ── */

static const struct {
	const char *name;
	int grade;
} grades[] = { { "5a", 5 }, { "10d", 10 }, { "07b", 7 }, { "7B", 7 }, { "7", 7 },
	{ "7/2", 7 }, { "8.1", 8 }, { "13", 13 }, { "EF", 11 }, { "ef", 11 },
	{ "Q1", 12 }, { "Q2", 13 }, { "EFa", 11 }, { "Q1 b", 12 }, { "Chor", 0 },
	{ "", 0 }, { "14a", 0 }, { "0a", 0 }, { "2026", 0 }, { "7 ", 0 },
	{ "7Chor", 0 }, { "Effekt", 0 }, { "7ä", 0 }, { "Q", 0 } };

static void
test_grades(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(grades); i++)
		if (kr_class_grade(kr_z(grades[i].name)) != grades[i].grade)
			fail_msg("%s: %d", grades[i].name,
			    kr_class_grade(kr_z(grades[i].name)));
}

static void
test_clean(void **state)
{
	kr_str text;

	(void)state;
	kr_arena_reset(arena);
	kr_ctx_init(&cx, arena, NULL);
	assert_true(kr_clean_text(&cx, KR_S("  Anna \xc2\xa0 Lena "), 80, &text));
	assert_str(text, "Anna Lena");
	assert_true(kr_clean_text(&cx, KR_S("Mu\xcc\x88ller"), 6, &text)); /* NFC */
	assert_str(text, "Müller");
	assert_false(kr_clean_text(&cx, KR_S("Anna"), 3, &text));
	assert_false(kr_clean_text(&cx, KR_S(" \xc2\xa0"), 80, &text));
	assert_false(kr_clean_text(&cx, KR_S("An\nna"), 80, &text));
	assert_false(kr_clean_text(&cx, KR_S("An\xe2\x80\x8bna"), 80, &text));
	assert_false(kr_clean_text(&cx, KR_S("An\xff"), 80, &text));
}

static int
setup(void **state)
{
	(void)state;
	arena = kr_arena_new((size_t)512 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good),
		cmocka_unit_test(test_teachers), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_grades),
		cmocka_unit_test(test_clean) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
