/* Small things of the domain kernel: lists of ids, clean texts, names of roles and
 * classes. */
#include "school/internal.h"

#include <stdlib.h>
#include <string.h>

void
kr_id_list_add(kr_ctx *cx, struct kr_id_list *list, kr_id id)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		kr_id *p = kr_alloc(cx, cap, sizeof *p);

		for (size_t i = 0; i < list->n; i++)
			p[i] = list->p[i];
		list->p = p;
		list->cap = cap;
	}
	list->p[list->n++] = id;
}

static int
by_id(const void *a, const void *b)
{
	const kr_id *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

size_t
kr_unique_ids(kr_id *ids, size_t n)
{
	size_t k = 0;

	if (n == 0)
		return 0;
	qsort(ids, n, sizeof *ids, by_id);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || ids[k - 1] != ids[i])
			ids[k++] = ids[i];
	return k;
}

/* Length of a blank at p: ASCII blank or no-break space; 0 = none. */
static size_t
gap_at(kr_str s, size_t at)
{
	if (s.p[at] == ' ')
		return 1;
	if (at + 1 < s.n && memcmp(s.p + at, "\xc2\xa0", 2) == 0)
		return 2;
	return 0;
}

/* Nothing to trim and no gap to close: the rule, and worth no second copy. */
static bool
is_tidy(kr_str s)
{
	bool gap = true; /* a blank in front */

	for (size_t i = 0; i < s.n; i++) {
		bool blank = gap_at(s, i) > 0;

		if (blank && (gap || s.p[i] != ' '))
			return false;
		gap = blank;
	}
	return s.n > 0 && !gap;
}

bool
kr_has_hidden(kr_str s)
{
	if (kr_has_control(s))
		return true;
	for (size_t i = 0; i + 2 < s.n; i++) {
		const unsigned char *c = (const unsigned char *)s.p + i;

		/* U+200B..200F, U+2028..202E, U+2060..2069, U+FEFF, U+FFFD */
		if (c[0] == 0xe2 && c[1] == 0x80 &&
		    ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae)))
			return true;
		if (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xa9)
			return true;
		if (c[0] == 0xef &&
		    ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] == 0xbd)))
			return true;
	}
	return false;
}

bool
kr_clean_text(kr_ctx *cx, kr_str s, size_t max, kr_str *text_r)
{
	struct kr_buf b;
	bool gap = false;
	kr_str text;

	if (!kr_utf8_ok(s) || kr_has_hidden(s))
		return false;
	if (is_tidy(s)) {
		text = kr_nfc(cx->arena, s);
		if (kr_chars(text) > max)
			return false;
		*text_r = text;
		return true;
	}
	kr_buf_init(&b, cx->arena, s.n + 1);
	for (size_t i = 0; i < s.n;) {
		size_t blank = gap_at(s, i);

		if (blank > 0) {
			gap = b.n > 0;
			i += blank;
			continue;
		}
		if (gap)
			kr_buf_c(&b, ' ');
		gap = false;
		kr_buf_c(&b, s.p[i++]);
	}
	text = kr_nfc(cx->arena, kr_buf_view(&b));
	if (text.n == 0 || kr_chars(text) > max)
		return false;
	*text_r = text;
	return true;
}

/* ── names of roles ── */

static const char *const roles[] = { "pupil", "teacher", "parent", "staff", "admin" };

uint32_t
kr_role_named(kr_str name)
{
	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (kr_is(name, roles[i]))
			return 1u << i;
	return 0;
}

const char *
kr_role_name(uint32_t one_role)
{
	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (one_role == 1u << i)
			return roles[i];
	return "";
}

/* ── class names ── */

/* The years of the upper school that have names instead of numbers. */
static const struct {
	const char *name;
	int grade;
} upper[] = { { "ef", 11 }, { "q1", 12 }, { "q2", 13 } };

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What may follow the year: "b", "B", "/2", "-1", " c", ".3", "bil". */
static bool
is_stream(kr_str rest)
{
	if (rest.n > 0 && strchr(" -/._", rest.p[0]) != NULL) {
		rest = kr_sub(rest, 1, rest.n);
		if (rest.n == 0)
			return false;
	}
	if (rest.n > 3)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!is_letter(rest.p[i]) && !is_digit(rest.p[i]))
			return false;
	return true;
}

int
kr_class_grade(kr_str name)
{
	size_t digits = 0;
	int grade = 0;

	for (size_t i = 0; name.n >= 2 && i < KR_LEN(upper); i++)
		if ((name.p[0] | 0x20) == upper[i].name[0] &&
		    (name.p[1] | 0x20) == upper[i].name[1] &&
		    is_stream(kr_sub(name, 2, name.n)))
			return upper[i].grade;
	while (digits < name.n && digits < 3 && is_digit(name.p[digits]))
		grade = grade * 10 + (name.p[digits++] - '0');
	if (digits == 0 || digits > 2 || grade < 1 || grade > 13)
		return 0;
	return is_stream(kr_sub(name, digits, name.n)) ? grade : 0;
}
