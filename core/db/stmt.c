/* Statements: prepared when first used, kept for the next request, run with typed
   values. */
#include "db/inside.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

void
stmt_drop_all(struct kr_conn *c)
{
	for (size_t i = 0; i < c->ncache; i++) {
		if (c->cache[i].st != NULL)
			(void)mysql_stmt_close(c->cache[i].st);
		c->cache[i] = (struct prepared){ 0 };
	}
}

/* The place of a statement: its own, a free one, or the one unused for longest. */
static struct prepared *
cache_place(struct kr_conn *c, const struct kr_stmt *key)
{
	struct prepared *oldest = &c->cache[0];

	for (size_t i = 0; i < c->ncache; i++) {
		struct prepared *p = &c->cache[i];

		if (p->key == key)
			return p;
		if (p->used < oldest->used)
			oldest = p;
	}
	if (oldest->st != NULL)
		(void)mysql_stmt_close(oldest->st);
	*oldest = (struct prepared){ 0 };
	return oldest;
}

static void
note_failure(struct kr_conn *c, MYSQL_STMT *st, bool say, kr_err *err_r)
{
	unsigned number = mysql_stmt_errno(st);
	const char *words = mysql_stmt_error(st);

	if (number == 0) { /* while rows are read, only the connection knows */
		number = mysql_errno(c->my);
		words = mysql_error(c->my);
	}
	*err_r = conn_failed(c, number, words, say);
}

/* NULL with *err_r when it cannot be prepared. */
static MYSQL_STMT *
stmt_prepare(struct kr_conn *c, const struct kr_stmt *s, kr_err *err_r)
{
	struct prepared *p = cache_place(c, s);

	p->used = ++c->tick;
	if (p->st != NULL)
		return p->st;

	MYSQL_STMT *st = mysql_stmt_init(c->my);

	if (st == NULL)
		kr_panic("no memory for a statement");
	if (kr_fault("db.prepare")) {
		*err_r = conn_failed(c, CR_SERVER_LOST, "injected", true);
		(void)mysql_stmt_close(st);
		return NULL;
	}
	if (mysql_stmt_prepare(st, s->sql, strlen(s->sql)) != 0) {
		note_failure(c, st, true, err_r);
		(void)mysql_stmt_close(st);
		return NULL;
	}
	if (mysql_stmt_param_count(st) != strlen(s->in) ||
	    mysql_stmt_field_count(st) != strlen(s->out)) {
		*err_r = conn_failed(c, 0, "letters do not fit the statement", true);
		(void)mysql_stmt_close(st);
		return NULL;
	}
	p->key = s;
	p->st = st;
	return st;
}

static void
bind_day(MYSQL_TIME *t, int64_t day)
{
	KR_CHECK(day >= INT32_MIN && day <= INT32_MAX);

	struct kr_civil c = kr_civil_date((kr_date){ (int32_t)day });

	KR_CHECK(c.year >= 0 && c.year <= 9999);
	t->year = (unsigned)c.year;
	t->month = (unsigned)c.month;
	t->day = (unsigned)c.day;
}

static void
bind_time(MYSQL_TIME *t, int64_t us)
{
	int64_t day = us / KR_DAY_US, rest = us % KR_DAY_US;

	if (rest < 0) {
		rest += KR_DAY_US;
		day--;
	}
	bind_day(t, day);
	t->time_type = MYSQL_TIMESTAMP_DATETIME;
	t->second_part = (unsigned long)(rest % 1000000);
	rest /= 1000000;
	t->hour = (unsigned)(rest / 3600);
	t->minute = (unsigned)(rest / 60 % 60);
	t->second = (unsigned)(rest % 60);
}

/* The library's structs point to what may be read only; it does not write there. */
static void *
unconst(const void *p)
{
	return (void *)(uintptr_t)p;
}

static void
bind_value(MYSQL_BIND *b, const kr_val *v, MYSQL_TIME *t)
{
	switch (v->t) {
	case 'i':
	case 'b':
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = unconst(&v->i);
		return;
	case 'f':
		b->buffer_type = MYSQL_TYPE_DOUBLE;
		b->buffer = unconst(&v->f);
		return;
	case 's':
	case 'x':
		b->buffer_type = v->t == 's' ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
		b->buffer = unconst(v->s.p == NULL ? "" : v->s.p);
		b->buffer_length = v->s.n;
		b->length = NULL;
		b->length_value = v->s.n;
		return;
	case 'd':
		b->buffer_type = MYSQL_TYPE_DATE;
		bind_day(t, v->i);
		t->time_type = MYSQL_TIMESTAMP_DATE;
		b->buffer = t;
		return;
	case 't':
		b->buffer_type = MYSQL_TYPE_DATETIME;
		bind_time(t, v->i);
		b->buffer = t;
		return;
	case 0:
		b->buffer_type = MYSQL_TYPE_NULL;
		return;
	default:
		kr_panic("value of unknown type %d", v->t);
	}
}

/* A wrong number or type of values is a slip in the program: nothing that a user does
   can cause it, and going on would store nonsense. */
static void
check_letters(const struct kr_stmt *s, const kr_val *v, size_t n)
{
	if (strlen(s->in) != n)
		kr_panic("%s: %zu values for \"%s\"", s->name, n, s->in);
	for (size_t i = 0; i < n; i++) {
		bool same = s->in[i] == v[i].t || v[i].t == 0 ||
			    (s->in[i] == 'i' && v[i].t == 'b') ||
			    (s->in[i] == 'b' && v[i].t == 'i');

		if (!same)
			kr_panic("%s: value %zu is '%c', not '%c'", s->name, i + 1,
			    v[i].t, s->in[i]);
	}
}

static kr_err
stmt_execute(struct kr_ctx *cx, MYSQL_STMT *st, const kr_val *v, size_t n)
{
	struct kr_conn *c = cx->db;
	kr_err err;

	if (n > 0) {
		MYSQL_BIND *binds = kr_alloc(cx, n, sizeof *binds);
		MYSQL_TIME *times = kr_alloc(cx, n, sizeof *times);

		for (size_t i = 0; i < n; i++)
			bind_value(&binds[i], &v[i], &times[i]);
		if (mysql_stmt_bind_param(st, binds) != 0) {
			note_failure(c, st, false, &err);
			return err;
		}
	}
	if (kr_fault("db.execute"))
		return conn_failed(c, CR_SERVER_LOST, "injected", true);
	if (mysql_stmt_execute(st) != 0) {
		note_failure(c, st, false, &err);
		return err;
	}
	return KR_OK;
}

/* The last failure was a silence: a slow statement, or a server that hangs? */
static kr_err
after_silence(struct kr_conn *c, kr_err err, int64_t start)
{
	if (!conn_is_lost(c->last) ||
	    kr_mono_us() - start < (int64_t)c->wait_s * 1000000 - 100000)
		return err;
	if (conn_alive(c))
		return KR_ELIMIT;
	conn_circuit_open(c);
	return err;
}

static kr_err
run_once(struct kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n,
    MYSQL_STMT **st_r)
{
	struct kr_conn *c = cx->db;
	int64_t start = kr_mono_us();
	kr_err err = conn_ready(c);

	if (err != KR_OK)
		return err;
	start = kr_mono_us();

	MYSQL_STMT *st = stmt_prepare(c, s, &err);

	if (st != NULL) {
		err = stmt_execute(cx, st, v, n);
		cx->queries++;
	}
	if (err == KR_OK) {
		*st_r = st;
		return KR_OK;
	}
	err = after_silence(c, err, start);
	if (conn_is_lost(c->last))
		conn_drop(c);
	return err;
}

bool
unit_is_lost(const kr_ctx *cx)
{
	return strcmp(cx->db->lost, cx->request_id) == 0;
}

/* A transaction whose first half is lost must not get a second half. A unit of work
   that was left open, or that another one was begun in the middle of, is undone, and
   if it goes on it fails. */
static bool
unit_begins(struct kr_ctx *cx)
{
	struct kr_conn *c = cx->db;

	if (unit_is_lost(cx)) {
		kr_fail(
		    cx, KR_EUPSTREAM, "the transaction was lost with its connection");
		return false;
	}
	if (strcmp(c->unit, cx->request_id) == 0)
		return true;
	if (c->in_tx) {
		kr_log(cx, KR_ERROR, "db.transaction_left_open", 1,
		    KR_KV({ "unit", kr_s(kr_z(c->unit)) }));
		memcpy(c->lost, c->unit, sizeof c->lost);
		if (mysql_rollback(c->my) != 0)
			conn_drop(c);
		c->in_tx = false;
	}
	memcpy(c->unit, cx->request_id, sizeof c->unit);
	return true;
}

MYSQL_STMT *
stmt_run(
    kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n, bool *duplicate_r)
{
	struct kr_conn *c = cx->db;
	MYSQL_STMT *st = NULL;

	check_letters(s, v, n);
	if (kr_status(cx) != KR_OK)
		return NULL;
	KR_CHECK(c != NULL && c->magic == KR_CONN_MAGIC);
	if (!unit_begins(cx))
		return NULL;

	bool was_open = c->my != NULL, was_in_tx = c->in_tx;
	int64_t start = kr_mono_us();

	c->last = 0;
	c->retry = false;

	kr_err err = run_once(cx, s, v, n, &st);

	/* The server was restarted while this worker was idle: nothing is lost, since
	   nothing of this transaction had been done. */
	if (err == KR_EUPSTREAM && was_open && !was_in_tx && conn_is_lost(c->last) &&
	    kr_mono_us() - start < 1000000)
		err = run_once(cx, s, v, n, &st);
	if (err == KR_OK) {
		c->in_tx = !c->read_only;
		return st;
	}
	if (duplicate_r != NULL && c->last == ER_DUP_ENTRY) {
		c->in_tx = !c->read_only;
		c->last = 0; /* no failure: it was asked for */
		*duplicate_r = true;
		return NULL;
	}
	kr_fail(cx, err, "statement %s: %s", s->name, c->error);
	return NULL;
}

void
stmt_failed(kr_ctx *cx, const struct kr_stmt *s, MYSQL_STMT *st)
{
	kr_err err;

	note_failure(cx->db, st, false, &err);
	kr_fail(cx, err, "statement %s, reading: %s", s->name, cx->db->error);
	if (conn_is_lost(cx->db->last))
		conn_drop(cx->db);
}

const struct kr_stmt *
kr_stmt_make(const char *name, const char *in, const char *out, const char *sql)
{
	struct kr_stmt *s = malloc(sizeof *s);
	char *copies[4] = { strdup(name), strdup(in), strdup(out), strdup(sql) };

	for (size_t i = 0; i < KR_LEN(copies); i++)
		if (copies[i] == NULL)
			kr_panic("no memory for a statement");
	if (s == NULL)
		kr_panic("no memory for a statement");
	*s = (struct kr_stmt){ copies[0], copies[1], copies[2], copies[3] };
	return s;
}
