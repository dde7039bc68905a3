/* Declared fields: decoded, checked, typed; and what was typed, for the form again. */
#ifndef KR_HTTP_INPUT_H
#define KR_HTTP_INPUT_H

#include "http/http.h"

struct kr_value { /* one occurrence of a field in the request */
	const struct kr_field *field;
	kr_str text; /* as typed, NFC, CRLF made LF; f: the file's name */
	int64_t
	    i; /* i, b, g, p, a, I: the number; d: day; t: microseconds; f: file id */
};
struct kr_bad { /* an error at a field ("" = the form) */
	kr_str field;
	const char *i18n;
	kr_str arg; /* {1} of the message: a limit, a file name */
};
struct kr_input {
	const struct kr_field *fields;
	size_t nfields;
	struct kr_value *values;
	size_t nvalues;
	struct kr_bad *bad;
	size_t nbad;
	bool again; /* the form is drawn again: field helpers show `values` and `bad` */
};
/* Reads query (GET) or body (POST: urlencoded or multipart; at most 1,000 fields, caps
   of the route). Errors at fields are collected; KR_EINPUT when there are any,
   KR_ELIMIT when too large. Files stream to incoming/ and through the scanner
   (app/file.c). A route of an entity that declares no fields takes those of its list
   (GET) or, when it has a page to show again, those of its form; so a button that only
   acts takes none. Two steps: take reads and keeps what is declared (and refuses a file
   before the token of the form has been seen to be right); check types it. */
kr_err kr_input_read(kr_ctx *, const struct kr_route *);
kr_err kr_input_take(kr_ctx *, const struct kr_route *);
kr_err kr_input_check(kr_ctx *);
#define KR_INPUT_FIELDS_MAX 1000
/* Names of core's own hidden fields in every form. */
#define KR_INPUT_TOKEN "_csrf"
#define KR_INPUT_NONCE "_nonce"
/* Most bytes a body of this route may have; nginx is told the same number. */
struct kr_config;
int64_t kr_route_max_body(const struct kr_config *, const struct kr_route *);
/* "multipart/form-data", of the body, in lower case; and its boundary. */
kr_str kr_body_kind(kr_ctx *, kr_str *boundary_r);
/* Keeps what was typed in req->typed, when a browser has sent a form of ours; may read
   what nobody has read of the body. Clears an error of the context. */
void kr_typed_keep(kr_ctx *);
/* Types and checks one value; the key of what is wrong, or NULL; {1} in *arg_r. */
const char *kr_field_check(kr_ctx *, struct kr_value *, kr_str *arg_r);
/* Fields with the limits as the school has set them (kr_field.max_from). */
const struct kr_field *kr_fields_limited(kr_ctx *, const struct kr_field *, size_t n);
/* Notes what is wrong with a field; the same once. */
void kr_input_bad(kr_ctx *, kr_str field, const char *i18n, kr_str arg);

/* Streaming multipart/form-data (RFC 7578): part headers, then bytes in pieces. The
   callbacks return false to stop. */
struct kr_multipart_ops {
	size_t (*read)(void *, void *, size_t n); /* bytes of the body; 0: its end */
	bool (*part)(void *, kr_str name, kr_str file_name, kr_str type, bool is_file);
	bool (*data)(void *, const char *, size_t n);
	bool (*end)(void *);
};
kr_err kr_multipart(
    kr_ctx *, kr_str boundary, const struct kr_multipart_ops *, void *arg);

#endif
