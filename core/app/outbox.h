/* The outbox: rows written in the transaction of the deed, worked off by jobs. */
#ifndef KR_APP_OUTBOX_H
#define KR_APP_OUTBOX_H

#include "app/live.h"
#include <kr/app.h>

/* A row for core's own workers: events named "live.close", "live.notice", ... */
void kr_outbox_add(kr_ctx *, const char *module, const char *event, kr_str args);
/* Arguments travel as a JSON array; the event's letters say how to read them back. */
kr_str kr_args_write(kr_ctx *, const kr_val *, size_t n);
kr_val *kr_args_read(kr_ctx *, kr_str json, size_t *n_r);
/* One round: every row that is due, each in a transaction of its own. */
size_t kr_outbox_run(kr_ctx *, struct kr_live *);

#endif
