/* kreide backup: the school as it is at one moment, while it goes on serving.

   What makes database and files fit together is their order. Bytes of an upload lie in
   files/ before the row that names them is committed, never change, and are removed
   only after their row is gone; so every file that a row of some moment names is there
   at any later moment, unless it has been removed in between. Therefore:

   1. hold files/: nobody removes bytes from it (app/sweep.c asks), they go later;
   2. copy keys and etc/; the noted end of the audit log may be older than the log;
   3. copy the database (mariadb-backup: all its tables as of one moment);
   4. start the copy alone, note what it holds, compare every file with its checksum,
      stop it in order: what is stored has been opened once;
   5. store copy and files/ (restic: whole or not at all), let go of files/.

   Bytes in files/ that no row of the copy names are stored too; in a restored school
   the walk over files/ removes them. Killed at any point: what was stored before is
   whole, what was not finished is not there, the folder tmp/backup is cleared by the
   next run. */
#include "cli/copy.h"
#include "cli/tool.h"
#include "cli/vault.h"

#include "proc/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <kr/kr.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef KR_VERSION
#define KR_VERSION "0"
#endif

struct backup {
	struct kr_cli *cli;
	const char *key, *daily, *weekly, *monthly; /* as given */
	const char *work, *school, *files;
	struct kr_vault vault;
	struct kr_work w;
	struct kr_added added;
	struct kr_copy_files seen;
	json_t *contents, *damaged;
	size_t tables;
	bool fresh, new_key;
	int held;
};

/* ── before ── */

static bool
is_count(const char *text)
{
	int64_t n;

	return kr_to_i(kr_z(text), &n) && n >= 0 && n <= 1000;
}

static bool
given_ok(struct backup *b)
{
	struct kr_cli *cli = b->cli;
	static const char *const tools[] = { "mariadb-backup", "mariadbd", "restic" };
	size_t n = strlen(cli->home);

	for (size_t i = 0; i < KR_LEN(tools); i++)
		if (!kr_tool_there(tools[i])) {
			kr_complain(cli, "core.cli.tool_missing", kr_z(tools[i]));
			return false;
		}
	if (!is_count(b->daily) || !is_count(b->weekly) || !is_count(b->monthly)) {
		kr_complain(cli, "core.cli.backup_keep");
		return false;
	}
	if (strncmp(b->vault.dir, cli->home, n) == 0 &&
	    (b->vault.dir[n] == '/' || b->vault.dir[n] == 0)) {
		kr_complain(cli, "core.cli.backup_inside", kr_z(b->vault.dir));
		return false;
	}
	return true;
}

/* Held until the last file is stored. Who removes a file holds it for a moment, the
   walk for some seconds; another backup for longer. */
static bool
hold(struct backup *b)
{
	const struct timespec moment = { .tv_nsec = 100 * 1000 * 1000 };

	b->held = open(b->files, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; b->held >= 0 && i < 100; i++) {
		if (flock(b->held, LOCK_EX | LOCK_NB) == 0)
			return true;
		nanosleep(&moment, NULL);
	}
	kr_complain(b->cli, "core.cli.backup_runs", kr_z(b->files));
	return false;
}

/* 160 bits, to be typed from paper if need be. */
static bool
make_key(struct backup *b)
{
	uint8_t bytes[20];
	kr_str text;
	struct kr_buf buf;
	FILE *f;
	bool ok;

	if (access(b->vault.key, F_OK) == 0)
		return true;
	if (!b->fresh || b->key) {
		kr_complain(b->cli, "core.cli.backup_no_key", kr_z(b->vault.key));
		return false;
	}
	kr_random(bytes, sizeof bytes);
	text = kr_base32(
	    b->cli->said->arena, (kr_str){ (const char *)bytes, sizeof bytes });
	kr_buf_init(&buf, b->cli->said->arena, 48);
	for (size_t i = 0; i < text.n; i += 4)
		kr_buf_fmt(&buf, "%s%.4s", i ? "-" : "", text.p + i);
	f = kr_private_file(b->cli, b->vault.key);
	ok = f && fprintf(f, "%.*s\n", KR_FMT(kr_buf_view(&buf))) > 0 &&
	     fflush(f) == 0 && fsync(fileno(f)) == 0 && fchmod(fileno(f), 0400) == 0;
	if (f)
		ok = fclose(f) == 0 && ok;
	b->new_key = ok;
	return ok;
}

static bool
make_work(struct backup *b)
{
	if (kr_tree_remove(b->work) && mkdir(b->work, 0711) == 0 &&
	    mkdir(b->school, 0711) == 0)
		return true;
	kr_complain(
	    b->cli, "core.cli.cannot_write", kr_z(b->work), kr_z(strerror(errno)));
	return false;
}

/* ── the copy ── */

static bool
is_secret(const char *name)
{
	size_t n = strlen(name);

	/* Passwords of the database are made anew; the key opens this very backup. */
	return strcmp(name, "backup.key") != 0 &&
	       (n < 3 || strcmp(name + n - 3, ".pw"));
}

static bool
is_setting(const char *name)
{
	static const char *const not [] = { "owner", "stack.env", "backup.stamp",
		"backup.failed" };

	for (size_t i = 0; i < KR_LEN(not ); i++)
		if (strcmp(name, not [i]) == 0)
			return false;
	return strstr(name, ".new") == NULL;
}

static bool
copy_database(struct backup *b)
{
	struct kr_ctx *said = b->cli->said;
	const char *log = kr_below(b->cli, b->work, "mariadb-backup.log");
	const char *to = kr_fmt(said, "--target-dir=%s/db", b->school).p;
	const char *copy[] = { "mariadb-backup", "--no-defaults", "--backup",
		kr_fmt(said, "--socket=%s/run/mysql.sock", kr_home_short(b->cli->home))
		    .p,
		kr_fmt(said, "--user=%s", kr_administrator()).p, to, NULL };
	const char *prepare[] = { "mariadb-backup", "--no-defaults", "--prepare", to,
		NULL };

	if (kr_tool_run(&(struct kr_tool){ .words = copy, .log = log }) == 0 &&
	    kr_tool_run(&(struct kr_tool){ .words = prepare, .log = log }) == 0)
		return true;
	kr_complain(b->cli, "core.cli.backup_failed", kr_z(b->vault.dir),
	    kr_tool_last(b->cli, log));
	return false;
}

static bool
look_into(struct backup *b)
{
	struct kr_copy c = { .cli = b->cli, .dir = b->work };
	bool ok = kr_copy_start(&c, NULL);

	if (!ok)
		return false;
	b->contents = kr_copy_contents(&c);
	ok = b->contents && kr_copy_files(&c, b->files, b->damaged, &b->seen);
	kr_copy_stop(&c);
	return ok;
}

static bool
write_manifest(struct backup *b)
{
	const char *path = kr_below(b->cli, b->school, "manifest.json");
	json_t *m = b->contents;

	b->tables = json_object_size(json_object_get(m, "tables"));
	json_object_set_new(m, "format", json_integer(1));
	json_object_set_new(m, "kreide", json_string(KR_VERSION));
	json_object_set_new(m, "files", json_integer(b->seen.n));
	json_object_set_new(m, "damaged", json_incref(b->damaged));
	if (json_dump_file(m, path, JSON_COMPACT) == 0)
		return true;
	kr_complain(b->cli, "core.cli.cannot_write", kr_z(path), kr_z(strerror(errno)));
	return false;
}

static bool
copy_school(struct backup *b)
{
	struct kr_cli *cli = b->cli;

	return kr_files_copy(cli, kr_below(b->cli, cli->home, "secret"),
		   kr_below(b->cli, b->school, "secret"), is_secret) &&
	       kr_files_copy(cli, kr_below(b->cli, cli->home, "etc"),
		   kr_below(b->cli, b->school, "etc"), is_setting) &&
	       copy_database(b) && look_into(b) && write_manifest(b);
}

/* ── after ── */

static kr_err
note(kr_ctx *cx, void *arg)
{
	(void)arg;
	kr_audit(cx, "core.backup_made", 0);
	return kr_status(cx);
}

/* What doctor, the page and /metrics read: the time of the file is the time of the
   backup. */
static bool
stamp(struct backup *b, const char *name, kr_str text)
{
	const char *path =
	    kr_below(b->cli, kr_below(b->cli, b->cli->home, "etc"), name);
	FILE *f = fopen(path, "we");
	bool ok =
	    f && fchmod(fileno(f), 0644) == 0 && fprintf(f, "%.*s\n", KR_FMT(text)) > 0;

	if (f)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		kr_complain(
		    b->cli, "core.cli.cannot_write", kr_z(path), kr_z(strerror(errno)));
	return ok;
}

static int
tell(struct backup *b)
{
	size_t damaged = json_array_size(b->damaged);
	struct kr_cli *cli = b->cli;
	int code = damaged ? KR_X_WRONG : KR_X_OK;

	if (b->new_key)
		kr_say(cli, "core.cli.backup_key", kr_z(b->vault.key));
	kr_say(cli, "core.cli.backup_done", b->added.id, kr_z(b->vault.dir),
	    kr_num(cli, (int64_t)b->tables), kr_num(cli, b->seen.n),
	    kr_num(cli, (b->added.bytes + (1 << 20) - 1) >> 20));
	if (damaged)
		kr_complain(
		    cli, "core.cli.backup_rotten", kr_num(cli, (int64_t)damaged));
	if (cli->json)
		kr_print_json(json_pack("{s:s%, s:i, s:I, s:I, s:i, s:b, s:s}",
		    "snapshot", b->added.id.p, b->added.id.n, "tables", (int)b->tables,
		    "files", (json_int_t)b->seen.n, "bytes_added",
		    (json_int_t)b->added.bytes, "damaged_files", (int)damaged,
		    "new_key", b->new_key, "key", b->vault.key));
	return code;
}

static int
store(struct backup *b)
{
	const char *failed =
	    kr_below(b->cli, kr_below(b->cli, b->cli->home, "etc"), "backup.failed");
	time_t now = time(NULL);

	if (!kr_vault_store(&b->vault, b->school, b->files, &b->added) ||
	    !kr_vault_last_write(&b->vault, b->added.id))
		return KR_X_DOWN;
	close(b->held);
	if (!kr_vault_forget(&b->vault, b->daily, b->weekly, b->monthly))
		return KR_X_DOWN;
	/* Every stored byte is read once in 28 nights. */
	if (!kr_vault_check(&b->vault, (int)(now / 86400 % 28) + 1))
		return KR_X_WRONG;
	if (!stamp(b, "backup.stamp", b->added.id))
		return KR_X_DOWN;
	(void)unlink(failed);
	(void)kr_home_short(b->cli->home);
	if (kr_work_do(&b->w, note, NULL) != KR_OK)
		return kr_work_failed(&b->w);
	return tell(b);
}

static int
run(struct backup *b)
{
	bool ok = make_work(b) && kr_vault_open(&b->vault, &b->fresh) && make_key(b) &&
		  (!b->fresh || kr_vault_make(&b->vault)) && copy_school(b);
	int code = ok ? store(b) : KR_X_DOWN;

	if (code != KR_X_OK)
		(void)stamp(b, "backup.failed", kr_num(b->cli, code));
	(void)kr_tree_remove(b->work);
	return code;
}

int
kr_cmd_backup(struct kr_cli *cli, int argc, char **argv)
{
	struct backup b = {
		.cli = cli, .daily = "14", .weekly = "8", .monthly = "6", .held = -1
	};
	const struct kr_opt opts[] = { { "key", 's', &b.key },
		{ "keep-daily", 's', &b.daily }, { "keep-weekly", 's', &b.weekly },
		{ "keep-monthly", 's', &b.monthly } };
	struct kr_args a = { .command = "backup",
		.opts = opts,
		.nopts = KR_LEN(opts),
		.least = 1,
		.most = 1 };
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	b.files = kr_absolute(cli, kr_below(cli, cli->home, "files"));
	b.work = kr_fmt(
	    cli->said, "%s/backup", kr_absolute(cli, kr_below(cli, cli->home, "tmp")))
		     .p;
	b.school = kr_below(cli, b.work, "school");
	b.vault = (struct kr_vault){ .cli = cli,
		.dir = kr_absolute(cli, a.words[0]),
		.key = kr_absolute(
		    cli, b.key ? b.key : kr_below(cli, cli->home, "secret/backup.key")),
		.work = b.work };
	if (!given_ok(&b))
		return KR_X_WRONG;
	if (!kr_work_open(&b.w, cli, false, &code))
		return code;
	umask(022);
	b.damaged = json_array();
	code = hold(&b) ? run(&b) : KR_X_DOWN;
	json_decref(b.damaged);
	json_decref(b.contents);
	kr_work_close(&b.w);
	return code;
}
