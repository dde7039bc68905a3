/* Revocable addresses for machines: a secret in the path stands for a person. */
#ifndef KR_APP_FEED_H
#define KR_APP_FEED_H

#include "base/ctx.h"

/* Sets cx->actor to the person of a feed secret ({key} of the path) for this route
   pattern; KR_ENOTFOUND when revoked or unknown. */
kr_err kr_feed_load(kr_ctx *, kr_str key, const char *route_path);
void kr_feed_revoke_all(kr_ctx *); /* of the acting person */

#endif
