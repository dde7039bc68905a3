/* Schemas and database accounts: random passwords in files that only their process can
   read, grants by the least that each needs. */
#include "db/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct account {
	const char *name;
	const char *owner; /* system user of the file, when made by root; NULL: root */
} accounts[] = {
	{ "kreide_ro", "kreide-web" },
	{ "kreide_rw", "kreide-web" },
	{ "kreide_auth", "kreide-auth" },
	{ "kreide_jobs", "kreide-jobs" },
	{ "kreide_ddl", NULL },
};

static const char *const schemas[] = { "kreide", "kreide_auth", "kreide_audit" };

#define DML "SELECT, INSERT, UPDATE, DELETE"

static const struct grant {
	const char *rights, *on, *to;
} grants[] = {
	{ "SELECT", "kreide.*", "kreide_ro" },
	{ "SELECT", "kreide_audit.*", "kreide_ro" },
	{ DML, "kreide.*", "kreide_rw" },
	{ "SELECT, INSERT", "kreide_audit.*", "kreide_rw" },
	{ DML, "kreide_auth.*", "kreide_auth" },
	{ DML, "kreide.*", "kreide_jobs" },
	{ DML, "kreide_audit.*", "kreide_jobs" },
	{ "ALL", "kreide.*", "kreide_ddl" },
	{ "ALL", "kreide_auth.*", "kreide_ddl" },
	{ "ALL", "kreide_audit.*", "kreide_ddl" },
};

/* Rights on single tables: MariaDB wants the table to be there. */
static const struct table_grant {
	const char *rights, *table, *to;
} table_grants[] = {
	{ "SELECT", "core_person", "kreide_auth" },
};

static bool
password_ok(kr_str p)
{
	for (size_t i = 0; i < p.n; i++) {
		char c = p.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return p.n >= 32 && p.n <= 64;
}

static bool
write_all(int fd, kr_str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = kr_sub(s, (size_t)n, s.n);
	}
	return true;
}

/* The file belongs to the process that reads it. As an ordinary user all processes
   share one uid, so there is nothing to hand over. */
static bool
give(struct mig *m, int fd, const char *owner)
{
	if (geteuid() != 0 || owner == NULL)
		return true;

	const struct passwd *pw = getpwnam(owner);

	if (pw == NULL) {
		kr_mig_say(
		    m, "secret: no system user %s, the file stays root's", owner);
		return true;
	}
	return fchown(fd, pw->pw_uid, pw->pw_gid) == 0;
}

/* Complete or not there at all: written aside, synced, renamed. */
static bool
secret_write(struct mig *m, const char *path, const char *owner, kr_str secret)
{
	char aside[PATH_MAX];

	if (snprintf(aside, sizeof aside, "%s.new", path) >= (int)sizeof aside)
		return kr_mig_fail(m, KR_EFAIL, "%s: path too long", path);
	(void)unlink(aside);

	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);

	if (fd < 0)
		return kr_mig_fail(m, KR_EFAIL, "%s: %s", aside, strerror(errno));

	bool ok = give(m, fd, owner) && write_all(fd, secret) && fsync(fd) == 0;
	int keep = errno;

	if (close(fd) != 0 || !ok || rename(aside, path) != 0) {
		keep = ok ? errno : keep;
		(void)unlink(aside);
		return kr_mig_fail(m, KR_EFAIL, "%s: %s", path, strerror(keep));
	}
	kr_mig_say(m, "secret: %s made", path);
	return true;
}

/* Keys of signed addresses and of form tokens, read by the master before it gives its
   rights away, and of the audit chain, for jobs alone: 32 random bytes each. */
static bool
keys_make(struct mig *m)
{
	static const struct {
		const char *name, *owner;
	} keys[] = { { "url.key", NULL }, { "csrf.key", NULL },
		{ "audit.key", "kreide-jobs" } };

	for (size_t i = 0; i < KR_LEN(keys); i++) {
		char path[PATH_MAX];
		uint8_t key[32];

		if (snprintf(path, sizeof path, "%s/%s", m->opt->secret_dir,
			keys[i].name) >= (int)sizeof path)
			return kr_mig_fail(
			    m, KR_EFAIL, "%s: path too long", keys[i].name);
		if (access(path, F_OK) == 0)
			continue;
		kr_random(key, sizeof key);

		bool ok = secret_write(
		    m, path, keys[i].owner, (kr_str){ (const char *)key, sizeof key });

		kr_wipe(key, sizeof key);
		if (!ok)
			return false;
	}
	return true;
}

/* Where the audit chain ends, as far as jobs has sealed it: jobs writes it, so its mode
   is not that of a secret. */
static bool
head_make(struct mig *m)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/audit.head", m->opt->secret_dir) >=
	    (int)sizeof path)
		return kr_mig_fail(m, KR_EFAIL, "audit.head: path too long");
	if (access(path, F_OK) == 0)
		return true;
	if (!secret_write(m, path, "kreide-jobs", KR_S("\n")))
		return false;
	if (chmod(path, 0600) == 0)
		return true;
	return kr_mig_fail(m, KR_EFAIL, "%s: %s", path, strerror(errno));
}

static bool
password_get(struct mig *m, const struct account *a, kr_str *password_r)
{
	char path[PATH_MAX];
	uint8_t bytes[32];

	if (snprintf(path, sizeof path, "%s/%s.pw", m->opt->secret_dir, a->name) >=
	    (int)sizeof path)
		return kr_mig_fail(m, KR_EFAIL, "%s: path too long", a->name);
	if (kr_read_file(m->arena, path, password_r)) {
		*password_r = kr_trim(*password_r);
		if (password_ok(*password_r))
			return true;
		return kr_mig_fail(m, KR_EFAIL,
		    "%s: not a password of ours; remove the file to get a new one",
		    path);
	}
	if (errno != ENOENT)
		return kr_mig_fail(m, KR_EFAIL, "%s: %s", path, strerror(errno));
	kr_random(bytes, sizeof bytes);
	*password_r =
	    kr_b64url(m->arena, (kr_str){ (const char *)bytes, sizeof bytes });
	kr_wipe(bytes, sizeof bytes);
	return secret_write(m, path, a->owner, *password_r);
}

/* ALTER after CREATE: the account follows the file, also after a restored backup. */
static bool
account_make(struct mig *m, const struct account *a, kr_str password)
{
	return kr_mig_sqlf(m, "CREATE USER IF NOT EXISTS '%s'@'localhost'", a->name) &&
	       kr_mig_sqlf(m, "ALTER USER '%s'@'localhost' IDENTIFIED BY '%.*s'",
		   a->name, KR_FMT(password));
}

bool
kr_users_make_dir(struct mig *m)
{
	struct stat st;

	/* 0711: each process finds its own file by name, nobody lists them. */
	if (mkdir(m->opt->secret_dir, 0711) != 0 && errno != EEXIST)
		return kr_mig_fail(
		    m, KR_EFAIL, "%s: %s", m->opt->secret_dir, strerror(errno));
	if (stat(m->opt->secret_dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return kr_mig_fail(m, KR_EFAIL, "%s: no folder", m->opt->secret_dir);
	return true;
}

bool
kr_users_make(struct mig *m, kr_str *ddl_password_r)
{
	if (!keys_make(m) || !head_make(m))
		return false;
	for (size_t i = 0; i < KR_LEN(schemas); i++)
		if (!kr_mig_sqlf(m,
			"CREATE SCHEMA IF NOT EXISTS %s CHARACTER SET utf8mb4 "
			"COLLATE uca1400_german2_as_ci",
			schemas[i]))
			return false;
	for (size_t i = 0; i < KR_LEN(accounts); i++) {
		kr_str password;

		if (!password_get(m, &accounts[i], &password) ||
		    !account_make(m, &accounts[i], password))
			return false;
		if (strcmp(accounts[i].name, "kreide_ddl") == 0)
			*ddl_password_r = password;
	}
	for (size_t i = 0; i < KR_LEN(grants); i++)
		if (!kr_mig_sqlf(m, "GRANT %s ON %s TO '%s'@'localhost'",
			grants[i].rights, grants[i].on, grants[i].to))
			return false;
	return true;
}

bool
kr_users_grant_tables(struct mig *m)
{
	for (size_t i = 0; i < KR_LEN(table_grants); i++) {
		const struct table_grant *g = &table_grants[i];
		char sql[300];

		snprintf(sql, sizeof sql,
		    "SELECT COUNT(*) FROM information_schema.tables WHERE "
		    "table_schema = 'kreide' AND table_name = '%s'",
		    g->table);

		int64_t there = kr_mig_number(m, sql);

		if (there == -2)
			return false;
		if (there == 1 &&
		    !kr_mig_sqlf(m, "GRANT %s ON kreide.%s TO '%s'@'localhost'",
			g->rights, g->table, g->to))
			return false;
	}
	return true;
}
