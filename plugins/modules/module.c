/* The modules there are: the page that lists them, their settings, and the tile with
   the next steps. */
#include "modules.h"
#include "modules_templates.h"

/* Everybody but administrators: a school with nobody else in it is still empty. */
KR_STMT(q_anybody, "", "i",
    "SELECT 1 FROM core_person WHERE (roles & 3) <> 0 AND state = 'active' LIMIT 1");
KR_STMT(q_waiting, "", "i",
    "SELECT COUNT(*) FROM core_person WHERE activated_at IS NULL AND state = 'active'");

struct count {
	int64_t n;
};
static const struct kr_col count_cols[] = { KR_COL(struct count, n) };

struct modules_whom
modules_for(uint32_t roles, kr_str groups)
{
	return (struct modules_whom){
		.pupil = (roles & KR_ROLE_PUPIL) != 0,
		.teacher = (roles & KR_ROLE_TEACHER) != 0,
		.parent = (roles & KR_ROLE_PARENT) != 0,
		.staff = (roles & KR_ROLE_STAFF) != 0,
		.admin = (roles & KR_ROLE_ADMIN) != 0,
		.groups = groups,
	};
}

struct modules_state
modules_state_of(kr_ctx *cx, const struct kr_module *m)
{
	kr_str is = KR_S("open");

	if (m->refused.n > 0)
		is = KR_S("refused");
	else if (m->system)
		is = KR_S("system");
	else if (m->policy == 0)
		is = KR_S("closed");
	else if (m->from.day > kr_today(cx).day)
		is = KR_S("soon");
	return (struct modules_state){ is, m->from };
}

bool
modules_find(kr_ctx *cx, kr_str name, struct kr_module *module_r)
{
	size_t n;
	const struct kr_module *list = kr_kernel_modules(cx, &n);

	for (size_t i = 0; i < n; i++) {
		if (!kr_eq(list[i].name, name))
			continue;
		*module_r = list[i];
		return true;
	}
	kr_fail(cx, KR_ENOTFOUND, "no such module");
	return false;
}

static struct modules_row
row_of(kr_ctx *cx, const struct kr_module *m)
{
	return (struct modules_row){
		.name = m->name,
		.title = m->title,
		.intro = m->intro,
		.refused = m->refused,
		.decision = m->decision,
		.opened_by = m->opened_by,
		.from = m->from,
		.until = m->until,
		.decided = m->decided,
		.whom = modules_for(m->roles, m->groups),
		.state = modules_state_of(cx, m),
		.settings = (int64_t)m->settings,
	};
}

/* ── settings: core draws and saves what the manifests declare ── */

/* Back to where the link stands: the decision on a module, or the list. */
static kr_str
back_of(kr_ctx *cx, kr_str name)
{
	size_t n;
	const struct kr_module *list = kr_kernel_modules(cx, &n);

	for (size_t i = 0; i < n; i++)
		if (kr_eq(list[i].name, name) && !list[i].system)
			return kr_fmt(cx, "/modules/open?module=%.*s", KR_FMT(name));
	return KR_S("/modules");
}

kr_err
modules_settings_page(kr_ctx *cx)
{
	kr_str name = kr_in_s(cx, "module");

	return kr_kernel_settings_page(cx, name, back_of(cx, name));
}

kr_err
modules_settings_save(kr_ctx *cx)
{
	kr_str name = kr_in_s(cx, "module");

	return kr_kernel_settings_save(cx, name, back_of(cx, name));
}

kr_err
modules_page(kr_ctx *cx)
{
	size_t n;
	const struct kr_module *list = kr_kernel_modules(cx, &n);
	struct modules_list view = { .none_open = true };

	view.rows.p = kr_alloc(cx, n + 1, sizeof *view.rows.p);
	view.system.p = kr_alloc(cx, n + 1, sizeof *view.system.p);
	for (size_t i = 0; i < n; i++) {
		struct modules_row row = row_of(cx, &list[i]);

		if (kr_is(row.state.is, "system")) {
			view.system.p[view.system.n++] = row;
			continue;
		}
		view.rows.p[view.rows.n++] = row;
		view.none_open = view.none_open && list[i].policy == 0;
	}
	return modules_list(cx, &view);
}

kr_err
modules_tile(kr_ctx *cx, kr_out *out)
{
	struct modules_next view = { .closed = 0 };
	struct count waiting = { 0 };
	size_t n;
	const struct kr_module *list = kr_kernel_modules(cx, &n);

	for (size_t i = 0; i < n; i++)
		view.closed += kr_is(modules_state_of(cx, &list[i]).is, "closed");
	view.nobody = kr_rows_n(kr_query(cx, &q_anybody)) == 0;
	if (!view.nobody && kr_one(cx, &q_waiting, count_cols, &waiting))
		view.waiting = waiting.n;
	view.any = view.nobody || view.closed > 0 || view.waiting > 0;
	return modules_next(cx, out, &view);
}
