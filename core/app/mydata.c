/* A person's own copy: walks the declared ways and writes what it finds, by module and
   table, under the words that the pages use. */
#include "app/mydata.h"
#include "app/declared.h"
#include "auth/auth.h"
#include "db/db.h"
#include "html/text.h"
#include "plugin/registry.h"
#include "school/school.h"
#include <jansson.h>
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

#define IDS "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"

#define FILE_COLUMNS "SELECT f.id, f.name, f.type, f.size, f.created"
KR_STMT(q_own, "i", "issit",
    FILE_COLUMNS " FROM core_file f WHERE f.owner_id = ? ORDER BY f.id");
KR_STMT(q_held, "sss", "issit",
    FILE_COLUMNS " FROM " IDS " STRAIGHT_JOIN core_attachment a ON a.module = ?"
		 " AND a.entity = ? AND a.object_id = j.id"
		 " JOIN core_file f ON f.id = a.file_id ORDER BY f.id");

struct file {
	int64_t id, size;
	kr_str name, type;
	kr_time created;
};
static const struct kr_col file_cols[] = { KR_COL(struct file, id),
	KR_COL(struct file, name), KR_COL(struct file, type), KR_COL(struct file, size),
	KR_COL(struct file, created) };

struct copy {
	kr_ctx *cx;
	kr_id person;
	json_t *files;
	struct kr_zip_item *items;
	size_t n, cap;
};

static json_t *
text(kr_str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *
time_text(kr_ctx *cx, kr_time t)
{
	struct kr_civil c;
	int64_t s;

	if (t.us == KR_NO_TIME.us)
		return json_null();
	s = t.us / 1000000;
	c = kr_civil_date((kr_date){ (int32_t)(s / 86400) });
	s %= 86400;
	return text(kr_fmt(cx, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day,
	    (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60)));
}

/* ── words ── */

/* A column of an entity has the label of its field; one of core's own tables, and of a
   plugin that gives the text, "NAME.data_COLUMN". */
static kr_str
column_word(kr_ctx *cx, const struct kr_way *w, const struct kr_way_col *c)
{
	char key[100];

	if (c->prop != NULL)
		return kr_text(cx, c->prop->label);
	snprintf(key, sizeof key, "%s.data_%s", w->plugin->name, c->name);
	if (kr_text_exists(cx, key))
		return kr_text(cx, key);
	snprintf(key, sizeof key, "core.data_%s", c->name);
	return kr_text_exists(cx, key) ? kr_text(cx, key) : kr_z(c->name);
}

static kr_str
table_word(kr_ctx *cx, const struct kr_way *w)
{
	char key[120];

	if (w->entity != NULL)
		return kr_text(cx, w->entity->title);
	snprintf(key, sizeof key, "%s.data_in_%s", w->plugin->name, w->table);
	for (char *p = strchr(key, '.') + 1; *p; p++)
		if (*p == '.')
			*p = '_';
	return kr_text_exists(cx, key) ? kr_text(cx, key) : kr_z(w->table);
}

static kr_str
value_word(kr_ctx *cx, const struct kr_way_col *c, kr_str value)
{
	char key[120];

	if (c->prop == NULL || c->prop->type != 'c' || value.n == 0 || value.n > 40)
		return value;
	snprintf(key, sizeof key, "%s_%.*s", c->prop->label, KR_FMT(value));
	return kr_text_exists(cx, key) ? kr_text(cx, key) : value;
}

/* ── rows ── */

static json_t *
row_of(kr_ctx *cx, const struct kr_way *w, const kr_str *cells)
{
	json_t *row = json_object();

	for (size_t i = 0; i < w->ncols; i++) {
		const char *key = kr_cstr(cx, column_word(cx, w, &w->cols[i]));

		/* Two fields may have one label. */
		if (json_object_get(row, key) != NULL)
			key = kr_cstr(cx, kr_fmt(cx, "%s (%s)", key, w->cols[i].name));
		json_object_set_new(
		    row, key, text(value_word(cx, &w->cols[i], cells[i])));
	}
	return row;
}

static json_t *
table_of(struct copy *y, const struct kr_way *w)
{
	kr_rows *rows = kr_query_(y->cx, w->rows, KR_ARGS(kr_i(y->person)));
	struct kr_col *cols = kr_alloc(y->cx, w->ncols, sizeof *cols);
	kr_str *cells = kr_alloc(y->cx, w->ncols, sizeof *cells);
	json_t *list, *table;

	for (size_t i = 0; i < w->ncols; i++)
		cols[i] = (struct kr_col){ 's', sizeof(kr_str),
			(uint32_t)(i * sizeof(kr_str)) };
	if (kr_rows_n(rows) == 0)
		return NULL;
	list = json_array();
	while (kr_next_(rows, cols, w->ncols, cells))
		json_array_append_new(list, row_of(y->cx, w, cells));
	table = json_object();
	json_object_set_new(table, "table", json_string(w->table));
	json_object_set_new(table, "title", text(table_word(y->cx, w)));
	if (json_array_size(list) == KR_ROWS_MAX)
		json_object_set_new(table, "cut", json_true());
	json_object_set_new(table, "rows", list);
	return table;
}

/* ── files ── */

/* A name that unpacks everywhere: no folders, nothing hidden. */
static kr_str
clean_name(kr_ctx *cx, kr_str name)
{
	char *p = kr_alloc(cx, name.n + 1, 1);

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		p[i] = c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c) != NULL
			   ? '_'
			   : name.p[i];
	}
	return (kr_str){ p, name.n };
}

static void
add_item(struct copy *y, struct kr_zip_item item)
{
	if (y->n == y->cap) {
		size_t cap = y->cap ? y->cap * 2 : 64;
		struct kr_zip_item *p = kr_alloc(y->cx, cap, sizeof *p);

		if (y->n > 0)
			memcpy(p, y->items, y->n * sizeof *p);
		y->items = p;
		y->cap = cap;
	}
	y->items[y->n++] = item;
}

static void
add_files(struct copy *y, kr_rows *rows)
{
	struct file f;

	while (kr_next(rows, file_cols, &f)) {
		kr_str path = kr_fmt(y->cx, "files/%lld_%.*s", (long long)f.id,
		    KR_FMT(clean_name(y->cx, f.name)));
		bool there = false;
		json_t *j;

		for (size_t i = 0; i < y->n && !there; i++)
			there = y->items[i].file == f.id;
		if (there)
			continue;
		add_item(y, (struct kr_zip_item){ .file = f.id, .path = path });
		j = json_object();
		json_object_set_new(j, "id", json_integer(f.id));
		json_object_set_new(j, "name", text(f.name));
		json_object_set_new(j, "path", text(path));
		json_object_set_new(j, "type", text(f.type));
		json_object_set_new(j, "size", json_integer(f.size));
		json_object_set_new(j, "created", time_text(y->cx, f.created));
		json_array_append_new(y->files, j);
	}
}

/* What somebody else has put to his rows is about him too: a corrected page. */
static void
held_files(struct copy *y, const struct kr_way *w)
{
	static const struct kr_col id_cols[] = { { 'i', sizeof(kr_id), 0 } };
	const struct kr_plugin *p = w->plugin;
	kr_rows *rows;
	kr_id *ids;
	size_t n = 0;

	if (w->entity == NULL || (w->entity->flags & KR_E_ATTACH) == 0)
		return;
	rows = kr_query_(y->cx, w->ids, KR_ARGS(kr_i(y->person)));
	ids = kr_alloc(y->cx, kr_rows_n(rows) + 1, sizeof *ids);
	while (kr_next(rows, id_cols, &ids[n]))
		n++;
	if (n > 0)
		add_files(y, kr_query(y->cx, &q_held, kr_ids(y->cx, ids, n),
				 kr_s(kr_z(p->name)), kr_s(kr_z(w->entity->name))));
}

/* ── the whole ── */

static void
sign_in(struct copy *y, json_t *tables)
{
	static const char *const titles[] = { "core.data_tokens", "core.data_sign_in" };

	for (int traces = 0; traces < 2; traces++) {
		struct kr_auth_token *t = NULL;
		json_t *list = json_array(), *table = json_object(), *row;
		size_t n = 0;

		if (!kr_sign_in_list(y->cx, y->person, traces != 0, &t, &n) &&
		    kr_status(y->cx) == KR_OK)
			kr_fail(y->cx, KR_EUPSTREAM, "auth: no list of sign-in");
		for (size_t i = 0; i < n; i++) {
			row = json_object();
			json_object_set_new(row, "label", text(t[i].label));
			json_object_set_new(
			    row, "created", time_text(y->cx, t[i].created));
			json_object_set_new(row, "used", time_text(y->cx, t[i].used));
			json_object_set_new(
			    row, "expires", time_text(y->cx, t[i].expires));
			json_array_append_new(list, row);
		}
		json_object_set_new(table, "table", json_string("kreide_auth"));
		json_object_set_new(
		    table, "title", text(kr_text(y->cx, titles[traces])));
		json_object_set_new(table, "rows", list);
		json_array_append_new(tables, table);
	}
}

static json_t *
module_of(struct copy *y, const struct kr_declared *d, const struct kr_plugin *p)
{
	json_t *m, *tables = json_array(), *t;

	for (size_t i = 0; i < d->ways.n; i++) {
		const struct kr_way *w = &d->ways.p[i];

		if (w->plugin != p || w->rows == NULL)
			continue;
		t = table_of(y, w);
		if (t != NULL)
			json_array_append_new(tables, t);
		held_files(y, w);
	}
	if (strcmp(p->name, "core") == 0)
		sign_in(y, tables);
	if (json_array_size(tables) == 0) {
		json_decref(tables);
		return NULL;
	}
	m = json_object();
	json_object_set_new(m, "module", json_string(p->name));
	json_object_set_new(m, "title", text(kr_text(y->cx, p->title)));
	json_object_set_new(m, "tables", tables);
	return m;
}

static json_t *
everything(struct copy *y, const struct kr_declared *d)
{
	json_t *root = json_object(), *modules = json_array(), *m;

	json_object_set_new(root, "about", text(kr_text(y->cx, "core.data_about")));
	json_object_set_new(root, "school", json_string(y->cx->app->conf.school));
	json_object_set_new(root, "made", time_text(y->cx, y->cx->now));
	for (size_t i = 0; i < y->cx->app->nplugins; i++) {
		const struct kr_plugin *p = y->cx->app->plugins[i].p;

		m = p == NULL ? NULL : module_of(y, d, p);
		if (m != NULL)
			json_array_append_new(modules, m);
	}
	json_object_set_new(root, "modules", modules);
	return root;
}

kr_err
kr_mydata(kr_ctx *cx, kr_id person, struct kr_zip_item **items_r, size_t *n_r)
{
	const struct kr_declared *d = kr_declared(cx);
	struct copy y = { .cx = cx, .person = person };
	json_t *root;
	char *dump;

	if (d == NULL)
		return kr_status(cx);
	y.files = json_array();
	add_item(&y, (struct kr_zip_item){ .path = KR_S("data.json") });
	root = everything(&y, d);
	add_files(&y, kr_query(cx, &q_own, kr_i(person)));
	json_object_set_new(root, "files", y.files);
	dump = json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(root);
	KR_CHECK(dump != NULL);
	y.items[0].text = kr_dup(cx->arena, kr_z(dump));
	free(dump);
	*items_r = y.items;
	*n_r = y.n;
	return kr_status(cx);
}

kr_str
kr_mydata_name(kr_ctx *cx, kr_str account)
{
	return kr_fmt(cx, "%.*s-%.*s.zip", KR_FMT(account),
	    KR_FMT(kr_date_iso(cx, kr_today(cx))));
}
