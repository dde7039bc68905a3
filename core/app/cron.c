/* Regular jobs: each runs in a transaction of its own, as `system`; a failure is noted
   and tried again at the next turn. One that kills its process or is killed rests ten
   times as long as it may run: it never takes more than a tenth of the time. */
#include "app/cron.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/board.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdio.h>
#include <string.h>

KR_STMT(q_row, "s", "tts",
    "SELECT next_at, started_at, result FROM core_cron WHERE id = ?");
KR_STMT(x_new, "st", "", "INSERT IGNORE INTO core_cron (id, next_at) VALUES (?, ?)");
KR_STMT(x_start, "ttst", "",
    "UPDATE core_cron SET started_at = ?, next_at = ?, result = 'running'"
    " WHERE id = ? AND next_at <= ?");
KR_STMT(x_end, "ttss", "",
    "UPDATE core_cron SET ended_at = ?, next_at = ?, result = ? WHERE id = ?");
KR_STMT(x_died, "ts", "",
    "UPDATE core_cron SET ended_at = ?, result = 'failed'"
    " WHERE id = ? AND result = 'running'");

struct row {
	kr_time next, started;
	kr_str result;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, next),
	KR_COL(struct row, started), KR_COL(struct row, result) };

#define LIMIT_S 60 /* of a row that names none */
#define REST 10    /* times the limit */

kr_time
kr_cron_next(const char *when, kr_time after)
{
	unsigned h, m;
	char unit;

	if (sscanf(when, "daily %2u:%2u", &h, &m) == 2 && h < 24 && m < 60) {
		kr_date day = kr_date_of(after);
		kr_time t = kr_time_at(day, (int)(h * 60 + m));

		day.day++;
		return t.us > after.us ? t : kr_time_at(day, (int)(h * 60 + m));
	}
	if (sscanf(when, "every %3u%c", &m, &unit) == 2 && m > 0)
		return (kr_time){ after.us + m * (unit == 'h'      ? 60 * KR_MIN_US
						     : unit == 's' ? KR_MIN_US / 60
								   : KR_MIN_US) };
	return (kr_time){ after.us + 60 * KR_MIN_US }; /* hourly */
}

static int64_t
limit_us(const struct kr_cron *c)
{
	return (c->timeout_s ? c->timeout_s : LIMIT_S) * INT64_C(1000000);
}

static void
failed(kr_ctx *cx, const struct kr_cron *c)
{
	kr_log(cx, KR_ERROR, "cron.failed", 2,
	    (struct kr_kv[]){
		{ "job", kr_s(kr_z(c->id)) }, { "why", kr_s(cx->err_text) } });
}

/* False: another process was faster, or the database is away. The turn noted here is
   that of one that never comes back. */
static bool
start(kr_ctx *cx, const struct kr_cron *c)
{
	kr_time next = kr_cron_next(c->when, cx->now);
	int64_t rest = cx->now.us + (REST + 1) * limit_us(c);
	bool mine;

	if (next.us < rest)
		next.us = rest;
	mine = kr_exec(cx, &x_start, kr_t(kr_wall()), kr_t(next), kr_s(kr_z(c->id)),
		   kr_t(cx->now)) == 1;
	return kr_commit(cx) == KR_OK && mine;
}

static void
run_one(kr_ctx *cx, size_t plugin, const struct kr_cron *c)
{
	const char *result = "ok";
	kr_err err;

	if (!start(cx, c))
		return;
	kr_board_work(plugin, limit_us(c) / 1000000);
	cx->plugin = cx->app->plugins[plugin].p->name;
	err = c->run(cx);
	if (err != KR_OK)
		kr_fail(cx, err, "cron");
	if (cx->err || kr_commit(cx) != KR_OK) {
		failed(cx, c);
		kr_rollback(cx);
		kr_ctx_clear(cx);
		result = "failed";
	}
	cx->plugin = "core";
	kr_board_idle();
	kr_exec(cx, &x_end, kr_t(kr_wall()), kr_t(kr_cron_next(c->when, cx->now)),
	    kr_s(kr_z(result)), kr_s(kr_z(c->id)));
	kr_commit(cx);
}

/* One that runs for longer than it may runs no more. */
static void
note_dead(kr_ctx *cx, const struct kr_cron *c, const struct row *r)
{
	if (!kr_is(r->result, "running") ||
	    cx->now.us < r->started.us + limit_us(c) + 5 * INT64_C(1000000))
		return;
	kr_exec(cx, &x_died, kr_t(cx->now), kr_s(kr_z(c->id)));
	if (kr_commit(cx) == KR_OK)
		failed(cx, c);
}

void
kr_cron_run(kr_ctx *cx)
{
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_plugin *p = cx->app->plugins[i].p;

		for (size_t k = 0; p && k < p->ncron && !cx->err; k++) {
			const struct kr_cron *c = &p->cron[k];
			kr_val id = kr_s(kr_z(c->id));
			struct row r;

			if (kr_one(cx, &q_row, row_cols, &r, id)) {
				note_dead(cx, c, &r);
				if (r.next.us <= cx->now.us)
					run_one(cx, i, c);
			} else if (!cx->err) {
				kr_exec(cx, &x_new, id,
				    kr_t(kr_cron_next(c->when, cx->now)));
				kr_commit(cx);
			}
		}
	}
}
