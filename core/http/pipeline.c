/* The stages of one request, top to bottom. Nothing here knows what a page is about;
   everything here decides whether its handler runs. */
#include "app/entity.h"
#include "app/jobs.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/board.h"
#include "http/errors.h"
#include "http/identity.h"
#include "http/input.h"
#include "http/nonce.h"
#include "http/shed.h"
#include "plugin/registry.h"

#include <string.h>
#include <time.h>

#define RERUNS 6 /* of stages 8 to 10, when others changed the same rows */

static const struct kr_route_info *
info_of(const kr_ctx *cx)
{
	return &cx->app->routes[cx->req->route_no];
}

static bool
is_safe(enum kr_method m)
{
	return m == KR_GET || m == KR_PROPFIND || m == KR_REPORT;
}

static bool
writes(const struct kr_route *r)
{
	return !is_safe(r->method) || (r->flags & KR_R_GET_WRITE) != 0;
}

/* An answer of core's own, that no handler gives: the stages after it are skipped. */
static bool
answered(const kr_ctx *cx)
{
	return cx->answer->status != 0;
}

/* ── 2: route. What belongs to the other host does not exist on this one. ── */

/* Who is signed out is asked to sign in, as at every page that is there: from outside
   nobody can tell which modules a school has. */
static kr_err
nowhere(kr_ctx *cx, const char *why)
{
	if (!cx->req->content_host && kr_identify_for_page(cx) == KR_OK &&
	    kr_me(cx) == 0)
		return kr_ask_to_sign_in(cx);
	return kr_fail(cx, KR_ENOTFOUND, "%s", why);
}

static kr_err
stage_route(kr_ctx *cx)
{
	struct kr_req *q = cx->req;
	struct kr_match m = { 0 };
	enum kr_routed is =
	    kr_router_find(cx->app->router, cx->arena, q->method, q->path, &m);

	q->route_no = m.no;
	if (kr_admit(cx, is == KR_ROUTED ? m.route : NULL) != KR_OK)
		return kr_status(cx);
	if (is == KR_NO_PATH ||
	    q->content_host != ((m.route->flags & KR_R_CONTENT) != 0))
		return nowhere(cx, "no such route");
	q->route = m.route;
	q->path_key = m.key;
	cx->object = m.id;
	cx->object2 = m.id2;
	cx->plugin = info_of(cx)->owner->name;
	kr_board_route(m.no);
	cx->answer->allow = m.allow;
	/* Whether the method is there is said in stage 4: not to everybody. */
	if (is == KR_NO_METHOD || q->foreign || q->options)
		return KR_OK;
	cx->answer->allow = KR_S("");
	if (q->slash && q->method != KR_GET)
		return nowhere(cx, "slash at the end");
	if (kr_board_blown(m.no)) {
		cx->answer->retry_after_s = 60;
		return kr_refuse(cx, 503, KR_EUPSTREAM, "route crashed three times");
	}
	return KR_OK;
}

/* ── 3: session. ── */

static kr_err
stage_identity(kr_ctx *cx)
{
	kr_err err;

	cx->db = cx->ro;
	err = kr_identify(cx);
	if (err != KR_OK)
		return kr_fail(cx, err, "identity");
	KR_CHECK(cx->actor != NULL);
	return kr_status(cx);
}

/* ── 4: state. A module that is not open to this person does not exist for him; and a
   path tells its methods only to those for whom it exists. ── */

static bool
module_open(kr_ctx *cx)
{
	const struct kr_loaded *l = info_of(cx)->owner;

	if (l->module_bit == (size_t)-1 || cx->actor->system ||
	    kr_actor_has(cx->actor, l->module_bit))
		return true;
	/* Always open: also to who is nobody and has no compiled rights. */
	return cx->actor->person == 0 && (l->p->flags & KR_PL_SYSTEM) != 0;
}

static kr_err
stage_state(kr_ctx *cx)
{
	struct kr_req *q = cx->req;
	bool for_all = (q->route->flags & (KR_R_PUBLIC | KR_R_CONTENT)) != 0;

	if (cx->actor->person == 0 && !cx->actor->system && !for_all) {
		cx->answer->allow = KR_S("");
		return kr_ask_to_sign_in(cx);
	}
	if (cx->actor->person != 0 || for_all) {
		if (!module_open(cx))
			return kr_fail(cx, KR_ENOTFOUND, "module is not open");
	}
	if (cx->answer->allow.n > 0 && q->options)
		cx->answer->status = 204;
	else if (cx->answer->allow.n > 0)
		return kr_refuse(cx, 405, KR_EINPUT, "method");
	else if (q->slash) {
		kr_redirect_to(cx,
		    q->query.n == 0
			? q->path
			: kr_fmt(cx, "%.*s?%.*s", KR_FMT(q->path), KR_FMT(q->query)));
		cx->answer->status = 308;
	}
	return kr_status(cx);
}

/* ── 5: permission. ── */

static kr_err
stage_permission(kr_ctx *cx)
{
	const struct kr_route_info *info = info_of(cx);

	if (info->perm_bit == (size_t)-1 || cx->actor->system)
		return KR_OK;
	if (kr_actor_has(cx->actor, info->perm_bit))
		return KR_OK;
	return kr_fail(cx, KR_EDENIED, "no right to this route");
}

/* ── 6: token. It travels in the body, so the body is taken here; not one field of it
   is looked at, and no file of it kept, before the token was right. ── */

static kr_err
stage_token(kr_ctx *cx)
{
	const struct kr_route *r = cx->req->route;

	cx->in = KR_NEW(cx, struct kr_input);
	cx->db = writes(r) ? cx->rw : cx->ro;
	if (kr_input_take(cx, r) != KR_OK)
		return kr_status(cx);
	if (is_safe(r->method) || (r->flags & (KR_R_PROTO | KR_R_CONTENT)) != 0)
		return KR_OK;
	if (kr_csrf_ok(cx, cx->req->csrf_given))
		return kr_status(cx);
	if (r->again == NULL || (r->flags & KR_R_PUBLIC) != 0 ||
	    !kr_is(cx->req->fetch_site, "same-origin"))
		return kr_fail(cx, KR_EDENIED, "token of the form");
	/* A page of ours from before the last sign-in: its form comes back. */
	kr_input_bad(cx, KR_S(""), "core.form_old", KR_S(""));
	return kr_fail(cx, KR_EINPUT, "token of an older page");
}

/* ── 7: input. ── */

static kr_err
stage_input(kr_ctx *cx)
{
	return kr_input_check(cx);
}

/* ── 8: object. The row must be in the person's scope, and the guard must agree. ── */

/* A page that leads to a change (edit form, review) is asked for with the right to
   change, and then the scope of changing holds, not that of reading. */
static bool
in_write_scope(const struct kr_route *r)
{
	return !is_safe(r->method) ||
	       (r->perm != NULL && strcmp(r->perm, r->entity->perm_read) != 0 &&
		   strcmp(r->perm, r->entity->perm_write) == 0);
}

static kr_err
stage_object(kr_ctx *cx)
{
	const struct kr_route *r = cx->req->route;
	kr_err err = KR_OK;

	if (cx->object == 0)
		return kr_status(cx);
	if (r->entity != NULL)
		err = kr_entity_guard(
		    cx, r->entity, cx->plugin, in_write_scope(r), cx->object);
	if (err == KR_OK && r->guard != NULL)
		err = r->guard(cx, cx->object);
	return err == KR_OK ? kr_status(cx) : kr_fail(cx, err, "object");
}

/* Nobody uploads to what he may not see: where files come, the object is asked before
   the body is read, and once more in the transaction of the deed. */
static kr_err
stage_upload(kr_ctx *cx)
{
	const struct kr_route_info *info = info_of(cx);

	for (size_t i = 0; i < info->nin; i++)
		if (info->in[i].type == 'f' && !is_safe(info->route->method))
			return stage_object(cx);
	return KR_OK;
}

/* ── 9: handler. ── */

static kr_err
stage_handler(kr_ctx *cx)
{
	kr_err err = cx->req->route->run(cx);

	if (err != KR_OK)
		return kr_fail(cx, err, "handler");
	if (kr_status(cx) == KR_OK && !answered(cx))
		return kr_fail(cx, KR_EFAIL, "handler gave no answer");
	return kr_status(cx);
}

/* ── 10: settle. The number of the form is noted in the same transaction. ── */

static kr_err
stage_settle(kr_ctx *cx, kr_id person)
{
	if (!writes(cx->req->route))
		return kr_status(cx);
	if (!kr_nonce_take(cx, person))
		return kr_fail(cx, KR_ECONFLICT, "form was sent before");
	if (kr_fault("http.settle"))
		return kr_fail(cx, KR_EFAIL, "injected before commit");
	if (kr_commit(cx) != KR_OK)
		return kr_status(cx);
	kr_jobs_wake(cx);
	return KR_OK;
}

/* The same request from stage 8 on: who, what and where to stay, all else is as new. */
static void
afresh(kr_ctx *cx)
{
	struct kr_ctx was;

	kr_rollback(cx);
	was = *cx;
	kr_ctx_finish(cx); /* closes what the failed try had opened */
	kr_ctx_init(cx, was.arena, was.app);
	memcpy(cx->request_id, was.request_id, sizeof cx->request_id);
	cx->now = was.now;
	cx->ro = was.ro;
	cx->rw = was.rw;
	cx->db = was.db;
	cx->actor = was.actor;
	cx->req = was.req;
	cx->in = was.in;
	cx->answer = was.answer;
	cx->plugin = was.plugin;
	cx->object = was.object;
	cx->object2 = was.object2;
	cx->queries = was.queries;
	kr_answer_init(cx->answer, cx->arena);
}

/* Anything may have failed because this very form went through before: then its answer
   of then is the right one. */
static bool
was_repeat(kr_ctx *cx)
{
	struct kr_ctx failed = *cx;

	if (!writes(cx->req->route) || cx->req->nonce_given.n == 0 ||
	    cx->err == KR_EUPSTREAM)
		return false;
	afresh(cx);
	cx->db = cx->ro;
	if (kr_nonce_repeat(cx))
		return true;
	kr_ctx_clear(cx);
	cx->err = failed.err;
	cx->err_text = failed.err_text;
	cx->disk_full = failed.disk_full;
	return false;
}

/* Those who met on the same rows do not come back at the same moment. */
static void
step_aside(int again)
{
	uint8_t chance;

	kr_random(&chance, 1);
	nanosleep(
	    &(struct timespec){ 0, (1 + again) * (500000 + chance * 15000L) }, NULL);
}

/* Others were in between. A row that somebody else made first is there to be found the
   second time; a handler that does not look for it has its conflict. */
static bool
once_more(kr_ctx *cx, int again, bool *found)
{
	if (cx->answer->streamed)
		return false;
	if (!*found && kr_db_duplicate(cx)) {
		*found = true;
		return true;
	}
	return again < RERUNS && kr_db_retry(cx);
}

static kr_err
run(kr_ctx *cx)
{
	kr_id person = kr_me(cx);
	bool found = false;

	for (int again = 0;; again++) {
		if (stage_object(cx) == KR_OK && stage_handler(cx) == KR_OK &&
		    stage_settle(cx, person) == KR_OK)
			return KR_OK;
		if (!once_more(cx, again, &found))
			break;
		afresh(cx);
		step_aside(again);
	}
	kr_err err = cx->err;

	kr_rollback(cx);
	return was_repeat(cx) ? KR_OK : err;
}

/* The page that holds the form, with what was typed and what is wrong with it; on the
   connection that cannot write. The object was not asked for if the input failed. */
static bool
form_again(kr_ctx *cx)
{
	const struct kr_route *r = cx->req->route;

	if (cx->err != KR_EINPUT || cx->req->refuse != 0 || r == NULL ||
	    r->again == NULL || cx->in == NULL)
		return false;
	afresh(cx);
	cx->db = cx->ro;
	cx->in->again = true;
	if (stage_object(cx) != KR_OK)
		return false;

	kr_err err = r->again(cx);

	if (err != KR_OK)
		kr_fail(cx, err, "form again");
	if (kr_status(cx) != KR_OK || !answered(cx))
		return false;
	if (cx->answer->status == 200)
		cx->answer->status = 422;
	return true;
}

static kr_err
serve(kr_ctx *cx)
{
	if (kr_req_read(cx, cx->req) != KR_OK || stage_route(cx) != KR_OK)
		return kr_status(cx);
	if (answered(cx))
		return KR_OK;
	if (stage_identity(cx) != KR_OK || stage_state(cx) != KR_OK)
		return kr_status(cx);
	if (answered(cx))
		return KR_OK;
	if (stage_permission(cx) != KR_OK || stage_upload(cx) != KR_OK ||
	    stage_token(cx) != KR_OK || stage_input(cx) != KR_OK)
		return kr_status(cx);
	return run(cx);
}

static const char *
role_word(const kr_ctx *cx)
{
	static const char *const words[] = { "pupil", "teacher", "parent", "staff",
		"admin" };

	for (size_t i = KR_LEN(words); i > 0; i--) {
		if (kr_has_role(cx, 1u << (i - 1)))
			return words[i - 1];
	}
	return kr_me(cx) != 0 ? "person" : "none";
}

/* The pattern, never the path; no query, no address. */
static void
log_request(kr_ctx *cx)
{
	const struct kr_req *q = cx->req;
	const struct kr_answer *a = cx->answer;

	if (q->shed) /* counted on the board; a flood shall not be one of lines too */
		return;

	int64_t took = kr_mono_us() - q->started_us;
	uint64_t bytes = a->streamed ? a->body_bytes : a->body.n;

	kr_board_took(q->lane, took);
	kr_log_kv(KR_INFO, "request", { "id", kr_s(kr_z(cx->request_id)) },
	    { "role", kr_s(kr_z(role_word(cx))) },
	    { "method", kr_s(q->refuse == 501 ? KR_S("-") : q->method_name) },
	    { "route", kr_s(q->route == NULL ? KR_S("-") : kr_z(q->route->path)) },
	    { "status", kr_i(a->status) }, { "us", kr_i(took) },
	    { "queries", kr_i(cx->queries) }, { "bytes", kr_i((int64_t)bytes) },
	    { "person", kr_i(kr_me(cx)) });
}

/* nginx has numbered the request already: one number joins its log with ours. */
static void
take_request_id(struct kr_ctx *cx)
{
	kr_str id = kr_fcgi_param("KR_REQUEST_ID");

	if (id.n < sizeof cx->request_id - 1)
		return;
	for (size_t i = 0; i < id.n; i++) {
		if (!(id.p[i] >= '0' && id.p[i] <= '9') &&
		    !(id.p[i] >= 'a' && id.p[i] <= 'f'))
			return;
	}
	memcpy(cx->request_id, id.p, sizeof cx->request_id - 1);
}

void
kr_serve_one(
    struct kr_app *app, struct kr_arena *arena, struct kr_conn *ro, struct kr_conn *rw)
{
	struct kr_ctx cx;
	struct kr_req req = { 0 };
	struct kr_answer answer;

	kr_ctx_init(&cx, arena, app);
	take_request_id(&cx);
	kr_answer_init(&answer, arena);
	cx.ro = cx.db = ro;
	cx.rw = rw;
	cx.req = &req;
	cx.answer = &answer;
	if (serve(&cx) != KR_OK && !form_again(&cx)) {
		cx.db = rw;
		kr_rollback(&cx);
		kr_answer_error(&cx);
	}
	kr_answer_send(&cx);
	kr_fcgi_finish();
	log_request(&cx);
	kr_run_afters(&cx);
	kr_ctx_finish(&cx);
	kr_arena_reset(arena);
}
