/* kreide restore: a school from its backup, into a folder where nothing is yet.

   Everything happens in NEW.restoring beside the folder: unpacked, its database started
   alone, each table's checksum compared with what the backup has noted, each file with
   what was uploaded. Only then is it renamed to NEW, in one step. Refused, failed or
   killed before: NEW is as it was, and the next run clears what lies beside it. */
#include "cli/copy.h"
#include "cli/tool.h"
#include "cli/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct restore {
	struct kr_cli *cli;
	const char *key, *wanted; /* as given */
	bool force;
	const char *home, *work, *school;
	struct kr_vault vault;
	struct kr_snapshot snap;
	struct kr_copy_files seen;
	json_t *manifest;
	int held;
};

/* ── the target ── */

static bool
is_empty(struct restore *r)
{
	DIR *d = opendir(r->home);
	struct dirent *e;
	bool empty = d != NULL || errno == ENOENT;

	while (d && empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d)
		closedir(d);
	if (!empty)
		kr_complain(r->cli, "core.cli.restore_not_empty", kr_z(r->home));
	return empty;
}

/* As root each process has an account of its own, which must get to its data. */
static bool
is_open(struct restore *r)
{
	char path[PATH_MAX], *slash;
	struct stat st;

	snprintf(path, sizeof path, "%s", r->home);
	while (geteuid() == 0 && (slash = strrchr(path, '/')) != NULL) {
		*slash = 0;
		if (path[0] == 0 || stat(path, &st) != 0 || (st.st_mode & S_IXOTH) != 0)
			continue;
		kr_complain(r->cli, "core.cli.restore_closed", kr_z(path));
		return false;
	}
	return true;
}

/* Ours by its mark, so that nothing of anybody else is ever cleared. */
static bool
make_work(struct restore *r)
{
	const char *mark = kr_below(r->cli, r->work, ".kreide-restore");
	bool there = access(r->work, F_OK) == 0, ok;

	ok = there ? access(mark, F_OK) == 0 : mkdir(r->work, 0711) == 0;
	if (ok)
		r->held = open(mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = ok && r->held >= 0 && flock(r->held, LOCK_EX | LOCK_NB) == 0;
	ok = ok && kr_tree_remove(r->school) &&
	     kr_tree_remove(kr_below(r->cli, r->work, "unpacked")) &&
	     kr_tree_remove(kr_below(r->cli, r->work, "tmp"));
	if (!ok)
		kr_complain(r->cli, "core.cli.cannot_write", kr_z(r->work),
		    kr_z(strerror(errno)));
	return ok;
}

/* ── does it fit this Kreide? ── */

static bool
ran(const json_t *list, const struct kr_migration *m)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *owner = json_string_value(json_array_get(one, 0));
		const char *digest = json_string_value(json_array_get(one, 2));

		if (owner && digest && kr_eq(kr_z(owner), m->owner) &&
		    json_integer_value(json_array_get(one, 1)) == m->number)
			return kr_eq(kr_z(digest), m->digest);
	}
	return false;
}

static size_t
runs_of(const json_t *runs, const char *owner)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(runs, i, one)
	{
		const char *its = json_string_value(json_array_get(one, 0));

		n += its && strcmp(its, owner) == 0;
	}
	return n;
}

/* Its tables must be those of this Kreide: nothing missing, nothing more. A plugin that
   was not there yet makes its tables at the next start; what plugins from elsewhere
   have made stays as it is. */
static const char *
schema_wrong(struct restore *r, const char *owner, const json_t *runs)
{
	struct kr_migration *list = NULL;
	size_t n = 0, its = runs_of(runs, owner);

	if (its == 0 && strcmp(owner, "core") != 0)
		return NULL;
	if (!kr_migrations_of(r->cli->said->arena,
		kr_fmt(r->cli->said, "%s/migrations/%s", r->cli->lib, owner).p, owner,
		&list, &n))
		return "core.cli.restore_newer";
	for (size_t i = 0; i < n; i++)
		if (!ran(runs, &list[i]))
			return "core.cli.restore_older";
	return its > n ? "core.cli.restore_newer" : NULL;
}

static bool
fits(struct restore *r)
{
	const json_t *runs = json_object_get(r->manifest, "migrations");
	const char *made_by = json_string_value(json_object_get(r->manifest, "kreide"));
	const char *wrong = NULL;
	DIR *d = opendir(kr_below(r->cli, r->cli->lib, "migrations"));
	struct dirent *e;

	if (made_by == NULL || runs == NULL || d == NULL ||
	    json_integer_value(json_object_get(r->manifest, "format")) != 1)
		wrong = "core.cli.restore_newer";
	while (wrong == NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			wrong = schema_wrong(r, e->d_name, runs);
	if (d)
		closedir(d);
	if (wrong)
		kr_complain(r->cli, wrong, kr_z(made_by ? made_by : "?"));
	return wrong == NULL;
}

/* ── unpacking ── */

/* Where the snapshot keeps the copy, and where the files. */
static const char *
part_of(struct restore *r, bool copy)
{
	for (size_t i = 0; i < r->snap.npaths; i++) {
		kr_str path = kr_z(r->snap.paths[i]), end = KR_S("/backup/school");
		bool is =
		    path.n > end.n && kr_eq(kr_sub(path, path.n - end.n, path.n), end);

		if (is == copy)
			return r->snap.paths[i];
	}
	kr_complain(r->cli, "core.cli.backup_incomplete", kr_z(r->vault.dir));
	return NULL;
}

static bool
look(struct restore *r)
{
	const char *to = kr_below(r->cli, r->work, "manifest.json"), *copy;

	if (!kr_vault_find(&r->vault, r->wanted, &r->snap) ||
	    (!r->force && !kr_vault_check(&r->vault, 0)))
		return false;
	copy = part_of(r, true);
	if (copy == NULL || !kr_vault_file(&r->vault, &r->snap,
				kr_below(r->cli, copy, "manifest.json"), to))
		return false;
	r->manifest = json_load_file(to, 0, NULL);
	return fits(r);
}

static bool
unpack(struct restore *r)
{
	const char *to = kr_below(r->cli, r->work, "unpacked");
	const char *copy = part_of(r, true), *files = part_of(r, false);

	if (copy == NULL || files == NULL || !kr_vault_unpack(&r->vault, &r->snap, to))
		return false;
	if (rename(kr_fmt(r->cli->said, "%s%s", to, copy).p, r->school) == 0 &&
	    chmod(r->school, 0711) == 0 &&
	    rename(kr_fmt(r->cli->said, "%s%s", to, files).p,
		kr_below(r->cli, r->school, "files")) == 0)
		return true;
	kr_complain(
	    r->cli, "core.cli.cannot_write", kr_z(r->school), kr_z(strerror(errno)));
	return false;
}

/* ── comparing ── */

/* Whoever restores is the database's administrator, as whoever founded it was. */
static const char *
admin_sql(struct restore *r)
{
	const char *path = kr_below(r->cli, r->work, "admin.sql"),
		   *who = kr_administrator();
	FILE *f = fopen(path, "we");
	bool ok =
	    f && strpbrk(who, "'\\`") == NULL &&
	    fprintf(f,
		"CREATE USER IF NOT EXISTS '%s'@'localhost' IDENTIFIED VIA unix_socket;\n"
		"GRANT ALL PRIVILEGES ON *.* TO '%s'@'localhost' WITH GRANT OPTION;\n",
		who, who) > 0 &&
	    fchmod(fileno(f), 0644) == 0;

	if (f)
		ok = fclose(f) == 0 && ok;
	return ok ? path : NULL;
}

static bool
same_tables(struct restore *r, json_t *now)
{
	json_t *want = json_object_get(r->manifest, "tables"), *sum;
	json_t *is = json_object_get(now, "tables");
	const char *name;

	json_object_foreach(
	    want, name, sum) if (!json_equal(sum, json_object_get(is, name)))
	{
		kr_complain(r->cli, "core.cli.restore_table", kr_z(name));
		return false;
	}
	if (json_object_size(want) == json_object_size(is))
		return true;
	kr_complain(r->cli, "core.cli.restore_table", KR_S("*"));
	return false;
}

/* What was damaged before the backup was made is known, and no reason to have nothing.
 */
static bool
same_files(struct restore *r, struct kr_copy *c)
{
	json_t *known = json_object_get(r->manifest, "damaged"), *key, *old;
	json_t *damaged = json_array();
	bool ok =
	    kr_copy_files(c, kr_below(r->cli, r->school, "files"), damaged, &r->seen);
	size_t i, k;

	json_array_foreach(damaged, i, key)
	{
		bool before = false;

		json_array_foreach(known, k, old) before =
		    before || json_equal(key, old);
		if (!before && ok) {
			kr_complain(r->cli, "core.cli.restore_file",
			    kr_z(json_string_value(key)));
			ok = false;
		}
	}
	json_decref(damaged);
	return ok;
}

static bool
compare(struct restore *r)
{
	struct kr_copy c = { .cli = r->cli, .dir = r->work };
	const char *init = admin_sql(r);
	json_t *now;
	bool ok;

	if (init == NULL || !kr_copy_start(&c, init))
		return false;
	now = kr_copy_contents(&c);
	ok = now && same_tables(r, now) && same_files(r, &c);
	json_decref(now);
	kr_copy_stop(&c);
	return ok;
}

/* ── in place ── */

static bool
mode_of(const char *path, mode_t mode)
{
	return chmod(path, mode) == 0;
}

/* As conf/stack and `kreide migrate` would have made them; numbers of accounts may be
   others on this machine. */
static bool
own_files(struct restore *r)
{
	const char *files = kr_below(r->cli, r->school, "files");
	bool root = geteuid() == 0, ok = kr_tree_own(files, "kreide-web", "www-data");
	const struct passwd *web = getpwnam("kreide-web");

	for (unsigned i = 0; ok && i < 256; i++) {
		const char *dir = kr_fmt(r->cli->said, "%s/%02x", files, i).p;

		if (root && access(dir, F_OK) == 0)
			ok = chown(dir, (uid_t)-1, web->pw_gid) == 0 &&
			     mode_of(dir, 0771);
	}
	return ok && mode_of(files, root ? 02750 : 0700);
}

static bool
own(struct restore *r)
{
	const char *secret = kr_below(r->cli, r->school, "secret");
	const char *etc = kr_below(r->cli, r->school, "etc");

	return kr_tree_own(secret, "root", "root") && mode_of(secret, 0711) &&
	       kr_tree_own(kr_below(r->cli, secret, "audit.key"), "kreide-jobs",
		   "kreide-jobs") &&
	       kr_tree_own(kr_below(r->cli, secret, "audit.head"), "kreide-jobs",
		   "kreide-jobs") &&
	       kr_tree_own(etc, "root", "root") && mode_of(etc, 0755) && own_files(r);
}

static bool
keep_key(struct restore *r)
{
	const char *to = kr_below(r->cli, r->school, "secret/backup.key");
	kr_str text;
	FILE *f = NULL;
	bool ok = kr_read_file(r->cli->said->arena, r->vault.key, &text) &&
		  (f = kr_private_file(r->cli, to)) != NULL &&
		  fwrite(text.p, 1, text.n, f) == text.n &&
		  fchmod(fileno(f), 0400) == 0;

	if (f)
		ok = fclose(f) == 0 && ok;
	return ok;
}

/* Durable, then there: a rename over an empty folder replaces it. */
static bool
put_in_place(struct restore *r)
{
	int fd = open(r->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = own(r) && keep_key(r) &&
		  unlink(kr_below(r->cli, r->school, "manifest.json")) == 0 &&
		  mode_of(r->school, 0755) && fd >= 0 && syncfs(fd) == 0 &&
		  rename(r->school, r->home) == 0 && syncfs(fd) == 0;

	if (!ok)
		kr_complain(r->cli, "core.cli.cannot_write", kr_z(r->home),
		    kr_z(strerror(errno)));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ── the command ── */

static int
tell(struct restore *r)
{
	struct kr_cli *cli = r->cli;
	size_t tables = json_object_size(json_object_get(r->manifest, "tables"));
	size_t damaged = json_array_size(json_object_get(r->manifest, "damaged"));

	kr_say(cli, "core.cli.restore_done", r->snap.made, kr_z(r->home),
	    kr_num(cli, (int64_t)tables), kr_num(cli, r->seen.n));
	if (damaged)
		kr_complain(
		    cli, "core.cli.backup_rotten", kr_num(cli, (int64_t)damaged));
	if (cli->json)
		kr_print_json(json_pack("{s:s%, s:s%, s:s, s:i, s:I, s:i}", "snapshot",
		    r->snap.id.p, r->snap.id.n, "made", r->snap.made.p, r->snap.made.n,
		    "home", r->home, "tables", (int)tables, "files",
		    (json_int_t)r->seen.n, "damaged_files", (int)damaged));
	return KR_X_OK;
}

static bool
given_ok(struct restore *r)
{
	static const char *const tools[] = { "mariadbd", "restic" };

	for (size_t i = 0; i < KR_LEN(tools); i++)
		if (!kr_tool_there(tools[i])) {
			kr_complain(r->cli, "core.cli.tool_missing", kr_z(tools[i]));
			return false;
		}
	if (r->key && access(r->key, R_OK) == 0)
		return true;
	kr_complain(r->cli, "core.cli.backup_no_key", kr_z(r->key ? r->key : "--key"));
	return false;
}

int
kr_cmd_restore(struct kr_cli *cli, int argc, char **argv)
{
	struct restore r = { .cli = cli, .held = -1 };
	const struct kr_opt opts[] = { { "key", 's', &r.key },
		{ "snapshot", 's', &r.wanted }, { "force", 'b', &r.force } };
	struct kr_args a = { .command = "restore",
		.opts = opts,
		.nopts = KR_LEN(opts),
		.least = 1,
		.most = 1 };
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	umask(022);
	r.home = cli->home;
	r.work = kr_fmt(cli->said, "%s.restoring", r.home).p;
	r.school = kr_below(cli, r.work, "school");
	r.vault = (struct kr_vault){ .cli = cli,
		.dir = kr_absolute(cli, a.words[0]),
		.key = r.key ? kr_absolute(cli, r.key) : NULL,
		.work = r.work };
	if (!is_empty(&r) || !is_open(&r))
		return KR_X_REFUSED;
	if (!given_ok(&r))
		return KR_X_WRONG;
	if (!make_work(&r))
		return KR_X_DOWN;
	code = KR_X_WRONG;
	if (kr_vault_open(&r.vault, NULL) && look(&r) && unpack(&r) && compare(&r))
		code = put_in_place(&r) ? tell(&r) : KR_X_DOWN;
	(void)kr_tree_remove(r.work);
	json_decref(r.manifest);
	return code;
}
