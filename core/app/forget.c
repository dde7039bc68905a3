/* Erasure and retention: walks over what is declared and lets it go, table by table.
   Files go with the objects that hold them; a file of the person that somebody else's
   object holds stays there, nobody's. */
#include "app/forget.h"
#include "app/file.h"
#include "auth/auth.h"
#include "db/db.h"
#include "school/school.h"
#include <kr/kr.h>
#include <string.h>

#define BATCHES 100 /* of one table in one night */
#define LEAVERS 300 /* in one night */
#define IDS "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"

KR_STMT(q_state, "i", "b", "SELECT state = 'left' FROM core_person WHERE id = ?");
KR_STMT(q_leavers, "ti", "i",
    "SELECT id FROM core_person WHERE state = 'left' AND left_at < ?"
    " ORDER BY left_at, id LIMIT ?");
KR_STMT(x_person, "i", "", "DELETE FROM core_person WHERE id = ?");
KR_STMT(x_parts, "i", "",
    "DELETE FROM core_audience_part WHERE kind IN ('person', 'person_parents')"
    " AND ref = ?");
/* Files of objects that go. */
KR_STMT(q_held, "sss", "i",
    "SELECT DISTINCT a.file_id FROM " IDS " STRAIGHT_JOIN core_attachment a"
    " ON a.module = ? AND a.entity = ? AND a.object_id = j.id");
KR_STMT(x_release, "sss", "",
    "DELETE a FROM " IDS " STRAIGHT_JOIN core_attachment a"
    " ON a.module = ? AND a.entity = ? AND a.object_id = j.id");
KR_STMT(x_pending, "s", "",
    "UPDATE " IDS " STRAIGHT_JOIN core_file f ON f.id = j.id SET f.attached = 0"
    " WHERE NOT EXISTS (SELECT 1 FROM core_attachment a WHERE a.file_id = f.id)");
KR_STMT(q_own_files, "i", "is",
    "SELECT id, store_key FROM core_file WHERE owner_id = ? AND attached = 0");
KR_STMT(x_own_files, "s", "",
    "DELETE f FROM " IDS " STRAIGHT_JOIN core_file f ON f.id = j.id");

struct number {
	int64_t n;
};
static const struct kr_col number_cols[] = { KR_COL(struct number, n) };
struct own {
	int64_t id;
	kr_str key;
};
static const struct kr_col own_cols[] = { KR_COL(struct own, id),
	KR_COL(struct own, key) };

static kr_id *
ids_of(kr_ctx *cx, kr_rows *rows, size_t *n_r)
{
	kr_id *list = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *list);
	struct number one;

	*n_r = 0;
	while (kr_next(rows, number_cols, &one))
		list[(*n_r)++] = one.n;
	return list;
}

/* ── files of objects ── */

/* They wait for nobody any more: the sweep of files takes them within the hour. */
static void
release(kr_ctx *cx, const struct kr_plugin *p, const char *table, kr_val objects)
{
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++) {
		const struct kr_entity *e = p->entities[i];
		kr_val module = kr_s(kr_z(p->name)), name = kr_s(kr_z(e->name));
		kr_id *files;
		size_t n;

		if ((e->flags & KR_E_ATTACH) == 0 || strcmp(e->table, table) != 0)
			continue;
		files = ids_of(cx, kr_query(cx, &q_held, objects, module, name), &n);
		if (n == 0)
			continue;
		kr_exec(cx, &x_release, objects, module, name);
		kr_exec(cx, &x_pending, kr_ids(cx, files, n));
	}
}

/* ── a person ── */

int64_t *
kr_forget_count(kr_ctx *cx, kr_id person)
{
	const struct kr_declared *d = kr_declared(cx);
	int64_t *list = kr_alloc(cx, d == NULL ? 1 : d->ways.n + 1, sizeof *list);
	struct number one;

	for (size_t i = 0; d != NULL && i < d->ways.n; i++)
		if (kr_one(cx, d->ways.p[i].count, number_cols, &one, kr_i(person)))
			list[i] = one.n;
	return list;
}

static void
go_way(kr_ctx *cx, const struct kr_way *w, kr_id person, struct kr_forgotten *f)
{
	kr_id *ids;
	size_t n;

	if (w->erase == KR_ERASE_KEEP || w->person)
		return;
	if (w->erase == KR_ERASE_NULL) {
		if (w->blank != NULL)
			f->blanked += kr_exec(cx, w->blank, kr_i(person));
		return;
	}
	if (w->ids == NULL) {
		f->rows += kr_exec(cx, w->drop, kr_i(person));
		return;
	}
	ids = ids_of(cx, kr_query(cx, w->ids, kr_i(person)), &n);
	if (n == 0)
		return;
	release(cx, w->plugin, w->table, kr_ids(cx, ids, n));
	f->rows += kr_exec(cx, w->drop, kr_ids(cx, ids, n));
}

/* What no object holds, or no longer: rows now, bytes after COMMIT. */
static void
own_files(kr_ctx *cx, kr_id person, struct kr_forgotten *f)
{
	kr_rows *rows = kr_query(cx, &q_own_files, kr_i(person));
	size_t n = kr_rows_n(rows);
	kr_id *ids = kr_alloc(cx, n + 1, sizeof *ids);
	struct own one;

	f->files = kr_alloc(cx, n + 1, sizeof *f->files);
	while (kr_next(rows, own_cols, &one)) {
		ids[f->nfiles] = one.id;
		f->files[f->nfiles++] = one.key;
	}
	if (f->nfiles > 0)
		kr_exec(cx, &x_own_files, kr_ids(cx, ids, f->nfiles));
}

kr_err
kr_forget(kr_ctx *cx, kr_id person, struct kr_forgotten *forgotten_r)
{
	static const struct kr_col left_cols[] = { { 'b', sizeof(bool), 0 } };
	const struct kr_declared *d = kr_declared(cx);
	struct kr_forgotten f = { 0 };
	bool files = false, left = false;

	if (d == NULL)
		return kr_status(cx);
	if (!kr_one(cx, &q_state, left_cols, &left, kr_i(person)))
		return kr_fail(cx, KR_ENOTFOUND, "no such person");
	if (!left)
		return kr_fail(cx, KR_ECONFLICT, "this person has not left");
	if (!kr_sign_in_forget(cx, person))
		return kr_status(cx);
	for (size_t i = 0; i < d->ways.n; i++) {
		/* When the objects of all plugins are gone, core's turn comes. */
		if (!files && strcmp(d->ways.p[i].plugin->name, "core") == 0) {
			own_files(cx, person, &f);
			files = true;
		}
		go_way(cx, &d->ways.p[i], person, &f);
	}
	kr_exec(cx, &x_parts, kr_i(person));
	f.rows += kr_exec(cx, &x_person, kr_i(person));
	kr_rights_changed(cx);
	kr_audit(cx, "core.person_erased", person);
	if (kr_status(cx) == KR_OK)
		*forgotten_r = f;
	return kr_status(cx);
}

void
kr_forget_files(kr_ctx *cx, const struct kr_forgotten *f)
{
	for (size_t i = 0; i < f->nfiles; i++)
		kr_file_unlink(cx, f->files[i]);
}

/* ── what is over ── */

static size_t
batch(kr_ctx *cx, const struct kr_keep *k, kr_val before)
{
	kr_id *ids;
	size_t n;

	if (k->old == NULL)
		return (size_t)kr_exec(cx, k->gone, before);
	ids = ids_of(cx, kr_query(cx, k->old, before), &n);
	if (n == 0)
		return 0;
	release(cx, k->plugin, k->table, kr_ids(cx, ids, n));
	kr_exec(cx, k->gone, kr_ids(cx, ids, n));
	return n;
}

/* After a failure the others go on: one broken table must not keep everything. */
static bool
settled(kr_ctx *cx, const char *what, kr_val which)
{
	if (kr_status(cx) == KR_OK && kr_commit(cx) == KR_OK)
		return true;
	kr_log(cx, KR_ERROR, "keep.failed", 1, (struct kr_kv[]){ { what, which } });
	kr_rollback(cx);
	kr_ctx_clear(cx);
	return false;
}

static bool
keep_one(kr_ctx *cx, const struct kr_keep *k)
{
	kr_val before = kr_t((kr_time){ cx->now.us - k->days * KR_DAY_US });
	kr_val table = kr_s(kr_z(k->table));
	size_t n = 0, rows = 0;

	for (int i = 0; i < BATCHES; i++) {
		n = batch(cx, k, before);
		if (!settled(cx, "table", table))
			return false;
		rows += n;
		if (n < KR_KEEP_BATCH)
			break;
	}
	if (rows > 0)
		kr_log(cx, KR_INFO, "keep.done", 3,
		    (struct kr_kv[]){ { "table", table },
			{ "column", kr_s(kr_z(k->column ? k->column : "-")) },
			{ "rows", kr_i((int64_t)rows) } });
	return true;
}

static bool
leavers(kr_ctx *cx)
{
	kr_time before = { cx->now.us - KR_LEAVER_DAYS * KR_DAY_US };
	kr_rows *rows = kr_query(cx, &q_leavers, kr_t(before), kr_i(LEAVERS));
	struct number one;
	int64_t done = 0;
	bool good = settled(cx, "table", kr_s(KR_S("core_person")));

	while (good && kr_next(rows, number_cols, &one)) {
		struct kr_forgotten f = { 0 };

		(void)kr_forget(cx, one.n, &f);
		good = settled(cx, "person", kr_i(one.n));
		if (good) {
			kr_forget_files(cx, &f);
			done++;
		}
	}
	if (done > 0)
		kr_log(cx, KR_INFO, "keep.leavers", 1,
		    (struct kr_kv[]){ { "persons", kr_i(done) } });
	return good;
}

kr_err
kr_keep_run(kr_ctx *cx)
{
	const struct kr_declared *d = kr_declared(cx);
	bool good = d != NULL && leavers(cx);

	for (size_t i = 0; d != NULL && i < d->keeps.n; i++)
		good &= keep_one(cx, &d->keeps.p[i]);
	if (!good)
		return kr_fail(cx, KR_EFAIL, "retention: not everything could go");
	return kr_status(cx);
}
