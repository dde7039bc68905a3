/* The audit trail's other side: sealing and checking the chain. */
#ifndef KR_APP_AUDIT_H
#define KR_APP_AUDIT_H

#include "base/ctx.h"

/* Chains committed rows in order: seal = SHA-256(previous seal, row). In jobs only. */
void kr_audit_seal(kr_ctx *);
/* Recomputes the chain; the id of the first row that does not fit, 0 when all do. */
kr_id kr_audit_verify(kr_ctx *);

#endif
