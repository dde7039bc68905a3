/* Which modules the school has opened, for whom, and on which decision. A module
   without an open policy does not exist for anybody; ended policies stay as proof. */
#include "app/live.h"
#include "auth/auth.h"
#include "html/text.h"
#include "plugin/registry.h"
#include "school/internal.h"
#include <kr/http.h>

KR_STMT(q_open, "d", "siisddsdst",
    "SELECT p.module, p.id, p.roles, (SELECT GROUP_CONCAT(g.name ORDER BY g.grade, g.name"
    " SEPARATOR ', ') FROM core_policy_group pg JOIN core_group g ON g.id = pg.group_id"
    " WHERE pg.policy_id = p.id), p.from_day, p.until_day, p.decision, p.decided_day,"
    " COALESCE(n.name, ''), p.opened_at FROM core_policy p"
    " LEFT JOIN core_person_name n ON n.id = p.opened_by"
    " WHERE p.live = 1 AND (p.until_day IS NULL OR p.until_day >= ?)");
KR_STMT(x_end, "tis", "",
    "UPDATE core_policy SET closed_at = ?, closed_by = ?"
    " WHERE module = ? AND closed_at IS NULL");
KR_STMT(x_open, "siddsdit", "",
    "INSERT INTO core_policy (module, roles, from_day, until_day, decision, decided_day,"
    " opened_by, opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_open_group, "ii", "",
    "INSERT INTO core_policy_group (policy_id, group_id) VALUES (?, ?)");

struct open_row {
	kr_str module;
	int64_t id;
	uint32_t roles;
	kr_str groups;
	kr_date from, until;
	kr_str decision;
	kr_date decided;
	kr_str by;
	kr_time at;
};
static const struct kr_col open_cols[] = { KR_COL(struct open_row, module),
	KR_COL(struct open_row, id), KR_COL(struct open_row, roles),
	KR_COL(struct open_row, groups), KR_COL(struct open_row, from),
	KR_COL(struct open_row, until), KR_COL(struct open_row, decision),
	KR_COL(struct open_row, decided), KR_COL(struct open_row, by),
	KR_COL(struct open_row, at) };

static struct kr_module
describe(kr_ctx *cx, const struct kr_loaded *l)
{
	struct kr_module m = {
		.name = kr_z(l->name),
		.title = kr_z(l->name),
		.refused = kr_z(l->refused),
		.from = KR_NO_DATE,
		.until = KR_NO_DATE,
		.decided = KR_NO_DATE,
		.opened_at = KR_NO_TIME,
	};

	if (l->p == NULL || l->refused != NULL)
		return m;
	if (l->p->title)
		m.title = kr_text(cx, l->p->title);
	if (l->p->intro)
		m.intro = kr_text(cx, l->p->intro);
	m.system = (l->p->flags & KR_PL_SYSTEM) != 0;
	m.settings = l->p->nsettings;
	return m;
}

static void
set_policy(struct kr_module *m, const struct open_row *row)
{
	m->policy = row->id;
	m->roles = row->roles;
	m->groups = row->groups;
	m->from = row->from;
	m->until = row->until;
	m->decision = row->decision;
	m->decided = row->decided;
	m->opened_by = row->by;
	m->opened_at = row->at;
}

struct kr_module *
kr_kernel_modules(kr_ctx *cx, size_t *n_r)
{
	const struct kr_app *app = cx->app;
	struct kr_module *list = kr_alloc(cx, app->nplugins + 1, sizeof *list);
	kr_rows *rows = kr_query(cx, &q_open, kr_d(kr_today(cx)));
	struct open_row row;
	size_t n = 0;

	for (size_t i = 0; i < app->nplugins; i++)
		list[n++] = describe(cx, &app->plugins[i]);
	while (kr_next(rows, open_cols, &row))
		for (size_t i = 0; i < n; i++)
			if (kr_eq(list[i].name, row.module))
				set_policy(&list[i], &row);
	*n_r = n;
	return list;
}

/* A plugin that policy decides about: loaded, and no administration page. */
static bool
may_be_opened(kr_ctx *cx, kr_str module)
{
	const struct kr_loaded *l = kr_app_plugin(cx->app, module);

	if (l == NULL || l == &cx->app->plugins[0]) {
		kr_fail(cx, KR_ENOTFOUND, "no such module");
		return false;
	}
	if (l->p == NULL || l->refused != NULL) {
		kr_fail(cx, KR_ECONFLICT, "module %s is refused: %s", l->name,
		    l->refused ? l->refused : "not loaded");
		return false;
	}
	if ((l->p->flags & KR_PL_SYSTEM) != 0) {
		kr_fail(cx, KR_EINPUT, "module %s is always open", l->name);
		return false;
	}
	return true;
}

static bool
policy_ok(kr_ctx *cx, const struct kr_policy_new *p, kr_str *decision_r)
{
	struct kr_group g;

	if (!kr_clean_text(cx, p->decision, KR_DECISION_MAX, decision_r)) {
		kr_fail(cx, KR_EINPUT, "policy: the decision in words is missing");
		return false;
	}
	if ((p->roles == 0 && p->ngroups == 0) || (p->roles & ~(uint32_t)KR_ROLE_ALL)) {
		kr_fail(cx, KR_EINPUT, "policy: roles or groups are missing");
		return false;
	}
	if (p->from.day == KR_NO_DATE.day ||
	    (p->until.day != KR_NO_DATE.day && p->until.day < p->from.day)) {
		kr_fail(cx, KR_EINPUT, "policy: it ends before it begins");
		return false;
	}
	for (size_t i = 0; i < p->ngroups; i++)
		if (!kr_group(cx, p->groups[i], &g)) {
			kr_fail(cx, KR_ENOTFOUND, "policy: no such group");
			return false;
		}
	return true;
}

static void
changed(kr_ctx *cx, const char *action, kr_id object)
{
	kr_rights_changed(cx);
	kr_audit(cx, action, object);
	kr_live_policy_changed(cx);
}

kr_err
kr_kernel_module_open(kr_ctx *cx, const struct kr_policy_new *p)
{
	kr_id *groups = kr_alloc(cx, p->ngroups + 1, sizeof *groups);
	kr_str decision;
	size_t n;
	kr_id id;

	if (kr_status(cx) != KR_OK || !may_be_opened(cx, p->module) ||
	    !policy_ok(cx, p, &decision))
		return kr_status(cx);
	for (n = 0; n < p->ngroups; n++)
		groups[n] = p->groups[n];
	n = kr_unique_ids(groups, n);
	kr_exec(cx, &x_end, kr_t(kr_now(cx)), kr_i(kr_me(cx)), kr_s(p->module));
	id = kr_exec(cx, &x_open, kr_s(p->module), kr_i(p->roles), kr_d(p->from),
	    kr_d(p->until), kr_s(decision), kr_d(p->decided), kr_i(kr_me(cx)),
	    kr_t(kr_now(cx)));
	for (size_t i = 0; i < n; i++)
		kr_exec(cx, &x_open_group, kr_i(id), kr_i(groups[i]));
	changed(cx, "core.module_opened", id);
	return kr_status(cx);
}

kr_err
kr_kernel_module_close(kr_ctx *cx, kr_str module)
{
	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	/* A module that is refused or removed can still be closed: its row is what
	 * counts. */
	if (kr_exec(cx, &x_end, kr_t(kr_now(cx)), kr_i(kr_me(cx)), kr_s(module)) == 0)
		return kr_fail(cx, KR_ENOTFOUND, "this module is not open");
	changed(cx, "core.module_closed", 0);
	return kr_status(cx);
}
