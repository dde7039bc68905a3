/* Uploads: bytes go to incoming/ with a running hash, are made durable, scanned, and
   moved to files/ under a random name. Whatever fails on the way leaves no trace. */
#include "app/file.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/input.h"
#include "plugin/registry.h"
#include "scan/client.h"
#include <errno.h>
#include <fcntl.h>
#include <kr/kr.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unistr.h>

KR_STMT(x_file, "isssixit", "",
    "INSERT INTO core_file (owner_id, store_key, name, type, size, sha256, scan, created)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(q_kept, "ii", "si",
    "SELECT name, size FROM core_file WHERE id = ? AND owner_id = ? AND attached = 0");
KR_STMT(q_pending, "i", "i",
    "SELECT CAST(COALESCE(SUM(size), 0) AS SIGNED) FROM core_file"
    " WHERE owner_id = ? AND attached = 0");

/* Beside two files of the largest size: what tries that went wrong leave behind for an
   hour. */
#define PENDING_MORE ((int64_t)64 * 1024 * 1024)

/* The scanner has this long inside a request; then the file waits in quarantine. */
#define SCAN_MS 2000

struct kr_upload {
	const struct kr_field *field;
	kr_str name;
	int fd;
	int64_t size;
	bool disk_full;
	char path[600]; /* incoming/RANDOM while it exists, "" afterwards */
	char key[33];
	crypto_hash_sha256_state hash;
};

static void
drop(void *arg)
{
	struct kr_upload *u = arg;

	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	if (u->path[0])
		unlink(u->path);
	u->path[0] = '\0';
}

/* Control characters, and those that are not seen or turn the direction of what
   follows: "gpj.exe" would read as another kind of file. */
static bool
is_hidden(ucs4_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/* Last segment only, NFC, nothing hidden, at most 200 bytes with its ending. */
static kr_str
clean_name(kr_ctx *cx, kr_str given)
{
	kr_str s = kr_trim(kr_nfc(cx->arena, given));
	struct kr_buf b;

	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\') {
			s = kr_sub(s, i, s.n);
			break;
		}
	kr_buf_init(&b, cx->arena, s.n + 1);
	for (size_t i = 0, n; i < s.n; i += n) {
		ucs4_t c;

		n = (size_t)u8_mbtouc(&c, (const uint8_t *)s.p + i, s.n - i);
		kr_buf_str(&b, is_hidden(c) ? KR_S("_") : kr_sub(s, i, n));
	}
	s = kr_buf_view(&b);
	while (s.n > 200 || (s.n && (s.p[0] == '.')))
		s = kr_sub(s, 1, s.n);
	while (s.n && !kr_utf8_ok(s))
		s = kr_sub(s, 1, s.n);
	return s.n ? s : KR_S("datei");
}

struct pending {
	int64_t bytes;
};
static const struct kr_col pending_cols[] = { KR_COL(struct pending, bytes) };

kr_err
kr_upload_room(kr_ctx *cx)
{
	struct pending p = { 0 };
	int64_t most = 2 * cx->app->conf.max_file_bytes + PENDING_MORE;

	kr_one(cx, &q_pending, pending_cols, &p, kr_i(kr_me(cx)));
	if (kr_status(cx) != KR_OK || p.bytes <= most)
		return kr_status(cx);
	kr_log(cx, KR_WARN, "upload.pending_full", 1,
	    (struct kr_kv[]){ { "bytes", kr_i(p.bytes) } });
	return kr_fail(cx, KR_ELIMIT, "pending files of one person");
}

kr_err
kr_upload_begin(
    kr_ctx *cx, const struct kr_field *field, kr_str name, struct kr_upload **upload_r)
{
	struct kr_upload *u = KR_NEW(cx, struct kr_upload);
	uint8_t id[16];
	kr_str hex;

	kr_random(id, sizeof id);
	hex = kr_hex(cx->arena, (kr_str){ (const char *)id, sizeof id });
	snprintf(u->key, sizeof u->key, "%.*s", KR_FMT(hex));
	snprintf(u->path, sizeof u->path, "%s/incoming/%s", cx->app->conf.home, u->key);
	u->field = field;
	u->name = clean_name(cx, name);
	u->fd = open(u->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (u->fd < 0) {
		u->path[0] = '\0';
		cx->disk_full = errno == ENOSPC || errno == EDQUOT;
		return kr_fail(cx, cx->disk_full ? KR_ELIMIT : KR_EFAIL,
		    "incoming: errno %d", errno);
	}
	crypto_hash_sha256_init(&u->hash);
	kr_defer(cx, drop, u);
	*upload_r = u;
	return KR_OK;
}

kr_err
kr_upload_data(kr_ctx *cx, struct kr_upload *u, const char *p, size_t n)
{
	if (u->size + (int64_t)n > cx->app->conf.max_file_bytes)
		return kr_fail(cx, KR_ELIMIT, "file larger than max_file_mb");
	crypto_hash_sha256_update(&u->hash, (const unsigned char *)p, n);
	u->size += (int64_t)n;
	while (n) {
		ssize_t done = kr_fault("upload.write") ? (errno = ENOSPC, -1)
							: write(u->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			cx->disk_full = errno == ENOSPC || errno == EDQUOT;
			return kr_fail(cx, cx->disk_full ? KR_ELIMIT : KR_EFAIL,
			    "upload: write failed, errno %d", errno);
		}
		p += done;
		n -= (size_t)done;
	}
	return KR_OK;
}

void
kr_upload_abort(kr_ctx *cx, struct kr_upload *u)
{
	(void)cx;
	drop(u);
}

bool
kr_upload_disk_full(const kr_ctx *cx)
{
	return cx->disk_full;
}

static bool
sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), why;
	bool ok = fd >= 0 && fsync(fd) == 0;

	why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok;
}

/* nginx comes through files/ by its group and may read a file whose name it was told;
   the folders in it belong to us and to jobs, so that it can change nothing. A new one
   must be as durable as what comes into it. */
static bool
make_folder(const char *top, const char *dir)
{
	if (mkdir(dir, 0771) != 0)
		return errno == EEXIST;
	return chown(dir, (uid_t)-1, getegid()) == 0 && chmod(dir, 0771) == 0 &&
	       sync_folder(top);
}

/* Durable before it is acknowledged: data, name, then the row (COMMIT). */
static bool
move_to_store(kr_ctx *cx, struct kr_upload *u)
{
	char top[512], dir[520], to[600];
	struct stat st;

	snprintf(top, sizeof top, "%s/files", cx->app->conf.home);
	snprintf(dir, sizeof dir, "%s/%.2s", top, u->key);
	snprintf(to, sizeof to, "%s/%s", dir, u->key);
	if (!make_folder(top, dir) || stat(top, &st) != 0 ||
	    fchown(u->fd, (uid_t)-1, st.st_gid) != 0)
		return false;
	if (fsync(u->fd) != 0 || rename(u->path, to) != 0)
		return false;
	snprintf(u->path, sizeof u->path, "%s", to); /* drop() removes it from there */
	return sync_folder(dir);
}

/* Infected, a bomb, or locked with a password: what the sender reads at the field. */
static const char *
refusal(uint32_t verdict)
{
	switch (verdict) {
	case KR_SCAN_INFECTED:
		return "core.file_infected";
	case KR_SCAN_BOMB:
		return "core.file_bomb";
	case KR_SCAN_ENCRYPTED:
		return "core.file_encrypted";
	default:
		return NULL;
	}
}

static kr_err
keep(kr_ctx *cx, struct kr_upload *u, kr_str type, bool clean, kr_id *file_r)
{
	uint8_t sum[32];
	kr_id id;

	crypto_hash_sha256_final(&u->hash, sum);
	if (!move_to_store(cx, u)) {
		cx->disk_full = errno == ENOSPC || errno == EDQUOT;
		return kr_fail(cx, cx->disk_full ? KR_ELIMIT : KR_EFAIL,
		    "upload: store failed, errno %d", errno);
	}
	id = kr_exec(cx, &x_file, kr_i(cx->actor->person), kr_s(kr_z(u->key)),
	    kr_s(u->name), kr_s(type), kr_i(u->size),
	    kr_x((kr_str){ (const char *)sum, 32 }),
	    kr_i(clean ? KR_FILE_CLEAN : KR_FILE_WAITING), kr_t(cx->now));
	if (kr_status(cx) != KR_OK)
		return cx->err;
	/* It stays, also when the answer to COMMIT was lost: then the row may be there,
	   and if it is not, the sweep finds bytes that nobody knows. */
	if (kr_commit(cx) == KR_OK || cx->err == KR_EUPSTREAM)
		u->path[0] = '\0';
	if (kr_status(cx) != KR_OK)
		return cx->err;
	*file_r = id;
	return KR_OK;
}

kr_err
kr_upload_end(kr_ctx *cx, struct kr_upload *u, kr_id *file_r)
{
	struct kr_scan_reply reply = { .verdict = KR_SCAN_NOT_SCANNED };
	char socket[512];
	const char *why;
	kr_err err;

	*file_r = 0;
	snprintf(socket, sizeof socket, "%s/run/scan.sock", cx->app->conf.home);
	if (!kr_scan_file(socket, u->fd, SCAN_MS, &reply))
		reply.verdict = KR_SCAN_NOT_SCANNED;
	why = refusal(reply.verdict);
	if (why) {
		kr_log(cx, KR_WARN, "upload.refused", 1,
		    (struct kr_kv[]){ { "verdict", kr_i(reply.verdict) } });
		kr_input_bad(cx, kr_z(u->field->name), why, u->name);
		drop(u);
		return KR_OK;
	}
	err = keep(cx, u,
	    reply.type[0] ? kr_z(reply.type) : KR_S("application/octet-stream"),
	    reply.verdict == KR_SCAN_CLEAN, file_r);
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	return err;
}

struct kept {
	kr_str name;
	int64_t size;
};
static const struct kr_col kept_cols[] = { KR_COL(struct kept, name),
	KR_COL(struct kept, size) };

bool
kr_upload_kept(kr_ctx *cx, kr_id file, kr_str *name_r, int64_t *size_r)
{
	struct kept k;

	if (!kr_one(cx, &q_kept, kept_cols, &k, kr_i(file), kr_i(kr_me(cx))))
		return false;
	*name_r = k.name;
	*size_r = k.size;
	return true;
}
