/* One-time numbers of forms; see nonce.c. */
#ifndef KR_HTTP_NONCE_H
#define KR_HTTP_NONCE_H

#include "base/ctx.h"

/* In the transaction of the deed: notes that this form was sent, and where its answer
   led. False: it was sent before (or the context has failed). */
bool kr_nonce_take(kr_ctx *, kr_id person);
/* Before a deed that no rollback takes back (the auth process makes a code): notes the
   number first, so that a repeat, even at the same moment, does not get that far. It is
   led to the path of the form, which must be there for GET. False: sent before, and the
   context has failed. */
bool kr_nonce_claim(kr_ctx *);
/* True when this form was sent before: the answer is the redirect of then. */
bool kr_nonce_repeat(kr_ctx *);

#endif
