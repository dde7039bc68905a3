/* What `kreide user export` and `kreide user erase` are asked for, and what came of it.
 */
#ifndef KR_CLI_USER_H
#define KR_CLI_USER_H

#include "app/forget.h"
#include "cli/cli.h"

struct kr_user_data {
	struct kr_cli *cli;
	const char *account, *out; /* out: NULL = a name of its own, in this folder */
	bool yes, now;
	/* what came of it */
	FILE *file;
	int64_t files;
	json_t *plan;
	struct kr_forgotten gone;
	bool unknown_account, here, refused, last_admin, wrong_disk;
};

/* The whole command; its exit code. */
int kr_user_data(struct kr_user_data *, bool erase);

#endif
