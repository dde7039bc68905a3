/* One cell of an import file: what a text, an id, a list of classes may be. Each fault
   is noted with its row and column. */
#include "school/import.h"

#include <stdlib.h>
#include <string.h>

static const struct kr_import_column *
column_of(const struct kr_import_profile *profile, enum kr_import_field field)
{
	for (size_t i = 0; i < profile->ncolumns; i++)
		if (profile->columns[i].field == field)
			return &profile->columns[i];
	return NULL;
}

/* UTF-8 that was once taken for Windows-1252 and saved again: "MÃ¼ller". */
static bool
is_garbled(kr_str s)
{
	static const char *const marks[] = { "Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã„", "Ã–", "Ãœ",
		"Ã©", "Ã§", "Ä±", "ÅŸ" };

	for (size_t i = 0; i < KR_LEN(marks); i++)
		if (memmem(s.p ? s.p : "", s.n, marks[i], strlen(marks[i])))
			return true;
	return false;
}

/* Programs that show tables run such a cell as a formula, now or when it is exported.
 */
static bool
is_formula(kr_str s)
{
	return s.n > 0 && strchr("=+-@", s.p[0]) != NULL;
}

/* The text of a field in *text_r, empty when the cell or column is not there; false
   when a fault was noted. */
bool
kr_parse_cell(struct kr_parse *p, const struct kr_record *rec,
    enum kr_import_field field, size_t max, kr_str *text_r)
{
	size_t at = p->at[field];
	const struct kr_import_column *col = column_of(p->im->profile, field);
	const char *wrong = NULL;
	kr_str raw, text = KR_S("");

	*text_r = KR_S("");
	if (col == NULL || at == KR_NO_COLUMN || at >= rec->n)
		return true;
	raw = rec->cells[at];
	if (!kr_csv_text(&p->csv, raw, &raw))
		wrong = "core.import.bad_encoding";
	else if (raw.n > 0 && raw.p[0] == '\t')
		wrong = "core.import.formula";
	else if (kr_has_hidden(raw))
		wrong = "core.import.control";
	else if (is_garbled(raw))
		wrong = "core.import.garbled";
	else if (!kr_clean_text(p->im->cx, raw, SIZE_MAX, &text))
		text = KR_S(""); /* nothing but blanks */
	if (wrong == NULL && is_formula(text))
		wrong = "core.import.formula";
	if (wrong == NULL && kr_chars(text) > max)
		wrong = "core.import.too_long";
	if (wrong) {
		kr_import_error(p->im, rec->line, p->header[at], wrong,
		    kr_fmt(p->im->cx, "%zu", max));
		return false;
	}
	*text_r = text;
	return true;
}

bool
kr_parse_required(struct kr_parse *p, const struct kr_record *rec,
    enum kr_import_field field, size_t max, kr_str *text_r)
{
	const struct kr_import_column *col = column_of(p->im->profile, field);

	if (!kr_parse_cell(p, rec, field, max, text_r))
		return false;
	if (text_r->n > 0 || col == NULL)
		return true;
	kr_import_error(
	    p->im, rec->line, p->header[p->at[field]], col->missing, KR_S(""));
	return false;
}

bool
kr_parse_key(struct kr_parse *p, const struct kr_record *rec, kr_str *key_r)
{
	uint8_t hash[32];

	if (!kr_parse_required(p, rec, KR_IM_KEY, KR_KEY_MAX, key_r))
		return false;
	for (size_t i = 0; i < key_r->n; i++)
		if (key_r->p[i] <= ' ' || key_r->p[i] > '~') {
			kr_import_error(p->im, rec->line, p->header[p->at[KR_IM_KEY]],
			    "core.import.id_form", KR_S(""));
			return false;
		}
	if (p->im->profile->hash_key) {
		kr_sha256(*key_r, hash);
		*key_r = kr_hex(p->im->cx->arena, (kr_str){ (const char *)hash, 16 });
	}
	return true;
}

/* ── classes ── */

static int
by_number(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Index of a class; 7b and 7B are the same one. */
static bool
class_no(struct kr_import *im, kr_str name, uint16_t *no_r)
{
	kr_str lower = kr_lower(im->cx->arena, name);
	size_t i = 0;

	while (i < im->nclasses && !kr_eq(im->classes[i].lower, lower))
		i++;
	if (i == KR_IMPORT_CLASSES)
		return false;
	if (i == im->nclasses)
		im->classes[im->nclasses++] =
		    (struct kr_import_class){ name, lower, 0 };
	*no_r = (uint16_t)i;
	return true;
}

static bool
class_error(struct kr_parse *p, const struct kr_record *rec, enum kr_import_field field,
    const char *key, int limit)
{
	kr_import_error(p->im, rec->line, p->header[p->at[field]], key,
	    kr_fmt(p->im->cx, "%d", limit));
	return false;
}

/* Classes of a person: one for pupils, "5a, 7b" for teachers. */
bool
kr_parse_classes(
    struct kr_parse *p, const struct kr_record *rec, struct kr_import_person *person)
{
	bool many = column_of(p->im->profile, KR_IM_CLASSES) != NULL;
	enum kr_import_field field = many ? KR_IM_CLASSES : KR_IM_CLASS;
	kr_str rest, one;
	uint16_t *list;
	size_t n = 0, most = 1;

	if (!kr_parse_cell(p, rec, field, many ? 2000 : KR_CLASS_MAX, &rest))
		return false;
	for (size_t i = 0; i < rest.n; i++)
		most += rest.p[i] == ',';
	list = kr_alloc(p->im->cx, most, sizeof *list);
	while (kr_split(&rest, many ? ',' : '\n', &one)) {
		uint16_t no;
		bool seen = false;

		one = kr_trim(one);
		if (one.n == 0)
			continue;
		if (kr_chars(one) > KR_CLASS_MAX)
			return class_error(
			    p, rec, field, "core.import.too_long", KR_CLASS_MAX);
		if (!class_no(p->im, one, &no))
			return class_error(p, rec, field, "core.import.many_classes",
			    KR_IMPORT_CLASSES);
		for (size_t i = 0; i < n; i++)
			seen |= list[i] == no;
		if (!seen)
			list[n++] = no;
	}
	qsort(list, n, sizeof *list, by_number);
	person->classes = list;
	person->nclasses = n;
	return true;
}
