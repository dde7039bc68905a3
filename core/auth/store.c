/* Statements of the auth database: hashes only, of passwords, codes, tokens, devices.
 */
#include "auth/store.h"

#include "auth/inside.h"
#include "db/db.h"
#include <string.h>

#define CODE_BYTES 10 /* 80 bits */
#define CODE_CHARS 16
#define CODE_DAYS 14
#define TOKEN_DAYS 365
#define DEVICE_DAYS 180
#define HOUR_US (60 * KR_MIN_US)

/* ── persons and passwords ── */

struct row {
	kr_id id;
	uint32_t roles;
	bool active;
	kr_str given, family, account, hash;
};
static const struct kr_col row_cols[] = {
	KR_COL(struct row, id),
	KR_COL(struct row, roles),
	KR_COL(struct row, active),
	KR_COL(struct row, given),
	KR_COL(struct row, family),
	KR_COL(struct row, account),
	KR_COL(struct row, hash),
};
KR_STMT(q_by_account, "s", "iibssss",
    "SELECT p.id, p.roles, p.state = 'active', p.given, p.family, p.account, c.hash"
    " FROM kreide.core_person p LEFT JOIN kreide_auth.credential c ON c.person_id = p.id"
    " WHERE p.account = ?");
KR_STMT(q_by_id, "i", "iibssss",
    "SELECT p.id, p.roles, p.state = 'active', p.given, p.family, p.account, c.hash"
    " FROM kreide.core_person p LEFT JOIN kreide_auth.credential c ON c.person_id = p.id"
    " WHERE p.id = ?");
KR_STMT(x_hash, "istst", "",
    "INSERT INTO kreide_auth.credential (person_id, hash, changed) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE hash = ?, changed = ?");
KR_STMT(x_unhash, "i", "", "DELETE FROM kreide_auth.credential WHERE person_id = ?");

KR_STMT(x_change_hash, "stis", "",
    "UPDATE kreide_auth.credential SET hash = ?, changed = ?"
    " WHERE person_id = ? AND hash = ?");

static void
person_of(const struct row *r, struct kr_store_person *p)
{
	*p = (struct kr_store_person){
		.id = r->id,
		.active = r->active,
		.owner = { r->roles, r->given, r->family, r->account },
		.hash = r->hash,
	};
}

kr_str
kr_store_account(kr_ctx *cx, kr_str typed)
{
	return kr_trim(kr_translit(cx->arena, kr_sub(kr_trim(typed), 0, 120)));
}

bool
kr_store_by_account(kr_ctx *cx, kr_str account, struct kr_store_person *person_r)
{
	struct row r;

	if (!kr_one(cx, &q_by_account, row_cols, &r, kr_s(account)))
		return false;
	person_of(&r, person_r);
	return true;
}

bool
kr_store_by_id(kr_ctx *cx, kr_id id, struct kr_store_person *person_r)
{
	struct row r;

	if (!kr_one(cx, &q_by_id, row_cols, &r, kr_i(id)))
		return false;
	person_of(&r, person_r);
	return true;
}

void
kr_store_set_hash(kr_ctx *cx, kr_id person, const char *hash)
{
	kr_val h = kr_s(kr_z(hash)), now = kr_t(cx->now);

	kr_exec(cx, &x_hash, kr_i(person), h, now, h, now);
}

bool
kr_store_change_hash(kr_ctx *cx, kr_id person, kr_str was, const char *hash)
{
	return kr_exec(cx, &x_change_hash, kr_s(kr_z(hash)), kr_t(cx->now),
		   kr_i(person), kr_s(was)) == 1;
}

kr_err
kr_store_set_password(kr_ctx *cx, kr_id person, kr_str account, kr_str password)
{
	char hash[KR_HASH_MAX];

	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	if (password.n == 0 || !kr_utf8_ok(password) || kr_chars(password) > 128 ||
	    kr_eq(password, account))
		return kr_fail(cx, KR_EINPUT, "password refused");
	if (!kr_password_hash(cx, password, hash))
		return kr_fail(cx, KR_EFAIL, "no memory for a password hash");
	kr_store_set_hash(cx, person, hash);
	return kr_status(cx);
}

/* ── activation codes ── */

struct code {
	kr_id person;
	kr_time expires, used;
};
static const struct kr_col code_cols[] = {
	KR_COL(struct code, person),
	KR_COL(struct code, expires),
	KR_COL(struct code, used),
};
KR_STMT(q_code, "x", "itt",
    "SELECT c.person_id, c.expires, c.used_at FROM kreide_auth.code c"
    " JOIN kreide.core_person p ON p.id = c.person_id AND p.state = 'active'"
    " WHERE c.hash = ?");
KR_STMT(x_code, "ixttxtt", "",
    "INSERT INTO kreide_auth.code (person_id, hash, created, expires) VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE hash = ?, created = ?, expires = ?, used_at = NULL");
KR_STMT(x_use_code, "txt", "",
    "UPDATE kreide_auth.code SET used_at = ?"
    " WHERE hash = ? AND used_at IS NULL AND expires > ?");
KR_STMT(x_drop_devices, "ix", "",
    "DELETE FROM kreide_auth.device WHERE person_id = ? AND hash <> ?");
KR_STMT(x_drop_code, "i", "", "DELETE FROM kreide_auth.code WHERE person_id = ?");
KR_STMT(x_drop_tokens, "i", "", "DELETE FROM kreide_auth.token WHERE person_id = ?");

static kr_val
hash_val(kr_ctx *cx, kr_str secret)
{
	uint8_t *h = kr_alloc(cx, 1, 32);

	kr_sha256(secret, h);
	return kr_x((kr_str){ (const char *)h, 32 });
}

kr_str
kr_store_code_clean(kr_ctx *cx, kr_str typed)
{
	kr_str c = kr_base32_clean(cx->arena, kr_sub(typed, 0, 100));

	if (c.n != CODE_CHARS)
		return KR_S("");
	for (size_t i = 0; i < c.n; i++)
		if (memchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c.p[i], 32) == NULL)
			return KR_S("");
	return c;
}

void
kr_store_forget(kr_ctx *cx, kr_id person, kr_str device)
{
	kr_exec(cx, &x_drop_devices, kr_i(person), hash_val(cx, device));
	kr_exec(cx, &x_drop_tokens, kr_i(person));
}

void
kr_store_erase(kr_ctx *cx, kr_id person)
{
	kr_exec(cx, &x_unhash, kr_i(person));
	kr_exec(cx, &x_drop_code, kr_i(person));
	kr_store_forget(cx, person, KR_S("")); /* all devices, all tokens */
}

bool
kr_store_new_code(kr_ctx *cx, kr_id person, char code_r[20])
{
	char random[CODE_BYTES];
	kr_time until = { cx->now.us + CODE_DAYS * KR_DAY_US };

	kr_random(random, sizeof random);

	kr_str text = kr_base32(cx->arena, (kr_str){ random, sizeof random });
	kr_val hash = hash_val(cx, text), now = kr_t(cx->now), end = kr_t(until);

	kr_exec(cx, &x_code, kr_i(person), hash, now, end, hash, now, end);
	kr_exec(cx, &x_unhash, kr_i(person));
	kr_store_forget(cx, person, KR_S(""));
	if (kr_status(cx) != KR_OK)
		return false;
	snprintf(code_r, 20, "%.4s-%.4s-%.4s-%.4s", text.p, text.p + 4, text.p + 8,
	    text.p + 12);
	return true;
}

const char *
kr_store_code(kr_ctx *cx, kr_str code, kr_id *person_r)
{
	struct code c;

	if (code.n == 0 || !kr_one(cx, &q_code, code_cols, &c, hash_val(cx, code)))
		return "core.code_unknown";
	if (c.used.us != KR_NO_TIME.us)
		return "core.code_used";
	if (c.expires.us <= cx->now.us)
		return "core.code_expired";
	*person_r = c.person;
	return NULL;
}

bool
kr_store_use_code(kr_ctx *cx, kr_str code)
{
	return kr_exec(cx, &x_use_code, kr_t(cx->now), hash_val(cx, code),
		   kr_t(cx->now)) == 1;
}

/* ── tokens for machines ── */

struct token {
	kr_id id, person;
	kr_time used;
};
static const struct kr_col token_cols[] = {
	KR_COL(struct token, id),
	KR_COL(struct token, person),
	KR_COL(struct token, used),
};
static const struct kr_col list_cols[] = {
	KR_COL(struct kr_auth_token, id),
	KR_COL(struct kr_auth_token, label),
	KR_COL(struct kr_auth_token, created),
	KR_COL(struct kr_auth_token, used),
	KR_COL(struct kr_auth_token, expires),
};
KR_STMT(q_token, "xt", "iit",
    "SELECT t.id, t.person_id, t.last_used FROM kreide_auth.token t"
    " JOIN kreide.core_person p ON p.id = t.person_id AND p.state = 'active'"
    " WHERE t.hash = ? AND t.expires > ?");
KR_STMT(q_tokens, "i", "isttt",
    "SELECT id, label, created, last_used, expires FROM kreide_auth.token"
    " WHERE person_id = ? ORDER BY id");
KR_STMT(x_token, "ixstt", "",
    "INSERT INTO kreide_auth.token (person_id, hash, label, created, expires)"
    " VALUES (?, ?, ?, ?, ?)");
KR_STMT(
    x_token_used, "ti", "", "UPDATE kreide_auth.token SET last_used = ? WHERE id = ?");
KR_STMT(x_drop_token, "ii", "",
    "DELETE FROM kreide_auth.token WHERE person_id = ? AND id = ?");

bool
kr_store_new_token(kr_ctx *cx, kr_id person, kr_str label, char token_r[48])
{
	char random[32];
	size_t have;

	kr_store_tokens(cx, person, &have);
	if (have >= KR_AUTH_TOKENS || kr_status(cx) != KR_OK)
		return false;
	kr_random(random, sizeof random);

	kr_str text = kr_b64url(cx->arena, (kr_str){ random, sizeof random });
	kr_str full = kr_fmt(cx, "kr_%.*s", KR_FMT(text));

	KR_CHECK(full.n < 48);
	kr_exec(cx, &x_token, kr_i(person), hash_val(cx, full), kr_s(label),
	    kr_t(cx->now), kr_t((kr_time){ cx->now.us + TOKEN_DAYS * KR_DAY_US }));
	if (kr_status(cx) != KR_OK)
		return false;
	memcpy(token_r, full.p, full.n + 1);
	return true;
}

bool
kr_store_token(kr_ctx *cx, kr_str token, kr_id *person_r)
{
	struct token t;

	if (token.n != 46 || !kr_starts(token, KR_S("kr_")) ||
	    !kr_one(cx, &q_token, token_cols, &t, hash_val(cx, token), kr_t(cx->now)))
		return false;
	if (t.used.us == KR_NO_TIME.us || cx->now.us - t.used.us > HOUR_US)
		kr_exec(cx, &x_token_used, kr_t(cx->now), kr_i(t.id));
	*person_r = t.person;
	return true;
}

bool
kr_store_drop_token(kr_ctx *cx, kr_id person, kr_id token)
{
	return kr_exec(cx, &x_drop_token, kr_i(person), kr_i(token)) == 1;
}

struct kr_auth_token *
kr_store_tokens(kr_ctx *cx, kr_id person, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_tokens, kr_i(person));

	return kr_all_(
	    rows, list_cols, KR_LEN(list_cols), sizeof(struct kr_auth_token), n_r);
}

KR_STMT(q_traces, "iii", "isttt",
    "(SELECT 0, 'password', changed, NULL, NULL FROM kreide_auth.credential"
    " WHERE person_id = ?) UNION ALL (SELECT 0, 'code', created, used_at, expires"
    " FROM kreide_auth.code WHERE person_id = ?) UNION ALL (SELECT 0, 'device', seen,"
    " NULL, NULL FROM kreide_auth.device WHERE person_id = ? ORDER BY seen DESC LIMIT 8)");

struct kr_auth_token *
kr_store_traces(kr_ctx *cx, kr_id person, size_t *n_r)
{
	kr_rows *rows =
	    kr_query(cx, &q_traces, kr_i(person), kr_i(person), kr_i(person));

	return kr_all_(
	    rows, list_cols, KR_LEN(list_cols), sizeof(struct kr_auth_token), n_r);
}

/* ── devices ── */

static const struct kr_col count_cols[] = { { 'i', 8, 0 } };
KR_STMT(q_device, "ixt", "i",
    "SELECT COUNT(*) FROM kreide_auth.device"
    " WHERE person_id = ? AND hash = ? AND seen > ?");
KR_STMT(q_device_any, "xt", "i",
    "SELECT COUNT(*) FROM kreide_auth.device WHERE hash = ? AND seen > ?");
KR_STMT(x_device, "ixtt", "",
    "INSERT INTO kreide_auth.device (person_id, hash, seen) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE seen = ?");

static kr_time
device_age(const kr_ctx *cx)
{
	return (kr_time){ cx->now.us - DEVICE_DAYS * KR_DAY_US };
}

bool
kr_store_device_known(kr_ctx *cx, kr_id person, const uint8_t *device, size_t n)
{
	int64_t found = 0;

	return kr_one(cx, &q_device, count_cols, &found, kr_i(person),
		   hash_val(cx, (kr_str){ (const char *)device, n }),
		   kr_t(device_age(cx))) &&
	       found > 0;
}

bool
kr_store_device_ours(kr_ctx *cx, const uint8_t *device, size_t n)
{
	int64_t found = 0;

	return kr_one(cx, &q_device_any, count_cols, &found,
		   hash_val(cx, (kr_str){ (const char *)device, n }),
		   kr_t(device_age(cx))) &&
	       found > 0;
}

void
kr_store_device_keep(kr_ctx *cx, kr_id person, const uint8_t *device, size_t n)
{
	kr_exec(cx, &x_device, kr_i(person),
	    hash_val(cx, (kr_str){ (const char *)device, n }), kr_t(cx->now),
	    kr_t(cx->now));
}

/* ── sweeping ── */

KR_STMT(
    x_old_devices, "t", "", "DELETE FROM kreide_auth.device WHERE seen < ? LIMIT 1000");
KR_STMT(
    x_old_codes, "t", "", "DELETE FROM kreide_auth.code WHERE expires < ? LIMIT 1000");
KR_STMT(x_old_tokens, "t", "",
    "DELETE FROM kreide_auth.token WHERE expires < ? LIMIT 1000");

void
kr_store_sweep(kr_ctx *cx)
{
	kr_exec(cx, &x_old_devices, kr_t(device_age(cx)));
	kr_exec(cx, &x_old_codes, kr_t((kr_time){ cx->now.us - 90 * KR_DAY_US }));
	kr_exec(cx, &x_old_tokens, kr_t(cx->now));
}
