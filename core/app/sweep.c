/* Files in the background: those that wait for the scanner, and those nobody holds. */
#include "app/file.h"
#include "app/notice.h"
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include "scan/client.h"
#include <dirent.h>
#include <fcntl.h>
#include <kr/kr.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 20
/* Five seconds after it came, and each time it has become twice as old: a scanner that
   cannot look for a day costs nobody a file. */
KR_STMT(q_waiting, "ti", "isis",
    "SELECT id, store_key, owner_id, name FROM core_file WHERE scan = 0 AND tries < 30"
    " AND created <= ? - INTERVAL (5 << tries) SECOND ORDER BY tries, id LIMIT ?");
KR_STMT(x_clean, "si", "", "UPDATE core_file SET scan = 1, type = ? WHERE id = ?");
KR_STMT(x_tried, "i", "", "UPDATE core_file SET tries = tries + 1 WHERE id = ?");
KR_STMT(x_gone, "i", "", "DELETE FROM core_file WHERE id = ?");
KR_STMT(x_unattach, "i", "", "DELETE FROM core_attachment WHERE file_id = ?");
KR_STMT(q_pending, "t", "is",
    "SELECT id, store_key FROM core_file WHERE attached = 0 AND created < ? LIMIT 500");
KR_STMT(q_known, "s", "i", "SELECT id FROM core_file WHERE store_key = ?");

#define SCAN_MS 35000 /* longer than the scanner's own limit for one file */
#define GRACE_S 3600

struct row {
	int64_t id, owner;
	kr_str key, name;
};
static const struct kr_col waiting_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, key), KR_COL(struct row, owner), KR_COL(struct row, name) };
static const struct kr_col pending_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, key) };
static const struct kr_col id_cols[] = { KR_COL(struct row, id) };

/* `kreide backup` copies the database first and the files after it, and holds files/ in
   between: what a copied row leads to must still be there. -1: it does so now. Then the
   bytes wait for the walk, like those of a crash. */
static int
may_unlink(kr_ctx *cx)
{
	char dir[600];
	int fd;

	snprintf(dir, sizeof dir, "%s/files", cx->app->conf.home);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void
kr_file_unlink(kr_ctx *cx, kr_str key)
{
	char path[600];
	int held = may_unlink(cx);

	if (held < 0)
		return;
	snprintf(path, sizeof path, "%s/files/%.2s/%.*s", cx->app->conf.home, key.p,
	    KR_FMT(key));
	if (unlink(path) != 0)
		kr_log(cx, KR_WARN, "file.unlink_failed", 0, NULL);
	close(held);
}

/* Row first, bytes after COMMIT: a crash in between leaves bytes without a row, which
   the nightly walk removes; never a row without bytes. */
static void
forget(kr_ctx *cx, kr_id id, kr_str key)
{
	kr_exec(cx, &x_unattach, kr_i(id));
	kr_exec(cx, &x_gone, kr_i(id));
	if (kr_commit(cx) == KR_OK)
		kr_file_unlink(cx, key);
}

/* Returns false when the scanner itself is away: the rest of the round is pointless. */
static bool
rescan_one(kr_ctx *cx, const struct row *r)
{
	struct kr_scan_reply reply = { .verdict = KR_SCAN_NOT_SCANNED };
	char socket[512];
	int fd = kr_file_open(cx->app, r->key);
	bool answered;

	if (fd < 0) {
		kr_exec(cx, &x_tried, kr_i(r->id));
		return kr_commit(cx) == KR_OK;
	}
	snprintf(socket, sizeof socket, "%s/run/scan.sock", cx->app->conf.home);
	answered = kr_scan_file(socket, fd, SCAN_MS, &reply);
	close(fd);
	if (!answered || strcmp(reply.what, "no-database") == 0)
		return false;
	if (reply.verdict == KR_SCAN_CLEAN) {
		kr_exec(cx, &x_clean, kr_s(kr_z(reply.type)), kr_i(r->id));
	} else if (reply.verdict == KR_SCAN_NOT_SCANNED) {
		kr_exec(cx, &x_tried, kr_i(r->id));
	} else {
		kr_notify(cx, (&(struct kr_audience){ .person = r->owner }),
		    "core.notice_file_refused", KR_S("/notices"), kr_s(r->name));
		forget(cx, r->id, r->key);
	}
	return kr_commit(cx) == KR_OK;
}

bool
kr_files_rescan(kr_ctx *cx)
{
	struct row r;
	kr_rows *rows = kr_query(cx, &q_waiting, kr_t(cx->now), kr_i(BATCH));

	kr_commit(cx);
	while (kr_next(rows, waiting_cols, &r))
		if (!rescan_one(cx, &r))
			return false;
	return kr_rows_n(rows) == BATCH;
}

/* Bytes without a row, older than an hour: left by a crash between rename and COMMIT.
 */
static void
sweep_folder(kr_ctx *cx, const char *dir, bool known_stay)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct row r;
	struct stat st;
	char path[1100];

	while (d && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != 32)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_mtime > cx->now.us / 1000000 - GRACE_S)
			continue;
		if (known_stay &&
		    (kr_one(cx, &q_known, id_cols, &r, kr_s(kr_z(e->d_name))) ||
			cx->err))
			continue;
		unlink(path);
	}
	if (d)
		closedir(d);
}

void
kr_files_sweep(kr_ctx *cx)
{
	struct row r;
	char dir[600];
	int held;
	kr_time before = { cx->now.us - GRACE_S * 1000000LL };
	kr_rows *rows = kr_query(cx, &q_pending, kr_t(before));

	kr_commit(cx);
	while (kr_next(rows, pending_cols, &r))
		forget(cx, r.id, r.key);
	snprintf(dir, sizeof dir, "%s/incoming", cx->app->conf.home);
	sweep_folder(cx, dir, false);
	held = may_unlink(cx);
	for (int i = 0; held >= 0 && i < 256; i++) {
		snprintf(
		    dir, sizeof dir, "%s/files/%02x", cx->app->conf.home, (unsigned)i);
		sweep_folder(cx, dir, true);
	}
	if (held >= 0)
		close(held);
}
