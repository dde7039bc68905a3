/* Entities: the SQL that core makes from a kr_entity, once, before fork. */
#ifndef KR_APP_ENTITY_H
#define KR_APP_ENTITY_H

#include "base/ctx.h"
#include <kr/plugin.h>

#define KR_PROPS_MAX 40

struct kr_entity_sql {
	const struct kr_entity *e;
	const char *plugin;
	const struct kr_stmt *one, *may_read, *may_write;
	const struct kr_stmt *insert, *update, *trash, *restore;
	/* id, rev, then the properties; after these ncols, of one row only, created */
	struct kr_col cols[KR_PROPS_MAX + 3];
	size_t ncols;
	struct kr_field form[KR_PROPS_MAX + 1]; /* fields of the form, and rev */
	size_t nform;
	struct kr_field list[KR_PROPS_MAX + 3]; /* q, sort, after, filters */
	size_t nlist;
	struct kr_entity_sql *next; /* all that were made so far */
};

/* One column value of a generic row. */
union kr_slot {
	int64_t i;
	kr_str s;
	kr_date d;
	kr_time t;
};
struct kr_entity_row {
	int64_t id, rev;
	kr_time created; /* when one row is read */
	union kr_slot v[KR_PROPS_MAX];
};

/* Made at first use, kept for the life of the process; call it before fork. */
const struct kr_entity_sql *kr_entity_sql(const struct kr_entity *, const char *plugin);
/* Fields a route of this entity takes when it declares none of its own. */
const struct kr_field *kr_entity_fields(
    const struct kr_entity *, const char *plugin, enum kr_method, size_t *n_r);
/* Is this row in the read or write scope of the acting person? For {id} routes. */
kr_err kr_entity_guard(
    kr_ctx *, const struct kr_entity *, const char *plugin, bool write, kr_id);

/* Appends a scope with :me, :today, :now as `?` and their letters i, d, t. */
void kr_scope_add(struct kr_buf *sql, struct kr_buf *letters, const char *scope);
/* Values for scope letters: i = the acting person, d = today, t = now. */
size_t kr_scope_bind(kr_ctx *, const char *letters, size_t n, kr_val *v_r);

/* A value in the person's words: choices by their texts, dates in German form. */
kr_str kr_prop_text(kr_ctx *, const struct kr_prop *, const union kr_slot *);

#endif
