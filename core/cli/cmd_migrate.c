/* kreide migrate: schema, accounts of the database, rights, and the school year of
 * today. */
#include "cli/cli.h"

#include "proc/proc.h"
#include <dirent.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_PLUGINS 200

struct dirs { /* folders of migrations, core's first */
	struct kr_cli *cli;
	const char *dir[MOST_PLUGINS], *owner[MOST_PLUGINS];
	size_t n;
};

/* A file that is named like no plugin was refused already; it must not stop the rest.
 */
static bool
is_name(const char *owner)
{
	size_t n = strspn(owner, "abcdefghijklmnopqrstuvwxyz0123456789");

	return n > 0 && n <= 32 && owner[n] == 0 && owner[0] >= 'a';
}

static void
add_dir(struct dirs *d, const char *dir, const char *owner)
{
	struct stat st;

	if (d->n == MOST_PLUGINS || !is_name(owner) || stat(dir, &st) != 0 ||
	    !S_ISDIR(st.st_mode))
		return;
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->owner[i], owner) == 0)
			return;
	d->dir[d->n] = kr_dup(d->cli->said->arena, kr_z(dir)).p;
	d->owner[d->n++] = kr_dup(d->cli->said->arena, kr_z(owner)).p;
}

/* LIB/migrations/NAME of what came with the build, then the folders of plugins from
   elsewhere. Installed means migrated, whether a policy opens it or not. */
static void
find_dirs(struct dirs *d, const struct kr_app *app)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/migrations/core", d->cli->lib);
	add_dir(d, path, "core");
	for (size_t i = 1; i < app->nplugins; i++) {
		const struct kr_loaded *l = &app->plugins[i];

		/* Refused plugins too: one may be refused for want of its tables. */
		snprintf(path, sizeof path, "%s/migrations/%s", d->cli->lib, l->name);
		add_dir(d, path, l->name);
		if (l->dir == NULL)
			continue;
		snprintf(path, sizeof path, "%s/migrations", l->dir);
		add_dir(d, path, l->name);
	}
}

const char *
kr_administrator(void)
{
	const struct passwd *pw;

	if (geteuid() == 0)
		return "root";
	pw = getpwuid(geteuid());
	return pw ? pw->pw_name : "root";
}

static void
plugin_refused(void *arg, const char *why)
{
	kr_complain(arg, "core.cli.plugin_not_migrated", kr_z(why));
}

static kr_err
after(kr_ctx *cx, void *arg)
{
	(void)kr_rights_register(cx, arg);
	kr_year_current(cx);
	return kr_status(cx);
}

int
kr_migrate_all(struct kr_cli *cli, FILE *report)
{
	struct dirs d = { .cli = cli };
	struct kr_app app = { 0 };
	char why[500] = "", *secret = kr_path(cli, "secret");
	const char *socket =
	    kr_fmt(cli->said, "%s/run/mysql.sock", kr_home_short(cli->home)).p;
	struct kr_work w;
	kr_err err;
	int code;

	if (!kr_app_load_unmigrated(&app, cli->home, why, sizeof why)) {
		kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
		free(secret);
		return KR_X_DOWN;
	}
	find_dirs(&d, &app);
	err = kr_migrate(&(struct kr_migrate_opt){ .socket = socket,
			     .admin_user = kr_administrator(),
			     .secret_dir = secret,
			     .dirs = d.dir,
			     .owners = d.owner,
			     .ndirs = d.n,
			     .report = report,
			     .refused = plugin_refused,
			     .arg = cli },
	    why, sizeof why);
	free(secret);
	if (err != KR_OK) {
		kr_complain(cli, "core.cli.not_migrated", kr_z(why));
		return err == KR_EUPSTREAM ? KR_X_DOWN : KR_X_WRONG;
	}
	if (!kr_work_open(&w, cli, true, &code))
		return code;
	code = kr_work_do(&w, after, &w.app) == KR_OK ? KR_X_OK : kr_work_failed(&w);
	kr_work_close(&w);
	return code;
}

int
kr_cmd_migrate(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "migrate" };
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	code = kr_migrate_all(cli, cli->json ? NULL : stdout);
	if (code == KR_X_OK && cli->json)
		return kr_print_json(json_pack("{s:b}", "migrated", 1));
	if (code == KR_X_OK)
		kr_say(cli, "core.cli.migrated");
	return code;
}
