/* Starting a copied database alone, asking it what it holds, and comparing. */
#include "cli/copy.h"

#include "cli/tool.h"
#include "proc/proc.h"
#include <fcntl.h>
#include <kr/kr.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

KR_STMT(q_files, "i", "isix",
    "SELECT id, store_key, size, sha256 FROM kreide.core_file WHERE id > ?"
    " ORDER BY id LIMIT 1000");

struct row {
	int64_t id, size;
	kr_str key, sha256;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, key), KR_COL(struct row, size), KR_COL(struct row, sha256) };

/* ── the server ── */

static bool
answers(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && strlen(path) < sizeof a.sun_path;

	if (ok) {
		memcpy(a.sun_path, path, strlen(path));
		ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The size of its log is a copy's own: the server makes it new, 8 MiB are enough, and a
   backup need not carry more. */
static pid_t
launch(struct kr_copy *c, const char *init)
{
	struct kr_ctx *said = c->cli->said;
	const char *words[] = { "mariadbd",
		kr_fmt(said, "--defaults-file=%s/school/db/backup-my.cnf", c->dir).p,
		kr_fmt(said, "--datadir=%s/school/db", c->dir).p,
		"--socket=kreide.sock", "--pid-file=kreide.pid", "--skip-networking",
		"--skip-log-bin", "--skip-name-resolve", "--default-time-zone=+00:00",
		"--default-storage-engine=InnoDB",
		kr_fmt(said, "--tmpdir=%s/tmp", c->dir).p, "--performance-schema=OFF",
		"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M",
		"--innodb-buffer-pool-dump-at-shutdown=OFF",
		"--transaction-isolation=REPEATABLE-READ",
		init ? kr_fmt(said, "--init-file=%s", init).p : NULL, NULL };

	return kr_tool_start(&(struct kr_tool){ .words = words,
	    .log = kr_fmt(said, "%s/server.log", c->dir).p,
	    .as_mysql = true });
}

static bool
wait_for(struct kr_copy *c, const char *socket)
{
	const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };

	for (int i = 0; c->server > 0 && i < 6000; i++) {
		if (answers(socket))
			return true;
		if (waitpid(c->server, NULL, WNOHANG) == c->server)
			c->server = 0;
		nanosleep(&moment, NULL);
	}
	return false;
}

bool
kr_copy_start(struct kr_copy *c, const char *init)
{
	const char *tmp = kr_fmt(c->cli->said, "%s/tmp", c->dir).p;
	const char *log = kr_fmt(c->cli->said, "%s/server.log", c->dir).p, *socket;

	(void)mkdir(tmp, 0700);
	if (!kr_tree_own(
		kr_fmt(c->cli->said, "%s/school/db", c->dir).p, "mysql", "mysql") ||
	    !kr_tree_own(tmp, "mysql", "mysql"))
		return false;
	c->server = launch(c, init);
	socket =
	    kr_fmt(c->cli->said, "%s/school/db/kreide.sock", kr_home_short(c->dir)).p;
	if (!wait_for(c, socket)) {
		kr_complain(
		    c->cli, "core.cli.copy_not_started", kr_tool_last(c->cli, log));
		kr_copy_stop(c);
		return false;
	}
	c->conn = kr_conn_new(&(struct kr_conn_opt){ .socket = socket,
	    .user = kr_administrator(),
	    .schema = "kreide",
	    .wait_s = 3600 });
	c->arena = kr_arena_new((size_t)1 << 30);
	c->actor.system = true;
	c->actor.lang = c->cli->lang;
	kr_ctx_init(&c->cx, c->arena, &c->app);
	c->cx.actor = &c->actor;
	c->cx.plugin = "core";
	c->cx.ro = c->cx.rw = c->cx.db = c->conn;
	return true;
}

void
kr_copy_stop(struct kr_copy *c)
{
	if (c->conn) {
		kr_ctx_finish(&c->cx);
		kr_conn_free(&c->conn);
		kr_arena_free(&c->arena);
	}
	if (c->server > 0) {
		(void)kill(c->server, SIGTERM);
		(void)kr_tool_wait(c->server);
	}
	c->server = 0;
}

/* ── what it holds ── */

static bool
said_no(struct kr_copy *c)
{
	if (kr_status(&c->cx) == KR_OK)
		return false;
	kr_complain(c->cli, "core.cli.failed", c->cx.err_text);
	return true;
}

json_t *
kr_copy_contents(struct kr_copy *c)
{
	size_t ntables, nruns;
	const struct kr_table_sum *tables = kr_table_sums(&c->cx, &ntables);
	const struct kr_migration *runs = kr_migrations_done(&c->cx, &nruns);
	json_t *sums = json_object(), *list = json_array();

	for (size_t i = 0; i < ntables; i++)
		json_object_set_new(
		    sums, tables[i].name.p, json_integer(tables[i].sum));
	for (size_t i = 0; i < nruns; i++)
		json_array_append_new(list,
		    json_pack("[s#, i, s#]", runs[i].owner.p, (int)runs[i].owner.n,
			(int)runs[i].number, runs[i].digest.p, (int)runs[i].digest.n));
	if (!said_no(c))
		return json_pack("{s:o, s:o}", "tables", sums, "migrations", list);
	json_decref(sums);
	json_decref(list);
	return NULL;
}

/* As long as its row says, and the same bytes that were uploaded. */
static bool
same_bytes(const char *path, const struct row *r)
{
	crypto_hash_sha256_state hash;
	static uint8_t buf[1 << 18];
	uint8_t sum[32];
	int64_t size = 0;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	crypto_hash_sha256_init(&hash);
	while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0) {
		crypto_hash_sha256_update(&hash, buf, (unsigned long long)n);
		size += n;
	}
	if (fd >= 0)
		close(fd);
	crypto_hash_sha256_final(&hash, sum);
	return n == 0 && size == r->size && r->sha256.n == 32 &&
	       memcmp(sum, r->sha256.p, 32) == 0;
}

bool
kr_copy_files(
    struct kr_copy *c, const char *files, json_t *damaged, struct kr_copy_files *seen_r)
{
	struct kr_copy_files seen = { 0 };
	struct row r = { 0 };
	size_t n = 1;

	while (n > 0 && kr_status(&c->cx) == KR_OK) {
		kr_rows *rows = kr_query(&c->cx, &q_files, kr_i(r.id));

		for (n = 0; kr_next(rows, row_cols, &r); n++) {
			const char *path = kr_fmt(
			    &c->cx, "%s/%.2s/%.*s", files, r.key.p, KR_FMT(r.key))
					       .p;

			seen.n++;
			seen.bytes += r.size;
			if (!same_bytes(path, &r))
				json_array_append_new(damaged, kr_json_str(r.key));
		}
	}
	if (said_no(c))
		return false;
	*seen_r = seen;
	return true;
}
