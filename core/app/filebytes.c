/* The bytes of an uploaded file inside the process, for imports; everything else that
   wants bytes sends them from nginx. */
#include "app/file.h"
#include "auth/auth.h"
#include "plugin/registry.h"
#include <errno.h>
#include <kr/kernel.h>
#include <kr/kr.h>
#include <unistd.h>

/* Pending and the person's own: nothing that another has uploaded or anything holds. */
KR_STMT(q_pending, "ii", "si",
    "SELECT store_key, size FROM core_file WHERE id = ? AND owner_id = ? AND attached = 0");

struct row {
	kr_str key;
	int64_t size;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, key),
	KR_COL(struct row, size) };

#define BYTES_MAX ((size_t)20 * 1024 * 1024)

static bool
read_all(int fd, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

kr_err
kr_kernel_file_bytes(kr_ctx *cx, kr_id file, size_t max, kr_str *bytes_r)
{
	struct row r;
	char *bytes;
	size_t n;
	bool ok;
	int fd;

	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	*bytes_r = (kr_str){ NULL, 0 };
	if (!kr_one(cx, &q_pending, row_cols, &r, kr_i(file), kr_i(kr_me(cx))))
		return kr_status(cx);
	if (r.size < 0 || (uint64_t)r.size > (max < BYTES_MAX ? max : BYTES_MAX))
		return kr_fail(cx, KR_ELIMIT, "file too large to be read");
	n = (size_t)r.size;
	bytes = kr_alloc(cx, n + 1, 1);
	fd = kr_file_open(cx->app, r.key);
	if (fd < 0)
		return kr_fail(cx, KR_EFAIL, "stored file: errno %d", errno);
	ok = read_all(fd, bytes, n);
	close(fd);
	if (!ok)
		return kr_fail(
		    cx, KR_EFAIL, "stored file is shorter than its row says");
	*bytes_r = (kr_str){ bytes, n };
	return KR_OK;
}
