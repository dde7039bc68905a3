/* The audit trail's other side: sealing and checking the chain. */
#ifndef KR_APP_AUDIT_H
#define KR_APP_AUDIT_H

#include "base/ctx.h"

/* The key of the chain (secret/audit.key, readable by jobs and the administrator's
   command only); false when it cannot be read. */
bool kr_audit_key(const char *home, uint8_t key_r[32]);
/* The last sealed row, kept in secret/audit.head beside the database: without it nobody
   could tell that the end of the chain was cut off. Text: the seq, a blank, the seal.
 */
struct kr_audit_head {
	int64_t seq; /* 0: nothing was sealed yet */
	uint8_t seal[32];
};
bool kr_audit_head(const char *home, struct kr_audit_head *head_r);
/* Chains committed rows: seal = HMAC(key, previous seal, row), in the order they are
   found in; seq keeps that order, because a transaction may commit after a later id.
   Commits, and moves the head. Rows that have vanished from the end leave a gap. */
void kr_audit_seal(kr_ctx *, const uint8_t key[32], struct kr_audit_head *);

struct kr_audit_verdict {
	enum { KR_AUDIT_GOOD, KR_AUDIT_CHANGED, KR_AUDIT_MISSING, KR_AUDIT_CUT } kind;
	int64_t seq;  /* the first row that is changed or missing */
	int64_t rows; /* that fit, in front of it */
	int64_t open; /* older than a minute and not sealed */
};
/* Recomputes the chain from its first row to the head. */
kr_err kr_audit_verify(kr_ctx *, const uint8_t key[32], const struct kr_audit_head *,
    struct kr_audit_verdict *verdict_r);

#endif
