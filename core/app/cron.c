/* Regular jobs: each runs in a transaction of its own, as `system`; a failure is noted
   and tried again at the next turn. */
#include "app/cron.h"
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdio.h>
#include <string.h>

KR_STMT(q_next, "s", "t", "SELECT next_at FROM core_cron WHERE id = ?");
KR_STMT(x_new, "st", "", "INSERT IGNORE INTO core_cron (id, next_at) VALUES (?, ?)");
KR_STMT(x_start, "tts", "",
    "UPDATE core_cron SET started_at = ?, next_at = ? WHERE id = ?");
KR_STMT(x_end, "tss", "", "UPDATE core_cron SET ended_at = ?, result = ? WHERE id = ?");

struct row {
	kr_time next;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, next) };

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
		return (kr_time){ after.us + m * (unit == 'h' ? 60 : 1) * KR_MIN_US };
	return (kr_time){ after.us + 60 * KR_MIN_US }; /* hourly */
}

static void
run_one(kr_ctx *cx, const char *plugin, const struct kr_cron *c)
{
	const char *result = "ok";

	kr_exec(cx, &x_start, kr_t(kr_wall()), kr_t(kr_cron_next(c->when, cx->now)),
	    kr_s(kr_z(c->id)));
	if (kr_commit(cx) != KR_OK)
		return;
	cx->plugin = plugin;
	c->run(cx);
	if (cx->err || kr_commit(cx) != KR_OK) {
		kr_log(cx, KR_ERROR, "cron.failed", 1,
		    (struct kr_kv[]){ { "job", kr_s(kr_z(c->id)) } });
		kr_rollback(cx);
		kr_ctx_clear(cx);
		result = "failed";
	}
	cx->plugin = "core";
	kr_exec(cx, &x_end, kr_t(kr_wall()), kr_s(kr_z(result)), kr_s(kr_z(c->id)));
	kr_commit(cx);
}

void
kr_cron_run(kr_ctx *cx)
{
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_plugin *p = cx->app->plugins[i].p;

		for (size_t k = 0; p && k < p->ncron && !cx->err; k++) {
			struct row r;

			if (kr_one(
				cx, &q_next, row_cols, &r, kr_s(kr_z(p->cron[k].id)))) {
				if (r.next.us <= cx->now.us)
					run_one(cx, p->name, &p->cron[k]);
			} else if (!cx->err) {
				kr_exec(cx, &x_new, kr_s(kr_z(p->cron[k].id)),
				    kr_t(kr_cron_next(p->cron[k].when, cx->now)));
				kr_commit(cx);
			}
		}
	}
}
