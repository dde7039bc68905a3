/* Escaping, addresses, plain text to markup: nothing typed by people becomes markup. */
#include "../lib/html_room.h"

static kr_out *
sink(void)
{
	return kr_out_new(&cx, 't', 64);
}

static void
test_escape(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "<script>alert('x')</script>",
		    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
		{ "\" onclick=\"x", "&#34; onclick=&#34;x" },
		{ "a & b &amp; c", "a &amp; b &amp;amp; c" },
		{ "Öztürk „Chor“ – ‹é›", "Öztürk „Chor“ – ‹é›" },
		{ "a\001b\033[0mc\177d", "ab[0mcd" },
		{ "eins\n\tzwei\r\n", "eins\n\tzwei\r\n" },
		{ "&&&&", "&amp;&amp;&amp;&amp;" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		kr_out *o = sink();

		kr_txt_s_(o, kr_z(cases[i].in));
		assert_str(kr_out_html(o).safe_, cases[i].out);
	}
}

static void
test_escape_nul(void **state)
{
	kr_out *o = sink();

	(void)state;
	kr_txt_s_(o, (kr_str){ "a\0<b", 4 });
	assert_str(kr_out_html(o).safe_, "a&lt;b");
}

static void
test_url(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "https://example.org/a?b=c&d=e",
		    "https://example.org/a?b=c&amp;d=e" },
		{ "HTTP://example.org/", "HTTP://example.org/" },
		{ "mailto:a@example.org", "mailto:a@example.org" },
		{ "tel:+4952112345", "tel:+4952112345" },
		{ "/tasks/5#x", "/tasks/5#x" },
		{ "/", "/" },
		{ "#oben", "#oben" },
		{ "?seite=2", "?seite=2" },
		{ "", "#" },
		{ "//evil.example/", "#" },
		{ "/\\evil.example/", "#" },
		{ "javascript:alert(1)", "#" },
		{ "JaVaScRiPt:alert(1)", "#" },
		{ " javascript:alert(1)", "#" },
		{ "java\tscript:alert(1)", "#" },
		{ "\001javascript:alert(1)", "#" },
		{ "data:text/html,x", "#" },
		{ "vbscript:x", "#" },
		{ "tasks/5", "#" },
		{ "https:", "#" },
		{ "https://a/\" onclick=\"x", "#" },
		{ "https://a/\"onclick=\"x", "https://a/&#34;onclick=&#34;x" },
		{ "blob:https://x/1", "#" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		kr_out *o = sink();

		kr_txt_url_(o, kr_z(cases[i].in));
		assert_str(kr_out_html(o).safe_, cases[i].out);
	}
}

static void
test_pattern(void **state)
{
	kr_out *o = sink();
	kr_val two[] = { kr_i(5), kr_s(KR_S("a b/&ü?#..")) };

	(void)state;
	assert_str(kr_url_(o, "/tasks/{}", two, 1), "/tasks/5");
	assert_str(
	    kr_url_(o, "/x/{}/y?q={}", two, 2), "/x/5/y?q=a%20b%2F%26%C3%BC%3F%23..");
	assert_str(kr_url_(o, "/plain", NULL, 0), "/plain");
	assert_str(kr_url_(o, "/x/{}/{}", two, 1), "/x/5/{}");
}

static void
test_numbers(void **state)
{
	kr_out *o = sink();

	(void)state;
	kr_txt_i_(o, INT64_MIN);
	KR_LIT_(o, " ");
	kr_txt_f_(o, 2.5);
	KR_LIT_(o, " ");
	kr_txt_f_(o, -3);
	KR_LIT_(o, " ");
	kr_txt_f_(o, 100);
	assert_str(kr_out_html(o).safe_, "-9223372036854775808 2,5 -3 100");
}

static void
test_lines(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "\n \n", "" },
		{ "Lies Kapitel 4.", "<p>Lies Kapitel 4.</p>" },
		{ "eins\nzwei\n\ndrei", "<p>eins<br>zwei</p><p>drei</p>" },
		{ "a\n\n\n\nb\r", "<p>a</p><p>b</p>" },
		{ "Bringt mit:\n- Heft\n- <b>Stift</b>\nDanke",
		    "<p>Bringt mit:</p><ul><li>Heft</li><li>&lt;b&gt;Stift&lt;/b&gt;</li></ul>"
		    "<p>Danke</p>" },
		{ "-kein Eintrag", "<p>-kein Eintrag</p>" },
		{ "siehe https://example.org/a.",
		    "<p>siehe <a href=\"https://example.org/a\" "
		    "rel=\"noopener noreferrer nofollow\">"
		    "https://example.org/a</a>.</p>" },
		{ "(https://de.wikipedia.org/wiki/Rico_(Buch))",
		    "<p>(<a href=\"https://de.wikipedia.org/wiki/Rico_(Buch)\" rel=\"noopener "
		    "noreferrer nofollow\">https://de.wikipedia.org/wiki/Rico_(Buch)</a>)</p>" },
		{ "https://a.example/?x=1&y=\"><script>",
		    "<p><a href=\"https://a.example/?x=1&amp;y=\" rel=\"noopener noreferrer "
		    "nofollow\">https://a.example/?x=1&amp;y=</a>&#34;&gt;&lt;script&gt;</p>" },
		{ "javascript:alert(1) http:// xhttps://a.example",
		    "<p>javascript:alert(1) http:// xhttps://a.example</p>" },
		{ "HTTPS://EXAMPLE.ORG",
		    "<p><a href=\"HTTPS://EXAMPLE.ORG\" rel=\"noopener "
		    "noreferrer nofollow\">HTTPS://EXAMPLE.ORG</a></p>" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_f_lines_(sink(), kr_z(cases[i].in)).safe_, cases[i].out);
}

/* A long address is shown shortened, never inside a character. */
static void
test_long_link(void **state)
{
	char text[160] = "https://example.org/";
	kr_str html;

	(void)state;
	for (size_t i = 0; i < 60; i++)
		memcpy(text + 20 + 2 * i, "ü", 3);
	html = kr_f_lines_(sink(), kr_z(text)).safe_;
	assert_true(kr_utf8_ok(html));
	assert_true(has(html, "…</a></p>"));
	assert_true(has(html, text));
}

static void
test_breaks(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "Skizze_Dieffenbachstr.jpg", "Skizze_<wbr>Dieffenbachstr.<wbr>jpg" },
		{ "a_", "a_" },
		{ "<b>-x", "&lt;b&gt;-<wbr>x" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_f_breaks_(sink(), kr_z(cases[i].in)).safe_, cases[i].out);
}

static kr_err
draws(kr_ctx *c, kr_out *o)
{
	assert_string_equal(c->plugin, "news");
	kr_txt_s_(o, KR_S("<1>"));
	return KR_OK;
}

static kr_err
fails(kr_ctx *c, kr_out *o)
{
	kr_txt_s_(o, KR_S("half"));
	return kr_fail(c, KR_EFAIL, "broken tile");
}

static kr_err
away(kr_ctx *c, kr_out *o)
{
	(void)o;
	return kr_fail(c, KR_EUPSTREAM, "database");
}

static void
test_part(void **state)
{
	(void)state;
	assert_str(kr_render_part(&cx, "news", draws).safe_, "&lt;1&gt;");
	assert_string_equal(cx.plugin, "tasks");
	assert_str(kr_render_part(&cx, "news", fails).safe_, "");
	assert_int_equal(cx.err, KR_OK);
	assert_str(kr_render_part(&cx, "news", away).safe_, "");
	assert_int_equal(cx.err, KR_EUPSTREAM);
	assert_str(kr_render_part(&cx, "news", draws).safe_, "");
}

static void
test_conditions(void **state)
{
	(void)state;
	assert_true(kr_yes_(KR_S("x")) && !kr_yes_(KR_S("")));
	assert_true(kr_yes_(3) && !kr_yes_(0) && kr_yes_(true) && !kr_yes_(false));
	assert_true(!kr_yes_(KR_NO_DATE) && kr_yes_((kr_date){ 0 }));
	assert_true(!kr_yes_(KR_NO_TIME) && kr_yes_((kr_time){ 0 }));
	assert_true(kr_same_(KR_S("a"), KR_S("a")) && !kr_same_(KR_S("a"), KR_S("b")));
	assert_true(kr_same_(3, 3) && !kr_same_(3, 4));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, html_begin, html_end)
	const struct CMUnitTest tests[] = { T(test_escape), T(test_escape_nul),
		T(test_url), T(test_pattern), T(test_numbers), T(test_lines),
		T(test_long_link), T(test_breaks), T(test_part), T(test_conditions) };

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}
