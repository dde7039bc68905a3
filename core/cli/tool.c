/* Running the programs of others: quietly, without a shell, never outliving the
 * command. */
#include "cli/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATHS "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* execvp takes words it could change; it does not. */
static char *const *
loose(const char *const *words)
{
	union {
		const char *const *in;
		char *const *out;
	} u = { .in = words };

	return u.out;
}

/* The account mysql, which may create its socket in run/. */
static bool
become_mysql(void)
{
	const struct passwd *pw = getpwnam("mysql");
	const struct group *run = getgrnam("kreide-run");
	gid_t groups[2];

	if (geteuid() != 0)
		return true;
	if (pw == NULL)
		return false;
	groups[0] = pw->pw_gid;
	groups[1] = run ? run->gr_gid : pw->pw_gid;
	return setgroups(2, groups) == 0 && setgid(pw->pw_gid) == 0 &&
	       setuid(pw->pw_uid) == 0;
}

static bool
onto(int fd, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return to >= 0 && dup2(to, fd) == fd;
}

static _Noreturn void
begin(const struct kr_tool *t, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool ok = null >= 0 && dup2(null, 0) == 0;

	ok = ok && (t->log == NULL || onto(2, t->log));
	ok = ok && (t->out ? onto(1, t->out) : dup2(2, 1) == 1);
	ok = ok && (!t->as_mysql || become_mysql());
	/* After the change of account, which would undo it. */
	ok = ok && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
	if (ok && setenv("PATH", PATHS, 1) == 0 && setenv("TZ", "UTC", 1) == 0)
		execvp(t->words[0], loose(t->words));
	_exit(ok && errno == ENOENT ? 127 : 126);
}

pid_t
kr_tool_start(const struct kr_tool *t)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		begin(t, parent);
	return pid;
}

int
kr_tool_wait(pid_t pid)
{
	int how;

	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(how) ? WEXITSTATUS(how) : 128;
}

int
kr_tool_run(const struct kr_tool *t)
{
	pid_t pid = kr_tool_start(t);

	return pid < 0 ? -1 : kr_tool_wait(pid);
}

bool
kr_tool_there(const char *name)
{
	kr_str rest = KR_S(PATHS), dir;
	char path[PATH_MAX];

	while (kr_split(&rest, ':', &dir)) {
		snprintf(path, sizeof path, "%.*s/%s", KR_FMT(dir), name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

kr_str
kr_tool_last(struct kr_cli *cli, const char *log)
{
	kr_str last = KR_S("?"), line;
	FILE *f = fopen(log, "re");
	char text[500];

	while (f && fgets(text, sizeof text, f) != NULL) {
		line = kr_trim(kr_z(text));
		if (line.n > 0 && kr_utf8_ok(line))
			last = kr_dup(cli->said->arena, line);
	}
	if (f)
		fclose(f);
	return last;
}
