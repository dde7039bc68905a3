/* Live events: a hint on the screen within a second; the truth is in the tables. */
#ifndef KR_APP_LIVE_H
#define KR_APP_LIVE_H

#include "base/ctx.h"

/* Each writes an outbox row in this transaction; jobs publishes after commit. */
void kr_live_close_session(kr_ctx *, kr_id session);
void kr_live_close_person(kr_ctx *, kr_id person);
void kr_live_policy_changed(kr_ctx *);
/* Channel of a session: 32 hex digits, unguessable. */
kr_str kr_live_channel(const struct kr_app *, struct kr_arena *, kr_id session);

/* ── in jobs: the publisher, an HTTP connection kept open to nginx's nchan ── */
struct kr_live;
struct kr_live *kr_live_new(const struct kr_app *);
void kr_live_run(kr_ctx *, struct kr_live *, kr_str event, kr_str args);

#endif
