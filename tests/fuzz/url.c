/* The request line: a path that is accepted is one plain path, however it was written,
   and written again it is read as the same; a redirect never leaves the house. */
#include "fuzz.h"

#include "../../core/http/host.c"
#include "../../core/http/request.c"

#include <uninorm.h>
#include <unistr.h>

static const char *uri;

kr_str
kr_fcgi_param(const char *name)
{
	return strcmp(name, "REQUEST_URI") == 0      ? kr_z(uri)
	       : strcmp(name, "REQUEST_METHOD") == 0 ? KR_S("GET")
	       : strcmp(name, "HTTP_HOST") == 0      ? KR_S("localhost:8080")
						     : kr_z(NULL);
}

static struct kr_app app = {
	.conf = { .demo = true, .scheme = "http", .host = "localhost", .port = 8080 }
};

static bool
ask(kr_ctx *cx, const char *target, struct kr_req *q)
{
	uri = target;
	kr_ctx_clear(cx);
	return kr_req_read(cx, q) == KR_OK;
}

static void
plain_path(kr_str path)
{
	kr_str rest = kr_sub(path, 1, path.n), part;

	MUST(path.n > 0 && path.p[0] == '/');
	MUST(memchr(path.p, 0, path.n) == NULL && !kr_has_control(path));
	MUST(u8_check((const uint8_t *)path.p, path.n) == NULL);
	MUST(!fuzz_holds(path, "//") && !fuzz_holds(path, "/../"));
	MUST(path.n == 1 || path.p[path.n - 1] != '/');
	while (path.n > 1 && kr_split(&rest, '/', &part))
		MUST(part.n > 0 && !kr_is(part, ".") && !kr_is(part, ".."));
}

/* Each segment percent-encoded again, as our own links are. */
static const char *
written(kr_ctx *cx, kr_str path)
{
	kr_str rest = kr_sub(path, 1, path.n), part;
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, path.n * 3 + 2);
	if (path.n == 1)
		kr_buf_c(&b, '/');
	while (path.n > 1 && kr_split(&rest, '/', &part)) {
		kr_buf_c(&b, '/');
		kr_buf_str(&b, kr_percent_encode(cx->arena, part));
	}
	return kr_cstr(cx, kr_buf_view(&b));
}

static void
redirect(kr_ctx *cx, kr_str to)
{
	struct kr_answer an = { 0 };

	kr_ctx_clear(cx);
	cx->answer = &an;
	MUST(kr_redirect_to(cx, to) == KR_OK);
	MUST(an.location.n > 0 && an.location.p[0] == '/');
	MUST(an.location.n < 2 || an.location.p[1] != '/');
	for (size_t i = 0; i < an.location.n; i++)
		MUST(an.location.p[i] > ' ' && an.location.p[i] < 0x7f &&
		     an.location.p[i] != '\\');
	cx->answer = NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct kr_arena *arena = fuzz_arena();
	kr_str in = fuzz_str(p, n), back;
	struct kr_req q, again;
	struct kr_ctx cx;

	kr_ctx_init(&cx, arena, &app);
	MUST(kr_percent_decode(arena, kr_percent_encode(arena, in), true, &back) &&
	     kr_eq(in, back));
	redirect(&cx, in);
	if (ask(&cx, kr_cstr(&cx, in), &q)) {
		const char *twice = written(&cx, q.path);

		plain_path(q.path);
		if (strlen(twice) <= PATH_MAX_BYTES) {
			MUST(ask(&cx, twice, &again));
			MUST(kr_eq(q.path, again.path) && !again.slash);
		}
	} else {
		MUST(q.refuse == 400 || q.refuse == 404 || q.refuse == 414);
	}
	kr_ctx_finish(&cx);
	return 0;
}
