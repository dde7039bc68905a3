/* kreide status: what runs, which versions, how many of what. No names of anybody. */
#include "app/jobs.h"
#include "app/outbox.h"
#include "cli/probe.h"

#include <string.h>
#include <sys/socket.h>

#ifndef KR_VERSION
#define KR_VERSION "0"
#endif

KR_STMT(q_counts, "ddtit", "iiiiiiiiis",
    "SELECT (SELECT COUNT(*) FROM core_person WHERE state <> 'left'),"
    " (SELECT COUNT(*) FROM core_person WHERE state <> 'left' AND (roles & 1) <> 0),"
    " (SELECT COUNT(*) FROM core_person WHERE state <> 'left' AND (roles & 2) <> 0),"
    " (SELECT COUNT(*) FROM core_person WHERE state <> 'left' AND (roles & 4) <> 0),"
    " (SELECT COUNT(*) FROM core_group g JOIN core_year y ON y.id = g.year_id"
    "  WHERE g.kind = 'class' AND y.starts <= ? AND y.ends >= ?),"
    " (SELECT COUNT(*) FROM core_session WHERE expires > ?),"
    " (SELECT COUNT(*) FROM core_policy WHERE live = 1),"
    " (SELECT COUNT(*) FROM core_outbox"
    "  WHERE done_at IS NULL AND tries <= ? AND due <= ?),"
    " (SELECT COUNT(*) FROM core_file WHERE scan = 0), VERSION()");

struct counts {
	int64_t persons, pupils, teachers, parents, classes, sessions, modules, outbox,
	    files;
	kr_str server;
	struct kr_jobs_state jobs;
};
static const struct kr_col cols[] = { KR_COL(struct counts, persons),
	KR_COL(struct counts, pupils), KR_COL(struct counts, teachers),
	KR_COL(struct counts, parents), KR_COL(struct counts, classes),
	KR_COL(struct counts, sessions), KR_COL(struct counts, modules),
	KR_COL(struct counts, outbox), KR_COL(struct counts, files),
	KR_COL(struct counts, server) };

static kr_err
count(kr_ctx *cx, void *arg)
{
	kr_val now = kr_t(kr_now(cx)), today = kr_d(kr_today(cx));
	struct counts *c = arg;

	(void)kr_one(
	    cx, &q_counts, cols, c, today, today, now, kr_i(KR_OUTBOX_TRIES), now);
	(void)kr_jobs_look(cx, &c->jobs);
	return kr_status(cx);
}

static const struct part {
	const char *name, *socket; /* below run/ */
	int type;
} parts[] = { { "mariadb", "mysql.sock", SOCK_STREAM },
	{ "scan", "scan.sock", SOCK_SEQPACKET },
	{ "page", "web-page.sock", SOCK_STREAM },
	{ "save", "web-save.sock", SOCK_STREAM },
	{ "slow", "web-slow.sock", SOCK_STREAM },
	{ "must", "web-must.sock", SOCK_STREAM },
	{ "sign", "web-sign.sock", SOCK_STREAM },
	{ "auth", "auth.sock", SOCK_SEQPACKET },
	{ "keys", "keys.sock", SOCK_SEQPACKET }, { "jobs", "jobs.sock", SOCK_DGRAM },
	{ "push", "push-sub.sock", SOCK_STREAM } };

static bool
show_parts(struct kr_cli *cli, int port, struct kr_table *t, json_t *out)
{
	bool all = true;

	for (size_t i = 0; i <= KR_LEN(parts); i++) {
		bool door = i == KR_LEN(parts);
		const char *name = door ? "nginx" : parts[i].name;
		bool up = door ? kr_probe_port(port)
			       : kr_probe_socket(cli, parts[i].socket, parts[i].type);
		int pid = kr_probe_service(cli, name);

		all &= up;
		kr_table_row(
		    t, (kr_str[]){ kr_z(name),
			   kr_word_(cli, up ? "core.cli.answers" : "core.cli.silent",
			       NULL, 0),
			   pid ? kr_num(cli, pid) : KR_S("") });
		json_object_set_new(out, name, json_boolean(up));
	}
	return all;
}

static void
show_counts(struct kr_cli *cli, const struct counts *c)
{
	kr_say(cli, "core.cli.status_people", kr_num(cli, c->persons),
	    kr_num(cli, c->pupils), kr_num(cli, c->teachers), kr_num(cli, c->parents));
	kr_say(cli, "core.cli.status_school", kr_num(cli, c->classes),
	    kr_num(cli, c->modules), kr_num(cli, c->sessions));
	kr_say(cli, "core.cli.status_waiting", kr_num(cli, c->outbox),
	    kr_num(cli, c->files), kr_num(cli, c->jobs.set_aside));
}

static json_t *
counts_json(const struct counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "persons", (json_int_t)c->persons, "pupils", (json_int_t)c->pupils,
	    "teachers", (json_int_t)c->teachers, "parents", (json_int_t)c->parents,
	    "classes", (json_int_t)c->classes, "sessions", (json_int_t)c->sessions,
	    "modules_open", (json_int_t)c->modules, "outbox_waiting",
	    (json_int_t)c->outbox, "files_unscanned", (json_int_t)c->files,
	    "outbox_set_aside", (json_int_t)c->jobs.set_aside);
}

static int
report(struct kr_cli *cli, const struct kr_config *conf, const struct counts *c)
{
	static const char *const header[] = { "core.cli.process", "core.cli.state",
		"core.cli.pid", NULL };
	json_t *root = json_object(), *processes = json_object();
	struct kr_table *t = kr_table_new(cli, header);
	bool all;

	kr_say(cli, conf->demo ? "core.cli.status_demo" : "core.cli.status_real",
	    kr_z(conf->school), kr_z(conf->scheme), kr_z(conf->host),
	    kr_num(cli, conf->port));
	all = show_parts(cli, conf->port, t, processes);
	kr_table_print(t);
	json_object_set_new(root, "version", json_string(KR_VERSION));
	json_object_set_new(root, "mode", json_string(conf->demo ? "demo" : "school"));
	json_object_set_new(root, "ready", json_boolean(all && c));
	json_object_set_new(root, "processes", processes);
	json_object_set_new(root, "database", c ? kr_json_str(c->server) : json_null());
	json_object_set_new(root, "counts", c ? counts_json(c) : json_null());
	kr_say(cli, "core.cli.status_versions", KR_S(KR_VERSION),
	    c ? c->server : KR_S("-"));
	if (c)
		show_counts(cli, c);
	if (cli->json)
		kr_print_json(root);
	else
		json_decref(root);
	return all && c ? KR_X_OK : KR_X_DOWN;
}

int
kr_cmd_status(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "status" };
	struct counts c = { 0 };
	struct kr_work w;
	struct kr_config conf;
	char why[500] = "";
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (!kr_config_read(&conf, cli->home, why, sizeof why)) {
		kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
		return KR_X_DOWN;
	}
	if (!kr_work_open(&w, cli, false, &code))
		return report(cli, &conf, NULL);
	if (kr_work_do(&w, count, &c) == KR_OK)
		code = report(cli, &conf, &c);
	else
		code = report(cli, &conf, NULL);
	kr_work_close(&w);
	return code;
}
