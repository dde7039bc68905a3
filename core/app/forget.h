/* Erasure of a person, and retention: both carry out what the manifests declare. */
#ifndef KR_APP_FORGET_H
#define KR_APP_FORGET_H

#include "app/declared.h"

struct kr_forgotten {
	int64_t rows;    /* gone */
	int64_t blanked; /* stay, without the person */
	kr_str *files;   /* store keys whose bytes are still on disk */
	size_t nfiles;
};

/* How many rows each way of kr_declared() leads to; in the same order, for a look
   before the deed. */
int64_t *kr_forget_count(kr_ctx *, kr_id person);
/* Erases somebody who has left: sign-in first (the auth process, or its database for
   commands), then every declared table, then the person. In the running transaction;
   after COMMIT the caller calls kr_forget_files(). KR_ECONFLICT: has not left. */
kr_err kr_forget(kr_ctx *, kr_id person, struct kr_forgotten *forgotten_r);
/* The bytes. What a crash before this leaves, the sweep of files takes. */
void kr_forget_files(kr_ctx *, const struct kr_forgotten *);

/* Nightly: rows and columns whose time is over, what lay in the waste bin for
   KR_BIN_DAYS, and persons who left KR_LEAVER_DAYS ago. Commits batch by batch; what
   fails is logged and tried again the next night. */
kr_err kr_keep_run(kr_ctx *);

#endif
