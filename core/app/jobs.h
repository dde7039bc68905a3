/* The jobs process: outbox, hooks, live events, cron, rescans. */
#ifndef KR_APP_JOBS_H
#define KR_APP_JOBS_H

#include "base/ctx.h"

_Noreturn void kr_jobs_main(const struct kr_app *, int wake_fd);
/* After COMMIT: a datagram to run/jobs.sock, if this unit of work wrote outbox rows. */
void kr_jobs_wake(kr_ctx *);

/* How the process is doing, as its tables tell: for /healthz, doctor and status. */
struct kr_jobs_state {
	int64_t late;      /* that nobody takes up: the process hangs or does not run */
	int64_t set_aside; /* events that a plugin failed on again and again */
	kr_str failed;     /* cron rows whose last run failed, "news.sweep, x.y" */
};
bool kr_jobs_look(kr_ctx *, struct kr_jobs_state *state_r); /* false: no database */

#endif
