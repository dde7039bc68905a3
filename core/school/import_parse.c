/* Records become checked persons: columns found by their headers, every cell looked at,
   each fault noted with its row and column. One fault and nothing of the file is used.
 */
#include "school/import.h"

#include <stdlib.h>
#include <string.h>

void
kr_import_add(struct kr_import *im, const struct kr_import_row *row)
{
	struct kr_import_plan *plan = im->plan;
	size_t cap = plan->list.n < 16 ? 16 : plan->list.n;

	/* Full when the length is a power of two from 16 on: double. */
	if (plan->list.n == 0 ||
	    (plan->list.n >= 16 && (plan->list.n & (plan->list.n - 1)) == 0)) {
		struct kr_import_row *p =
		    kr_alloc(im->cx, plan->list.n == 0 ? 16 : cap * 2, sizeof *p);

		if (plan->list.n > 0)
			memcpy(p, plan->list.p, plan->list.n * sizeof *p);
		plan->list.p = p;
	}
	plan->list.p[plan->list.n++] = *row;
}

void
kr_import_error(
    struct kr_import *im, uint32_t line, kr_str column, const char *key, kr_str arg)
{
	im->plan->errors++;
	if (im->plan->errors > KR_IMPORT_ERRORS)
		return;
	kr_import_add(im, &(struct kr_import_row){ .kind = 'e',
			      .row = line,
			      .column = column,
			      .message = kr_z(key),
			      .was = arg });
}

/* ── header ── */

/* The cell whose header is the best name of this column. Two cells of the same name:
   the file cannot say which one counts. */
static size_t
find_column(
    const struct kr_import_column *col, const kr_str *folded, size_t n, bool *twice_r)
{
	for (size_t k = 0; col->names[k]; k++) {
		size_t at = KR_NO_COLUMN;

		for (size_t i = 0; i < n; i++) {
			if (!kr_is(folded[i], col->names[k]))
				continue;
			*twice_r = at != KR_NO_COLUMN;
			if (*twice_r)
				return at;
			at = i;
		}
		if (at != KR_NO_COLUMN)
			return at;
	}
	return KR_NO_COLUMN;
}

static bool
parse_header(struct kr_parse *p, const struct kr_record *rec)
{
	const struct kr_import_profile *profile = p->im->profile;
	kr_str *folded = kr_alloc(p->im->cx, rec->n + 1, sizeof *folded);

	p->nheader = rec->n;
	for (size_t i = 0; i < rec->n; i++) {
		if (!kr_csv_text(&p->csv, rec->cells[i], &p->header[i])) {
			kr_import_error(p->im, rec->line, KR_S(""),
			    "core.import.bad_encoding", KR_S(""));
			return false;
		}
		p->header[i] = kr_dup(p->im->cx->arena, kr_trim(p->header[i]));
		folded[i] = kr_import_fold(p->im->cx->arena, p->header[i]);
	}
	for (size_t i = 0; i < profile->ncolumns; i++) {
		const struct kr_import_column *col = &profile->columns[i];
		bool twice = false;

		p->at[col->field] = find_column(col, folded, rec->n, &twice);
		if (twice)
			kr_import_error(p->im, rec->line, kr_z(col->title),
			    "core.import.column_twice", KR_S(""));
		else if (p->at[col->field] == KR_NO_COLUMN && col->required)
			kr_import_error(p->im, rec->line, kr_z(col->title),
			    "core.import.column_missing", KR_S(""));
	}
	p->im->has_classes =
	    p->at[KR_IM_CLASS] != KR_NO_COLUMN || p->at[KR_IM_CLASSES] != KR_NO_COLUMN;
	p->im->has_shorthand = p->at[KR_IM_SHORT] != KR_NO_COLUMN;
	return p->im->plan->errors == 0;
}

/* ── rows ── */

static void
keep(struct kr_import *im, const struct kr_import_person *person)
{
	if (im->npeople == im->cap) {
		size_t cap = im->cap ? im->cap * 2 : 256;
		struct kr_import_person *p = kr_alloc(im->cx, cap, sizeof *p);

		if (im->npeople > 0)
			memcpy(p, im->people, im->npeople * sizeof *p);
		im->people = p;
		im->cap = cap;
	}
	im->people[im->npeople++] = *person;
}

static bool
is_empty(const struct kr_record *rec)
{
	for (size_t i = 0; i < rec->n; i++)
		if (kr_trim(rec->cells[i]).n > 0)
			return false;
	return true;
}

/* More cells than the header has, and something in them: the row has slipped. */
static bool
width_ok(struct kr_parse *p, const struct kr_record *rec)
{
	size_t last = 0;

	for (size_t i = 0; i < p->im->profile->ncolumns; i++) {
		const struct kr_import_column *col = &p->im->profile->columns[i];

		if (col->required && p->at[col->field] > last)
			last = p->at[col->field];
	}
	for (size_t i = p->nheader; i < rec->n; i++)
		if (kr_trim(rec->cells[i]).n > 0) {
			kr_import_error(p->im, rec->line, KR_S(""),
			    "core.import.row_too_wide", KR_S(""));
			return false;
		}
	if (rec->n > last)
		return true;
	kr_import_error(
	    p->im, rec->line, p->header[last], "core.import.row_too_short", KR_S(""));
	return false;
}

static bool
parse_row(void *arg, const struct kr_record *rec)
{
	struct kr_parse *p = arg;
	struct kr_import_person person = { .line = rec->line };
	bool ok;

	if (!p->have_header) {
		p->have_header = true;
		return parse_header(p, rec);
	}
	if (is_empty(rec))
		return true;
	if (p->im->plan->rows == KR_IMPORT_ROWS) {
		kr_import_error(p->im, rec->line, KR_S(""), "core.import.too_many_rows",
		    kr_fmt(p->im->cx, "%d", KR_IMPORT_ROWS));
		return false;
	}
	p->im->plan->rows++;
	if (!width_ok(p, rec))
		return true;
	/* All cells are looked at, so that one round shows all faults of a row. */
	ok = kr_parse_key(p, rec, &person.key);
	ok &= kr_parse_required(p, rec, KR_IM_FAMILY, KR_NAME_MAX, &person.family);
	ok &= kr_parse_required(p, rec, KR_IM_GIVEN, KR_NAME_MAX, &person.given);
	ok &= kr_parse_cell(p, rec, KR_IM_SHORT, KR_SHORT_MAX, &person.shorthand);
	ok &= kr_parse_classes(p, rec, &person);
	if (ok)
		keep(p->im, &person);
	return true;
}

static void
parse_fault(void *arg, uint32_t line, size_t column, const char *key)
{
	struct kr_parse *p = arg;

	kr_import_error(p->im, line, column < p->nheader ? p->header[column] : KR_S(""),
	    key, KR_S(""));
}

/* ── separator ── */

struct trial {
	struct kr_import *im;
	struct kr_csv csv;
	size_t known, cells;
};

static bool
try_header(void *arg, const struct kr_record *rec)
{
	struct trial *t = arg;
	kr_str text;

	t->cells = rec->n;
	for (size_t i = 0; i < rec->n; i++) {
		if (!kr_csv_text(&t->csv, rec->cells[i], &text))
			continue;
		text = kr_import_fold(t->im->cx->arena, text);
		for (size_t c = 0; c < t->im->profile->ncolumns; c++)
			for (size_t k = 0; t->im->profile->columns[c].names[k]; k++)
				t->known +=
				    kr_is(text, t->im->profile->columns[c].names[k]);
	}
	return false;
}

static void
try_fault(void *arg, uint32_t line, size_t column, const char *key)
{
	(void)arg;
	(void)line;
	(void)column;
	(void)key;
}

/* The one with which the header makes most sense. */
static char
guess_separator(struct kr_import *im, const struct kr_csv *csv)
{
	static const char candidates[] = { ';', ',', '\t', '|' };
	size_t best = 0;
	char separator = csv->separator ? csv->separator : ';';

	for (size_t i = 0; i < KR_LEN(candidates) && !csv->separator; i++) {
		struct trial t = { .im = im, .csv = *csv };

		t.csv.separator = candidates[i];
		t.csv.row = try_header;
		t.csv.fault = try_fault;
		t.csv.arg = &t;
		kr_csv_read(&t.csv);
		if (t.known * 1000 + t.cells > best) {
			best = t.known * 1000 + t.cells;
			separator = candidates[i];
		}
	}
	return separator;
}

/* ── the whole file ── */

static int
by_key(const void *a, const void *b)
{
	const struct kr_import_person *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int c = memcmp(x->key.p, y->key.p, n);

	if (c == 0)
		c = (x->key.n > y->key.n) - (x->key.n < y->key.n);
	return c ? c : (x->line > y->line) - (x->line < y->line);
}

static void
check_twice(struct kr_parse *p)
{
	struct kr_import *im = p->im;

	if (im->npeople > 1)
		qsort(im->people, im->npeople, sizeof *im->people, by_key);
	for (size_t i = 1; i < im->npeople; i++)
		if (kr_eq(im->people[i].key, im->people[i - 1].key))
			kr_import_error(im, im->people[i].line,
			    p->header[p->at[KR_IM_KEY]], "core.import.id_twice",
			    kr_fmt(im->cx, "%u", im->people[i - 1].line));
}

static int
by_line(const void *a, const void *b)
{
	const struct kr_import_row *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

void
kr_import_parse(struct kr_import *im, kr_str file)
{
	struct kr_parse *p = KR_NEW(im->cx, struct kr_parse);
	uint32_t line = 0;
	const char *wrong = kr_csv_open(im->cx, file, &p->csv, &line);

	p->im = im;
	for (size_t i = 0; i < KR_IM_FIELDS; i++)
		p->at[i] = KR_NO_COLUMN;
	if (wrong) {
		kr_import_error(im, line, KR_S(""), wrong, KR_S(""));
		return;
	}
	p->csv.separator = guess_separator(im, &p->csv);
	p->csv.row = parse_row;
	p->csv.fault = parse_fault;
	p->csv.arg = p;
	kr_csv_read(&p->csv);
	if (!p->have_header && im->plan->errors == 0)
		kr_import_error(im, 1, KR_S(""), "core.import.empty", KR_S(""));
	check_twice(p);
	if (im->plan->list.n > 1)
		qsort(im->plan->list.p, im->plan->list.n, sizeof *im->plan->list.p,
		    by_line);
}
