/* Connections, transactions, migrations: the only room that includes <mysql.h>. */
#ifndef KR_DB_DB_H
#define KR_DB_DB_H

#include "base/ctx.h"
#include <kr/db.h>

struct kr_conn;
struct kr_conn_opt {
	const char *socket, *user, *password, *schema; /* copied */
	bool read_only;  /* autocommit, max_statement_time 2 s */
	unsigned cache;  /* prepared statements kept, LRU; 0: 64 */
	unsigned wait_s; /* longest wait for an answer; 0: 2 when read_only, else 8 */
};
/* Does not connect yet: the first statement does. A refused socket fails at once, a
   hanging server after 2 s; then a circuit answers KR_EUPSTREAM at once for 5 s. After
   an outage the next statement reconnects by itself. */
struct kr_conn *kr_conn_new(const struct kr_conn_opt *);
/* A place in shared memory for the circuit, given before fork. */
void kr_db_circuit_share(_Atomic int64_t *);
void kr_conn_free(struct kr_conn **);
kr_err kr_conn_open(struct kr_conn *); /* connects now; for start-up checks */
const char *kr_conn_error(const struct kr_conn *); /* last error, for logs */
unsigned kr_conn_errno(const struct kr_conn *);

/* autocommit=0: a transaction begins with the first statement. */
kr_err kr_commit(kr_ctx *); /* on cx->db; fails the context when it fails */
void kr_rollback(kr_ctx *);
/* True when the last failure was 1020, 1205 or 1213: run the work again. */
bool kr_db_retry(const kr_ctx *);
/* It failed on a key that another row has (1062): run once more it will find that row,
   if it looks for it. */
bool kr_db_duplicate(const kr_ctx *);
void kr_run_afters(kr_ctx *); /* the kr_after() list, on cx->rw */

/* Like kr_exec but a duplicate key is an answer, not a failure: false then. */
bool kr_exec_new_(
    kr_ctx *, const struct kr_stmt *, const kr_val *, size_t, int64_t *id_r);
#define kr_exec_new(cx, st, id_r, ...)                                                 \
	kr_exec_new_(cx, st, KR_ARGS_N(__VA_ARGS__), id_r)
#define KR_ARGS_N(...) KR_ARGS(__VA_ARGS__)

/* A statement core itself puts together before fork, from constant tables only
   (entities, scopes). Lives as long as the process. */
const struct kr_stmt *kr_stmt_make(
    const char *name, const char *in, const char *out, const char *sql);

/* Prepares and drops it: false with the server's words, for `make check`. Compares the
   letters of in/out with what the server says. */
bool kr_stmt_verify(
    struct kr_conn *, const struct kr_stmt *, char *why_r, size_t why_n);

/* ── start-up checks ── */
/* Refuses a server whose settings would lose acknowledged writes (durability,
   snapshot isolation, local_infile, strict mode); the sentence says which. */
bool kr_db_settings_ok(struct kr_conn *, char *why_r, size_t why_n);

/* ── migrations: migrations/NNNN_name.sql of core, plugins/X/migrations/ of plugins;
   one DDL statement per file; forward only; table core_migration remembers ── */
struct kr_migrate_opt {
	const char *socket, *admin_user; /* socket authentication, no password */
	const char *secret_dir;          /* NAME.pw files are made here, 0400 */
	const char *const *dirs;         /* "core" folder first, then plugins */
	const char *const *owners;       /* "core", "tasks", ... one per dir */
	size_t ndirs;
	FILE *report; /* what was done, a line each; may be NULL */
	/* Told of a plugin whose migrations fail; the others go on, and the loader
	   refuses it for want of its tables. NULL: the first failure ends it all. */
	void (*refused)(void *arg, const char *why);
	void *arg;
};
/* Makes schemas, users and grants, then runs what is missing. Idempotent; safe against
   being killed at any statement. */
kr_err kr_migrate(const struct kr_migrate_opt *, char *why_r, size_t why_n);

/* ── what a database is made of, for backups ── */
struct kr_migration {
	kr_str owner;
	uint32_t number;
	kr_str digest; /* hex, of the statement without comments */
};
/* Of a folder of migrations, sorted by number; false with a reason. In the arena. */
bool kr_migrations_of(struct kr_arena *, const char *dir, const char *owner,
    struct kr_migration **list_r, size_t *n_r);
/* Those that have run in the database of the context. */
struct kr_migration *kr_migrations_done(kr_ctx *, size_t *n_r);
/* Every table of the three schemas, by name, with the server's checksum of its rows. */
struct kr_table_sum {
	kr_str name; /* "kreide.core_person" */
	int64_t sum;
};
struct kr_table_sum *kr_table_sums(kr_ctx *, size_t *n_r);

#endif
