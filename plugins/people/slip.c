/* Activation slips: for one person, or for all of a class who have never signed in. A
   code is made by a POST, shown once on the sheet, and kept nowhere but in the hash. */
#include "people.h"
#include "people_templates.h"

KR_STMT(q_person, "i",
    "isss"
    "st",
    "SELECT p.id, CONCAT(p.given, ' ', p.family), p.account, COALESCE((SELECT"
    " MIN(g.name) FROM core_my_group m JOIN core_group g ON g.id = m.group_id"
    " AND g.kind = 'class' WHERE m.person_id = p.id AND m.role = 1), ''), p.state,"
    " p.activated_at FROM core_person p WHERE p.id = ?");
/* Of a class those who belong to it and have never signed in; of those ticked everybody
   who may. Oneself never: the code would end one's own session. */
#define SLIP                                                                           \
	"SELECT p.id, CONCAT(p.given, ' ', p.family), p.account, COALESCE((SELECT"     \
	" MIN(k.name) FROM core_my_group o JOIN core_group k ON k.id = o.group_id"     \
	" AND k.kind = 'class' WHERE o.person_id = p.id AND o.role = 1), ''),"         \
	" p.activated_at FROM "
#define SLIP_OUT                                                                       \
	"isss"                                                                         \
	"t"
#define SLIP_ORDER                                                                     \
	" AND p.state = 'active' AND p.id <> ? ORDER BY p.family, p.given, p.id"
KR_STMT(q_waiting, "ii", SLIP_OUT,
    SLIP "core_my_group m JOIN core_person p ON p.id = m.person_id"
	 " AND p.activated_at IS NULL WHERE m.group_id = ? AND m.role = 1" SLIP_ORDER);
KR_STMT(q_listed, "si", SLIP_OUT,
    SLIP "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j JOIN core_person p"
	 " ON p.id = j.id WHERE TRUE" SLIP_ORDER);

struct person {
	int64_t id;
	kr_str name, account, group, state;
	kr_time activated;
};
static const struct kr_col person_cols[] = { KR_COL(struct person, id),
	KR_COL(struct person, name), KR_COL(struct person, account),
	KR_COL(struct person, group), KR_COL(struct person, state),
	KR_COL(struct person, activated) };
static const struct kr_col slip_cols[] = { KR_COL(struct people_slip, id),
	KR_COL(struct people_slip, name), KR_COL(struct people_slip, account),
	KR_COL(struct people_slip, group), KR_COL(struct people_slip, activated) };

kr_err
people_sheet(kr_ctx *cx, kr_str back, struct people_slip *slips, size_t n)
{
	struct kr_instance here = kr_kernel_instance(cx);
	struct people_slips view = { .school = here.school,
		.address = here.address,
		.back = back,
		.rows = { slips, n } };

	return people_slips(cx, &view);
}

static bool
new_code(kr_ctx *cx, struct people_slip *slip)
{
	char code[20];

	if (!kr_kernel_code(cx, slip->id, code))
		return false;
	slip->code = kr_fmt(cx, "%s", code);
	return true;
}

/* ── one person ── */

kr_err
people_code_page(kr_ctx *cx)
{
	struct people_code view;
	struct person p;

	if (!kr_one(cx, &q_person, person_cols, &p, kr_i(kr_object(cx))))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	view = (struct people_code){
		.id = p.id, .name = p.name, .waiting = p.activated.us == KR_NO_TIME.us
	};
	return people_code(cx, &view);
}

kr_err
people_code_make(kr_ctx *cx)
{
	struct people_slip *slip = KR_NEW(cx, struct people_slip);
	struct person p;

	if (kr_object(cx) == kr_me(cx))
		return kr_fail(cx, KR_EDENIED, "not for oneself");
	if (!kr_one(cx, &q_person, person_cols, &p, kr_i(kr_object(cx))))
		return kr_fail(cx, KR_ENOTFOUND, "person is gone");
	*slip = (struct people_slip){
		.id = p.id, .name = p.name, .account = p.account, .group = p.group
	};
	if (!new_code(cx, slip))
		return kr_status(cx);
	return people_sheet(cx, kr_fmt(cx, "/people/%lld", (long long)p.id), slip, 1);
}

/* ── many ── */

/* Those the form is about: ticked persons, or who of the class still waits. */
static struct people_slip *
meant(kr_ctx *cx, size_t *n_r)
{
	kr_val me = kr_i(kr_me(cx));
	size_t n, k = 0;
	const kr_id *people = kr_in_ids(cx, "people", &n);
	kr_rows *rows = n > 0
			    ? kr_query(cx, &q_listed, kr_ids(cx, people, n), me)
			    : kr_query(cx, &q_waiting, kr_i(kr_in_i(cx, "group")), me);
	struct people_slip *slips = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *slips);

	while (kr_next(rows, slip_cols, &slips[k]))
		k++;
	*n_r = k;
	return slips;
}

kr_err
people_pick_page(kr_ctx *cx)
{
	struct people_pick view = { .group = kr_in_i(cx, "group") };
	struct kr_group g;
	size_t n;

	kr_in_ids(cx, "people", &n);
	view.listed = n > 0;
	view.groups.p = people_groups(cx, view.group, &view.groups.n);
	if (!view.listed && view.group != 0 && kr_group(cx, view.group, &g))
		view.group_name = g.name;
	if (view.listed || view.group_name.n > 0)
		view.rows.p = meant(cx, &view.rows.n);
	for (size_t i = 0; i < view.rows.n; i++)
		view.known += view.rows.p[i].activated.us != KR_NO_TIME.us;
	return people_pick(cx, &view);
}

kr_err
people_slips_make(kr_ctx *cx)
{
	size_t n;
	struct people_slip *slips = meant(cx, &n);
	kr_id group = kr_in_i(cx, "group");
	kr_str back = KR_S("/people");

	if (n == 0)
		return kr_in_bad(cx, "", "people.nobody_waits");
	for (size_t i = 0; i < n; i++)
		if (!new_code(cx, &slips[i]))
			return kr_status(cx);
	if (group != 0)
		back = kr_fmt(cx, "/people?group=%lld", (long long)group);
	return people_sheet(cx, back, slips, n);
}
