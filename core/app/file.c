/* Files of objects: attaching, listing what the acting person may see, signed addresses
   on the content host. */
#include "app/file.h"
#include "app/sign.h"
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <fcntl.h>
#include <kr/kr.h>
#include <unistd.h>

KR_STMT(x_attach, "sssitii", "",
    "INSERT INTO core_attachment (module, entity, slot, object_id, file_id, created)"
    " SELECT ?, ?, ?, ?, f.id, ? FROM core_file f WHERE f.id = ? AND f.owner_id = ?"
    " AND f.attached = 0");
KR_STMT(x_adopt, "i", "", "UPDATE core_file SET attached = 1 WHERE id = ?");
KR_STMT(x_detach, "ssii", "",
    "DELETE FROM core_attachment WHERE module = ? AND entity = ? AND object_id = ?"
    " AND file_id = ?");
KR_STMT(x_orphan, "ii", "",
    "UPDATE core_file SET attached = 0 WHERE id = ? AND NOT EXISTS"
    " (SELECT 1 FROM core_attachment a WHERE a.file_id = ?)");
KR_STMT(q_files, "sssii", "iissitii",
    "SELECT f.id, f.owner_id, f.name, f.type, f.size, f.created, f.scan, a.object_id"
    " FROM core_attachment a JOIN core_file f ON f.id = a.file_id"
    " WHERE a.module = ? AND a.entity = ? AND a.slot = ? AND a.object_id = ?"
    " AND (f.scan = 1 OR f.owner_id = ?) ORDER BY a.id");
KR_STMT(q_files_of, "ssssi", "iissitii",
    "SELECT f.id, f.owner_id, f.name, f.type, f.size, f.created, f.scan, a.object_id"
    " FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"
    " JOIN core_attachment a ON a.object_id = j.id AND a.module = ? AND a.entity = ?"
    " AND a.slot = ? JOIN core_file f ON f.id = a.file_id"
    " WHERE f.scan = 1 OR f.owner_id = ? ORDER BY a.object_id, a.id");

struct row {
	int64_t id, owner, size, object;
	kr_str name, type;
	kr_time created;
	uint8_t scan;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, owner), KR_COL(struct row, name), KR_COL(struct row, type),
	KR_COL(struct row, size), KR_COL(struct row, created), KR_COL(struct row, scan),
	KR_COL(struct row, object) };

void
kr_attach(
    kr_ctx *cx, const struct kr_entity *e, kr_id object, const char *slot, kr_id file)
{
	if (cx->err)
		return;
	if (!kr_exec(cx, &x_attach, kr_s(kr_z(cx->plugin)), kr_s(kr_z(e->name)),
		kr_s(kr_z(slot)), kr_i(object), kr_t(cx->now), kr_i(file),
		kr_i(kr_me(cx))))
		kr_fail(cx, KR_ENOTFOUND, "attach: not a pending file of this person");
	kr_exec(cx, &x_adopt, kr_i(file));
}

void
kr_detach(kr_ctx *cx, const struct kr_entity *e, kr_id object, kr_id file)
{
	if (kr_exec(cx, &x_detach, kr_s(kr_z(cx->plugin)), kr_s(kr_z(e->name)),
		kr_i(object), kr_i(file)))
		kr_exec(
		    cx, &x_orphan, kr_i(file), kr_i(file)); /* swept an hour later */
}

static struct kr_file *
collect(kr_ctx *cx, kr_rows *rows, size_t *n_r)
{
	size_t n = 0;
	struct kr_file *list = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *list);
	struct row r;

	while (kr_next(rows, row_cols, &r)) {
		list[n] = (struct kr_file){ .id = r.id,
			.owner = r.owner,
			.object = r.object,
			.name = r.name,
			.type = r.type,
			.size = r.size,
			.created = r.created,
			.scan = r.scan };
		list[n].download = kr_signed_url(cx, r.id, true);
		list[n].view = kr_shown_as(r.type);
		if (list[n].view.n)
			list[n].url = kr_signed_url(cx, r.id, false);
		n++;
	}
	*n_r = n;
	return list;
}

struct kr_file *
kr_files(
    kr_ctx *cx, const struct kr_entity *e, kr_id object, const char *slot, size_t *n_r)
{
	return collect(cx,
	    kr_query(cx, &q_files, kr_s(kr_z(cx->plugin)), kr_s(kr_z(e->name)),
		kr_s(kr_z(slot)), kr_i(object), kr_i(kr_me(cx))),
	    n_r);
}

struct kr_file *
kr_files_of(kr_ctx *cx, const struct kr_entity *e, kr_val objects, const char *slot,
    size_t *n_r)
{
	return collect(cx,
	    kr_query(cx, &q_files_of, objects, kr_s(kr_z(cx->plugin)),
		kr_s(kr_z(e->name)), kr_s(kr_z(slot)), kr_i(kr_me(cx))),
	    n_r);
}

kr_str
kr_file_accel(kr_ctx *cx, kr_str key)
{
	return kr_fmt(cx, "/_files/%.2s/%.*s", key.p, KR_FMT(key));
}

int
kr_file_open(const struct kr_app *app, kr_str key)
{
	char path[600];

	if (key.n != 32)
		return -1;
	snprintf(path, sizeof path, "%s/files/%.2s/%.*s", app->conf.home, key.p,
	    KR_FMT(key));
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}
