/* The closure tables: who is where today, so that a scope is one look-up and no
   recursion. Each is computed by one statement; refreshing replaces the rows of the
   persons concerned, the nightly check compares all rows with the same computation. */
#include "auth/auth.h"
#include "school/internal.h"

/* A list of ids as a table. Without STRAIGHT_JOIN the server reads the other side
 * whole. */
#define IDS "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"
#define TODAY(a)                                                                       \
	a ".from_day <= ? AND (" a ".until_day IS NULL OR " a ".until_day >= ?)"

/* ── groups, through groups in groups; `from` ends in core_person p ── */
#define GROUPS(from)                                                                               \
	"WITH RECURSIVE up (person_id, group_id, role, depth) AS ("                                \
	" SELECT m.person_id, m.group_id, m.role, 0 FROM " from                                    \
	" STRAIGHT_JOIN core_membership m ON m.person_id = p.id"                                   \
	" WHERE p.state <> 'left' AND " TODAY(                                                     \
	    "m") " UNION SELECT u.person_id, i.parent_id, LEAST(u.role, 2), u.depth + 1 FROM up u" \
		 " JOIN core_group_in i ON i.child_id = u.group_id WHERE u.depth < 8)"             \
		 " SELECT person_id, group_id, MAX(role) AS role FROM up"                          \
		 " GROUP BY person_id, group_id"

KR_STMT(x_group_out, "s", "",
    "DELETE g FROM " IDS " STRAIGHT_JOIN core_my_group g ON g.person_id = j.id");
KR_STMT(x_group_in, "sdd", "",
    "INSERT INTO core_my_group (person_id, group_id, role) " GROUPS(
	IDS " STRAIGHT_JOIN core_person p ON p.id = j.id"));
KR_STMT(q_group_diff, "dd", "i",
    "SELECT DISTINCT d.person_id FROM (SELECT person_id FROM (SELECT person_id,"
    " group_id, role FROM core_my_group UNION ALL SELECT person_id, group_id, role"
    " FROM (" GROUPS(
	"core_person p") ") fresh) both_sides"
			 " GROUP BY person_id, group_id, role HAVING COUNT(*) <> 2) d");

/* ── children ── */
#define CHILDREN(from)                                                                 \
	"SELECT g.guardian_id, g.child_id FROM " from                                  \
	" STRAIGHT_JOIN core_person a ON a.id = g.guardian_id AND a.state <> 'left'"   \
	" STRAIGHT_JOIN core_person b ON b.id = g.child_id AND b.state <> 'left'"      \
	" WHERE " TODAY("g")

KR_STMT(x_child_out, "s", "",
    "DELETE c FROM " IDS " STRAIGHT_JOIN core_my_child c ON c.guardian_id = j.id");
KR_STMT(x_child_out2, "s", "",
    "DELETE c FROM " IDS " STRAIGHT_JOIN core_my_child c ON c.child_id = j.id");
KR_STMT(x_child_in, "sddsdd", "",
    "INSERT INTO core_my_child (guardian_id, child_id) " CHILDREN(IDS
	" STRAIGHT_JOIN core_guardian g ON g.guardian_id = j.id") " UNION " CHILDREN(IDS
	" STRAIGHT_JOIN core_guardian g ON g.child_id = j.id"));
KR_STMT(q_child_diff, "dd", "ii",
    "SELECT guardian_id, child_id FROM (SELECT guardian_id, child_id FROM core_my_child"
    " UNION ALL SELECT guardian_id, child_id FROM (SELECT DISTINCT guardian_id,"
    " child_id FROM (" CHILDREN(
	"core_guardian g") ") f) fresh) both_sides"
			   " GROUP BY guardian_id, child_id HAVING COUNT(*) <> 2");

/* ── groups of the children ── */
#define CHILDS_GROUPS(from)                                                            \
	"SELECT c.guardian_id, c.child_id, m.group_id FROM " from                      \
	" STRAIGHT_JOIN core_my_group m ON m.person_id = c.child_id"

KR_STMT(x_cgroup_out, "s", "",
    "DELETE c FROM " IDS
    " STRAIGHT_JOIN core_my_childs_group c ON c.guardian_id = j.id");
KR_STMT(x_cgroup_out2, "s", "",
    "DELETE c FROM " IDS " STRAIGHT_JOIN core_my_childs_group c ON c.child_id = j.id");
KR_STMT(x_cgroup_in, "ss", "",
    "INSERT INTO core_my_childs_group (guardian_id, child_id, group_id) " CHILDS_GROUPS(
	IDS
	" STRAIGHT_JOIN core_my_child c ON c.guardian_id = j.id") " UNION " CHILDS_GROUPS(IDS
	" STRAIGHT_JOIN core_my_child c ON c.child_id = j.id"));
KR_STMT(q_cgroup_diff, "", "ii",
    "SELECT guardian_id, child_id FROM (SELECT guardian_id, child_id, group_id"
    " FROM core_my_childs_group UNION ALL " CHILDS_GROUPS(
	"core_my_child c") ") both_sides GROUP BY guardian_id, child_id, group_id HAVING COUNT(*) <> 2");

/* ── audiences: six kinds of parts; `p` limits the persons, `t` the audiences ── */
#define AUDIENCES(from, limit)                                                           \
	"SELECT p.id AS person_id, t.audience_id FROM " from                             \
	" JOIN core_audience_part t WHERE p.state <> 'left'" limit                       \
	" AND t.kind = 'all'"                                                            \
	" UNION SELECT p.id, t.audience_id FROM " from                                   \
	" JOIN core_audience_part t WHERE p.state <> 'left'" limit                       \
	" AND t.kind = 'roles' AND (p.roles & t.ref) <> 0"                               \
	" UNION SELECT p.id, t.audience_id FROM " from                                   \
	" STRAIGHT_JOIN core_my_group m ON m.person_id = p.id"                           \
	" JOIN core_audience_part t ON t.kind = 'group' AND t.ref = m.group_id"          \
	" WHERE p.state <> 'left'" limit " AND (t.member = 0 OR t.member = m.role)"      \
	" UNION SELECT p.id, t.audience_id FROM " from                                   \
	" STRAIGHT_JOIN core_my_childs_group m ON m.guardian_id = p.id"                  \
	" JOIN core_audience_part t ON t.kind = 'group_parents' AND t.ref = m.group_id"  \
	" WHERE p.state <> 'left'" limit                                                 \
	" UNION SELECT p.id, t.audience_id FROM " from                                   \
	" JOIN core_audience_part t ON t.kind = 'person' AND t.ref = p.id"               \
	" WHERE p.state <> 'left'" limit                                                 \
	" UNION SELECT p.id, t.audience_id FROM " from                                   \
	" STRAIGHT_JOIN core_my_child c ON c.guardian_id = p.id"                         \
	" JOIN core_audience_part t ON t.kind = 'person_parents' AND t.ref = c.child_id" \
	" WHERE p.state <> 'left'" limit
#define SOME IDS " STRAIGHT_JOIN core_person p ON p.id = j.id"

KR_STMT(x_aud_out, "s", "",
    "DELETE m FROM " IDS " STRAIGHT_JOIN core_my_audience m ON m.person_id = j.id");
KR_STMT(x_aud_in, "ssssss", "",
    "INSERT INTO core_my_audience (person_id, audience_id) " AUDIENCES(SOME, ""));
KR_STMT(x_aud_out_one, "i", "", "DELETE FROM core_my_audience WHERE audience_id = ?");
KR_STMT(x_aud_in_one, "iiiiii", "",
    "INSERT INTO core_my_audience (person_id, audience_id) " AUDIENCES(
	"core_person p", " AND t.audience_id = ?"));
KR_STMT(q_aud_diff, "", "i",
    "SELECT DISTINCT d.person_id FROM (SELECT person_id FROM (SELECT person_id,"
    " audience_id FROM core_my_audience UNION ALL SELECT person_id, audience_id FROM (" AUDIENCES(
	"core_person p",
	"") ") fresh) both_sides"
	    " GROUP BY person_id, audience_id HAVING COUNT(*) <> 2) d");
KR_STMT(q_guardians, "s", "i",
    "SELECT DISTINCT g.guardian_id FROM " IDS
    " STRAIGHT_JOIN core_guardian g ON g.child_id = j.id");

struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };
struct pair {
	int64_t guardian, child;
};
static const struct kr_col pair_cols[] = { KR_COL(struct pair, guardian),
	KR_COL(struct pair, child) };

/* The persons themselves and everybody who ever cared for one of them. */
static kr_val
with_guardians(kr_ctx *cx, const kr_id *persons, size_t n, kr_val ids)
{
	kr_rows *rows = kr_query(cx, &q_guardians, ids);
	size_t all = n + kr_rows_n(rows);
	kr_id *list = kr_alloc(cx, all + 1, sizeof *list);
	struct one_id one;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		list[k++] = persons[i];
	while (kr_next(rows, one_cols, &one))
		list[k++] = one.id;
	return kr_ids(cx, list, kr_unique_ids(list, k));
}

static void
refresh(kr_ctx *cx, const kr_id *persons, size_t n)
{
	kr_val today = kr_d(kr_today(cx)), ids = kr_ids(cx, persons, n);
	kr_val more = with_guardians(cx, persons, n, ids);

	kr_exec(cx, &x_group_out, ids);
	kr_exec(cx, &x_group_in, ids, today, today);
	kr_exec(cx, &x_cgroup_out, ids);
	kr_exec(cx, &x_cgroup_out2, ids);
	kr_exec(cx, &x_child_out, ids);
	kr_exec(cx, &x_child_out2, ids);
	kr_exec(cx, &x_child_in, ids, today, today, ids, today, today);
	kr_exec(cx, &x_cgroup_in, ids, ids);
	kr_exec(cx, &x_aud_out, more);
	kr_exec(cx, &x_aud_in, more, more, more, more, more, more);
}

void
kr_closure_refresh(kr_ctx *cx, const kr_id *persons, size_t n)
{
	kr_id *list = kr_alloc(cx, n + 1, sizeof *list);

	if (n == 0 || kr_status(cx) != KR_OK)
		return;
	for (size_t i = 0; i < n; i++)
		list[i] = persons[i];
	n = kr_unique_ids(list, n);
	for (size_t at = 0; at < n; at += KR_BATCH)
		refresh(cx, list + at, n - at < KR_BATCH ? n - at : KR_BATCH);
	kr_rights_changed(cx);
}

void
kr_closure_refresh_audience(kr_ctx *cx, kr_id audience)
{
	kr_val id = kr_i(audience);

	kr_exec(cx, &x_aud_out_one, id);
	kr_exec(cx, &x_aud_in_one, id, id, id, id, id, id);
}

/* Adds the persons of a comparison to *list; returns the number of rows. */
static size_t
collect(kr_ctx *cx, kr_rows *rows, bool pairs, struct kr_id_list *list)
{
	struct pair p = { 0 };
	struct one_id one;

	if (pairs)
		while (kr_next(rows, pair_cols, &p)) {
			kr_id_list_add(cx, list, p.guardian);
			kr_id_list_add(cx, list, p.child);
		}
	else
		while (kr_next(rows, one_cols, &one))
			kr_id_list_add(cx, list, one.id);
	return kr_rows_n(rows);
}

int64_t
kr_closure_verify(kr_ctx *cx)
{
	kr_val today = kr_d(kr_today(cx));
	struct kr_id_list list = { 0 };
	size_t differ = 0;

	differ += collect(cx, kr_query(cx, &q_group_diff, today, today), false, &list);
	differ += collect(cx, kr_query(cx, &q_child_diff, today, today), true, &list);
	differ += collect(cx, kr_query(cx, &q_cgroup_diff), true, &list);
	differ += collect(cx, kr_query(cx, &q_aud_diff), false, &list);
	kr_closure_refresh(cx, list.p, list.n);
	return (int64_t)differ;
}

kr_err
kr_school_nightly(kr_ctx *cx)
{
	int64_t differ;

	kr_year_current(cx);
	differ = kr_closure_verify(cx);
	if (differ > 0)
		kr_log(cx, KR_INFO, "school.closure_mended", 1,
		    (struct kr_kv[]){ { "rows", kr_i(differ) } });
	return kr_status(cx);
}
