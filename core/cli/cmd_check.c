/* kreide check: manifests, files, statements and tables of all plugins, or of some .so
   that are not installed yet. */
#include "cli/cli.h"

#include "app/entity.h"
#include "plugin/check.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checking {
	struct kr_cli *cli;
	struct kr_app app;
	FILE *report; /* one finding a line, in memory */
	char *text;
	size_t size;
	size_t plugins, statements;
	bool database;
	struct kr_conn *conns[3]; /* asked in this order whether they can run it */
};

/* Core's statements run under several database users; a plugin's under one. */
static bool
verified(
    struct checking *c, const struct kr_stmt *s, bool core, char *why_r, size_t why_n)
{
	char other[300];

	if (kr_stmt_verify(c->conns[0], s, why_r, why_n))
		return true;
	for (size_t i = 1; core && i < KR_LEN(c->conns); i++)
		if (c->conns[i] != NULL &&
		    kr_stmt_verify(c->conns[i], s, other, sizeof other))
			return true;
	return false;
}

static void
check_stmt(struct checking *c, struct kr_findings *f, const struct kr_stmt *s)
{
	char why[300];

	if (s == NULL)
		return;
	c->statements++;
	if (!verified(c, s, strcmp(f->plugin, "core") == 0, why, sizeof why))
		kr_finding(f, "KR-R17", "%s: %s", s->name, why);
}

static void
check_in_database(struct checking *c, const struct kr_plugin *p)
{
	struct kr_findings f = { .report = c->report, .plugin = p->name };

	for (const struct kr_stmt *const *s = p->stmts; s != p->stmts_end; s++)
		check_stmt(c, &f, *s);
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++) {
		const struct kr_entity_sql *e = kr_entity_sql(p->entities[i], p->name);

		check_stmt(c, &f, e->one);
		check_stmt(c, &f, e->may_read);
		check_stmt(c, &f, e->may_write);
		check_stmt(c, &f, e->insert);
		check_stmt(c, &f, e->update);
		check_stmt(c, &f, e->trash);
		check_stmt(c, &f, e->restore);
	}
	(void)kr_schema_check(c->conns[0], p, c->report);
}

/* Quietly: a check without a database is a check too. */
static void
open_database(struct checking *c)
{
	static const char *const users[][2] = { { "kreide_rw", "kreide" },
		{ "kreide_auth", "kreide_auth" }, { "kreide_jobs", "kreide" } };

	for (size_t i = 0; i < KR_LEN(users); i++) {
		char path[PATH_MAX];

		snprintf(
		    path, sizeof path, "%s/secret/%s.pw", c->cli->home, users[i][0]);
		if (access(path, R_OK) != 0)
			continue;
		c->conns[i] = kr_work_conn(c->cli, users[i][0], users[i][1]);
		if (c->conns[i] != NULL && kr_conn_open(c->conns[i]) != KR_OK)
			kr_conn_free(&c->conns[i]);
	}
	c->database = c->conns[0] != NULL;
}

/* Everything that is installed. Without an instance: what lies beside the program. */
static void
check_installed(struct checking *c)
{
	char path[PATH_MAX], why[500] = "";

	snprintf(path, sizeof path, "%s/etc/kreide.conf", c->cli->home);
	if (access(path, F_OK) != 0) {
		(void)kr_app_load_bare(&c->app, c->cli->lib, c->report);
	} else if (!kr_app_load_report(
		       &c->app, c->cli->home, c->report, why, sizeof why)) {
		fprintf(c->report, "core: %s\n", why);
		return;
	} else {
		open_database(c);
	}
	c->plugins = c->app.nplugins;
	for (size_t i = 0; i < c->app.nplugins && c->database; i++)
		if (c->app.plugins[i].p != NULL)
			check_in_database(c, c->app.plugins[i].p);
}

static void
check_files(struct checking *c, const struct kr_args *args)
{
	open_database(c);
	for (size_t i = 0; i < args->n; i++) {
		struct kr_loaded one;

		kr_plugin_open(args->words[i], NULL, c->report, &one);
		c->plugins++;
		if (one.p != NULL && c->database)
			check_in_database(c, one.p);
	}
}

/* "tasks: what [KR-R3]" -> { plugin, text, code } */
static json_t *
finding_json(kr_str line)
{
	kr_str rest = line, plugin, code = { NULL, 0 };

	(void)kr_split(&rest, ':', &plugin);
	rest = kr_trim(rest);
	for (size_t i = rest.n; i > 0 && rest.p[rest.n - 1] == ']'; i--) {
		if (rest.p[i - 1] != '[')
			continue;
		code = kr_sub(rest, i, rest.n - i - 1);
		rest = kr_trim(kr_sub(rest, 0, i - 1));
		break;
	}
	return json_pack("{s:o, s:o, s:o}", "plugin", kr_json_str(plugin), "text",
	    kr_json_str(rest), "code", kr_json_str(code));
}

static int
tell(struct checking *c)
{
	kr_str rest = { c->text, c->size }, line;
	json_t *list = json_array();
	size_t n = 0;

	while (kr_split(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		n++;
		if (c->cli->json)
			json_array_append_new(list, finding_json(line));
		else
			printf("%.*s\n", KR_FMT(line));
	}
	if (c->cli->json) {
		(void)kr_print_json(json_pack("{s:o, s:I, s:I, s:b}", "findings", list,
		    "plugins", (json_int_t)c->plugins, "statements",
		    (json_int_t)c->statements, "database", c->database));
		return n == 0 ? KR_X_OK : KR_X_WRONG;
	}
	json_decref(list);
	if (!c->database)
		kr_say(c->cli, "core.cli.check_no_database");
	kr_say(c->cli, "core.cli.check_done", kr_num(c->cli, (int64_t)c->plugins),
	    kr_num(c->cli, (int64_t)c->statements), kr_num(c->cli, (int64_t)n));
	return n == 0 ? KR_X_OK : KR_X_WRONG;
}

static int
tell_rules(const struct kr_cli *cli)
{
	json_t *list = json_array();

	for (const struct kr_rule *r = kr_rules; r->code != NULL; r++) {
		if (cli->json)
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s}", "code", r->code, "rule",
				      r->rule, "reason", r->reason));
		else
			printf("%-7s %s\n        %s\n", r->code, r->rule, r->reason);
	}
	if (cli->json)
		return kr_print_json(list);
	json_decref(list);
	return KR_X_OK;
}

int
kr_cmd_check(struct kr_cli *cli, int argc, char **argv)
{
	bool rules = false;
	const struct kr_opt opts[] = { { "rules", 'b', &rules } };
	struct kr_args args = {
		.command = "check", .opts = opts, .nopts = 1, .least = 0, .most = 30
	};
	struct checking c = { .cli = cli };
	int code;

	if (!kr_args_of(cli, &args, argc, argv, &code))
		return code;
	if (rules)
		return tell_rules(cli);
	c.report = open_memstream(&c.text, &c.size);
	if (c.report == NULL)
		kr_panic("no memory for a report");
	if (args.n > 0)
		check_files(&c, &args);
	else
		check_installed(&c);
	for (size_t i = 0; i < KR_LEN(c.conns); i++)
		kr_conn_free(&c.conns[i]);
	fclose(c.report);
	code = tell(&c);
	free(c.text);
	return code;
}
