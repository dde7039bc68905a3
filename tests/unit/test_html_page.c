/* The frame, the board and the error pages. KR_SHOW=DIR writes the pages there, to be
   looked at. */
#include "../lib/html_room.h"

static void
show(const char *name)
{
	const char *dir = getenv("KR_SHOW");
	char path[512];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s.html", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(answer.body.p, 1, answer.body.n, f);
	fclose(f);
}

static kr_str
page(char kind, const char *name)
{
	kr_out *o = kr_page_begin_(&cx, kind);

	kr_page_title_(o, KR_S("Auf<gaben>"));
	KR_LIT_(o, "<div class=\"k-wide\"><div class=\"k-head\"><div><h1>");
	kr_txt_s_(o, KR_S("Aufgaben & mehr"));
	KR_LIT_(o, "</h1></div></div></div>");
	assert_int_equal(kr_page_end_(o), KR_OK);
	show(name);
	return kr_buf_view(&answer.body);
}

static void
test_frame(void **state)
{
	kr_str s;

	(void)state;
	actor.theme = KR_S("dark");
	s = page('p', "frame");
	assert_int_equal(answer.status, 200);
	assert_str(answer.mime, "text/html; charset=utf-8");
	assert_true(has(s,
	    "<!doctype html>\n<html lang=\"de\" data-theme=\"dark\" "
	    "data-person=\"17\" data-live=\"/_live\" data-login=\"/login?to=\">"));
	assert_true(has(s, "<title>Auf&lt;gaben&gt; – Gesamtschule Lindenhof</title>"));
	assert_true(has(s, "<h1>Aufgaben &amp; mehr</h1>"));
	assert_true(has(s, "href=\"/notices\" aria-label=\"Mitteilungen, 2 neue\""));
	assert_true(has(s, "data-live-count aria-hidden=\"true\">2</span>"));
	assert_true(has(s, "action=\"/logout\" data-sign-out data-plain>"));
	assert_true(has(s, "MÖ</span>"));
	assert_true(has(s, "<script type=\"module\" src=\"/_s/"));
	assert_true(has(s, "data-bell-some=\"Mitteilungen, {n} neue\""));
	assert_true(lacks(s, "style="));
}

/* What is not open to this person is not there; the longest address is the current one.
 */
static void
test_navigation(void **state)
{
	kr_str s = page('p', "nav");

	(void)state;
	assert_true(has(s, "<a href=\"/tasks\" aria-current=\"page\">"));
	assert_true(has(s, "<a href=\"/\">"));
	assert_true(lacks(s, "/secret"));
	assert_true(lacks(s, "/news"));
	assert_true(has(s, "<h2>Verwaltung</h2>"));
	html_begin(NULL);
	req.path = KR_S("/tasks/all/7");
	s = page('p', "nav2");
	assert_true(has(s, "<a href=\"/tasks/all\" aria-current=\"page\">"));
	assert_true(has(s, "<a href=\"/tasks\">"));
	html_begin(NULL);
	req.path = KR_S("/tasksnot");
	assert_true(lacks(page('p', "nav3"), "aria-current"));
	html_begin(NULL);
	req.path = KR_S("/");
	actor.rights[0] = 1 << 4;
	s = page('p', "nav4");
	assert_true(has(s, "<a href=\"/\" aria-current=\"page\">"));
	assert_true(has(s, "href=\"/news\""));
	assert_true(lacks(s, "href=\"/tasks\""));
}

/* A plugin compiled with shorter menu rows than core's: the missing tail reads as zero.
 */
static void
test_short_rows(void **state)
{
	static const struct kr_menu row = { "core.search", "/short", "home", NULL, 1,
		KR_M_ADMIN };
	static const struct kr_plugin p = { .name = "short",
		.flags = KR_PL_SYSTEM,
		.menu = &row,
		.nmenu = 1,
		.size_menu = offsetof(struct kr_menu, flags) };
	struct kr_loaded two[] = { loaded[0], { .p = &p, .name = "short" } };

	(void)state;
	app.plugins = two;
	app.nplugins = 2;
	assert_true(has(page('p', "short"), "href=\"/short\""));
	assert_true(lacks(kr_buf_view(&answer.body), "Verwaltung"));
}

static void
test_flash(void **state)
{
	kr_str s;

	(void)state;
	flash_key = "core.trashed";
	flash_undo = "/tasks/5/restore";
	s = page('p', "flash");
	assert_true(has(s, "role=\"status\">"));
	assert_true(has(s, "In den Papierkorb gelegt."));
	assert_true(has(s, "action=\"/tasks/5/restore\" class=\"k-acts\">"));
	assert_true(has(s, "Rückgängig</button>"));
	flash_key = "core.no_such_key";
	html_begin(NULL);
	flash_key = "core.no_such_key";
	assert_true(lacks(page('p', "flash2"), "k-note"));
}

static void
test_wall(void **state)
{
	kr_str s;

	(void)state;
	actor = (struct kr_actor){ 0 };
	req.path = KR_S("/login");
	req.accept_language = KR_S("en");
	req.query = KR_S("x=1&to=%2Ftasks");
	s = page('w', "wall");
	assert_true(has(s, "<html lang=\"en\""));
	assert_true(lacks(s, "data-person"));
	assert_true(lacks(s, "k-nav"));
	assert_true(has(s,
	    "href=\"/login?lang=de&amp;to=%2Ftasks\" lang=\"de\" hreflang=\"de\">Deutsch</a>"));
	assert_true(has(s, "<main class=\"two\""));
	assert_true(has(s, "k-art k-chalk"));
}

static void
test_failed_page(void **state)
{
	kr_out *o = kr_page_begin_(&cx, 'p');

	(void)state;
	KR_LIT_(o, "half");
	kr_fail(&cx, KR_EFAIL, "broken");
	assert_int_equal(kr_page_end_(o), KR_EFAIL);
	assert_int_equal(answer.body.n, 0);
}

static void
test_errors(void **state)
{
	static const int statuses[] = { 400, 401, 403, 404, 405, 409, 413, 422, 429,
		500, 502, 503, 507, 599 };

	(void)state;
	for (size_t i = 0; i < KR_LEN(statuses); i++) {
		char name[32];
		kr_str s;

		html_begin(NULL);
		kr_fail(&cx, KR_EFAIL, "whatever");
		answer.location = KR_S("/x");
		answer.allow = KR_S("GET");
		answer.nset_cookie = 1;
		kr_error_page(&cx, statuses[i]);
		snprintf(name, sizeof(name), "error-%d", statuses[i]);
		show(name);
		s = kr_buf_view(&answer.body);
		assert_int_equal(answer.status, statuses[i]);
		assert_int_equal(answer.location.n, 0);
		assert_int_equal(answer.nset_cookie, 0);
		assert_str(answer.allow, "GET");
		assert_true(has(s, "7f4m2q00aa11bb22"));
		assert_true(lacks(s, "core."));
		assert_int_equal(cx.err, KR_EFAIL); /* the log still wants it */
	}
}

/* No actor, no plugins, no input: still a page. */
static void
test_bare_error(void **state)
{
	kr_str s;

	(void)state;
	cx.actor = NULL;
	cx.in = NULL;
	app.nplugins = 0;
	kr_error_page(&cx, 404);
	s = kr_buf_view(&answer.body);
	show("bare-404");
	assert_true(has(s, "Diese Seite gibt es hier nicht"));
	assert_true(has(s, "<body class=\"k-wall\">"));
	assert_true(lacks(s, "class=\"two\""));
	cx.app = NULL;
	cx.req = NULL;
	kr_error_page(&cx, 503);
	assert_true(has(kr_buf_view(&answer.body), "Wir wischen kurz die Tafel"));
	assert_int_equal(answer.retry_after_s, 5);
}

/* Not a test but a page with every kind of field, for the eye. */
static void
test_all_kinds(void **state)
{
	static const struct {
		const char *kind, *name;
	} rows[] = { { "text", "title" }, { "area", "body" }, { "date", "due" },
		{ "datetime", "at" }, { "number", "points" }, { "select", "kind" },
		{ "group", "group" }, { "audience", "who" }, { "person", "person" },
		{ "file", "work" }, { "check", "late" } };
	static struct kr_value values[] = { { &task_fields[0],
						KR_STR_INIT("Lesetagebuch"), 0 },
		{ &task_fields[10], KR_STR_INIT("Skizze_Dieffenbachstr.jpg"), 9 } };
	static struct kr_bad faults[] = {
		{ KR_STR_INIT("title"), "core.field_too_short", KR_STR_INIT("20") },
		{ KR_STR_INIT("who"), "core.field_required", { NULL, 0 } },
		{ KR_STR_INIT("work"), "core.file_infected",
		    KR_STR_INIT("Kapitel5.docm") }
	};
	kr_out *o;
	kr_val id = kr_i(5);

	(void)state;
	actor.roles = KR_ROLE_TEACHER;
	in = (struct kr_input){
		.values = values, .nvalues = 2, .bad = faults, .nbad = 3, .again = true
	};
	req.route = &routes[0];
	req.path = KR_S("/tasks/5/edit");
	o = kr_page_begin_(&cx, 'p');
	kr_page_title_(o, KR_S("Formular"));
	KR_LIT_(o, "<div class=\"k-wide\"><div class=\"k-head\"><div><h1>Formular</h1>"
		   "</div></div><div class=\"k-narrow\">");
	kr_form_begin_(o, "/tasks/{}/edit", &id, 1);
	for (size_t i = 0; i < KR_LEN(rows); i++)
		kr_field_(o, rows[i].kind, rows[i].name, "core.files", kr_null());
	KR_LIT_(o, "<div class=\"k-acts\">");
	kr_button_(o, "primary", "core.save", "check");
	kr_button_(o, "quiet", "core.cancel", NULL);
	KR_LIT_(o, "</div>");
	kr_form_end_(o);
	kr_empty_(o, "folder", "core.notices_empty", "core.notices_empty_text");
	KR_LIT_(o, "</div></div>");
	assert_int_equal(kr_page_end_(o), KR_OK);
	show("form");
	assert_true(kr_utf8_ok(kr_buf_view(&answer.body)));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, html_begin, html_end)
	const struct CMUnitTest tests[] = { T(test_frame), T(test_navigation),
		T(test_short_rows), T(test_flash), T(test_wall), T(test_failed_page),
		T(test_errors), T(test_bare_error), T(test_all_kinds) };

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}
