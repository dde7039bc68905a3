/* Reading side of the domain kernel: persons and groups as every plugin may see them.
 */
#include "auth/auth.h"
#include "school/internal.h"
#include <kr/http.h>

/* Classes first, then courses, clubs, staff, grades; within a kind 5a before 10a. */
#define ORDER                                                                          \
	"FIELD(g.kind, 'class', 'course', 'club', 'staff', 'grade'), g.grade, g.name"

KR_STMT(q_person, "i", "isssi",
    "SELECT id, given, family, name, roles FROM core_person_name WHERE id = ?");
KR_STMT(q_group, "i", "issi",
    "SELECT g.id, g.name, g.kind, (SELECT COUNT(*) FROM core_my_group m"
    " WHERE m.group_id = g.id AND m.role = 1) FROM core_group g WHERE g.id = ?");
KR_STMT(q_my_groups, "i", "iss",
    "SELECT g.id, g.name, g.kind FROM core_my_group o"
    " JOIN core_group g ON g.id = o.group_id WHERE o.person_id = ? ORDER BY " ORDER);
/* Those of this school year that are not one's own already. */
KR_STMT(q_all_groups, "idd", "iss",
    "SELECT g.id, g.name, g.kind FROM core_group g"
    " LEFT JOIN core_my_group o ON o.group_id = g.id AND o.person_id = ?"
    " WHERE (g.year_id = (SELECT y.id FROM core_year y WHERE y.starts <= ?"
    " AND y.ends >= ? ORDER BY y.starts DESC LIMIT 1) OR g.year_id = 0)"
    " AND o.group_id IS NULL ORDER BY " ORDER);
KR_STMT(q_may_group, "iiidd", "i",
    "SELECT 1 FROM core_group g WHERE g.id = ? AND (EXISTS (SELECT 1 FROM core_my_group o"
    " WHERE o.group_id = g.id AND o.person_id = ?) OR (? = 1 AND (g.year_id = 0"
    " OR g.year_id IN (SELECT y.id FROM core_year y WHERE y.starts <= ?"
    " AND y.ends >= ?))))");
KR_STMT(q_by_account, "s", "i", "SELECT id FROM core_person WHERE account = ?");
KR_STMT(q_by_group, "sdd", "i",
    "SELECT g.id FROM core_group g WHERE g.name = ? AND (g.year_id = 0 OR g.year_id IN"
    " (SELECT y.id FROM core_year y WHERE y.starts <= ? AND y.ends >= ?)) ORDER BY " ORDER
    " LIMIT 1");

static const struct kr_col person_cols[] = { KR_COL(struct kr_person, id),
	KR_COL(struct kr_person, given), KR_COL(struct kr_person, family),
	KR_COL(struct kr_person, name), KR_COL(struct kr_person, roles) };
static const struct kr_col group_cols[] = { KR_COL(struct kr_group, id),
	KR_COL(struct kr_group, name), KR_COL(struct kr_group, kind),
	KR_COL(struct kr_group, members) };
static const struct kr_col list_cols[] = { KR_COL(struct kr_group, id),
	KR_COL(struct kr_group, name), KR_COL(struct kr_group, kind) };
struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };

bool
kr_person(kr_ctx *cx, kr_id id, struct kr_person *person_r)
{
	return kr_one(cx, &q_person, person_cols, person_r, kr_i(id));
}

bool
kr_group(kr_ctx *cx, kr_id id, struct kr_group *group_r)
{
	return kr_one(cx, &q_group, group_cols, group_r, kr_i(id));
}

/* Teachers, staff and administrators may write to every group of the school. */
static bool
reaches_all(const kr_ctx *cx)
{
	return cx->actor->system ||
	       (cx->actor->roles & (KR_ROLE_TEACHER | KR_ROLE_STAFF | KR_ROLE_ADMIN)) !=
		   0;
}

struct kr_group *
kr_groups_for_me(kr_ctx *cx, size_t *n_r)
{
	kr_val me = kr_i(kr_me(cx)), today = kr_d(kr_today(cx));
	kr_rows *own = kr_query(cx, &q_my_groups, me), *all = NULL;
	size_t n = kr_rows_n(own), k = 0;
	struct kr_group *list;

	if (reaches_all(cx)) {
		all = kr_query(cx, &q_all_groups, me, today, today);
		n += kr_rows_n(all);
	}
	list = kr_alloc(cx, n + 1, sizeof *list);
	while (k < n && kr_next(own, list_cols, &list[k]))
		list[k++].mine = true;
	while (all && k < n && kr_next(all, list_cols, &list[k]))
		k++;
	*n_r = k;
	return list;
}

bool
kr_may_address_group(kr_ctx *cx, kr_id group)
{
	kr_val today = kr_d(kr_today(cx));
	struct one_id one;

	return kr_one(cx, &q_may_group, one_cols, &one, kr_i(group), kr_i(kr_me(cx)),
	    kr_b(reaches_all(cx)), today, today);
}

kr_id
kr_person_by_account(kr_ctx *cx, kr_str account)
{
	struct one_id one;

	return kr_one(cx, &q_by_account, one_cols, &one, kr_s(account)) ? one.id : 0;
}

kr_id
kr_group_named(kr_ctx *cx, kr_str name)
{
	kr_val today = kr_d(kr_today(cx));
	struct one_id one;

	return kr_one(cx, &q_by_group, one_cols, &one, kr_s(name), today, today)
		   ? one.id
		   : 0;
}
