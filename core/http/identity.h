/* Who is asking (stage 3); see identity.c. */
#ifndef KR_HTTP_IDENTITY_H
#define KR_HTTP_IDENTITY_H

#include "base/ctx.h"

/* Sets cx->actor by what the route accepts; person 0 when nobody is signed in. */
kr_err kr_identify(kr_ctx *);
/* For an address without a route: who is it, if that can be told at all. No error stays
   on the context. */
kr_err kr_identify_for_page(kr_ctx *);
/* The answer for a route that needs somebody: to the sign-in and back, or 401. */
kr_err kr_ask_to_sign_in(kr_ctx *);

#endif
