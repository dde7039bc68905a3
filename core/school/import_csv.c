/* The file as records: encoding found out, lines bounded, quotes by libcsv. Nothing
   here knows what the columns mean. */
#include "school/import.h"

#include <csv.h>
#include <iconv.h>
#include <string.h>

/* ── encoding ── */

/* Length of the UTF-8 sequence at p, 0 when it is none. */
static size_t
sequence(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
				 : 4;

	if (n == 0 || n > left || !kr_utf8_ok((kr_str){ (const char *)p, n }))
		return p[0] == 0 ? 1 : 0;
	return n;
}

/* German text in Windows-1252 practically never contains a valid multi-byte sequence; a
   file where those prevail is UTF-8 with damaged places, which are reported. */
static enum kr_encoding
guess(kr_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < s.n;) {
		size_t n = sequence(p + i, s.n - i);

		good += n > 1;
		bad += n == 0;
		i += n ? n : 1;
	}
	return bad == 0 || good > bad ? KR_ENC_UTF8 : KR_ENC_1252;
}

static uint32_t
lines_in(kr_str s)
{
	uint32_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* All of it or nothing; *text_r holds what could be converted. `grow`: bytes that one
   of these may become. */
static bool
csv_convert(
    struct kr_arena *arena, const char *from, size_t grow, kr_str s, kr_str *text_r)
{
	iconv_t ic = iconv_open("UTF-8", from);
	size_t left = s.n, room = s.n * grow + 4;
	char *out = kr_arena_alloc(arena, room), *o = out;
	union { /* iconv only moves the pointer on */
		const char *read;
		char *p;
	} in = { .read = s.p };
	bool ok;

	KR_CHECK(ic != (iconv_t)-1);
	ok =
	    s.n == 0 || (iconv(ic, &in.p, &left, &o, &room) != (size_t)-1 && left == 0);
	iconv_close(ic);
	*text_r = (kr_str){ out, (size_t)(o - out) };
	return ok;
}

/* "sep=;" is a hint to a spreadsheet program, not a row. */
static void
drop_hint(struct kr_csv *csv)
{
	kr_str rest = csv->bytes, line;

	if (!kr_split(&rest, '\n', &line) || rest.p == NULL)
		return;
	line = kr_trim(line);
	if (line.n != 5 || strncasecmp(line.p, "sep=", 4) != 0)
		return;
	csv->separator = line.p[4];
	csv->bytes = rest;
	csv->line = 2;
}

const char *
kr_csv_open(kr_ctx *cx, kr_str file, struct kr_csv *csv_r, uint32_t *line_r)
{
	struct kr_csv csv = { .cx = cx, .bytes = file, .line = 1 };
	const char *wide = NULL;

	*line_r = 0;
	if (file.n > KR_IMPORT_BYTES)
		return "core.import.file_too_large";
	if (kr_starts(file, KR_S("PK\x03\x04")) ||
	    kr_starts(file, KR_S("\xd0\xcf\x11\xe0")))
		return "core.import.is_spreadsheet";
	if (kr_starts(file, KR_S("\xff\xfe")))
		wide = "UTF-16LE";
	else if (kr_starts(file, KR_S("\xfe\xff")))
		wide = "UTF-16BE";
	if (wide) {
		if (!csv_convert(
			cx->arena, wide, 2, kr_sub(file, 2, file.n), &csv.bytes)) {
			*line_r = lines_in(csv.bytes);
			return "core.import.bad_encoding";
		}
	} else if (kr_starts(file, KR_S("\xef\xbb\xbf"))) {
		csv.bytes = kr_sub(file, 3, file.n);
	} else if (memchr(file.p ? file.p : "", 0, file.n < 4096 ? file.n : 4096)) {
		return "core.import.not_text";
	} else {
		csv.encoding = guess(file);
	}
	drop_hint(&csv);
	*csv_r = csv;
	return NULL;
}

bool
kr_csv_text(const struct kr_csv *csv, kr_str cell, kr_str *text_r)
{
	bool ascii = true;

	for (size_t i = 0; i < cell.n; i++)
		ascii &= (unsigned char)cell.p[i] < 0x80;
	if (ascii || (csv->encoding == KR_ENC_UTF8 && kr_utf8_ok(cell))) {
		*text_r = cell;
		return true;
	}
	return csv->encoding == KR_ENC_1252 &&
	       csv_convert(csv->cx->arena, "WINDOWS-1252", 3, cell, text_r);
}

/* ── records ── */

#define ROW_NOT_BEGUN 0 /* libcsv's own name for csv_parser.pstate */

struct reader {
	const struct kr_csv *csv;
	struct csv_parser parser;
	struct kr_buf text; /* cells of the current record, one behind the other */
	struct {
		size_t at, n;
	} span[KR_IMPORT_COLUMNS];
	kr_str cells[KR_IMPORT_COLUMNS];
	size_t n;
	uint32_t line, begin; /* now; where the record began, 0 = none has */
	size_t length;        /* bytes of the record so far */
	const char *fault;
	bool stop;
};

static void
csv_cell(void *data, size_t n, void *arg)
{
	struct reader *r = arg;

	if (r->n == KR_IMPORT_COLUMNS) {
		r->fault = "core.import.too_many_columns";
		return;
	}
	r->span[r->n].at = r->text.n;
	r->span[r->n].n = n;
	r->n++;
	kr_buf_add(&r->text, data, n);
}

static void
csv_row(int end, void *arg)
{
	struct reader *r = arg;
	struct kr_record rec = { .line = r->begin, .cells = r->cells, .n = r->n };

	(void)end;
	if (r->fault)
		return; /* `begin` stays: the fault is there */
	if (!r->stop) {
		for (size_t i = 0; i < r->n; i++)
			r->cells[i] =
			    (kr_str){ r->text.p + r->span[i].at, r->span[i].n };
		r->stop = !r->csv->row(r->csv->arg, &rec);
	}
	r->n = 0;
	r->text.n = 0;
	r->begin = 0;
	r->length = 0;
}

/* Blanks around a cell do not count; a tab may be the separator and is else refused. */
static int
csv_blank(unsigned char c)
{
	return c == ' ';
}

/* The next line with its end: LF, CR LF, or CR alone (old Macintosh programs). */
static kr_str
next_line(kr_str rest)
{
	size_t window = rest.n > KR_IMPORT_LINE ? KR_IMPORT_LINE + 1 : rest.n;

	for (size_t i = 0; i < window; i++) {
		if (rest.p[i] == '\n')
			return kr_sub(rest, 0, i + 1);
		if (rest.p[i] == '\r')
			return kr_sub(rest, 0,
			    i + 1 < rest.n && rest.p[i + 1] == '\n' ? i + 2 : i + 1);
	}
	return kr_sub(rest, 0, window);
}

static void
csv_line(struct reader *r, kr_str line)
{
	if (r->begin == 0)
		r->begin = r->line;
	r->length += line.n;
	/* An unclosed quote makes one record of all lines that follow. */
	if (r->length > KR_IMPORT_LINE)
		r->fault = r->line > r->begin ? "core.import.open_quote"
					      : "core.import.line_too_long";
	else if (csv_parse(&r->parser, line.p, line.n, csv_cell, csv_row, r) != line.n)
		r->fault = "core.import.bad_quotes";
	if (r->parser.pstate == ROW_NOT_BEGUN &&
	    r->fault == NULL) { /* complete, or an empty line */
		r->begin = 0;
		r->length = 0;
	}
	r->line++;
}

void
kr_csv_read(const struct kr_csv *csv)
{
	struct reader *r = KR_NEW(csv->cx, struct reader);
	kr_str rest = csv->bytes;

	r->csv = csv;
	r->line = csv->line;
	kr_buf_init(&r->text, csv->cx->arena, 4096);
	KR_CHECK(csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) == 0);
	csv_set_delim(&r->parser, (unsigned char)csv->separator);
	csv_set_space_func(&r->parser, csv_blank);
	while (rest.n > 0 && !r->stop && r->fault == NULL) {
		kr_str line = next_line(rest);

		rest = kr_sub(rest, line.n, rest.n);
		csv_line(r, line);
	}
	if (!r->stop && r->fault == NULL &&
	    csv_fini(&r->parser, csv_cell, csv_row, r) != 0)
		r->fault = "core.import.open_quote";
	csv_free(&r->parser);
	if (r->fault && !r->stop)
		csv->fault(csv->arg, r->begin ? r->begin : r->line, r->n, r->fault);
}
