/* The archive budgets, a thousand times smaller than in a school (MIB is 1,024 here),
   so that small files reach them: what is unpacked never exceeds them, and what was not
   unpacked to its end is never called clean. */
#include "fuzz.h"

#include "../../core/scan/scan.h"
#undef MIB
#define MIB ((uint64_t)1 << 10)

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Every byte that is unpacked comes past here. */
static uint64_t written, longest;

static ssize_t
counted_pwrite(int fd, const void *p, size_t n, off_t at)
{
	written += n;
	longest = (uint64_t)at + n > longest ? (uint64_t)at + n : longest;
	return pwrite(fd, p, n, at);
}

static int
memory_file(const char *dir, int flags, int mode)
{
	(void)dir;
	(void)flags;
	(void)mode;
	return memfd_create("spool", MFD_CLOEXEC);
}

#define pwrite counted_pwrite
#define open memory_file
#include "../../core/scan/archive.c"
#undef pwrite
#undef open
#include "../../core/scan/unpack.c"
#include "../../core/scan/util.c"

/* The virus scanner behind the budgets: each file at the bottom, once. */
static unsigned scanned;
static uint64_t scanned_bytes;

const char *
kr_scan_type(const struct kr_scan_child *child, int fd)
{
	unsigned char b[6] = { 0 };

	(void)child;
	(void)!pread(fd, b, sizeof b, 0);
	return memcmp(b, "PK\3\4", 4) == 0       ? "application/zip"
	       : memcmp(b, "\x1f\x8b", 2) == 0   ? "application/gzip"
	       : memcmp(b, "7z\xbc\xaf", 4) == 0 ? "application/x-7z-compressed"
						 : "application/octet-stream";
}

void
kr_scan_closed(const struct kr_scan_child *child, int fd, const char *type,
    struct kr_scan_reply *reply)
{
	(void)child;
	(void)fd;
	(void)reply;
	MUST(type[0] != 0);
}

void
kr_scan_clam(struct kr_scan_child *child, int fd, struct kr_scan_reply *reply)
{
	(void)child;
	(void)reply;
	scanned++;
	scanned_bytes += (uint64_t)lseek(fd, 0, SEEK_END);
}

static void
within(const struct kr_scan_reply *reply, uint64_t size)
{
	uint64_t allowed = size * MAX_RATIO;

	if (allowed < RATIO_FLOOR)
		allowed = RATIO_FLOOR;
	if (allowed > MAX_TOTAL)
		allowed = MAX_TOTAL;
	MUST(written <= allowed && longest <= allowed && scanned_bytes <= allowed);
	MUST(scanned <= MAX_ENTRIES);
	MUST(memchr(reply->what, 0, sizeof reply->what) != NULL);
	MUST(memchr(reply->type, 0, sizeof reply->type) != NULL);
	for (const char *c = reply->what; *c != 0; c++)
		MUST(*c > ' ' && *c < 0x7f);
	MUST((reply->what[0] == 0) == (reply->verdict == KR_SCAN_CLEAN));
}

static void
names(const uint8_t *p, size_t n)
{
	char name[200];

	if (n >= sizeof name)
		return;
	memcpy(name, p, n);
	name[n] = 0;
	n = strlen(name);
	if (!name_ok(name))
		return;
	MUST(name[0] != 0 && name[0] != '/' && name[0] != '\\');
	MUST(strstr(name, "/../") == NULL && strstr(name, "\\..\\") == NULL);
	MUST(strncmp(name, "../", 3) != 0 && strcmp(name, "..") != 0);
	MUST(n < 3 ||
	     (strcmp(name + n - 3, "/..") != 0 && strcmp(name + n - 3, "\\..") != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct kr_scan_child child = { .dir = "/", .size = n };
	struct kr_scan_reply reply = { 0 };

	names(p, n);
	child.fd = memfd_create("file", MFD_CLOEXEC);
	MUST(child.fd >= 0 && write(child.fd, p, n) == (ssize_t)n);
	written = longest = scanned_bytes = scanned = 0;
	kr_scan_reply_set(&reply, KR_SCAN_CLEAN, "");
	kr_scan_archive(&child, &reply);
	within(&reply, n);
	close(child.fd);
	return 0;
}
