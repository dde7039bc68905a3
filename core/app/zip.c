/* One ZIP of many files, streamed while it is made: no copy on disk, constant memory.
 */
#include "app/file.h"
#include "auth/auth.h"
#include "http/http.h"
#include <archive.h>
#include <archive_entry.h>
#include <kr/kr.h>
#include <unistd.h>

KR_STMT(q_stored, "s", "isi",
    "SELECT f.id, f.store_key, f.size"
    " FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"
    " JOIN core_file f ON f.id = j.id AND f.scan = 1");

struct stored {
	int64_t id, size;
	kr_str key;
};
static const struct kr_col stored_cols[] = { KR_COL(struct stored, id),
	KR_COL(struct stored, key), KR_COL(struct stored, size) };

static la_ssize_t
out(struct archive *a, void *to, const void *p, size_t n)
{
	const struct kr_zip_out *o = to;

	(void)a;
	return o->write(o->arg, p, n) ? (la_ssize_t)n : -1;
}

static bool
begin_entry(struct archive *a, kr_ctx *cx, kr_str path, int64_t size)
{
	struct archive_entry *e = archive_entry_new();
	bool ok;

	archive_entry_set_pathname_utf8(e, kr_cstr(cx, path));
	archive_entry_set_size(e, size);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, cx->now.us / 1000000, 0);
	ok = archive_write_header(a, e) == ARCHIVE_OK;
	archive_entry_free(e);
	return ok;
}

static bool
add_file(struct archive *a, kr_ctx *cx, kr_str path, const struct stored *s)
{
	static char chunk[65536];
	int fd = kr_file_open(cx->app, s->key);
	ssize_t n = 1;
	bool ok = fd >= 0 && begin_entry(a, cx, path, s->size);

	while (ok && n > 0) {
		n = read(fd, chunk, sizeof chunk);
		ok = n == 0 || (n > 0 && archive_write_data(a, chunk, (size_t)n) == n);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

struct stored_list {
	struct stored *p;
	size_t n;
};

static const struct stored *
find(const struct stored_list *list, kr_id id)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->p[i].id == id)
			return &list->p[i];
	return NULL;
}

static bool
add_items(struct archive *a, kr_ctx *cx, const struct kr_zip_item *items, size_t n,
    const struct stored_list *list)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		const struct stored *s = find(list, items[i].file);

		if (s)
			ok = add_file(a, cx, items[i].path, s);
		else if (!items[i].file)
			ok = begin_entry(
				 a, cx, items[i].path, (int64_t)items[i].text.n) &&
			     archive_write_data(a, items[i].text.p, items[i].text.n) >=
				 0;
	}
	return ok;
}

kr_err
kr_zip_write(
    kr_ctx *cx, const struct kr_zip_item *items, size_t n, struct kr_zip_out *to)
{
	struct stored_list stored;
	kr_id *ids = kr_alloc(cx, n + 1, sizeof *ids);
	size_t nids = 0;
	struct archive *a;
	bool ok;

	for (size_t i = 0; i < n; i++)
		if (items[i].file)
			ids[nids++] = items[i].file;
	KR_FILL(
	    cx, stored, kr_query(cx, &q_stored, kr_ids(cx, ids, nids)), stored_cols);
	if (cx->err || !to->begin(to->arg))
		return cx->err;
	a = archive_write_new();
	archive_write_set_format_zip(a);
	/* Without it umlauts break under the C locale: the UTF-8 flag stays unset. */
	archive_write_set_options(a, "zip:hdrcharset=UTF-8");
	archive_write_set_bytes_in_last_block(a, 1);
	ok = archive_write_open(a, to, NULL, out, NULL) == ARCHIVE_OK &&
	     add_items(a, cx, items, n, &stored);
	if (!ok)
		archive_write_fail(a); /* no list of contents: half of it is none */
	ok = ok && archive_write_close(a) == ARCHIVE_OK;
	archive_write_free(a);
	return ok ? KR_OK : kr_fail(cx, KR_EFAIL, "zip: the stream broke off");
}

/* ── as an answer ── */

struct answer {
	kr_ctx *cx;
	kr_str name;
};

static bool
answer_begin(void *arg)
{
	struct answer *r = arg;

	return kr_answer_stream(r->cx, KR_S("application/zip"), r->name);
}

static bool
answer_write(void *arg, const void *p, size_t n)
{
	const struct answer *r = arg;

	return kr_answer_write(r->cx, p, n);
}

kr_err
kr_send_zip(kr_ctx *cx, kr_str name, const struct kr_zip_item *items, size_t n)
{
	struct answer r = { cx, name };

	return kr_zip_write(
	    cx, items, n, &(struct kr_zip_out){ answer_begin, answer_write, &r });
}
