/* Adding a person by hand, and changing name and roles. */
#include "people.h"
#include "people_templates.h"

KR_STMT(
    q_person, "i", "ssi", "SELECT given, family, roles FROM core_person WHERE id = ?");
KR_STMT(q_new, "i", "s", "SELECT account FROM core_person WHERE id = ?");
KR_STMT(q_child, "s", "i",
    "SELECT id FROM core_person WHERE account = ? AND (roles & 1) <> 0");

struct person {
	kr_str given, family;
	uint32_t roles;
};
static const struct kr_col person_cols[] = { KR_COL(struct person, given),
	KR_COL(struct person, family), KR_COL(struct person, roles) };
struct account {
	kr_str account;
};
static const struct kr_col account_cols[] = { KR_COL(struct account, account) };
struct one {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one, id) };

/* Boxes of the form, and the choice when somebody is new. */
static const struct {
	const char *name;
	uint32_t role;
} roles[] = { { "pupil", KR_ROLE_PUPIL }, { "teacher", KR_ROLE_TEACHER },
	{ "parent", KR_ROLE_PARENT }, { "staff", KR_ROLE_STAFF },
	{ "admin", KR_ROLE_ADMIN } };

/* ── new ── */

kr_err
people_new(kr_ctx *cx)
{
	struct people_add view = { .role = KR_S("") };

	return people_add(cx, &view);
}

static uint32_t
chosen_role(kr_ctx *cx)
{
	kr_str name = kr_in_s(cx, "role");

	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (kr_is(name, roles[i].name))
			return roles[i].role;
	return 0;
}

/* The child of a guardian; 0 when none is named. Complains at the field. */
static kr_id
named_child(kr_ctx *cx, uint32_t role)
{
	kr_str account = kr_in_s(cx, "child");
	struct one child;

	if (account.n == 0)
		return 0;
	if (role != KR_ROLE_PARENT)
		kr_in_bad(cx, "child", "people.child_of_parent");
	else if (!kr_one(cx, &q_child, one_cols, &child, kr_s(account)))
		kr_in_bad(cx, "child", "people.no_child");
	return kr_status(cx) == KR_OK ? child.id : 0;
}

kr_err
people_create(kr_ctx *cx)
{
	uint32_t role = chosen_role(cx);
	struct kr_person_new fresh = { .given = kr_in_s(cx, "given"),
		.family = kr_in_s(cx, "family"),
		.roles = role };
	struct people_slip *slip = KR_NEW(cx, struct people_slip);
	kr_id child = named_child(cx, role), group = kr_in_i(cx, "group");
	struct kr_group g = { .id = 0 };
	struct account a = { .account = KR_S("") };
	char code[20];

	if (group != 0 && !kr_group(cx, group, &g))
		return kr_in_bad(cx, "group", "people.group_gone");
	slip->id = kr_kernel_person_add(cx, &fresh);
	if (group != 0)
		kr_kernel_member(cx, group, slip->id,
		    role == KR_ROLE_TEACHER ? KR_MEMBER_TEACHER : KR_MEMBER);
	if (child != 0)
		kr_kernel_guardian(cx, slip->id, child);
	if (!kr_kernel_code(cx, slip->id, code) ||
	    !kr_one(cx, &q_new, account_cols, &a, kr_i(slip->id)))
		return kr_status(cx);
	slip->name = kr_fmt(cx, "%.*s %.*s", KR_FMT(fresh.given), KR_FMT(fresh.family));
	slip->account = a.account;
	slip->group = role == KR_ROLE_PUPIL ? g.name : KR_S("");
	slip->code = kr_fmt(cx, "%s", code);
	return people_sheet(
	    cx, kr_fmt(cx, "/people/%lld", (long long)slip->id), slip, 1);
}

/* ── change ── */

kr_err
people_edit(kr_ctx *cx)
{
	kr_id id = kr_object(cx);
	struct people_form view = { .id = id, .me = id == kr_me(cx) };
	struct person p;

	if (!kr_one(cx, &q_person, person_cols, &p, kr_i(id)))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	view.title = kr_fmt(cx, "%.*s %.*s", KR_FMT(p.given), KR_FMT(p.family));
	view.given = p.given;
	view.family = p.family;
	view.roles = people_roles_of(p.roles);
	return people_form(cx, &view);
}

static uint32_t
ticked(kr_ctx *cx)
{
	uint32_t chosen = 0;

	for (size_t i = 0; i < KR_LEN(roles); i++)
		chosen |= kr_in_b(cx, roles[i].name) ? roles[i].role : 0;
	return chosen;
}

/* What was typed comes back by itself, but for the ticks. */
kr_err
people_edit_again(kr_ctx *cx)
{
	kr_id id = kr_object(cx);
	struct people_form view = {
		.id = id, .me = id == kr_me(cx), .roles = people_roles_of(ticked(cx))
	};
	struct person p;

	if (!kr_one(cx, &q_person, person_cols, &p, kr_i(id)))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	view.title = kr_fmt(cx, "%.*s %.*s", KR_FMT(p.given), KR_FMT(p.family));
	return people_form(cx, &view);
}

kr_err
people_change(kr_ctx *cx)
{
	kr_id id = kr_object(cx);
	uint32_t chosen = ticked(cx);
	struct person p;

	if (!kr_one(cx, &q_person, person_cols, &p, kr_i(id)))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	if (chosen == 0)
		return kr_in_bad(cx, "", "people.no_role");
	if (id == kr_me(cx) && (chosen & KR_ROLE_ADMIN) == 0)
		return kr_in_bad(cx, "", "people.keep_admin");
	if (!kr_eq(p.given, kr_in_s(cx, "given")) ||
	    !kr_eq(p.family, kr_in_s(cx, "family")))
		kr_kernel_person_rename(
		    cx, id, kr_in_s(cx, "given"), kr_in_s(cx, "family"));
	kr_kernel_person_roles(cx, id, chosen);
	kr_flash(cx, "people.changed");
	return kr_redirect(cx, "/people/%lld", (long long)id);
}
