/* What only the database knows of a plugin: whether its tables, columns and statements
   are what the manifest says. Asked before anything is served; what fails is refused.
 */
#include "plugin/check.h"

#include "app/entity.h"
#include "proc/proc.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct users {
	struct kr_conn *const *conns;
	size_t n;
};

/* By the first user, or by any other that may run it. */
static size_t
verify(const struct users *u, const struct kr_stmt *s, struct kr_findings *f)
{
	char why[300], other[300];
	bool good;

	if (s == NULL)
		return 0;
	good = kr_stmt_verify(u->conns[0], s, why, sizeof why);
	for (size_t i = 1; !good && i < u->n; i++)
		good = u->conns[i] != NULL &&
		       kr_stmt_verify(u->conns[i], s, other, sizeof other);
	if (!good)
		kr_finding(f, "KR-R17", "%s: %s", s->name, why);
	return 1;
}

size_t
kr_statements_check(struct kr_conn *const *conns, size_t nconns,
    const struct kr_plugin *p, FILE *report)
{
	const struct users u = { conns, nconns };
	struct kr_findings f = { .report = report, .plugin = p->name };
	size_t n = 0;

	for (const struct kr_stmt *const *s = p->stmts; s != p->stmts_end; s++)
		n += verify(&u, *s, &f);
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++) {
		const struct kr_entity_sql *e = kr_entity_sql(p->entities[i], p->name);

		n += verify(&u, e->one, &f) + verify(&u, e->may_read, &f) +
		     verify(&u, e->may_write, &f) + verify(&u, e->insert, &f) +
		     verify(&u, e->update, &f) + verify(&u, e->trash, &f) +
		     verify(&u, e->restore, &f);
	}
	return n;
}

/* As the user that pages write with. NULL: there is no database yet, or it is away. */
static struct kr_conn *
connect_to(const char *home)
{
	char path[PATH_MAX], socket[PATH_MAX];
	struct kr_arena *arena = kr_arena_new((size_t)1 << 18);
	struct kr_conn *conn = NULL;
	kr_str password;

	snprintf(path, sizeof path, "%s/secret/kreide_rw.pw", home);
	snprintf(socket, sizeof socket, "%s/run/mysql.sock", kr_home_short(home));
	if (kr_read_file(arena, path, &password))
		conn = kr_conn_new(&(struct kr_conn_opt){ .socket = socket,
		    .user = "kreide_rw",
		    .password = kr_dup(arena, kr_trim(password)).p,
		    .schema = "kreide",
		    .cache = 64 });
	kr_arena_free(&arena);
	if (conn != NULL && kr_conn_open(conn) != KR_OK) {
		kr_log_kv(KR_WARN, "plugin.unchecked",
		    { "why", kr_s(kr_z(kr_conn_error(conn))) });
		kr_conn_free(&conn);
	}
	return conn;
}

static void
check_one(struct kr_conn *conn, const struct kr_schema *schema, struct kr_loaded *l,
    FILE *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		kr_panic("no memory for a report");
	(void)kr_schema_check(schema, l->p, f);
	(void)kr_statements_check(&conn, 1, l->p, f);
	if (fclose(f) != 0)
		kr_panic("no memory for a report");
	if (size > 0) {
		if (report != NULL)
			fputs(text, report);
		l->p = NULL;
		l->refused = strndup(text, strcspn(text, "\n"));
		if (l->refused == NULL)
			kr_panic("no memory for a reason");
	}
	free(text);
}

void
kr_check_stored(struct kr_app *app, FILE *report)
{
	struct kr_conn *conn = connect_to(app->conf.home);
	struct kr_schema *schema;

	if (conn == NULL)
		return;
	schema = kr_schema_read(conn);
	/* Core's own tables are proven by the tests; it is not refused, it is repaired.
	 */
	for (size_t i = 1; i < app->nplugins; i++)
		if (app->plugins[i].p != NULL)
			check_one(conn, schema, &app->plugins[i], report);
	kr_schema_free(&schema);
	kr_conn_free(&conn);
}
