/* What the files of the loader share: findings, the reader of SQL, the checks. */
#ifndef KR_PLUGIN_CHECK_H
#define KR_PLUGIN_CHECK_H

#include "db/db.h"
#include "plugin/registry.h"

/* The rules, by code:
   KR-R1   a route needs a permission, or says that it is public or for anybody signed
   in KR-R2   a permission that the plugin does not declare KR-R3   {id} in a path needs
   an entity or a guard; {id2} needs a guard KR-R4   a path is /NAME, or below it, and
   well formed KR-R5   a GET that writes, or a public route, says why and has a machine
   check in front KR-R6   routes for machines and routes for people do not mix KR-R7
   names are unique, fields are of a known type with sensible limits KR-R8   events are
   declared by whom they are named after; hooks name declared ones KR-R9   needs are
   there, and not in a circle KR-R10  statements and scopes write own tables only, read
   own and shared ones KR-R11  entities: table, properties, scopes KR-R12  every column
   of an own table is declared, personal or not KR-R13  the file: imports, exports,
   writable data, code that runs at load KR-R14  built from other headers than this
   Kreide KR-R15  names, titles, times and defaults are well formed KR-R16  its
   migrations have not run KR-R17  a statement that the database refuses */
struct kr_findings {
	FILE *report; /* may be NULL */
	const char *plugin;
	size_t n;
	char first[300]; /* the first one, as the reason of a refusal */
};
void kr_finding(struct kr_findings *, const char *rule, const char *fmt, ...)
    KR_PRINTF(3, 4);

/* ── sql.c: the tables a statement touches ── */
typedef void kr_table_fn(void *arg, kr_str table, bool written);
/* NULL, or what about the statement cannot be judged. */
const char *kr_sql_tables(kr_str sql, kr_table_fn *, void *arg);
/* Only :me, :today and :now; NULL, or what is wrong. */
const char *kr_sql_scope_ok(const char *scope);
bool kr_table_of(const char *plugin, kr_str table); /* named PLUGIN_... */

/* ── the checks; each adds findings ── */
void kr_check_manifest(const struct kr_plugin *, struct kr_findings *);
void kr_check_statements(const struct kr_plugin *, struct kr_findings *);
/* needs and events of all loaded plugins against each other; refuses what fails. */
void kr_check_together(struct kr_app *);

/* ── schema.c: against a migrated database ── */
size_t kr_schema_check(struct kr_conn *, const struct kr_plugin *, FILE *report);

/* ── load.c ── */
/* Reads, checks and opens one .so. loaded_r->p is NULL when it was refused. */
void kr_plugin_open(
    const char *path, const char *dir, FILE *report, struct kr_loaded *loaded_r);
/* The manifest with rows of our own size; lives as long as the process. NULL with a
   finding when it cannot be read. */
const struct kr_plugin *kr_manifest_adopt(
    const struct kr_plugin *, struct kr_findings *);
/* As kr_app_load(), with every finding written to report. */
bool kr_app_load_report(
    struct kr_app *, const char *home, FILE *report, char *why_r, size_t why_n);
bool kr_app_load_bare(struct kr_app *, const char *lib, FILE *report);
/* ── imports.c ── */
struct kr_elf;
void kr_check_file(const struct kr_elf *, uint32_t rights, struct kr_findings *);

#endif
