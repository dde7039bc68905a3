/* Contextual escaping, which is what Kreide has in place of a sanitiser: nobody's text
   becomes an element, an attribute or an address of another kind, and what a browser
   shows is the text that was typed. */
#include "fuzz.h"

#include "html/html.h"

#include <strings.h>

static struct kr_ctx cx;
static struct kr_out *out;

static kr_str
drawn(void)
{
	return kr_buf_view(&out->buf);
}

/* One of our five entities or a byte as it stands. */
static char
byte_at(kr_str s, size_t *at)
{
	static const struct {
		const char *entity;
		char c;
	} all[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&#34;", '"' }, { "&#39;", '\'' } };

	for (size_t i = 0; i < KR_LEN(all); i++)
		if (kr_starts(kr_sub(s, *at, s.n), kr_z(all[i].entity))) {
			*at += strlen(all[i].entity);
			return all[i].c;
		}
	MUST(memchr("&<>\"'", s.p[*at], 5) == NULL);
	return s.p[(*at)++];
}

/* Without the control bytes that HTML does not know. */
static kr_str
visible(kr_str s)
{
	struct kr_buf b;

	kr_buf_init(&b, cx.arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r')
			kr_buf_c(&b, s.p[i]);
	}
	return kr_buf_view(&b);
}

static kr_str
unescaped(kr_str s)
{
	struct kr_buf b;

	kr_buf_init(&b, cx.arena, s.n + 1);
	for (size_t at = 0; at < s.n;)
		kr_buf_c(&b, byte_at(s, &at));
	return kr_buf_view(&b);
}

/* The only addresses that a value may become: of this house, or of three schemes. */
static void
harmless(kr_str url)
{
	static const char *const ok[] = { "https:", "http:", "mailto:", "tel:", "#",
		"?", "/" };
	bool known = false;

	for (size_t i = 0; i < KR_LEN(ok); i++)
		known = known || (url.n >= strlen(ok[i]) &&
				     strncasecmp(url.p, ok[i], strlen(ok[i])) == 0);
	MUST(known && !fuzz_holds(url, "\\") && !kr_starts(url, KR_S("//")));
	for (size_t i = 0; i < url.n; i++)
		MUST((unsigned char)url.p[i] > ' ');
}

/* Markup of lines.c: these elements, in order, closed, and between them text. What is
   shown is gathered, blanks and signs of lists aside. */
static void
paragraphs(kr_str s, struct kr_buf *shown, bool *cut_r)
{
	static const char a[] = "<a href=\"",
			  rel[] = "\" rel=\"noopener noreferrer nofollow\">";
	static const char *const tags[] = { "<p>", "</p>", "<ul>", "</ul>", "<li>",
		"</li>", "<br>", "</a>" };
	static const int step[] = { 1, -1, 1, -1, 1, -1, 0, -1 };
	int open = 0;

	for (size_t at = 0; at < s.n;) {
		kr_str rest = kr_sub(s, at, s.n);
		size_t i = 0, end;

		if (s.p[at] != '<') {
			kr_buf_c(shown, byte_at(s, &at));
			continue;
		}
		while (i < KR_LEN(tags) && !kr_starts(rest, kr_z(tags[i])))
			i++;
		if (i < KR_LEN(tags)) {
			open += step[i];
			at += strlen(tags[i]);
		} else {
			MUST(kr_starts(rest, kr_z(a)));
			for (end = strlen(a); end < rest.n && rest.p[end] != '"'; end++)
				MUST(rest.p[end] != '<' && rest.p[end] != '>');
			harmless(unescaped(kr_sub(rest, strlen(a), end - strlen(a))));
			MUST(kr_starts(kr_sub(rest, end, rest.n), kr_z(rel)));
			at += end + strlen(rel);
			open++;
		}
		MUST(open >= 0 && open <= 3);
	}
	MUST(open == 0);
	*cut_r = fuzz_holds(s, "…</a>");
}

/* Without blanks, control bytes and the signs that begin an entry of a list. */
static kr_str
bare(kr_str s)
{
	struct kr_buf b;

	kr_buf_init(&b, cx.arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ' && s.p[i] != 0x7f &&
		    memchr("-*", s.p[i], 2) == NULL &&
		    memchr("\xe2\x80\xa2\x93", s.p[i], 4) == NULL)
			kr_buf_c(&b, s.p[i]);
	return kr_buf_view(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	kr_str in = fuzz_str(p, n), lines, url;
	struct kr_buf shown;
	kr_val v = kr_s(in);
	bool cut = false;

	kr_ctx_init(&cx, fuzz_arena(), NULL);
	out = kr_out_new(&cx, 't', 256);
	kr_txt_s_(out, in);
	MUST(kr_eq(unescaped(drawn()), visible(in)));

	out = kr_out_new(&cx, 't', 256);
	kr_txt_url_(out, in);
	harmless(unescaped(drawn()));

	/* A value in a path of ours stays one segment. */
	url = kr_url_(out, "/x/{}?q={}", (kr_val[]){ v, v }, 2);
	for (size_t i = 3; i < url.n; i++)
		MUST(memchr("/\"'<>&#\\", url.p[i], 8) == NULL && url.p[i] > ' ');

	lines = kr_f_lines_(out, in).safe_;
	kr_buf_init(&shown, cx.arena, 256);
	paragraphs(lines, &shown, &cut);
	if (!cut)
		MUST(kr_eq(bare(kr_buf_view(&shown)), bare(in)));
	kr_ctx_finish(&cx);
	return 0;
}
