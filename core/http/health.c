/* /healthz: is this instance of use? Plain text for machines, nothing personal. */
#include "http/http.h"

#include "app/jobs.h"
#include "plugin/registry.h"

#include <dirent.h>
#include <kr/db.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool
scan_answers(kr_ctx *cx)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	kr_str path = kr_fmt(cx, "%s/run/scan.sock", cx->app->conf.home);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool up = false;

	if (fd < 0)
		return false;
	if (path.n < sizeof to.sun_path) {
		memcpy(to.sun_path, path.p, path.n);
		up = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
	}
	close(fd);
	return up;
}

bool
kr_signatures_there(const char *home)
{
	char path[4096];
	struct dirent *e;
	struct stat st;
	bool there = false;
	DIR *d;

	snprintf(path, sizeof path, "%s/sig", home);
	d = opendir(path);
	while (d != NULL && !there && (e = readdir(d)) != NULL)
		there = e->d_name[0] != '.' &&
			fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
			S_ISREG(st.st_mode) && st.st_size > 0;
	if (d != NULL)
		closedir(d);
	return there;
}

/* Without scanner or jobs the school works on: uploads and notices wait. That is no
   reason to take the instance out of service, so the status stays 200; whoever watches
   it reads the word. */
kr_err
kr_healthz(kr_ctx *cx)
{
	struct kr_jobs_state jobs;
	struct kr_buf b;

	if (!kr_jobs_look(cx, &jobs)) {
		kr_ctx_clear(cx);
		kr_send_text(cx, "text/plain", KR_S("db down\n"));
		cx->answer->status = 503;
		cx->answer->retry_after_s = 5;
		return KR_OK;
	}
	kr_buf_init(&b, cx->arena, 64);
	if (jobs.late > 0)
		kr_buf_fmt(&b, " jobs");
	if (!scan_answers(cx))
		kr_buf_fmt(&b, " scan");
	if (!kr_signatures_there(cx->app->conf.home))
		kr_buf_fmt(&b, " signatures");
	if (b.n == 0)
		return kr_send_text(cx, "text/plain", KR_S("ok\n"));
	return kr_send_text(
	    cx, "text/plain", kr_fmt(cx, "degraded:%.*s\n", KR_FMT(kr_buf_view(&b))));
}
