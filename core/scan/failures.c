/* Notices that memory or disk ran out even where a parser swallows it: one that skips
   the stream it could not unpack calls the file clean. Stands between the libraries and
   libc. */
#include "scan.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *failed;

const char *
kr_scan_failed(void)
{
	return failed;
}

void
kr_scan_failures_forget(void)
{
	failed = NULL;
}

/* Under a sanitizer memory belongs to the sanitizer. */
#ifndef __SANITIZE_ADDRESS__
#define INSTEAD __attribute__((visibility("default")))

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

INSTEAD void *
malloc(size_t n)
{
	void *p = __libc_malloc(n);

	if (p == NULL)
		failed = "memory";
	return p;
}

INSTEAD void *
calloc(size_t n, size_t size)
{
	void *p = __libc_calloc(n, size);

	if (p == NULL)
		failed = "memory";
	return p;
}

INSTEAD void *
realloc(void *old, size_t n)
{
	void *p = __libc_realloc(old, n);

	if (p == NULL && n != 0)
		failed = "memory";
	return p;
}

INSTEAD ssize_t
write(int fd, const void *data, size_t n)
{
	long w = syscall(SYS_write, fd, data, n);

	if (w < 0 && failed == NULL)
		failed = "engine-error";
	return w;
}
#endif
