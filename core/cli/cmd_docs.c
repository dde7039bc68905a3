/* kreide docs: routes, permissions, settings and the record of personal data, as
   Markdown. What the manifests say is what core does, so this page cannot be out of
   date. */
#include "cli/cli.h"

#include "plugin/check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const methods[] = { [KR_GET] = "GET",
	[KR_POST] = "POST",
	[KR_PUT] = "PUT",
	[KR_DELETE] = "DELETE",
	[KR_PROPFIND] = "PROPFIND",
	[KR_REPORT] = "REPORT" };

static kr_str
word(struct kr_cli *cli, const char *key)
{
	return key ? kr_word_(cli, key, NULL, 0) : KR_S("");
}

/* A cell: '|' would end it. */
static void
cell(kr_str s)
{
	putchar(' ');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			putchar('\\');
		putchar(s.p[i] == '\n' ? ' ' : s.p[i]);
	}
	fputs(" |", stdout);
}

static void
header(struct kr_cli *cli, const char *const *keys)
{
	size_t n = 0;

	fputs("\n|", stdout);
	for (; keys[n]; n++)
		cell(word(cli, keys[n]));
	fputs("\n|", stdout);
	while (n-- > 0)
		fputs("---|", stdout);
	putchar('\n');
}

static void
section(struct kr_cli *cli, const char *key)
{
	kr_str title = word(cli, key);

	printf("\n## %.*s\n", KR_FMT(title));
}

static void
roles_cell(struct kr_cli *cli, uint32_t roles)
{
	cell(roles == KR_ROLE_ALL ? word(cli, "core.everybody")
				  : kr_roles_text(cli->said, roles));
}

/* ── routes, permissions ── */

static void
route_row(struct kr_cli *cli, const char *module, const struct kr_route *r)
{
	fputs("|", stdout);
	cell(kr_z(module));
	cell(kr_z(methods[r->method]));
	cell(kr_fmt(cli->said, "`%s`", r->path));
	cell((r->flags & KR_R_PUBLIC) != 0 ? word(cli, "core.cli.route_public")
	     : (r->flags & KR_R_ANY) != 0  ? word(cli, "core.cli.route_any")
					   : kr_z(r->perm));
	cell(kr_z(r->why));
	putchar('\n');
}

static void
routes(struct kr_cli *cli, const struct kr_app *app)
{
	static const char *const keys[] = { "core.cli.module", "core.cli.method",
		"core.cli.path", "core.cli.right", "core.cli.why", NULL };

	section(cli, "core.cli.docs_routes");
	header(cli, keys);
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nroutes; k++)
			route_row(cli, p->name, &p->routes[k]);
	}
}

static void
permissions(struct kr_cli *cli, const struct kr_app *app)
{
	static const char *const keys[] = { "core.cli.right", "core.cli.what",
		"core.cli.roles", NULL };

	section(cli, "core.cli.docs_permissions");
	header(cli, keys);
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nperms; k++) {
			fputs("|", stdout);
			cell(kr_fmt(cli->said, "`%s`", p->perms[k].id));
			cell(word(cli, p->perms[k].title));
			roles_cell(cli, p->perms[k].roles);
			putchar('\n');
		}
	}
}

static void
settings(struct kr_cli *cli, const struct kr_app *app)
{
	static const char *const keys[] = { "core.cli.setting", "core.cli.what",
		"core.cli.default", NULL };

	section(cli, "core.cli.docs_settings");
	header(cli, keys);
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nsettings; k++) {
			fputs("|", stdout);
			cell(kr_fmt(cli->said, "`%s`", p->settings[k].key));
			cell(word(cli, p->settings[k].title));
			cell(kr_z(p->settings[k].def));
			putchar('\n');
		}
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

static kr_str
days(struct kr_cli *cli, int keep)
{
	return keep > 0 ? kr_words_n(cli, "core.cli.days", keep)
			: word(cli, "core.cli.with_row");
}

static void
data_row(struct kr_cli *cli, const struct kr_pdata *d)
{
	fputs("|", stdout);
	cell(kr_fmt(cli->said, "`%s.%s`", d->table, d->column));
	cell(word(cli, kinds[d->kind]));
	cell(kr_z(d->purpose));
	cell(kr_z(d->basis));
	cell(word(cli, erasures[d->erase]));
	cell(days(cli, d->keep_days));
	putchar('\n');
}

static void
data_of_entities(struct kr_cli *cli, const struct kr_plugin *p)
{
	for (size_t i = 0; p->entities && p->entities[i]; i++) {
		const struct kr_entity *e = p->entities[i];
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= strcmp(p->entities[k]->table, e->table) == 0;
		for (size_t k = 0; k < e->nprops && !seen; k++) {
			const struct kr_prop *prop = &e->props[k];

			if (prop->pd != KR_PD_NONE)
				data_row(cli,
				    &(struct kr_pdata){ .table = e->table,
					.column = prop->name,
					.kind = prop->pd,
					.purpose = word(cli, p->title).p,
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
personal_data(struct kr_cli *cli, const struct kr_app *app)
{
	static const char *const keys[] = { "core.cli.column", "core.cli.kind",
		"core.cli.purpose", "core.cli.basis", "core.cli.erasure",
		"core.cli.kept", NULL };

	section(cli, "core.cli.docs_data");
	header(cli, keys);
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->npdata; k++)
			data_row(cli, &p->pdata[k]);
		if (p)
			data_of_entities(cli, p);
	}
}

static void
modules(struct kr_cli *cli, const struct kr_app *app)
{
	section(cli, "core.cli.docs_modules");
	putchar('\n');
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_loaded *l = &app->plugins[i];
		kr_str intro;

		if (l->p == NULL || l->refused != NULL) {
			printf(
			    "- **%s**: %s\n", l->name, l->refused ? l->refused : "-");
			continue;
		}
		intro = word(cli, l->p->intro);
		printf("- **%s** %s: %.*s\n", l->name,
		    l->p->version ? l->p->version : "", KR_FMT(intro));
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
	struct kr_app app;
	kr_str title;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) || !load(cli, &app, &code))
		return code;
	title = word(cli, "core.cli.docs_title");
	printf("# %.*s\n", KR_FMT(title));
	modules(cli, &app);
	permissions(cli, &app);
	settings(cli, &app);
	routes(cli, &app);
	personal_data(cli, &app);
	return KR_X_OK;
}
