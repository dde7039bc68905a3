/* The one list: table, empty state, search box, filters, sorting, keyset pages, CSV. */
#include "app/app.h"
#include "app/entity.h"
#include "app_templates.h"
#include "auth/auth.h"
#include "db/db.h"
#include "html/text.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <stdlib.h>
#include <string.h>

#define PAGE 50
#define CSV_MAX 5000

/* What the address asks for; statements are cached by its shape. */
struct wish {
	const struct kr_entity_sql *s;
	int sort; /* index of a property, -1: by id */
	bool down, after, searched, csv;
	uint64_t filters; /* bit per filtered property */
	kr_str q;
	int64_t cursor;
};
struct shape {
	struct wish w; /* without the words and the cursor */
	const struct kr_stmt *stmt;
	struct shape *next;
};
/* As many as people ask for: what the manifests allow, and fewer than a worker serves
   requests. */
static struct shape *shapes;

static int
prop_named(const struct kr_entity *e, kr_str name)
{
	for (size_t i = 0; i < e->nprops; i++)
		if ((e->props[i].flags & KR_P_SORT) && kr_is(name, e->props[i].name))
			return (int)i;
	return -1;
}

static char
letter(char type)
{
	return strchr("smc", type) ? 's' : strchr("ibgpa", type) ? 'i' : type;
}

static void
add_search(const struct kr_entity *e, struct kr_buf *sql, struct kr_buf *in)
{
	bool first = true;

	kr_buf_str(sql, KR_S(" AND ("));
	for (size_t i = 0; i < e->nprops; i++) {
		if (!(e->props[i].flags & KR_P_SEARCH))
			continue;
		kr_buf_fmt(sql, "%st.%s LIKE ?", first ? "" : " OR ", e->props[i].name);
		kr_buf_c(in, 's');
		first = false;
	}
	kr_buf_str(sql, first ? KR_S("TRUE)") : KR_S(")"));
}

/* p >= v AND (p > v OR id > cursor): the index finds the place; a row-value comparison
   would scan it. The cursor in the address is the row id only. */
static void
add_cursor(const struct wish *w, struct kr_buf *sql, struct kr_buf *in)
{
	const char *op = w->down ? "<" : ">";
	const struct kr_entity *e = w->s->e;

	if (w->sort < 0) {
		kr_buf_fmt(sql, " AND t.id %s ?", op);
		kr_buf_c(in, 'i');
		return;
	}
	kr_buf_fmt(sql,
	    " AND t.%s %s= (SELECT c.%s FROM %s c WHERE c.id = ?)"
	    " AND (t.%s %s (SELECT c.%s FROM %s c WHERE c.id = ?) OR t.id %s ?)",
	    e->props[w->sort].name, op, e->props[w->sort].name, e->table,
	    e->props[w->sort].name, op, e->props[w->sort].name, e->table, op);
	kr_buf_str(in, KR_S("iii"));
}

static const struct kr_stmt *
make(const struct wish *w)
{
	struct kr_arena *a = kr_arena_new(64u << 10);
	const struct kr_entity *e = w->s->e;
	struct kr_buf sql, in, out;

	kr_buf_init(&sql, a, 1024);
	kr_buf_init(&in, a, 32);
	kr_buf_init(&out, a, 32);
	kr_buf_str(&sql, KR_S("SELECT t.id, t.rev"));
	kr_buf_str(&out, KR_S("ii"));
	for (size_t i = 0; i < e->nprops; i++) {
		kr_buf_fmt(&sql, ", t.%s", e->props[i].name);
		kr_buf_c(&out, letter(e->props[i].type));
	}
	kr_buf_fmt(&sql, " FROM %s t WHERE t.deleted_at IS NULL AND ", e->table);
	kr_scope_add(&sql, &in, e->scope_read);
	if (w->searched)
		add_search(e, &sql, &in);
	for (size_t i = 0; i < e->nprops; i++)
		if (w->filters >> i & 1) {
			kr_buf_fmt(&sql, " AND t.%s = ?", e->props[i].name);
			kr_buf_c(&in, letter(e->props[i].type));
		}
	if (w->after)
		add_cursor(w, &sql, &in);
	kr_buf_str(&sql, KR_S(" ORDER BY "));
	if (w->sort >= 0)
		kr_buf_fmt(
		    &sql, "t.%s%s, ", e->props[w->sort].name, w->down ? " DESC" : "");
	kr_buf_fmt(&sql, "t.id%s LIMIT %d", w->down ? " DESC" : "",
	    w->csv ? CSV_MAX : PAGE + 1);
	kr_buf_c(&sql, '\0');
	kr_buf_c(&in, '\0');
	kr_buf_c(&out, '\0');

	const struct kr_stmt *st = kr_stmt_make(e->name, in.p, out.p, sql.p);

	kr_arena_free(&a);
	return st;
}

static bool
same_shape(const struct wish *a, const struct wish *b)
{
	return a->s == b->s && a->filters == b->filters && a->sort == b->sort &&
	       a->down == b->down && a->after == b->after &&
	       a->searched == b->searched && a->csv == b->csv;
}

static const struct kr_stmt *
statement(const struct wish *w)
{
	struct shape *c = shapes;

	while (c != NULL && !same_shape(&c->w, w))
		c = c->next;
	if (c != NULL)
		return c->stmt;
	c = malloc(sizeof *c);
	KR_CHECK(c != NULL);
	*c = (struct shape){ *w, make(w), shapes };
	c->w.q = KR_S("");
	shapes = c;
	return c->stmt;
}

static kr_rows *
rows_of(kr_ctx *cx, const struct wish *w)
{
	const struct kr_stmt *st = statement(w);
	const struct kr_entity *e = w->s->e;
	size_t total = strlen(st->in), n = 0;
	kr_val *v = kr_alloc(cx, total + 1, sizeof *v);
	const struct kr_stmt *scope = w->s->may_read;

	n += kr_scope_bind(cx, scope->in, strlen(scope->in) - 1, v);
	if (w->searched) {
		kr_str like = kr_fmt(cx, "%%%.*s%%", KR_FMT(w->q));

		for (size_t i = 0; i < e->nprops; i++)
			if (e->props[i].flags & KR_P_SEARCH)
				v[n++] = kr_s(like);
	}
	for (size_t i = 0; i < e->nprops; i++)
		if (w->filters >> i & 1)
			v[n++] = letter(e->props[i].type) == 'i'
				     ? kr_i(kr_in_i(cx, e->props[i].name))
				     : kr_s(kr_in_s(cx, e->props[i].name));
	for (; n < total; n++)
		v[n] = kr_i(w->cursor);
	return kr_query_(cx, st, v, total);
}

static struct wish
read_wish(kr_ctx *cx, const struct kr_entity *e)
{
	kr_str sort = kr_in_s(cx, "sort"), after = kr_in_s(cx, "after");
	struct wish w = { .s = kr_entity_sql(e, cx->plugin), .q = kr_in_s(cx, "q") };

	w.csv = kr_is(after, "csv");
	w.down = kr_starts(sort, KR_S("-"));
	w.sort = prop_named(e, w.down ? kr_sub(sort, 1, sort.n) : sort);
	if (w.sort < 0 && sort.n == 0) { /* default: the first sortable property */
		for (size_t i = 0; w.sort < 0 && i < e->nprops; i++)
			if (e->props[i].flags & KR_P_SORT)
				w.sort = (int)i;
		w.down = w.sort < 0 || strchr("dt", e->props[w.sort].type);
	}
	w.after = kr_to_i(after, &w.cursor) && w.cursor > 0;
	w.searched = w.q.n > 0;
	for (size_t i = 0; i < e->nprops && i < 64; i++)
		if ((e->props[i].flags & KR_P_FILTER) &&
		    (letter(e->props[i].type) == 'i'
			    ? kr_in_i(cx, e->props[i].name) != 0
			    : kr_in_s(cx, e->props[i].name).n > 0))
			w.filters |= 1ull << i;
	return w;
}

/* The list's own address with these parameters in place of what it has now. */
static kr_str
address(kr_ctx *cx, const struct wish *w, kr_str sort, kr_str after)
{
	const struct kr_entity *e = w->s->e;
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 128);
	kr_buf_str(&b, cx->req->path);
	kr_buf_str(&b, KR_S("?sort="));
	kr_buf_str(&b, kr_percent_encode(cx->arena, sort));
	if (w->searched)
		kr_buf_fmt(&b, "&q=%.*s", KR_FMT(kr_percent_encode(cx->arena, w->q)));
	for (size_t i = 0; i < e->nprops; i++)
		if (w->filters >> i & 1) {
			kr_str v = letter(e->props[i].type) == 'i'
				       ? kr_fmt(cx, "%lld",
					     (long long)kr_in_i(cx, e->props[i].name))
				       : kr_in_s(cx, e->props[i].name);
			kr_buf_fmt(&b, "&%s=%.*s", e->props[i].name,
			    KR_FMT(kr_percent_encode(cx->arena, v)));
		}
	if (after.n)
		kr_buf_fmt(&b, "&after=%.*s", KR_FMT(after));
	return kr_buf_view(&b);
}

static kr_str
sort_name(kr_ctx *cx, const struct wish *w)
{
	return w->sort < 0 ? KR_S("")
			   : kr_fmt(cx, "%s%s", w->down ? "-" : "",
				 w->s->e->props[w->sort].name);
}

static void
fill_columns(kr_ctx *cx, const struct wish *w, struct app_list *view)
{
	const struct kr_entity *e = w->s->e;

	view->cols.p = kr_alloc(cx, e->nprops, sizeof *view->cols.p);
	for (size_t i = 0; i < e->nprops; i++) {
		struct app_column *c = &view->cols.p[view->cols.n];

		if (!(e->props[i].flags & KR_P_LIST))
			continue;
		view->cols.n++;
		c->label = kr_text(cx, e->props[i].label);
		if (!(e->props[i].flags & KR_P_SORT))
			continue;
		c->href = address(cx, w,
		    kr_fmt(cx, "%s%s", w->sort == (int)i && !w->down ? "-" : "",
			e->props[i].name),
		    KR_S(""));
		if (w->sort == (int)i)
			c->sorted = w->down ? KR_S("descending") : KR_S("ascending");
	}
}

static void
fill_filters(kr_ctx *cx, const struct wish *w, struct app_list *view)
{
	const struct kr_entity *e = w->s->e;

	view->filters.p = kr_alloc(cx, e->nprops, sizeof *view->filters.p);
	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *p = &e->props[i];
		struct app_filter *f = &view->filters.p[view->filters.n];
		size_t n = 0;

		if (!(p->flags & KR_P_FILTER) || p->type != 'c')
			continue;
		view->filters.n++;
		f->name = kr_z(p->name);
		f->label = kr_text(cx, p->label);
		while (p->choices[n])
			n++;
		f->choices.p = kr_alloc(cx, n + 1, sizeof *f->choices.p);
		f->choices.n = n;
		for (size_t k = 0; k < n; k++) {
			union kr_slot v = { .s = kr_z(p->choices[k]) };

			f->choices.p[k] =
			    (struct app_choice){ v.s, kr_prop_text(cx, p, &v),
				    (w->filters >> i & 1) &&
					kr_eq(kr_in_s(cx, p->name), v.s) };
		}
	}
}

/* In a spreadsheet days and times are data, not words: "heute" is wrong tomorrow. */
static kr_str
cell_text(kr_ctx *cx, bool csv, const struct kr_prop *p, const union kr_slot *v)
{
	struct kr_civil c;

	if (csv && p->type == 'd' && v->d.day != INT32_MIN)
		return kr_date_iso(cx, v->d);
	if (!csv || p->type != 't' || v->t.us == KR_NO_TIME.us)
		return kr_prop_text(cx, p, v);
	c = kr_civil(v->t);
	return kr_fmt(
	    cx, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

static void
fill_rows(kr_ctx *cx, const struct wish *w, const char *row_href, struct app_list *view)
{
	const struct kr_entity *e = w->s->e;
	kr_rows *rows = rows_of(cx, w);
	struct kr_entity_row r;
	int64_t last = 0;

	view->rows.p = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *view->rows.p);
	while (kr_next_(rows, w->s->cols, w->s->ncols, &r)) {
		struct app_row *row = &view->rows.p[view->rows.n];

		if (view->rows.n == PAGE && !w->csv) {
			view->next_href = address(cx, w, sort_name(cx, w),
			    kr_fmt(cx, "%lld", (long long)last));
			break;
		}
		view->rows.n++;
		last = r.id;
		if (row_href)
			row->href = kr_fmt(cx, "%.*s%lld", (int)strcspn(row_href, "{"),
			    row_href, (long long)r.id);
		row->cells.p = kr_alloc(cx, e->nprops, sizeof *row->cells.p);
		for (size_t i = 0; i < e->nprops; i++) {
			struct app_cell *c = &row->cells.p[row->cells.n];

			if (!(e->props[i].flags & KR_P_LIST))
				continue;
			c->label = view->cols.p[row->cells.n++].label;
			c->text = cell_text(cx, w->csv, &e->props[i], &r.v[i]);
			c->title = (e->props[i].flags & KR_P_TITLE) != 0;
		}
	}
}

/* Cells that a spreadsheet would run as a formula get an apostrophe (OWASP). */
static void
csv_cell(struct kr_buf *b, kr_str s)
{
	kr_buf_c(b, '"');
	if (s.n && strchr("=+-@\t\r", s.p[0]))
		kr_buf_c(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			kr_buf_c(b, '"');
		kr_buf_c(b, s.p[i]);
	}
	kr_buf_c(b, '"');
}

static kr_err
send_csv(kr_ctx *cx, const struct app_list *view)
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 4096);
	kr_buf_str(
	    &b, KR_S("\xef\xbb\xbf")); /* Excel takes it as UTF-8 only with a BOM */
	for (size_t i = 0; i < view->cols.n; i++) {
		csv_cell(&b, view->cols.p[i].label);
		kr_buf_str(&b, i + 1 < view->cols.n ? KR_S(";") : KR_S("\r\n"));
	}
	for (size_t k = 0; k < view->rows.n; k++)
		for (size_t i = 0; i < view->rows.p[k].cells.n; i++) {
			csv_cell(&b, view->rows.p[k].cells.p[i].text);
			kr_buf_str(&b,
			    i + 1 < view->rows.p[k].cells.n ? KR_S(";") : KR_S("\r\n"));
		}
	cx->answer->attachment = true;
	cx->answer->disposition_name = kr_fmt(cx, "%.*s.csv", KR_FMT(view->title));
	return kr_send_text(cx, "text/csv; charset=utf-8", kr_buf_view(&b));
}

kr_err
kr_list(kr_ctx *cx, const struct kr_entity *e, const struct kr_list_opt *o)
{
	struct wish w = read_wish(cx, e);
	struct app_list view = {
		.action = cx->req->path, .q = w.q, .filtered = w.searched || w.filters
	};

	for (size_t i = 0; i < e->nprops; i++)
		view.searchable |= (e->props[i].flags & KR_P_SEARCH) != 0;
	view.title = kr_text(cx, o->title ? o->title : e->title);
	if (o->intro)
		view.intro = kr_text(cx, o->intro);
	if (o->new_href && kr_can(cx, e->perm_write)) {
		view.new_href = kr_z(o->new_href);
		view.new_label = kr_text(cx, o->new_label);
	}
	view.sort = sort_name(cx, &w);
	fill_columns(cx, &w, &view);
	fill_filters(cx, &w, &view);
	fill_rows(cx, &w, o->row_href, &view);
	if (cx->err)
		return cx->err;
	if (w.csv)
		return send_csv(cx, &view);
	view.csv_href = address(cx, &w, view.sort, KR_S("csv"));
	if (w.after)
		view.first_href = address(cx, &w, view.sort, KR_S(""));
	view.empty_title =
	    kr_text(cx, view.filtered || !o->empty_title ? "core.list_nothing_found"
							 : o->empty_title);
	view.empty_text =
	    kr_text(cx, view.filtered || !o->empty_text ? "core.list_nothing_found_text"
							: o->empty_text);
	return app_list(cx, &view);
}
