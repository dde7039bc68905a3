/* Import from school administration programs: file -> records -> checked persons ->
   plan -> one transaction. Only the plan and what follows knows the database. */
#ifndef KR_SCHOOL_IMPORT_H
#define KR_SCHOOL_IMPORT_H

#include "school/internal.h"

/* Bounds of a file; the command refuses a larger one before reading it. */
enum {
	KR_IMPORT_ROWS = 50000,
	KR_IMPORT_LINE = 64 * 1024,
	KR_IMPORT_COLUMNS = 500,
	KR_IMPORT_CLASSES = 500,
	KR_IMPORT_ERRORS = 1000,
	KR_IMPORT_BY_PAGE = 5000
};
#define KR_IMPORT_BYTES ((size_t)8 * 1024 * 1024)

/* ── profiles: what a population's file looks like ── */
enum kr_import_field {
	KR_IM_KEY,
	KR_IM_FAMILY,
	KR_IM_GIVEN,
	KR_IM_CLASS,
	KR_IM_SHORT,
	KR_IM_CLASSES,
	KR_IM_FIELDS
};
struct kr_import_column {
	enum kr_import_field field;
	const char *title; /* as our documents call it */
	bool required;
	const char *missing; /* required: the key of what is said when it is empty */
	const char *const *names; /* folded to a-z0-9, best first, NULL-ended */
};
struct kr_import_profile {
	const char *name; /* also the source of its persons */
	uint32_t role;
	enum kr_member position; /* in the classes of the file */
	bool hash_key; /* the id may contain a birthday: only its hash is kept */
	const struct kr_import_column *columns;
	size_t ncolumns;
};
const struct kr_import_profile *kr_import_profile(kr_str name);
/* "Schüler-ID" -> "schuelerid" */
kr_str kr_import_fold(struct kr_arena *, kr_str header);

/* ── one run ── */
struct kr_import_person { /* a checked row */
	kr_str key, given, family, shorthand;
	const uint16_t *classes; /* indexes into kr_import.classes, sorted */
	size_t nclasses;
	uint32_t line;
	struct kr_import_known *known; /* the person we have already */
};
struct kr_import_class {
	kr_str name, lower;
	kr_id id; /* 0: will be made */
};
struct kr_import_known { /* a person of this source in the database */
	kr_id id;
	kr_str key, given, family, shorthand, account, state, groups;
	bool in_file;
};
struct kr_import {
	kr_ctx *cx;
	const struct kr_import_profile *profile;
	struct kr_import_plan *plan;
	struct kr_import_person *people;
	size_t npeople, cap;
	struct kr_import_class classes[KR_IMPORT_CLASSES];
	size_t nclasses;
	bool has_classes, has_shorthand; /* the file has that column */
	struct kr_import_known *known;
	size_t nknown;
	kr_id year;
};
/* Adds an error row; {1} of the message is `arg` (in the row's `was`). */
void kr_import_error(
    struct kr_import *, uint32_t line, kr_str column, const char *key, kr_str arg);
/* A row of the plan. */
void kr_import_add(struct kr_import *, const struct kr_import_row *);

/* ── records of the file ── */
enum kr_encoding { KR_ENC_UTF8, KR_ENC_1252 }; /* UTF-16 is converted as a whole */
struct kr_record {
	uint32_t line; /* of the file, where the record begins */
	const kr_str *cells;
	size_t n;
};
struct kr_csv {
	kr_ctx *cx;
	kr_str bytes;
	uint32_t line; /* number of the first line of `bytes` */
	enum kr_encoding encoding;
	char separator;
	/* False: stop, without a fault. */
	bool (*row)(void *arg, const struct kr_record *);
	void *arg;
	/* A fault of the file as such; reading ends. */
	void (*fault)(void *arg, uint32_t line, size_t column, const char *key);
};
/* Finds out the encoding, converts UTF-16, drops byte order mark and "sep=" line. NULL
   when it is text, else the key of the reason it is none; the line in *line_r. */
const char *kr_csv_open(kr_ctx *, kr_str file, struct kr_csv *csv_r, uint32_t *line_r);
void kr_csv_read(const struct kr_csv *);
/* A cell in UTF-8, as long as its record; false when a byte has no meaning in the
   file's encoding. */
bool kr_csv_text(const struct kr_csv *, kr_str cell, kr_str *text_r);

/* ── one file on its way through ── */
#define KR_NO_COLUMN SIZE_MAX
struct kr_parse {
	struct kr_import *im;
	struct kr_csv csv;
	size_t at[KR_IM_FIELDS]; /* column of a field */
	kr_str header[KR_IMPORT_COLUMNS];
	size_t nheader;
	kr_str first_line; /* for the choice of the separator */
	bool have_header;
};
/* The text of a field, empty when the cell or column is not there; false when a fault
   was noted. */
bool kr_parse_cell(struct kr_parse *, const struct kr_record *, enum kr_import_field,
    size_t max, kr_str *text_r);
bool kr_parse_required(struct kr_parse *, const struct kr_record *,
    enum kr_import_field, size_t max, kr_str *text_r);
bool kr_parse_key(struct kr_parse *, const struct kr_record *, kr_str *key_r);
/* Classes of a person: one for pupils, "5a, 7b" for teachers. */
bool kr_parse_classes(
    struct kr_parse *, const struct kr_record *, struct kr_import_person *);

/* ── steps ── */
void kr_import_parse(struct kr_import *, kr_str file); /* errors in the plan */
void kr_import_compare(struct kr_import *);
/* Is this person in exactly the classes of the file already? */
bool kr_import_same_classes(const struct kr_import *, const struct kr_import_person *);

#endif
