/* Sessions, tokens of forms, signed addresses, notices, codes: one made by us is
   accepted, and of everything else nothing, not even another spelling of the same
   bytes. Input: how one of ours is changed (place and byte, two by two), or, when the
   first byte is odd, a token as it stands. */
#include "fuzz.h"

#include "app/sign.h"
#include "auth/auth.h"
#include "auth/store.h"
#include "http/http.h"
#include "plugin/registry.h"

#include "../../core/auth/session.c"

static struct kr_app app = {
	.conf = { .demo = true, .scheme = "http", .host = "localhost", .port = 8080 }
};
static const struct kr_route route;
static struct kr_ctx cx;
static struct kr_req q;
static struct kr_answer an;
static struct kr_actor me;

/* Keys and tokens are the same in each run, so that an input means the same. */
void
kr_random(void *out, size_t n)
{
	static uint64_t state;
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++) {
		state = state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		p[i] = (uint8_t)(state >> 56);
	}
}

/* What the database was asked for, in place of the database. */
static unsigned asked;

kr_rows *
kr_query_(kr_ctx *c, const struct kr_stmt *st, const kr_val *args, size_t n)
{
	static max_align_t none;

	(void)c;
	(void)st;
	MUST(n >= 1 && args[0].t == 'x' && args[0].s.n == 32);
	asked++;
	return (kr_rows *)&none;
}

bool
kr_next_(kr_rows *rows, const struct kr_col *c, size_t n, void *row_r)
{
	(void)rows;
	(void)c;
	(void)n;
	(void)row_r;
	return false;
}

static void
begin(void)
{
	kr_ctx_init(&cx, fuzz_arena(), &app);
	memset(&an, 0, sizeof an);
	kr_answer_init(&an, cx.arena);
	q = (struct kr_req){ .route = &route, .host = KR_S("localhost") };
	me = (struct kr_actor){ .person = 7, .session = 9, .csrf = { 1, 2, 3 } };
	cx.now = (kr_time){ INT64_C(1795507200) * 1000000 };
	cx.req = &q;
	cx.answer = &an;
	cx.actor = &me;
}

static kr_str
changed(kr_str good, kr_str how)
{
	char *p;

	if (how.n == 0 || (how.p[0] & 1) != 0)
		return kr_sub(how, 1, how.n);
	p = kr_alloc(&cx, good.n + 1, 1);
	memcpy(p, good.p, good.n);
	for (size_t i = 1; i + 1 < how.n; i += 2)
		p[(unsigned char)how.p[i] % good.n] = how.p[i + 1];
	return (kr_str){ p, good.n - (how.n % 2 == 0 && good.n > 0) };
}

static void
of_forms(kr_str how)
{
	kr_str good = kr_csrf_token(&cx), given = changed(good, how), bytes;

	MUST(good.n == 86 && kr_csrf_ok(&cx, good));
	if (kr_eq(given, good))
		return;
	/* Masked: another mask over the same secret is as good, nothing else is. */
	if (kr_csrf_ok(&cx, given))
		MUST(given.n == 86 && kr_b64url_decode(cx.arena, given, &bytes) &&
		     bytes.n == 64 && kr_eq(kr_b64url(cx.arena, bytes), given));
	me.csrf[0] ^= 1;
	MUST(!kr_csrf_ok(&cx, good));
	me.csrf[0] ^= 1;
}

static void
of_files(kr_str how)
{
	kr_str url = kr_signed_url(&cx, 5, true), good, given;
	struct kr_signed s;

	good = kr_sub(url, strlen("http://content.localhost:8080/f/"), url.n);
	MUST(kr_signed_read(&cx, good, &s) && s.file == 5 && s.session == 9);
	given = changed(good, how);
	MUST(kr_signed_read(&cx, given, &s) == kr_eq(given, good));
	cx.now.us += 3600 * INT64_C(1000000);
	MUST(!kr_signed_read(&cx, good, &s));
	cx.now.us -= 3600 * INT64_C(1000000);
}

static void
of_notices(kr_str how)
{
	kr_str set, good, given, undo, key;

	kr_flash_undo(&cx, "tasks.gone", KR_S("/tasks/5/restore"));
	MUST(an.nset_cookie == 1);
	set = an.set_cookie[0];
	good = kr_sub(set, 9, set.n);
	good = kr_sub(good, 0, (size_t)((char *)memchr(good.p, ';', good.n) - good.p));
	given = changed(good, how);
	/* Neither can be in the value of a cookie: the header ends there. */
	if (given.n > 0 &&
	    (memchr(given.p, ';', given.n) || memchr(given.p, 0, given.n)))
		return;
	q.cookie = kr_fmt(&cx, "kr-flash=%.*s", KR_FMT(given));
	key = kr_flash_take(&cx, &undo);
	if (key.n > 0)
		MUST(kr_eq(kr_trim(given), good) && kr_is(key, "tasks.gone") &&
		     kr_is(undo, "/tasks/5/restore"));
	else
		MUST(!kr_eq(given, good) && undo.n == 0);
}

static void
of_sessions(kr_str how)
{
	uint8_t secret[32] = { 5, 6, 7 };
	kr_str good = kr_b64url(cx.arena, (kr_str){ (const char *)secret, 32 });
	kr_str given = changed(good, how), bytes, code;
	bool form = given.n == 43 && kr_b64url_decode(cx.arena, given, &bytes);

	asked = 0;
	MUST(kr_session_load(&cx, given) == KR_OK && cx.actor->person == 0);
	MUST((asked == 1) == form);
	code = kr_store_code_clean(&cx, changed(KR_S("0ABC-DEFG-HJKM-NPQR"), how));
	MUST(code.n == 0 || code.n == 16);
	for (size_t i = 0; i < code.n; i++)
		MUST(memchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", code.p[i], 32) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	kr_str how = fuzz_str(p, n);

	begin();
	of_forms(how);
	of_files(how);
	of_notices(how);
	of_sessions(how);
	kr_ctx_finish(&cx);
	return 0;
}
