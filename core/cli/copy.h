/* A copy of the school beside the school: its database, started alone on a socket that
   nobody else sees, and what it says the copy must hold. */
#ifndef KR_CLI_COPY_H
#define KR_CLI_COPY_H

#include "cli/cli.h"

#include <sys/types.h>

struct kr_copy {
	struct kr_cli *cli;
	const char
	    *dir; /* absolute; the copy is its school/, the rest is of use meanwhile */
	pid_t server;
	struct kr_conn *conn;
	struct kr_arena *arena;
	struct kr_app app;
	struct kr_actor actor;
	struct kr_ctx cx;
};
/* Starts it; as root under the database's account, to whom db/ is given. `init`: a file
   with statements that run first, or NULL. False: the sentence is on stderr. */
bool kr_copy_start(struct kr_copy *, const char *init);
void kr_copy_stop(struct kr_copy *); /* ends it in order, waits */

/* {"tables": {NAME: sum}, "migrations": [[owner, number, digest]]}; NULL: a sentence
   was said. */
json_t *kr_copy_contents(struct kr_copy *);
/* Compares the bytes below `files` with what core_file says of them. Not there, or
   others than were uploaded: their keys go to `damaged`, an array. */
struct kr_copy_files {
	int64_t n, bytes;
};
bool kr_copy_files(
    struct kr_copy *, const char *files, json_t *damaged, struct kr_copy_files *seen_r);

/* ── files and folders ── */
bool kr_tree_remove(const char *path); /* true also when nothing was there */
/* Owner and mode of a tree; as an ordinary user nothing happens. (uid_t)-1: stays. */
bool kr_tree_own(const char *path, const char *user, const char *group);
/* Copies the plain files of a folder that `wanted` says yes to, with their modes. */
bool kr_files_copy(
    struct kr_cli *, const char *from, const char *to, bool (*wanted)(const char *));

#endif
