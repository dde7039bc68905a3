/* What the files of the loader share: findings, the reader of SQL, the checks. */
#ifndef KR_PLUGIN_CHECK_H
#define KR_PLUGIN_CHECK_H

#include "db/db.h"
#include "plugin/registry.h"

struct kr_rule {
	const char *code, *rule, *reason;
};
extern const struct kr_rule kr_rules[]; /* rules.c: all of them; ended by code NULL */

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
void kr_check_together(struct kr_app *, FILE *report);

/* ── check_words.c: what the checks have in common ── */
bool kr_is_core(const struct kr_plugin *);
/* a-z, 0-9 and what else is allowed, at most so many; begins with a letter. */
bool kr_word_ok(const char *word, const char *also, size_t most);
bool kr_own_word(const struct kr_plugin *, const char *word); /* "PLUGIN.word" */
void kr_check_own(
    const struct kr_plugin *, struct kr_findings *, const char *what, const char *word);
void kr_check_text(
    struct kr_findings *, const char *what, const char *name, const char *key);
void kr_check_perm(
    const struct kr_plugin *, struct kr_findings *, const char *what, const char *perm);
void kr_check_limits(struct kr_findings *, const char *where, const struct kr_field *,
    const char *types);
void kr_check_choices(struct kr_findings *, const char *where, const struct kr_field *);

/* ── check_routes.c, check_entities.c: number no of the manifest ── */
void kr_check_route(const struct kr_plugin *, size_t no, struct kr_findings *);
void kr_check_router(const struct kr_plugin *, struct kr_findings *);
void kr_check_entity(const struct kr_plugin *, size_t no, struct kr_findings *);

/* ── schema.c: against a migrated database ── */
struct kr_schema; /* all tables and columns, read once for all plugins */
struct kr_schema *kr_schema_read(struct kr_conn *);
void kr_schema_free(struct kr_schema **);
size_t kr_schema_check(
    const struct kr_schema *, const struct kr_plugin *, FILE *report);

/* ── stored.c ── */
/* Has each statement prepared, its entities' too: by the first of these users, or by
   another (NULL: none) that may. Returns how many there are. */
size_t kr_statements_check(
    struct kr_conn *const *, size_t nconns, const struct kr_plugin *, FILE *report);
/* Both of them for every loaded plugin; refuses what fails. Lets all pass when there is
   no database to ask. */
void kr_check_stored(struct kr_app *, FILE *report);

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
