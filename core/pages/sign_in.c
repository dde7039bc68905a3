/* Signing in and out, and the first sign-in with a printed code. */
#include "auth/auth.h"
#include "core_templates.h"
#include "html/text.h"
#include "http/input.h"
#include "pages/handlers.h"
#include "pages/pages.h"

struct who {
	kr_str given, account;
	uint32_t roles;
};
static const struct kr_col who_cols[] = {
	KR_COL(struct who, given),
	KR_COL(struct who, account),
	KR_COL(struct who, roles),
};
KR_STMT(
    q_who, "i", "ssi", "SELECT given, account, roles FROM core_person WHERE id = ?");

/* ── what both forms share ── */

/* A sentence over the form; the form comes back with what was typed. */
static kr_err
refuse(kr_ctx *cx, const char *i18n, kr_str arg)
{
	kr_input_bad(cx, KR_S(""), i18n, arg);
	return kr_fail(cx, KR_EINPUT, "sign-in refused: %s", i18n);
}

/* Two minutes and more are said in minutes. */
static kr_err
refuse_wait(kr_ctx *cx, uint32_t wait_s)
{
	if (wait_s < 120)
		return refuse(cx, "core.login_wait_seconds", kr_fmt(cx, "%u", wait_s));
	return refuse(
	    cx, "core.login_wait_minutes", kr_fmt(cx, "%u", (wait_s + 59) / 60));
}

/* The sentence of refuse(), taken out of the list, so that it stands alone; and the
   status that belongs to it: too many tries and an auth process that is away are no
   faults of the form. */
static kr_str
problem_of(kr_ctx *cx)
{
	static const struct {
		const char *key;
		int status, retry_s; /* retry: for each unit of the sentence's number */
	} others[] = {
		{ "core.login_wait_seconds", 429, 1 },
		{ "core.login_wait_minutes", 429, 60 },
		{ "core.login_busy", 503, 5 },
		{ "core.login_down", 503, 30 },
	};
	struct kr_input *in = cx->in;

	if (in == NULL || !in->again || in->nbad == 0 || in->bad[0].field.n > 0)
		return KR_S("");

	struct kr_bad bad = in->bad[0];
	int64_t n = 1;

	kr_to_i(bad.arg, &n);
	in->nbad = 0;
	for (size_t i = 0; i < KR_LEN(others); i++) {
		if (!kr_is(kr_z(bad.i18n), others[i].key))
			continue;
		cx->answer->status = others[i].status;
		cx->answer->retry_after_s = others[i].retry_s * (int)n;
	}
	return kr_text_args(cx, bad.i18n, &bad.arg, 1);
}

/* A session, its cookie, and the cookie by which this browser is known next time. */
static kr_err
sign_in(kr_ctx *cx, const struct kr_auth_reply *r, kr_str to)
{
	kr_str cookie;

	if (kr_session_new(cx, r->person, &cookie) != KR_OK)
		return kr_status(cx);
	kr_session_cookie(cx, cookie);
	kr_device_cookie(cx, r);
	return kr_redirect_to(cx, to);
}

/* Where to go on: a local path, and not back to a page of this file. */
static kr_str
target(kr_str to)
{
	static const char *const own[] = { "/login", "/logout", "/signed-out",
		"/activate" };

	if (!kr_local_path(to))
		return KR_S("/");
	for (size_t i = 0; i < KR_LEN(own); i++)
		if (kr_starts(to, kr_z(own[i])))
			return KR_S("/");
	return to;
}

/* ── /login ── */

kr_err
kr_login_page(kr_ctx *cx)
{
	kr_str to = target(kr_in_s(cx, "to"));

	if (kr_me(cx) != 0)
		return kr_redirect_to(cx, to);

	struct core_login view = { .to = to, .problem = problem_of(cx) };

	return core_login(cx, &view);
}

kr_err
kr_login(kr_ctx *cx)
{
	kr_str to = target(kr_in_s(cx, "to"));

	if (kr_me(cx) != 0)
		return kr_redirect_to(cx, to);

	struct kr_auth_reply r = kr_auth_verify(
	    cx, kr_in_s(cx, "account"), kr_in_s(cx, "password"), cx->req->remote_net);

	switch ((enum kr_auth_verdict)r.verdict) {
	case KR_AUTH_OK:
		return sign_in(cx, &r, to);
	case KR_AUTH_WAIT:
		return refuse_wait(cx, r.wait_s);
	case KR_AUTH_BUSY:
		return refuse(cx, "core.login_busy", KR_S(""));
	case KR_AUTH_WRONG:
	case KR_AUTH_WEAK:
	case KR_AUTH_BAD_CODE:
		return refuse(cx, "core.login_wrong", KR_S(""));
	case KR_AUTH_DOWN:
		break;
	}
	return refuse(cx, "core.login_down", KR_S(""));
}

/* ── /logout ── */

kr_err
kr_logout(kr_ctx *cx)
{
	kr_session_end(cx, cx->actor->session);
	kr_session_cookie(cx, KR_S(""));
	return kr_redirect(cx, "/signed-out");
}

kr_err
kr_signed_out_page(kr_ctx *cx)
{
	struct core_signed_out view = { false };

	if (kr_me(cx) != 0)
		return kr_redirect(cx, "/");
	return core_signed_out(cx, &view);
}

/* ── /activate ── */

kr_err
kr_activate_page(kr_ctx *cx)
{
	struct core_activate view = { .problem = problem_of(cx) };

	return core_activate(cx, &view);
}

static kr_err
refuse_code(kr_ctx *cx, const struct kr_auth_reply *r)
{
	if (r->verdict == KR_AUTH_WAIT)
		return refuse_wait(cx, r->wait_s);
	if (r->verdict == KR_AUTH_BAD_CODE)
		return refuse(cx, kr_cstr(cx, kr_z(r->why)), KR_S(""));
	return refuse(cx,
	    r->verdict == KR_AUTH_BUSY ? "core.login_busy" : "core.login_down",
	    KR_S(""));
}

/* The page of the second step: greets whom the code belongs to. */
static kr_err
welcome(kr_ctx *cx, kr_id person)
{
	struct core_welcome view = { .code = kr_in_s(cx, "code") };
	struct who who;

	if (!kr_one(cx, &q_who, who_cols, &who, kr_i(person)))
		return kr_fail(cx, KR_ENOTFOUND, "person of the code");
	view.given = who.given;
	view.account = who.account;
	view.pupil = who.roles == KR_ROLE_PUPIL;
	view.problem = problem_of(cx);
	return core_welcome(cx, &view);
}

/* Drawn again: the step that was refused. The code is asked for once more, so that a
   page of the second step exists only with a good one. */
kr_err
kr_activate_again(kr_ctx *cx)
{
	bool second = kr_in_s(cx, "step").n > 0;
	struct kr_auth_reply r = { .verdict = KR_AUTH_BAD_CODE };

	if (second)
		r = kr_auth_peek_code(cx, kr_in_s(cx, "code"), cx->req->remote_net);
	return r.verdict == KR_AUTH_OK ? welcome(cx, r.person) : kr_activate_page(cx);
}

kr_err
kr_activate(kr_ctx *cx)
{
	kr_str code = kr_in_s(cx, "code"), password = kr_in_s(cx, "password");
	struct kr_auth_reply r;

	if (password.n == 0 && kr_in_s(cx, "step").n == 0) {
		r = kr_auth_peek_code(cx, code, cx->req->remote_net);
		return r.verdict == KR_AUTH_OK ? welcome(cx, r.person)
					       : refuse_code(cx, &r);
	}
	if (password.n == 0)
		return kr_in_bad(cx, "password", "core.field_required");
	if (!kr_eq(password, kr_in_s(cx, "password2")))
		return kr_in_bad(cx, "password2", "core.password_differs");
	r = kr_auth_use_code(cx, code, password, cx->req->remote_net);
	if (r.verdict == KR_AUTH_WEAK)
		return kr_in_bad(cx, "password", kr_cstr(cx, kr_z(r.why)));
	if (r.verdict != KR_AUTH_OK)
		return refuse_code(cx, &r);
	/* Whoever was signed in at this browser is not any more. */
	kr_session_end(cx, cx->actor->session);
	kr_flash(cx, "core.activated");
	return sign_in(cx, &r, KR_S("/"));
}

/* Seconds until the session ends if nothing is done, and until it ends anyway. Asked at
   /session it goes on, as by any page; asked at /_session it is only looked at. */
kr_err
kr_session_left(kr_ctx *cx)
{
	const struct kr_actor *a = cx->actor;
	kr_json *j = kr_json_new(cx);

	kr_json_open(j, NULL, '{');
	kr_json_put(j, "idle", kr_i((a->idle_end.us - cx->now.us) / 1000000));
	kr_json_put(j, "last", kr_i((a->last_end.us - cx->now.us) / 1000000));
	kr_json_close(j);
	return kr_json_send(j);
}
