/* The outbox: rows written in the transaction of the deed, worked off by jobs. */
#ifndef KR_APP_OUTBOX_H
#define KR_APP_OUTBOX_H

#include "app/live.h"
#include <kr/app.h>

/* A row for core's own workers: events named "live.close", "live.notice", ... */
void kr_outbox_add(kr_ctx *, const char *module, const char *event, kr_str args);
/* After so many failed tries a row is set aside (its count is then one more): it stays,
   and nobody runs it before the next start or reload. */
#define KR_OUTBOX_TRIES 8
/* Arguments travel as a JSON array and come back with the types they had. */
kr_str kr_args_write(kr_ctx *, const kr_val *, size_t n);
kr_val *kr_args_read(kr_ctx *, kr_str json, size_t *n_r);
/* ── in jobs ── */
/* Rows of core's own that are due; true when there may be more. */
bool kr_outbox_live(kr_ctx *, struct kr_live *);
/* One row of a plugin that is due, those first that have not failed; true when there
   may be more. */
bool kr_outbox_hooks(kr_ctx *);
/* With a new set of plugins everything that waits or was set aside is tried again. */
void kr_outbox_afresh(kr_ctx *);
/* What could not be done for 90 days is dropped. */
void kr_outbox_sweep(kr_ctx *);

#endif
