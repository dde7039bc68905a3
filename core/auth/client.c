/* The web side of the auth processes: one connection, one question, one answer, at most
   ten seconds. Nothing here ever sees a hash. */
#include "auth/proto.h"
#include "auth/store.h"
#include "http/board.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(KR_AUTH_DOORS == KR_DOORS, "a door for each");
static struct kr_door own[KR_AUTH_DOORS]; /* commands and tests: nobody shares */
static struct kr_door *doors = own;

void
kr_auth_share(struct kr_door *shared)
{
	doors = shared;
}

struct kr_door *
kr_auth_doors(void)
{
	return doors;
}

static bool
put(char *to, size_t room, uint32_t *n_r, kr_str s)
{
	if (s.n > room)
		return false;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	*n_r = (uint32_t)s.n;
	return true;
}

static bool
put_text(struct kr_auth_text *t, kr_str s)
{
	return put(t->p, sizeof t->p, &t->n, s);
}

static bool
put_secret(struct kr_auth_secret *t, kr_str s)
{
	return put(t->p, sizeof t->p, &t->n, s);
}

/* 128 bits as the auth process gave them; anything else counts as no device. */
static void
put_device(kr_ctx *cx, struct kr_auth_ask *ask)
{
	kr_str bytes;

	if (cx->req == NULL ||
	    !kr_b64url_decode(
		cx->arena, kr_cookie(cx->req, kr_cookie_name(cx, "krd")), &bytes) ||
	    bytes.n != KR_AUTH_DEVICE)
		return;
	memcpy(ask->device, bytes.p, KR_AUTH_DEVICE);
	ask->has_device = 1;
}

/* EAGAIN: the backlog is full, which is the queue's way to say no at once. */
static uint32_t
dial(kr_ctx *cx, enum kr_auth_door door, int *fd_r)
{
	static const char *const names[] = { "auth", "keys" };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	kr_str path = kr_fmt(cx, "%s/run/%s.sock", cx->app->conf.home, names[door]);

	if (path.n >= sizeof to.sun_path)
		return KR_AUTH_DOWN;
	memcpy(to.sun_path, path.p, path.n + 1);

	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return KR_AUTH_DOWN;
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
		*fd_r = fd;
		return KR_AUTH_OK;
	}

	uint32_t verdict = errno == EAGAIN ? KR_AUTH_BUSY : KR_AUTH_DOWN;

	close(fd);
	return verdict;
}

/* A queue that moves is waited for; one that stands still hangs. */
static bool
wait_for(int fd, int64_t sent_us, struct kr_door *door)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t now = kr_mono_us(), moved = atomic_load(&door->pulse_us);
		int64_t still = (moved > sent_us ? moved : sent_us) + KR_AUTH_STILL_US;
		int64_t end = sent_us + KR_AUTH_WAIT_US;

		if (now >= end)
			return false;
		if (now >= still) {
			atomic_store(&door->pause_us, now + KR_AUTH_PAUSE_US);
			return false;
		}

		int n =
		    poll(&p, 1, (int)(((still < end ? still : end) - now) / 1000) + 1);

		if (n > 0 || (n < 0 && errno != EINTR))
			return n > 0;
	}
}

static bool
talk(int fd, const struct kr_auth_ask *ask, struct kr_auth_said *said)
{
	if (send(fd, ask, sizeof *ask, MSG_NOSIGNAL) != (ssize_t)sizeof *ask ||
	    !wait_for(fd, ask->sent_us, &doors[kr_auth_door(ask->op)]))
		return false;
	return recv(fd, said, sizeof *said, MSG_TRUNC) == (ssize_t)sizeof *said &&
	       said->magic == KR_AUTH_MAGIC;
}

/* A door that hung is left alone for a while, unless somebody behind it has moved
 * since. */
static bool
rests(struct kr_door *door, int64_t now)
{
	int64_t until = atomic_load(&door->pause_us);

	return now < until && atomic_load(&door->pulse_us) < until - KR_AUTH_PAUSE_US;
}

/* Asks and forgets the question: passwords do not stay in the worker's memory. */
static struct kr_auth_reply
ask_auth(kr_ctx *cx, uint32_t op, struct kr_auth_ask *ask, struct kr_auth_said *said)
{
	struct kr_auth_reply none = { .verdict = KR_AUTH_DOWN };
	enum kr_auth_door door = kr_auth_door(op);
	int fd;

	if (kr_status(cx) != KR_OK)
		return none;
	ask->magic = KR_AUTH_MAGIC;
	ask->op = op;
	ask->sent_us = kr_mono_us();
	if (!rests(&doors[door], ask->sent_us))
		none.verdict = dial(cx, door, &fd);
	if (none.verdict == KR_AUTH_OK) {
		if (!talk(fd, ask, said)) {
			*said = (struct kr_auth_said){ 0 };
			said->reply.verdict = KR_AUTH_DOWN;
		}
		close(fd);
		none = said->reply;
		none.why[sizeof none.why - 1] = 0;
	}
	kr_wipe(ask, sizeof *ask);
	if (none.verdict == KR_AUTH_DOWN || none.verdict == KR_AUTH_BUSY)
		kr_log_kv(KR_ERROR, "auth.unreachable", { "op", kr_i(op) },
		    { "busy", kr_b(none.verdict == KR_AUTH_BUSY) });
	return none;
}

struct kr_auth_reply
kr_auth_verify(kr_ctx *cx, kr_str account, kr_str password, kr_str net)
{
	struct kr_auth_ask ask = { 0 };
	struct kr_auth_said said;

	put_device(cx, &ask);
	if (!put_text(&ask.name, account) || !put_secret(&ask.password, password) ||
	    !put_text(&ask.net, net))
		return (struct kr_auth_reply){ .verdict = KR_AUTH_WRONG };
	return ask_auth(cx, KR_ASK_VERIFY, &ask, &said);
}

static struct kr_auth_reply
too_long(void)
{
	struct kr_auth_reply r = { .verdict = KR_AUTH_WEAK };

	snprintf(r.why, sizeof r.why, "core.password_too_long");
	return r;
}

struct kr_auth_reply
kr_auth_use_code(kr_ctx *cx, kr_str code, kr_str new_password, kr_str net)
{
	struct kr_auth_ask ask = { 0 };
	struct kr_auth_said said;

	put_device(cx, &ask);
	if (!put_text(&ask.name, code) || !put_text(&ask.net, net))
		return (struct kr_auth_reply){ .verdict = KR_AUTH_BAD_CODE };
	if (!put_secret(&ask.password, new_password))
		return too_long();
	return ask_auth(cx, KR_ASK_USE_CODE, &ask, &said);
}

struct kr_auth_reply
kr_auth_change(
    kr_ctx *cx, kr_id person, kr_str old_password, kr_str new_password, kr_str net)
{
	struct kr_auth_ask ask = { .person = person };
	struct kr_auth_said said;

	put_device(cx, &ask);
	if (!put_secret(&ask.old_password, old_password) || !put_text(&ask.net, net))
		return (struct kr_auth_reply){ .verdict = KR_AUTH_WRONG };
	if (!put_secret(&ask.password, new_password))
		return too_long();
	return ask_auth(cx, KR_ASK_CHANGE, &ask, &said);
}

struct kr_auth_reply
kr_auth_peek_code(kr_ctx *cx, kr_str code, kr_str net)
{
	struct kr_auth_ask ask = { 0 };
	struct kr_auth_said said;

	if (!put_text(&ask.name, code) || !put_text(&ask.net, net))
		return (struct kr_auth_reply){ .verdict = KR_AUTH_BAD_CODE };
	return ask_auth(cx, KR_ASK_PEEK_CODE, &ask, &said);
}

/* From a page: by the auth process. From a command: cx->db is the auth database itself,
   and the caller commits. */
bool
kr_auth_new_code(kr_ctx *cx, kr_id person, kr_str account, char code_r[20])
{
	struct kr_auth_ask ask = { .person = person };
	struct kr_auth_said said;

	if (cx->req == NULL)
		return kr_store_new_code(cx, person, code_r);
	put_text(&ask.name, account);
	if (ask_auth(cx, KR_ASK_NEW_CODE, &ask, &said).verdict != KR_AUTH_OK) {
		kr_fail(cx, KR_EUPSTREAM, "auth: no activation code");
		return false;
	}
	memcpy(code_r, said.secret, 20);
	code_r[19] = 0;
	return true;
}

bool
kr_auth_new_token(kr_ctx *cx, kr_id person, const char *label, char token_r[48])
{
	struct kr_auth_ask ask = { .person = person };
	struct kr_auth_said said;

	if (!put_text(&ask.name, kr_z(label)))
		return false;

	uint32_t verdict = ask_auth(cx, KR_ASK_NEW_TOKEN, &ask, &said).verdict;

	if (verdict == KR_AUTH_DOWN || verdict == KR_AUTH_BUSY)
		kr_fail(cx, KR_EUPSTREAM, "auth: no token");
	if (verdict != KR_AUTH_OK)
		return false;
	memcpy(token_r, said.secret, 48);
	token_r[47] = 0;
	return true;
}

struct kr_auth_reply
kr_auth_bearer(kr_ctx *cx, kr_str token)
{
	struct kr_auth_ask ask = { 0 };
	struct kr_auth_said said;

	if (!put_text(&ask.name, token))
		return (struct kr_auth_reply){ .verdict = KR_AUTH_WRONG };
	return ask_auth(cx, KR_ASK_BEARER, &ask, &said);
}

static bool
ask_list(
    kr_ctx *cx, uint32_t op, kr_id person, struct kr_auth_token **list_r, size_t *n_r)
{
	struct kr_auth_ask ask = { .person = person };
	struct kr_auth_said said;

	if (ask_auth(cx, op, &ask, &said).verdict != KR_AUTH_OK ||
	    said.ntokens > KR_AUTH_TOKENS)
		return false;

	struct kr_auth_token *list = kr_alloc(cx, KR_AUTH_TOKENS, sizeof *list);

	for (size_t i = 0; i < said.ntokens; i++) {
		kr_str label = { said.tokens[i].label.p, said.tokens[i].label.n };

		list[i] = (struct kr_auth_token){
			.id = said.tokens[i].id,
			.label = kr_dup(cx->arena, kr_sub(label, 0, KR_AUTH_NAME_MAX)),
			.created = { said.tokens[i].created_us },
			.used = { said.tokens[i].used_us },
			.expires = { said.tokens[i].expires_us },
		};
	}
	*list_r = list;
	*n_r = said.ntokens;
	return true;
}

bool
kr_auth_tokens(kr_ctx *cx, kr_id person, struct kr_auth_token **list_r, size_t *n_r)
{
	return ask_list(cx, KR_ASK_TOKENS, person, list_r, n_r);
}

bool
kr_auth_traces(kr_ctx *cx, kr_id person, struct kr_auth_token **list_r, size_t *n_r)
{
	return ask_list(cx, KR_ASK_TRACES, person, list_r, n_r);
}

bool
kr_auth_drop_token(kr_ctx *cx, kr_id person, kr_id token)
{
	struct kr_auth_ask ask = { .person = person, .token = token };
	struct kr_auth_said said;

	return ask_auth(cx, KR_ASK_DROP_TOKEN, &ask, &said).verdict == KR_AUTH_OK;
}

bool
kr_auth_forget(kr_ctx *cx, kr_id person)
{
	struct kr_auth_ask ask = { .person = person };
	struct kr_auth_said said;

	return ask_auth(cx, KR_ASK_FORGET, &ask, &said).verdict == KR_AUTH_OK;
}
