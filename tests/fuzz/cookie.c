/* Cookies and the other headers of a browser: the first cookie of a name counts, and it
   is what was set; a language is one that we speak; a host is one of ours. */
#include "fuzz.h"

#include "html/text.h"
#include "http/host.h"
#include "http/http.h"
#include "plugin/registry.h"

static const char *const names[] = { "kr", "krp", "krd", "kr-flash", "kr-lang",
	"__Host-kr", "a" };

/* Another reader of the header: position by position, without slices. */
static kr_str
reference(kr_str h, const char *name)
{
	size_t at = 0, n = strlen(name);

	while (at < h.n) {
		size_t from = at, to;

		while (at < h.n && h.p[at] != ';')
			at++;
		to = at++;
		while (from < to && strchr(" \t\n\v\f\r", h.p[from]) && h.p[from])
			from++;
		while (to > from && strchr(" \t\n\v\f\r", h.p[to - 1]) && h.p[to - 1])
			to--;
		if (to - from > n && memcmp(h.p + from, name, n) == 0 &&
		    h.p[from + n] == '=')
			return (kr_str){ h.p + from + n + 1, to - from - n - 1 };
	}
	return KR_S("");
}

static void
cookies(kr_ctx *cx, kr_str header)
{
	struct kr_req q = { .cookie = header };

	for (size_t i = 0; i < KR_LEN(names); i++) {
		kr_str value = kr_cookie(&q, names[i]);
		struct kr_req one = { 0 };

		MUST(kr_eq(value, reference(header, names[i])));
		MUST(value.n == 0 || memchr(value.p, ';', value.n) == NULL);
		one.cookie = kr_fmt(cx, "%s=%.*s", names[i], KR_FMT(value));
		MUST(kr_eq(value, kr_cookie(&one, names[i])) || value.p == NULL ||
		     memchr(" \t\n\v\f\r", value.p[0], 6) != NULL);
		/* Whoever comes later cannot take the place of the first. */
		one.cookie = kr_fmt(cx, "%s=mine; %.*s", names[i], KR_FMT(header));
		MUST(kr_is(kr_cookie(&one, names[i]), "mine"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct kr_app app = { .conf = { .demo = true,
					 .scheme = "http",
					 .host = "localhost",
					 .port = 8080 } };
	struct kr_arena *arena = fuzz_arena();
	kr_str in = fuzz_str(p, n), name = KR_S(""), lang;
	struct kr_ctx cx;
	struct kr_req q = { .cookie = in, .accept_language = in, .query = in };
	bool content = false;

	/* A header is text without NUL (request.c). */
	if (n > 8192 || !kr_utf8_ok(in))
		return 0;
	kr_ctx_init(&cx, arena, &app);
	cookies(&cx, in);
	cx.req = &q;
	lang = kr_lang_guess(&cx);
	MUST(kr_is(lang, "de") || kr_is(lang, "en"));
	if (kr_host_ours(&app.conf, arena, in, &name, &content))
		MUST(kr_is(name, content ? "content.localhost" : "localhost") ||
		     kr_is(name,
			 content ? "content.kreide.localhost" : "kreide.localhost"));
	name = kr_net_of(arena, in);
	MUST(name.n == 0 ||
	     (name.n <= 64 && (fuzz_holds(name, "/24") || fuzz_holds(name, "/48"))));
	kr_ctx_finish(&cx);
	return 0;
}
