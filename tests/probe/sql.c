/* What the database accounts of a process may do, asked with the password that this
   process holds, past everything that core does before a statement. */
#include "probe.h"

#ifdef PROBE_SCAN
const struct probe probes_sql[] = { { NULL, NULL, NULL, 0, 0 } };
#else

#include <mysql.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { RO, RW, AUTH, JOBS };
static const char *const users[] = { "kreide_ro", "kreide_rw", "kreide_auth",
	"kreide_jobs" };
static const char *const schemas[] = { "kreide", "kreide", "kreide_auth", "kreide" };

static bool
is_ours(long account)
{
	static const char *const owners[] = { "page save slow must sign",
		"page save slow must sign", "auth keys", "jobs" };

	return strncmp(probe_kind, "kreide-", 7) == 0 &&
	       strstr(owners[account], probe_kind + 7) != NULL;
}

static long
try_sql(const struct probe *p)
{
	char path[512];
	MYSQL *my;
	long said = 0;

	if (!is_ours(p->a))
		return PROBE_NOT_OURS;
	snprintf(path, sizeof path, "%s/run/mysql.sock", probe_head->home);
	my = mysql_init(NULL);
	if (mysql_real_connect(my, NULL, users[p->a], probe_head->names[p->a],
		schemas[p->a], 0, path, 0) == NULL ||
	    mysql_query(my, p->text) != 0) {
		said = -(long)mysql_errno(my);
	} else {
		MYSQL_RES *rows = mysql_store_result(my);
		MYSQL_ROW row = rows != NULL ? mysql_fetch_row(rows) : NULL;

		/* A function that may not answers NULL. */
		if (rows != NULL && row != NULL && row[0] == NULL)
			said = PROBE_NULL;
		mysql_free_result(rows);
	}
	mysql_close(my);
	return said;
}

#define BOTH(name, sql)                                                                \
	{ "ro-" name, try_sql, sql, RO, 0 },                                           \
	{                                                                              \
		"rw-" name, try_sql, sql, RW, 0                                        \
	}
#define ALL(name, sql)                                                                 \
	BOTH(name, sql), { "auth-" name, try_sql, sql, AUTH, 0 },                      \
	{                                                                              \
		"jobs-" name, try_sql, sql, JOBS, 0                                    \
	}
const struct probe probes_sql[] = {
	ALL("credential", "SELECT * FROM kreide_auth.credential LIMIT 1"),
	ALL("write-person", "UPDATE kreide.core_person SET id = id WHERE id = 0"),
	ALL("drop", "DROP TABLE kreide.core_nonce"),
	ALL("create", "CREATE TABLE kreide.core_probe (id INT)"),
	ALL("alter", "ALTER TABLE kreide.core_nonce ADD probe INT"),
	ALL("trigger", "CREATE TRIGGER kreide.probe BEFORE INSERT ON kreide.core_nonce "
		       "FOR EACH ROW SET @x = 1"),
	ALL("grant", "GRANT SELECT ON kreide_auth.* TO kreide_ro@localhost"),
	ALL("outfile", "SELECT 1 INTO OUTFILE '/tmp/kr-probe-outfile'"),
	ALL("load-file", "SELECT LOAD_FILE('/etc/passwd')"),
	ALL("load-data", "LOAD DATA INFILE '/etc/passwd' INTO TABLE kreide.core_nonce"),
	ALL("load-local",
	    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE kreide.core_nonce"),
	ALL("set-global", "SET GLOBAL local_infile = 1"),
	ALL("accounts", "SELECT * FROM mysql.global_priv LIMIT 1"),
	ALL("two-at-once", "SELECT 1; SELECT 2"),
	BOTH("rewrite-audit", "UPDATE kreide_audit.entry SET id = id WHERE id = 0"),
	BOTH("delete-audit", "DELETE FROM kreide_audit.entry WHERE id = 0"),
	{ "ro-insert-audit", try_sql, "INSERT INTO kreide_audit.entry (id) VALUES (0)",
	    RO, 0 },
	{ "ro-undo", try_sql, "SET SESSION TRANSACTION READ WRITE", RO, 0 },
	{ "auth-news", try_sql, "SELECT * FROM kreide.news_item LIMIT 1", AUTH, 0 },
	{ "auth-audit", try_sql, "SELECT * FROM kreide_audit.entry LIMIT 1", AUTH, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};
#endif
