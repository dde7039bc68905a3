/* Import files: read twice they give the same people and the same faults, no cell is
   longer than it may be, and every fault names a row (and its column) of the file. The
   first byte of the input chooses the profile. */
#include "fuzz.h"

#include "school/import.h"

static kr_ctx cx;

static struct kr_import *
parse(kr_str file, const char *profile)
{
	struct kr_import *im = KR_NEW(&cx, struct kr_import);

	im->cx = &cx;
	im->plan = KR_NEW(&cx, struct kr_import_plan);
	im->profile = kr_import_profile(kr_z(profile));
	kr_import_parse(im, file);
	MUST(kr_status(&cx) == KR_OK);
	return im;
}

static kr_str
told(const struct kr_import *im)
{
	struct kr_buf b;

	kr_buf_init(&b, cx.arena, 1024);
	for (size_t i = 0; i < im->npeople; i++) {
		const struct kr_import_person *p = &im->people[i];

		kr_buf_fmt(&b, "%u %.*s %.*s %.*s %.*s", p->line, KR_FMT(p->key),
		    KR_FMT(p->family), KR_FMT(p->given), KR_FMT(p->shorthand));
		for (size_t k = 0; k < p->nclasses; k++)
			kr_buf_fmt(
			    &b, " %.*s", KR_FMT(im->classes[p->classes[k]].name));
		kr_buf_c(&b, '\n');
	}
	for (size_t i = 0; i < im->plan->list.n; i++) {
		const struct kr_import_row *r = &im->plan->list.p[i];

		kr_buf_fmt(&b, "%u %.*s %.*s %.*s\n", r->row, KR_FMT(r->column),
		    KR_FMT(r->message), KR_FMT(r->was));
	}
	return kr_buf_view(&b);
}

static void
cell(kr_str s, size_t most)
{
	MUST(kr_utf8_ok(s) && !kr_has_hidden(s) && kr_chars(s) <= most);
	MUST(s.n == 0 || (s.p[0] != ' ' && s.p[s.n - 1] != ' '));
	MUST(s.n == 0 || memchr("=+-@", s.p[0], 4) == NULL); /* no formula */
}

static void
people(const struct kr_import *im)
{
	MUST(im->npeople <= im->plan->rows && im->plan->rows <= KR_IMPORT_ROWS);
	MUST(im->nclasses <= KR_IMPORT_CLASSES);
	for (size_t i = 0; i < im->npeople; i++) {
		const struct kr_import_person *p = &im->people[i];

		cell(p->family, KR_NAME_MAX);
		cell(p->given, KR_NAME_MAX);
		cell(p->shorthand, KR_SHORT_MAX);
		MUST(p->family.n > 0 && p->given.n > 0);
		MUST(p->key.n > 0 && p->key.n <= KR_KEY_MAX && !kr_has_control(p->key));
		MUST(im->plan->errors > 0 || i == 0 ||
		     !kr_eq(p->key, im->people[i - 1].key));
		for (size_t k = 0; k < p->nclasses; k++) {
			MUST(p->classes[k] < im->nclasses);
			MUST(k == 0 || p->classes[k] > p->classes[k - 1]);
			cell(im->classes[p->classes[k]].name, KR_CLASS_MAX);
		}
	}
}

/* Faults of a cell say where; those of the file as such have no column. */
static void
faults(const struct kr_import *im, size_t lines)
{
	static const char *const of_cells[] = { "core.import.formula",
		"core.import.control", "core.import.garbled", "core.import.too_long",
		"core.import.id_form", "core.import.id_twice", "core.import.id_missing",
		"core.import.family_missing", "core.import.given_missing" };

	MUST(im->plan->list.n == (im->plan->errors < KR_IMPORT_ERRORS
					 ? im->plan->errors
					 : KR_IMPORT_ERRORS));
	for (size_t i = 0; i < im->plan->list.n; i++) {
		const struct kr_import_row *r = &im->plan->list.p[i];

		MUST(r->kind == 'e' && r->row <= lines && r->message.n > 0);
		MUST(i == 0 || r->row >= im->plan->list.p[i - 1].row);
		for (size_t k = 0; k < KR_LEN(of_cells); k++)
			if (kr_is(r->message, of_cells[k]))
				MUST(r->row > 0 && r->column.n > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *profile = n > 0 && (p[0] & 1) != 0 ? "teachers" : "pupils";
	kr_str file = kr_sub(fuzz_str(p, n), 1, n);
	struct kr_import *im;
	size_t lines = 1;

	for (size_t i = 0; i < file.n; i++)
		lines += file.p[i] == '\n' || file.p[i] == '\r';
	kr_ctx_init(&cx, fuzz_arena(), NULL);
	im = parse(file, profile);
	people(im);
	faults(im, lines + 1);
	MUST(kr_eq(told(im), told(parse(file, profile))));
	kr_ctx_finish(&cx);
	return 0;
}
