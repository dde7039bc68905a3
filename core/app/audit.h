/* The audit trail's other side: sealing and checking the chain. */
#ifndef KR_APP_AUDIT_H
#define KR_APP_AUDIT_H

#include "base/ctx.h"

/* The key of the chain (secret/audit.key, readable by jobs and the administrator's
   command only); false when it cannot be read. */
bool kr_audit_key(const char *home, uint8_t key_r[32]);
/* Chains committed rows: seal = HMAC(key, previous seal, row), in the order they are
   found in; seq keeps that order, because a transaction may commit after a later id. */
void kr_audit_seal(kr_ctx *, const uint8_t key[32]);
/* Recomputes the chain; the seq of the first row that does not fit, 0 when all do. What
   the last anchor outside this machine does not cover may have been cut off at the end.
 */
int64_t kr_audit_verify(kr_ctx *, const uint8_t key[32]);

#endif
