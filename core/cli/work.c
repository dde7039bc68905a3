/* Units of work of commands: connections as the users of the instance, transactions
   that are tried again when somebody else was in between, and sentences for failures.
 */
#include "cli/cli.h"

#include "app/jobs.h"
#include "proc/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 3

char *
kr_path(const struct kr_cli *cli, const char *below_home)
{
	char *path;

	if (asprintf(&path, "%s/%s", cli->home, below_home) < 0)
		kr_panic("no memory for a path");
	return path;
}

struct kr_conn *
kr_work_conn(struct kr_cli *cli, const char *user, const char *schema)
{
	char secret[PATH_MAX], socket[PATH_MAX];
	const char *home = kr_home_short(cli->home);
	struct kr_arena *arena = kr_arena_new((size_t)1 << 20);
	struct kr_conn *conn = NULL;
	kr_str password;

	snprintf(secret, sizeof secret, "%s/secret/%s.pw", cli->home, user);
	snprintf(socket, sizeof socket, "%s/run/mysql.sock", home);
	if (!kr_read_file(arena, secret, &password))
		kr_complain(cli,
		    errno == EACCES ? "core.cli.not_owner" : "core.cli.no_secret",
		    kr_z(cli->home));
	else
		conn = kr_conn_new(&(struct kr_conn_opt){ .socket = socket,
		    .user = user,
		    .password = kr_dup(arena, kr_trim(password)).p,
		    .schema = schema,
		    .cache = 200,
		    .wait_s = 60 });
	kr_arena_free(&arena);
	return conn;
}

bool
kr_load_plugins(struct kr_cli *cli, struct kr_app *app_r, int *exit_r)
{
	char why[500] = "";

	memset(app_r, 0, sizeof *app_r);
	if (kr_app_load(app_r, cli->home, why, sizeof why))
		return true;
	*exit_r = KR_X_DOWN;
	kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
	return false;
}

static bool
load(struct kr_work *w, bool plugins, int *exit_r)
{
	char why[500] = "";

	if (plugins)
		return kr_load_plugins(w->cli, &w->app, exit_r);
	if (kr_config_read(&w->app.conf, w->cli->home, why, sizeof why))
		return true;
	*exit_r = KR_X_DOWN;
	kr_complain(w->cli, "core.cli.no_instance", kr_z(w->cli->home), kr_z(why));
	return false;
}

bool
kr_work_open(struct kr_work *w, struct kr_cli *cli, bool plugins, int *exit_r)
{
	memset(w, 0, sizeof *w);
	w->cli = cli;
	if (!load(w, plugins, exit_r))
		return false;
	w->rw = kr_work_conn(cli, "kreide_rw", "kreide");
	w->auth = w->rw ? kr_work_conn(cli, "kreide_auth", "kreide_auth") : NULL;
	if (w->auth != NULL &&
	    (kr_conn_open(w->rw) != KR_OK || kr_conn_open(w->auth) != KR_OK)) {
		kr_complain(cli, "core.cli.no_database", kr_z(cli->home));
		kr_conn_free(&w->auth);
	}
	if (w->auth == NULL) {
		*exit_r = KR_X_DOWN;
		kr_work_close(w);
		return false;
	}
	/* Large, because an import keeps a whole school in it. */
	w->arena = kr_arena_new((size_t)1 << 30);
	w->actor.system = true;
	w->actor.lang = cli->lang;
	kr_school_auth_conn(w->auth);
	return true;
}

void
kr_work_close(struct kr_work *w)
{
	if (w->in_unit)
		kr_ctx_finish(&w->cx);
	w->in_unit = false;
	kr_conn_free(&w->rw);
	kr_conn_free(&w->auth);
	if (w->arena)
		kr_arena_free(&w->arena);
}

static void
begin(struct kr_work *w)
{
	if (w->in_unit)
		kr_ctx_finish(&w->cx);
	kr_arena_reset(w->arena);
	kr_ctx_init(&w->cx, w->arena, &w->app);
	w->cx.actor = &w->actor;
	w->cx.plugin = "core";
	w->cx.ro = w->cx.rw = w->cx.db = w->rw;
	w->in_unit = true;
}

/* The school's side first: a code without a person would be worse than the reverse. */
static void
settle(struct kr_work *w)
{
	struct kr_ctx *cx = &w->cx;

	cx->db = w->rw;
	if (kr_commit(cx) == KR_OK)
		kr_jobs_wake(cx);
	cx->db = w->auth;
	(void)kr_commit(cx);
	cx->db = w->rw;
}

kr_err
kr_work_do(struct kr_work *w, kr_err (*fn)(kr_ctx *, void *), void *arg)
{
	for (int i = 0; i < TRIES; i++) {
		begin(w);
		(void)fn(&w->cx, arg);
		settle(w);
		if (kr_status(&w->cx) == KR_OK || !kr_db_retry(&w->cx))
			break;
	}
	return kr_status(&w->cx);
}

int
kr_work_failed(struct kr_work *w)
{
	const struct kr_ctx *cx = &w->cx;

	if (cx->err == KR_EUPSTREAM) {
		kr_complain(w->cli, "core.cli.no_database", kr_z(w->cli->home));
		return KR_X_DOWN;
	}
	kr_complain(w->cli, "core.cli.failed", cx->err_text);
	return cx->err == KR_EFAIL ? KR_X_DOWN : KR_X_WRONG;
}

/* ── small things ── */

bool
kr_roles_read(const char *text, uint32_t *roles_r)
{
	kr_str rest = kr_z(text), one;
	uint32_t roles = 0;

	while (kr_split(&rest, ',', &one)) {
		uint32_t role = kr_role_named(kr_trim(one));

		if (role == 0)
			return false;
		roles |= role;
	}
	*roles_r = roles;
	return roles != 0;
}

kr_str
kr_roles_text(kr_ctx *cx, uint32_t roles)
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 40);
	for (uint32_t bit = 1; bit < KR_ROLE_ALL; bit <<= 1)
		if ((roles & bit) != 0)
			kr_buf_fmt(&b, "%s%s", b.n ? "," : "", kr_role_name(bit));
	return kr_buf_view(&b);
}

FILE *
kr_private_file(struct kr_cli *cli, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f == NULL)
		kr_complain(
		    cli, "core.cli.cannot_write", kr_z(path), kr_z(strerror(errno)));
	return f;
}
