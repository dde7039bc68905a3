/* A notice on the next page: its key, and where to undo the deed, travel in a cookie
   for one page; signed, because a cookie can be planted and the page makes a form of
   it. */
#include "http/http.h"

#include "plugin/registry.h"

#define COOKIE "kr-flash"
#define FLASH_MAX 300u
#define SEAL 16u /* bytes of the HMAC that are kept */

static bool
is_key(kr_str s)
{
	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
		    c != '.')
			return false;
	}
	return true;
}

static kr_str
seal_of(kr_ctx *cx, kr_str text)
{
	uint8_t mac[32];

	kr_hmac_sha256((kr_str){ (const char *)cx->app->csrf_key, 32 },
	    kr_fmt(cx, "flash %.*s", KR_FMT(text)), mac);
	return kr_b64url(cx->arena, (kr_str){ (const char *)mac, SEAL });
}

static void
set(kr_ctx *cx, kr_str value, int seconds)
{
	struct kr_answer *a = cx->answer;
	bool https = cx->req->https;

	if (a->nset_cookie == (int)KR_LEN(a->set_cookie))
		return; /* sign-in needs them more */
	a->set_cookie[a->nset_cookie++] = kr_fmt(cx,
	    "%s" COOKIE "=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
	    https ? "__Host-" : "", KR_FMT(value), seconds, https ? "; Secure" : "");
}

void
kr_flash_undo(kr_ctx *cx, const char *i18n, kr_str undo_path)
{
	kr_str text;

	if (cx->err != KR_OK || cx->req == NULL || !is_key(kr_z(i18n)))
		return;
	if (undo_path.n > 0 && !kr_local_path(undo_path))
		undo_path = KR_S("");
	text = kr_fmt(cx, "%s.%.*s", i18n, KR_FMT(kr_b64url(cx->arena, undo_path)));
	text = kr_fmt(cx, "%.*s.%.*s", KR_FMT(seal_of(cx, text)), KR_FMT(text));
	if (text.n <= FLASH_MAX)
		set(cx, text, 60);
}

void
kr_flash(kr_ctx *cx, const char *i18n)
{
	kr_flash_undo(cx, i18n, KR_S(""));
}

/* "SEAL.some.key.UNDO": the key has dots of its own. */
static kr_str
opened(kr_ctx *cx, kr_str text, kr_str *undo_r)
{
	kr_str seal, undo;
	size_t dot;

	if (text.n > FLASH_MAX || !kr_split(&text, '.', &seal) || text.p == NULL ||
	    !kr_eq(seal, seal_of(cx, text)))
		return KR_S("");
	for (dot = text.n; dot > 0 && text.p[dot - 1] != '.';)
		dot--;
	if (dot == 0 || !is_key(kr_sub(text, 0, dot - 1)) ||
	    !kr_b64url_decode(cx->arena, kr_sub(text, dot, text.n), &undo))
		return KR_S("");
	*undo_r = undo;
	return kr_sub(text, 0, dot - 1);
}

kr_str
kr_flash_take(kr_ctx *cx, kr_str *undo_r)
{
	*undo_r = KR_S("");
	if (cx->req == NULL || cx->answer == NULL)
		return KR_S("");

	kr_str text = kr_cookie(cx->req, cx->req->https ? "__Host-" COOKIE : COOKIE);

	if (text.n == 0)
		return KR_S("");
	set(cx, KR_S(""), 0);
	return opened(cx, text, undo_r);
}
