/* Results: all rows are read into the arena, then handed out into typed structs. */
#include "db/inside.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

union cell {
	int64_t i; /* i b d t */
	double f;
	kr_str s; /* s x */
};

#define FIRST_ROWS 8u
#define MOST_ROWS 1024u

struct chunk { /* rows that lie together; no copying when the result grows */
	struct chunk *next;
	size_t cap, n;
	union cell *cells;
};

struct kr_rows {
	kr_ctx *cx;
	const struct kr_stmt *stmt;
	size_t ncols, n;
	struct chunk *first, *last;
	struct chunk *at; /* where kr_next() stands */
	size_t at_row;
};

static union cell *
row_add(struct kr_rows *r)
{
	if (r->last == NULL || r->last->n == r->last->cap) {
		struct chunk *c = KR_NEW(r->cx, struct chunk);

		c->cap = r->last == NULL ? FIRST_ROWS : r->last->cap * 2;
		if (c->cap > MOST_ROWS)
			c->cap = MOST_ROWS;
		c->cells = kr_alloc(r->cx, c->cap * r->ncols, sizeof *c->cells);
		if (r->last == NULL)
			r->first = r->at = c;
		else
			r->last->next = c;
		r->last = c;
	}
	r->n++;
	return r->last->cells + r->ncols * r->last->n++;
}

/* One column while the result is read. */
struct slot {
	int64_t i;
	double f;
	MYSQL_TIME t;
	unsigned long length;
	my_bool null, error;
};

static void
slot_bind(MYSQL_BIND *b, struct slot *s, char letter)
{
	b->is_null = &s->null;
	b->error = &s->error;
	b->length = &s->length;
	switch (letter) {
	case 'f':
		b->buffer_type = MYSQL_TYPE_DOUBLE;
		b->buffer = &s->f;
		return;
	case 'd':
	case 't':
		b->buffer_type = letter == 'd' ? MYSQL_TYPE_DATE : MYSQL_TYPE_DATETIME;
		b->buffer = &s->t;
		b->buffer_length = sizeof s->t;
		return;
	case 's':
	case 'x': /* fetched in a second step, when the length is known */
		b->buffer_type = letter == 's' ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
		return;
	case 'i':
	case 'b':
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = &s->i;
		return;
	default:
		kr_panic("unknown column letter '%c'", letter);
	}
}

static int64_t
slot_day(const struct slot *s)
{
	if (s->t.month == 0)
		return KR_NO_DATE.day;
	return kr_date_civil((int)s->t.year, (int)s->t.month, (int)s->t.day).day;
}

static int64_t
slot_time(const struct slot *s)
{
	int64_t seconds = ((int64_t)s->t.hour * 60 + s->t.minute) * 60 + s->t.second;

	if (s->t.month == 0)
		return KR_NO_TIME.us;
	return slot_day(s) * KR_DAY_US + seconds * 1000000 + (int64_t)s->t.second_part;
}

static bool
fetch_text(kr_ctx *cx, MYSQL_STMT *st, unsigned col, size_t n, kr_str *text_r)
{
	char *p = kr_alloc(cx, n + 1, 1);
	MYSQL_BIND b = {
		.buffer_type = MYSQL_TYPE_BLOB,
		.buffer = p,
		.buffer_length = n + 1,
	};
	unsigned long length = 0;
	my_bool null = 0, error = 0;

	b.length = &length;
	b.is_null = &null;
	b.error = &error;
	if (n > 0 && (mysql_stmt_fetch_column(st, &b, col, 0) != 0 || length != n))
		return false;
	*text_r = (kr_str){ p, n };
	return true;
}

/* False when a value does not fit its letter. NULL becomes the empty value. */
static bool
cell_set(const struct kr_rows *r, MYSQL_STMT *st, unsigned col, const struct slot *s,
    union cell *cell)
{
	switch (r->stmt->out[col]) {
	case 's':
	case 'x':
		if (s->null)
			cell->s = (kr_str){ "", 0 };
		else
			return fetch_text(r->cx, st, col, s->length, &cell->s);
		return true;
	case 'f':
		cell->f = s->null ? 0 : s->f;
		break;
	case 'd':
		cell->i = s->null ? KR_NO_DATE.day : slot_day(s);
		break;
	case 't':
		cell->i = s->null ? KR_NO_TIME.us : slot_time(s);
		break;
	case 'b':
		cell->i = !s->null && s->i != 0;
		break;
	default:
		cell->i = s->null ? 0 : s->i;
	}
	return s->null || !s->error;
}

static void
read_rows(struct kr_rows *r, MYSQL_STMT *st)
{
	kr_ctx *cx = r->cx;
	const char *letters = r->stmt->out;
	MYSQL_BIND *binds = kr_alloc(cx, r->ncols, sizeof *binds);
	struct slot *slots = kr_alloc(cx, r->ncols, sizeof *slots);

	for (size_t i = 0; i < r->ncols; i++)
		slot_bind(&binds[i], &slots[i], letters[i]);
	if (mysql_stmt_field_count(st) != r->ncols ||
	    mysql_stmt_bind_result(st, binds)) {
		kr_fail(cx, KR_EFAIL, "statement %s: columns changed", r->stmt->name);
		return;
	}
	for (;;) {
		int got = kr_fault("db.fetch") ? 1 : mysql_stmt_fetch(st);

		if (got == MYSQL_NO_DATA)
			return;
		if (got != 0 && got != MYSQL_DATA_TRUNCATED) {
			stmt_failed(cx, r->stmt, st);
			return;
		}

		union cell *cells = row_add(r);

		for (unsigned i = 0; i < r->ncols; i++) {
			if (cell_set(r, st, i, &slots[i], &cells[i]))
				continue;
			kr_fail(cx, KR_EFAIL, "statement %s: column %u is no '%c'",
			    r->stmt->name, i + 1, letters[i]);
			return;
		}
	}
}

kr_rows *
kr_query_(kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n)
{
	struct kr_rows *r = KR_NEW(cx, struct kr_rows);

	r->cx = cx;
	r->stmt = s;
	r->ncols = strlen(s->out);
	KR_CHECK(r->ncols > 0);

	MYSQL_STMT *st = stmt_run(cx, s, v, n, NULL);

	if (st == NULL)
		return r;
	read_rows(r, st);
	/* Half a result must never be taken for the whole. */
	if (kr_status(cx) != KR_OK) {
		r->n = 0;
		r->at = NULL;
	}
	if (cx->db->my != NULL)
		(void)mysql_stmt_free_result(st);
	return r;
}

static int64_t
exec_result(kr_ctx *cx, MYSQL_STMT *st)
{
	uint64_t id = mysql_stmt_insert_id(st), rows = mysql_stmt_affected_rows(st);

	KR_CHECK(cx->db->my != NULL && rows != (uint64_t)-1);
	return (int64_t)(id != 0 ? id : rows);
}

int64_t
kr_exec_(kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n)
{
	KR_CHECK(s->out[0] == 0);

	MYSQL_STMT *st = stmt_run(cx, s, v, n, NULL);

	return st == NULL ? 0 : exec_result(cx, st);
}

bool
kr_exec_new_(
    kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n, int64_t *id_r)
{
	bool duplicate = false;

	KR_CHECK(s->out[0] == 0);

	MYSQL_STMT *st = stmt_run(cx, s, v, n, &duplicate);

	if (st == NULL)
		return false;
	if (id_r != NULL)
		*id_r = exec_result(cx, st);
	return true;
}

/* The bytes of a narrower integer; false when the value does not fit. */
static bool
put_integer(const struct kr_col *col, int64_t v, unsigned char *to)
{
	switch (col->size) {
	case 8:
		memcpy(to, &v, 8);
		return true;
	case 4:
		/* int32_t or uint32_t: the type letter does not say which */
		if (v < INT32_MIN || v > UINT32_MAX)
			return false;
		memcpy(to, &(uint32_t){ (uint32_t)v }, 4);
		return true;
	case 2:
		if (v < INT16_MIN || v > UINT16_MAX)
			return false;
		memcpy(to, &(uint16_t){ (uint16_t)v }, 2);
		return true;
	case 1:
		if (v < INT8_MIN || v > UINT8_MAX)
			return false;
		memcpy(to, &(uint8_t){ (uint8_t)v }, 1);
		return true;
	default:
		return false;
	}
}

static bool
put_cell(const struct kr_col *col, char letter, const union cell *cell, void *row_r)
{
	unsigned char *to = (unsigned char *)row_r + col->offset;

	switch (letter) {
	case 's':
	case 'x':
		memcpy(to, &cell->s, sizeof cell->s);
		return true;
	case 'f':
		memcpy(to, &cell->f, sizeof cell->f);
		return true;
	case 'd':
		memcpy(to, &(kr_date){ (int32_t)cell->i }, sizeof(kr_date));
		return true;
	case 't':
		memcpy(to, &(kr_time){ cell->i }, sizeof(kr_time));
		return true;
	default:
		if (col->type == 'b') {
			memcpy(to, &(bool){ cell->i != 0 }, sizeof(bool));
			return true;
		}
		return put_integer(col, cell->i, to);
	}
}

static char
family(char letter)
{
	return letter == 'x' ? 's' : letter == 'b' ? 'i' : letter;
}

bool
kr_next_(kr_rows *r, const struct kr_col *cols, size_t n, void *row_r)
{
	if (kr_status(r->cx) != KR_OK)
		return false;
	if (n != r->ncols)
		kr_panic("%s: %zu columns for \"%s\"", r->stmt->name, n, r->stmt->out);
	for (size_t i = 0; i < n; i++)
		if (family(cols[i].type) != family(r->stmt->out[i]))
			kr_panic("%s: column %zu is '%c', not '%c'", r->stmt->name,
			    i + 1, r->stmt->out[i], cols[i].type);
	if (r->at == NULL)
		return false;
	if (r->at_row == r->at->n) {
		r->at = r->at->next;
		r->at_row = 0;
		if (r->at == NULL)
			return false;
	}

	const union cell *cells = r->at->cells + r->ncols * r->at_row++;

	for (size_t i = 0; i < n; i++) {
		if (put_cell(&cols[i], r->stmt->out[i], &cells[i], row_r))
			continue;
		kr_fail(r->cx, KR_EFAIL, "statement %s: column %zu is too large",
		    r->stmt->name, i + 1);
		return false;
	}
	return true;
}

void *
kr_all_(kr_rows *r, const struct kr_col *cols, size_t ncols, size_t size, size_t *n_r)
{
	unsigned char *rows = kr_alloc(r->cx, r->n, size);
	size_t n = 0;

	while (kr_next_(r, cols, ncols, rows + n * size))
		n++;
	*n_r = kr_status(r->cx) == KR_OK ? n : 0;
	return rows;
}

size_t
kr_rows_n(const kr_rows *r)
{
	return kr_status(r->cx) == KR_OK ? r->n : 0;
}
