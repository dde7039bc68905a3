/* kreide demo: fills an empty instance in demo mode, and does nothing to any other. */
#include "cli/demo.h"

#include "auth/store.h"
#include <limits.h>
#include <string.h>

/* Of the demo school, of anybody else. */
KR_STMT(q_count, "ss", "ii",
    "SELECT (SELECT COUNT(*) FROM core_person WHERE source = ?),"
    " (SELECT COUNT(*) FROM core_person WHERE source <> ?)");
KR_STMT(x_set, "iiiiiiit", "",
    "SET @admin = ?, @teacher = ?, @pupil = ?, @office = ?, @everybody = ?,"
    " @teachers = ?, @class = ?, @now = ?");

struct count {
	int64_t ours, others;
};
static const struct kr_col count_cols[] = { KR_COL(struct count, ours),
	KR_COL(struct count, others) };

struct demo {
	struct kr_cli *cli;
	struct kr_work *w;
	struct count there;
	struct kr_demo made;
	const char *wrong_file; /* a plugin's demo.sql that failed */
};

static kr_err
look(kr_ctx *cx, void *arg)
{
	struct demo *d = arg;
	kr_val source = kr_s(KR_S(KR_DEMO_SOURCE));

	(void)kr_one(cx, &q_count, count_cols, &d->there, source, source);
	return kr_status(cx);
}

static void
set_passwords(kr_ctx *cx, struct demo *d)
{
	const struct {
		kr_id id;
		const char *account;
	} four[] = { { d->made.admin, "admin" }, { d->made.teacher, "lehrerin" },
		{ d->made.pupil, "schueler" }, { d->made.parent, "elternteil" } };

	cx->db = d->w->auth;
	for (size_t i = 0; i < KR_LEN(four); i++)
		(void)kr_store_set_password(
		    cx, four[i].id, kr_z(four[i].account), KR_S(KR_DEMO_PASSWORD));
	cx->db = d->w->rw;
}

/* LIB/migrations/NAME/demo.sql of a plugin: INSERTs, each ended by ";" at a line's end.
 */
static void
run_file(kr_ctx *cx, struct demo *d, const char *path)
{
	kr_str rest, line;
	struct kr_buf b;

	if (!kr_read_file(cx->arena, path, &rest))
		return;
	kr_exec(cx, &x_set, kr_i(d->made.admin), kr_i(d->made.teacher),
	    kr_i(d->made.pupil), kr_i(d->made.office), kr_i(d->made.everybody),
	    kr_i(d->made.teachers), kr_i(d->made.class_7b), kr_t(kr_now(cx)));
	kr_buf_init(&b, cx->arena, rest.n);
	while (kr_split(&rest, '\n', &line) && kr_status(cx) == KR_OK) {
		if (kr_starts(line, KR_S("--")))
			continue;
		kr_buf_str(&b, line);
		kr_buf_c(&b, '\n');
		if (line.n == 0 || line.p[line.n - 1] != ';')
			continue;
		b.n -= 2;
		kr_exec(cx, kr_stmt_make("demo.sql", "", "",
				kr_dup(cx->arena, kr_buf_view(&b)).p));
		b.n = 0;
	}
	if (kr_status(cx) != KR_OK)
		d->wrong_file = kr_dup(d->cli->said->arena, kr_z(path)).p;
}

static bool
is_loaded(const struct kr_app *app, const char *name)
{
	const struct kr_loaded *l = kr_app_plugin(app, kr_z(name));

	return l != NULL && l->p != NULL && l->refused == NULL;
}

/* News is open, so that the start page shows something; tasks stays closed: opening it
   is the first thing to try. */
static void
open_news(kr_ctx *cx)
{
	if (!is_loaded(cx->app, "news"))
		return;
	(void)kr_kernel_module_open(cx,
	    &(struct kr_policy_new){ .module = KR_S("news"),
		.roles = KR_ROLE_ALL,
		.from = kr_today(cx),
		.until = KR_NO_DATE,
		.decision = KR_S("Schulkonferenz der Gesamtschule Lindenhof, TOP 4"),
		.decided = kr_today(cx) });
}

static kr_err
make(kr_ctx *cx, void *arg)
{
	struct demo *d = arg;
	char path[PATH_MAX];

	kr_demo_school(cx, &d->made);
	set_passwords(cx, d);
	open_news(cx);
	for (size_t i = 1; i < cx->app->nplugins; i++) {
		const char *name = cx->app->plugins[i].name;

		if (!is_loaded(cx->app, name))
			continue;
		snprintf(
		    path, sizeof path, "%s/migrations/%s/demo.sql", d->cli->lib, name);
		run_file(cx, d, path);
	}
	return kr_status(cx);
}

static int
answer(struct demo *d, bool fresh)
{
	if (d->cli->json)
		return kr_print_json(json_pack("{s:b, s:[s,s,s,s]}", "made", fresh,
		    "accounts", "admin", "lehrerin", "schueler", "elternteil"));
	if (fresh)
		kr_say(d->cli, "core.cli.demo_made",
		    kr_num(d->cli, (int64_t)d->made.persons));
	else
		kr_say(d->cli, "core.cli.demo_there");
	return KR_X_OK;
}

static int
failed(struct demo *d)
{
	int code = kr_work_failed(d->w);

	if (d->wrong_file)
		kr_complain(d->cli, "core.cli.demo_file", kr_z(d->wrong_file));
	return code;
}

int
kr_cmd_demo(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "demo" };
	struct kr_work w;
	struct demo d = { .cli = cli, .w = &w };
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) ||
	    !kr_work_open(&w, cli, true, &code))
		return code;
	if (kr_work_do(&w, look, &d) != KR_OK) {
		code = kr_work_failed(&w);
	} else if (!w.app.conf.demo) {
		kr_complain(cli, "core.cli.demo_not_here");
		code = KR_X_REFUSED;
	} else if (d.there.ours > 0) {
		code = answer(&d, false);
	} else if (d.there.others > 0) {
		kr_complain(
		    cli, "core.cli.demo_not_empty", kr_num(cli, d.there.others));
		code = KR_X_REFUSED;
	} else {
		code =
		    kr_work_do(&w, make, &d) == KR_OK ? answer(&d, true) : failed(&d);
	}
	kr_work_close(&w);
	return code;
}
