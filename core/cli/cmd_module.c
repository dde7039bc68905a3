/* kreide module: which modules there are, opening and closing them by the school's
 * decision; their settings are in cmd_setting.c. */
#include "cli/cli.h"

#include <string.h>

struct module {
	struct kr_cli *cli;
	const char *name;
	const char *roles, *groups, *from, *until, *decision, *decided;
	uint32_t role_bits;
	kr_date from_day, until_day, decided_day;
	kr_str unknown_group;
	struct kr_module *list;
	size_t n;
};

/* ── list ── */

static const char *
state_of(kr_ctx *cx, const struct kr_module *m)
{
	if (m->refused.n > 0)
		return "refused";
	if (m->system)
		return "system";
	if (m->policy == 0)
		return "closed";
	return m->from.day > kr_today(cx).day ? "planned" : "open";
}

static kr_str
day(kr_ctx *cx, kr_date d)
{
	return d.day == KR_NO_DATE.day ? KR_S("") : kr_date_iso(cx, d);
}

static json_t *
json_of(kr_ctx *cx, const struct kr_module *m)
{
	json_t *j = json_object(), *roles = json_array(), *groups = json_array();
	kr_str rest = m->groups, one;

	for (uint32_t bit = 1; bit < KR_ROLE_ALL; bit <<= 1)
		if ((m->roles & bit) != 0)
			json_array_append_new(roles, json_string(kr_role_name(bit)));
	while (m->groups.n > 0 && kr_split(&rest, ',', &one))
		json_array_append_new(groups, kr_json_str(kr_trim(one)));
	json_object_set_new(j, "name", kr_json_str(m->name));
	json_object_set_new(j, "title", kr_json_str(m->title));
	json_object_set_new(j, "state", json_string(state_of(cx, m)));
	json_object_set_new(j, "roles", roles);
	json_object_set_new(j, "groups", groups);
	json_object_set_new(j, "from", kr_json_str(day(cx, m->from)));
	json_object_set_new(j, "until", kr_json_str(day(cx, m->until)));
	json_object_set_new(j, "decision", kr_json_str(m->decision));
	json_object_set_new(j, "decided", kr_json_str(day(cx, m->decided)));
	json_object_set_new(j, "refused", kr_json_str(m->refused));
	return j;
}

static kr_err
list_it(kr_ctx *cx, void *arg)
{
	struct module *m = arg;

	m->list = kr_kernel_modules(cx, &m->n);
	return kr_status(cx);
}

static int
print_list(struct module *m, kr_ctx *cx)
{
	static const char *const header[] = { "core.cli.module", "core.cli.state",
		"core.cli.roles", "core.cli.groups", "core.cli.from", "core.cli.until",
		"core.cli.decision", NULL };
	struct kr_table *t = kr_table_new(m->cli, header);
	json_t *all = json_array();

	for (size_t i = 0; i < m->n; i++) {
		const struct kr_module *one = &m->list[i];
		char key[40];

		snprintf(key, sizeof key, "core.cli.state_%s", state_of(cx, one));
		json_array_append_new(all, json_of(cx, one));
		kr_table_row(
		    t, (kr_str[]){ one->name, kr_word_(m->cli, key, NULL, 0),
			   kr_roles_text(cx, one->roles), one->groups,
			   day(cx, one->from), day(cx, one->until),
			   one->refused.n > 0 ? one->refused : one->decision });
	}
	if (m->cli->json)
		return kr_print_json(all);
	json_decref(all);
	kr_table_print(t);
	return KR_X_OK;
}

/* ── open, close ── */

static kr_err
open_it(kr_ctx *cx, void *arg)
{
	struct module *m = arg;
	kr_str rest = kr_z(m->groups), one;
	kr_id groups[100];
	struct kr_policy_new p = { .module = kr_z(m->name),
		.roles = m->role_bits,
		.groups = groups,
		.from = m->from_day,
		.until = m->until_day,
		.decision = kr_z(m->decision),
		.decided = m->decided_day };

	while (kr_split(&rest, ',', &one) && p.ngroups < KR_LEN(groups)) {
		kr_id id = kr_group_named(cx, kr_trim(one));

		if (id == 0 && kr_status(cx) == KR_OK) {
			m->unknown_group = kr_trim(one);
			return kr_fail(cx, KR_ENOTFOUND, "no such group");
		}
		groups[p.ngroups++] = id;
	}
	return kr_kernel_module_open(cx, &p);
}

static kr_err
close_it(kr_ctx *cx, void *arg)
{
	struct module *m = arg;

	return kr_kernel_module_close(cx, kr_z(m->name));
}

static bool
read_day(struct module *m, const char *text, kr_date absent, kr_date *day_r)
{
	if (text == NULL) {
		*day_r = absent;
		return true;
	}
	if (kr_date_parse(kr_z(text), day_r))
		return true;
	kr_complain(m->cli, "core.cli.no_date", kr_z(text));
	return false;
}

/* What can be wrong without asking the database. */
static bool
open_args(struct module *m)
{
	kr_date today = kr_date_of(kr_wall());

	if (m->roles && strcmp(m->roles, "all") == 0) {
		m->role_bits = KR_ROLE_ALL;
	} else if (m->roles && !kr_roles_read(m->roles, &m->role_bits)) {
		kr_complain(m->cli, "core.cli.no_role", kr_z(m->roles));
		return false;
	}
	if (m->role_bits == 0 && m->groups == NULL) {
		kr_complain(m->cli, "core.cli.for_whom");
		return false;
	}
	if (m->decision == NULL || *m->decision == 0) {
		kr_complain(m->cli, "core.cli.no_decision");
		return false;
	}
	return read_day(m, m->from, today, &m->from_day) &&
	       read_day(m, m->until, KR_NO_DATE, &m->until_day) &&
	       read_day(m, m->decided, KR_NO_DATE, &m->decided_day);
}

static int
done(struct module *m, const char *state)
{
	json_t *j;

	kr_say_(m->cli,
	    strcmp(state, "open") == 0 ? "core.cli.module_opened"
				       : "core.cli.module_closed",
	    KR_WORDS(kr_z(m->name)));
	if (!m->cli->json)
		return KR_X_OK;
	j = json_object();
	json_object_set_new(j, "name", json_string(m->name));
	json_object_set_new(j, "state", json_string(state));
	return kr_print_json(j);
}

static int
change(struct module *m, struct kr_work *w, bool open)
{
	if (kr_work_do(w, open ? open_it : close_it, m) == KR_OK)
		return done(m, open ? "open" : "closed");
	if (m->unknown_group.n > 0) {
		kr_complain(m->cli, "core.cli.no_group", m->unknown_group);
		return KR_X_WRONG;
	}
	if (w->cx.err == KR_ENOTFOUND) {
		kr_complain_(m->cli, open ? "core.cli.no_module" : "core.cli.not_open",
		    KR_WORDS(kr_z(m->name)));
		return KR_X_WRONG;
	}
	return kr_work_failed(w);
}

int
kr_cmd_module(struct kr_cli *cli, int argc, char **argv)
{
	struct module m = { .cli = cli };
	const struct kr_opt opts[] = { { "roles", 's', &m.roles },
		{ "groups", 's', &m.groups }, { "from", 's', &m.from },
		{ "until", 's', &m.until }, { "decision", 's', &m.decision },
		{ "decided", 's', &m.decided } };
	struct kr_args a = { .command = "module",
		.opts = opts,
		.nopts = KR_LEN(opts),
		.least = 1,
		.most = 4 };
	struct kr_work w;
	bool list, open, close;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	list = strcmp(a.words[0], "list") == 0 && a.n == 1;
	open = strcmp(a.words[0], "open") == 0 && a.n == 2;
	close = strcmp(a.words[0], "close") == 0 && a.n == 2;
	if (strcmp(a.words[0], "settings") == 0 && a.n == 2)
		return kr_cmd_setting(cli, a.words[1], NULL, NULL);
	if (strcmp(a.words[0], "set") == 0 && a.n == 4)
		return kr_cmd_setting(cli, a.words[1], a.words[2], a.words[3]);
	if (!list && !open && !close)
		return kr_usage(cli, "module");
	m.name = a.words[1];
	if (open && !open_args(&m))
		return KR_X_USAGE;
	if (!kr_work_open(&w, cli, true, &code))
		return code;
	if (!list)
		code = change(&m, &w, open);
	else if (kr_work_do(&w, list_it, &m) == KR_OK)
		code = print_list(&m, &w.cx);
	else
		code = kr_work_failed(&w);
	kr_work_close(&w);
	return code;
}
