/* Audit: a row in the transaction of the deed; jobs chains committed rows a second
   later, so that no request waits for the head of the chain. */
#include "app/audit.h"
#include "auth/auth.h"
#include <kr/kr.h>
#include <limits.h>
#include <string.h>

KR_STMT(x_entry, "tisssi", "",
    "INSERT INTO kreide_audit.entry (at, actor_id, module, action, request_id, object_id)"
    " VALUES (?, ?, ?, ?, ?, ?)");
KR_STMT(q_last_seal, "", "ix",
    "SELECT seq, seal FROM kreide_audit.entry WHERE seq IS NOT NULL"
    " ORDER BY seq DESC LIMIT 1");
KR_STMT(q_unsealed, "", "iitisssi",
    "SELECT 0, id, at, actor_id, module, action, request_id, object_id"
    " FROM kreide_audit.entry WHERE seq IS NULL ORDER BY id LIMIT 500");
KR_STMT(q_chain, "i", "iitisssix",
    "SELECT seq, id, at, actor_id, module, action, request_id, object_id, seal"
    " FROM kreide_audit.entry WHERE seq > ? ORDER BY seq LIMIT 500");
KR_STMT(
    x_seal, "ixi", "", "UPDATE kreide_audit.entry SET seq = ?, seal = ? WHERE id = ?");

struct entry {
	int64_t seq, id, actor, object;
	kr_time at;
	kr_str module, action, request, seal;
};
static const struct kr_col entry_cols[] = { KR_COL(struct entry, seq),
	KR_COL(struct entry, id), KR_COL(struct entry, at), KR_COL(struct entry, actor),
	KR_COL(struct entry, module), KR_COL(struct entry, action),
	KR_COL(struct entry, request), KR_COL(struct entry, object),
	KR_COL(struct entry, seal) };
static const struct kr_col last_cols[] = { KR_COL(struct entry, seq),
	KR_COL(struct entry, seal) };

void
kr_audit(kr_ctx *cx, const char *action, kr_id object)
{
	if (cx->err)
		return;
	kr_exec(cx, &x_entry, kr_t(cx->now), kr_i(cx->actor ? cx->actor->person : 0),
	    kr_s(kr_z(cx->plugin)), kr_s(kr_z(action)), kr_s(kr_z(cx->request_id)),
	    kr_i(object));
}

bool
kr_audit_key(const char *home, uint8_t key_r[32])
{
	struct kr_arena *a = kr_arena_new(1 << 18);
	char path[PATH_MAX];
	kr_str bytes;
	bool good;

	snprintf(path, sizeof path, "%s/secret/audit.key", home);
	good = kr_read_file(a, path, &bytes) && bytes.n == 32;
	if (good)
		memcpy(key_r, bytes.p, 32);
	kr_arena_free(&a);
	return good;
}

/* The next link: over the one before, the place in the chain and everything in the row.
 */
static void
link_seal(kr_ctx *cx, const uint8_t key[32], const struct entry *e, uint8_t seal[32])
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 256);
	kr_buf_add(&b, seal, 32);
	kr_buf_fmt(&b, "%lld|%lld|%lld|%lld|%.*s|%.*s|%.*s|%lld", (long long)e->seq,
	    (long long)e->id, (long long)e->at.us, (long long)e->actor,
	    KR_FMT(e->module), KR_FMT(e->action), KR_FMT(e->request),
	    (long long)e->object);
	kr_hmac_sha256((kr_str){ (const char *)key, 32 }, kr_buf_view(&b), seal);
}

void
kr_audit_seal(kr_ctx *cx, const uint8_t key[32])
{
	uint8_t seal[32] = { 0 };
	struct entry last = { .seq = 0 }, e;
	kr_rows *rows = kr_query(cx, &q_unsealed);

	if (kr_rows_n(rows) == 0)
		return;
	if (kr_one(cx, &q_last_seal, last_cols, &last) && last.seal.n == 32)
		memcpy(seal, last.seal.p, 32);
	while (kr_next_(rows, entry_cols, KR_LEN(entry_cols) - 1, &e)) {
		e.seq = ++last.seq;
		link_seal(cx, key, &e, seal);
		kr_exec(cx, &x_seal, kr_i(e.seq),
		    kr_x((kr_str){ (const char *)seal, 32 }), kr_i(e.id));
	}
}

int64_t
kr_audit_verify(kr_ctx *cx, const uint8_t key[32])
{
	uint8_t seal[32] = { 0 };
	struct entry e = { .seq = 0 };
	int64_t expected = 1;
	size_t n;

	do {
		kr_rows *rows = kr_query(cx, &q_chain, kr_i(e.seq));

		n = kr_rows_n(rows);
		while (kr_next(rows, entry_cols, &e)) {
			link_seal(cx, key, &e, seal);
			if (e.seq != expected++ || e.seal.n != 32 ||
			    !kr_same_bytes(e.seal.p, seal, 32))
				return e.seq;
		}
	} while (n == 500);
	return 0;
}
