/* kreide user: adds, lists, locks people and prints activation codes. */
#include "cli/user.h"

#include <string.h>

/* Filters are empty or zero when not wanted. */
KR_STMT(q_list, "iiss", "ssssis",
    "SELECT p.account, p.given, p.family, p.state, p.roles,"
    " COALESCE((SELECT GROUP_CONCAT(g.name ORDER BY g.kind, g.grade, g.name"
    " SEPARATOR ', ')"
    " FROM core_my_group m JOIN core_group g ON g.id = m.group_id"
    " WHERE m.person_id = p.id AND g.kind <> 'grade'), '')"
    " FROM core_person p WHERE (? = 0 OR (p.roles & ?) <> 0) AND (? = '' OR p.id IN"
    " (SELECT m.person_id FROM core_my_group m JOIN core_group g ON g.id = m.group_id"
    " WHERE g.name = ?)) ORDER BY p.family, p.given, p.id");

struct row {
	kr_str account, given, family, state;
	uint32_t roles;
	kr_str groups;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, account),
	KR_COL(struct row, given), KR_COL(struct row, family),
	KR_COL(struct row, state), KR_COL(struct row, roles),
	KR_COL(struct row, groups) };

struct user {
	struct kr_cli *cli;
	const char *account, *given, *family, *role, *group;
	uint32_t roles;
	kr_id id;
	kr_str made; /* account of a new person */
	char code[20];
	bool unknown_account, unknown_group;
	KR_ARRAY(struct row) list;
};

/* ── list ── */

static kr_err
list_it(kr_ctx *cx, void *arg)
{
	struct user *u = arg;
	kr_val roles = kr_i(u->roles), group = kr_s(kr_z(u->group));

	KR_FILL(
	    cx, u->list, kr_query(cx, &q_list, roles, roles, group, group), row_cols);
	return kr_status(cx);
}

static json_t *
json_roles(uint32_t roles)
{
	json_t *list = json_array();

	for (uint32_t bit = 1; bit < KR_ROLE_ALL; bit <<= 1)
		if ((roles & bit) != 0)
			json_array_append_new(list, json_string(kr_role_name(bit)));
	return list;
}

static int
print_json_list(const struct user *u)
{
	json_t *all = json_array();

	for (size_t i = 0; i < u->list.n; i++) {
		const struct row *r = &u->list.p[i];
		json_t *j = json_object();

		json_object_set_new(j, "account", kr_json_str(r->account));
		json_object_set_new(j, "given", kr_json_str(r->given));
		json_object_set_new(j, "family", kr_json_str(r->family));
		json_object_set_new(j, "roles", json_roles(r->roles));
		json_object_set_new(j, "state", kr_json_str(r->state));
		json_object_set_new(j, "groups", kr_json_str(r->groups));
		json_array_append_new(all, j);
	}
	return kr_print_json(all);
}

static int
print_list(struct user *u, kr_ctx *cx)
{
	static const char *const header[] = { "core.cli.account", "core.cli.name",
		"core.cli.roles", "core.cli.groups", "core.cli.state", NULL };
	struct kr_table *t;

	if (u->cli->json)
		return print_json_list(u);
	t = kr_table_new(u->cli, header);
	for (size_t i = 0; i < u->list.n; i++) {
		const struct row *r = &u->list.p[i];
		char key[40];

		snprintf(key, sizeof key, "core.cli.state_%.*s", KR_FMT(r->state));
		kr_table_row(t,
		    (kr_str[]){ r->account,
			kr_fmt(cx, "%.*s, %.*s", KR_FMT(r->family), KR_FMT(r->given)),
			kr_roles_text(cx, r->roles), r->groups,
			kr_word_(u->cli, key, NULL, 0) });
	}
	kr_table_print(t);
	return KR_X_OK;
}

/* ── add, code ── */

static kr_err
add_it(kr_ctx *cx, void *arg)
{
	struct user *u = arg;
	struct kr_person_new p = { .given = kr_z(u->given),
		.family = kr_z(u->family),
		.roles = u->roles,
		.account = kr_z(u->account) };
	kr_id group = 0;

	if (u->group) {
		group = kr_group_named(cx, kr_z(u->group));
		/* A class that nobody is in yet comes into being with its first member.
		 */
		if (group == 0 && kr_class_grade(kr_z(u->group)) > 0)
			group = kr_kernel_group(cx, KR_S("class"), kr_z(u->group));
		u->unknown_group = group == 0 && kr_status(cx) == KR_OK;
		if (u->unknown_group)
			return kr_fail(cx, KR_ENOTFOUND, "no such group");
	}
	u->id = kr_person_insert(cx, &p, &u->made);
	if (group)
		kr_member_begin(cx, group, u->id,
		    (u->roles & KR_ROLE_TEACHER) != 0 ? KR_MEMBER_TEACHER : KR_MEMBER);
	kr_closure_refresh(cx, &u->id, 1);
	kr_audit(cx, "core.person_added", u->id);
	(void)kr_kernel_code(cx, u->id, u->code);
	return kr_status(cx);
}

static bool
find(kr_ctx *cx, struct user *u)
{
	u->id = kr_person_by_account(cx, kr_z(u->account));
	u->unknown_account = u->id == 0 && kr_status(cx) == KR_OK;
	if (u->unknown_account)
		kr_fail(cx, KR_ENOTFOUND, "no such account");
	return u->id != 0;
}

static kr_err
code_it(kr_ctx *cx, void *arg)
{
	struct user *u = arg;

	if (find(cx, u))
		(void)kr_kernel_code(cx, u->id, u->code);
	u->made = kr_z(u->account);
	return kr_status(cx);
}

static kr_err
lock_it(kr_ctx *cx, void *arg)
{
	struct user *u = arg;

	if (find(cx, u))
		kr_kernel_person_lock(cx, u->id, true);
	return kr_status(cx);
}

static kr_err
unlock_it(kr_ctx *cx, void *arg)
{
	struct user *u = arg;

	if (find(cx, u))
		kr_kernel_person_lock(cx, u->id, false);
	return kr_status(cx);
}

static int
print_code(struct user *u)
{
	json_t *j;

	kr_say(u->cli, "core.cli.code_is", u->made, kr_z(u->code));
	if (!u->cli->json)
		return KR_X_OK;
	j = json_object();
	json_object_set_new(j, "account", kr_json_str(u->made));
	json_object_set_new(j, "code", json_string(u->code));
	return kr_print_json(j);
}

static int
print_state(struct user *u, const char *state, const char *key)
{
	json_t *j;

	kr_say_(u->cli, key, KR_WORDS(kr_z(u->account)));
	if (!u->cli->json)
		return KR_X_OK;
	j = json_object();
	json_object_set_new(j, "account", json_string(u->account));
	json_object_set_new(j, "state", json_string(state));
	return kr_print_json(j);
}

static int
print_locked(struct user *u, kr_ctx *cx)
{
	(void)cx;
	return print_state(u, "locked", "core.cli.locked");
}

static int
print_unlocked(struct user *u, kr_ctx *cx)
{
	(void)cx;
	return print_state(u, "active", "core.cli.unlocked");
}

static int
print_new_code(struct user *u, kr_ctx *cx)
{
	(void)cx;
	return print_code(u);
}

/* ── which of them ── */

static const struct verb {
	const char *name;
	kr_err (*run)(kr_ctx *, void *);
	int (*print)(struct user *, kr_ctx *);
	bool account; /* a word of its own */
} verbs[] = {
	{ "add", add_it, print_new_code, false },
	{ "list", list_it, print_list, false },
	{ "code", code_it, print_new_code, true },
	{ "lock", lock_it, print_locked, true },
	{ "unlock", unlock_it, print_unlocked, true },
};

static const struct verb *
verb_of(const struct kr_args *a)
{
	for (size_t i = 0; i < KR_LEN(verbs); i++)
		if (strcmp(a->words[0], verbs[i].name) == 0 &&
		    a->n == (verbs[i].account ? 2u : 1u))
			return &verbs[i];
	return NULL;
}

static bool
args_ok(struct user *u, const struct verb *verb)
{
	if (u->role && !kr_roles_read(u->role, &u->roles)) {
		kr_complain(u->cli, "core.cli.no_role", kr_z(u->role));
		return false;
	}
	if (verb->run == add_it && (!u->given || !u->family || u->roles == 0)) {
		(void)kr_usage(u->cli, "user");
		return false;
	}
	return true;
}

static int
failed(struct user *u, struct kr_work *w)
{
	if (u->unknown_account)
		kr_complain(u->cli, "core.cli.no_account", kr_z(u->account));
	else if (u->unknown_group)
		kr_complain(u->cli, "core.cli.no_group", kr_z(u->group));
	else
		return kr_work_failed(w);
	return KR_X_WRONG;
}

/* export and erase read the manifests; their file is cmd_user_data.c. */
static bool
is_data(const struct kr_args *a, struct kr_user_data *data, bool *erase_r)
{
	*erase_r = a->n == 2 && strcmp(a->words[0], "erase") == 0;
	if (!*erase_r && (a->n != 2 || strcmp(a->words[0], "export") != 0))
		return false;
	data->account = a->words[1];
	return true;
}

int
kr_cmd_user(struct kr_cli *cli, int argc, char **argv)
{
	struct user u = { .cli = cli };
	struct kr_user_data data = { .cli = cli };
	const struct kr_opt opts[] = { { "given", 's', &u.given },
		{ "family", 's', &u.family }, { "role", 's', &u.role },
		{ "group", 's', &u.group }, { "account", 's', &u.account },
		{ "out", 's', &data.out }, { "yes", 'b', &data.yes },
		{ "now", 'b', &data.now } };
	struct kr_args a = { .command = "user",
		.opts = opts,
		.nopts = KR_LEN(opts),
		.least = 1,
		.most = 2 };
	const struct verb *verb;
	struct kr_work w;
	bool erase;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (is_data(&a, &data, &erase))
		return kr_user_data(&data, erase);
	verb = verb_of(&a);
	if (verb == NULL)
		return kr_usage(cli, "user");
	if (verb->account)
		u.account = a.words[1];
	if (!args_ok(&u, verb))
		return KR_X_USAGE;
	if (!kr_work_open(&w, cli, false, &code))
		return code;
	code = kr_work_do(&w, verb->run, &u) == KR_OK ? verb->print(&u, &w.cx)
						      : failed(&u, &w);
	kr_wipe(u.code, sizeof u.code);
	kr_work_close(&w);
	return code;
}
