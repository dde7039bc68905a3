/* What the manifests declare about people, as statements: the ways from a person to
   what is kept about him, and the times after which rows go. Retention, erasure and
   export read nothing else. */
#ifndef KR_APP_DECLARED_H
#define KR_APP_DECLARED_H

#include "base/ctx.h"
#include <kr/plugin.h>

/* Largest number of rows that one statement of retention takes. */
#define KR_KEEP_BATCH 1000

/* And the largest number that is read out of one table. */
#define KR_ROWS_MAX 20000

/* A column that is read out; its letter is s. */
struct kr_way_col {
	const char *name;
	const struct kr_prop *prop; /* NULL: of a kr_pdata row, or of every entity */
};

/* One table, and the column in it that leads to the person. */
struct kr_way {
	const struct kr_plugin *plugin;
	const struct kr_entity *entity; /* NULL: declared by kr_pdata */
	const char *table, *subject;
	enum kr_erase erase;
	bool person;                 /* core_person itself: goes last */
	const struct kr_stmt *count; /* person -> number of rows */
	const struct kr_stmt *ids;   /* person -> ids; entities only */
	const struct kr_stmt *blank; /* person; KR_ERASE_NULL */
	const struct kr_stmt *drop;  /* person, or list of ids; KR_ERASE_ROW */
	const struct kr_stmt *rows;  /* person -> cols; NULL: nothing to read out */
	struct kr_way_col *cols;
	size_t ncols;
};

/* One table, or one column of it, and a time after which it goes. */
struct kr_keep {
	const struct kr_plugin *plugin;
	const struct kr_entity *entity;
	const char *table, *since;
	const char *column; /* NULL: the row */
	int days;
	const struct kr_stmt *old;  /* entities: time -> ids of at most KR_KEEP_BATCH */
	const struct kr_stmt *gone; /* ids of entities, else time; as many */
};

struct kr_declared {
	KR_ARRAY(struct kr_way) ways; /* plugins first, core last */
	KR_ARRAY(struct kr_keep) keeps;
};

/* Made at first use from the manifests and the columns that the database has; kept for
   the life of the process. NULL when the database does not answer: context failed. */
const struct kr_declared *kr_declared(kr_ctx *);

#endif
