/* Declared fields: typed, ranged, refused; files behind the token; nothing undeclared.
 */
#include "../lib/base_room.h"

#include "../../core/http/access.c"
#include "../../core/http/field.c"
#include "../../core/http/input.c"
#include "../../core/http/multipart.c"
#include "../../core/http/params.c"

#include "../lib/work.h"

static struct kr_app app;
static struct kr_req req;
static struct kr_input in;
static struct kr_actor actor;
static struct kr_route_info info;
static struct kr_route route;

/* ── the rooms around, as small as can be ── */

static const char *body;
static size_t body_n;
static int tokens_asked, uploads_open, uploads_begun, rooms_asked;
static bool disk_full, refuse_file, no_room;

size_t
kr_fcgi_read(void *p, size_t n)
{
	if (n > body_n)
		n = body_n;
	memcpy(p, body, n);
	body += n;
	body_n -= n;
	return n;
}

kr_err
kr_refuse(kr_ctx *c, int status, kr_err err, const char *why)
{
	if (c->err == KR_OK)
		c->req->refuse = status;
	return kr_fail(c, err, "%s", why);
}

bool
kr_csrf_ok(kr_ctx *c, kr_str token)
{
	(void)c;
	tokens_asked++;
	return kr_is(token, "right");
}

struct kr_upload {
	size_t n;
};

kr_err
kr_upload_room(kr_ctx *c)
{
	rooms_asked++;
	return no_room ? kr_fail(c, KR_ELIMIT, "pending") : KR_OK;
}

kr_err
kr_upload_begin(
    kr_ctx *c, const struct kr_field *f, kr_str name, struct kr_upload **upload_r)
{
	(void)f;
	(void)name;
	uploads_open++;
	uploads_begun++;
	*upload_r = KR_NEW(c, struct kr_upload);
	return KR_OK;
}

kr_err
kr_upload_data(kr_ctx *c, struct kr_upload *u, const char *p, size_t n)
{
	(void)p;
	u->n += n;
	return disk_full ? kr_fail(c, KR_ELIMIT, "disk full") : KR_OK;
}

kr_err
kr_upload_end(kr_ctx *c, struct kr_upload *u, kr_id *file_r)
{
	uploads_open--;
	*file_r = refuse_file ? 0 : 1000 + (kr_id)u->n;
	if (refuse_file)
		kr_input_bad(c, KR_S("work"), "core.file_infected", KR_S("x"));
	return KR_OK;
}

void
kr_upload_abort(kr_ctx *c, struct kr_upload *u)
{
	(void)c;
	(void)u;
	uploads_open--;
}

bool
kr_upload_disk_full(const kr_ctx *c)
{
	(void)c;
	return disk_full;
}

bool
kr_upload_kept(kr_ctx *c, kr_id file, kr_str *name_r, int64_t *size_r)
{
	(void)c;
	*name_r = KR_S("kept.pdf");
	*size_r = 1;
	return file == 77 || file == 78;
}

size_t
kr_right_bit(const struct kr_app *a, const char *name)
{
	(void)a;
	return strcmp(name, "tasks.read") == 0 ? 3 : (size_t)-1;
}

bool
kr_actor_has(const struct kr_actor *a, size_t bit)
{
	return (a->rights[bit / 8] >> (bit % 8) & 1) != 0;
}

bool
kr_audience_part_read(kr_str text, struct kr_audience_part *part_r)
{
	part_r->kind = KR_PART_GROUP;
	return kr_starts(text, KR_S("group:"));
}

bool
kr_audience_allowed(kr_ctx *c, const struct kr_audience_part *p)
{
	(void)c;
	(void)p;
	return true;
}

kr_id
kr_person_by_account(kr_ctx *c, kr_str account)
{
	(void)c;
	return kr_is(account, "anna.schmidt2") ? 12 : 0;
}

kr_id
kr_audience_store(kr_ctx *c, const struct kr_audience_part *p, size_t n)
{
	(void)c;
	(void)p;
	return (kr_id)(40 + n);
}

static int64_t set_by_school;

int64_t
kr_setting_i(kr_ctx *c, const char *key)
{
	(void)c;
	assert_string_equal(key, "tasks.max_files");
	return set_by_school;
}

/* ── one request ── */

static int
setup(void **state)
{
	(void)state;
	work_begin(&app);
	memset(&req, 0, sizeof req);
	memset(&in, 0, sizeof in);
	memset(&route, 0, sizeof route);
	memset(&actor, 0, sizeof actor);
	app.routes = &info;
	app.conf.max_file_bytes = 1000;
	info.route = &route;
	route.method = KR_POST;
	req.content_type = KR_S("application/x-www-form-urlencoded");
	req.content_length = -1;
	cx.req = &req;
	cx.in = &in;
	cx.actor = &actor;
	tokens_asked = uploads_open = uploads_begun = rooms_asked = 0;
	disk_full = refuse_file = no_room = false;
	return 0;
}

static kr_err
post(const struct kr_field *fields, size_t n, const char *text)
{
	route.in = info.in = fields;
	route.nin = info.nin = n;
	body = text;
	body_n = strlen(text);
	return kr_input_read(&cx, &route);
}

static const char *const colours[] = { "red", "green", NULL };

static void
test_types(void **state)
{
	static const struct kr_field one = { "x", 's', 0, 0, 0, NULL };
	static const struct {
		char type;
		int32_t min, max;
		const char *text;  /* urlencoded */
		const char *wrong; /* NULL: taken */
		int64_t i;
	} cases[] = {
		{ 's', 0, 5, "abcde", NULL, 0 },
		{ 's', 0, 5, "%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4", NULL, 0 },
		{ 's', 0, 5, "abcdef", "core.field_too_long", 0 },
		{ 's', 3, 5, "ab", "core.field_too_short", 0 },
		{ 's', 0, 5, "++ab++", NULL, 0 }, /* trimmed */
		{ 's', 0, 9, "a%0Ab", "core.field_bad_text", 0 },
		{ 's', 0, 9, "a%1Bb", "core.field_bad_text", 0 },
		{ 'm', 0, 9, "a%0D%0Ab%09c", NULL, 0 },
		{ 'm', 0, 9, "a%07b", "core.field_bad_text", 0 },
		{ 'w', 0, 9, "+a+", NULL, 0 },
		{ 'i', 0, 0, "-5", NULL, -5 },
		{ 'i', 0, 0, "%2B5", NULL, 5 },
		{ 'i', 1, 9, "10", "core.field_range", 0 },
		{ 'i', 1, 9, "9", NULL, 9 },
		{ 'i', 0, 0, "5x", "core.field_not_a_number", 0 },
		{ 'i', 0, 0, "99999999999999999999", "core.field_not_a_number", 0 },
		{ 'b', 0, 0, "on", NULL, 1 },
		{ 'b', 0, 0, "0", NULL, 0 },
		{ 'b', 0, 0, "maybe", "core.field_choice", 0 },
		{ 'd', 0, 0, "1970-01-02", NULL, 1 },
		{ 'd', 0, 0, "2.1.1970", NULL, 1 },
		{ 'd', 0, 0, "31.4.2026", "core.field_not_a_date", 0 },
		{ 't', 0, 0, "1970-01-02T02:00", NULL, 90000 * INT64_C(1000000) },
		{ 't', 0, 0, "1970-01-02T02:00:59", NULL, 90000 * INT64_C(1000000) },
		{ 't', 0, 0, "2.1.1970+2:00", NULL, 90000 * INT64_C(1000000) },
		{ 't', 0, 0, "1970-01-02", "core.field_not_a_time", 0 },
		{ 't', 0, 0, "1970-01-02T24:00", "core.field_not_a_time", 0 },
		{ 't', 0, 0, "1970-01-02T2:0", "core.field_not_a_time", 0 },
		{ 'c', 0, 0, "red", NULL, 0 },
		{ 'c', 0, 0, "blue", "core.field_choice", 0 },
		{ 'g', 0, 0, "12", NULL, 12 },
		{ 'g', 0, 0, "-1", "core.field_choice", 0 },
		{ 'p', 0, 0, "0", "core.field_choice", 0 },
		{ 'p', 0, 0, "5", NULL, 5 },
		{ 'p', 0, 0, "Anna.Schmidt2", NULL, 12 },
		{ 'p', 0, 0, "nobody", "core.field_choice", 0 },
		{ 'a', 0, 0, "group:5", NULL, 0 },
		{ 'a', 0, 0, "5", "core.field_choice", 0 },
	};

	kr_time_zone_init();
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		struct kr_field f = one;
		char text[100];

		teardown_work(state);
		setup(state);
		f.type = cases[i].type;
		f.min = cases[i].min;
		f.max = cases[i].max;
		f.choices = colours;
		snprintf(text, sizeof text, "y=1&x=%s&z=3", cases[i].text);
		if (post(&f, 1, text) != (cases[i].wrong == NULL ? KR_OK : KR_EINPUT))
			fail_msg("%c %s", cases[i].type, cases[i].text);
		assert_int_equal(in.nvalues, 1);
		if (cases[i].wrong == NULL)
			assert_int_equal(in.values[0].i, cases[i].i);
		else
			assert_string_equal(in.bad[0].i18n, cases[i].wrong);
	}
}

static void
test_required_and_repeats(void **state)
{
	static const struct kr_field fields[] = { { "a", 's', 0, 0, KR_F_REQ, NULL },
		{ "b", 'b', 0, 0, 0, NULL }, { "ids", 'I', 0, 0, 0, NULL },
		{ "aud", 'a', 0, 0, 0, NULL }, { "pw", 'w', 0, 0, 0, NULL } };
	size_t n;

	(void)state;
	assert_int_equal(post(fields, 5, "a=++&b=1"), KR_EINPUT);
	assert_string_equal(in.bad[0].i18n, "core.field_required");

	teardown_work(state);
	setup(state);
	assert_int_equal(post(fields, 5,
			     "a=one&a=two&b=0&b=1&ids=5,6&ids=7&aud=group:1&aud=group:2"
			     "&pw=+x+&evil=1&_csrf=tok&_nonce=n1&_csrf=other"),
	    KR_OK);
	assert_str(kr_in_s(&cx, "a"), "one");
	assert_true(kr_in_b(&cx, "b"));
	assert_int_equal(kr_in_ids(&cx, "ids", &n)[2], 7);
	assert_int_equal(n, 3);
	assert_int_equal(kr_in_i(&cx, "aud"), 42);
	assert_str(kr_in_s(&cx, "pw"), " x ");
	assert_str(req.csrf_given, "tok");
	assert_str(req.nonce_given, "n1");
	assert_int_equal(kr_in_d(&cx, "b").day, KR_NO_DATE.day); /* not a date */
	assert_int_equal(cx.err, KR_EFAIL);
}

static void
test_undeclared(void **state)
{
	static const struct kr_field f = { "a", 's', 0, 0, 0, NULL };

	(void)state;
	assert_int_equal(post(&f, 1, "evil=1"), KR_OK);
	assert_str(kr_in_s(&cx, "evil"), "");
	assert_int_equal(cx.err, KR_EFAIL);
}

static void
test_refusals(void **state)
{
	static const struct kr_field f = { "a", 's', 0, 0, 0, NULL };
	static const struct {
		const char *type, *body;
		int64_t length;
		int status;
	} cases[] = {
		{ "application/x-www-form-urlencoded", "a=%ff", -1, 400 },
		{ "application/x-www-form-urlencoded", "a=%", -1, 400 },
		{ "application/x-www-form-urlencoded", "a=1", 300000, 413 },
		{ "application/x-www-form-urlencoded", "a=1", 30, 400 },
		{ "text/plain", "a=1", 3, 415 },
		{ "application/json", "{}", 2, 415 },
		{ "", "a=1", 3, 415 },
		{ "multipart/form-data", "--B--", 5, 400 },
		{ "multipart/form-data; boundary=B", "--C--", 5, 400 },
		{ "Multipart/Form-Data; BOUNDARY=\"B\"", "--B--", 5, 0 },
		{ "application/x-www-form-urlencoded; charset=UTF-8", "a=1", 3, 0 },
	};

	for (size_t i = 0; i < KR_LEN(cases); i++) {
		teardown_work(state);
		setup(state);
		req.content_type = kr_z(cases[i].type);
		req.content_length = cases[i].length;
		post(&f, 1, cases[i].body);
		if (req.refuse != cases[i].status)
			fail_msg("case %zu: %d", i, req.refuse);
	}
}

static void
test_many_fields(void **state)
{
	static const struct kr_field f = { "a", 's', 0, 0, 0, NULL };
	static char text[8000];

	(void)state;
	for (size_t i = 0; i < 1001; i++)
		memcpy(text + 4 * i, "b=1&", 4);
	assert_int_equal(post(&f, 1, text), KR_EINPUT);
	assert_int_equal(req.refuse, 400);
	teardown_work(state);
	setup(state);
	text[4000] = 0;
	assert_int_equal(post(&f, 1, text), KR_OK);
}

static const struct kr_field work[] = { { "work", 'f', 0, 2, KR_F_REQ, NULL },
	{ "text", 'm', 0, 100, 0, NULL } };
#define P(name, more)                                                                  \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n"
#define FILE_(name) P("work", "; filename=\"" name "\"")

static kr_err
upload(const char *text)
{
	req.content_type = KR_S("multipart/form-data; boundary=B");
	return post(work, 2, text);
}

static void
test_files(void **state)
{
	size_t n;
	const kr_id *ids;

	(void)state;
	assert_int_equal(
	    upload(P("_csrf", "") "right\r\n" P("text", "") "hi\r\n" FILE_(
		"a.pdf") "12345"
			 "\r\n" FILE_("") "\r\n" P("work.kept", "") "77\r\n" P(
			     "evil", "; filename=\"e\"") "x\r\n" P("text",
			     "; filename=\"t\"") "y\r\n--B--"),
	    KR_OK);
	ids = kr_in_files(&cx, "work", &n);
	assert_int_equal(n, 2);
	assert_int_equal(ids[0], 1005);
	assert_int_equal(ids[1], 77);
	assert_str(kr_in_s(&cx, "text"), "hi");
	assert_int_equal(uploads_begun, 1);
	assert_int_equal(tokens_asked, 1);
	assert_int_equal(uploads_open, 0);
}

static void
test_files_without_token(void **state)
{
	(void)state;
	assert_int_equal(
	    upload(FILE_("a") "1\r\n" P("_csrf", "") "right\r\n--B--"), KR_EDENIED);
	assert_int_equal(uploads_begun, 0);
	teardown_work(state);
	setup(state);
	assert_int_equal(
	    upload(P("_csrf", "") "wrong\r\n" FILE_("a") "1\r\n--B--"), KR_EDENIED);
	assert_int_equal(uploads_begun, 0);
}

static void
test_file_faults(void **state)
{
	(void)state;
	/* one too many */
	assert_int_equal(upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n" FILE_(
			     "b") "2\r\n" FILE_("c") "3\r\n--B--"),
	    KR_EINPUT);
	assert_string_equal(in.bad[0].i18n, "core.too_many_files");
	assert_str(in.bad[0].arg, "2");
	/* the body breaks off within a file */
	teardown_work(state);
	setup(state);
	assert_int_equal(upload(P("_csrf", "") "right\r\n" FILE_("a") "1"), KR_EINPUT);
	assert_int_equal(req.refuse, 400);
	assert_int_equal(uploads_open, 0);
	/* no space */
	teardown_work(state);
	setup(state);
	disk_full = true;
	assert_int_equal(
	    upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n--B--"), KR_ELIMIT);
	assert_int_equal(req.refuse, 507);
	assert_int_equal(uploads_open, 0);
	/* infected: an error at the field, and not "missing" as well */
	teardown_work(state);
	setup(state);
	refuse_file = true;
	assert_int_equal(
	    upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n--B--"), KR_EINPUT);
	assert_int_equal(in.nbad, 1);
	assert_string_equal(in.bad[0].i18n, "core.file_infected");
	/* the scanner is not asked more often than files may come */
	teardown_work(state);
	setup(state);
	refuse_file = true;
	assert_int_equal(upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n" FILE_(
			     "b") "2\r\n" FILE_("c") "3\r\n" FILE_("d") "4\r\n--B--"),
	    KR_EINPUT);
	assert_int_equal(uploads_begun, 2);
	assert_int_equal(in.nbad, 2);
	assert_string_equal(in.bad[1].i18n, "core.too_many_files");
}

/* What an earlier try has stored comes back without a new file; a wrong token gets
   nothing; and no way leads past the number of files. */
static void
test_kept_files(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(
	    upload(P("_csrf", "") "right\r\n" P("work.kept", "") "77\r\n--B--"), KR_OK);
	assert_int_equal(kr_in_files(&cx, "work", &n)[0], 77);
	assert_int_equal(n, 1);
	assert_int_equal(rooms_asked, 0);
	teardown_work(state);
	setup(state);
	assert_int_equal(
	    upload(P("_csrf", "") "wrong\r\n" P("work.kept", "") "77\r\n--B--"),
	    KR_EDENIED);
	assert_int_equal(in.nvalues, 0);
	teardown_work(state);
	setup(state);
	assert_int_equal(upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n" P(
			     "work.kept", "") "77\r\n" P("work.kept",
			     "") "78\r\n" P("work.kept", "") "77\r\n--B--"),
	    KR_EINPUT);
	assert_int_equal(in.nvalues, 2);
	assert_int_equal(in.nbad, 1);
	assert_string_equal(in.bad[0].i18n, "core.too_many_files");
}

static void
test_pending_files(void **state)
{
	(void)state;
	assert_int_equal(upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n" FILE_(
			     "b") "2\r\n--B--"),
	    KR_OK);
	assert_int_equal(rooms_asked, 1);
	teardown_work(state);
	setup(state);
	no_room = true;
	assert_int_equal(
	    upload(P("_csrf", "") "right\r\n" FILE_("a") "1\r\n--B--"), KR_ELIMIT);
	assert_int_equal(req.refuse, 413);
	assert_int_equal(uploads_begun, 0);
}

/* n times the same text, in memory of the test. */
static char *
times(const char *head, const char *text, size_t n, const char *tail)
{
	size_t h = strlen(head), one = strlen(text), t = strlen(tail);
	char *all = malloc(h + n * one + t + 1);

	assert_non_null(all);
	memcpy(all, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(all + h + i * one, text, one);
	memcpy(all + h + n * one, tail, t + 1);
	return all;
}

/* Bodies that would fill the memory of a request are refused before they do. */
static void
test_much_text(void **state)
{
	char *letters = times("", "a", 50000, "\r\n");
	char *part = times(P("text", ""), letters, 1, "");
	char *parts = times(P("_csrf", "") "right\r\n", part, 400, "--B--");
	char *plain = times("_csrf=right&text=", letters, 300, "");
	char *words = times("", ";a=\"\"", 800, "\r\n\r\nx\r\n");
	char *head =
	    times("--B\r\nContent-Disposition: form-data; name=b", words, 1, "");
	char *heads = times("", head, 900, "--B--");

	(void)state;
	app.conf.max_file_bytes = 50 << 20;
	assert_int_equal(upload(parts), KR_ELIMIT);
	assert_int_equal(req.refuse, 413);
	teardown_work(state);
	setup(state);
	app.conf.max_file_bytes = 50 << 20;
	assert_int_equal(post(work, 2, plain), KR_ELIMIT);
	assert_int_equal(req.refuse, 413);
	teardown_work(state);
	setup(state);
	app.conf.max_file_bytes = 50 << 20;
	assert_int_equal(upload(heads), KR_ELIMIT);
	assert_int_equal(req.refuse, 413);
	free(letters);
	free(part);
	free(parts);
	free(plain);
	free(words);
	free(head);
	free(heads);
}

static void
test_many_faults(void **state)
{
	static const struct kr_field f = { "ids", 'I', 0, 0, 0, NULL };
	char *text = times("ids=", "x,", 30000, "");

	(void)state;
	assert_int_equal(post(&f, 1, text), KR_EINPUT);
	assert_int_equal(in.nbad, 1);
	for (int i = 0; i < 9; i++)
		kr_input_bad(&cx, KR_S("ids"), "core.x", kr_fmt(&cx, "%d", i));
	assert_int_equal(in.nbad, 10);
	assert_string_equal(in.bad[0].i18n, "core.field_choice");
	assert_str(in.bad[9].arg, "8");
	free(text);
}

static void
test_entity_button(void **state)
{
	static const struct kr_field f = { "a", 's', 0, 0, KR_F_REQ, NULL };

	(void)state;
	/* fields of an entity, no page to show again: a button, nothing is required */
	info.in = &f;
	info.nin = 1;
	body = "";
	body_n = 0;
	req.content_length = 0;
	req.content_type = KR_S("");
	assert_int_equal(kr_input_read(&cx, &route), KR_OK);
	assert_int_equal(in.nfields, 0);
}

static void
test_access(void **state)
{
	(void)state;
	assert_false(kr_can(&cx, "tasks.read"));
	actor.rights[0] = 8;
	assert_true(kr_can(&cx, "tasks.read"));
	assert_false(kr_can(&cx, "no.such"));
	actor.system = true;
	assert_true(kr_can(&cx, "no.such"));
	assert_str(kr_lang(&cx), "de");
}

/* A limit that the school has set holds instead of the manifest's. */
static void
test_limit_of_school(void **state)
{
	static const struct kr_field limited[] = { { "a", 's', 0, 9, 0, NULL },
		{ "n", 'i', 0, 20, 0, NULL, .max_from = "tasks.max_files" } };

	(void)state;
	set_by_school = 5;
	assert_int_equal(post(limited, 2, "a=x&n=5"), KR_OK);
	assert_ptr_equal(limited[0].name, in.fields[0].name);
	assert_int_equal(kr_in_i(&cx, "n"), 5);
	teardown_work(state);
	setup(state);
	assert_int_equal(post(limited, 2, "a=x&n=6"), KR_EINPUT);
	assert_string_equal(in.bad[0].i18n, "core.field_range");
	assert_str(in.bad[0].arg, "0–5");
	teardown_work(state);
	setup(state);
	set_by_school = 20;
	assert_int_equal(post(limited, 2, "a=x&n=6"), KR_OK);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown_work)
	const struct CMUnitTest tests[] = { T(test_types), T(test_required_and_repeats),
		T(test_undeclared), T(test_refusals), T(test_many_fields),
		T(test_files), T(test_files_without_token), T(test_file_faults),
		T(test_kept_files), T(test_pending_files), T(test_much_text),
		T(test_many_faults), T(test_entity_button), T(test_access),
		T(test_limit_of_school) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
