/* Files: upload, scan, storage, signed addresses. Bytes lie in HOME/files by random id;
   names are metadata. */
#ifndef KR_APP_FILE_H
#define KR_APP_FILE_H

#include "base/ctx.h"
#include <kr/app.h>
#include <kr/plugin.h>

/* ── upload, called by http/input.c while the body streams ── */
struct kr_upload;
/* Before the first file of a body: KR_ELIMIT when the person's pending files, which
   belong to no object yet, are too many bytes already. */
kr_err kr_upload_room(kr_ctx *);
/* The cap is that of the school (kreide.conf max_file_mb); KR_ELIMIT above it,
   KR_ELIMIT with errno ENOSPC noted when the disk is full (507). */
kr_err kr_upload_begin(
    kr_ctx *, const struct kr_field *, kr_str file_name, struct kr_upload **upload_r);
kr_err kr_upload_data(kr_ctx *, struct kr_upload *, const char *, size_t n);
/* Bytes are durable, then scanned for at most 2 s. Refused content (infected, bomb,
   encrypted) leaves no trace: KR_EINPUT noted at the field, *file_r stays 0. An
   unanswered scan leaves the file waiting. */
kr_err kr_upload_end(kr_ctx *, struct kr_upload *, kr_id *file_r);
void kr_upload_abort(kr_ctx *, struct kr_upload *); /* leaves no trace */
bool kr_upload_disk_full(const kr_ctx *);
/* A file id that came back with a form: true when it is pending and the person's own.
 */
bool kr_upload_kept(kr_ctx *, kr_id file, kr_str *name_r, int64_t *size_r);

/* ── storage ── */
/* "/_files/ab/abcd..." for X-Accel-Redirect. */
kr_str kr_file_accel(kr_ctx *, kr_str key);
int kr_file_open(const struct kr_app *, kr_str key); /* read-only fd or -1 */

void kr_file_unlink(kr_ctx *, kr_str key); /* when no row has it any more */

/* ── ZIP, to wherever: begin is asked once everything is known that can fail before the
   first byte; false ends it without a failure of its own ── */
struct kr_zip_out {
	bool (*begin)(void *);
	bool (*write)(void *, const void *, size_t);
	void *arg;
};
kr_err kr_zip_write(
    kr_ctx *, const struct kr_zip_item *, size_t n, struct kr_zip_out *);

/* ── in jobs ── */
/* A batch of what still waits for the scanner; true: there may be more, and it answers.
 */
bool kr_files_rescan(kr_ctx *);
void kr_files_sweep(kr_ctx *); /* pending older than an hour, deleted objects */

#endif
