/* The jobs process: outbox, hooks, live events, cron, rescans; the only one with
   outbound network. */
#ifndef KR_APP_JOBS_H
#define KR_APP_JOBS_H

#include "base/ctx.h"

_Noreturn void kr_jobs_main(const struct kr_app *, int wake_fd);
/* After COMMIT: a datagram to run/jobs.sock, if this unit of work wrote outbox rows. */
void kr_jobs_wake(kr_ctx *);

#endif
