/* The auth database: passwords, activation codes, tokens, devices. These functions work
   on a context whose database is the auth connection (kreide_auth), in its transaction;
   the caller commits. Used by the auth process and, directly, by commands. */
#ifndef KR_AUTH_STORE_H
#define KR_AUTH_STORE_H

#include "auth/password.h"

struct kr_store_person {
	kr_id id; /* 0: no such person */
	bool active;
	struct kr_password_owner owner;
	kr_str hash; /* empty: no password */
};

/* Lower case, transliterated: "Jörg.Wüstenhagen " is joerg.wuestenhagen. */
kr_str kr_store_account(kr_ctx *, kr_str typed);
bool kr_store_by_account(kr_ctx *, kr_str account, struct kr_store_person *person_r);
bool kr_store_by_id(kr_ctx *, kr_id, struct kr_store_person *person_r);

/* Any password but an empty one, one over 128 characters, or the account itself: for
   demo instances. What people choose is judged by kr_password_weak(). */
kr_err kr_store_set_password(kr_ctx *, kr_id person, kr_str account, kr_str password);
void kr_store_set_hash(kr_ctx *, kr_id person, const char *hash);
/* False when the hash is not that one any more. */
bool kr_store_change_hash(kr_ctx *, kr_id person, kr_str was, const char *hash);

/* A new code; the former one, the password, known devices and tokens are void. */
bool kr_store_new_code(kr_ctx *, kr_id person, char code_r[20]);
/* Tokens, and devices but this one (empty: all), are void. */
void kr_store_forget(kr_ctx *, kr_id person, kr_str device);
/* NULL and the person when the code is good; else the key of the reason. */
const char *kr_store_code(kr_ctx *, kr_str code, kr_id *person_r);
/* Uses it up: true for exactly one caller. */
bool kr_store_use_code(kr_ctx *, kr_str code);
/* "0ABC-..." from what was typed; empty when it cannot be a code. */
kr_str kr_store_code_clean(kr_ctx *, kr_str typed);

bool kr_store_new_token(kr_ctx *, kr_id person, kr_str label, char token_r[48]);
bool kr_store_token(kr_ctx *, kr_str token, kr_id *person_r);
bool kr_store_drop_token(kr_ctx *, kr_id person, kr_id token);
struct kr_auth_token;
struct kr_auth_token *kr_store_tokens(kr_ctx *, kr_id person, size_t *n_r);

/* When the password was set, the code made, devices seen (label: "password", "code",
   "device"); for the person's own copy of his data. */
struct kr_auth_token *kr_store_traces(kr_ctx *, kr_id person, size_t *n_r);
/* Everything about somebody who is erased. */
void kr_store_erase(kr_ctx *, kr_id person);

bool kr_store_device_known(kr_ctx *, kr_id person, const uint8_t *device, size_t n);
/* Made here once, for whomever: a cookie of our own, not a planted one. */
bool kr_store_device_ours(kr_ctx *, const uint8_t *device, size_t n);
void kr_store_device_keep(kr_ctx *, kr_id person, const uint8_t *device, size_t n);

void kr_store_sweep(kr_ctx *); /* what has expired, a little at a time */

#endif
