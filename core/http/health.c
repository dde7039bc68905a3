/* /healthz: is this instance of use? Plain text for machines, nothing personal. */
#include "http/http.h"

#include "plugin/registry.h"

#include <kr/db.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

KR_STMT(q_ping, "", "i", "SELECT 1");

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

/* Without the scanner the school works on, uploads wait: that is no reason to take the
   instance out of service. */
kr_err
kr_healthz(kr_ctx *cx)
{
	bool db = kr_rows_n(kr_query(cx, &q_ping)) == 1;

	if (!db) {
		kr_ctx_clear(cx);
		kr_send_text(cx, "text/plain", KR_S("db down\n"));
		cx->answer->status = 503;
		cx->answer->retry_after_s = 5;
		return KR_OK;
	}
	return kr_send_text(
	    cx, "text/plain", scan_answers(cx) ? KR_S("ok\n") : KR_S("scan down\n"));
}
