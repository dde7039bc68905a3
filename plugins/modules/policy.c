/* Opening, changing and closing a module: each is the school's decision, in its words.
 */
#include "modules.h"
#include "modules_templates.h"

/* Of several decisions on a module the last one is proposed again. */
KR_STMT(q_last, "s", "iisddsd",
    "SELECT p.id, p.roles, '', p.from_day, p.until_day, p.decision, p.decided_day"
    " FROM core_policy p WHERE p.module = ? ORDER BY p.id DESC LIMIT 1");
KR_STMT(q_closed, "i", "iisddsd",
    "SELECT p.id, p.roles, p.module, p.from_day, p.until_day, p.decision, p.decided_day"
    " FROM core_policy p WHERE p.id = ? AND p.closed_at IS NOT NULL AND p.id ="
    " (SELECT MAX(o.id) FROM core_policy o WHERE o.module = p.module)");
KR_STMT(
    q_groups, "i", "i", "SELECT group_id FROM core_policy_group WHERE policy_id = ?");
/* This year's classes first, 5a before 10a, then all other groups. */
KR_STMT(q_offer, "dd", "isb",
    "SELECT g.id, g.name, g.kind = 'class' FROM core_group g WHERE g.year_id = 0"
    " OR g.year_id IN (SELECT y.id FROM core_year y WHERE y.starts <= ? AND y.ends >= ?)"
    " ORDER BY FIELD(g.kind, 'class', 'course', 'club', 'staff', 'grade'), g.grade,"
    " g.name");
/* Everybody who has the module by role, or by a group, today. */
KR_STMT(q_people, "ii", "i",
    "SELECT COUNT(*) FROM core_person p WHERE p.state = 'active' AND ((p.roles & ?) <> 0"
    " OR EXISTS (SELECT 1 FROM core_my_group m JOIN core_policy_group g"
    " ON g.group_id = m.group_id AND g.policy_id = ? WHERE m.person_id = p.id))");

struct decision {
	int64_t id;
	uint32_t roles;
	kr_str module;
	kr_date from, until;
	kr_str text;
	kr_date day;
};
static const struct kr_col decision_cols[] = { KR_COL(struct decision, id),
	KR_COL(struct decision, roles), KR_COL(struct decision, module),
	KR_COL(struct decision, from), KR_COL(struct decision, until),
	KR_COL(struct decision, text), KR_COL(struct decision, day) };
struct offer {
	int64_t id;
	kr_str name;
	bool is_class;
};
static const struct kr_col offer_cols[] = { KR_COL(struct offer, id),
	KR_COL(struct offer, name), KR_COL(struct offer, is_class) };
struct one {
	int64_t n;
};
static const struct kr_col one_cols[] = { KR_COL(struct one, n) };

/* Name of the box in the form and the role it stands for. */
static const struct {
	const char *field;
	uint32_t role;
} boxes[] = { { "pupil", KR_ROLE_PUPIL }, { "teacher", KR_ROLE_TEACHER },
	{ "parent", KR_ROLE_PARENT }, { "staff", KR_ROLE_STAFF },
	{ "admin", KR_ROLE_ADMIN } };

static uint32_t
chosen_roles(kr_ctx *cx)
{
	uint32_t roles = 0;

	for (size_t i = 0; i < KR_LEN(boxes); i++)
		roles |= kr_in_b(cx, boxes[i].field) ? boxes[i].role : 0;
	return roles;
}

static kr_id *
groups_of(kr_ctx *cx, kr_id policy, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_groups, kr_i(policy));
	kr_id *ids = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *ids);
	struct one row;
	size_t n = 0;

	while (kr_next(rows, one_cols, &row))
		ids[n++] = row.n;
	*n_r = n;
	return ids;
}

static bool
among(kr_id id, const kr_id *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* Every group of the school, classes apart, with a tick at those chosen. */
static void
offer_groups(
    kr_ctx *cx, struct modules_groups *view, const kr_id *chosen, size_t nchosen)
{
	kr_val today = kr_d(kr_today(cx));
	kr_rows *rows = kr_query(cx, &q_offer, today, today);
	size_t n = kr_rows_n(rows);
	struct offer o;

	view->classes.p = kr_alloc(cx, n + 1, sizeof *view->classes.p);
	view->others.p = kr_alloc(cx, n + 1, sizeof *view->others.p);
	while (kr_next(rows, offer_cols, &o)) {
		struct modules_group g = { o.id, o.name, among(o.id, chosen, nchosen) };

		view->some = view->some || g.on;
		if (o.is_class)
			view->classes.p[view->classes.n++] = g;
		else
			view->others.p[view->others.n++] = g;
	}
}

static void
describe(kr_ctx *cx, const struct kr_module *m, struct modules_form *view)
{
	struct one people = { 0 };

	view->module = m->name;
	view->title = m->title;
	view->intro = m->intro;
	view->refused = m->refused;
	view->state = modules_state_of(cx, m);
	view->live = m->policy != 0;
	view->settings = m->settings > 0;
	if (view->live &&
	    kr_one(cx, &q_people, one_cols, &people, kr_i(m->roles), kr_i(m->policy)))
		view->people = people.n;
}

/* Fails when core or administration is asked for: policy does not decide about them. */
static bool
decidable(kr_ctx *cx, kr_str name, struct kr_module *m_r)
{
	if (!modules_find(cx, name, m_r))
		return false;
	if (!m_r->system)
		return true;
	kr_fail(cx, KR_ENOTFOUND, "always open");
	return false;
}

kr_err
modules_form_page(kr_ctx *cx)
{
	struct modules_form view = { .until = KR_NO_DATE, .decided = KR_NO_DATE };
	struct kr_module m;
	struct decision last;
	kr_id *chosen = NULL;
	size_t n = 0;

	if (!decidable(cx, kr_in_s(cx, "module"), &m))
		return kr_status(cx);
	describe(cx, &m, &view);
	view.from = kr_today(cx);
	if (kr_one(cx, &q_last, decision_cols, &last, kr_s(m.name))) {
		view.whom = modules_for(last.roles, KR_S(""));
		view.decision = last.text;
		view.decided = last.day;
		view.repeated = !view.live;
		if (view.live || last.from.day > view.from.day)
			view.from = last.from;
		if (last.until.day >= view.from.day)
			view.until = last.until;
		chosen = groups_of(cx, last.id, &n);
	}
	offer_groups(cx, &view.groups, chosen, n);
	return modules_form(cx, &view);
}

/* What was typed comes back by itself; ticks are ours to set. */
kr_err
modules_form_again(kr_ctx *cx)
{
	struct modules_form view = {
		.from = KR_NO_DATE, .until = KR_NO_DATE, .decided = KR_NO_DATE
	};
	struct kr_module m;
	size_t n;
	const kr_id *chosen = kr_in_ids(cx, "groups", &n);

	if (!decidable(cx, kr_in_s(cx, "module"), &m))
		return kr_status(cx);
	describe(cx, &m, &view);
	view.whom = modules_for(chosen_roles(cx), KR_S(""));
	offer_groups(cx, &view.groups, chosen, n);
	return modules_form(cx, &view);
}

static kr_err
checked(kr_ctx *cx, const struct kr_policy_new *p)
{
	struct kr_module m;
	struct kr_group g;

	if (!decidable(cx, p->module, &m))
		return kr_status(cx);
	if (m.refused.n > 0)
		return kr_in_bad(cx, "", "modules.is_refused");
	if (p->roles == 0 && p->ngroups == 0)
		return kr_in_bad(cx, "", "modules.for_nobody");
	for (size_t i = 0; i < p->ngroups; i++)
		if (!kr_group(cx, p->groups[i], &g))
			return kr_in_bad(cx, "", "modules.group_gone");
	if (p->until.day != KR_NO_DATE.day && p->until.day < p->from.day)
		return kr_in_bad(cx, "until", "modules.ends_before");
	if (p->decided.day != KR_NO_DATE.day && p->decided.day > kr_today(cx).day)
		return kr_in_bad(cx, "decided", "modules.decided_later");
	return KR_OK;
}

kr_err
modules_open(kr_ctx *cx)
{
	struct kr_policy_new p = { .module = kr_in_s(cx, "module"),
		.roles = chosen_roles(cx),
		.from = kr_in_d(cx, "from"),
		.until = kr_in_d(cx, "until"),
		.decision = kr_in_s(cx, "decision"),
		.decided = kr_in_d(cx, "decided") };

	p.groups = kr_in_ids(cx, "groups", &p.ngroups);
	if (checked(cx, &p) != KR_OK || kr_kernel_module_open(cx, &p) != KR_OK)
		return kr_status(cx);
	kr_flash(
	    cx, p.from.day > kr_today(cx).day ? "modules.opens" : "modules.opened");
	return kr_redirect(cx, "/modules");
}

kr_err
modules_close(kr_ctx *cx)
{
	kr_str name = kr_in_s(cx, "module");
	struct decision last;

	if (!kr_one(cx, &q_last, decision_cols, &last, kr_s(name)))
		return kr_fail(cx, KR_ENOTFOUND, "this module was never open");
	if (kr_kernel_module_close(cx, name) != KR_OK)
		return kr_status(cx);
	kr_flash_undo(cx, "modules.closed",
	    kr_fmt(cx, "/modules/%lld/reopen", (long long)last.id));
	return kr_redirect(cx, "/modules");
}

/* ── undo: the same decision once more ── */

kr_err
modules_was_closed(kr_ctx *cx, kr_id policy)
{
	if (kr_rows_n(kr_query(cx, &q_closed, kr_i(policy))) == 1)
		return KR_OK;
	return kr_fail(cx, KR_ENOTFOUND, "not the last decision, or not closed");
}

kr_err
modules_reopen(kr_ctx *cx)
{
	struct kr_policy_new p;
	struct decision last;

	if (!kr_one(cx, &q_closed, decision_cols, &last, kr_i(kr_object(cx))))
		return kr_fail(cx, KR_ENOTFOUND, "decision is gone");
	p = (struct kr_policy_new){ .module = last.module,
		.roles = last.roles,
		.from = last.from,
		.until = last.until,
		.decision = last.text,
		.decided = last.day };
	p.groups = groups_of(cx, last.id, &p.ngroups);
	if (kr_kernel_module_open(cx, &p) != KR_OK)
		return kr_status(cx);
	kr_flash(cx, "modules.opened");
	return kr_redirect(cx, "/modules");
}
