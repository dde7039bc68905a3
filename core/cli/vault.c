/* restic, called with plain words: it encrypts (the key is a file), cuts into pieces by
   content, so that what has not changed is stored once, and names every piece by its
   SHA-256. borg would do as well; restic is one program without a Python beside it, and
   reads a repository that lies on a read-only medium. */
#include "cli/vault.h"

#include "cli/tool.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS 24
#define LAST "kreide.last"
#define LIST "snapshots.json"

static const char *
log_file(struct kr_vault *v)
{
	return kr_below(v->cli, v->work, "restic.log");
}

/* Its exit code; what it prints goes to `out`. */
static int
restic(struct kr_vault *v, const char *out, const char *const *more)
{
	const char *words[WORDS] = { "restic", "--repo", v->dir, "--password-file",
		v->key, "--no-cache" };
	size_t n = 6;

	while (*more && n < WORDS - 1)
		words[n++] = *more++;
	return kr_tool_run(
	    &(struct kr_tool){ .words = words, .out = out, .log = log_file(v) });
}
#define RESTIC(v, out, ...) restic(v, out, (const char *const[]){ __VA_ARGS__, NULL })

static bool
failed(struct kr_vault *v, const char *key)
{
	kr_complain(v->cli, key, kr_z(v->dir), kr_tool_last(v->cli, log_file(v)));
	return false;
}

static bool
has(struct kr_vault *v, const char *name)
{
	return access(kr_below(v->cli, v->dir, name), F_OK) == 0;
}

bool
kr_vault_open(struct kr_vault *v, bool *new_r)
{
	bool none = !has(v, "config") && !has(v, "snapshots") && !has(v, LAST);

	if (new_r)
		*new_r = none;
	if (none && new_r)
		return true;
	if (none) {
		kr_complain(v->cli, "core.cli.backup_none", kr_z(v->dir));
		return false;
	}
	if (access(v->key, R_OK) != 0) {
		kr_complain(v->cli, "core.cli.backup_no_key", kr_z(v->key));
		return false;
	}
	if (!has(v, "config"))
		return failed(v, "core.cli.backup_incomplete");
	/* A lock that a killed backup has left is not one. Who only reads lists at
	 * once. */
	if (new_r ? RESTIC(v, "/dev/null", "unlock") == 0
		  : RESTIC(v, kr_below(v->cli, v->work, LIST), "--no-lock", "snapshots",
			"--json", "--host", "kreide") == 0)
		return true;
	if (strstr(kr_tool_last(v->cli, log_file(v)).p, "wrong password") != NULL)
		return failed(v, "core.cli.backup_wrong_key");
	return failed(v, "core.cli.backup_damaged");
}

bool
kr_vault_make(struct kr_vault *v)
{
	return RESTIC(v, "/dev/null", "init") == 0 ||
	       failed(v, "core.cli.backup_failed");
}

/* The summary is the last line of what restic prints. */
static bool
read_summary(struct kr_vault *v, const char *path, struct kr_added *added_r)
{
	kr_str line = kr_tool_last(v->cli, path);
	json_t *j = json_loadb(line.p, line.n, 0, NULL);
	const char *id = json_string_value(json_object_get(j, "snapshot_id"));

	if (id)
		*added_r = (struct kr_added){ kr_dup(v->cli->said->arena, kr_z(id)),
			json_integer_value(json_object_get(j, "data_added")) };
	json_decref(j);
	return id != NULL;
}

bool
kr_vault_store(
    struct kr_vault *v, const char *stage, const char *files, struct kr_added *added_r)
{
	const char *out = kr_below(v->cli, v->work, "restic.json");

	if (RESTIC(v, out, "backup", "--json", "--host", "kreide", stage, files) == 0 &&
	    read_summary(v, out, added_r))
		return true;
	return failed(v, "core.cli.backup_failed");
}

bool
kr_vault_last_write(struct kr_vault *v, kr_str id)
{
	const char *path = kr_below(v->cli, v->dir, LAST),
		   *aside = kr_below(v->cli, v->dir, LAST ".new");
	FILE *f = fopen(aside, "we");
	bool ok = f && fprintf(f, "%.*s\n", KR_FMT(id)) > 0 && fflush(f) == 0 &&
		  fsync(fileno(f)) == 0;

	if (f)
		ok = fclose(f) == 0 && ok;
	if (ok && rename(aside, path) == 0)
		return true;
	kr_complain(v->cli, "core.cli.cannot_write", kr_z(path), kr_z(strerror(errno)));
	return false;
}

bool
kr_vault_forget(
    struct kr_vault *v, const char *daily, const char *weekly, const char *monthly)
{
	return RESTIC(v, "/dev/null", "forget", "--quiet", "--prune", "--host",
		   "kreide", "--group-by", "host", "--keep-daily", daily,
		   "--keep-weekly", weekly, "--keep-monthly", monthly) == 0 ||
	       failed(v, "core.cli.backup_failed");
}

bool
kr_vault_check(struct kr_vault *v, int part)
{
	const char *which = "--read-data";

	/* What is missing shows without reading; restic would ask for it for minutes.
	 */
	if (part == 0 && RESTIC(v, "/dev/null", "--quiet", "--no-lock", "check") != 0)
		return failed(v, "core.cli.backup_damaged");
	if (part > 0)
		which = kr_fmt(v->cli->said, "--read-data-subset=%d/28", part).p;
	return RESTIC(v, "/dev/null", "--quiet", "--no-lock", "check", which) == 0 ||
	       failed(v, "core.cli.backup_damaged");
}

/* ── finding one ── */

static void
take(struct kr_vault *v, const json_t *j, struct kr_snapshot *snap_r)
{
	struct kr_arena *a = v->cli->said->arena;
	json_t *paths = json_object_get(j, "paths");
	kr_str made = kr_z(json_string_value(json_object_get(j, "time")));

	*snap_r = (struct kr_snapshot){
		.id = kr_dup(a, kr_z(json_string_value(json_object_get(j, "id")))),
		.made = kr_dup(
		    a, kr_fmt(v->cli->said, "%.*sZ", KR_FMT(kr_sub(made, 0, 19)))),
	};
	for (size_t i = 0; i < json_array_size(paths) && i < KR_LEN(snap_r->paths); i++)
		snap_r->paths[snap_r->npaths++] =
		    kr_dup(a, kr_z(json_string_value(json_array_get(paths, i)))).p;
}

static kr_str
last_noted(struct kr_vault *v)
{
	kr_str id;

	if (!kr_read_file(v->cli->said->arena, kr_below(v->cli, v->dir, LAST), &id))
		return KR_S("");
	return kr_trim(id);
}

bool
kr_vault_find(struct kr_vault *v, const char *wanted, struct kr_snapshot *snap_r)
{
	const char *out = kr_below(v->cli, v->work, LIST);
	kr_str id = wanted ? kr_z(wanted) : last_noted(v);
	json_t *list, *j;
	bool found = false;
	size_t i;

	list = json_load_file(out, 0, NULL);
	json_array_foreach(list, i, j)
	{
		const char *its = json_string_value(json_object_get(j, "id"));

		if (its && id.n >= 6 && kr_starts(kr_z(its), id)) {
			take(v, j, snap_r);
			found = true;
		}
	}
	json_decref(list);
	if (!found)
		kr_complain(v->cli,
		    wanted ? "core.cli.backup_no_such" : "core.cli.backup_incomplete",
		    kr_z(v->dir), id);
	return found;
}

bool
kr_vault_file(struct kr_vault *v, const struct kr_snapshot *snap, const char *path,
    const char *to)
{
	return RESTIC(v, to, "--no-lock", "dump", snap->id.p, path) == 0 ||
	       failed(v, "core.cli.backup_damaged");
}

bool
kr_vault_unpack(struct kr_vault *v, const struct kr_snapshot *snap, const char *to)
{
	return RESTIC(v, "/dev/null", "--no-lock", "restore", snap->id.p, "--target",
		   to) == 0 ||
	       failed(v, "core.cli.backup_damaged");
}
