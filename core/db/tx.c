/* Transactions: commit, rollback, what may be tried again, and what runs after the
   answer. */
#include "db/inside.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#define AFTER_TRIES 3

struct kr_after {
	struct kr_after *next;
	const struct kr_stmt *stmt;
	kr_val *values;
	size_t n;
};

kr_err
kr_commit(kr_ctx *cx)
{
	struct kr_conn *c = cx->db;

	KR_CHECK(c != NULL && c->magic == KR_CONN_MAGIC);
	if (kr_status(cx) != KR_OK) {
		kr_rollback(cx);
		return kr_status(cx);
	}
	if (unit_is_lost(cx))
		return kr_fail(
		    cx, KR_EUPSTREAM, "the transaction was lost with its connection");
	if (!c->in_tx || strcmp(c->unit, cx->request_id) != 0)
		return KR_OK;

	unsigned number = 0;

	if (kr_fault("db.commit"))
		number = CR_SERVER_LOST;
	else if (mysql_commit(c->my) != 0)
		number = mysql_errno(c->my);
	if (number == 0) {
		c->in_tx = false;
		return KR_OK;
	}

	/* With the connection lost here nobody knows whether the rows are there: the
	   nonce of the form makes a repeat harmless. */
	kr_err err = conn_failed(c, number, "", false);

	kr_fail(cx, err, "commit: error %u", number);
	if (conn_is_lost(number))
		conn_drop(c);
	kr_rollback(cx);
	c->last = number; /* what the caller asks about is the commit */
	return kr_status(cx);
}

void
kr_rollback(kr_ctx *cx)
{
	struct kr_conn *c = cx->db;

	if (c == NULL)
		return;
	KR_CHECK(c->magic == KR_CONN_MAGIC);
	if (unit_is_lost(cx))
		c->lost[0] = 0;
	if (strcmp(c->unit, cx->request_id) != 0)
		return;
	/* A connection that cannot roll back is closed: then the server does. */
	if (c->in_tx && c->my != NULL && mysql_rollback(c->my) != 0)
		conn_drop(c);
	c->in_tx = false;
	c->lost[0] = 0;
}

static bool
conn_says_retry(const kr_ctx *cx, const struct kr_conn *c)
{
	return c != NULL && c->retry && strcmp(c->unit, cx->request_id) == 0;
}

bool
kr_db_retry(const kr_ctx *cx)
{
	return cx->err == KR_ECONFLICT &&
	       (conn_says_retry(cx, cx->db) || conn_says_retry(cx, cx->rw));
}

bool
kr_db_duplicate(const kr_ctx *cx)
{
	const struct kr_conn *c = cx->db;

	return cx->err == KR_ECONFLICT && c != NULL && c->last == ER_DUP_ENTRY &&
	       strcmp(c->unit, cx->request_id) == 0;
}

void
kr_after_(kr_ctx *cx, const struct kr_stmt *s, const kr_val *v, size_t n)
{
	if (kr_status(cx) != KR_OK)
		return;

	struct kr_after *a = KR_NEW(cx, struct kr_after), **end = &cx->afters;

	a->stmt = s;
	a->n = n;
	a->values = kr_alloc(cx, n, sizeof *a->values);
	for (size_t i = 0; i < n; i++) {
		a->values[i] = v[i];
		if (v[i].t == 's' || v[i].t == 'x')
			a->values[i].s = kr_dup(cx->arena, v[i].s);
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = a;
}

/* The answer is sent; a failure here is a line in the log, no more. */
void
kr_run_afters(kr_ctx *cx)
{
	struct kr_conn *before = cx->db;

	if (kr_status(cx) != KR_OK)
		cx->afters = NULL;
	cx->db = cx->rw;
	for (struct kr_after *a = cx->afters; a != NULL; a = a->next) {
		for (int try = 0; try < AFTER_TRIES; try++) {
			kr_exec_(cx, a->stmt, a->values, a->n);
			if (kr_commit(cx) == KR_OK || !kr_db_retry(cx))
				break;
			if (try < AFTER_TRIES - 1)
				kr_ctx_clear(cx);
		}
		if (kr_status(cx) == KR_OK)
			continue;
		kr_log(cx, KR_WARN, "db.after_failed", 1,
		    KR_KV({ "why", kr_s(cx->err_text) }));
		kr_ctx_clear(cx);
	}
	cx->afters = NULL;
	cx->db = before;
}
