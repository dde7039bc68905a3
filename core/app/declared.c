/* From the declarations of all manifests to statements, once per process. */
#include "app/declared.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

#define WAYS_MAX 512
#define COLS_MAX 64
#define IDS "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"

KR_STMT(q_columns, "", "ssssb",
    "SELECT table_schema, table_name, column_name, data_type, is_nullable = 'YES'"
    " FROM information_schema.columns"
    " WHERE table_schema IN ('kreide', 'kreide_audit')");

struct column {
	kr_str schema, table, name, type;
	bool nullable;
};
static const struct kr_col column_cols[] = { KR_COL(struct column, schema),
	KR_COL(struct column, table), KR_COL(struct column, name),
	KR_COL(struct column, type), KR_COL(struct column, nullable) };

static struct kr_declared *made;

struct maker {
	struct kr_arena *arena; /* of the context: statements are copied */
	struct kr_declared *d;
	const struct kr_plugin *p;
	KR_ARRAY(struct column) columns;
	struct kr_buf sql;
};

/* ── what the database has ── */

/* "kreide_audit.entry", or without a schema in ours. */
static bool
same_table(const struct column *c, const char *table)
{
	kr_str name = kr_z(table), schema = KR_S("kreide"), rest = name;

	if (strchr(table, '.') != NULL && kr_split(&rest, '.', &schema))
		name = rest;
	return kr_eq(c->schema, schema) && kr_eq(c->table, name);
}

static const struct column *
column_of(const struct maker *m, const char *table, const char *name)
{
	for (size_t i = 0; i < m->columns.n; i++)
		if (kr_is(m->columns.p[i].name, name) &&
		    same_table(&m->columns.p[i], table))
			return &m->columns.p[i];
	return NULL;
}

static bool
has_word(const char *list, kr_str type)
{
	char word[64];

	snprintf(word, sizeof word, " %.*s ", KR_FMT(type));
	return strstr(list, word) != NULL;
}

/* ── statements ── */

static void
fresh(struct maker *m)
{
	kr_buf_init(&m->sql, m->arena, 256);
}

static const struct kr_stmt *
done(struct maker *m, const char *what, const char *in, const char *out)
{
	struct kr_buf name;

	kr_buf_init(&name, m->arena, 64);
	kr_buf_fmt(&name, "declared.%s.%s", m->p->name, what);
	kr_buf_c(&name, '\0');
	kr_buf_c(&m->sql, '\0');
	return kr_stmt_make(name.p, in, out, m->sql.p);
}

/* Empty in the way the column allows: NULL, '' or 0. */
static const char *
empty(const struct column *c)
{
	if (c->nullable)
		return "NULL";
	return has_word(" char varchar text tinytext mediumtext longtext binary "
			"varbinary blob mediumblob longblob ",
		   c->type)
		   ? "''"
		   : "0";
}

/* A value as text: times in UTC as ISO 8601, groups by their names, bytes as digits. */
static void
as_text(struct maker *m, const struct column *c)
{
	int n = (int)c->name.n;
	const char *p = c->name.p;

	if (kr_is(c->type, "datetime"))
		kr_buf_fmt(
		    &m->sql, "DATE_FORMAT(t.%.*s, '%%Y-%%m-%%dT%%H:%%i:%%sZ')", n, p);
	else if (has_word(" binary varbinary blob ", c->type))
		kr_buf_fmt(&m->sql, "HEX(t.%.*s)", n, p);
	else if (kr_is(c->name, "group_id"))
		kr_buf_str(
		    &m->sql, KR_S("(SELECT g.name FROM kreide.core_group g WHERE g.id ="
				  " t.group_id)"));
	else
		kr_buf_fmt(&m->sql, "CAST(t.%.*s AS CHAR)", n, p);
}

static void
make_rows(struct maker *m, struct kr_way *w)
{
	char out[COLS_MAX + 1] = "";
	size_t n = 0;

	fresh(m);
	for (size_t i = 0; i < w->ncols; i++) {
		const struct column *c = column_of(m, w->table, w->cols[i].name);

		if (c == NULL)
			continue;
		kr_buf_str(&m->sql, n ? KR_S(", ") : KR_S("SELECT DISTINCT "));
		as_text(m, c);
		w->cols[n] = w->cols[i];
		out[n++] = 's';
	}
	w->ncols = n;
	if (n == 0)
		return;
	kr_buf_fmt(&m->sql, " FROM %s t WHERE t.%s = ?", w->table, w->subject);
	if (w->entity != NULL)
		kr_buf_str(&m->sql, KR_S(" ORDER BY t.id DESC"));
	kr_buf_fmt(&m->sql, " LIMIT %d", KR_ROWS_MAX);
	w->rows = done(m, "rows", "i", out);
}

static void
add_col(struct kr_way *w, const char *name, const struct kr_prop *prop)
{
	if (w->ncols < COLS_MAX)
		w->cols[w->ncols++] = (struct kr_way_col){ name, prop };
}

static struct kr_way *
add_way(struct maker *m, const char *table, const char *subject)
{
	struct kr_way *w = &m->d->ways.p[m->d->ways.n];

	KR_CHECK(m->d->ways.n < WAYS_MAX);
	*w = (struct kr_way){ .plugin = m->p, .table = table, .subject = subject };
	w->cols = calloc(COLS_MAX, sizeof *w->cols);
	KR_CHECK(w->cols != NULL);
	m->d->ways.n++;
	fresh(m);
	kr_buf_fmt(&m->sql, "SELECT COUNT(*) FROM %s WHERE %s = ?", table, subject);
	w->count = done(m, "count", "i", "i");
	return w;
}

static struct kr_keep *
add_keep(struct maker *m, const char *table, const char *since, int days)
{
	struct kr_keep *k = &m->d->keeps.p[m->d->keeps.n++];

	KR_CHECK(m->d->keeps.n < WAYS_MAX);
	*k = (struct kr_keep){
		.plugin = m->p, .table = table, .since = since, .days = days
	};
	return k;
}

/* Empties one column, a batch at a time; rows that are empty already do not count. */
static void
keep_column(struct maker *m, struct kr_keep *k, const char *column)
{
	const struct column *c = column_of(m, k->table, column);
	const char *to = c == NULL ? "NULL" : empty(c);

	k->column = column;
	fresh(m);
	kr_buf_fmt(&m->sql,
	    "UPDATE %s SET %s = %s WHERE %s < ? AND NOT (%s <=> %s) LIMIT %d", k->table,
	    column, to, k->since, column, to, KR_KEEP_BATCH);
	k->gone = done(m, "blank_old", "t", "");
}

/* ── entities ── */

static bool
is_subject(const struct kr_entity *e, const struct kr_prop *q)
{
	bool anybody_me = false;

	for (size_t i = 0; i < e->nprops; i++)
		anybody_me |= e->props[i].type == 'p' && (e->props[i].flags & KR_P_ME);
	return q->type == 'p' && (!anybody_me || (q->flags & KR_P_ME) != 0);
}

static void
blank_reference(struct maker *m, struct kr_way *w)
{
	const struct column *c = column_of(m, w->table, w->subject);

	fresh(m);
	kr_buf_fmt(&m->sql, "UPDATE %s SET %s = %s WHERE %s = ?", w->table, w->subject,
	    c == NULL ? "0" : empty(c), w->subject);
	w->blank = done(m, "blank", "i", "");
}

static const struct kr_stmt *
drop_by_ids(struct maker *m, const char *table)
{
	fresh(m);
	kr_buf_fmt(
	    &m->sql, "DELETE t FROM " IDS " STRAIGHT_JOIN %s t ON t.id = j.id", table);
	return done(m, "drop", "s", "");
}

static void
entity_way(struct maker *m, const struct kr_entity *e, const struct kr_prop *who)
{
	struct kr_way *w = add_way(m, e->table, who->name);

	w->entity = e;
	w->erase = is_subject(e, who) ? e->erase : KR_ERASE_NULL;
	fresh(m);
	kr_buf_fmt(&m->sql, "SELECT id FROM %s WHERE %s = ?", e->table, who->name);
	w->ids = done(m, "ids", "i", "i");
	if (w->erase == KR_ERASE_ROW)
		w->drop = drop_by_ids(m, e->table);
	if (w->erase == KR_ERASE_NULL)
		blank_reference(m, w);
	if (!is_subject(e, who))
		return; /* somebody else's row */
	add_col(w, "id", NULL);
	for (size_t i = 0; i < e->nprops; i++)
		if (e->props[i].pd != KR_PD_SECRET && e->props[i].type != 'a' &&
		    e->props[i].type != 'p')
			add_col(w, e->props[i].name, &e->props[i]);
	add_col(w, "created", NULL);
	add_col(w, "changed", NULL);
	make_rows(m, w);
}

static void
entity_keep(struct maker *m, const struct kr_entity *e, const char *since, int days)
{
	struct kr_keep *k = add_keep(m, e->table, since, days);

	k->entity = e;
	fresh(m);
	kr_buf_fmt(&m->sql, "SELECT id FROM %s WHERE %s < ? ORDER BY id LIMIT %d",
	    e->table, since, KR_KEEP_BATCH);
	k->old = done(m, "old", "t", "i");
	k->gone = drop_by_ids(m, e->table);
}

static void
entity(struct maker *m, size_t no)
{
	const struct kr_entity *e = m->p->entities[no];

	for (size_t i = 0; i < no; i++)
		if (strcmp(m->p->entities[i]->table, e->table) == 0)
			return; /* another view of the same rows */
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *q = &e->props[i];

		if (q->type == 'p')
			entity_way(m, e, q);
		if (q->keep_days > 0)
			keep_column(
			    m, add_keep(m, e->table, "changed", q->keep_days), q->name);
	}
	if (e->keep_days > 0)
		entity_keep(m, e, "changed", e->keep_days);
	if ((e->flags & KR_E_TRASH) != 0)
		entity_keep(m, e, "deleted_at", KR_BIN_DAYS);
}

/* ── rows of kr_pdata ── */

static bool
same_way(const struct kr_pdata *a, const struct kr_pdata *b)
{
	return b->kind != KR_PD_NONE && strcmp(a->table, b->table) == 0 &&
	       strcmp(a->subject, b->subject) == 0;
}

static void
pdata_blank(struct maker *m, struct kr_way *w, const struct kr_pdata *d)
{
	bool any = false;

	fresh(m);
	for (size_t i = 0; i < m->p->npdata; i++) {
		const struct kr_pdata *o = &m->p->pdata[i];
		const struct column *c = column_of(m, o->table, o->column);

		if (!same_way(d, o) || o->erase != KR_ERASE_NULL || c == NULL)
			continue;
		if (!any)
			kr_buf_fmt(&m->sql, "UPDATE %s SET ", w->table);
		kr_buf_fmt(&m->sql, "%s%s = %s", any ? ", " : "", o->column, empty(c));
		any = true;
	}
	if (!any)
		return;
	kr_buf_fmt(&m->sql, " WHERE %s = ?", w->subject);
	w->blank = done(m, "blank", "i", "");
}

static void
pdata_way(struct maker *m, size_t no)
{
	const struct kr_pdata *d = &m->p->pdata[no];
	struct kr_way *w;

	for (size_t i = 0; i < no; i++)
		if (same_way(d, &m->p->pdata[i]))
			return;
	w = add_way(m, d->table, d->subject);
	w->person = strcmp(d->table, "core_person") == 0;
	w->erase = KR_ERASE_KEEP;
	for (size_t i = 0; i < m->p->npdata; i++) {
		const struct kr_pdata *o = &m->p->pdata[i];

		if (!same_way(d, o))
			continue;
		if (o->erase < w->erase)
			w->erase = o->erase;
		if (o->kind != KR_PD_REF && o->kind != KR_PD_SECRET)
			add_col(w, o->column, NULL);
	}
	if (w->erase == KR_ERASE_NULL)
		pdata_blank(m, w, d);
	if (w->erase == KR_ERASE_ROW) {
		fresh(m);
		kr_buf_fmt(
		    &m->sql, "DELETE FROM %s WHERE %s = ?", w->table, w->subject);
		w->drop = done(m, "drop", "i", "");
	}
	if (w->ncols > 0)
		make_rows(m, w);
}

/* The time that a row's days are counted from. */
static const char *
since_of(const struct maker *m, const struct kr_pdata *d)
{
	if (d->since != NULL)
		return d->since;
	return column_of(m, d->table, "changed") != NULL ? "changed" : "created";
}

static void
pdata_keep(struct maker *m, size_t no)
{
	const struct kr_pdata *d = &m->p->pdata[no];
	const char *since = since_of(m, d);
	struct kr_keep *k;

	if (d->erase == KR_ERASE_NULL) {
		keep_column(m, add_keep(m, d->table, since, d->keep_days), d->column);
		return;
	}
	/* Several columns of a row have one end: the first that is said. */
	for (size_t i = 0; i < no; i++)
		if (m->p->pdata[i].keep_days > 0 &&
		    m->p->pdata[i].erase != KR_ERASE_NULL &&
		    strcmp(m->p->pdata[i].table, d->table) == 0)
			return;
	k = add_keep(m, d->table, since, d->keep_days);
	fresh(m);
	kr_buf_fmt(&m->sql, "DELETE FROM %s WHERE %s < ? LIMIT %d", d->table, since,
	    KR_KEEP_BATCH);
	k->gone = done(m, "old", "t", "");
}

/* The auth process keeps its own tables, and nobody else can; a person goes as a whole,
   with everything that leads to him. */
static void
pdata(struct maker *m, size_t no)
{
	const struct kr_pdata *d = &m->p->pdata[no];

	if (d->kind == KR_PD_NONE || strncmp(d->table, "kreide_auth.", 12) == 0)
		return;
	pdata_way(m, no);
	if (d->keep_days > 0 && strcmp(d->table, "core_person") != 0)
		pdata_keep(m, no);
}

static void
plugin(struct maker *m)
{
	for (size_t i = 0; m->p->entities != NULL && m->p->entities[i] != NULL; i++)
		entity(m, i);
	for (size_t i = 0; i < m->p->npdata; i++)
		pdata(m, i);
}

const struct kr_declared *
kr_declared(kr_ctx *cx)
{
	struct maker m = { .arena = cx->arena };

	if (made != NULL || kr_status(cx) != KR_OK)
		return made;
	KR_FILL(cx, m.columns, kr_query(cx, &q_columns), column_cols);
	if (kr_status(cx) != KR_OK)
		return NULL;
	m.d = calloc(1, sizeof *m.d);
	KR_CHECK(m.d != NULL);
	m.d->ways.p = calloc(WAYS_MAX, sizeof *m.d->ways.p);
	m.d->keeps.p = calloc(WAYS_MAX, sizeof *m.d->keeps.p);
	KR_CHECK(m.d->ways.p != NULL && m.d->keeps.p != NULL);
	for (size_t i = cx->app->nplugins; i > 0; i--) {
		m.p = cx->app->plugins[i - 1].p;
		if (m.p != NULL)
			plugin(&m);
	}
	made = m.d;
	return made;
}
