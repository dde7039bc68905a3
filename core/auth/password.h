/* Passwords: Argon2id, and what the school accepts as one. */
#ifndef KR_AUTH_PASSWORD_H
#define KR_AUTH_PASSWORD_H

#include "base/ctx.h"

#define KR_HASH_MAX 128 /* crypto_pwhash_STRBYTES, NUL included */

/* Memory and passes: kreide.conf argon2_mib and argon2_passes, never below the floor of
   46 MiB and one pass (about 65 ms). */
bool kr_password_hash(kr_ctx *, kr_str password, char hash_r[KR_HASH_MAX]);
/* What an unknown account is compared with: as costly as a hash of today, of no
   password, and made in no time. */
void kr_password_decoy(kr_ctx *, char hash_r[KR_HASH_MAX]);
bool kr_password_same(kr_ctx *, const char *hash, kr_str password);
/* True when the hash was made with other costs than today's: hash again. */
bool kr_password_outdated(kr_ctx *, const char *hash);

struct kr_password_owner {
	uint32_t roles;
	kr_str given, family, account;
};
/* NULL when good enough, else the key of the sentence that says what to do. */
const char *kr_password_weak(
    kr_ctx *, const struct kr_password_owner *, kr_str password);

#endif
