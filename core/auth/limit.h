/* The limiter of sign-in: rows in the auth database, one per wrong (or running) try. */
#ifndef KR_AUTH_LIMIT_H
#define KR_AUTH_LIMIT_H

#include "base/ctx.h"

struct kr_limit {
	bool has_who, has_net;
	uint8_t who[32]; /* the account, or the account on one known device */
	uint8_t net[32];
	uint8_t account[32];       /* forgiven too, for this network */
	unsigned who_cap, net_cap; /* wrong ones in any hour */
	kr_id attempt;             /* row of the running try */
};

/* The account counts first: from the sixth wrong try on it waits, and what has to wait
   is not verified and counts nowhere else. 20 an hour, from wherever they come, are 480
   a day at most: no guessing of a password that kr_password_weak() let through. */
#define KR_LIMIT_ACCOUNT 20
/* Behind one network stands a whole school. On a bad Monday 1,200 people sign in within
   an hour, one in twenty gives up after five tries (300), and somebody types rubbish
   all through it, one try in three seconds (1,200): the others must not notice. What
   the number is for is a program that tries one password on many accounts: it gets one
   try at each account of a large school in the hour, without known ones among the
   passwords. Right ones do not count, and mistypings before a right one neither; who
   comes with a device of his own does not meet this limit at all. */
#define KR_LIMIT_NET 2000
/* Wrong activation codes, in a school that hands out its slips in one lesson. 80 bits
   and 14 days: a million guesses among 2^80. */
#define KR_LIMIT_CODES 3000

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
