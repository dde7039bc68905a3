/* From a request to a person: cookie, bearer token or feed address. What runs the
   handler afterwards knows the person only, never how he was recognised; so a handler
   can one day run in another process. */
#include "http/identity.h"

#include "app/feed.h"
#include "auth/auth.h"
#include "html/error.h"
#include "html/text.h"
#include "http/errors.h"
#include "http/input.h"
#include "plugin/registry.h"

static kr_err
denied(kr_ctx *cx, const char *scheme, const char *why)
{
	cx->answer->www_authenticate = kr_z(scheme);
	return kr_refuse(cx, 401, KR_EDENIED, why);
}

static kr_err
by_bearer(kr_ctx *cx)
{
	kr_str rest = cx->req->authorization, scheme;

	if (!kr_split(&rest, ' ', &scheme) ||
	    !kr_is(kr_lower(cx->arena, scheme), "bearer") || kr_trim(rest).n == 0)
		return denied(cx, "Bearer realm=\"kreide\"", "no bearer token");

	struct kr_auth_reply reply = kr_auth_bearer(cx, kr_trim(rest));

	if (reply.verdict == KR_AUTH_OK && reply.person != 0) {
		kr_err err = kr_actor_load(cx, reply.person);

		if (err == KR_OK || err != KR_ENOTFOUND)
			return err;
		kr_ctx_clear(cx); /* locked or left: the token is worth nothing */
	} else if (reply.verdict == KR_AUTH_DOWN || reply.verdict == KR_AUTH_BUSY) {
		return kr_fail(cx, KR_EUPSTREAM, "auth process is away");
	} else if (reply.verdict == KR_AUTH_WAIT) {
		cx->answer->retry_after_s = (int)reply.wait_s;
		return kr_fail(cx, KR_ELIMIT, "too many tokens tried");
	}
	return denied(cx, "Bearer realm=\"kreide\", error=\"invalid_token\"",
	    "bearer token refused");
}

kr_err
kr_identify(kr_ctx *cx)
{
	const struct kr_route *r = cx->req->route;

	cx->actor = KR_NEW(cx, struct kr_actor);
	cx->actor->lang = KR_S("de");
	if ((r->flags & KR_R_BEARER) != 0)
		return by_bearer(cx);
	if ((r->flags & KR_R_FEED) != 0) {
		kr_err err = kr_feed_load(cx, cx->req->path_key, r->path);

		return err == KR_OK ? KR_OK : kr_fail(cx, err, "feed address");
	}
	if ((r->flags & (KR_R_PROTO | KR_R_CONTENT)) != 0)
		return KR_OK; /* no cookie is read */
	kr_err err = kr_session_load(cx, kr_cookie(cx->req, kr_cookie_name(cx, "kr")));

	if (cx->actor->person == 0)
		cx->actor->lang = kr_lang_guess(cx);
	return err;
}

/* An address that leads nowhere: whoever is signed in gets the page of it in his frame
   and language. That nobody could be asked is no reason to fail. */
kr_err
kr_identify_for_page(kr_ctx *cx)
{
	kr_err err;

	if (cx->actor != NULL || cx->req->cookie.n == 0 || cx->req->content_host)
		return KR_OK;
	cx->db = cx->ro;
	err = kr_session_load(cx, kr_cookie(cx->req, kr_cookie_name(cx, "kr")));
	kr_ctx_clear(cx);
	return err;
}

/* What a browser is sent back to after signing in: this page, or for a form the page
   above it that can be looked at. */
static kr_str
page_of(kr_ctx *cx)
{
	const struct kr_req *q = cx->req;
	struct kr_match m;
	kr_str path = q->path;

	if (q->method == KR_GET)
		return q->target;
	while (path.n > 1) {
		if (kr_router_find(cx->app->router, cx->arena, KR_GET, path, &m) ==
		    KR_ROUTED)
			return path;
		while (path.n > 1 && path.p[path.n - 1] != '/')
			path.n--;
		if (path.n > 1)
			path.n--;
	}
	return KR_S("/");
}

kr_err
kr_ask_to_sign_in(kr_ctx *cx)
{
	kr_str to = page_of(cx), login;

	if (kr_answers_machine(cx))
		return denied(cx, "Bearer realm=\"kreide\"", "nobody is signed in");
	login = kr_fmt(cx, "/login?to=%.*s", KR_FMT(kr_percent_encode(cx->arena, to)));
	/* Encoded it can be three times as long, and then too long to lead back. */
	if (!kr_local_path(to) || kr_is(to, "/") || !kr_local_path(login))
		login = KR_S("/login");
	kr_typed_keep(cx);
	if (cx->req->typed != NULL && cx->req->typed->n > 0) {
		kr_session_over_page(cx, login);
		return kr_status(cx);
	}
	kr_redirect_to(cx, login);
	if (cx->req->method == KR_GET && kr_status(cx) == KR_OK)
		cx->answer->status = 302;
	return kr_status(cx);
}
