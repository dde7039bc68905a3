/* One's own account: who I am here, where I am signed in, what machines may do for me.
 */
#include "app/feed.h"
#include "app/mydata.h"
#include "auth/auth.h"
#include "core_templates.h"
#include "html/text.h"
#include "http/input.h"
#include "pages/handlers.h"
#include "pages/pages.h"
#include "plugin/registry.h"

struct group_row {
	kr_str name;
};
static const struct kr_col group_cols[] = { KR_COL(struct group_row, name) };
struct feed_row {
	kr_str route;
	kr_time created;
};
static const struct kr_col feed_cols[] = {
	KR_COL(struct feed_row, route),
	KR_COL(struct feed_row, created),
};
KR_STMT(q_groups, "i", "s",
    "SELECT DISTINCT g.name FROM core_my_group m JOIN core_group g ON g.id = m.group_id"
    " WHERE m.person_id = ? ORDER BY g.name LIMIT 200");
KR_STMT(q_feeds, "i", "st",
    "SELECT route, created FROM core_feed WHERE person_id = ? ORDER BY route");
#define COPIED "core.data_exported"
KR_STMT(q_copies, "ist", "i",
    "SELECT COUNT(*) FROM kreide_audit.entry WHERE module = 'core' AND object_id = ?"
    " AND action = ? AND at > ?");
KR_STMT(x_lang, "sti", "", "UPDATE core_person SET lang = ?, changed = ? WHERE id = ?");
KR_STMT(
    x_theme, "sti", "", "UPDATE core_person SET theme = ?, changed = ? WHERE id = ?");

/* ── who I am ── */

static const struct {
	uint32_t role;
	const char *key, *word; /* word: in /api/v1/me */
} roles[] = {
	{ KR_ROLE_PUPIL, "core.role_pupil", "pupil" },
	{ KR_ROLE_TEACHER, "core.role_teacher", "teacher" },
	{ KR_ROLE_PARENT, "core.role_parent", "parent" },
	{ KR_ROLE_STAFF, "core.role_employee", "staff" },
	{ KR_ROLE_ADMIN, "core.role_admin", "admin" },
};

static kr_str
my_roles(kr_ctx *cx)
{
	kr_str words[KR_LEN(roles)];
	size_t n = 0;

	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (kr_has_role(cx, roles[i].role))
			words[n++] = kr_text(cx, roles[i].key);
	return kr_join(cx, words, n, KR_S(", "));
}

static struct group_row *
my_groups(kr_ctx *cx, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_groups, kr_i(kr_me(cx)));

	return kr_all_(
	    rows, group_cols, KR_LEN(group_cols), sizeof(struct group_row), n_r);
}

static void
facts(kr_ctx *cx, struct core_profile *v)
{
	size_t n;
	struct group_row *groups = my_groups(cx, &n);
	kr_str *names = kr_alloc(cx, n, sizeof *names);

	for (size_t i = 0; i < n; i++)
		names[i] = groups[i].name;
	v->facts.p = kr_alloc(cx, 3, sizeof *v->facts.p);
	v->facts.n = n > 0 ? 3 : 2;
	v->facts.p[0] = (struct core_fact){ kr_text(cx, "core.profile_account"),
		cx->actor->account };
	v->facts.p[1] =
	    (struct core_fact){ kr_text(cx, "core.profile_roles"), my_roles(cx) };
	v->facts.p[2] = (struct core_fact){ kr_text(cx, "core.profile_groups"),
		kr_join(cx, names, n, KR_S(", ")) };
}

/* What this person may do, module by module, in the words of the manifests. */
static void
rights(kr_ctx *cx, struct core_profile *v)
{
	v->rights.p = kr_alloc(cx, cx->app->nplugins, sizeof *v->rights.p);
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_plugin *p = cx->app->plugins[i].p;
		kr_str *words = kr_alloc(cx, p == NULL ? 0 : p->nperms, sizeof *words);
		size_t n = 0;

		for (size_t k = 0; p != NULL && k < p->nperms; k++) {
			const struct kr_perm *perm = kr_perm_at(p, k);

			if (kr_can(cx, perm->id))
				words[n++] = kr_text(cx, perm->title);
		}
		if (n > 0)
			v->rights.p[v->rights.n++] =
			    (struct core_fact){ kr_text(cx, p->title),
				    kr_join(cx, words, n, KR_S(", ")) };
	}
}

/* ── where I am signed in, what machines may do ── */

static void
sessions(kr_ctx *cx, struct core_profile *v)
{
	size_t n;
	struct kr_session *list = kr_sessions(cx, &n);

	v->sessions.p = kr_alloc(cx, n, sizeof *v->sessions.p);
	v->sessions.n = n;
	for (size_t i = 0; i < n; i++) {
		struct kr_session *s = &list[i];

		v->sessions.p[i] = (struct core_session_row){ s->id,
			s->agent.n > 0 ? s->agent
				       : kr_text(cx, "core.profile_unknown_browser"),
			s->net, s->seen, s->created, s->here };
		v->others = v->others || !s->here;
	}
}

static void
tokens(kr_ctx *cx, struct core_profile *v)
{
	struct kr_auth_token *list;
	size_t n;

	if (!kr_auth_tokens(cx, kr_me(cx), &list, &n)) {
		v->tokens_away = true;
		return;
	}
	v->tokens.p = kr_alloc(cx, n, sizeof *v->tokens.p);
	v->tokens.n = n;
	for (size_t i = 0; i < n; i++)
		v->tokens.p[i] = (struct core_token_row){ list[i].id, list[i].label,
			list[i].created, list[i].used, list[i].expires };
}

/* "/tasks/feed/{key}": the address belongs to the module of its first segment. */
static void
feeds(kr_ctx *cx, struct core_profile *v)
{
	size_t n;
	kr_rows *rows = kr_query(cx, &q_feeds, kr_i(kr_me(cx)));
	struct feed_row *list =
	    kr_all_(rows, feed_cols, KR_LEN(feed_cols), sizeof *list, &n);

	v->feeds.p = kr_alloc(cx, n, sizeof *v->feeds.p);
	v->feeds.n = n;
	for (size_t i = 0; i < n; i++) {
		kr_str rest = kr_sub(list[i].route, 1, list[i].route.n), name = rest;

		kr_split(&rest, '/', &name);

		const struct kr_loaded *m = kr_app_plugin(cx->app, name);

		v->feeds.p[i] = (struct core_feed_row){ list[i].route,
			m != NULL && m->p != NULL ? kr_text(cx, m->p->title) : name,
			list[i].created };
	}
}

static kr_err
draw(kr_ctx *cx, kr_str new_token)
{
	struct core_profile v = {
		.id = kr_me(cx),
		.name = cx->actor->name,
		.account = cx->actor->account,
		.lang = cx->actor->lang,
		.theme = cx->actor->theme.n > 0 ? cx->actor->theme : KR_S("auto"),
		.new_token = new_token,
	};

	facts(cx, &v);
	rights(cx, &v);
	sessions(cx, &v);
	tokens(cx, &v);
	feeds(cx, &v);
	v.machines = v.tokens.n + v.feeds.n > 0;
	return core_profile(cx, &v);
}

kr_err
kr_profile_page(kr_ctx *cx)
{
	return draw(cx, KR_S(""));
}

/* ── language, theme ── */

kr_err
kr_profile_language(kr_ctx *cx)
{
	kr_exec(
	    cx, &x_lang, kr_s(kr_in_s(cx, "lang")), kr_t(kr_now(cx)), kr_i(kr_me(cx)));
	kr_flash(cx, "core.profile_saved");
	return kr_redirect_to(cx, KR_S("/profile#language"));
}

kr_err
kr_profile_theme(kr_ctx *cx)
{
	kr_str theme = kr_in_s(cx, "theme");

	if (kr_is(theme, "auto"))
		theme = KR_S("");
	kr_exec(cx, &x_theme, kr_s(theme), kr_t(kr_now(cx)), kr_i(kr_me(cx)));
	kr_flash(cx, "core.profile_saved");
	return kr_redirect_to(cx, KR_S("/profile#theme"));
}

/* ── sessions ── */

kr_err
kr_profile_session_end(kr_ctx *cx)
{
	size_t n;
	struct kr_session *list = kr_sessions(cx, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i].id == kr_in_i(cx, "session") && !list[i].here)
			kr_session_end(cx, list[i].id);
	kr_flash(cx, "core.profile_session_ended");
	return kr_redirect_to(cx, KR_S("/profile#sessions"));
}

kr_err
kr_profile_sessions_end(kr_ctx *cx)
{
	kr_session_end_all(cx, kr_me(cx), cx->actor->session);
	kr_flash(cx, "core.profile_sessions_ended");
	return kr_redirect_to(cx, KR_S("/profile#sessions"));
}

/* ── password ── */

kr_err
kr_password_page(kr_ctx *cx)
{
	struct core_password v = { .account = cx->actor->account };

	return core_password(cx, &v);
}

static kr_err
password_refused(kr_ctx *cx, const struct kr_auth_reply *r)
{
	if (r->verdict == KR_AUTH_WRONG)
		return kr_in_bad(cx, "old", "core.password_old_wrong");
	if (r->verdict == KR_AUTH_WEAK)
		return kr_in_bad(cx, "password", kr_cstr(cx, kr_z(r->why)));
	if (r->verdict == KR_AUTH_WAIT) {
		kr_input_bad(cx, KR_S("old"), "core.login_wait_minutes",
		    kr_fmt(cx, "%u", r->wait_s / 60 + 1));
		return kr_fail(cx, KR_EINPUT, "password change has to wait");
	}
	return kr_fail(cx, KR_EUPSTREAM, "password change: auth process is away");
}

/* Who changes a password because somebody knows it expects that nothing is left open:
   sessions, addresses and (in the auth process) tokens. They end first: if that runs
   into a conflict and begins again, the old password must still be the old one. */
kr_err
kr_password_change(kr_ctx *cx)
{
	kr_str password = kr_in_s(cx, "password"), cookie;
	kr_id here = cx->actor->session;

	if (!kr_eq(password, kr_in_s(cx, "password2")))
		return kr_in_bad(cx, "password2", "core.password_differs");
	kr_session_end_all(cx, kr_me(cx), 0);
	kr_feed_revoke_all(cx);
	if (kr_session_new(cx, kr_me(cx), &cookie) != KR_OK)
		return kr_status(cx);

	struct kr_auth_reply r = kr_auth_change(
	    cx, kr_me(cx), kr_in_s(cx, "old"), password, cx->req->remote_net);

	if (r.verdict != KR_AUTH_OK)
		return password_refused(cx, &r);
	if (here != 0)
		kr_session_cookie(cx, cookie);
	kr_flash(cx, "core.password_changed");
	return kr_redirect(cx, "/profile");
}

/* ── tokens and addresses for machines ── */

kr_err
kr_profile_token_new(kr_ctx *cx)
{
	char token[48];

	if (!kr_auth_new_token(
		cx, kr_me(cx), kr_cstr(cx, kr_in_s(cx, "label")), token)) {
		if (kr_status(cx) != KR_OK)
			return kr_status(cx);
		return kr_in_bad(cx, "label", "core.profile_token_many");
	}
	return draw(cx, kr_dup(cx->arena, kr_z(token)));
}

kr_err
kr_profile_token_drop(kr_ctx *cx)
{
	kr_auth_drop_token(cx, kr_me(cx), kr_in_i(cx, "token"));
	kr_flash(cx, "core.profile_token_dropped");
	return kr_redirect_to(cx, KR_S("/profile#machines"));
}

kr_err
kr_profile_feed_revoke(kr_ctx *cx)
{
	kr_feed_revoke(cx, kr_cstr(cx, kr_in_s(cx, "route")));
	kr_flash(cx, "core.profile_feed_revoked");
	return kr_redirect_to(cx, KR_S("/profile#machines"));
}

/* ── my data ── */

#define COPIES_AN_HOUR 5
#define FETCH_US (10 * KR_MIN_US)

static int64_t
copies_since(kr_ctx *cx, int64_t us_ago)
{
	static const struct kr_col count_cols[] = { { 'i', 8, 0 } };
	kr_time since = { kr_now(cx).us - us_ago };
	int64_t n = 0;

	(void)kr_one(cx, &q_copies, count_cols, &n, kr_i(kr_me(cx)), kr_s(KR_S(COPIED)),
	    kr_t(since));
	return n;
}

/* Asking is a deed, with a token and a row in the audit log; fetching only reads. */
kr_err
kr_profile_data_ask(kr_ctx *cx)
{
	if (copies_since(cx, 60 * KR_MIN_US) >= COPIES_AN_HOUR) {
		kr_flash(cx, "core.profile_data_wait");
		return kr_redirect_to(cx, KR_S("/profile#data"));
	}
	kr_audit(cx, COPIED, kr_me(cx));
	return kr_redirect(cx, "/profile/data");
}

kr_err
kr_profile_data(kr_ctx *cx)
{
	struct kr_zip_item *items;
	size_t n;

	if (copies_since(cx, FETCH_US) == 0)
		return kr_redirect_to(cx, KR_S("/profile#data"));
	if (kr_mydata(cx, kr_me(cx), &items, &n) != KR_OK)
		return kr_status(cx);
	return kr_send_zip(cx, kr_mydata_name(cx, cx->actor->account), items, n);
}

/* ── /api/v1/me ── */

kr_err
kr_api_me(kr_ctx *cx)
{
	kr_json *j = kr_json_new(cx);
	size_t n;
	struct group_row *groups = my_groups(cx, &n);

	kr_json_open(j, NULL, '{');
	kr_json_put(j, "id", kr_i(kr_me(cx)));
	kr_json_put(j, "account", kr_s(cx->actor->account));
	kr_json_put(j, "name", kr_s(cx->actor->name));
	kr_json_put(j, "given_name", kr_s(cx->actor->given));
	kr_json_put(j, "family_name", kr_s(cx->actor->family));
	kr_json_put(j, "locale", kr_s(kr_lang(cx)));
	kr_json_open(j, "roles", '[');
	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (kr_has_role(cx, roles[i].role))
			kr_json_put(j, NULL, kr_s(kr_z(roles[i].word)));
	kr_json_close(j);
	kr_json_open(j, "groups", '[');
	for (size_t i = 0; i < n; i++)
		kr_json_put(j, NULL, kr_s(groups[i].name));
	kr_json_close(j);
	kr_json_close(j);
	return kr_json_send(j);
}
