/* The school's MariaDB, started alone for as long as `kreide init` needs it. */
#include "cli/init.h"

#include "cli/probe.h"
#include "cli/tool.h"
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int
kr_run_program(const char *const *words, const char *log)
{
	/* What we print may be JSON: everything a helper says goes to stderr. */
	return kr_tool_run(&(struct kr_tool){ .words = words, .log = log });
}

const char *
kr_stack_script(struct kr_cli *cli)
{
	static const char *const places[] = { "conf/stack", "../conf/stack" };

	for (size_t i = 0; i < KR_LEN(places); i++) {
		const char *path = kr_fmt(cli->said, "%s/%s", cli->lib, places[i]).p;

		if (access(path, R_OK) == 0)
			return kr_absolute(cli, path);
	}
	return NULL;
}

/* ── MariaDB ── */

/* mariadb-install-db into a folder aside, renamed when it is complete. */
static bool
make_folder(struct kr_cli *cli)
{
	char *made = kr_path(cli, "db/mysql"), *aside = kr_path(cli, "db.new");
	char *final = kr_path(cli, "db"), *conf = kr_path(cli, "etc/my.cnf");
	char *log = kr_path(cli, "log/stack/install-db.log");
	const struct passwd *mysql = getpwnam("mysql"), *me = getpwuid(geteuid());
	bool root = geteuid() == 0, ok = access(made, F_OK) == 0;

	if (!ok && me != NULL && mkdir(aside, 0700) == 0 &&
	    (!root || (mysql && chown(aside, mysql->pw_uid, mysql->pw_gid) == 0))) {
		const char *words[] = { "mariadb-install-db",
			kr_fmt(cli->said, "--defaults-file=%s", conf).p,
			kr_fmt(cli->said, "--datadir=%s", aside).p, "--skip-test-db",
			"--skip-name-resolve",
			"--auth-root-authentication-method=socket",
			kr_fmt(cli->said, "--auth-root-socket-user=%s", me->pw_name).p,
			root ? "--user=mysql" : NULL, NULL };

		ok = kr_run_program(words, log) == 0 &&
		     (rmdir(final) == 0 || errno == ENOENT) &&
		     rename(aside, final) == 0;
	}
	if (!ok)
		kr_complain(cli, "core.cli.db_not_made", kr_z(final));
	free(made);
	free(aside);
	free(final);
	free(conf);
	free(log);
	return ok;
}

static pid_t
start_server(struct kr_cli *cli)
{
	char *conf = kr_path(cli, "etc/my.cnf");
	const char *argument = kr_fmt(cli->said, "--defaults-file=%s", conf).p;
	const char *words[] = { "mariadbd", argument, NULL };

	free(conf);
	return kr_tool_start(
	    &(struct kr_tool){ .words = words, .log = "/dev/null", .as_mysql = true });
}

static bool
gone(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

pid_t
kr_database_start(struct kr_cli *cli)
{
	const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
	pid_t pid;

	if (kr_probe_socket(cli, "mysql.sock", SOCK_STREAM))
		return -1;
	if (!make_folder(cli))
		return 0;
	pid = start_server(cli);
	for (int i = 0; pid > 0 && i < 1200; i++) {
		if (kr_probe_socket(cli, "mysql.sock", SOCK_STREAM))
			return pid;
		if (gone(pid))
			break;
		nanosleep(&moment, NULL);
		if (i == 1199)
			kr_database_stop(pid);
	}
	kr_complain(cli, "core.cli.db_not_started");
	return 0;
}

void
kr_database_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGTERM);
	(void)kr_tool_wait(pid);
}
