/* Signed addresses on the content host. */
#include "app/sign.h"
#include "auth/auth.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <string.h>

#define LIFE_S 600
#define STEP_S                                                                         \
	60 /* expiry is rounded, so that a page reloaded has the same address          \
	    */

struct __attribute__((packed)) payload {
	int64_t file, session;
	uint32_t expires; /* seconds since 1970 */
	uint8_t download;
	uint8_t mac[16];
};

static void
mac_of(const struct kr_app *app, const struct payload *p, uint8_t mac_r[32])
{
	kr_hmac_sha256((kr_str){ (const char *)app->url_key, sizeof app->url_key },
	    (kr_str){ (const char *)p, offsetof(struct payload, mac) }, mac_r);
}

kr_str
kr_signed_url(kr_ctx *cx, kr_id file, bool download)
{
	const struct kr_config *c = &cx->app->conf;
	bool plain = (c->port == 80 && strcmp(c->scheme, "http") == 0) ||
		     (c->port == 443 && strcmp(c->scheme, "https") == 0);
	int64_t now_s = cx->now.us / 1000000;
	struct payload p = { .file = file,
		.session = cx->actor->session,
		.expires = (uint32_t)((now_s / STEP_S + 1) * STEP_S + LIFE_S),
		.download = download };
	uint8_t mac[32];
	kr_str key;

	if (!cx->req)
		return KR_S("");
	mac_of(cx->app, &p, mac);
	memcpy(p.mac, mac, sizeof p.mac);
	key = kr_b64url(cx->arena, (kr_str){ (const char *)&p, sizeof p });
	if (plain)
		return kr_fmt(cx, "%s://content.%.*s/f/%.*s", c->scheme,
		    KR_FMT(cx->req->host), KR_FMT(key));
	return kr_fmt(cx, "%s://content.%.*s:%d/f/%.*s", c->scheme,
	    KR_FMT(cx->req->host), c->port, KR_FMT(key));
}

bool
kr_signed_read(kr_ctx *cx, kr_str key, struct kr_signed *signed_r)
{
	struct payload p;
	uint8_t mac[32];
	kr_str bytes;

	if (!kr_b64url_decode(cx->arena, key, &bytes) || bytes.n != sizeof p)
		return false;
	memcpy(&p, bytes.p, sizeof p);
	mac_of(cx->app, &p, mac);
	if (!kr_same_bytes(mac, p.mac, sizeof p.mac) ||
	    (int64_t)p.expires < cx->now.us / 1000000)
		return false;
	*signed_r = (struct kr_signed){ p.file, p.session, p.download != 0 };
	return true;
}

kr_str
kr_shown_as(kr_str type)
{
	static const struct {
		const char *type;
		kr_str as;
	} shown[] = { { "image/png", KR_STR_INIT("image") },
		{ "image/jpeg", KR_STR_INIT("image") },
		{ "image/gif", KR_STR_INIT("image") },
		{ "image/webp", KR_STR_INIT("image") },
		{ "application/pdf", KR_STR_INIT("pdf") },
		{ "text/plain", KR_STR_INIT("text") },
		{ "audio/mpeg", KR_STR_INIT("audio") },
		{ "audio/ogg", KR_STR_INIT("audio") },
		{ "audio/x-m4a", KR_STR_INIT("audio") },
		{ "video/mp4", KR_STR_INIT("video") },
		{ "video/webm", KR_STR_INIT("video") } };

	for (size_t i = 0; i < KR_LEN(shown); i++)
		if (kr_is(type, shown[i].type))
			return shown[i].as;
	return KR_S("");
}
