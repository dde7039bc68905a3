/* What the files of this room share and nobody else needs. */
#ifndef KR_AUTH_INSIDE_H
#define KR_AUTH_INSIDE_H

#include "auth/auth.h"

/* Compiles and keeps the answer, in a transaction of its own that it ends; for stage 3,
   before anything is written. A lost race for the kept row does not matter. */
kr_err kr_rights_refresh(kr_ctx *, kr_id person, uint8_t bits_r[KR_RIGHT_BYTES]);

/* A cookie with all our attributes; max_age_s: -1 = until the browser ends, 0 = away.
 */
void kr_cookie_set(kr_ctx *, const char *name, kr_str value, int64_t max_age_s);

#endif
