/* Who is asking and what may they: sessions, sign-in, rights, CSRF, limits. */
#ifndef KR_AUTH_AUTH_H
#define KR_AUTH_AUTH_H

#include "base/ctx.h"
#include <kr/school.h>

struct kr_plugin;
struct kr_perm;

#define KR_RIGHT_BYTES 128 /* 1,024 rights */

struct kr_actor {
	kr_id person;  /* 0 = nobody */
	kr_id session; /* row id; 0 for jobs, commands, feeds, bearers */
	uint32_t roles;
	kr_str name, given, family, account;
	kr_str lang;  /* "de", "en" */
	kr_str theme; /* "", "light", "dark" */
	bool du;      /* addressed as du */
	uint8_t rights[KR_RIGHT_BYTES];
	bool system;      /* cron, commands: every right, no person */
	uint8_t csrf[32]; /* secret of the session or of the pre-session cookie */
	uint32_t unread;  /* notices */
	uint64_t settings_epoch;
	kr_time fresh;              /* last password check, for sudo-like steps */
	kr_time idle_end, last_end; /* of the session: if nothing is done, and anyway */
};

/* ── sessions (stage 3) ── */
/* One SELECT: session, person, compiled rights, epochs; another one for who may have
   unread notices. Recompiles the rights when the epoch moved. KR_OK with person 0 when
   there is no valid session. */
kr_err kr_session_load(kr_ctx *, kr_str cookie_value);
kr_err kr_session_load_by_id(kr_ctx *, kr_id session); /* content host */
/* Makes one: 256 random bits to the cookie, only their SHA-256 to the database. */
kr_err kr_session_new(kr_ctx *, kr_id person, kr_str *cookie_value_r);
/* The cookie of the session on the answer; an empty value takes it away. */
void kr_session_cookie(kr_ctx *, kr_str value);
struct kr_auth_reply;
/* Keeps the device of a right password in the browser, if it is not there yet. */
void kr_device_cookie(kr_ctx *, const struct kr_auth_reply *);
void kr_sessions_shift(kr_ctx *, int64_t us); /* the clock was set by so much */
void kr_session_end(kr_ctx *, kr_id session);
void kr_session_end_all(kr_ctx *, kr_id person, kr_id but_session);
struct kr_session { /* what the owner sees of one */
	kr_id id;
	kr_time created, seen;
	kr_str net, agent; /* "192.0.2.0/24", "Firefox, Windows" */
	bool here;         /* the one that asks */
};
struct kr_session *kr_sessions(kr_ctx *, size_t *n_r); /* of the acting person */

/* The actor of work without a session: bearers, feeds, jobs that run for a person.
   KR_ENOTFOUND when that person is locked or has left. */
kr_err kr_actor_load(kr_ctx *, kr_id person);
/* Cookies carry the prefix __Host- over https; name without it: "kr", "krd", "krp". */
const char *kr_cookie_name(kr_ctx *, const char *plain);

/* ── rights ── */
/* SQL over core_notice n and core_person_right r: is the notice's module open to the
   person, by the rights as they were last compiled? */
#define KR_NOTICE_OPEN                                                                 \
	"(n.module = 'core' OR EXISTS (SELECT 1 FROM core_right m"                     \
	" WHERE m.name = CONCAT('module:', n.module)"                                  \
	" AND ORD(SUBSTR(r.bits, m.bit DIV 8 + 1, 1)) >> (m.bit MOD 8) & 1))"
size_t kr_right_bit(const struct kr_app *, const char *name); /* (size_t)-1: none */
bool kr_actor_has(const struct kr_actor *, size_t bit);
/* What a module has sent counts only while it is open to this person. */
bool kr_actor_hears(const kr_ctx *, const struct kr_actor *, kr_str module);
/* Permission i of a manifest, by the row size that the plugin was compiled with. */
const struct kr_perm *kr_perm_at(const struct kr_plugin *, size_t i);
/* Roles, groups, policies, dates -> bits of one person; at most 5 queries; writes
   core_person_right (on cx->rw, own transaction when the request only reads). */
kr_err kr_rights_compile(kr_ctx *, kr_id person, uint8_t bits_r[KR_RIGHT_BYTES]);
void kr_rights_changed(kr_ctx *); /* raises the epoch in this transaction */
/* Rows of core_right for every permission and module known; before fork. */
kr_err kr_rights_register(kr_ctx *, struct kr_app *);

/* ── CSRF: token of a form, bound to the session (or the pre-session cookie) ── */
kr_str kr_csrf_token(kr_ctx *);
/* Token always; Sec-Fetch-Site and Origin in addition. */
bool kr_csrf_ok(kr_ctx *, kr_str token);
/* The pre-session cookie value for signed-out forms; sets it on the answer if new. */
void kr_csrf_presession(kr_ctx *);

/* ── the auth processes, asked over run/auth.sock and run/keys.sock ── */
/* Passwords are Argon2id: tens of milliseconds each, and in a storm a queue. Tokens and
   codes are 80 bits and more: SHA-256 and a read, never behind a password. */
enum kr_auth_door { KR_AUTH_PASSWORDS, KR_AUTH_KEYS, KR_AUTH_DOORS };
struct kr_door;
void kr_auth_share(struct kr_door *); /* one each, before fork */
enum kr_auth_verdict {
	KR_AUTH_OK,
	KR_AUTH_WRONG, /* unknown account, wrong password, locked: all the same outside
			*/
	KR_AUTH_WAIT,  /* limiter: too many tries; wait_s says how long */
	KR_AUTH_WEAK,  /* new password refused; why = message key */
	KR_AUTH_BAD_CODE,
	KR_AUTH_BUSY, /* queue full */
	KR_AUTH_DOWN  /* process or its database away: sign-in fails closed */
};
struct kr_auth_reply {
	uint32_t verdict;
	uint32_t wait_s;
	kr_id person;
	char why[64];
	uint8_t device[16]; /* to keep in the browser after a right password ... */
	bool new_device;    /* ... when it is not there yet */
};
#define KR_AUTH_BACKLOG 64 /* of the listening socket: the queue of sign-ins */
/* Each waits at most 10 s for an answer, and at most 4 s while nobody answers
   anybody; who hangs like that is not asked again for 5 s. */
struct kr_auth_reply kr_auth_verify(
    kr_ctx *, kr_str account, kr_str password, kr_str net);
struct kr_auth_reply kr_auth_use_code(
    kr_ctx *, kr_str code, kr_str new_password, kr_str net);
/* Tokens and other known devices are void with the old password. */
struct kr_auth_reply kr_auth_change(
    kr_ctx *, kr_id person, kr_str old_password, kr_str new_password, kr_str net);
/* The person a code belongs to, without using it up (greeting on the page). */
struct kr_auth_reply kr_auth_peek_code(kr_ctx *, kr_str code, kr_str net);
/* New activation code (80 bits, base32, XXXX-XXXX-XXXX-XXXX), 14 days; the old one and
   the password are void. Also used by commands, directly on the auth database. */
bool kr_auth_new_code(kr_ctx *, kr_id person, kr_str account, char code_r[20]);
/* Access token for machines: 256 bits, shown once; SHA-256 kept. */
bool kr_auth_new_token(kr_ctx *, kr_id person, const char *label, char token_r[48]);
struct kr_auth_reply kr_auth_bearer(kr_ctx *, kr_str token);
struct kr_auth_token { /* what the owner sees of one */
	kr_id id;
	kr_str label;
	kr_time created, used, expires; /* used: KR_NO_TIME = never */
};
#define KR_AUTH_TOKENS 10 /* per person */
bool kr_auth_tokens(kr_ctx *, kr_id person, struct kr_auth_token **list_r, size_t *n_r);
/* The same form for when the password was set (label "password", created), the code
   made, used and expires, devices seen last. */
bool kr_auth_traces(kr_ctx *, kr_id person, struct kr_auth_token **list_r, size_t *n_r);
bool kr_auth_drop_token(kr_ctx *, kr_id person, kr_id token);
/* Password, code, tokens, devices of somebody who is erased. */
bool kr_auth_forget(kr_ctx *, kr_id person);

/* The process itself: never returns. Up to two of them share the socket for passwords.
 */
_Noreturn void kr_auth_main(const struct kr_app *, int listen_fd, enum kr_auth_door);

#endif
