/* kreide doctor: says in sentences what is wrong with an instance, and what is not. */
#include "app/jobs.h"
#include "cli/probe.h"

#include "app/audit.h"
#include "app/vital.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

struct doctor {
	struct kr_cli *cli;
	const struct kr_config *conf;
	json_t *out;
	size_t wrong, notes;
};

struct finding {
	const char *check, *key;
	enum kr_sign_level level;
};

static void
say(struct doctor *d, struct finding f, const kr_str *args, size_t n)
{
	static const char *const marks[] = { "ok   ", "note ", "WRONG" };
	static const char *const names[] = { "ok", "note", "wrong" };
	kr_str text = kr_word_(d->cli, f.key, args, n);
	json_t *j = json_object();

	d->wrong += f.level == KR_WRONG;
	d->notes += f.level == KR_NOTE;
	if (!d->cli->json)
		printf("%s  %.*s\n", marks[f.level], KR_FMT(text));
	json_object_set_new(j, "check", json_string(f.check));
	json_object_set_new(j, "level", json_string(names[f.level]));
	json_object_set_new(j, "text", kr_json_str(text));
	json_array_append_new(d->out, j);
}
#define SAY(d, check, level, key, ...)                                                 \
	say(d, (struct finding){ check, key, level }, KR_WORDS(__VA_ARGS__))

/* What the page of the administration shows as well. */
static void
sign(struct doctor *d, struct kr_sign s)
{
	say(d, (struct finding){ s.check, s.key, s.level }, s.args, KR_LEN(s.args));
}

static kr_str
number(struct doctor *d, int64_t n)
{
	return kr_num(d->cli, n);
}

/* ── the machine ── */

static void
check_clock(struct doctor *d)
{
	struct kr_sign seen = kr_sign_clock(d->cli->lib);
	struct timex t = { 0 };
	int state;

	if (seen.level != KR_FINE) {
		sign(d, seen);
		return;
	}
	state = adjtimex(&t);
	if (state < 0 || (t.status & STA_UNSYNC) != 0)
		SAY(d, "clock", KR_NOTE, "core.doctor.clock_free");
	else
		SAY(d, "clock", KR_FINE, "core.doctor.clock_ok");
}

static int64_t
days_since(time_t then)
{
	return (int64_t)(time(NULL) - then) / 86400;
}

static void
check_logs(struct doctor *d)
{
	struct kr_ages a = kr_probe_files(d->cli, "log");

	if (a.n > 0 && days_since(a.oldest) > 7)
		SAY(d, "logs", KR_WRONG, "core.doctor.log_old",
		    number(d, days_since(a.oldest)));
	else
		SAY(d, "logs", KR_FINE, "core.doctor.log_ok");
}

/* Passwords and keys are for their owner alone. */
static void
check_secrets(struct doctor *d)
{
	char *folder = kr_path(d->cli, "secret"), path[PATH_MAX];
	DIR *dir = opendir(folder);
	struct dirent *e;
	struct stat st;
	size_t n = 0, open = 0;

	while (dir && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >=
			(int)sizeof path ||
		    stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		n++;
		open += (st.st_mode & 077) != 0;
	}
	if (dir)
		closedir(dir);
	if (open > 0)
		SAY(d, "secrets", KR_WRONG, "core.doctor.secrets_open",
		    number(d, (int64_t)open), kr_z(folder));
	else if (n == 0)
		SAY(d, "secrets", KR_WRONG, "core.doctor.secrets_none", kr_z(folder));
	else
		SAY(d, "secrets", KR_FINE, "core.doctor.secrets_ok");
	free(folder);
}

/* ── the way in ── */

static void
check_certificate(struct doctor *d)
{
	char *cert = kr_path(d->cli, "etc/cert.pem"),
	     *key = kr_path(d->cli, "etc/key.pem");
	struct kr_cert c;

	if (!kr_probe_cert(cert, key, d->conf->host, d->conf->content_host, &c))
		SAY(d, "certificate", KR_WRONG, "core.doctor.cert_none", kr_z(cert));
	else if (c.days_left < 0)
		SAY(d, "certificate", KR_WRONG, "core.doctor.cert_expired");
	else if (!c.host || !c.content)
		SAY(d, "certificate", KR_WRONG, "core.doctor.cert_host",
		    kr_z(c.host ? d->conf->content_host : d->conf->host));
	else if (!c.key_fits)
		SAY(d, "certificate", KR_WRONG, "core.doctor.cert_key", kr_z(key));
	else
		sign(d, kr_sign_certificate(d->cli->said, d->cli->home));
	free(cert);
	free(key);
}

static void
check_names(struct doctor *d)
{
	const char *const hosts[] = { d->conf->host, d->conf->content_host };

	for (size_t i = 0; i < KR_LEN(hosts); i++)
		if (!kr_probe_resolves(hosts[i])) {
			SAY(d, "names", KR_WRONG, "core.doctor.name_unknown",
			    kr_z(hosts[i]));
			return;
		}
	SAY(d, "names", KR_FINE, "core.doctor.names_ok");
}

static void
check_processes(struct doctor *d)
{
	static const struct {
		const char *socket, *name;
		int type;
	} parts[] = { { "web-page.sock", "web", SOCK_STREAM },
		{ "auth.sock", "auth", SOCK_SEQPACKET },
		{ "keys.sock", "keys", SOCK_SEQPACKET },
		{ "jobs.sock", "jobs", SOCK_DGRAM },
		{ "scan.sock", "scan", SOCK_SEQPACKET },
		{ "push-sub.sock", "push", SOCK_STREAM } };
	size_t silent = 0;

	for (size_t i = 0; i < KR_LEN(parts); i++)
		if (!kr_probe_socket(d->cli, parts[i].socket, parts[i].type)) {
			SAY(d, "processes", KR_WRONG, "core.doctor.silent",
			    kr_z(parts[i].name));
			silent++;
		}
	if (!kr_probe_port(d->conf->port)) {
		SAY(d, "processes", KR_WRONG, "core.doctor.no_door",
		    number(d, d->conf->port));
		silent++;
	}
	if (silent == 0)
		SAY(d, "processes", KR_FINE, "core.doctor.processes_ok");
}

/* ── the database ── */

struct answer {
	struct kr_jobs_state jobs;
	bool guard;
	char why[300];
};

static kr_err
ask(kr_ctx *cx, void *arg)
{
	struct answer *a = arg;

	(void)kr_jobs_look(cx, &a->jobs);
	a->guard = kr_demo_guard(cx, a->why, sizeof a->why);
	return kr_status(cx);
}

static void
check_audit(struct doctor *d, struct kr_work *w)
{
	struct kr_audit_verdict v = { .kind = KR_AUDIT_GOOD };
	kr_str text = KR_S("");
	kr_err err = kr_audit_ask(w, &text, &v);

	if (err != KR_OK && err != KR_EDENIED)
		SAY(d, "audit", KR_WRONG, "core.doctor.db_schema");
	else
		SAY(d, "audit",
		    err == KR_EDENIED         ? KR_NOTE
		    : v.kind == KR_AUDIT_GOOD ? KR_FINE
					      : KR_WRONG,
		    "core.doctor.audit", text);
}

static void
check_jobs(struct doctor *d, const struct kr_jobs_state *s)
{
	if (s->late > 0)
		SAY(d, "jobs", KR_WRONG, "core.doctor.jobs_late", number(d, s->late));
	if (s->set_aside > 0)
		SAY(d, "jobs", KR_WRONG, "core.doctor.jobs_aside",
		    number(d, s->set_aside));
	if (s->failed.n > 0)
		SAY(d, "jobs", KR_NOTE, "core.doctor.jobs_failed", s->failed);
}

static void
check_database(struct doctor *d)
{
	struct answer a = { .guard = true };
	struct kr_work w;
	char why[300] = "";
	int code;

	if (!kr_work_open(&w, d->cli, false, &code)) {
		SAY(d, "database", KR_WRONG, "core.doctor.db_silent");
		return;
	}
	if (kr_db_settings_ok(w.rw, why, sizeof why))
		SAY(d, "database", KR_FINE, "core.doctor.db_ok");
	else
		SAY(d, "database", KR_WRONG, "core.doctor.db_settings", kr_z(why));
	if (kr_work_do(&w, ask, &a) != KR_OK)
		SAY(d, "database", KR_WRONG, "core.doctor.db_schema");
	else
		check_jobs(d, &a.jobs);
	if (!a.guard)
		SAY(d, "demo", KR_WRONG, "core.doctor.demo", kr_z(a.why));
	check_audit(d, &w);
	kr_work_close(&w);
}

int
kr_cmd_doctor(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "doctor" };
	struct doctor d = { .cli = cli };
	struct kr_config conf;
	char why[500] = "";
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (!kr_config_read(&conf, cli->home, why, sizeof why)) {
		kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
		return KR_X_DOWN;
	}
	d.conf = &conf;
	d.out = json_array();
	check_clock(&d);
	sign(&d, kr_sign_disk(cli->said, cli->home));
	check_secrets(&d);
	check_database(&d);
	check_processes(&d);
	sign(&d, kr_sign_signatures(cli->said, cli->home, conf.demo));
	if (strcmp(conf.scheme, "https") == 0) {
		check_certificate(&d);
		check_names(&d);
	}
	sign(&d, kr_sign_backup(cli->said, cli->home, conf.demo));
	check_logs(&d);
	if (cli->json)
		kr_print_json(d.out);
	else
		json_decref(d.out);
	kr_say_(cli, d.wrong ? "core.doctor.sum_wrong" : "core.doctor.sum_ok",
	    KR_WORDS(kr_num(cli, (int64_t)d.wrong), kr_num(cli, (int64_t)d.notes)));
	return d.wrong ? KR_X_WRONG : KR_X_OK;
}
