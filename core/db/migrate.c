/* kreide migrate: schemas and accounts first, then each missing migration, one by one,
   so that it may be killed at any statement and simply be run again. */
#include "db/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define ARENA_CAP ((size_t)64 * 1024 * 1024)

bool
kr_mig_fail(struct mig *m, kr_err err, const char *fmt, ...)
{
	va_list args;

	if (m->err != KR_OK)
		return false;
	m->err = err;
	va_start(args, fmt);
	(void)vsnprintf(m->why_r, m->why_n, fmt, args);
	va_end(args);
	return false;
}

void
kr_mig_say(struct mig *m, const char *fmt, ...)
{
	va_list args;

	if (m->opt->report == NULL)
		return;
	va_start(args, fmt);
	(void)vfprintf(m->opt->report, fmt, args);
	va_end(args);
	(void)fputc('\n', m->opt->report);
	(void)fflush(m->opt->report);
}

static bool
sql_failed(struct mig *m)
{
	unsigned number = mysql_errno(m->my);
	bool away = conn_is_lost(number);

	return kr_mig_fail(m, away ? KR_EUPSTREAM : KR_EFAIL, "database: %u %s", number,
	    mysql_error(m->my));
}

bool
kr_mig_sql(struct mig *m, kr_str sql)
{
	if (m->err != KR_OK)
		return false;
	if (mysql_real_query(m->my, sql.p, sql.n) != 0)
		return sql_failed(m);

	MYSQL_RES *res = mysql_store_result(m->my);

	if (res != NULL)
		mysql_free_result(res);
	return true;
}

bool
kr_mig_sqlf(struct mig *m, const char *fmt, ...)
{
	char sql[1000];
	va_list args;

	va_start(args, fmt);

	int n = vsnprintf(sql, sizeof sql, fmt, args);

	va_end(args);
	KR_CHECK(n > 0 && (size_t)n < sizeof sql);

	bool ok = kr_mig_sql(m, (kr_str){ sql, (size_t)n });

	kr_wipe(sql, sizeof sql); /* it may hold a password */
	return ok;
}

int64_t
kr_mig_number(struct mig *m, const char *sql)
{
	int64_t value = -1;

	if (m->err != KR_OK)
		return -2;
	if (mysql_query(m->my, sql) != 0) {
		sql_failed(m);
		return -2;
	}

	MYSQL_RES *res = mysql_store_result(m->my);

	if (res == NULL) {
		sql_failed(m);
		return -2;
	}

	MYSQL_ROW row = mysql_fetch_row(res);

	if (row != NULL && row[0] != NULL && !kr_to_i(kr_z(row[0]), &value))
		value = -1;
	mysql_free_result(res);
	return value;
}

MYSQL *
kr_mig_connect(struct mig *m, const char *user, const char *password)
{
	unsigned connect_s = 5, off = 0;
	MYSQL *my = mysql_init(NULL);

	if (my == NULL)
		kr_panic("no memory for a connection");
	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(my, NULL, user, password, NULL, 0, m->opt->socket, 0) !=
		NULL &&
	    mysql_query(my, "SET time_zone = '+00:00'") == 0)
		return my;
	kr_mig_fail(m, KR_EUPSTREAM, "cannot connect as %s: %u %s", user,
	    mysql_errno(my), mysql_error(my));
	mysql_close(my);
	return NULL;
}

/* What is known of a migration: never begun, begun (and perhaps killed), done. */
enum mark { FRESH, BEGUN, DONE, BROKEN };

static enum mark
mark_read(struct mig *m, const char *owner, const struct migration *g)
{
	char sql[500];
	kr_str hex = kr_hex(m->arena, (kr_str){ (const char *)g->digest, 32 });

	/* 0 begun, 1 done, 2 done with another text */
	snprintf(sql, sizeof sql,
	    "SELECT IF(done IS NULL, 0, IF(digest = x'%.*s', 1, 2)) "
	    "FROM kreide.core_migration WHERE owner = '%s' AND number = %u",
	    KR_FMT(hex), owner, g->number);
	switch (kr_mig_number(m, sql)) {
	case -1:
		return FRESH;
	case 0:
		return BEGUN;
	case 1:
		return DONE;
	case 2:
		kr_mig_fail(m, KR_EFAIL,
		    "%s/%s was changed after it had run; write a new migration instead",
		    owner, g->file);
		return BROKEN;
	default:
		return BROKEN;
	}
}

static bool
mark_begun(struct mig *m, const char *owner, const struct migration *g)
{
	kr_str hex = kr_hex(m->arena, (kr_str){ (const char *)g->digest, 32 });

	return kr_mig_sqlf(m,
	    "REPLACE INTO kreide.core_migration (owner, number, name, digest, begun) "
	    "VALUES ('%s', %u, '%s', x'%.*s', UTC_TIMESTAMP(6))",
	    owner, g->number, g->file, KR_FMT(hex));
}

static bool
mark_done(struct mig *m, const char *owner, const struct migration *g)
{
	return kr_mig_sqlf(m,
	    "UPDATE kreide.core_migration SET done = UTC_TIMESTAMP(6) "
	    "WHERE owner = '%s' AND number = %u",
	    owner, g->number);
}

/* What a statement says when it had already run before the kill. MariaDB's DDL is
   atomic, so it has run as a whole or not at all. */
static bool
says_already_done(unsigned number)
{
	static const unsigned numbers[] = { ER_TABLE_EXISTS_ERROR, ER_DUP_FIELDNAME,
		ER_DUP_KEYNAME, ER_CANT_DROP_FIELD_OR_KEY, ER_BAD_TABLE_ERROR,
		ER_MULTIPLE_PRI_KEY, ER_DUP_CONSTRAINT_NAME, ER_UNKNOWN_VIEW,
		ER_TRG_ALREADY_EXISTS };

	for (size_t i = 0; i < KR_LEN(numbers); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* The server's no is certain, so the mark goes: a table that somebody else had made
   must not pass for ours the next time. */
static bool
refused(struct mig *m, const char *owner, const struct migration *g, unsigned number)
{
	bool away = conn_is_lost(number);

	kr_mig_fail(m, away ? KR_EUPSTREAM : KR_EFAIL, "%s/%s: %u %s", owner, g->file,
	    number, mysql_error(m->my));
	if (!away) {
		char sql[200];

		snprintf(sql, sizeof sql,
		    "DELETE FROM kreide.core_migration WHERE owner = '%s' AND "
		    "number = %u AND done IS NULL",
		    owner, g->number);
		(void)mysql_query(m->my, sql);
	}
	return false;
}

static bool
run_ddl(struct mig *m, const char *owner, const struct migration *g, bool again)
{
	if (!mark_begun(m, owner, g))
		return false;
	if (mysql_real_query(m->my, g->sql.p, g->sql.n) != 0) {
		unsigned number = mysql_errno(m->my);

		if (!again || !says_already_done(number))
			return refused(m, owner, g, number);
		kr_mig_say(
		    m, "%s/%s: had run before it was interrupted", owner, g->file);
	}
	return mark_done(m, owner, g);
}

/* Rows and mark in one transaction: exactly once, whenever it is killed. */
static bool
run_dml(struct mig *m, const char *owner, const struct migration *g)
{
	if (!kr_mig_sql(m, KR_S("START TRANSACTION")) || !mark_begun(m, owner, g))
		return false;
	if (mysql_real_query(m->my, g->sql.p, g->sql.n) != 0)
		return kr_mig_fail(m, KR_EFAIL, "%s/%s: %u %s", owner, g->file,
		    mysql_errno(m->my), mysql_error(m->my));
	return mark_done(m, owner, g) && kr_mig_sql(m, KR_S("COMMIT"));
}

static bool
run_one(struct mig *m, const char *owner, const struct migration *g)
{
	enum mark mark = mark_read(m, owner, g);
	int64_t start = kr_mono_us();

	if (mark == DONE)
		return true;
	if (mark == BROKEN)
		return false;
	if (mysql_select_db(m->my, g->schema) != 0)
		return sql_failed(m);

	bool ok = kr_source_is_ddl(g->sql) ? run_ddl(m, owner, g, mark == BEGUN)
					   : run_dml(m, owner, g);

	if (ok)
		kr_mig_say(m, "%s/%s: %lld ms", owner, g->file,
		    (long long)(kr_mono_us() - start) / 1000);
	return ok;
}

static bool
owner_ok(const char *owner)
{
	kr_str s = kr_z(owner);

	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(i > 0 && s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0 && s.n <= 32;
}

static bool
run_owner(struct mig *m, const char *dir, const char *owner)
{
	struct migration *list = NULL;
	size_t n;

	if (!owner_ok(owner))
		return kr_mig_fail(m, KR_EFAIL, "\"%s\": no name of a plugin", owner);
	if (!kr_source_read(m, dir, owner, &list, &n))
		return false;
	for (size_t k = 0; k < n; k++)
		if (!run_one(m, owner, &list[k]))
			return false;
	return true;
}

/* One plugin's failure is its own, if somebody wants to hear of it. */
static bool
leave_out(struct mig *m, const char *owner)
{
	if (m->opt->refused == NULL || strcmp(owner, "core") == 0 ||
	    m->err == KR_EUPSTREAM)
		return false;
	m->opt->refused(m->opt->arg, m->why_r);
	m->err = KR_OK;
	m->why_r[0] = 0;
	return kr_mig_sql(m, KR_S("ROLLBACK"));
}

static bool
run_all(struct mig *m)
{
	if (!kr_mig_sql(m,
		KR_S(
		    "CREATE TABLE IF NOT EXISTS kreide.core_migration ("
		    "owner VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, "
		    "number INT UNSIGNED NOT NULL, "
		    "name VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, "
		    "digest BINARY(32) NOT NULL, "
		    "begun DATETIME(6) NOT NULL, "
		    "done DATETIME(6) NULL, "
		    "PRIMARY KEY (owner, number)) ENGINE = InnoDB")))
		return false;
	for (size_t i = 0; i < m->opt->ndirs; i++)
		if (!run_owner(m, m->opt->dirs[i], m->opt->owners[i]) &&
		    !leave_out(m, m->opt->owners[i]))
			return false;
	return true;
}

/* Two at a time would run a migration twice. */
static int
lock_take(struct mig *m)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/.migrate.lock", m->opt->secret_dir) >=
	    (int)sizeof path)
		return -1;

	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		kr_mig_fail(m, KR_ECONFLICT, "another `kreide migrate` is running");
		return -1;
	}
	if (fd < 0)
		kr_mig_fail(m, KR_EFAIL, "%s: %s", path, strerror(errno));
	return fd;
}

/* Migrations run as kreide_ddl: views are defined by it, and no migration can reach
   the server's own tables. */
static bool
migrate_as_ddl(struct mig *m, kr_str password)
{
	MYSQL *admin = m->my;
	const char *pw = kr_dup(m->arena, password).p;

	m->my = kr_mig_connect(m, "kreide_ddl", pw);

	bool ok = m->my != NULL && run_all(m);

	if (m->my != NULL)
		mysql_close(m->my);
	m->my = admin;
	return ok && kr_users_grant_tables(m);
}

kr_err
kr_migrate(const struct kr_migrate_opt *opt, char *why_r, size_t why_n)
{
	struct mig m = { .opt = opt, .why_r = why_r, .why_n = why_n };
	kr_str password = { NULL, 0 };
	int lock = -1;

	m.arena = kr_arena_new(ARENA_CAP);
	m.my = kr_mig_connect(&m, opt->admin_user, NULL);
	if (m.my == NULL)
		goto out;
	if (!kr_users_make_dir(&m))
		goto out;
	lock = lock_take(&m);
	if (lock >= 0 && kr_users_make(&m, &password))
		(void)migrate_as_ddl(&m, password);
out:
	if (m.my != NULL)
		mysql_close(m.my);
	if (lock >= 0)
		close(lock);
	kr_arena_free(&m.arena);
	return m.err;
}
