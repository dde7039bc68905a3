/* SPDX-License-Identifier: MIT */
/* What a handler sees of a request, and how it answers. */
#ifndef KR_HTTP_H
#define KR_HTTP_H

#include <kr/base.h>

enum kr_method { KR_GET, KR_POST, KR_PUT, KR_DELETE, KR_PROPFIND, KR_REPORT };

/* Who is asking. No handler ever sees a session. */
KR_PUBLIC kr_id kr_me(const kr_ctx *); /* acting person; 0 = nobody signed in */
KR_PUBLIC bool kr_can(const kr_ctx *, const char *perm);
KR_PUBLIC bool kr_has_role(const kr_ctx *, uint32_t roles); /* any of KR_ROLE_... */
KR_PUBLIC kr_str kr_my_name(const kr_ctx *);
KR_PUBLIC kr_str kr_lang(const kr_ctx *); /* "de" or "en" */

/* {id} and {id2} of the path; the guard or scope of the route has already passed. */
KR_PUBLIC kr_id kr_object(const kr_ctx *);
KR_PUBLIC kr_id kr_object2(const kr_ctx *);

/* Declared and validated input only; an undeclared name aborts in tests. Absent
   optional fields read as empty, 0, KR_NO_DATE, KR_NO_TIME. */
KR_PUBLIC kr_str kr_in_s(kr_ctx *, const char *field);
KR_PUBLIC int64_t kr_in_i(kr_ctx *, const char *field);
KR_PUBLIC bool kr_in_b(kr_ctx *, const char *field);
KR_PUBLIC kr_date kr_in_d(kr_ctx *, const char *field);
KR_PUBLIC kr_time kr_in_t(kr_ctx *, const char *field);
KR_PUBLIC const kr_id *kr_in_ids(kr_ctx *, const char *field, size_t *n_r);
/* Uploaded files of a field: stored, scanned, owned by the sender, pending. Adopted by
   kr_attach() and COMMIT, swept after an hour otherwise. Infected ones never arrive
   here: core has refused the form and named the file. */
KR_PUBLIC const kr_id *kr_in_files(kr_ctx *, const char *field, size_t *n_r);
/* Says what is wrong with a field ("" = the form as a whole) and fails with KR_EINPUT:
   422, the form again, filled, with the sentence of that key at that field. */
KR_PUBLIC kr_err kr_in_bad(kr_ctx *, const char *field, const char *i18n);

/* Answers. One per request; the last line of a handler. */
/* 303 to a local path; %-conversions are percent-encoded; nothing leaves our origin. */
KR_PUBLIC kr_err kr_redirect(kr_ctx *, const char *path_fmt, ...) KR_PRINTF(2, 3);
KR_PUBLIC kr_err kr_send_text(
    kr_ctx *, const char *mime, kr_str body); /* machine formats */
/* A notice on the next page, by key. */
KR_PUBLIC void kr_flash(kr_ctx *, const char *i18n);
/* The same with a button that undoes it: a POST to this local path. */
KR_PUBLIC void kr_flash_undo(kr_ctx *, const char *i18n, kr_str undo_path);

/* JSON for machine clients, written by the type: kr_json_open(j, 0, '{') ... */
typedef struct kr_json kr_json;
KR_PUBLIC kr_json *kr_json_new(kr_ctx *) KR_NONNULL;
KR_PUBLIC void kr_json_open(kr_json *, const char *key_or_null, char brace);
KR_PUBLIC void kr_json_put(kr_json *, const char *key_or_null, kr_val);
KR_PUBLIC void kr_json_close(kr_json *);
KR_PUBLIC kr_err kr_json_send(kr_json *); /* answers with it */
KR_PUBLIC kr_str kr_json_text(kr_json *); /* as text, for events */

#endif
