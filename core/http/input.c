/* Reads a query or a body and keeps what the route declares; nothing else gets in. */
#include "http/input.h"

#include "app/file.h"
#include "auth/auth.h"
#include "http/params.h"
#include "plugin/registry.h"

#include <string.h>

#define SMALL_BODY ((int64_t)64 * 1024)
#define ROUND_A_FILE                                                                   \
	((int64_t)1024 * 1024) /* texts and boundaries beside the files                \
				*/

/* Memory that no body may use up: the handler and its page need it. */
#define KEEP_FREE ((size_t)16 * 1024 * 1024)

struct taking {
	kr_ctx *cx;
	const struct kr_route *route;
	size_t seen, room;       /* occurrences; places in in->values */
	int64_t taken, cap;      /* bytes of the body */
	int64_t texts, text_cap; /* of them in texts, all fields together */
	bool too_large, token_ok, files_came;
	size_t *files; /* by field: taken so far, refused ones too */
	/* the part that streams in */
	const struct kr_field *field;
	kr_str name;
	bool skip;
	struct kr_buf text; /* one for all parts, one after the other */
	struct kr_upload *upload;
	kr_str file_name;
};

/* ── what the route declares ── */

/* The route's own fields, or its entity's: of the list, or of the form when there is a
   page that shows the form again; a button that only acts takes none. */
static void
declare(kr_ctx *cx, const struct kr_route *r)
{
	const struct kr_route_info *info = &cx->app->routes[cx->req->route_no];
	bool form = r->method != KR_GET && r->nin == 0;

	if (info->nin == 0 || (form && r->again == NULL))
		return;
	cx->in->fields = kr_fields_limited(cx, info->in, info->nin);
	cx->in->nfields = info->nin;
}

static const struct kr_field *
declared(const struct kr_input *in, kr_str name)
{
	for (size_t i = 0; i < in->nfields; i++) {
		if (kr_is(name, in->fields[i].name))
			return &in->fields[i];
	}
	return NULL;
}

/* "work.kept": numbers of files that an earlier try of this form has stored. */
static const struct kr_field *
declared_kept(const struct kr_input *in, kr_str name)
{
	kr_str tail = KR_S(".kept");
	const struct kr_field *f;

	if (name.n <= tail.n || !kr_eq(kr_sub(name, name.n - tail.n, tail.n), tail))
		return NULL;
	f = declared(in, kr_sub(name, 0, name.n - tail.n));
	return f != NULL && f->type == 'f' ? f : NULL;
}

/* A character is at most twelve bytes on the way: four bytes, each as %XX. */
static int64_t
room_for(char type, int32_t max)
{
	if (strchr("smwc", type) == NULL)
		return 256;
	return 12 * (int64_t)(max > 0 ? max : 10000);
}

int64_t
kr_route_max_body(const struct kr_config *conf, const struct kr_route *r)
{
	int64_t cap = SMALL_BODY, files = 0;

	if (r->max_body > 0)
		return r->max_body;
	for (size_t i = 0; i < r->nin; i++) {
		if (r->in[i].type == 'f')
			files += r->in[i].max > 0 ? r->in[i].max : 1;
		else
			cap += room_for(r->in[i].type, r->in[i].max);
	}
	for (size_t i = 0; r->entity != NULL && i < r->entity->nprops; i++)
		cap += room_for(r->entity->props[i].type, r->entity->props[i].max);
	if (files > 0)
		cap += ROUND_A_FILE + files * conf->max_file_bytes;
	return cap;
}

/* Texts may fill a small body and what the fields have declared; the rest of a large
   body is for files. */
static int64_t
room_for_texts(const struct kr_input *in)
{
	int64_t cap = SMALL_BODY;

	for (size_t i = 0; i < in->nfields; i++) {
		if (in->fields[i].type != 'f')
			cap += room_for(in->fields[i].type, in->fields[i].max);
	}
	return cap;
}

static bool
fits(const struct taking *t, size_t n)
{
	size_t room = kr_arena_room(t->cx->arena);

	return room >= KEEP_FREE && room - KEEP_FREE >= n;
}

static kr_err
too_large(struct taking *t)
{
	return kr_refuse(t->cx, 413, KR_ELIMIT, "body larger than the route takes");
}

/* ── values ── */

static bool
said_already(const struct kr_input *in, const struct kr_bad *b)
{
	for (size_t i = 0; i < in->nbad; i++) {
		if (kr_eq(in->bad[i].field, b->field) &&
		    strcmp(in->bad[i].i18n, b->i18n) == 0 &&
		    kr_eq(in->bad[i].arg, b->arg))
			return true;
	}
	return false;
}

/* The same sentence at the same field once, however often it was earned; the list has
   room for the next power of two. */
void
kr_input_bad(kr_ctx *cx, kr_str field, const char *i18n, kr_str arg)
{
	struct kr_input *in = cx->in;
	struct kr_bad bad = { field, i18n, arg };

	if (said_already(in, &bad))
		return;
	if ((in->nbad & (in->nbad - 1)) == 0) {
		struct kr_bad *more =
		    kr_alloc(cx, in->nbad == 0 ? 1 : 2 * in->nbad, sizeof *more);

		if (in->nbad > 0)
			memcpy(more, in->bad, in->nbad * sizeof *more);
		in->bad = more;
	}
	in->bad[in->nbad++] = bad;
}

static void
add_value(struct taking *t, const struct kr_field *f, kr_str text, int64_t i)
{
	struct kr_input *in = t->cx->in;

	if (in->nvalues == t->room) {
		size_t room = t->room == 0 ? 16 : t->room * 2;
		struct kr_value *more = kr_alloc(t->cx, room, sizeof *more);

		if (in->nvalues > 0)
			memcpy(more, in->values, in->nvalues * sizeof *more);
		in->values = more;
		t->room = room;
	}
	in->values[in->nvalues++] = (struct kr_value){ f, text, i };
}

static size_t
most_files(const struct kr_field *f)
{
	return f->max > 0 ? (size_t)f->max : 1;
}

/* New files and kept ones count together, and so do those that the scanner refused:
   each has cost its work. */
static size_t *
files_so_far(const struct taking *t, const struct kr_field *f)
{
	return &t->files[f - t->cx->in->fields];
}

static bool
one_more_file(struct taking *t, const struct kr_field *f)
{
	if (*files_so_far(t, f) < most_files(f))
		return true;
	kr_input_bad(t->cx, kr_z(f->name), "core.too_many_files",
	    kr_fmt(t->cx, "%zu", most_files(f)));
	return false;
}

/* Files are taken only from a form of ours: before the first of them the token counts.
 */
static bool
token_known(struct taking *t)
{
	if (t->token_ok || (t->route->flags & KR_R_PROTO) != 0)
		return true;
	t->token_ok = kr_csrf_ok(t->cx, t->cx->req->csrf_given);
	if (!t->token_ok)
		kr_fail(t->cx, KR_EDENIED, "token of the form before its files");
	return t->token_ok;
}

/* A file that came with an earlier try of this form: its number instead of its bytes.
   One that is not there any more is said: nobody hands in less than they think. */
static void
add_kept(struct taking *t, const struct kr_field *f, kr_str text)
{
	kr_str name;
	int64_t id, size;

	if (!kr_to_i(text, &id) || id <= 0 || !token_known(t) || !one_more_file(t, f))
		return;
	if (kr_upload_kept(t->cx, id, &name, &size)) {
		add_value(t, f, name, id);
		++*files_so_far(t, f);
	} else if (kr_status(t->cx) == KR_OK)
		kr_input_bad(t->cx, kr_z(f->name), "core.file_gone", KR_S(""));
}

/* One occurrence. Repeats belong to lists, audiences and files; a box may have a hidden
   "0" before it; of anything else the first counts. */
static void
add_text(struct taking *t, const struct kr_field *f, kr_str raw)
{
	struct kr_input *in = t->cx->in;
	kr_str text, part;

	/* Without CR once, and as NFC, which is at most three times as long. */
	if (!fits(t, 4 * raw.n)) {
		too_large(t);
		return;
	}
	text = kr_param_text(t->cx->arena, raw);
	if (f->type != 'w')
		text = kr_trim(text);
	if (text.n == 0)
		return;
	if (f->type == 'f')
		return; /* a file that was sent as a text */
	if (f->type == 'I') {
		while (kr_split(&text, ',', &part))
			add_value(t, f, kr_trim(part), 0);
		return;
	}
	for (size_t i = 0; f->type != 'a' && i < in->nvalues; i++) {
		if (in->values[i].field != f)
			continue;
		if (f->type == 'b')
			in->values[i].text = text;
		return;
	}
	add_value(t, f, text, 0);
}

static bool
is_token(kr_str name)
{
	return kr_is(name, KR_INPUT_TOKEN);
}

static void
keep_core_field(struct taking *t, kr_str name, kr_str text)
{
	kr_str *to =
	    is_token(name) ? &t->cx->req->csrf_given : &t->cx->req->nonce_given;

	if (to->n == 0)
		*to = kr_dup(t->cx->arena, text);
}

static bool
is_core(kr_str name)
{
	return is_token(name) || kr_is(name, KR_INPUT_NONCE);
}

/* Whatever is not declared is dropped here. */
static void
add_named(struct taking *t, kr_str name, kr_str text)
{
	const struct kr_field *f = declared(t->cx->in, name);
	const struct kr_field *kept = declared_kept(t->cx->in, name);

	if (is_core(name))
		keep_core_field(t, name, text);
	else if (f != NULL)
		add_text(t, f, text);
	else if (kept != NULL)
		add_kept(t, kept, text);
}

static kr_err
one_more(struct taking *t)
{
	if (++t->seen <= KR_INPUT_FIELDS_MAX)
		return KR_OK;
	return kr_refuse(t->cx, 400, KR_EINPUT, "too many fields");
}

static kr_err
take_params(struct taking *t, kr_str text)
{
	kr_str name, value;

	if (!fits(t, 2 * text.n))
		return too_large(t);
	for (;;) {
		enum kr_param is = kr_param_next(t->cx->arena, &text, &name, &value);

		if (is == KR_PARAM_NONE)
			return KR_OK;
		if (is == KR_PARAM_BAD)
			return kr_refuse(t->cx, 400, KR_EINPUT, "field is not text");
		if (one_more(t) != KR_OK)
			return kr_status(t->cx);

		add_named(t, name, value);
		if (kr_status(t->cx) != KR_OK)
			return kr_status(t->cx);
	}
}

/* ── bodies ── */

static size_t
read_body(void *arg, void *p, size_t n)
{
	struct taking *t = arg;
	size_t got = kr_fcgi_read(p, n);

	t->taken += (int64_t)got;
	if (t->taken > t->cap || !fits(t, 0)) {
		t->too_large = true;
		return 0;
	}
	return got;
}

static kr_err
take_urlencoded(struct taking *t)
{
	struct kr_buf b;
	char piece[8192];
	size_t got;

	kr_buf_init(&b, t->cx->arena, 4096);
	while ((got = read_body(t, piece, sizeof piece)) > 0) {
		if (!fits(t, 2 * (b.n + got)))
			return too_large(t);
		kr_buf_add(&b, piece, got);
	}
	if (t->too_large)
		return too_large(t);
	return take_params(t, kr_buf_view(&b));
}

/* ── files and texts of a multipart body ── */

static bool
begin_file(struct taking *t, kr_str file_name)
{
	const struct kr_field *f = t->field;

	/* An empty file input sends a part without a name. */
	t->skip = file_name.n == 0;
	if (t->skip)
		return true;
	if (!token_known(t))
		return false;
	t->skip = !one_more_file(t, f);
	if (t->skip)
		return true;
	if (!t->files_came && kr_upload_room(t->cx) != KR_OK)
		return false;
	t->files_came = true;
	++*files_so_far(t, f);
	t->file_name = kr_dup(t->cx->arena, file_name);
	return kr_upload_begin(t->cx, f, t->file_name, &t->upload) == KR_OK;
}

static bool
part_begins(void *arg, kr_str name, kr_str file_name, kr_str type, bool is_file)
{
	struct taking *t = arg;

	(void)type; /* what the sender calls it proves nothing: the scanner looks */
	if (one_more(t) != KR_OK)
		return false;
	t->upload = NULL;
	t->name = name;
	t->field = declared(t->cx->in, name);
	if (is_file && t->field != NULL && t->field->type == 'f')
		return begin_file(t, file_name);
	t->skip = is_file || (t->field == NULL && !is_core(name) &&
				 declared_kept(t->cx->in, name) == NULL);
	t->text.n = 0;
	return true;
}

static bool
part_bytes(void *arg, const char *p, size_t n)
{
	struct taking *t = arg;

	if (t->skip)
		return true;
	if (t->upload != NULL)
		return kr_upload_data(t->cx, t->upload, p, n) == KR_OK;
	t->texts += (int64_t)n;
	if (t->texts > t->text_cap || !fits(t, 2 * (t->text.n + n))) {
		t->too_large = true;
		return false;
	}
	kr_buf_add(&t->text, p, n);
	return true;
}

static bool
end_file(struct taking *t)
{
	struct kr_upload *u = t->upload;
	kr_id id = 0;

	t->upload = NULL;
	if (kr_upload_end(t->cx, u, &id) != KR_OK)
		return false;
	if (id != 0)
		add_value(t, t->field, t->file_name, id);
	return true;
}

static bool
part_ends(void *arg)
{
	struct taking *t = arg;

	if (t->skip)
		return true;
	if (t->upload != NULL)
		return end_file(t);

	kr_str text = kr_buf_view(&t->text);

	if (!kr_utf8_ok(text)) {
		kr_refuse(t->cx, 400, KR_EINPUT, "field is not text");
		return false;
	}
	add_named(t, t->name, text);
	return kr_status(t->cx) == KR_OK;
}

/* Why an upload ended early: the disk, the size of a file, or the form itself. */
static kr_err
upload_failed(struct taking *t)
{
	struct kr_req *q = t->cx->req;

	if (t->upload != NULL)
		kr_upload_abort(t->cx, t->upload);
	t->upload = NULL;
	if (t->too_large) {
		kr_ctx_clear(t->cx);
		return too_large(t);
	}
	if (kr_status(t->cx) == KR_ELIMIT && q->refuse == 0)
		q->refuse = kr_upload_disk_full(t->cx) ? 507 : 413;
	return kr_status(t->cx);
}

static kr_err
take_multipart(struct taking *t, kr_str boundary)
{
	static const struct kr_multipart_ops ops = { read_body, part_begins, part_bytes,
		part_ends };

	kr_buf_init(&t->text, t->cx->arena, 1024);
	if (kr_multipart(t->cx, boundary, &ops, t) != KR_OK)
		return upload_failed(t);
	return KR_OK;
}

/* "multipart/form-data; boundary=x" -> the kind, and the boundary. */
kr_str
kr_body_kind(kr_ctx *cx, kr_str *boundary_r)
{
	kr_str type = cx->req->content_type, kind = { NULL, 0 }, part, key;

	kr_split(&type, ';', &kind);
	*boundary_r = KR_S("");
	while (kr_split(&type, ';', &part)) {
		part = kr_trim(part);
		if (!kr_split(&part, '=', &key) || part.p == NULL ||
		    !kr_is(kr_lower(cx->arena, key), "boundary"))
			continue;
		if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
			part = kr_sub(part, 1, part.n - 2);
		*boundary_r = part;
	}
	return kr_lower(cx->arena, kr_trim(kind));
}

static kr_err
take_body(struct taking *t)
{
	struct kr_req *q = t->cx->req;
	kr_str boundary, kind = kr_body_kind(t->cx, &boundary);
	bool plain = kr_is(kind, "application/x-www-form-urlencoded");
	kr_err err;

	q->body_taken = true;
	t->cap = kr_route_max_body(&t->cx->app->conf, t->route);
	t->text_cap = room_for_texts(t->cx->in);
	if (plain && t->cap > t->text_cap)
		t->cap = t->text_cap;
	if (q->content_length > t->cap)
		return too_large(t);
	if (q->content_length <= 0 && kind.n == 0)
		return KR_OK; /* a button without fields */
	if (plain)
		err = take_urlencoded(t);
	else if (kr_is(kind, "multipart/form-data"))
		err = take_multipart(t, boundary);
	else
		err = kr_refuse(t->cx, 415, KR_EINPUT, "type of the body");
	if (err == KR_OK && plain && q->content_length > t->taken)
		err = kr_refuse(t->cx, 400, KR_EINPUT, "body shorter than announced");
	return err;
}

kr_err
kr_input_take(kr_ctx *cx, const struct kr_route *route)
{
	struct taking *t = KR_NEW(cx, struct taking);

	t->cx = cx;
	t->route = route;
	declare(cx, route);
	t->files = kr_alloc(cx, cx->in->nfields + 1, sizeof *t->files);
	switch (route->method) {
	case KR_GET:
		return take_params(t, cx->req->query);
	case KR_POST:
	case KR_PUT:
	case KR_DELETE:
		return take_body(t);
	case KR_PROPFIND:
	case KR_REPORT:
		break;
	}
	return KR_OK;
}

static bool
has_value(const struct kr_input *in, const struct kr_field *f)
{
	for (size_t i = 0; i < in->nvalues; i++) {
		if (in->values[i].field == f &&
		    (f->type == 'f' || in->values[i].text.n > 0))
			return true;
	}
	return false;
}

/* A file that was refused is not missing: the sentence at the field says why. */
static bool
has_error(const struct kr_input *in, const struct kr_field *f)
{
	for (size_t i = 0; i < in->nbad; i++) {
		if (kr_is(in->bad[i].field, f->name))
			return true;
	}
	return false;
}

kr_err
kr_input_check(kr_ctx *cx)
{
	struct kr_input *in = cx->in;

	for (size_t i = 0; i < in->nvalues; i++) {
		kr_str arg = KR_S("");
		const char *wrong = kr_field_check(cx, &in->values[i], &arg);

		if (wrong != NULL)
			kr_input_bad(cx, kr_z(in->values[i].field->name), wrong, arg);
	}
	for (size_t i = 0; i < in->nfields; i++) {
		const struct kr_field *f = &in->fields[i];

		if ((f->flags & KR_F_REQ) != 0 && !has_value(in, f) &&
		    !has_error(in, f))
			kr_input_bad(
			    cx, kr_z(f->name), "core.field_required", KR_S(""));
	}
	if (in->nbad > 0)
		return kr_fail(cx, KR_EINPUT, "%zu fields refused", in->nbad);
	return kr_status(cx);
}

kr_err
kr_input_read(kr_ctx *cx, const struct kr_route *route)
{
	kr_err err = kr_input_take(cx, route);

	return err != KR_OK ? err : kr_input_check(cx);
}
