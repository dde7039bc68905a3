/* A responder in core's place that says what nginx told it: tests/stack/edge.sh drives
   the front and push nginx with it, so that their contract with core is tested alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcgiapp.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const pools[] = { "page", "save", "slow", "must", "sign" };

static long
number_after(const char *uri, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(uri, prefix, n) == 0 ? strtol(uri + n, NULL, 10) : -1;
}

static void
echo(FCGX_Request *r, const char *pool)
{
	char buf[16384];
	long body = 0;
	int n;

	while ((n = FCGX_GetStr(buf, sizeof buf, r->in)) > 0)
		body += n;
	FCGX_FPrintF(r->out,
	    "Content-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
	    "Set-Cookie: kr=1; Path=/\r\nETag: \"1\"\r\n\r\n");
	FCGX_FPrintF(r->out, "socket=%s\nbody=%ld\n", pool, body);
	for (char **e = r->envp; *e != NULL; e++)
		FCGX_FPrintF(r->out, "%s\n", *e);
}

static void
live(FCGX_Request *r)
{
	const char *cookie = FCGX_GetParam("HTTP_COOKIE", r->envp);

	if (cookie != NULL && strncmp(cookie, "who=", 4) == 0)
		FCGX_FPrintF(r->out, "X-Accel-Redirect: /_sub/%s\r\n\r\n", cookie + 4);
	else
		FCGX_FPrintF(r->out,
		    "Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nno\n");
}

static void
serve(FCGX_Request *r, const char *pool)
{
	const char *uri = FCGX_GetParam("REQUEST_URI", r->envp);
	long n;

	if (uri == NULL)
		return;
	if (strcmp(uri, "/_live") == 0) {
		live(r);
	} else if ((n = number_after(uri, "/sleep/")) >= 0) {
		usleep((useconds_t)n * 1000);
		echo(r, pool);
	} else if (strcmp(uri, "/crash") == 0) {
		abort();
	} else if (strncmp(uri, "/file/", 6) == 0) {
		FCGX_FPrintF(r->out,
		    "X-Accel-Redirect: /_files/%s\r\nContent-Type: image/png\r\n"
		    "Content-Disposition: attachment; filename=\"x.png\"\r\n"
		    "Cache-Control: private\r\nX-Evil: 1\r\n\r\n",
		    uri + 6);
	} else {
		echo(r, pool);
	}
}

static void
worker(int fd, const char *pool)
{
	FCGX_Request r;

	signal(SIGTERM, SIG_DFL);
	if (geteuid() == 0) {
		const struct passwd *pw = getpwnam("kreide-web");

		if (pw == NULL || setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 ||
		    setuid(pw->pw_uid) != 0)
			_exit(1);
	}
	FCGX_InitRequest(&r, fd, 0);
	while (FCGX_Accept_r(&r) == 0) {
		serve(&r, pool);
		FCGX_Finish_r(&r);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	int fds[sizeof pools / sizeof *pools],
	    workers = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2;
	int backlog = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 64;
	const struct group *www = getgrnam("www-data");
	char path[200];

	if (argc < 2 || FCGX_Init() != 0)
		return 2;
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
		snprintf(path, sizeof path, "%s/web-%s.sock", argv[1], pools[i]);
		unlink(path);
		fds[i] = FCGX_OpenSocket(path, backlog);
		if (fds[i] < 0)
			return 1;
		chmod(path, 0660);
		if (geteuid() == 0 && www != NULL && chown(path, 0, www->gr_gid) != 0)
			return 1;
	}
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		for (int k = 0; k < workers; k++)
			if (fork() == 0)
				worker(fds[i], pools[i]);
	signal(SIGTERM, SIG_IGN);
	for (;;) { /* a crashed one is replaced, as core's master does */
		sigset_t set;
		siginfo_t info;
		struct timespec brief = { 0, 100 * 1000 * 1000 };

		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, NULL);
		signal(SIGTERM, SIG_DFL);
		if (sigtimedwait(&set, &info, &brief) == SIGTERM) {
			signal(SIGTERM, SIG_IGN);
			sigprocmask(SIG_UNBLOCK, &set, NULL);
			kill(0, SIGTERM);
			while (wait(NULL) > 0)
				continue;
			return 0;
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			if (fork() == 0) {
				sigprocmask(SIG_UNBLOCK, &set, NULL);
				worker(fds[0], pools[0]);
			}
	}
}
