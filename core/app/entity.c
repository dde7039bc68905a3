/* From a const table to SQL: every generated statement carries the entity's scope, so
   that no page can forget it. */
#include "app/entity.h"
#include "auth/auth.h"
#include "db/db.h"
#include "html/text.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

static struct kr_entity_sql *made;

/* m, c -> s and b, g, p, a -> i: how a property type is stored. */
static char
stored_as(char type)
{
	return strchr("smc", type) ? 's' : strchr("ibgpa", type) ? 'i' : type;
}

void
kr_scope_add(struct kr_buf *sql, struct kr_buf *letters, const char *scope)
{
	static const struct {
		const char *name;
		char letter;
	} names[] = { { ":me", 'i' }, { ":today", 'd' }, { ":now", 't' } };

	kr_buf_c(sql, '(');
	while (*scope) {
		size_t k;

		for (k = 0; k < KR_LEN(names); k++)
			if (strncmp(scope, names[k].name, strlen(names[k].name)) == 0)
				break;
		if (k == KR_LEN(names)) {
			kr_buf_c(sql, *scope++);
			continue;
		}
		kr_buf_c(sql, '?');
		kr_buf_c(letters, names[k].letter);
		scope += strlen(names[k].name);
	}
	kr_buf_c(sql, ')');
}

size_t
kr_scope_bind(kr_ctx *cx, const char *letters, size_t n, kr_val *v_r)
{
	for (size_t i = 0; i < n; i++)
		v_r[i] = letters[i] == 'i'   ? kr_i(kr_me(cx))
			 : letters[i] == 'd' ? kr_d(kr_today(cx))
					     : kr_t(cx->now);
	return n;
}

/* ── making the statements ── */

struct maker {
	struct kr_arena
	    *arena; /* never freed: statements live as long as the process */
	const struct kr_entity *e;
	const char *plugin;
	struct kr_buf sql, in, out;
};

static void
fresh(struct maker *m)
{
	kr_buf_init(&m->sql, m->arena, 512);
	kr_buf_init(&m->in, m->arena, 32);
	kr_buf_init(&m->out, m->arena, 32);
}

static const struct kr_stmt *
done(struct maker *m, const char *what)
{
	struct kr_buf name;

	kr_buf_init(&name, m->arena, 64);
	kr_buf_fmt(&name, "%s.%s.%s", m->plugin, m->e->name, what);
	kr_buf_c(&name, '\0');
	kr_buf_c(&m->sql, '\0');
	kr_buf_c(&m->in, '\0');
	kr_buf_c(&m->out, '\0');
	return kr_stmt_make(name.p, m->in.p, m->out.p, m->sql.p);
}

static void
columns(struct maker *m)
{
	kr_buf_fmt(&m->sql, "t.id, t.rev");
	kr_buf_str(&m->out, KR_S("ii"));
	for (size_t i = 0; i < m->e->nprops; i++) {
		kr_buf_fmt(&m->sql, ", t.%s", m->e->props[i].name);
		kr_buf_c(&m->out, stored_as(m->e->props[i].type));
	}
}

static const struct kr_stmt *
make_one(struct maker *m)
{
	fresh(m);
	kr_buf_str(&m->sql, KR_S("SELECT "));
	columns(m);
	kr_buf_fmt(&m->sql, ", t.created FROM %s t WHERE ", m->e->table);
	kr_buf_c(&m->out, 't');
	kr_scope_add(&m->sql, &m->in, m->e->scope_read);
	kr_buf_str(&m->sql, KR_S(" AND t.id = ? AND t.deleted_at IS NULL"));
	kr_buf_c(&m->in, 'i');
	return done(m, "one");
}

static const struct kr_stmt *
make_may(struct maker *m, const char *scope, const char *what)
{
	fresh(m);
	kr_buf_fmt(&m->sql, "SELECT t.id FROM %s t WHERE ", m->e->table);
	kr_scope_add(&m->sql, &m->in, scope);
	kr_buf_str(&m->sql, KR_S(" AND t.id = ? AND t.deleted_at IS NULL"));
	kr_buf_c(&m->in, 'i');
	kr_buf_c(&m->out, 'i');
	return done(m, what);
}

static const struct kr_stmt *
make_insert(struct maker *m)
{
	size_t n = 0;

	fresh(m);
	kr_buf_fmt(&m->sql, "INSERT INTO %s (", m->e->table);
	for (size_t i = 0; i < m->e->nprops; i++) {
		const struct kr_prop *p = &m->e->props[i];

		if ((p->flags & KR_P_SYSTEM) && !(p->flags & KR_P_ME))
			continue;
		kr_buf_fmt(&m->sql, "%s, ", p->name);
		kr_buf_c(&m->in, stored_as(p->type));
		n++;
	}
	kr_buf_str(&m->sql, KR_S("rev, created, changed) VALUES ("));
	for (size_t i = 0; i < n; i++)
		kr_buf_str(&m->sql, KR_S("?, "));
	kr_buf_str(&m->sql, KR_S("1, ?, ?)"));
	kr_buf_str(&m->in, KR_S("tt"));
	return done(m, "insert");
}

static const struct kr_stmt *
make_update(struct maker *m)
{
	fresh(m);
	kr_buf_fmt(&m->sql, "UPDATE %s t SET ", m->e->table);
	for (size_t i = 0; i < m->e->nprops; i++) {
		const struct kr_prop *p = &m->e->props[i];

		if (p->flags & (KR_P_SYSTEM | KR_P_ME))
			continue;
		kr_buf_fmt(&m->sql, "t.%s = ?, ", p->name);
		kr_buf_c(&m->in, stored_as(p->type));
	}
	kr_buf_str(&m->sql, KR_S("t.rev = t.rev + 1, t.changed = ? WHERE "));
	kr_buf_c(&m->in, 't');
	kr_scope_add(&m->sql, &m->in, m->e->scope_write);
	kr_buf_str(
	    &m->sql, KR_S(" AND t.id = ? AND t.rev = ? AND t.deleted_at IS NULL"));
	kr_buf_str(&m->in, KR_S("ii"));
	return done(m, "update");
}

static const struct kr_stmt *
make_trash(struct maker *m, bool restore)
{
	fresh(m);
	kr_buf_fmt(&m->sql,
	    "UPDATE %s t SET t.deleted_at = %s, t.rev = t.rev + 1 WHERE ", m->e->table,
	    restore ? "NULL" : "?");
	if (!restore)
		kr_buf_c(&m->in, 't');
	kr_scope_add(&m->sql, &m->in, m->e->scope_write);
	kr_buf_fmt(&m->sql, " AND t.id = ? AND t.deleted_at IS %s",
	    restore ? "NOT NULL" : "NULL");
	kr_buf_c(&m->in, 'i');
	return done(m, restore ? "restore" : "trash");
}

/* ── fields and columns ── */

static void
make_cols(struct kr_entity_sql *s)
{
	const struct kr_entity *e = s->e;
	struct kr_entity_row *r = NULL;

	s->cols[s->ncols++] = (struct kr_col)KR_COL(struct kr_entity_row, id);
	s->cols[s->ncols++] = (struct kr_col)KR_COL(struct kr_entity_row, rev);
	for (size_t i = 0; i < e->nprops; i++) {
		char t = stored_as(e->props[i].type);

		s->cols[s->ncols++] = (struct kr_col){ t,
			t == 's'   ? sizeof r->v[0].s
			: t == 'd' ? sizeof r->v[0].d
				   : sizeof r->v[0].i, /* t is as wide */
			(uint32_t)(offsetof(struct kr_entity_row, v) +
				   i * sizeof(union kr_slot)) };
	}
	s->cols[s->ncols] = (struct kr_col)KR_COL(struct kr_entity_row, created);
}

static void
make_fields(struct kr_entity_sql *s)
{
	const struct kr_entity *e = s->e;

	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *p = &e->props[i];

		if (!(p->flags & (KR_P_SYSTEM | KR_P_ME)))
			s->form[s->nform++] =
			    (struct kr_field){ p->name, p->type, p->min, p->max,
				    p->flags & KR_P_REQ ? KR_F_REQ : 0, p->choices };
		if (p->flags & KR_P_FILTER)
			s->list[s->nlist++] =
			    (struct kr_field){ p->name, p->type == 'b' ? 'i' : p->type,
				    0, p->type == 'b' ? 1 : 64, 0, p->choices };
	}
	s->form[s->nform++] = (struct kr_field){ "rev", 'i', 0, INT32_MAX, 0, NULL };
	s->list[s->nlist++] = (struct kr_field){ "q", 's', 0, 80, 0, NULL };
	s->list[s->nlist++] = (struct kr_field){ "sort", 's', 0, 40, 0, NULL };
	s->list[s->nlist++] = (struct kr_field){ "after", 's', 0, 20, 0, NULL };
}

const struct kr_entity_sql *
kr_entity_sql(const struct kr_entity *e, const char *plugin)
{
	struct kr_entity_sql *s;
	struct maker m = { .e = e, .plugin = plugin };

	for (s = made; s != NULL; s = s->next)
		if (s->e == e)
			return s;
	KR_CHECK(e->nprops <= KR_PROPS_MAX); /* the loader refuses more */
	s = calloc(1, sizeof *s);
	KR_CHECK(s != NULL);
	m.arena = kr_arena_new(1u << 20);
	s->e = e;
	s->plugin = plugin;
	s->one = make_one(&m);
	s->may_read = make_may(&m, e->scope_read, "may_read");
	s->may_write = make_may(&m, e->scope_write, "may_write");
	s->insert = make_insert(&m);
	s->update = make_update(&m);
	s->trash = make_trash(&m, false);
	s->restore = make_trash(&m, true);
	make_cols(s);
	make_fields(s);
	kr_arena_free(&m.arena);
	s->next = made;
	made = s;
	return s;
}

const struct kr_field *
kr_entity_fields(
    const struct kr_entity *e, const char *plugin, enum kr_method method, size_t *n_r)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, plugin);

	*n_r = method == KR_GET ? s->nlist : s->nform;
	return method == KR_GET ? s->list : s->form;
}

kr_err
kr_entity_guard(
    kr_ctx *cx, const struct kr_entity *e, const char *plugin, bool write, kr_id id)
{
	const struct kr_entity_sql *s = kr_entity_sql(e, plugin);
	const struct kr_stmt *st = write ? s->may_write : s->may_read;
	kr_val v[16];
	size_t n = strlen(st->in);

	KR_CHECK(n <= KR_LEN(v));
	kr_scope_bind(cx, st->in, n - 1, v);
	v[n - 1] = kr_i(id);
	if (kr_rows_n(kr_query_(cx, st, v, n)) == 1)
		return KR_OK;
	return cx->err ? cx->err : KR_ENOTFOUND;
}

kr_str
kr_prop_text(kr_ctx *cx, const struct kr_prop *p, const union kr_slot *v)
{
	struct kr_group g;
	struct kr_person person;

	switch (p->type) {
	case 'b':
		return kr_text(cx, v->i ? "core.yes" : "core.no");
	case 'd':
		return v->d.day == INT32_MIN ? KR_S("") : kr_text_date(cx, v->d);
	case 't':
		return v->t.us == INT64_MIN ? KR_S("") : kr_text_when(cx, v->t);
	case 'c':
		return v->s.n ? kr_text(cx, kr_cstr(cx, kr_fmt(cx, "%s_%.*s", p->label,
							    KR_FMT(v->s))))
			      : KR_S("");
	case 'g':
		return kr_group(cx, v->i, &g) ? g.name : KR_S("");
	case 'p':
		return kr_person(cx, v->i, &person) ? person.name : KR_S("");
	case 'a':
		return kr_audience_title(cx, v->i);
	case 'i':
		return kr_fmt(cx, "%lld", (long long)v->i);
	default:
		return v->s;
	}
}
