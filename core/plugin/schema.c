/* A plugin's tables as they are in the database, against what its manifest says. */
#include "plugin/check.h"

#include <string.h>

struct table {
	kr_str name;
	bool engine, key;
};
static const struct kr_col table_cols[] = {
	KR_COL(struct table, name),
	KR_COL(struct table, engine),
};
struct column {
	kr_str table, name, type;
	bool nullable, indexed, unique;
};
static const struct kr_col column_cols[] = {
	KR_COL(struct column, table),
	KR_COL(struct column, name),
	KR_COL(struct column, type),
	KR_COL(struct column, nullable),
};
struct key {
	kr_str table, name;
	bool unique, primary;
};
static const struct kr_col key_cols[] = {
	KR_COL(struct key, table),
	KR_COL(struct key, name),
	KR_COL(struct key, unique),
	KR_COL(struct key, primary),
};
struct migrated {
	kr_str owner;
	int64_t number;
};
static const struct kr_col migrated_cols[] = {
	KR_COL(struct migrated, owner),
	KR_COL(struct migrated, number),
};
/* Plain reads of everything. Joined with each other, or asked for one plugin by
   LIKE, the server opens every table anew for each row: 20 ms a plugin instead of 2 ms
   for all. */
KR_STMT(q_tables, "", "sb",
    "SELECT table_name, engine = 'InnoDB' FROM information_schema.tables"
    " WHERE table_schema = 'kreide' AND table_type = 'BASE TABLE'");
KR_STMT(q_columns, "", "sssb",
    "SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM"
    " information_schema.columns WHERE table_schema = 'kreide'"
    " ORDER BY table_name, ordinal_position");
KR_STMT(q_keys, "", "ssbb",
    "SELECT table_name, column_name, MIN(non_unique) = 0, MAX(index_name = 'PRIMARY')"
    " FROM information_schema.statistics WHERE table_schema = 'kreide'"
    " GROUP BY table_name, column_name");
KR_STMT(q_migrated, "", "si",
    "SELECT owner, MAX(number) FROM core_migration WHERE done IS NOT NULL"
    " GROUP BY owner");

struct kr_schema {
	struct kr_arena *arena;
	KR_ARRAY(struct table) tables;
	KR_ARRAY(struct column) columns;
	KR_ARRAY(struct migrated) migrated;
	kr_str why; /* it could not be read */
};

struct schema { /* one plugin's part */
	const struct kr_plugin *p;
	struct kr_findings *f;
	KR_ARRAY(struct table) tables;
	KR_ARRAY(struct column) columns;
};

static const struct column *
column_of(const struct schema *s, const char *table, const char *name)
{
	for (size_t i = 0; i < s->columns.n; i++)
		if (kr_is(s->columns.p[i].table, table) &&
		    kr_is(s->columns.p[i].name, name))
			return &s->columns.p[i];
	return NULL;
}

static bool
has_table(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->tables.n; i++)
		if (kr_is(s->tables.p[i].name, name))
			return true;
	return false;
}

/* Which columns of the database may hold a property of a type. */
static const struct fit {
	char type;
	const char *columns;
} fits[] = {
	{ 's', " varchar char text mediumtext tinytext " },
	{ 'm', " varchar text mediumtext longtext " },
	{ 'c', " varchar char enum " },
	{ 'i', " int bigint smallint mediumint tinyint " },
	{ 'b', " tinyint " },
	{ 'd', " date " },
	{ 't', " datetime " },
	{ 'g', " bigint " },
	{ 'p', " bigint " },
	{ 'a', " bigint " },
};

static bool
type_fits(char type, kr_str column)
{
	char word[80];

	snprintf(word, sizeof word, " %.*s ", KR_FMT(column));
	for (size_t i = 0; i < KR_LEN(fits); i++)
		if (fits[i].type == type)
			return strstr(fits[i].columns, word) != NULL;
	return false;
}

static void
check_entity(const struct schema *s, const struct kr_entity *e)
{
	static const char *const always[] = { "id", "rev", "created", "changed",
		"deleted_at" };

	if (!has_table(s, e->table)) {
		kr_finding(
		    s->f, "KR-R11", "%s: there is no table %s", e->name, e->table);
		return;
	}
	for (size_t i = 0; i < KR_LEN(always); i++)
		if (column_of(s, e->table, always[i]) == NULL)
			kr_finding(
			    s->f, "KR-R11", "%s: no column %s", e->table, always[i]);
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *q = &e->props[i];
		const struct column *c = column_of(s, e->table, q->name);

		if (c == NULL) {
			kr_finding(
			    s->f, "KR-R11", "%s: no column %s", e->table, q->name);
			continue;
		}
		if (!type_fits(q->type, c->type))
			kr_finding(s->f, "KR-R11", "%s.%s: %.*s cannot hold type '%c'",
			    e->table, q->name, KR_FMT(c->type), q->type);
		if ((q->flags & KR_P_SORT) != 0 && (c->nullable || !c->indexed))
			kr_finding(s->f, "KR-R11",
			    "%s.%s: sortable, but nullable or without an index",
			    e->table, q->name);
	}
}

static bool
in_entity(const struct kr_plugin *p, const struct column *c)
{
	static const char *const own[] = { "id", "rev", "created", "changed",
		"deleted_at" };

	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++) {
		const struct kr_entity *e = p->entities[i];

		if (!kr_is(c->table, e->table))
			continue;
		for (size_t k = 0; k < KR_LEN(own); k++)
			if (kr_is(c->name, own[k]))
				return true;
		for (size_t k = 0; k < e->nprops; k++)
			if (kr_is(c->name, e->props[k].name))
				return true;
	}
	return false;
}

static bool
in_pdata(const struct kr_plugin *p, const struct column *c)
{
	for (size_t i = 0; i < p->npdata; i++)
		if (kr_is(c->table, p->pdata[i].table) &&
		    (kr_is(c->name, p->pdata[i].column) ||
			strcmp(p->pdata[i].column, "*") == 0))
			return true;
	/* A row's own number says nothing about a person. */
	return kr_is(c->name, "id");
}

static void
check_declared(const struct schema *s)
{
	for (size_t i = 0; i < s->columns.n; i++) {
		const struct column *c = &s->columns.p[i];

		if (!in_entity(s->p, c) && !in_pdata(s->p, c))
			kr_finding(s->f, "KR-R12",
			    "%.*s.%.*s: column not declared, personal or not",
			    KR_FMT(c->table), KR_FMT(c->name));
	}
}

/* Whether a column can be made empty: NULL, or a text or number that no key holds once
   only. */
static void
check_blank(const struct schema *s, const char *table, const char *name)
{
	const struct column *c = column_of(s, table, name);
	bool text_or_number = c != NULL && !kr_is(c->type, "date") &&
			      !kr_is(c->type, "datetime") && !kr_is(c->type, "enum");

	if (c == NULL || c->nullable)
		return; /* missing: said elsewhere */
	if (!text_or_number)
		kr_finding(s->f, "KR-R18",
		    "%s.%s: is to become empty, but %.*s NOT NULL "
		    "cannot",
		    table, name, KR_FMT(c->type));
	else if (c->unique)
		kr_finding(s->f, "KR-R18",
		    "%s.%s: is to become empty, but stands in a unique key", table,
		    name);
}

static bool
is_time(const struct schema *s, const char *table, const char *name)
{
	const struct column *c = column_of(s, table, name);

	return c != NULL && (kr_is(c->type, "datetime") || kr_is(c->type, "date"));
}

static void
check_carried_out(const struct schema *s, const struct kr_pdata *d)
{
	const struct column *who =
	    d->subject == NULL ? NULL : column_of(s, d->table, d->subject);

	if (d->kind == KR_PD_NONE || strchr(d->table, '.') != NULL)
		return;
	if (who != NULL && !kr_is(who->type, "bigint"))
		kr_finding(s->f, "KR-R18", "%s.%s: %.*s holds no id of a person",
		    d->table, d->subject, KR_FMT(who->type));
	if (d->erase == KR_ERASE_NULL)
		check_blank(s, d->table, d->column);
	if (d->keep_days > 0 && d->since != NULL && !is_time(s, d->table, d->since))
		kr_finding(s->f, "KR-R18", "%s.%s: no time %s to count days from",
		    d->table, d->column, d->since);
	if (d->keep_days > 0 && d->since == NULL && !is_time(s, d->table, "changed") &&
	    !is_time(s, d->table, "created"))
		kr_finding(s->f, "KR-R18",
		    "%s.%s: %d days, but no column changed or created to count from",
		    d->table, d->column, d->keep_days);
}

/* Persons other than the row's own are blanked, and so is what has a time of its own.
 */
static void
check_entity_erase(const struct schema *s, const struct kr_entity *e)
{
	bool me = false;

	for (size_t i = 0; i < e->nprops; i++)
		me |= e->props[i].type == 'p' && (e->props[i].flags & KR_P_ME) != 0;
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *q = &e->props[i];
		bool own = q->type == 'p' && (!me || (q->flags & KR_P_ME) != 0);

		if (q->keep_days > 0 ||
		    (q->type == 'p' && (!own || e->erase == KR_ERASE_NULL)))
			check_blank(s, e->table, q->name);
	}
}

/* What is declared must be there: a renamed column would silently leave the export. */
static void
check_pdata(const struct schema *s)
{
	for (size_t i = 0; i < s->p->npdata; i++) {
		const struct kr_pdata *d = &s->p->pdata[i];
		bool all = strcmp(d->column, "*") == 0;

		if (strchr(d->table, '.') != NULL)
			continue; /* another schema, not ours to read */
		if (all ? !has_table(s, d->table)
			: column_of(s, d->table, d->column) == NULL)
			kr_finding(s->f, "KR-R12", "%s.%s: declared, but not there",
			    d->table, d->column);
		else if (d->subject != NULL &&
			 column_of(s, d->table, d->subject) == NULL)
			kr_finding(s->f, "KR-R12",
			    "%s.%s: no column %s to find the person", d->table,
			    d->column, d->subject);
		else
			check_carried_out(s, d);
	}
}

static void
check_tables(const struct schema *s)
{
	for (size_t i = 0; i < s->tables.n; i++) {
		const struct table *t = &s->tables.p[i];

		if (!t->engine || !t->key)
			kr_finding(s->f, "KR-R11",
			    "%.*s: every table is InnoDB with a "
			    "primary key",
			    KR_FMT(t->name));
	}
}

static void
check_migrated(const struct kr_schema *all, const struct schema *s)
{
	int64_t done = 0;

	for (size_t i = 0; i < all->migrated.n; i++)
		if (kr_is(all->migrated.p[i].owner, s->p->name))
			done = all->migrated.p[i].number;
	if (done < s->p->schema)
		kr_finding(s->f, "KR-R16",
		    "needs its migrations up to %u, the database has %lld",
		    s->p->schema, (long long)done);
}

/* ── reading ── */

static struct table *
table_named(const struct kr_schema *s, kr_str name)
{
	for (size_t i = 0; i < s->tables.n; i++)
		if (kr_eq(s->tables.p[i].name, name))
			return &s->tables.p[i];
	return NULL; /* of a view */
}

static void
add_key(struct kr_schema *s, const struct key *k)
{
	struct table *t = table_named(s, k->table);

	if (t != NULL)
		t->key |= k->primary;
	for (size_t i = 0; i < s->columns.n; i++) {
		struct column *c = &s->columns.p[i];

		if (!kr_eq(c->table, k->table) || !kr_eq(c->name, k->name))
			continue;
		c->indexed = true;
		c->unique = k->unique;
	}
}

struct kr_schema *
kr_schema_read(struct kr_conn *conn)
{
	struct kr_arena *arena = kr_arena_new((size_t)16 << 20);
	struct kr_schema *s = kr_arena_alloc(arena, sizeof *s);
	struct kr_ctx cx;
	struct key k;

	*s = (struct kr_schema){ .arena = arena };
	kr_ctx_init(&cx, arena, NULL);
	cx.db = cx.ro = cx.rw = conn;
	KR_FILL(&cx, s->tables, kr_query(&cx, &q_tables), table_cols);
	KR_FILL(&cx, s->columns, kr_query(&cx, &q_columns), column_cols);
	KR_FILL(&cx, s->migrated, kr_query(&cx, &q_migrated), migrated_cols);

	kr_rows *keys = kr_query(&cx, &q_keys);

	while (kr_next(keys, key_cols, &k))
		add_key(s, &k);
	s->why = cx.err_text;
	kr_rollback(&cx);
	kr_ctx_finish(&cx);
	return s;
}

void
kr_schema_free(struct kr_schema **schema)
{
	struct kr_arena *arena = (*schema)->arena; /* it lies in there itself */

	kr_arena_free(&arena);
	*schema = NULL;
}

/* What belongs to the plugin, in the order of the whole. */
static void
take_part(const struct kr_schema *all, struct kr_arena *arena, struct schema *s)
{
	s->tables.p = kr_arena_alloc(arena, (all->tables.n + 1) * sizeof *s->tables.p);
	s->columns.p =
	    kr_arena_alloc(arena, (all->columns.n + 1) * sizeof *s->columns.p);
	for (size_t i = 0; i < all->tables.n; i++)
		if (kr_table_of(s->p->name, all->tables.p[i].name))
			s->tables.p[s->tables.n++] = all->tables.p[i];
	for (size_t i = 0; i < all->columns.n; i++)
		if (kr_table_of(s->p->name, all->columns.p[i].table) &&
		    table_named(all, all->columns.p[i].table) != NULL)
			s->columns.p[s->columns.n++] = all->columns.p[i];
}

size_t
kr_schema_check(const struct kr_schema *all, const struct kr_plugin *p, FILE *report)
{
	struct kr_findings f = { .report = report, .plugin = p->name };
	struct schema s = { .p = p, .f = &f };
	struct kr_arena *arena;

	if (all->why.n > 0) {
		kr_finding(
		    &f, "KR-R16", "the database does not tell: %.*s", KR_FMT(all->why));
		return f.n;
	}
	arena = kr_arena_new((size_t)16 << 20);
	take_part(all, arena, &s);
	check_migrated(all, &s);
	check_tables(&s);
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++) {
		check_entity(&s, p->entities[i]);
		check_entity_erase(&s, p->entities[i]);
	}
	check_pdata(&s);
	check_declared(&s);
	kr_arena_free(&arena);
	return f.n;
}
