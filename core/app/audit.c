/* Audit: a row in the transaction of the deed; jobs chains committed rows a second later,
   so that no request waits for the head of the chain. */
#include "app/audit.h"
#include "auth/auth.h"
#include <kr/kr.h>

KR_STMT(x_entry, "tisssi", "",
    "INSERT INTO kreide_audit.entry (at, actor_id, module, action, request_id, object_id)"
    " VALUES (?, ?, ?, ?, ?, ?)");
KR_STMT(q_last_seal, "", "ix",
    "SELECT id, seal FROM kreide_audit.entry WHERE seal IS NOT NULL"
    " ORDER BY id DESC LIMIT 1");
KR_STMT(q_unsealed, "", "itisssi",
    "SELECT id, at, actor_id, module, action, request_id, object_id"
    " FROM kreide_audit.entry WHERE seal IS NULL ORDER BY id LIMIT 500");
KR_STMT(q_chain, "i", "itisssix",
    "SELECT id, at, actor_id, module, action, request_id, object_id, seal"
    " FROM kreide_audit.entry WHERE id > ? AND seal IS NOT NULL ORDER BY id LIMIT 500");
KR_STMT(x_seal, "xi", "", "UPDATE kreide_audit.entry SET seal = ? WHERE id = ?");

struct entry {
	int64_t id, actor, object;
	kr_time at;
	kr_str module, action, request, seal;
};
static const struct kr_col entry_cols[] = { KR_COL(struct entry, id),
	KR_COL(struct entry, at), KR_COL(struct entry, actor),
	KR_COL(struct entry, module), KR_COL(struct entry, action),
	KR_COL(struct entry, request), KR_COL(struct entry, object),
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

static void
link_seal(kr_ctx *cx, const uint8_t prev[32], const struct entry *e, uint8_t seal_r[32])
{
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 256);
	kr_buf_add(&b, prev, 32);
	kr_buf_fmt(&b, "%lld|%lld|%lld|%.*s|%.*s|%.*s|%lld", (long long)e->id,
	    (long long)e->at.us, (long long)e->actor, KR_FMT(e->module),
	    KR_FMT(e->action), KR_FMT(e->request), (long long)e->object);
	kr_sha256(kr_buf_view(&b), seal_r);
}

void
kr_audit_seal(kr_ctx *cx)
{
	uint8_t seal[32] = { 0 };
	struct entry last, e;
	static const struct kr_col last_cols[] = { KR_COL(struct entry, id),
		KR_COL(struct entry, seal) };
	kr_rows *rows;

	if (kr_one(cx, &q_last_seal, last_cols, &last) && last.seal.n == 32)
		__builtin_memcpy(seal, last.seal.p, 32);
	rows = kr_query(cx, &q_unsealed);
	while (kr_next_(rows, entry_cols, KR_LEN(entry_cols) - 1, &e)) {
		link_seal(cx, seal, &e, seal);
		kr_exec(cx, &x_seal, kr_x((kr_str){ (const char *)seal, 32 }),
		    kr_i(e.id));
	}
}

kr_id
kr_audit_verify(kr_ctx *cx)
{
	uint8_t seal[32] = { 0 };
	struct entry e = { .id = 0 };
	size_t n;

	do {
		kr_rows *rows = kr_query(cx, &q_chain, kr_i(e.id));

		n = kr_rows_n(rows);
		while (kr_next(rows, entry_cols, &e)) {
			link_seal(cx, seal, &e, seal);
			if (e.seal.n != 32 || !kr_same_bytes(e.seal.p, seal, 32))
				return e.id;
		}
	} while (n == 500);
	return 0;
}
