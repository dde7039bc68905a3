/* Forms of ours and of nobody else: a token bound to the session (or, signed out, to a
   cookie of its own), and what the browser says about where the request comes from. */
#include "auth/inside.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <string.h>

#define HALF 32      /* bytes of mask, bytes of token */
#define PRE_CHARS 22 /* 16 bytes, base64url */

/* The key of the instance is in it too: who only reads the database makes no token. */
static void
expected(kr_ctx *cx, const uint8_t csrf[32], uint8_t token_r[HALF])
{
	kr_hmac_sha256((kr_str){ (const char *)cx->app->csrf_key, 32 },
	    (kr_str){ (const char *)csrf, 32 }, token_r);
}

static void
secret_of_cookie(kr_ctx *cx, kr_str cookie, uint8_t csrf_r[32])
{
	kr_hmac_sha256((kr_str){ (const char *)cx->app->csrf_key, 32 },
	    kr_fmt(cx, "signed out %.*s", KR_FMT(cookie)), csrf_r);
}

static kr_str
presession_cookie(kr_ctx *cx)
{
	kr_str bytes, cookie;

	if (cx->req == NULL)
		return KR_S("");
	cookie = kr_cookie(cx->req, kr_cookie_name(cx, "krp"));
	if (cookie.n != PRE_CHARS || !kr_b64url_decode(cx->arena, cookie, &bytes) ||
	    bytes.n != 16)
		return KR_S("");
	return cookie;
}

/* Made from the number of the request, so that a page that is drawn twice (form again,
   error page) sets the same one; nobody else can make it, it is sealed with our key. */
static kr_str
presession_new(kr_ctx *cx)
{
	struct kr_answer *an = cx->answer;
	const char *name = kr_cookie_name(cx, "krp");
	uint8_t mac[32];

	kr_hmac_sha256((kr_str){ (const char *)cx->app->csrf_key, 32 },
	    kr_fmt(cx, "new cookie %s", cx->request_id), mac);

	kr_str cookie = kr_b64url(cx->arena, (kr_str){ (const char *)mac, 16 });
	kr_str begin = kr_fmt(cx, "%s=", name);

	for (int i = 0; i < an->nset_cookie; i++)
		if (kr_starts(an->set_cookie[i], begin))
			return cookie;
	kr_cookie_set(cx, "krp", cookie, -1);
	return cookie;
}

void
kr_csrf_presession(kr_ctx *cx)
{
	KR_CHECK(cx->actor != NULL);
	if (cx->actor->session != 0)
		return;

	kr_str cookie = presession_cookie(cx);

	if (cookie.n == 0 && cx->answer != NULL)
		cookie = presession_new(cx);
	secret_of_cookie(cx, cookie, cx->actor->csrf);
}

/* Masked afresh each time, so that compression of the page tells nothing about it. */
kr_str
kr_csrf_token(kr_ctx *cx)
{
	uint8_t text[2 * HALF], token[HALF];

	kr_csrf_presession(cx);
	expected(cx, cx->actor->csrf, token);
	kr_random(text, HALF);
	for (size_t i = 0; i < HALF; i++)
		text[HALF + i] = text[i] ^ token[i];
	return kr_b64url(cx->arena, (kr_str){ (const char *)text, sizeof text });
}

static bool
matches(kr_ctx *cx, const uint8_t csrf[32], kr_str bytes)
{
	uint8_t want[HALF], given[HALF];
	const uint8_t *p = (const uint8_t *)bytes.p;

	expected(cx, csrf, want);
	for (size_t i = 0; i < HALF; i++)
		given[i] = p[i] ^ p[HALF + i];
	return kr_same_bytes(want, given, HALF);
}

/* Signed out: only what the browser sent as its cookie counts. A public form (sign-in)
   that was opened before somebody signed in in another tab is still his own. */
static bool
token_ok(kr_ctx *cx, kr_str token)
{
	kr_str bytes, cookie = presession_cookie(cx);
	const struct kr_actor *a = cx->actor;
	uint8_t csrf[32];
	bool pub = cx->req->route != NULL && (cx->req->route->flags & KR_R_PUBLIC) != 0;

	if (token.n > 200 || !kr_b64url_decode(cx->arena, token, &bytes) ||
	    bytes.n != sizeof(uint8_t) * 2 * HALF)
		return false;
	if (a->session != 0 && matches(cx, a->csrf, bytes))
		return true;
	if ((a->session != 0 && !pub) || cookie.n == 0)
		return false;
	secret_of_cookie(cx, cookie, csrf);
	return matches(cx, csrf, bytes);
}

/* What is not sent (old browsers, curl) is not asked for; what is sent must be ours.
   "none" is what the browser itself began: a reload, a restored tab. */
static bool
site_ok(kr_ctx *cx)
{
	kr_str site = cx->req->fetch_site, origin = cx->req->origin;

	if (site.n > 0 && !kr_is(site, "same-origin") && !kr_is(site, "none"))
		return false;
	return origin.n == 0 || kr_eq(origin, kr_own_origin(cx));
}

bool
kr_csrf_ok(kr_ctx *cx, kr_str token)
{
	KR_CHECK(cx->actor != NULL && cx->req != NULL);
	return site_ok(cx) && token_ok(cx, token);
}
