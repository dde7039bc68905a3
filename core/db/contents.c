/* What a database is made of: its tables with their checksums, its migrations. A backup
   notes it, and a restore is held against it. */
#include "db/migrate.h"

#include <string.h>

KR_STMT(q_tables, "", "s",
    "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables"
    " WHERE table_schema IN ('kreide', 'kreide_auth', 'kreide_audit')"
    " AND table_type = 'BASE TABLE' ORDER BY 1");
KR_STMT(q_done, "", "sis",
    "SELECT owner, number, LOWER(HEX(digest)) FROM kreide.core_migration"
    " WHERE done IS NOT NULL ORDER BY owner, number");

struct name {
	kr_str name;
};
static const struct kr_col name_cols[] = { KR_COL(struct name, name) };
static const struct kr_col sum_cols[] = { KR_COL(struct kr_table_sum, name),
	KR_COL(struct kr_table_sum, sum) };
static const struct kr_col done_cols[] = { KR_COL(struct kr_migration, owner),
	KR_COL(struct kr_migration, number), KR_COL(struct kr_migration, digest) };

/* It stands in a statement: what a migration would not have made is left out. */
static bool
plain(kr_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", name.p[i]) == NULL)
			return false;
	return name.n > 0;
}

struct kr_table_sum *
kr_table_sums(kr_ctx *cx, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_tables);
	size_t n = 0, room = kr_rows_n(rows);
	struct kr_table_sum *list = kr_alloc(cx, room + 1, sizeof *list);
	struct name table;

	while (kr_next(rows, name_cols, &table) && kr_status(cx) == KR_OK) {
		kr_str sql =
		    kr_fmt(cx, "CHECKSUM TABLE %.*s EXTENDED", KR_FMT(table.name));

		if (!plain(table.name))
			kr_fail(cx, KR_EFAIL, "a table that is not ours");
		else if (!kr_one(cx, kr_stmt_make("checksum", "", "si", sql.p),
			     sum_cols, &list[n]))
			kr_fail(cx, KR_EFAIL, "no checksum of a table");
		else
			n++;
	}
	*n_r = kr_status(cx) == KR_OK ? n : 0;
	return list;
}

struct kr_migration *
kr_migrations_done(kr_ctx *cx, size_t *n_r)
{
	return kr_all_(kr_query(cx, &q_done), done_cols, KR_LEN(done_cols),
	    sizeof(struct kr_migration), n_r);
}

bool
kr_migrations_of(struct kr_arena *arena, const char *dir, const char *owner,
    struct kr_migration **list_r, size_t *n_r)
{
	char why[300] = "";
	struct mig m = { .arena = arena, .why_r = why, .why_n = sizeof why };
	struct migration *source = NULL;
	struct kr_migration *list;
	size_t n = 0;

	if (!kr_source_read(&m, dir, owner, &source, &n))
		return false;
	list = kr_arena_alloc(arena, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct kr_migration){ .owner = kr_z(owner),
			.number = source[i].number,
			.digest = kr_hex(
			    arena, (kr_str){ (const char *)source[i].digest, 32 }) };
	*list_r = list;
	*n_r = n;
	return true;
}
