/* One form, one deed: a repeated POST gets the first one's answer. */
#include "http/nonce.h"

#include "db/db.h"
#include "http/http.h"

KR_STMT(x_nonce, "xist", "",
    "INSERT INTO core_nonce (nonce, person_id, location, created) VALUES (?, ?, ?, ?)");
KR_STMT(q_nonce, "x", "s", "SELECT location FROM core_nonce WHERE nonce = ?");

struct row {
	kr_str location;
};
static const struct kr_col cols[] = { KR_COL(struct row, location) };

/* Bound to the person, so that nobody's number can be used up by somebody else; and of
   one length, whatever was sent. */
static kr_val
nonce_of(kr_ctx *cx)
{
	uint8_t *hash = kr_alloc(cx, 32, 1);

	kr_sha256(
	    kr_fmt(cx, "%lld:%.*s", (long long)kr_me(cx), KR_FMT(cx->req->nonce_given)),
	    hash);
	return kr_x((kr_str){ (const char *)hash, 16 });
}

/* Without a person (sign-in) a repeat must run again: the first answer held the cookie
   that the second one would miss. */
static bool
applies(kr_ctx *cx)
{
	return cx->req->nonce_given.n > 0 && kr_me(cx) != 0;
}

bool
kr_nonce_take(kr_ctx *cx, kr_id person)
{
	kr_str location = cx->answer->location;

	if (cx->nonce_claimed)
		return kr_status(cx) == KR_OK;
	if (!applies(cx) || person == 0 || location.n == 0 || location.n > 512)
		return true;
	return kr_exec_new(cx, &x_nonce, NULL, nonce_of(cx), kr_i(person),
	    kr_s(location), kr_t(cx->now));
}

bool
kr_nonce_claim(kr_ctx *cx)
{
	if (cx->req == NULL || cx->nonce_claimed || !applies(cx))
		return kr_status(cx) == KR_OK;
	if (!kr_exec_new(cx, &x_nonce, NULL, nonce_of(cx), kr_i(kr_me(cx)),
		kr_s(kr_sub(cx->req->path, 0, 512)), kr_t(cx->now))) {
		kr_fail(cx, KR_ECONFLICT, "form was sent before");
		return false;
	}
	cx->nonce_claimed = true;
	return true;
}

bool
kr_nonce_repeat(kr_ctx *cx)
{
	struct row r;

	if (!applies(cx) || !kr_next(kr_query(cx, &q_nonce, nonce_of(cx)), cols, &r))
		return false;
	return kr_redirect_to(cx, r.location) == KR_OK;
}
