/* The auth process: takes one question at a time from run/auth.sock, at low priority,
   with a database user of its own. Two of them share the socket, so at most two Argon2
   computations run at once and the listen backlog is the queue. */
#include "auth/limit.h"
#include "auth/proto.h"
#include "auth/store.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARENA_CAP (8u * 1024 * 1024)
#define SWEEP_US (10 * KR_MIN_US)

struct call {
	const struct kr_auth_serving *serving;
	const struct kr_auth_ask *ask;
	struct kr_auth_said *said;
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
   even while others exhaust the account's tries. */
static void
device_said(kr_ctx *cx, const struct call *c, kr_id person)
{
	struct kr_auth_reply *r = &c->said->reply;

	r->new_device = kr_store_device_add(
	    cx, person, c->ask->device, c->ask->has_device, r->device);
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

/* Unknown, locked and left accounts take the same way as all others, statement by
   statement, and one Argon2 computation with today's costs. */
static uint32_t
op_verify(kr_ctx *cx, const struct call *c)
{
	kr_str account = kr_store_account(cx, text(&c->ask->name));
	kr_str password = secret(&c->ask->password);
	struct kr_store_person p = { 0 };
	struct kr_limit limit;
	char hash[KR_HASH_MAX];

	kr_store_by_account(cx, account, &p);
	verify_limit(cx, c, account, p.id, &limit);

	uint32_t wait = kr_limit_try(cx, &limit);

	if (wait > 0)
		return wait_said(c, wait);
	if (kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;

	bool real = p.id != 0 && p.active && p.hash.n > 0;
	bool same = kr_password_same(
	    cx, real ? kr_cstr(cx, p.hash) : c->serving->dummy, password);

	if (!real || !same)
		return KR_AUTH_WRONG;
	kr_limit_forgive(cx, &limit);
	device_said(cx, c, p.id);
	if (kr_password_outdated(cx, kr_cstr(cx, p.hash)) &&
	    kr_password_hash(cx, password, hash))
		kr_store_set_hash(cx, p.id, hash);
	c->said->reply.person = p.id;
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
find_code(kr_ctx *cx, const struct call *c, kr_str *code_r, struct kr_limit *l_r)
{
	kr_str code = kr_store_code_clean(cx, text(&c->ask->name));

	if (code.n == 0)
		return bad_code(c, "core.code_malformed");
	*l_r = (struct kr_limit){ .has_net = true, .net_cap = KR_LIMIT_CODES };
	kr_limit_key(cx, 'c', text(&c->ask->net), KR_S(""), l_r->net);

	uint32_t wait = kr_limit_try(cx, l_r);

	if (wait > 0)
		return wait_said(c, wait);

	const char *why = kr_store_code(cx, code, &c->said->reply.person);

	if (kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;
	if (why != NULL)
		return bad_code(c, why);
	*code_r = code;
	return KR_AUTH_OK;
}

static uint32_t
op_peek_code(kr_ctx *cx, const struct call *c)
{
	struct kr_limit limit;
	kr_str code;
	uint32_t verdict = find_code(cx, c, &code, &limit);

	if (verdict == KR_AUTH_OK)
		kr_limit_forgive(cx, &limit);
	return verdict;
}

static uint32_t
op_use_code(kr_ctx *cx, const struct call *c)
{
	kr_str password = secret(&c->ask->password), code;
	struct kr_store_person p;
	struct kr_limit limit;
	char hash[KR_HASH_MAX];
	uint32_t verdict = find_code(cx, c, &code, &limit);

	if (verdict != KR_AUTH_OK)
		return verdict;
	kr_limit_forgive(cx, &limit);
	if (!kr_store_by_id(cx, c->said->reply.person, &p))
		return KR_AUTH_DOWN;

	const char *why = kr_password_weak(cx, &p.owner, password);

	if (why != NULL)
		return weak_said(c, why);
	if (!kr_password_hash(cx, password, hash))
		return KR_AUTH_DOWN;
	if (!kr_store_use_code(cx, code))
		return kr_status(cx) == KR_OK ? bad_code(c, "core.code_used")
					      : KR_AUTH_DOWN;
	kr_store_set_hash(cx, p.id, hash);
	device_said(cx, c, p.id);
	return KR_AUTH_OK;
}

static uint32_t
op_change(kr_ctx *cx, const struct call *c)
{
	kr_str password = secret(&c->ask->password);
	struct kr_limit limit = { .has_who = true, .who_cap = KR_LIMIT_ACCOUNT };
	struct kr_store_person p;
	char hash[KR_HASH_MAX];
	kr_str id = kr_fmt(cx, "%lld", (long long)c->ask->person);

	kr_limit_key(cx, 'o', id, KR_S(""), limit.who);

	uint32_t wait = kr_limit_try(cx, &limit);

	if (wait > 0)
		return wait_said(c, wait);
	if (!kr_store_by_id(cx, c->ask->person, &p) || kr_status(cx) != KR_OK)
		return KR_AUTH_DOWN;
	if (!p.active || p.hash.n == 0 ||
	    !kr_password_same(cx, kr_cstr(cx, p.hash), secret(&c->ask->old_password)))
		return KR_AUTH_WRONG;
	kr_limit_forgive(cx, &limit);

	const char *why = kr_password_weak(cx, &p.owner, password);

	if (why == NULL && kr_eq(password, secret(&c->ask->old_password)))
		why = "core.password_same_as_before";
	if (why != NULL)
		return weak_said(c, why);
	if (!kr_password_hash(cx, password, hash))
		return KR_AUTH_DOWN;
	kr_store_set_hash(cx, p.id, hash);
	c->said->reply.person = p.id;
	return KR_AUTH_OK;
}

static uint32_t
op_new_code(kr_ctx *cx, const struct call *c)
{
	if (!kr_store_new_code(cx, c->ask->person, c->said->secret))
		return KR_AUTH_DOWN;
	kr_log_kv(KR_INFO, "auth.new_code", { "person", kr_i(c->ask->person) });
	return KR_AUTH_OK;
}

static uint32_t
op_new_token(kr_ctx *cx, const struct call *c)
{
	if (kr_store_new_token(
		cx, c->ask->person, text(&c->ask->name), c->said->secret))
		return KR_AUTH_OK;
	return kr_status(cx) == KR_OK ? KR_AUTH_WAIT : KR_AUTH_DOWN; /* too many */
}

static uint32_t
op_bearer(kr_ctx *cx, const struct call *c)
{
	if (kr_store_token(cx, text(&c->ask->name), &c->said->reply.person))
		return KR_AUTH_OK;
	return KR_AUTH_WRONG;
}

static uint32_t
op_tokens(kr_ctx *cx, const struct call *c)
{
	size_t n;
	const struct kr_auth_token *t = kr_store_tokens(cx, c->ask->person, &n);
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
op_drop_token(kr_ctx *cx, const struct call *c)
{
	return kr_store_drop_token(cx, c->ask->person, c->ask->token) ? KR_AUTH_OK
								      : KR_AUTH_WRONG;
}

static uint32_t (*const ops[KR_ASK_OPS])(kr_ctx *, const struct call *) = {
	[KR_ASK_VERIFY] = op_verify,
	[KR_ASK_USE_CODE] = op_use_code,
	[KR_ASK_PEEK_CODE] = op_peek_code,
	[KR_ASK_CHANGE] = op_change,
	[KR_ASK_NEW_CODE] = op_new_code,
	[KR_ASK_NEW_TOKEN] = op_new_token,
	[KR_ASK_BEARER] = op_bearer,
	[KR_ASK_TOKENS] = op_tokens,
	[KR_ASK_DROP_TOKEN] = op_drop_token,
};

/* Lengths within their fields and text that is text: web is trusted to ask, not to be
   well-formed. */
static bool
ask_ok(const struct kr_auth_ask *a)
{
	return a->magic == KR_AUTH_MAGIC && a->op < KR_ASK_OPS &&
	       a->name.n <= KR_AUTH_NAME_MAX && a->net.n <= KR_AUTH_NAME_MAX &&
	       a->password.n <= KR_AUTH_PASSWORD_MAX &&
	       a->old_password.n <= KR_AUTH_PASSWORD_MAX && a->has_device <= 1 &&
	       kr_utf8_ok(text(&a->name)) && kr_utf8_ok(text(&a->net)) &&
	       kr_utf8_ok(secret(&a->password)) && kr_utf8_ok(secret(&a->old_password));
}

/* OK only after COMMIT: a password that was said to be set is set. A lost update race
   is run again. */
void
kr_auth_answer(kr_ctx *cx, const struct kr_auth_serving *serving,
    const struct kr_auth_ask *ask, struct kr_auth_said *said_r)
{
	for (int tries = 0; tries < 3; tries++) {
		uint32_t verdict = KR_AUTH_DOWN;

		*said_r = (struct kr_auth_said){ .magic = KR_AUTH_MAGIC };
		if (ask_ok(ask))
			verdict =
			    ops[ask->op](cx, &(struct call){ serving, ask, said_r });
		if (kr_status(cx) == KR_OK && kr_commit(cx) == KR_OK) {
			said_r->reply.verdict = verdict;
			return;
		}

		bool again = kr_db_retry(cx);

		kr_log_kv(KR_WARN, "auth.failed", { "op", kr_i(ask->op) },
		    { "err", kr_i(kr_status(cx)) }, { "text", kr_s(cx->err_text) },
		    { "again", kr_b(again) });
		kr_rollback(cx);
		kr_ctx_clear(cx);
		if (!again)
			break;
	}
	*said_r = (struct kr_auth_said){ .magic = KR_AUTH_MAGIC };
	said_r->reply.verdict = KR_AUTH_DOWN;
}

/* ── the process ── */

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void
serve_one(const struct kr_app *app, struct kr_arena *arena, struct kr_conn *db,
    const struct kr_auth_serving *serving, int fd)
{
	static struct kr_auth_ask ask; /* static: off the stack, wiped after use */
	static struct kr_auth_said said;
	struct kr_ctx cx;
	struct timeval second = { .tv_sec = 1 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	if (recv(fd, &ask, sizeof ask, MSG_TRUNC) == (ssize_t)sizeof ask &&
	    kr_mono_us() - ask.sent_us < KR_AUTH_WAIT_US) {
		kr_ctx_init(&cx, arena, app);
		cx.db = cx.rw = db;
		kr_auth_answer(&cx, serving, &ask, &said);
		kr_ctx_finish(&cx);
		if (send(fd, &said, sizeof said, MSG_NOSIGNAL) != (ssize_t)sizeof said)
			kr_log_kv(KR_WARN, "auth.unheard", { "op", kr_i(ask.op) });
	}
	kr_wipe(&ask, sizeof ask);
	kr_wipe(&said, sizeof said);
	kr_arena_reset(arena);
}

static void
sweep(const struct kr_app *app, struct kr_arena *arena, struct kr_conn *db)
{
	struct kr_ctx cx;

	kr_ctx_init(&cx, arena, app);
	cx.db = cx.rw = db;
	kr_limit_sweep(&cx);
	kr_store_sweep(&cx);
	if (kr_commit(&cx) != KR_OK)
		kr_rollback(&cx);
	kr_ctx_finish(&cx);
	kr_arena_reset(arena);
}

static struct kr_conn *
open_db(const struct kr_app *app, struct kr_arena *arena)
{
	const char *home = app->conf.home;
	struct kr_ctx cx;
	kr_str password;

	kr_ctx_init(&cx, arena, app);

	kr_str path = kr_fmt(&cx, "%s/secret/kreide_auth.pw", home);
	kr_str sock = kr_fmt(&cx, "%s/run/mysql.sock", home);

	if (!kr_read_file(arena, path.p, &password))
		kr_panic("cannot read %s: %s", path.p, strerror(errno));

	struct kr_conn *db = kr_conn_new(&(struct kr_conn_opt){
	    .socket = sock.p,
	    .user = "kreide_auth",
	    .password = kr_cstr(&cx, kr_trim(password)),
	    .schema = "kreide_auth",
	    .cache = 32,
	});

	kr_wipe((void *)(uintptr_t)password.p, password.n);
	kr_arena_reset(arena);
	return db;
}

/* TERM lets the running question end: waiting happens only in ppoll, where the signal
   is let in. */
static void
signals(sigset_t *open_r)
{
	struct sigaction act = { .sa_handler = on_stop };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, open_r);
	sigdelset(open_r, SIGTERM);
	sigdelset(open_r, SIGINT);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
}

_Noreturn void
kr_auth_main(const struct kr_app *app, int listen_fd)
{
	struct kr_arena *arena = kr_arena_new(ARENA_CAP);
	struct kr_conn *db = open_db(app, arena);
	char dummy[KR_HASH_MAX];
	struct kr_auth_serving serving = { dummy };
	struct kr_ctx cx;
	struct timespec minute = { .tv_sec = 60 };
	struct pollfd p = { .fd = listen_fd, .events = POLLIN };
	int64_t swept = kr_mono_us();
	sigset_t open;

	signals(&open);
	setpriority(PRIO_PROCESS, 0, 5);
	prctl(PR_SET_DUMPABLE, 0);
	fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
	if (sodium_init() < 0)
		kr_panic("libsodium does not start");
	kr_ctx_init(&cx, arena, app);
	if (!kr_password_hash(&cx, kr_z(cx.request_id), dummy))
		kr_panic("no memory for Argon2id");
	kr_arena_reset(arena);
	while (!stopping) {
		int n = ppoll(&p, 1, &minute, &open);
		int fd = n > 0 ? accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd >= 0) {
			serve_one(app, arena, db, &serving, fd);
			close(fd);
		}
		if (kr_mono_us() - swept > SWEEP_US) {
			sweep(app, arena, db);
			swept = kr_mono_us();
		}
	}
	kr_conn_free(&db);
	kr_arena_free(&arena);
	_exit(0);
}
