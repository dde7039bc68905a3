/* kreide docs: modules, permissions, settings, routes and the record of personal data,
   as Markdown or JSON. What the manifests say is what core does, so this page cannot be
   out of date. */
#include "cli/cli.h"

#include "plugin/check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── sheets: a table of Markdown for people, a list of objects for programs ── */

struct column {
	const char *key; /* of its heading; for programs what follows the last '.' */
	bool code;       /* a name from the manifest, for people in `` */
};
struct sheet {
	struct kr_cli *cli;
	const struct column *columns;
	size_t ncolumns;
	json_t *out, *rows; /* NULL without --json */
};

static kr_str
word(struct kr_cli *cli, const char *key)
{
	return key ? kr_word_(cli, key, NULL, 0) : KR_S("");
}

/* A word for people; for programs what follows the last '_' of its key. */
static kr_str
term(const struct sheet *s, const char *key)
{
	const char *end = strrchr(key, '_');

	if (!s->out)
		return word(s->cli, key);
	return end ? kr_z(end + 1) : KR_S("");
}

/* '|' would end the cell. */
static void
put_cell(kr_str s, bool code)
{
	fputs(code ? " `" : " ", stdout);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			putchar('\\');
		putchar(s.p[i] == '\n' ? ' ' : s.p[i]);
	}
	fputs(code ? "` |" : " |", stdout);
}

/* A sheet of its own; title is the key of its heading, "core.cli.docs_routes". */
static void
begin(struct sheet *s, const char *title, const struct column *columns, size_t ncolumns)
{
	kr_str text = word(s->cli, title);

	s->columns = columns;
	s->ncolumns = ncolumns;
	if (s->out) {
		s->rows = json_array();
		json_object_set_new(s->out, strrchr(title, '_') + 1, s->rows);
		return;
	}
	printf("\n## %.*s\n\n|", KR_FMT(text));
	for (size_t i = 0; i < ncolumns; i++)
		put_cell(word(s->cli, columns[i].key), false);
	fputs("\n|", stdout);
	for (size_t i = 0; i < ncolumns; i++)
		fputs("---|", stdout);
	putchar('\n');
}

/* As many cells as the sheet has columns. */
static void
row(struct sheet *s, const kr_str *cells)
{
	json_t *j;

	if (!s->out) {
		putchar('|');
		for (size_t i = 0; i < s->ncolumns; i++)
			put_cell(cells[i], s->columns[i].code);
		putchar('\n');
		return;
	}
	j = json_object();
	for (size_t i = 0; i < s->ncolumns; i++)
		json_object_set_new(
		    j, strrchr(s->columns[i].key, '.') + 1, kr_json_str(cells[i]));
	json_array_append_new(s->rows, j);
}

/* ── what the manifests say of routes and rights ── */

static void
modules(struct sheet *s, const struct kr_app *app)
{
	static const struct column columns[] = { { "core.cli.module", true },
		{ "core.cli.version", false }, { "core.cli.what", false } };

	begin(s, "core.cli.docs_modules", columns, KR_LEN(columns));
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_loaded *l = &app->plugins[i];
		bool there = l->p != NULL && l->refused == NULL;

		row(s, (kr_str[]){ kr_z(l->name),
			   there && l->p->version ? kr_z(l->p->version) : KR_S(""),
			   there ? word(s->cli, l->p->intro) : kr_z(l->refused) });
	}
}

static kr_str
who(const struct sheet *s, const struct kr_route *r)
{
	if ((r->flags & KR_R_PUBLIC) != 0)
		return term(s, "core.cli.route_public");
	if ((r->flags & KR_R_ANY) != 0)
		return term(s, "core.cli.route_any");
	return kr_z(r->perm);
}

static void
routes(struct sheet *s, const struct kr_app *app)
{
	static const struct column columns[] = { { "core.cli.module", false },
		{ "core.cli.method", false }, { "core.cli.path", true },
		{ "core.cli.right", false }, { "core.cli.why", false } };

	begin(s, "core.cli.docs_routes", columns, KR_LEN(columns));
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nroutes; k++) {
			const struct kr_route *r = &p->routes[k];

			row(s,
			    (kr_str[]){ kr_z(p->name), kr_z(kr_method_name(r->method)),
				kr_z(r->path), who(s, r), kr_z(r->why) });
		}
	}
}

static void
permissions(struct sheet *s, const struct kr_app *app)
{
	static const struct column columns[] = { { "core.cli.right", true },
		{ "core.cli.what", false }, { "core.cli.roles", false } };

	begin(s, "core.cli.docs_permissions", columns, KR_LEN(columns));
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nperms; k++) {
			const struct kr_perm *perm = &p->perms[k];
			bool all = !s->out && perm->roles == KR_ROLE_ALL;

			row(s, (kr_str[]){ kr_z(perm->id), word(s->cli, perm->title),
				   all ? word(s->cli, "core.everybody")
				       : kr_roles_text(s->cli->said, perm->roles) });
		}
	}
}

static void
settings(struct sheet *s, const struct kr_app *app)
{
	static const struct column columns[] = { { "core.cli.setting", true },
		{ "core.cli.what", false }, { "core.cli.default", false } };

	begin(s, "core.cli.docs_settings", columns, KR_LEN(columns));
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nsettings; k++)
			row(s, (kr_str[]){ kr_z(p->settings[k].key),
				   word(s->cli, p->settings[k].title),
				   kr_z(p->settings[k].def) });
	}
}

/* ── personal data ── */

static const char *const kinds[] = { [KR_PD_NONE] = "",
	[KR_PD_REF] = "core.cli.pd_ref",
	[KR_PD_NAME] = "core.cli.pd_name",
	[KR_PD_CONTENT] = "core.cli.pd_content",
	[KR_PD_META] = "core.cli.pd_meta",
	[KR_PD_SECRET] = "core.cli.pd_secret" };
static const char *const erasures[] = { [KR_ERASE_ROW] = "core.cli.erase_row",
	[KR_ERASE_NULL] = "core.cli.erase_null",
	[KR_ERASE_KEEP] = "core.cli.erase_keep" };

/* For programs the number of days, or "row": as long as the row. */
static kr_str
days(const struct sheet *s, int keep)
{
	if (keep <= 0)
		return term(s, "core.cli.with_row");
	return s->out ? kr_num(s->cli, keep)
		      : kr_words_n(s->cli, "core.cli.days", keep);
}

static void
data_row(struct sheet *s, const struct kr_pdata *d)
{
	row(s, (kr_str[]){ kr_fmt(s->cli->said, "%s.%s", d->table, d->column),
		   term(s, kinds[d->kind]), kr_z(d->purpose), kr_z(d->basis),
		   term(s, erasures[d->erase]), days(s, d->keep_days) });
}

static void
data_of_entities(struct sheet *s, const struct kr_plugin *p)
{
	for (size_t i = 0; p->entities && p->entities[i]; i++) {
		const struct kr_entity *e = p->entities[i];
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= strcmp(p->entities[k]->table, e->table) == 0;
		for (size_t k = 0; k < e->nprops && !seen; k++) {
			const struct kr_prop *prop = &e->props[k];

			if (prop->pd != KR_PD_NONE)
				data_row(s,
				    &(struct kr_pdata){ .table = e->table,
					.column = prop->name,
					.kind = prop->pd,
					.purpose = word(s->cli, p->title).p,
					.erase = prop->type == 'p' ||
							 e->erase == KR_ERASE_ROW
						     ? e->erase
						     : KR_ERASE_KEEP,
					.keep_days = prop->keep_days ? prop->keep_days
								     : e->keep_days });
		}
	}
}

static void
personal_data(struct sheet *s, const struct kr_app *app)
{
	static const struct column columns[] = { { "core.cli.column", true },
		{ "core.cli.kind", false }, { "core.cli.purpose", false },
		{ "core.cli.basis", false }, { "core.cli.erasure", false },
		{ "core.cli.kept", false } };

	begin(s, "core.cli.docs_data", columns, KR_LEN(columns));
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->npdata; k++)
			data_row(s, &p->pdata[k]);
		if (p)
			data_of_entities(s, p);
	}
}

/* Without an instance: what lies beside the program. */
static bool
load(struct kr_cli *cli, struct kr_app *app_r, int *exit_r)
{
	char *conf = kr_path(cli, "etc/kreide.conf");
	bool there = access(conf, F_OK) == 0;

	free(conf);
	*exit_r = KR_X_DOWN;
	return there ? kr_load_plugins(cli, app_r, exit_r)
		     : kr_app_load_bare(app_r, cli->lib, NULL);
}

int
kr_cmd_docs(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "docs" };
	struct sheet s = { .cli = cli };
	struct kr_app app;
	kr_str title;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) || !load(cli, &app, &code))
		return code;
	title = word(cli, "core.cli.docs_title");
	if (cli->json)
		s.out = json_object();
	else
		printf("# %.*s\n", KR_FMT(title));
	modules(&s, &app);
	permissions(&s, &app);
	settings(&s, &app);
	routes(&s, &app);
	personal_data(&s, &app);
	return s.out ? kr_print_json(s.out) : KR_X_OK;
}
