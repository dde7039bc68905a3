/* What migrate.c and users.c share. */
#ifndef KR_DB_MIGRATE_H
#define KR_DB_MIGRATE_H

#include "db/inside.h"

struct migration {
	uint32_t number;
	const char *file; /* "0001_person.sql" */
	const char *schema;
	kr_str sql;
	uint8_t digest[32]; /* of the statement, without comments */
};

struct mig { /* one run of kr_migrate() */
	const struct kr_migrate_opt *opt;
	struct kr_arena *arena;
	MYSQL *my; /* as administrator, later as kreide_ddl */
	char *why_r;
	size_t why_n;
	kr_err err;
};

/* Notes the first reason and returns false, for `return kr_mig_fail(...)`. */
bool kr_mig_fail(struct mig *, kr_err, const char *fmt, ...) KR_PRINTF(3, 4);
bool kr_mig_sql(struct mig *, kr_str sql); /* false: failed, reason noted */
bool kr_mig_sqlf(struct mig *, const char *fmt, ...) KR_PRINTF(2, 3);
void kr_mig_say(struct mig *, const char *fmt, ...) KR_PRINTF(2, 3);
MYSQL *kr_mig_connect(struct mig *, const char *user, const char *password);
/* One number of one row; -1 when there is no row or it is NULL; -2: failed. */
int64_t kr_mig_number(struct mig *, const char *sql);

/* users.c */
bool kr_users_make_dir(struct mig *);                     /* where the passwords lie */
bool kr_users_make(struct mig *, kr_str *ddl_password_r); /* files, accounts, grants */
bool kr_users_grant_tables(struct mig *); /* what needs the tables to be there */

/* source.c */
/* The migrations of a folder, sorted; false with a reason. */
bool kr_source_read(struct mig *, const char *dir, const char *owner,
    struct migration **list_r, size_t *n_r);
/* names.c: NULL when every table that a plugin's migration names is its own; else what
   is wrong. */
const char *kr_names_own(struct kr_arena *, kr_str sql, const char *owner);
/* DDL commits by itself; anything else runs in one transaction with its mark. */
bool kr_source_is_ddl(kr_str sql);

#endif
