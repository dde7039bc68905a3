/* Regular jobs: rows of the manifests, leases as rows, results for the administrator.
 */
#ifndef KR_APP_CRON_H
#define KR_APP_CRON_H

#include "base/ctx.h"

void kr_cron_run(kr_ctx *);
/* When a rule is due next: "hourly", "daily 03:10", "every 5m". */
kr_time kr_cron_next(const char *when, kr_time after);

#endif
