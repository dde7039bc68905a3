/* The unit of work as core sees it; plugins know only the name. */
#ifndef KR_BASE_CTX_H
#define KR_BASE_CTX_H

#include "base/base.h"

#define KR_CTX_MAGIC 0x4b72c7e1u

struct kr_actor; /* auth/auth.h: who asks, with compiled rights */
struct kr_app;  /* plugin/registry.h: what the process knows: plugins, routes, config */
struct kr_conn; /* db/db.h */
struct kr_req;  /* http/http.h */
struct kr_input;  /* http/input.h: validated fields, posted text, errors by field */
struct kr_answer; /* http/http.h */

struct kr_ctx {
	uint32_t magic;
	kr_err err;
	kr_str err_text; /* for the log */
	struct kr_arena *arena;
	kr_time now;
	const struct kr_app *app;
	struct kr_conn *db; /* what kr_query/kr_exec use: ro for READ, rw for WRITE */
	struct kr_conn *ro, *rw;
	struct kr_actor *actor; /* never NULL inside a handler; person 0 = nobody */
	struct kr_req *req;     /* NULL outside the web (jobs, commands) */
	struct kr_input *in;
	struct kr_answer *answer;
	const char
	    *plugin; /* whose code runs: text domain, table prefix, event owner */
	kr_id object, object2;
	struct kr_defer *defers;
	struct kr_after *afters; /* db: statements to run after the answer */
	bool disk_full;          /* KR_ELIMIT means 507, not 413 */
	bool nonce_claimed;      /* http: the form's number is noted already */
	bool wake_jobs;          /* outbox rows were written: tell jobs after COMMIT */
	unsigned queries;        /* statements run, for the log line and the budgets */
	char request_id[17];
};

/* Memory for the struct is the caller's; the arena too. */
void kr_ctx_init(struct kr_ctx *, struct kr_arena *, const struct kr_app *);
/* Runs the defers, LIFO. The arena is not touched. */
void kr_ctx_finish(struct kr_ctx *);
/* Forgets the sticky error, to draw an error page or the form again. */
void kr_ctx_clear(struct kr_ctx *);

#endif
