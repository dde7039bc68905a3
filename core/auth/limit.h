/* The limiter of sign-in: rows in the auth database, one per wrong (or running) try. */
#ifndef KR_AUTH_LIMIT_H
#define KR_AUTH_LIMIT_H

#include "base/ctx.h"

struct kr_limit {
	bool has_who, has_net;
	uint8_t who[32]; /* the account, or the account on one known device */
	uint8_t net[32];
	uint8_t account[32];       /* forgiven too, for this network */
	unsigned who_cap, net_cap; /* in any hour */
	kr_id attempt;             /* row of the running try */
};

#define KR_LIMIT_ACCOUNT 20 /* verified tries an hour */
#define KR_LIMIT_NET 100    /* wrong passwords an hour; right ones do not count */
#define KR_LIMIT_CODES 300  /* wrong codes an hour: 80 bits stay out of reach */

/* 0: go on (the try is noted and committed, so that no crash and no race makes it
   free), else the seconds to wait. A failed context means: refuse. */
uint32_t kr_limit_try(kr_ctx *, struct kr_limit *);
/* The password was right: the try does not count, nor do mistypings of this person from
   this network before it (they stay in the account's hour, so its cap holds). */
void kr_limit_forgive(kr_ctx *, const struct kr_limit *);
/* Old rows go; a few at a time. */
void kr_limit_sweep(kr_ctx *);

/* Keys are hashes of what was typed, known or not: nobody learns which accounts exist.
 */
void kr_limit_key(kr_ctx *, char kind, kr_str a, kr_str b, uint8_t key_r[32]);

#endif
