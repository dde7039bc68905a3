/* Groups, memberships and the bond between guardian and child, with their days. */
#include "auth/auth.h"
#include "school/internal.h"

KR_STMT(q_named, "ssi", "i",
    "SELECT id FROM core_group WHERE kind = ? AND name = ? AND year_id = ?");
KR_STMT(x_group, "ssiit", "",
    "INSERT INTO core_group (kind, name, year_id, grade, created) VALUES (?, ?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)");
KR_STMT(x_inside, "ii", "",
    "INSERT IGNORE INTO core_group_in (child_id, parent_id) VALUES (?, ?)");
KR_STMT(q_running, "iiidd", "i",
    "SELECT 1 FROM core_membership WHERE person_id = ? AND group_id = ? AND role = ?"
    " AND from_day <= ? AND (until_day IS NULL OR until_day >= ?)");
KR_STMT(x_member, "iiid", "",
    "INSERT INTO core_membership (group_id, person_id, role, from_day)"
    " VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE until_day = NULL");
KR_STMT(x_member_end, "diiidd", "",
    "UPDATE core_membership SET until_day = ? WHERE person_id = ? AND group_id = ?"
    " AND role = ? AND from_day < ? AND (until_day IS NULL OR until_day >= ?)");
KR_STMT(x_member_drop, "iiid", "",
    "DELETE FROM core_membership WHERE person_id = ? AND group_id = ? AND role = ?"
    " AND from_day >= ?");
KR_STMT(q_bond, "iidd", "i",
    "SELECT 1 FROM core_guardian WHERE guardian_id = ? AND child_id = ?"
    " AND from_day <= ? AND (until_day IS NULL OR until_day >= ?)");
KR_STMT(x_bond, "iid", "",
    "INSERT INTO core_guardian (guardian_id, child_id, from_day) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE until_day = NULL");
KR_STMT(x_bond_end, "diidd", "",
    "UPDATE core_guardian SET until_day = ? WHERE guardian_id = ? AND child_id = ?"
    " AND from_day < ? AND (until_day IS NULL OR until_day >= ?)");
KR_STMT(x_bond_drop, "iid", "",
    "DELETE FROM core_guardian WHERE guardian_id = ? AND child_id = ?"
    " AND from_day >= ?");

struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };

/* What each kind of group is: bound to a school year, and where its grade comes from.
 */
static const struct kind {
	const char *name;
	bool yearly;
} kinds[] = { { "class", true }, { "grade", true }, { "course", true },
	{ "club", false }, { "staff", false } };

static const struct kind *
kind_named(kr_str name)
{
	for (size_t i = 0; i < KR_LEN(kinds); i++)
		if (kr_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* "Jahrgang 7": the number at the end; a class says it in front. */
static int
grade_of(const struct kind *kind, kr_str name)
{
	size_t at = name.n;
	int64_t no;

	if (!kind->yearly)
		return 0;
	if (!kr_is(kr_z(kind->name), "grade"))
		return kr_class_grade(name);
	while (at > 0 && name.p[at - 1] >= '0' && name.p[at - 1] <= '9')
		at--;
	return kr_to_i(kr_sub(name, at, 3), &no) && no >= 1 && no <= 13 ? (int)no : 0;
}

kr_id
kr_kernel_group(kr_ctx *cx, kr_str kind_name, kr_str name)
{
	const struct kind *kind = kind_named(kind_name);
	struct one_id found;
	kr_id year, id, parent;
	int grade;

	if (kr_status(cx) != KR_OK)
		return 0;
	if (kind == NULL || !kr_clean_text(cx, name, KR_GROUP_MAX, &name)) {
		kr_fail(cx, KR_EINPUT, "group: kind or name cannot be used");
		return 0;
	}
	year = kind->yearly ? kr_year_current(cx) : 0;
	if (kr_one(cx, &q_named, one_cols, &found, kr_s(kind_name), kr_s(name),
		kr_i(year)))
		return found.id;
	grade = grade_of(kind, name);
	id = kr_exec(cx, &x_group, kr_s(kind_name), kr_s(name), kr_i(year), kr_i(grade),
	    kr_t(kr_now(cx)));
	/* A class or course is part of its grade; nobody is in it yet, so no closure.
	 */
	if (grade > 0 && !kr_is(kind_name, "grade")) {
		parent = kr_kernel_group(
		    cx, KR_S("grade"), kr_fmt(cx, "Jahrgang %d", grade));
		kr_exec(cx, &x_inside, kr_i(id), kr_i(parent));
	}
	kr_audit(cx, "core.group_added", id);
	return kr_status(cx) == KR_OK ? id : 0;
}

void
kr_member_begin(kr_ctx *cx, kr_id group, kr_id person, enum kr_member position)
{
	kr_val today = kr_d(kr_today(cx));
	struct one_id one;

	if (!kr_one(cx, &q_running, one_cols, &one, kr_i(person), kr_i(group),
		kr_i(position), today, today))
		kr_exec(
		    cx, &x_member, kr_i(group), kr_i(person), kr_i(position), today);
}

void
kr_member_end(kr_ctx *cx, kr_id group, kr_id person, enum kr_member position)
{
	kr_val today = kr_d(kr_today(cx));
	kr_val yesterday = kr_d((kr_date){ kr_today(cx).day - 1 });

	kr_exec(cx, &x_member_end, yesterday, kr_i(person), kr_i(group), kr_i(position),
	    today, today);
	kr_exec(cx, &x_member_drop, kr_i(person), kr_i(group), kr_i(position), today);
}

static bool
both_known(kr_ctx *cx, kr_id group, kr_id person)
{
	struct kr_group g;
	struct kr_person p;

	if (kr_status(cx) != KR_OK)
		return false;
	if (kr_group(cx, group, &g) && kr_person(cx, person, &p))
		return true;
	kr_fail(cx, KR_ENOTFOUND, "no such group or person");
	return false;
}

void
kr_kernel_member(kr_ctx *cx, kr_id group, kr_id person, enum kr_member position)
{
	if (!both_known(cx, group, person))
		return;
	if (position < KR_MEMBER || position > KR_MEMBER_OWNER) {
		kr_fail(cx, KR_EINPUT, "group: no such position");
		return;
	}
	kr_member_begin(cx, group, person, position);
	kr_closure_refresh(cx, &person, 1);
	kr_audit(cx, "core.member_added", person);
}

void
kr_kernel_unmember(kr_ctx *cx, kr_id group, kr_id person)
{
	if (!both_known(cx, group, person))
		return;
	kr_member_end(cx, group, person, KR_MEMBER);
	kr_member_end(cx, group, person, KR_MEMBER_TEACHER);
	kr_member_end(cx, group, person, KR_MEMBER_OWNER);
	kr_closure_refresh(cx, &person, 1);
	kr_audit(cx, "core.member_removed", person);
}

void
kr_guardian_begin(kr_ctx *cx, kr_id guardian, kr_id child)
{
	kr_val today = kr_d(kr_today(cx));
	struct one_id one;

	if (!kr_one(
		cx, &q_bond, one_cols, &one, kr_i(guardian), kr_i(child), today, today))
		kr_exec(cx, &x_bond, kr_i(guardian), kr_i(child), today);
}

void
kr_kernel_guardian(kr_ctx *cx, kr_id guardian, kr_id child)
{
	kr_id both[] = { guardian, child };
	struct kr_person p;

	if (kr_status(cx) != KR_OK)
		return;
	if (guardian == child || !kr_person(cx, guardian, &p) ||
	    !kr_person(cx, child, &p)) {
		kr_fail(cx, KR_ENOTFOUND, "no such guardian or child");
		return;
	}
	kr_guardian_begin(cx, guardian, child);
	kr_closure_refresh(cx, both, KR_LEN(both));
	kr_audit(cx, "core.guardian_added", child);
}

void
kr_kernel_unguardian(kr_ctx *cx, kr_id guardian, kr_id child)
{
	kr_id both[] = { guardian, child };
	kr_date day = kr_today(cx);
	kr_val today = kr_d(day), yesterday = kr_d((kr_date){ day.day - 1 });
	int64_t rows;

	rows = kr_exec(
	    cx, &x_bond_end, yesterday, kr_i(guardian), kr_i(child), today, today);
	rows += kr_exec(cx, &x_bond_drop, kr_i(guardian), kr_i(child), today);
	if (kr_status(cx) != KR_OK)
		return;
	if (rows == 0) {
		kr_fail(cx, KR_ENOTFOUND, "not guardian and child");
		return;
	}
	kr_closure_refresh(cx, both, KR_LEN(both));
	kr_audit(cx, "core.guardian_removed", child);
}
