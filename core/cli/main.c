/* The program `kreide`: finds the instance and the command, and hands over. */
#include "cli/cli.h"

#include "html/text.h"
#include "proc/proc.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef KR_VERSION
#define KR_VERSION "0"
#endif

/* These two live in the rooms of processes and plugins and need the configuration only.
 */
static int
serve(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "serve" };
	struct kr_config conf;
	char why[500] = "";
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (kr_config_read(&conf, cli->home, why, sizeof why))
		return kr_cmd_serve(&conf, argc, argv);
	kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
	return KR_X_DOWN;
}

const struct kr_command kr_commands[] = {
	{ "serve", serve, false },
	{ "check", kr_cmd_check, false },
	{ "migrate", kr_cmd_migrate, false },
	{ "import", kr_cmd_import, false },
	{ "module", kr_cmd_module, false },
	{ "user", kr_cmd_user, false },
	{ "demo", kr_cmd_demo, false },
	{ "init", kr_cmd_init, false },
	{ "certificate", kr_cmd_certificate, false },
	{ "status", kr_cmd_status, false },
	{ "doctor", kr_cmd_doctor, false },
	{ "audit", kr_cmd_audit, false },
	{ "backup", kr_cmd_backup, false },
	{ "restore", kr_cmd_restore, false },
	{ "routes", kr_cmd_routes, false },
	{ "docs", kr_cmd_docs, false },
	{ NULL, NULL, true },
};

KR_PUBLIC int kr_main(int argc, char **argv);

/* German for a German terminal, English for every other. */
static kr_str
language(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < KR_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "de", 2) == 0 ? KR_S("de") : KR_S("en");
	}
	return KR_S("en");
}

/* The folder of this program: plugins, texts and migrations lie beside it. */
static const char *
lib_folder(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return ".";
	path[n] = 0;
	return dirname(path);
}

const char *
kr_absolute(struct kr_cli *cli, const char *path)
{
	char full[PATH_MAX], cwd[PATH_MAX];

	if (realpath(path, full) != NULL)
		return kr_dup(cli->said->arena, kr_z(full)).p;
	if (path[0] == '/' || getcwd(cwd, sizeof cwd) == NULL)
		return path;
	return kr_fmt(cli->said, "%s/%s", cwd, path).p;
}

static const char *
home_folder(struct kr_cli *cli, const char *given)
{
	if (given == NULL)
		given = getenv("KR_HOME");
	return kr_absolute(cli, given && *given ? given : "var/demo");
}

static int
help(struct kr_cli *cli, FILE *to)
{
	kr_str usage = kr_word(cli, "core.cli.usage");

	fprintf(to, "%.*s\n\n", KR_FMT(usage));
	for (const struct kr_command *c = kr_commands; c->name; c++) {
		char key[64];
		kr_str line;

		if (c->hidden)
			continue;
		snprintf(key, sizeof key, "core.cli.help_%s", c->name);
		line = kr_word_(cli, key, NULL, 0);
		fprintf(to, "  %-12s %.*s\n", c->name, KR_FMT(line));
	}
	usage = kr_word(cli, "core.cli.usage_end");
	fprintf(to, "\n%.*s\n", KR_FMT(usage));
	return to == stdout ? KR_X_OK : KR_X_USAGE;
}

/* Options before the command. True: *at_r is the command's place. */
static bool
globals(struct kr_cli *cli, int argc, char **argv, int *at_r, int *exit_r)
{
	const char *home = NULL;
	int at = 1;

	*exit_r = KR_X_USAGE;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--home") == 0 && at + 1 < argc) {
			home = argv[++at];
		} else if (strncmp(argv[at], "--home=", 7) == 0) {
			home = argv[at] + 7;
		} else if (strcmp(argv[at], "--json") == 0) {
			cli->json = true;
		} else if (strcmp(argv[at], "--version") == 0) {
			printf("kreide " KR_VERSION "\n");
			*exit_r = KR_X_OK;
			return false;
		} else {
			bool asked = strcmp(argv[at], "--help") == 0 ||
				     strcmp(argv[at], "-h") == 0;

			if (strcmp(argv[at], "--home") == 0)
				kr_complain(
				    cli, "core.cli.value_missing", kr_z(argv[at]));
			else if (!asked)
				kr_complain(cli, "core.cli.no_option", kr_z(argv[at]));
			*exit_r = help(cli, asked ? stdout : stderr);
			return false;
		}
	}
	cli->home = home_folder(cli, home);
	*at_r = at;
	return true;
}

/* What texts need: a language and a place, no database and no request. */
static void
voice(struct kr_cli *cli)
{
	static struct kr_ctx cx;
	static struct kr_actor actor;
	static struct kr_app app;
	char path[PATH_MAX];

	cli->lang = language();
	if (snprintf(path, sizeof path, "%s/locale", cli->lib) < (int)sizeof path)
		(void)kr_text_setup(path);
	kr_time_zone_init();
	kr_ctx_init(&cx, kr_arena_new((size_t)64 << 20), &app);
	actor.system = true;
	actor.lang = cli->lang;
	cx.actor = &actor;
	cx.plugin = "core";
	cli->said = &cx;
}

int
kr_main(int argc, char **argv)
{
	struct kr_cli cli = { .lib = lib_folder() };
	int at = 0, code;

	kr_log_setup("kreide", KR_WARN);
	voice(&cli);
	if (kr_acme_hook(argc, argv, &code))
		return code;
	if (!globals(&cli, argc, argv, &at, &code))
		return code;
	if (at == argc) {
		kr_complain(&cli, "core.cli.command_missing");
		return help(&cli, stderr);
	}
	for (const struct kr_command *c = kr_commands; c->name; c++) {
		if (strcmp(argv[at], c->name) != 0)
			continue;
		code = c->run(&cli, argc - at, argv + at);
		if (fflush(stdout) != 0 && code == KR_X_OK) {
			kr_complain(&cli, "core.cli.no_output", kr_z(strerror(errno)));
			code = KR_X_DOWN;
		}
		return code;
	}
	kr_complain(&cli, "core.cli.no_command", kr_z(argv[at]));
	return help(&cli, stderr);
}
