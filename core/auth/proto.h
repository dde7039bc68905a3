/* What crosses run/auth.sock and run/keys.sock: one fixed struct there, one back,
 * nothing to parse. */
#ifndef KR_AUTH_PROTO_H
#define KR_AUTH_PROTO_H

#include "auth/auth.h"

#define KR_AUTH_MAGIC 0x4b724131u
#define KR_AUTH_WAIT_US (10 * INT64_C(1000000))
/* Nothing moves behind the door for so long: it hangs. One password takes 65 ms, but at
   low priority, so a starved machine may need seconds for it. */
#define KR_AUTH_STILL_US (4 * INT64_C(1000000))
#define KR_AUTH_PAUSE_US (5 * INT64_C(1000000))
#define KR_AUTH_NAME_MAX 256     /* account, code, label or token, bytes */
#define KR_AUTH_PASSWORD_MAX 512 /* 128 characters of at most 4 bytes */
#define KR_AUTH_DEVICE 16        /* 128 bits */

enum kr_auth_op {
	KR_ASK_VERIFY,
	KR_ASK_USE_CODE,
	KR_ASK_PEEK_CODE,
	KR_ASK_CHANGE,
	KR_ASK_NEW_CODE,
	KR_ASK_NEW_TOKEN,
	KR_ASK_BEARER,
	KR_ASK_TOKENS,
	KR_ASK_DROP_TOKEN,
	KR_ASK_FORGET,
	KR_ASK_TRACES,
	KR_ASK_OPS
};

/* Where it is asked: a password is compared or hashed, or not. */
static inline enum kr_auth_door
kr_auth_door(uint32_t op)
{
	return op == KR_ASK_VERIFY || op == KR_ASK_USE_CODE || op == KR_ASK_CHANGE
		   ? KR_AUTH_PASSWORDS
		   : KR_AUTH_KEYS;
}
struct kr_door *kr_auth_doors(void);

struct kr_auth_text {
	uint32_t n;
	char p[KR_AUTH_NAME_MAX];
};
struct kr_auth_secret {
	uint32_t n;
	char p[KR_AUTH_PASSWORD_MAX];
};

struct kr_auth_ask {
	uint32_t magic, op;
	int64_t sent_us; /* monotonic: who stopped waiting is not served any more */
	kr_id person, token;
	struct kr_auth_text name; /* account, code, label or token */
	struct kr_auth_text net;
	struct kr_auth_secret password, old_password;
	uint8_t device[KR_AUTH_DEVICE]; /* of the device cookie */
	uint8_t has_device, pad_[7];
};

struct kr_auth_said {
	uint32_t magic;
	struct kr_auth_reply reply;
	char secret[48]; /* new code or token, NUL-ended */
	uint32_t ntokens, pad_;
	struct {
		kr_id id;
		int64_t created_us, used_us, expires_us;
		struct kr_auth_text label;
	} tokens[KR_AUTH_TOKENS];
};

/* One question, one answer; the verdict is DOWN unless the server sets another. */
struct kr_auth_serving {
	const char *dummy; /* hash that unknown accounts are compared with */
	enum kr_auth_door door;
};
void kr_auth_answer(kr_ctx *, const struct kr_auth_serving *,
    const struct kr_auth_ask *, struct kr_auth_said *said_r);

#endif
