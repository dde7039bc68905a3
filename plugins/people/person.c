/* One person: what is known, and the deeds an administrator can do. */
#include "people.h"
#include "people_templates.h"

KR_STMT(q_person, "i",
    "issss"
    "isstttt",
    "SELECT p.id, p.given, p.family, p.account, p.short, p.roles, p.state, p.source,"
    " p.created, p.activated_at, p.left_at, p.changed FROM core_person p WHERE p.id = ?");
KR_STMT(q_known, "i", "i", "SELECT id FROM core_person WHERE id = ?");
/* Directly, today; a grade is there through its classes and cannot be left by itself.
 */
KR_STMT(q_groups, "idd", "iiss",
    "SELECT g.id, MAX(m.role), g.name, g.kind FROM core_membership m"
    " JOIN core_group g ON g.id = m.group_id WHERE m.person_id = ? AND m.from_day <= ?"
    " AND (m.until_day IS NULL OR m.until_day >= ?) GROUP BY g.id, g.name, g.kind,"
    " g.grade ORDER BY FIELD(g.kind, 'class', 'course', 'club', 'staff', 'grade'),"
    " g.grade, g.name");
#define RELATIVE(mine, theirs)                                                         \
	"SELECT p.id, CONCAT(p.given, ' ', p.family), (SELECT GROUP_CONCAT(g.name"     \
	" SEPARATOR ', ') FROM core_my_group m JOIN core_group g ON g.id = m.group_id" \
	" AND g.kind = 'class' WHERE m.person_id = p.id) FROM core_my_child c"         \
	" JOIN core_person p ON p.id = c." theirs " WHERE c." mine                     \
	" = ? ORDER BY p.family, p.given, p.id"
KR_STMT(q_guardians, "i", "iss", RELATIVE("child_id", "guardian_id"));
KR_STMT(q_children, "i", "iss", RELATIVE("guardian_id", "child_id"));
KR_STMT(q_account, "s", "ii", "SELECT id, roles FROM core_person WHERE account = ?");

struct person {
	int64_t id;
	kr_str given, family, account, shorthand;
	uint32_t roles;
	kr_str state, source;
	kr_time created, activated, left_at, changed;
};
static const struct kr_col person_cols[] = { KR_COL(struct person, id),
	KR_COL(struct person, given), KR_COL(struct person, family),
	KR_COL(struct person, account), KR_COL(struct person, shorthand),
	KR_COL(struct person, roles), KR_COL(struct person, state),
	KR_COL(struct person, source), KR_COL(struct person, created),
	KR_COL(struct person, activated), KR_COL(struct person, left_at),
	KR_COL(struct person, changed) };
static const struct kr_col group_cols[] = { KR_COL(struct people_group, id),
	KR_COL(struct people_group, role), KR_COL(struct people_group, name),
	KR_COL(struct people_group, kind) };
static const struct kr_col relative_cols[] = { KR_COL(struct people_relative, id),
	KR_COL(struct people_relative, name), KR_COL(struct people_relative, classes) };
struct found {
	int64_t id;
	uint32_t roles;
};
static const struct kr_col found_cols[] = { KR_COL(struct found, id),
	KR_COL(struct found, roles) };

kr_err
people_known(kr_ctx *cx, kr_id id)
{
	if (kr_rows_n(kr_query(cx, &q_known, kr_i(id))) == 1)
		return KR_OK;
	return kr_fail(cx, KR_ENOTFOUND, "no such person");
}

kr_err
people_show_page(kr_ctx *cx)
{
	kr_val id = kr_i(kr_object(cx)), today = kr_d(kr_today(cx));
	struct people_show view = { .may_write = kr_can(cx, "people.write") };
	struct person p;

	if (!kr_one(cx, &q_person, person_cols, &p, id))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	view.id = p.id;
	view.name = kr_fmt(cx, "%.*s %.*s", KR_FMT(p.given), KR_FMT(p.family));
	view.account = p.account;
	view.shorthand = p.shorthand;
	view.source = p.source;
	view.roles = people_roles_of(p.roles);
	view.state = people_state_of(p.state, p.activated, p.left_at);
	view.created = p.created;
	view.activated = p.activated;
	view.me = p.id == kr_me(cx);
	view.gone = kr_is(p.state, "left");
	view.locked = kr_is(p.state, "locked");
	KR_FILL(cx, view.groups, kr_query(cx, &q_groups, id, today, today), group_cols);
	for (size_t i = 0; i < view.groups.n; i++)
		view.groups.p[i].removable = view.may_write && !view.gone;
	KR_FILL(cx, view.guardians, kr_query(cx, &q_guardians, id), relative_cols);
	KR_FILL(cx, view.children, kr_query(cx, &q_children, id), relative_cols);
	return people_show(cx, &view);
}

/* ── deeds ── */

static kr_err
back(kr_ctx *cx)
{
	return kr_redirect(cx, "/people/%lld", (long long)kr_object(cx));
}

static kr_str
deed(kr_ctx *cx, const char *name)
{
	return kr_fmt(cx, "/people/%lld/%s", (long long)kr_object(cx), name);
}

/* Nobody shuts himself out; so there is always an administrator left. */
static bool
is_me(kr_ctx *cx)
{
	if (kr_object(cx) != kr_me(cx))
		return false;
	kr_fail(cx, KR_EDENIED, "not to oneself");
	return true;
}

kr_err
people_lock(kr_ctx *cx)
{
	if (is_me(cx))
		return kr_status(cx);
	kr_kernel_person_lock(cx, kr_object(cx), true);
	kr_flash_undo(cx, "people.locked", deed(cx, "unlock"));
	return back(cx);
}

kr_err
people_unlock(kr_ctx *cx)
{
	kr_kernel_person_lock(cx, kr_object(cx), false);
	kr_flash(cx, "people.unlocked");
	return back(cx);
}

kr_err
people_sign_out(kr_ctx *cx)
{
	kr_kernel_person_sign_out(cx, kr_object(cx));
	kr_flash(cx, "people.signed_out");
	return kr_object(cx) == kr_me(cx) ? kr_redirect(cx, "/") : back(cx);
}

kr_err
people_leave(kr_ctx *cx)
{
	if (is_me(cx))
		return kr_status(cx);
	kr_kernel_person_leave(cx, kr_object(cx));
	kr_flash_undo(cx, "people.has_left", deed(cx, "return"));
	return back(cx);
}

kr_err
people_return(kr_ctx *cx)
{
	kr_kernel_person_return(cx, kr_object(cx));
	kr_flash(cx, "people.returned");
	return back(cx);
}

/* Teachers are in a group to teach it, all others to belong to it. */
kr_err
people_join(kr_ctx *cx)
{
	kr_id group = kr_in_i(cx, "group");
	struct kr_person p;
	struct kr_group g;

	if (!kr_group(cx, group, &g) || !kr_person(cx, kr_object(cx), &p))
		return kr_in_bad(cx, "group", "people.group_gone");
	kr_kernel_member(cx, group, kr_object(cx),
	    (p.roles & KR_ROLE_TEACHER) != 0 ? KR_MEMBER_TEACHER : KR_MEMBER);
	kr_flash(cx, "people.joined");
	return back(cx);
}

kr_err
people_part(kr_ctx *cx)
{
	kr_kernel_unmember(cx, kr_in_i(cx, "group"), kr_object(cx));
	kr_flash(cx, "people.parted");
	return back(cx);
}

kr_err
people_unchild(kr_ctx *cx)
{
	kr_kernel_unguardian(cx, kr_object(cx), kr_in_i(cx, "kid"));
	kr_flash(cx, "people.child_removed");
	return back(cx);
}

/* The child is named by its account: names are not unique, and lists of all children
   belong in no select. */
kr_err
people_child(kr_ctx *cx)
{
	struct found child;
	struct kr_person p;

	if (!kr_person(cx, kr_object(cx), &p) || (p.roles & KR_ROLE_PARENT) == 0)
		return kr_in_bad(cx, "child", "people.child_of_parent");
	if (!kr_one(cx, &q_account, found_cols, &child, kr_s(kr_in_s(cx, "child"))) ||
	    (child.roles & KR_ROLE_PUPIL) == 0)
		return kr_in_bad(cx, "child", "people.no_child");
	kr_kernel_guardian(cx, kr_object(cx), child.id);
	kr_flash(cx, "people.child_added");
	return back(cx);
}
