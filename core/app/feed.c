/* Revocable addresses: the secret is made from a salt in the row and a key outside the
   database, so that a copy of the database opens no feed. */
#include "app/feed.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <string.h>

KR_STMT(
    q_mine, "is", "x", "SELECT salt FROM core_feed WHERE person_id = ? AND route = ?");
KR_STMT(x_new, "isxxt", "",
    "INSERT INTO core_feed (person_id, route, salt, hash, created) VALUES (?, ?, ?, ?, ?)");
KR_STMT(x_revoke, "is", "", "DELETE FROM core_feed WHERE person_id = ? AND route = ?");
KR_STMT(x_revoke_all, "i", "", "DELETE FROM core_feed WHERE person_id = ?");
KR_STMT(q_by_hash, "xs", "issss",
    "SELECT p.id, p.given, p.family, p.lang, p.address FROM core_feed f"
    " JOIN core_person p ON p.id = f.person_id AND p.state = 'active'"
    " WHERE f.hash = ? AND f.route = ?");

struct mine {
	kr_str salt;
};
static const struct kr_col mine_cols[] = { KR_COL(struct mine, salt) };
struct owner {
	int64_t id;
	kr_str given, family, lang, address;
};
static const struct kr_col owner_cols[] = { KR_COL(struct owner, id),
	KR_COL(struct owner, given), KR_COL(struct owner, family),
	KR_COL(struct owner, lang), KR_COL(struct owner, address) };

static kr_str
secret_of(kr_ctx *cx, const char *route, kr_str salt)
{
	uint8_t mac[32];
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 128);
	kr_buf_fmt(&b, "feed:%lld:%s:", (long long)kr_me(cx), route);
	kr_buf_str(&b, salt);
	kr_hmac_sha256(
	    (kr_str){ (const char *)cx->app->url_key, sizeof cx->app->url_key },
	    kr_buf_view(&b), mac);
	return kr_b64url(cx->arena, (kr_str){ (const char *)mac, 24 });
}

static kr_val
hash_of(kr_ctx *cx, kr_str secret)
{
	uint8_t *hash = kr_alloc(cx, 32, 1);

	kr_sha256(secret, hash);
	return kr_x((kr_str){ (const char *)hash, 32 });
}

/* "/tasks/feed/{key}" with the secret in its place, as a calendar program wants it. */
static kr_str
with_key(kr_ctx *cx, const char *route, kr_str secret)
{
	const char *brace = strchr(route, '{');
	kr_str origin = kr_own_origin(cx);

	KR_CHECK(brace != NULL);
	return kr_fmt(cx, "%.*s%.*s%.*s", KR_FMT(origin), (int)(brace - route), route,
	    KR_FMT(secret));
}

kr_str
kr_feed_url(kr_ctx *cx, const char *route)
{
	struct mine m;
	uint8_t *salt;
	kr_str s, secret;

	if (kr_one(cx, &q_mine, mine_cols, &m, kr_i(kr_me(cx)), kr_s(kr_z(route))))
		return with_key(cx, route, secret_of(cx, route, m.salt));
	if (cx->err || cx->db == cx->ro)
		return KR_S(""); /* a page only shows it; a POST makes it */
	salt = kr_alloc(cx, 16, 1);
	kr_random(salt, 16);
	s = (kr_str){ (const char *)salt, 16 };
	secret = secret_of(cx, route, s);
	kr_exec(cx, &x_new, kr_i(kr_me(cx)), kr_s(kr_z(route)), kr_x(s),
	    hash_of(cx, secret), kr_t(cx->now));
	return with_key(cx, route, secret);
}

void
kr_feed_revoke(kr_ctx *cx, const char *route)
{
	kr_exec(cx, &x_revoke, kr_i(kr_me(cx)), kr_s(kr_z(route)));
}

void
kr_feed_revoke_all(kr_ctx *cx)
{
	kr_exec(cx, &x_revoke_all, kr_i(kr_me(cx)));
}

kr_err
kr_feed_load(kr_ctx *cx, kr_str key, const char *route)
{
	struct owner o;
	struct kr_actor *a = KR_NEW(cx, struct kr_actor);

	if (!kr_one(
		cx, &q_by_hash, owner_cols, &o, hash_of(cx, key), kr_s(kr_z(route))))
		return cx->err ? cx->err : KR_ENOTFOUND;
	a->person = o.id;
	a->given = o.given;
	a->family = o.family;
	a->name = kr_fmt(cx, "%.*s %.*s", KR_FMT(o.given), KR_FMT(o.family));
	a->lang = o.lang.n ? o.lang : KR_S("de");
	cx->actor = a;
	return kr_rights_compile(cx, o.id, a->rights);
}
