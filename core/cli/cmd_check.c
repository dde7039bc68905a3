/* kreide check: manifests, files, statements and tables of all plugins, or of some .so
   that are not installed yet. */
#include "cli/cli.h"

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
	struct kr_schema *schema;
	const char *serving; /* only these and core can fail the check; NULL: all */
};

/* Core's statements run under several database users; a plugin's under one. */
static void
check_in_database(struct checking *c, const struct kr_plugin *p)
{
	size_t users = strcmp(p->name, "core") == 0 ? KR_LEN(c->conns) : 1;

	c->statements += kr_statements_check(c->conns, users, p, c->report);
	(void)kr_schema_check(c->schema, p, c->report);
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
	if (c->database)
		c->schema = kr_schema_read(c->conns[0]);
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

/* A reload asks whether what serves now could go on serving: a plugin that is broken
   but was never loaded is no reason to stay with the old set. */
static bool
matters(const struct checking *c, kr_str line)
{
	kr_str rest = kr_z(c->serving), name, plugin;

	(void)kr_split(&line, ':', &plugin);
	if (c->serving == NULL || kr_is(plugin, "core"))
		return true;
	while (kr_split(&rest, ',', &name))
		if (name.n > 0 && kr_eq(name, plugin))
			return true;
	return false;
}

static int
tell(struct checking *c)
{
	kr_str rest = { c->text, c->size }, line;
	json_t *list = json_array();
	size_t n = 0, wrong = 0;

	while (kr_split(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		n++;
		wrong += matters(c, line);
		if (c->cli->json)
			json_array_append_new(list, finding_json(line));
		else
			printf("%.*s\n", KR_FMT(line));
	}
	if (c->cli->json) {
		(void)kr_print_json(json_pack("{s:o, s:I, s:I, s:b}", "findings", list,
		    "plugins", (json_int_t)c->plugins, "statements",
		    (json_int_t)c->statements, "database", c->database));
		return wrong == 0 ? KR_X_OK : KR_X_WRONG;
	}
	json_decref(list);
	if (!c->database)
		kr_say(c->cli, "core.cli.check_no_database");
	kr_say(c->cli, "core.cli.check_done", kr_num(c->cli, (int64_t)c->plugins),
	    kr_num(c->cli, (int64_t)c->statements), kr_num(c->cli, (int64_t)n));
	return wrong == 0 ? KR_X_OK : KR_X_WRONG;
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
	struct checking c = { .cli = cli };
	const struct kr_opt opts[] = { { "rules", 'b', &rules },
		{ "serving", 's', &c.serving } };
	struct kr_args args = {
		.command = "check", .opts = opts, .nopts = 2, .least = 0, .most = 30
	};
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
	if (c.schema != NULL)
		kr_schema_free(&c.schema);
	for (size_t i = 0; i < KR_LEN(c.conns); i++)
		kr_conn_free(&c.conns[i]);
	fclose(c.report);
	code = tell(&c);
	free(c.text);
	return code;
}
