/* Plain text as people type it -> paragraphs, line ends, lists and links; nothing of
   the text is ever taken as markup. */
#include "html/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
starts_url(kr_str s)
{
	return (s.n > 8 && strncasecmp(s.p, "https://", 8) == 0) ||
	       (s.n > 7 && strncasecmp(s.p, "http://", 7) == 0);
}

/* How much of s belongs to the address at its beginning: up to a blank, a quote or an
   angle bracket; sentence marks at the end and an unpaired bracket stay outside. */
static size_t
url_length(kr_str s)
{
	size_t n = 0;
	int open = 0;

	while (n < s.n && (unsigned char)s.p[n] > 0x20 &&
	       strchr("<>\"`{}|\\^", s.p[n]) == NULL)
		n++;
	for (size_t i = 0; i < n; i++)
		open += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
	while (n > 0) {
		char c = s.p[n - 1];

		if (c == ')' && open < 0)
			open++;
		else if (strchr(".,;:!?'*_", c) == NULL)
			break;
		n--;
	}
	return n;
}

/* What is longer than this is shown shortened, and still leads there. */
#define URL_SHOWN 60

static void
link_to(kr_out *o, kr_str url)
{
	size_t cut = url.n;

	KR_LIT_(o, "<a href=\"");
	kr_txt_url_(o, url);
	KR_LIT_(o, "\" rel=\"noopener noreferrer nofollow\">");
	if (kr_chars(url) > URL_SHOWN) {
		cut = URL_SHOWN;
		while (cut > 0 && ((unsigned char)url.p[cut] & 0xc0) == 0x80)
			cut--;
	}
	kr_txt_s_(o, kr_sub(url, 0, cut));
	if (cut < url.n)
		KR_LIT_(o, "…");
	KR_LIT_(o, "</a>");
}

/* One line, its addresses made links. */
static void
line_of(kr_out *o, kr_str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		kr_str rest = kr_sub(s, i, s.n);
		size_t n;

		if ((s.p[i] != 'h' && s.p[i] != 'H') ||
		    (i > 0 && isalnum((unsigned char)s.p[i - 1])) || !starts_url(rest))
			continue;
		n = url_length(rest);
		if (n <= 8)
			continue;
		kr_txt_s_(o, kr_sub(s, from, i - from));
		link_to(o, kr_sub(s, i, n));
		i += n - 1;
		from = i + 1;
	}
	kr_txt_s_(o, kr_sub(s, from, s.n));
}

/* "- Heft" or "• Heft": an entry of a list; gives its text. */
static bool
is_entry(kr_str line, kr_str *text_r)
{
	static const char *const signs[] = { "- ", "* ", "• ", "– " };

	for (size_t i = 0; i < KR_LEN(signs); i++)
		if (kr_starts(line, kr_z(signs[i]))) {
			*text_r = kr_trim(kr_sub(line, strlen(signs[i]), line.n));
			return true;
		}
	return false;
}

kr_html
kr_f_lines_(kr_out *o, kr_str text)
{
	kr_out *part = kr_out_new(o->cx, 't', text.n + 256);
	kr_str rest = kr_trim(text), line, entry;
	char in = 0; /* p paragraph, u list */

	if (rest.n == 0)
		return kr_out_html(part);
	while (kr_split(&rest, '\n', &line)) {
		char is;

		line = kr_trim(line);
		is = line.n == 0 ? 0 : is_entry(line, &entry) ? 'u' : 'p';
		if (in != 0 && in != is)
			kr_put(part, in == 'p' ? "</p>" : "</ul>");
		if (is != 0 && in != is)
			kr_put(part, is == 'p' ? "<p>" : "<ul>");
		else if (is == 'p')
			KR_LIT_(part, "<br>");
		if (is == 'p')
			line_of(part, line);
		if (is == 'u') {
			KR_LIT_(part, "<li>");
			line_of(part, entry);
			KR_LIT_(part, "</li>");
		}
		in = is;
	}
	if (in != 0)
		kr_put(part, in == 'p' ? "</p>" : "</ul>");
	return kr_out_html(part);
}
