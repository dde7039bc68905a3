/* What the files of this room share; nobody else sees <mysql.h>. */
#ifndef KR_DB_INSIDE_H
#define KR_DB_INSIDE_H

#include "db/db.h"

#include <mysql.h>

#define KR_CONN_MAGIC 0x4b72db01u

struct prepared {
	const struct kr_stmt *key; /* NULL: free place */
	MYSQL_STMT *st;
	uint64_t used; /* tick of the last use, for LRU */
};

struct kr_conn {
	uint32_t magic;
	char *socket, *user, *password, *schema;
	bool read_only;
	unsigned wait_s;
	MYSQL *my; /* NULL: not connected */
	struct prepared *cache;
	size_t ncache;
	uint64_t tick;
	bool in_tx;    /* a statement has run since the last commit or rollback */
	bool retry;    /* the last failure was 1020, 1205 or 1213 */
	char unit[17]; /* request id of the unit of work that ran last */
	char lost[17]; /* ... of the unit whose transaction went away half done */
	unsigned last; /* error number of the last failure */
	char error[400];
};

/* conn.c */
kr_err conn_ready(struct kr_conn *);
void conn_drop(struct kr_conn *); /* closes; what was prepared is gone */
/* Notes a failure and says what it means. `words` may hold values of rows, so it is
   kept only when `say` is set (connect, prepare). */
kr_err conn_failed(struct kr_conn *, unsigned number, const char *words, bool say);
bool conn_is_lost(unsigned number);
bool conn_alive(const struct kr_conn *); /* the server greets a new connection */
void conn_circuit_open(const struct kr_conn *);

/* stmt.c */
void stmt_drop_all(struct kr_conn *);
/* Runs a statement on cx->db; NULL when it failed (the context says why) or, with
   duplicate_r given, when a key was taken. The result is not yet read. */
MYSQL_STMT *stmt_run(
    kr_ctx *, const struct kr_stmt *, const kr_val *, size_t n, bool *duplicate_r);
bool unit_is_lost(const kr_ctx *);
/* A failure while the result was read. */
void stmt_failed(kr_ctx *, const struct kr_stmt *, MYSQL_STMT *);

#endif
