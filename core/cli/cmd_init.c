/* kreide init: founds a real school in an empty folder. Never with demo accounts. */
#include "cli/init.h"

#include "cli/probe.h"
#include "school/internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct init {
	struct kr_cli *cli;
	const char *host, *name, *cert, *key, *given, *family, *port;
	bool acme;
	const char *content_host;
	int64_t port_no;
	kr_str account;
	char code[20];
};

/* ── what was given ── */

static bool
host_ok(const char *host)
{
	size_t n = strlen(host);
	bool dot = false;

	if (n < 4 || n > 200)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = host[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!letter && ((c != '.' && c != '-') || i == 0 || i + 1 == n ||
				   (c == '.' && host[i - 1] == '.')))
			return false;
		dot |= c == '.';
	}
	return dot && strstr(host, "localhost") == NULL;
}

/* A name in kreide.conf is one line without '#', and people see it on every page. */
static bool
name_ok(struct kr_cli *cli, const char *name)
{
	kr_str text;

	return kr_clean_text(cli->said, kr_z(name), 80, &text) &&
	       strchr(name, '#') == NULL;
}

/* People come by the one name, and their files by the other: with one unknown, a school
   would open whose files nobody can see. */
static bool
names_ok(struct init *in)
{
	const char *const hosts[] = { in->host, in->content_host };

	for (size_t i = 0; i < KR_LEN(hosts); i++)
		if (!kr_probe_resolves(hosts[i])) {
			kr_complain(
			    in->cli, "core.cli.init_name_unknown", kr_z(hosts[i]));
			return false;
		}
	return true;
}

static bool
certificate_ok(struct init *in)
{
	struct kr_cert c;

	if (in->cert == NULL)
		return true;
	if (!kr_probe_cert(in->cert, in->key, in->host, in->content_host, &c))
		kr_complain(in->cli, "core.doctor.cert_none", kr_z(in->cert));
	else if (!c.host || !c.content)
		kr_complain(in->cli, "core.doctor.cert_host",
		    kr_z(c.host ? in->content_host : in->host));
	else if (!c.key_fits)
		kr_complain(in->cli, "core.doctor.cert_key", kr_z(in->key));
	else if (c.days_left < 0)
		kr_complain(in->cli, "core.doctor.cert_expired");
	else
		return true;
	return false;
}

static bool
given_ok(struct init *in, int *exit_r)
{
	*exit_r = KR_X_USAGE;
	if (in->host == NULL || in->name == NULL) {
		(void)kr_usage(in->cli, "init");
		return false;
	}
	if (!host_ok(in->host)) {
		kr_complain(in->cli, "core.cli.no_host", kr_z(in->host));
		return false;
	}
	if (!name_ok(in->cli, in->name)) {
		kr_complain(in->cli, "core.cli.no_school_name");
		return false;
	}
	in->port_no = 443;
	if (in->port && (!kr_to_i(kr_z(in->port), &in->port_no) || in->port_no < 1 ||
			    in->port_no > 65535)) {
		kr_complain(in->cli, "core.cli.no_port", kr_z(in->port));
		return false;
	}
	if ((in->cert == NULL) != (in->key == NULL) || (in->cert && in->acme)) {
		kr_complain(in->cli, "core.cli.cert_both");
		return false;
	}
	in->content_host = kr_fmt(in->cli->said, "content.%s", in->host).p;
	return true;
}

/* ── the folder ── */

/* What this command itself has written before a failure may be there; data may not. */
static bool
is_empty(struct init *in)
{
	char *data = kr_path(in->cli, "db/mysql");
	bool empty = access(data, F_OK) != 0;

	if (!empty)
		kr_complain(in->cli, "core.cli.init_not_empty", kr_z(in->cli->home));
	free(data);
	return empty;
}

static bool
write_conf(struct init *in)
{
	char *path = kr_path(in->cli, "etc/kreide.conf"),
	     *aside = kr_path(in->cli, "etc/.kreide.conf");
	FILE *f = fopen(aside, "we");
	bool ok = f != NULL;

	if (ok) {
		ok =
		    fprintf(f,
			"# This school, made by `kreide init`; every key is explained in\n"
			"# conf/kreide.conf.example.\n"
			"mode = school\nname = %s\nscheme = https\nhost = %s\n"
			"content_host = %s\nport = %lld\ncertificate = %s\n",
			in->name, in->host, in->content_host, (long long)in->port_no,
			in->cert ? "files" : "acme") > 0;
		ok &= fchmod(fileno(f), 0644) == 0 && fsync(fileno(f)) == 0;
		ok &= fclose(f) == 0 && rename(aside, path) == 0;
	}
	if (!ok)
		kr_complain(in->cli, "core.cli.cannot_write", kr_z(path),
		    kr_z(strerror(errno)));
	free(path);
	free(aside);
	return ok;
}

/* conf/stack makes the folders with their owners and writes MariaDB's configuration.
   Twice, because the first time decides where the folders are. */
static bool
render(struct init *in)
{
	const char *stack = kr_stack_script(in->cli);
	const char *words[] = { "bash", stack, "render", "--home", in->cli->home,
		NULL };

	if (stack && setenv("KREIDE_BUILD", in->cli->lib, 1) == 0 &&
	    kr_run_program(words, NULL) == 0)
		return true;
	kr_complain(in->cli, "core.cli.no_stack", kr_z(stack ? stack : "conf/stack"));
	return false;
}

static bool
prepare(struct init *in)
{
	if (!render(in) || !write_conf(in))
		return false;
	if (in->cert ? !kr_cert_install(in->cli, in->cert, in->key)
		     : !kr_cert_placeholder(in->cli, in->host, in->content_host))
		return false;
	return render(in);
}

/* ── the first administrator ── */

static kr_err
first_admin(kr_ctx *cx, void *arg)
{
	struct init *in = arg;
	kr_id id = kr_person_insert(cx,
	    &(struct kr_person_new){ .given = kr_z(in->given ? in->given : "Erste"),
		.family = kr_z(in->family ? in->family : "Verwaltung"),
		.roles = KR_ROLE_ADMIN },
	    &in->account);

	kr_closure_refresh(cx, &id, 1);
	kr_audit(cx, "core.school_founded", id);
	(void)kr_kernel_code(cx, id, in->code);
	return kr_status(cx);
}

static int
fill(struct init *in)
{
	struct kr_work w;
	int code = kr_migrate_all(in->cli, NULL);

	if (code != KR_X_OK || !kr_work_open(&w, in->cli, true, &code))
		return code;
	if (kr_work_do(&w, first_admin, in) == KR_OK)
		in->account = kr_dup(in->cli->said->arena, in->account);
	else
		code = kr_work_failed(&w);
	kr_work_close(&w);
	return code;
}

static int
tell(struct init *in)
{
	struct kr_cli *cli = in->cli;
	const char *stack = kr_stack_script(cli);
	json_t *j;

	kr_say(cli, "core.cli.init_done", kr_z(in->name), kr_z(cli->home));
	kr_say(cli, "core.cli.code_is", in->account, kr_z(in->code));
	kr_say(cli, "core.cli.init_start", kr_z(stack), kr_z(cli->home));
	kr_say(cli, "core.cli.init_activate",
	    in->port_no == 443
		? kr_z(in->host)
		: kr_fmt(cli->said, "%s:%lld", in->host, (long long)in->port_no));
	if (in->cert == NULL)
		kr_say(cli, "core.cli.init_acme", kr_z(cli->home));
	if (!cli->json)
		return KR_X_OK;
	j = json_object();
	json_object_set_new(j, "host", json_string(in->host));
	json_object_set_new(j, "content_host", json_string(in->content_host));
	json_object_set_new(j, "account", kr_json_str(in->account));
	json_object_set_new(j, "code", json_string(in->code));
	json_object_set_new(j, "certificate", json_string(in->cert ? "files" : "acme"));
	return kr_print_json(j);
}

int
kr_cmd_init(struct kr_cli *cli, int argc, char **argv)
{
	struct init in = { .cli = cli };
	const struct kr_opt opts[] = { { "host", 's', &in.host },
		{ "name", 's', &in.name }, { "cert", 's', &in.cert },
		{ "key", 's', &in.key }, { "acme", 'b', &in.acme },
		{ "given", 's', &in.given }, { "family", 's', &in.family },
		{ "port", 's', &in.port } };
	struct kr_args a = { .command = "init", .opts = opts, .nopts = KR_LEN(opts) };
	pid_t server;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code) || !given_ok(&in, &code))
		return code;
	if (!is_empty(&in))
		return KR_X_REFUSED;
	if (!names_ok(&in) || !certificate_ok(&in))
		return KR_X_WRONG;
	if (!prepare(&in))
		return KR_X_DOWN;
	server = kr_database_start(cli);
	if (server == 0)
		return KR_X_DOWN;
	code = fill(&in);
	kr_database_stop(server);
	if (code == KR_X_OK)
		code = tell(&in);
	kr_wipe(in.code, sizeof in.code);
	return code;
}
