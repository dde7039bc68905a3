/* Persons: added, renamed, locked, leaving and coming back. Nobody is ever matched or
   found by name here; ids and (source, key) alone say who somebody is. */
#include "auth/auth.h"
#include "auth/store.h"
#include "db/db.h"
#include "http/nonce.h"
#include "school/internal.h"

KR_STMT(x_add, "sssissstt", "",
    "INSERT INTO core_person (account, given, family, roles, short, source, source_key,"
    " created, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_rename, "ssti", "",
    "UPDATE core_person SET given = ?, family = ?, changed = ? WHERE id = ?");
KR_STMT(x_set_name, "sssti", "",
    "UPDATE core_person SET given = ?, family = ?, short = ?, changed = ? WHERE id = ?");
KR_STMT(
    x_roles, "iti", "", "UPDATE core_person SET roles = ?, changed = ? WHERE id = ?");
KR_STMT(x_lock, "sti", "",
    "UPDATE core_person SET state = ?, changed = ? WHERE id = ? AND state <> 'left'");
KR_STMT(x_leave, "tti", "",
    "UPDATE core_person SET state = 'left', left_at = ?, changed = ? WHERE id = ?"
    " AND state <> 'left'");
KR_STMT(x_return, "ti", "",
    "UPDATE core_person SET state = 'active', left_at = NULL, activated_at = NULL,"
    " changed = ? WHERE id = ?"
    " AND state = 'left'");
KR_STMT(x_feeds, "i", "", "DELETE FROM core_feed WHERE person_id = ?");
KR_STMT(x_waiting, "i", "", "UPDATE core_person SET activated_at = NULL WHERE id = ?");
KR_STMT(
    q_state, "i", "sis", "SELECT account, roles, state FROM core_person WHERE id = ?");
KR_STMT(q_other_admin, "ii", "i",
    "SELECT id FROM core_person WHERE (roles & ?) <> 0 AND state = 'active' AND id <> ?"
    " LIMIT 1");

struct state {
	kr_str account;
	uint32_t roles;
	kr_str state;
};
static const struct kr_col state_cols[] = { KR_COL(struct state, account),
	KR_COL(struct state, roles), KR_COL(struct state, state) };
struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };

static bool
account_ok(kr_str s)
{
	if (s.n < 2 || s.n > KR_ACCOUNT_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		/* Points and hyphens stand between letters, never at an end. */
		if (!letter && ((c != '.' && c != '-') || i == 0 || i + 1 == s.n ||
				   s.p[i - 1] == c))
			return false;
	}
	return true;
}

static bool
origin_ok(const struct kr_person_new *p)
{
	if (p->source.n == 0)
		return p->key.n == 0;
	return p->source.n <= 32 && p->key.n > 0 && p->key.n <= KR_KEY_MAX &&
	       !kr_has_hidden(p->key);
}

kr_id
kr_person_insert(kr_ctx *cx, const struct kr_person_new *p, kr_str *account_r)
{
	kr_str given, family, account = p->account;
	kr_id id = 0;

	if (kr_status(cx) != KR_OK)
		return 0;
	if (!kr_clean_text(cx, p->given, KR_NAME_MAX, &given) ||
	    !kr_clean_text(cx, p->family, KR_NAME_MAX, &family) || !origin_ok(p) ||
	    p->roles == 0 || (p->roles & ~(uint32_t)KR_ROLE_ALL) != 0 ||
	    (account.n > 0 && !account_ok(account)) ||
	    kr_chars(p->shorthand) > KR_SHORT_MAX) {
		kr_fail(
		    cx, KR_EINPUT, "person: name, role, account or key cannot be used");
		return 0;
	}
	/* Another command may take the name between look and insert: try the next one.
	 */
	for (int tries = 0; tries < 8 && kr_status(cx) == KR_OK; tries++) {
		if (p->account.n == 0)
			account = kr_account_name(cx, given, family);
		if (kr_exec_new(cx, &x_add, &id, kr_s(account), kr_s(given),
			kr_s(family), kr_i(p->roles), kr_s(p->shorthand),
			kr_s(p->source), p->key.n > 0 ? kr_s(p->key) : kr_null(),
			kr_t(kr_now(cx)), kr_t(kr_now(cx)))) {
			if (account_r)
				*account_r = account;
			return id;
		}
		if (p->account.n > 0)
			break;
	}
	kr_fail(cx, KR_ECONFLICT, "person: account or key is taken");
	return 0;
}

kr_id
kr_kernel_person_add(kr_ctx *cx, const struct kr_person_new *p)
{
	kr_id id = kr_person_insert(cx, p, NULL);

	if (id == 0)
		return 0;
	kr_closure_refresh(cx, &id, 1);
	kr_audit(cx, "core.person_added", id);
	return kr_status(cx) == KR_OK ? id : 0;
}

/* The person, or a failed context. */
static bool
known(kr_ctx *cx, kr_id person, struct state *state_r)
{
	if (kr_status(cx) != KR_OK)
		return false;
	if (kr_one(cx, &q_state, state_cols, state_r, kr_i(person)))
		return true;
	kr_fail(cx, KR_ENOTFOUND, "no such person");
	return false;
}

/* A school without an administrator could only be mended by a command. */
static bool
last_admin(kr_ctx *cx, kr_id person, const struct state *s)
{
	struct one_id one;

	if ((s->roles & KR_ROLE_ADMIN) == 0 || !kr_is(s->state, "active"))
		return false;
	if (kr_one(
		cx, &q_other_admin, one_cols, &one, kr_i(KR_ROLE_ADMIN), kr_i(person)))
		return false;
	kr_fail(cx, KR_ECONFLICT, "the last administrator stays");
	return true;
}

void
kr_person_set_name(
    kr_ctx *cx, kr_id person, kr_str given, kr_str family, kr_str shorthand)
{
	kr_exec(cx, &x_set_name, kr_s(given), kr_s(family), kr_s(shorthand),
	    kr_t(kr_now(cx)), kr_i(person));
	kr_audit(cx, "core.person_renamed", person);
}

void
kr_kernel_person_rename(kr_ctx *cx, kr_id person, kr_str given, kr_str family)
{
	struct state s;

	if (!known(cx, person, &s))
		return;
	if (!kr_clean_text(cx, given, KR_NAME_MAX, &given) ||
	    !kr_clean_text(cx, family, KR_NAME_MAX, &family)) {
		kr_fail(cx, KR_EINPUT, "person: name cannot be used");
		return;
	}
	kr_exec(
	    cx, &x_rename, kr_s(given), kr_s(family), kr_t(kr_now(cx)), kr_i(person));
	kr_audit(cx, "core.person_renamed", person);
}

void
kr_kernel_person_roles(kr_ctx *cx, kr_id person, uint32_t roles)
{
	struct state s;

	if (!known(cx, person, &s) || s.roles == roles)
		return;
	if (roles == 0 || (roles & ~(uint32_t)KR_ROLE_ALL) != 0) {
		kr_fail(cx, KR_EINPUT, "person: at least one known role");
		return;
	}
	if ((roles & KR_ROLE_ADMIN) == 0 && last_admin(cx, person, &s))
		return;
	kr_exec(cx, &x_roles, kr_i(roles), kr_t(kr_now(cx)), kr_i(person));
	kr_closure_refresh(cx, &person, 1);
	kr_audit(cx, "core.person_roles", person);
}

void
kr_kernel_person_lock(kr_ctx *cx, kr_id person, bool locked)
{
	struct state s;

	if (!known(cx, person, &s))
		return;
	if (kr_is(s.state, "left")) {
		kr_fail(cx, KR_ECONFLICT, "this person has left the school");
		return;
	}
	if (locked && last_admin(cx, person, &s))
		return;
	kr_exec(cx, &x_lock, kr_s(locked ? KR_S("locked") : KR_S("active")),
	    kr_t(kr_now(cx)), kr_i(person));
	if (locked)
		kr_session_end_all(cx, person, 0);
	kr_rights_changed(cx);
	kr_audit(cx, locked ? "core.person_locked" : "core.person_unlocked", person);
}

void
kr_person_state_left(kr_ctx *cx, kr_id person)
{
	kr_exec(cx, &x_leave, kr_t(kr_now(cx)), kr_t(kr_now(cx)), kr_i(person));
	kr_session_end_all(cx, person, 0);
	kr_audit(cx, "core.person_left", person);
}

void
kr_person_state_back(kr_ctx *cx, kr_id person)
{
	kr_exec(cx, &x_return, kr_t(kr_now(cx)), kr_i(person));
	kr_audit(cx, "core.person_returned", person);
}

void
kr_kernel_person_leave(kr_ctx *cx, kr_id person)
{
	struct state s;

	if (!known(cx, person, &s) || kr_is(s.state, "left") ||
	    last_admin(cx, person, &s))
		return;
	kr_person_state_left(cx, person);
	kr_closure_refresh(cx, &person, 1);
}

void
kr_kernel_person_return(kr_ctx *cx, kr_id person)
{
	struct state s;

	if (!known(cx, person, &s) || !kr_is(s.state, "left"))
		return;
	kr_person_state_back(cx, person);
	kr_closure_refresh(cx, &person, 1);
}

/* One per process, set by commands only. */
static struct kr_conn *auth_conn;

void
kr_school_auth_conn(struct kr_conn *conn)
{
	auth_conn = conn;
}

bool
kr_code_for(kr_ctx *cx, kr_id person, kr_str account, char code_r[20])
{
	struct kr_conn *before = cx->db;
	bool ok;

	if (cx->req == NULL) {
		KR_CHECK(auth_conn != NULL);
		cx->db = auth_conn;
	}
	ok = kr_nonce_claim(cx) && kr_auth_new_code(cx, person, account, code_r);
	cx->db = before;
	kr_exec(cx, &x_waiting, kr_i(person));
	kr_exec(cx, &x_feeds, kr_i(person)); /* who may have known them is shut out */
	if (!ok && kr_status(cx) == KR_OK)
		kr_fail(cx, KR_EUPSTREAM, "no activation code could be made");
	return ok;
}

bool
kr_sign_in_forget(kr_ctx *cx, kr_id person)
{
	struct kr_conn *before = cx->db;

	if (auth_conn == NULL) {
		if (!kr_auth_forget(cx, person))
			kr_fail(cx, KR_EUPSTREAM, "auth: sign-in is not forgotten");
		return kr_status(cx) == KR_OK;
	}
	cx->db = auth_conn;
	kr_store_erase(cx, person);
	cx->db = before;
	return kr_status(cx) == KR_OK;
}

bool
kr_sign_in_list(
    kr_ctx *cx, kr_id person, bool traces, struct kr_auth_token **list_r, size_t *n_r)
{
	struct kr_conn *before = cx->db;

	if (auth_conn == NULL)
		return traces ? kr_auth_traces(cx, person, list_r, n_r)
			      : kr_auth_tokens(cx, person, list_r, n_r);
	cx->db = auth_conn;
	*list_r = traces ? kr_store_traces(cx, person, n_r)
			 : kr_store_tokens(cx, person, n_r);
	cx->db = before;
	return kr_status(cx) == KR_OK;
}

bool
kr_kernel_code(kr_ctx *cx, kr_id person, char code_r[20])
{
	struct state s;
	char code[20];

	if (!known(cx, person, &s))
		return false;
	if (kr_is(s.state, "left")) {
		kr_fail(cx, KR_ECONFLICT, "this person has left the school");
		return false;
	}
	if (!kr_code_for(cx, person, s.account, code))
		return false;
	kr_session_end_all(cx, person, 0);
	kr_audit(cx, "core.code_made", person);
	if (kr_status(cx) != KR_OK)
		return false;
	__builtin_memcpy(code_r, code, sizeof code);
	kr_wipe(code, sizeof code);
	return true;
}
