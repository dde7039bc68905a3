/* Forms: token and nonce, limits from the declaration, what was typed and what was
 * wrong. */
#include "../lib/html_room.h"

static kr_out *o;

static kr_str
form(const char *kind, const char *name, kr_val value)
{
	kr_val id = kr_i(5);

	o = kr_out_new(&cx, 't', 64);
	kr_form_begin_(o, "/tasks/{}/edit", &id, 1);
	kr_field_(o, kind, name, "core.files", value);
	kr_form_end_(o);
	return kr_out_html(o).safe_;
}

/* The form comes back: this value was typed there. */
static void
typed(const char *name, const char *text, int64_t i)
{
	static struct kr_value values[8];

	in.values = values;
	in.again = true;
	req.route = &routes[0];
	req.path = KR_S("/tasks/5/edit");
	for (size_t k = 0; k < KR_LEN(task_fields); k++)
		if (strcmp(task_fields[k].name, name) == 0)
			values[in.nvalues++] =
			    (struct kr_value){ &task_fields[k], kr_z(text), i };
}

static void
bad(const char *name, const char *key, const char *arg)
{
	static struct kr_bad faults[8];

	in.bad = faults;
	in.again = true;
	req.route = &routes[0];
	req.path = KR_S("/tasks/5/edit");
	faults[in.nbad++] = (struct kr_bad){ kr_z(name), key, kr_z(arg) };
}

static void
test_head(void **state)
{
	kr_str a = form("text", "title", kr_null()),
	       b = form("text", "title", kr_null());
	kr_str nonce_a =
	    kr_sub(a, (size_t)((const char *)memmem(a.p, a.n, "_nonce", 6) - a.p), 40);

	(void)state;
	assert_true(has(a, "<form method=\"post\" action=\"/tasks/5/edit\" "
			   "enctype=\"multipart/form-data\" data-progress "
			   "data-draft=\"/tasks/5/edit\">"));
	assert_true(has(a, "<input type=\"hidden\" name=\"_csrf\" value=\"TOKEN\">"));
	assert_true(has(a, "<input type=\"hidden\" name=\"_nonce\" value=\""));
	assert_true(lacks(b, kr_cstr(&cx, nonce_a))); /* another one each time */
	assert_true(has(a, "</form>"));
}

static void
test_sign_in(void **state)
{
	kr_str s;

	(void)state;
	actor.person = 0;
	o = kr_out_new(&cx, 't', 64);
	kr_form_begin_(o, "/login", NULL, 0);
	kr_field_(o, "text", "account", "core.files", kr_null());
	kr_field_(o, "password", "password", "core.files", kr_s(KR_S("geheim")));
	kr_button_(o, "primary", "core.sign_in", NULL);
	kr_form_end_(o);
	s = kr_out_html(o).safe_;
	assert_true(lacks(s, "data-draft"));
	assert_true(lacks(s, "multipart"));
	assert_true(lacks(s, "geheim"));
	assert_true(has(s, "autocomplete=\"username\" autocapitalize=\"none\""));
	assert_true(has(s, "autocomplete=\"current-password\""));
	assert_true(has(s, "<button class=\"btn btn-primary\">Anmelden</button>"));
}

static void
test_limits(void **state)
{
	kr_str s = form("text", "title", kr_s(KR_S("A \"B\" <C>")));

	(void)state;
	assert_true(
	    has(s, "<label class=\"form-label\" for=\"f1-title\">Dateien</label>"));
	assert_true(has(s, "id=\"f1-title\" name=\"title\" required maxlength=\"120\" "
			   "minlength=\"2\" value=\"A &#34;B&#34; &lt;C&gt;\">"));
	s = form("number", "points", kr_i(13));
	assert_true(
	    has(s, "inputmode=\"numeric\" id=\"f1-points\" name=\"points\" min=\"0\" "
		   "max=\"15\" value=\"13\">"));
	s = form("area", "body", kr_s(KR_S("\neins")));
	assert_true(has(s, "maxlength=\"20000\">\n\neins</textarea>"));
	s = form("text", "unknown", kr_null());
	assert_true(has(s, "name=\"unknown\" value=\"\">"));
}

static void
test_dates(void **state)
{
	kr_str s = form("date", "due", kr_d(kr_date_civil(2026, 12, 4)));

	(void)state;
	assert_true(has(s, "type=\"date\" id=\"f1-due\" name=\"due\" required "
			   "value=\"2026-12-04\">"));
	assert_true(has(form("date", "due", kr_null()), "value=\"\">"));
	s = form("datetime", "at", kr_t(kr_time_at(kr_date_civil(2026, 7, 1), 605)));
	assert_true(has(s, "value=\"2026-07-01T10:05\">"));
	typed("due", "4.12.2026", 0);
	assert_true(has(form("date", "due", kr_null()), "value=\"2026-12-04\">"));
}

static void
test_check_and_select(void **state)
{
	kr_str s = form("check", "late", kr_b(true));

	(void)state;
	assert_true(
	    has(s, "<label class=\"k-check\"><input type=\"checkbox\" value=\"1\" "
		   "id=\"f1-late\" name=\"late\" checked><span>Dateien</span>"));
	assert_true(lacks(form("check", "late", kr_b(false)), "checked"));
	s = form("select", "kind", kr_s(KR_S("file")));
	assert_true(has(s, "<option value=\"file\" selected>core.files_file</option>"));
	assert_true(lacks(s, "Bitte ausw"));
	s = form("select", "kind", kr_null());
	assert_true(has(s, "<option value=\"\" selected>Bitte auswählen</option>"));
	/* a box that was unticked stays so when the form comes back */
	typed("title", "x", 0);
	assert_true(lacks(form("check", "late", kr_b(true)), "checked"));
}

static void
test_again(void **state)
{
	kr_str s;

	(void)state;
	typed("title", "<x>", 0);
	bad("title", "core.field_too_short", "2");
	bad("", "core.error_409", "");
	s = form("text", "title", kr_s(KR_S("old")));
	assert_true(has(s, "<div class=\"k-field k-bad\">"));
	assert_true(has(s, "aria-invalid=\"true\" aria-describedby=\"f1-title-e\""));
	assert_true(has(s, "value=\"&lt;x&gt;\">"));
	assert_true(lacks(s, "old"));
	assert_true(has(s, "<div class=\"k-err\" id=\"f1-title-e\"><svg"));
	assert_true(has(s, "mindestens 2 Zeichen."));
	/* the note comes first, after the hidden fields */
	assert_true(
	    has(s, "\"><div class=\"k-note is-due\" role=\"alert\" tabindex=\"-1\">"));
	assert_true(has(s, "Da stimmen 2 Angaben noch nicht:"));
	assert_true(has(s, "<li><a href=\"#f1-title\">Dateien</a>: "));
	assert_true(has(s, "<li>Inzwischen hat sich etwas geändert</li>"));
}

/* Another form of the same page is not filled with what was typed into this one. */
static void
test_again_elsewhere(void **state)
{
	kr_str s;

	(void)state;
	typed("title", "typed", 0);
	bad("title", "core.field_too_short", "2");
	req.path = KR_S("/tasks/6/edit");
	s = form("text", "title", kr_s(KR_S("stored")));
	assert_true(has(s, "value=\"stored\""));
	assert_true(lacks(s, "k-note"));
	assert_true(lacks(s, "k-bad"));
}

static void
test_group(void **state)
{
	kr_str s = form("group", "group", kr_i(9));

	(void)state;
	assert_true(
	    has(s, "<optgroup label=\"Meine Gruppen\"><option value=\"7\">7b</option>"
		   "<option value=\"9\" selected>Chor &amp; Band</option></optgroup>"
		   "</select>"));
	actor.roles = KR_ROLE_TEACHER;
	s = form("group", "group", kr_null());
	assert_true(
	    has(s, "<optgroup label=\"Alle Gruppen der Schule\"><option value=\"5\">"));
}

static void
test_audience(void **state)
{
	kr_str s = form("audience", "who", kr_i(9));

	(void)state;
	assert_true(
	    has(s, "<fieldset class=\"k-field\"><legend class=\"form-label\">"));
	assert_true(
	    has(s, "name=\"who\" value=\"group:9\" checked><span>Chor &amp; Band"));
	assert_true(lacks(s, "roles:"));
	assert_true(lacks(s, "parents:"));
	actor.roles = KR_ROLE_TEACHER;
	s = form("audience", "who", kr_null());
	assert_true(has(s, "value=\"roles:1\"><span>Alle Schülerinnen und Schüler"));
	assert_true(has(s, "value=\"parents:7\"><span>Eltern der 7b"));
	assert_true(has(s, "<details class=\"k-more-groups\"><summary>"));
	typed("who", "group:6", 0);
	typed("who", "roles:4", 0);
	s = form("audience", "who", kr_i(9));
	assert_true(has(s, "value=\"group:6\" checked>"));
	assert_true(has(s, "value=\"roles:4\" checked>"));
	assert_true(has(s, "value=\"group:9\"><span>"));
	assert_true(has(s, "<details class=\"k-more-groups\" open><summary>"));
}

static void
test_files(void **state)
{
	kr_str s = form("file", "work", kr_null());

	(void)state;
	assert_true(has(s, "id=\"f1-work-list\" hidden></ul>"));
	assert_true(
	    has(s, "type=\"file\" id=\"f1-work\" name=\"work\" required multiple "
		   "data-max-files=\"10\" data-max-bytes=\"104857600\" "
		   "data-list=\"f1-work-list\">"));
	assert_true(has(s, "höchstens 10 Dateien, je 100 MB"));
	typed("work", "Skizze_A.jpg", 77);
	s = form("file", "work", kr_null());
	assert_true(has(s, "<b>Skizze_<wbr>A.<wbr>jpg</b>"));
	assert_true(
	    has(s, "name=\"work.kept\" value=\"77\" aria-label=\"„Skizze_A.jpg“ "
		   "behalten\">"));
	assert_true(lacks(s, " required"));
}

static void
test_file_row(void **state)
{
	struct kr_file f = { .name = KR_STR_INIT("a<b.pdf"),
		.type = KR_STR_INIT("application/pdf"),
		.size = 188416,
		.scan = KR_FILE_CLEAN,
		.url = KR_STR_INIT("https://content.example/x"),
		.download = KR_STR_INIT("https://content.example/y") };
	kr_str s;

	(void)state;
	o = kr_out_new(&cx, 't', 64);
	kr_file_row_(o, &f);
	s = kr_out_html(o).safe_;
	assert_true(
	    has(s, "<span class=\"k-mark h2k s\" aria-hidden=\"true\">PDF</span>"));
	assert_true(has(s, "a&lt;b.<wbr>pdf"));
	assert_true(has(s, "184 kB"));
	assert_true(
	    has(s, "href=\"https://content.example/x\" aria-label=\"„a&lt;b.pdf“ "
		   "ansehen\" data-view=\"pdf\""));
	assert_true(has(s, "href=\"https://content.example/y\""));
	f.scan = KR_FILE_WAITING;
	o = kr_out_new(&cx, 't', 64);
	kr_file_row_(o, &f);
	s = kr_out_html(o).safe_;
	assert_true(has(s, "wird noch geprüft"));
	assert_true(lacks(s, "href="));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, html_begin, html_end)
	const struct CMUnitTest tests[] = { T(test_head), T(test_sign_in),
		T(test_limits), T(test_dates), T(test_check_and_select), T(test_again),
		T(test_again_elsewhere), T(test_group), T(test_audience), T(test_files),
		T(test_file_row) };

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}
