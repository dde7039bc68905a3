/* Audit: a row in the transaction of the deed; jobs chains committed rows a second
   later, so that no request waits for the head of the chain. */
#include "app/audit.h"
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <fcntl.h>
#include <kr/kr.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 500

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
KR_STMT(q_open, "t", "i",
    "SELECT COUNT(*) FROM kreide_audit.entry WHERE seq IS NULL AND at < ?");
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

/* ── the head ── */

bool
kr_audit_head(const char *home, struct kr_audit_head *head_r)
{
	struct kr_arena *a = kr_arena_new(1 << 18);
	char path[PATH_MAX];
	kr_str text = KR_S(""), seq, seal;
	bool good;

	*head_r = (struct kr_audit_head){ 0 };
	snprintf(path, sizeof path, "%s/secret/audit.head", home);
	good = kr_read_file(a, path, &text);
	text = kr_trim(text);
	if (good && text.n > 0 && kr_split(&text, ' ', &seq) &&
	    kr_split(&text, ' ', &seal) && seal.n == 64 && kr_to_i(seq, &head_r->seq))
		for (size_t i = 0; i < 32; i++) {
			unsigned byte = 0;

			good = good && sscanf(seal.p + 2 * i, "%2x", &byte) == 1;
			head_r->seal[i] = (uint8_t)byte;
		}
	kr_arena_free(&a);
	return good;
}

/* In place: 86 bytes within one sector, and always as many. */
static void
move_head(kr_ctx *cx, const struct kr_audit_head *h)
{
	kr_str hex = kr_hex(cx->arena, (kr_str){ (const char *)h->seal, 32 });
	kr_str line = kr_fmt(cx, "%020lld %.*s\n", (long long)h->seq, KR_FMT(hex));
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/secret/audit.head", cx->app->conf.home);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || pwrite(fd, line.p, line.n, 0) != (ssize_t)line.n ||
	    fdatasync(fd) != 0)
		kr_log(cx, KR_ERROR, "audit.head_not_written", 0, NULL);
	if (fd >= 0)
		close(fd);
}

/* ── sealing ── */

/* Where to go on: at the last row, or at the head if rows behind it have vanished; then
   the gap stays for everybody to see. */
static struct kr_audit_head
last_of(kr_ctx *cx, const struct kr_audit_head *head)
{
	struct kr_audit_head at = { 0 };
	struct entry last = { .seq = 0 };

	if (kr_one(cx, &q_last_seal, last_cols, &last) && last.seal.n == 32) {
		at.seq = last.seq;
		memcpy(at.seal, last.seal.p, 32);
	}
	if (head->seq <= at.seq)
		return at;
	kr_log(cx, KR_ERROR, "audit.cut", 2,
	    (struct kr_kv[]){ { "head", kr_i(head->seq) }, { "last", kr_i(at.seq) } });
	return *head;
}

void
kr_audit_seal(kr_ctx *cx, const uint8_t key[32], struct kr_audit_head *head)
{
	struct kr_audit_head at;
	kr_rows *rows = kr_query(cx, &q_unsealed);
	struct entry e;

	if (kr_rows_n(rows) == 0)
		return;
	at = last_of(cx, head);
	while (kr_next_(rows, entry_cols, KR_LEN(entry_cols) - 1, &e)) {
		e.seq = ++at.seq;
		link_seal(cx, key, &e, at.seal);
		kr_exec(cx, &x_seal, kr_i(e.seq),
		    kr_x((kr_str){ (const char *)at.seal, 32 }), kr_i(e.id));
	}
	if (kr_commit(cx) != KR_OK)
		return;
	*head = at;
	move_head(cx, head);
}

/* ── verifying ── */

/* True to go on with the next rows. */
static bool
verify_chunk(
    kr_ctx *cx, const uint8_t key[32], uint8_t seal[32], struct kr_audit_verdict *v)
{
	kr_rows *rows = kr_query(cx, &q_chain, kr_i(v->rows));
	bool full = kr_rows_n(rows) == CHUNK;
	struct entry e;

	while (kr_next(rows, entry_cols, &e)) {
		v->seq = v->rows + 1;
		if (e.seq != v->seq) {
			v->kind = KR_AUDIT_MISSING;
			return false;
		}
		link_seal(cx, key, &e, seal);
		if (e.seal.n != 32 || !kr_same_bytes(e.seal.p, seal, 32)) {
			v->kind = KR_AUDIT_CHANGED;
			return false;
		}
		v->rows++;
	}
	return full;
}

kr_err
kr_audit_verify(kr_ctx *cx, const uint8_t key[32], const struct kr_audit_head *head,
    struct kr_audit_verdict *verdict_r)
{
	static const struct kr_col count_cols[] = { { 'i', 8, 0 } };
	struct kr_audit_verdict v = { .kind = KR_AUDIT_GOOD };
	struct kr_arena *before = cx->arena, *chunk = kr_arena_new((size_t)8 << 20);
	uint8_t seal[32] = { 0 };

	(void)kr_one(cx, &q_open, count_cols, &v.open,
	    kr_t((kr_time){ cx->now.us - KR_MIN_US }));
	cx->arena = chunk; /* a chain of years does not fit into memory at once */
	while (kr_status(cx) == KR_OK && verify_chunk(cx, key, seal, &v))
		kr_arena_reset(chunk);
	cx->arena = before;
	cx->err_text = kr_dup(before, cx->err_text);
	kr_arena_free(&chunk);
	if (v.kind == KR_AUDIT_GOOD && head->seq > v.rows) {
		v.kind = KR_AUDIT_CUT;
		v.seq = v.rows + 1;
	}
	if (kr_status(cx) == KR_OK)
		*verdict_r = v;
	return kr_status(cx);
}
