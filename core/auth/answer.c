/* What the auth process answers, question by question. */
#include "auth/limit.h"
#include "auth/proto.h"
#include "auth/store.h"
#include "db/db.h"
#include <string.h>

/* A question is answered in two parts: first all that reads and computes, then what it
   writes. Between them the transaction ends, so that the second part sees what others
   did meanwhile, and can be run again without computing anew. */
struct call {
	const struct kr_auth_serving *serving;
	const struct kr_auth_ask *ask;
	struct kr_auth_said *said;
	uint32_t (*settle)(kr_ctx *, const struct call *); /* NULL: nothing to write */
	struct kr_limit limit;
	kr_id person;
	kr_str code;
	kr_str was;             /* hash that the password was compared with */
	char hash[KR_HASH_MAX]; /* new one; empty: none */
};

static kr_str
text(const struct kr_auth_text *t)
{
	return (kr_str){ t->p, t->n };
}

static kr_str
secret(const struct kr_auth_secret *s)
{
	return (kr_str){ s->p, s->n };
}

static uint32_t
wait_said(const struct call *c, uint32_t wait_s)
{
	c->said->reply.wait_s = wait_s;
	return KR_AUTH_WAIT;
}

static uint32_t
weak_said(const struct call *c, const char *why)
{
	snprintf(c->said->reply.why, sizeof c->said->reply.why, "%s", why);
	return KR_AUTH_WEAK;
}

/* This browser belongs to the person from now on: a right password from here works
   even while others exhaust the account's tries. A cookie that somebody of this browser
   already has is kept, for families and for computers of the school. */
static void
device_said(kr_ctx *cx, struct call *c)
{
	struct kr_auth_reply *r = &c->said->reply;

	r->new_device = !c->ask->has_device ||
			!kr_store_device_ours(cx, c->ask->device, KR_AUTH_DEVICE);
	if (r->new_device)
		kr_random(r->device, sizeof r->device);
	else
		memcpy(r->device, c->ask->device, sizeof r->device);
}

static void
verify_limit(kr_ctx *cx, const struct call *c, kr_str account, kr_id person,
    struct kr_limit *l_r)
{
	kr_str device = { (const char *)c->ask->device, KR_AUTH_DEVICE };
	bool known =
	    kr_store_device_known(cx, person, c->ask->device, KR_AUTH_DEVICE) &&
	    c->ask->has_device;

	*l_r = (struct kr_limit){
		.has_who = true,
		.has_net = !known,
		.who_cap = KR_LIMIT_ACCOUNT,
		.net_cap = KR_LIMIT_NET,
	};
	kr_limit_key(cx, 'p', account, KR_S(""), l_r->account);
	kr_limit_key(cx, 'n', text(&c->ask->net), KR_S(""), l_r->net);
	if (known)
		kr_limit_key(cx, 'd', account, device, l_r->who);
	else
		memcpy(l_r->who, l_r->account, sizeof l_r->who);
}

static uint32_t
settle_verify(kr_ctx *cx, const struct call *c)
{
	kr_limit_forgive(cx, &c->limit);
	kr_store_device_keep(cx, c->person, c->said->reply.device, KR_AUTH_DEVICE);
	if (c->hash[0] != 0)
		kr_store_change_hash(cx, c->person, c->was, c->hash);
	c->said->reply.person = c->person;
	return KR_AUTH_OK;
}

/* Unknown, locked and left accounts take the same way as all others, statement by
   statement, and one Argon2 computation with today's costs. */
static uint32_t
op_verify(kr_ctx *cx, struct call *c)
{
	kr_str account = kr_store_account(cx, text(&c->ask->name));
	kr_str password = secret(&c->ask->password);
	struct kr_store_person p = { 0 };

	kr_store_by_account(cx, account, &p);
	verify_limit(cx, c, account, p.id, &c->limit);

	uint32_t wait = kr_limit_try(cx, &c->limit);

	if (wait > 0)
		return wait_said(c, wait);
	if (kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;

	bool real = p.id != 0 && p.active && p.hash.n > 0;
	bool same = kr_password_same(
	    cx, real ? kr_cstr(cx, p.hash) : c->serving->dummy, password);

	if (!real || !same)
		return KR_AUTH_WRONG;
	c->person = p.id;
	c->was = p.hash;
	if (kr_password_outdated(cx, kr_cstr(cx, p.hash)) &&
	    !kr_password_hash(cx, password, c->hash))
		c->hash[0] = 0;
	device_said(cx, c);
	c->settle = settle_verify;
	return KR_AUTH_OK;
}

static uint32_t
bad_code(const struct call *c, const char *why)
{
	snprintf(c->said->reply.why, sizeof c->said->reply.why, "%s", why);
	return KR_AUTH_BAD_CODE;
}

/* The person of a good code, or the verdict on a bad one. What cannot be a code at all
   is no guess and costs nothing. */
static uint32_t
find_code(kr_ctx *cx, struct call *c)
{
	c->code = kr_store_code_clean(cx, text(&c->ask->name));
	if (c->code.n == 0)
		return bad_code(c, "core.code_malformed");
	c->limit = (struct kr_limit){ .has_net = true, .net_cap = KR_LIMIT_CODES };
	kr_limit_key(cx, 'c', text(&c->ask->net), KR_S(""), c->limit.net);

	uint32_t wait = kr_limit_try(cx, &c->limit);

	if (wait > 0)
		return wait_said(c, wait);

	const char *why = kr_store_code(cx, c->code, &c->person);

	if (kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;
	return why != NULL ? bad_code(c, why) : KR_AUTH_OK;
}

static uint32_t
settle_good_code(kr_ctx *cx, const struct call *c)
{
	kr_limit_forgive(cx, &c->limit);
	c->said->reply.person = c->person;
	return KR_AUTH_OK;
}

static uint32_t
op_peek_code(kr_ctx *cx, struct call *c)
{
	uint32_t verdict = find_code(cx, c);

	if (verdict == KR_AUTH_OK)
		c->settle = settle_good_code;
	return verdict;
}

/* A good code with a password that will not do: said, and not counted as a guess. */
static uint32_t
settle_weak(kr_ctx *cx, const struct call *c)
{
	kr_limit_forgive(cx, &c->limit);
	return KR_AUTH_WEAK;
}

static uint32_t
settle_use_code(kr_ctx *cx, const struct call *c)
{
	kr_limit_forgive(cx, &c->limit);
	if (!kr_store_use_code(cx, c->code))
		return bad_code(c, "core.code_used");
	kr_store_set_hash(cx, c->person, c->hash);
	kr_store_device_keep(cx, c->person, c->said->reply.device, KR_AUTH_DEVICE);
	c->said->reply.person = c->person;
	return KR_AUTH_OK;
}

static uint32_t
op_use_code(kr_ctx *cx, struct call *c)
{
	kr_str password = secret(&c->ask->password);
	struct kr_store_person p;
	uint32_t verdict = find_code(cx, c);

	if (verdict != KR_AUTH_OK)
		return verdict;
	if (!kr_store_by_id(cx, c->person, &p))
		return KR_AUTH_DOWN;

	const char *why = kr_password_weak(cx, &p.owner, password);

	if (why != NULL) {
		c->settle = settle_weak;
		return weak_said(c, why);
	}
	if (!kr_password_hash(cx, password, c->hash))
		return KR_AUTH_DOWN;
	device_said(cx, c);
	c->settle = settle_use_code;
	return KR_AUTH_OK;
}

/* Only in place of the very hash that was compared: a code made meanwhile has voided
   the old password, and it stays void. */
static uint32_t
settle_change(kr_ctx *cx, const struct call *c)
{
	kr_limit_forgive(cx, &c->limit);
	if (!kr_store_change_hash(cx, c->person, c->was, c->hash))
		return KR_AUTH_WRONG;
	/* Whoever had the old one may have made himself at home with it. */
	kr_store_forget(cx, c->person,
	    c->ask->has_device
		? (kr_str){ (const char *)c->ask->device, KR_AUTH_DEVICE }
		: KR_S(""));
	c->said->reply.person = c->person;
	return KR_AUTH_OK;
}

static uint32_t
op_change(kr_ctx *cx, struct call *c)
{
	kr_str old = secret(&c->ask->old_password), fresh = secret(&c->ask->password);
	kr_str id = kr_fmt(cx, "%lld", (long long)c->ask->person);
	struct kr_store_person p;

	c->limit = (struct kr_limit){ .has_who = true, .who_cap = KR_LIMIT_ACCOUNT };
	kr_limit_key(cx, 'o', id, KR_S(""), c->limit.who);

	uint32_t wait = kr_limit_try(cx, &c->limit);

	if (wait > 0)
		return wait_said(c, wait);
	if (!kr_store_by_id(cx, c->ask->person, &p) || kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;
	if (!p.active || p.hash.n == 0 ||
	    !kr_password_same(cx, kr_cstr(cx, p.hash), old))
		return KR_AUTH_WRONG;
	c->person = p.id;
	c->was = p.hash;

	const char *why = kr_password_weak(cx, &p.owner, fresh);

	if (why == NULL && kr_eq(fresh, old))
		why = "core.password_same_as_before";
	if (why != NULL) {
		c->settle = settle_weak;
		return weak_said(c, why);
	}
	if (!kr_password_hash(cx, fresh, c->hash))
		return KR_AUTH_DOWN;
	c->settle = settle_change;
	return KR_AUTH_OK;
}

static uint32_t
op_new_code(kr_ctx *cx, struct call *c)
{
	if (!kr_store_new_code(cx, c->ask->person, c->said->secret))
		return KR_AUTH_DOWN;
	kr_log_kv(KR_INFO, "auth.new_code", { "person", kr_i(c->ask->person) });
	return KR_AUTH_OK;
}

static uint32_t
op_new_token(kr_ctx *cx, struct call *c)
{
	if (kr_store_new_token(
		cx, c->ask->person, text(&c->ask->name), c->said->secret))
		return KR_AUTH_OK;
	return kr_status(cx) == KR_OK ? KR_AUTH_WAIT : KR_AUTH_DOWN; /* too many */
}

static uint32_t
op_bearer(kr_ctx *cx, struct call *c)
{
	if (kr_store_token(cx, text(&c->ask->name), &c->said->reply.person))
		return KR_AUTH_OK;
	return KR_AUTH_WRONG;
}

static uint32_t
say_list(struct call *c, const struct kr_auth_token *t, size_t n)
{
	struct kr_auth_said *s = c->said;

	for (size_t i = 0; i < n && i < KR_AUTH_TOKENS; i++) {
		kr_str label = kr_sub(t[i].label, 0, KR_AUTH_NAME_MAX);

		s->tokens[i].id = t[i].id;
		s->tokens[i].created_us = t[i].created.us;
		s->tokens[i].used_us = t[i].used.us;
		s->tokens[i].expires_us = t[i].expires.us;
		s->tokens[i].label.n = (uint32_t)label.n;
		if (label.n > 0)
			memcpy(s->tokens[i].label.p, label.p, label.n);
		s->ntokens++;
	}
	return KR_AUTH_OK;
}

static uint32_t
op_tokens(kr_ctx *cx, struct call *c)
{
	size_t n;
	const struct kr_auth_token *t = kr_store_tokens(cx, c->ask->person, &n);

	return say_list(c, t, n);
}

static uint32_t
op_traces(kr_ctx *cx, struct call *c)
{
	size_t n;
	const struct kr_auth_token *t = kr_store_traces(cx, c->ask->person, &n);

	return say_list(c, t, n);
}

static uint32_t
op_drop_token(kr_ctx *cx, struct call *c)
{
	return kr_store_drop_token(cx, c->ask->person, c->ask->token) ? KR_AUTH_OK
								      : KR_AUTH_WRONG;
}

static uint32_t
op_forget(kr_ctx *cx, struct call *c)
{
	kr_store_erase(cx, c->ask->person);
	kr_log_kv(KR_INFO, "auth.forget", { "person", kr_i(c->ask->person) });
	return KR_AUTH_OK;
}

static uint32_t (*const ops[KR_ASK_OPS])(kr_ctx *, struct call *) = {
	[KR_ASK_VERIFY] = op_verify,
	[KR_ASK_USE_CODE] = op_use_code,
	[KR_ASK_PEEK_CODE] = op_peek_code,
	[KR_ASK_CHANGE] = op_change,
	[KR_ASK_NEW_CODE] = op_new_code,
	[KR_ASK_NEW_TOKEN] = op_new_token,
	[KR_ASK_BEARER] = op_bearer,
	[KR_ASK_TOKENS] = op_tokens,
	[KR_ASK_DROP_TOKEN] = op_drop_token,
	[KR_ASK_FORGET] = op_forget,
	[KR_ASK_TRACES] = op_traces,
};

/* Lengths within their fields and text that is text: web is trusted to ask, not to be
   well-formed. */
static bool
ask_ok(const struct kr_auth_ask *a, enum kr_auth_door door)
{
	return a->magic == KR_AUTH_MAGIC && a->op < KR_ASK_OPS &&
	       kr_auth_door(a->op) == door && a->name.n <= KR_AUTH_NAME_MAX &&
	       a->net.n <= KR_AUTH_NAME_MAX && a->password.n <= KR_AUTH_PASSWORD_MAX &&
	       a->old_password.n <= KR_AUTH_PASSWORD_MAX && a->has_device <= 1 &&
	       kr_utf8_ok(text(&a->name)) && kr_utf8_ok(text(&a->net)) &&
	       kr_utf8_ok(secret(&a->password)) && kr_utf8_ok(secret(&a->old_password));
}

/* True when there is something to run again: others were in between, not too often. */
static bool
again(kr_ctx *cx, const struct call *c, int *tries)
{
	bool retry = kr_db_retry(cx) && ++*tries < 5;

	kr_log_kv(retry ? KR_INFO : KR_WARN, "auth.failed", { "op", kr_i(c->ask->op) },
	    { "err", kr_i(kr_status(cx)) }, { "text", kr_s(cx->err_text) },
	    { "again", kr_b(retry) });
	kr_rollback(cx);
	kr_ctx_clear(cx);
	return retry;
}

/* One part in a transaction of its own. OK is said only after COMMIT: a password that
   was said to be set is set. */
static uint32_t
run(kr_ctx *cx, struct call *c, bool settling)
{
	for (int tries = 0;;) {
		uint32_t verdict = settling ? c->settle(cx, c) : ops[c->ask->op](cx, c);

		if (kr_status(cx) == KR_OK && kr_commit(cx) == KR_OK)
			return verdict;
		if (!again(cx, c, &tries))
			return KR_AUTH_DOWN;
	}
}

void
kr_auth_answer(kr_ctx *cx, const struct kr_auth_serving *serving,
    const struct kr_auth_ask *ask, struct kr_auth_said *said_r)
{
	struct call c = { .serving = serving, .ask = ask, .said = said_r };
	uint32_t verdict = KR_AUTH_DOWN;

	*said_r = (struct kr_auth_said){ .magic = KR_AUTH_MAGIC };
	if (ask_ok(ask, serving->door))
		verdict = run(cx, &c, false);
	if (verdict != KR_AUTH_DOWN && c.settle != NULL)
		verdict = run(cx, &c, true);
	if (verdict == KR_AUTH_DOWN)
		*said_r = (struct kr_auth_said){ .magic = KR_AUTH_MAGIC };
	said_r->reply.verdict = verdict;
	kr_wipe(c.hash, sizeof c.hash);
}
