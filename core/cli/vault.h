/* The folder with the backups: a restic repository, and how Kreide uses it. */
#ifndef KR_CLI_VAULT_H
#define KR_CLI_VAULT_H

#include "cli/cli.h"

struct kr_vault {
	struct kr_cli *cli;
	const char *dir, *key; /* absolute; the key's file */
	const char *work;      /* a folder of ours for what restic prints */
};
struct kr_snapshot {
	kr_str id, made;      /* made: "2026-11-21T02:10:00Z" */
	const char *paths[4]; /* what it holds, absolute, as of then */
	size_t npaths;
};
struct kr_added { /* by one backup */
	kr_str id;
	int64_t bytes; /* that the folder has grown by */
};

/* Whether it can be opened with this key; false: the sentence is on stderr. *new_r:
   there is no backup in the folder yet (which is no failure when new_r is given). */
bool kr_vault_open(struct kr_vault *, bool *new_r);
bool kr_vault_make(struct kr_vault *);
/* Stores both folders as one snapshot; it is there as a whole or not at all. */
bool kr_vault_store(
    struct kr_vault *, const char *stage, const char *files, struct kr_added *added_r);
/* Notes in the folder which snapshot is the last whole one. */
bool kr_vault_last_write(struct kr_vault *, kr_str id);
/* Drops what is older than the rules say ("14", "8", "6"), and frees its room. */
bool kr_vault_forget(
    struct kr_vault *, const char *daily, const char *weekly, const char *monthly);
/* part 1..28: that share of the data is read and compared; 0: all of it. */
bool kr_vault_check(struct kr_vault *, int part);
/* After opening without new_r: the wanted snapshot (an id or its beginning), or NULL
   for the last one. False: the sentence is on stderr, also when the last one is
   missing. */
bool kr_vault_find(struct kr_vault *, const char *wanted, struct kr_snapshot *snap_r);
/* One file of it, to `to`. */
bool kr_vault_file(
    struct kr_vault *, const struct kr_snapshot *, const char *path, const char *to);
bool kr_vault_unpack(struct kr_vault *, const struct kr_snapshot *, const char *to);

#endif
