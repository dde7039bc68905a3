/* Preloaded into a process under test: the n-th call of a kind fails, or the process
   dies right behind it. What is planned lies in a file that the test writes at any time
   and all processes have mapped (struct plan; plan.mjs knows its layout). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum kind { MEMORY = 1, SYNC = 2, DISK = 4, TALK = 8, DIE_BEHIND = 16 };

struct plan {
	char who[16];           /* name of the process it is meant for */
	_Atomic uint32_t armed; /* kinds that are counted; 0: none */
	uint32_t error;         /* errno of the failing call */
	_Atomic uint32_t at;    /* this one fails */
	uint32_t go_on;         /* and all after it */
	_Atomic uint32_t seen, fired, segv, abort;
	char call[16]; /* which one it was */
	char from[64]; /* DIE_BEHIND: statements are counted from this one on */
	_Atomic uint32_t begun;
	_Atomic int32_t
	    clock; /* seconds by which the clock goes wrong, in all processes */
	char failed[480], crashed[480]; /* who called, the innermost first */
};

static struct plan *plan;
static int serving; /* what fails is a request, not the start of a process */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("KR_SHIM");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	plan = p == MAP_FAILED ? NULL : p;
	backtrace(&p, 1); /* loads what it needs now */
}

/* File, function and offset of each caller, for people and addr2line. */
static void
trace(char to[480])
{
	void *at[24];
	int n = backtrace(at, 24);
	size_t used = 0;
	Dl_info f;

	for (int i = 2; i < n && used < 400; i++) {
		const char *file = "?", *slash;

		memset(&f, 0, sizeof f);
		if (dladdr(at[i], &f) != 0 && f.dli_fname != NULL)
			file = (slash = strrchr(f.dli_fname, '/')) ? slash + 1
								   : f.dli_fname;
		used += (size_t)snprintf(to + used, 480 - used, "%s%.24s(%.24s)+%#lx",
		    i > 2 ? " < " : "", file, f.dli_sname ? f.dli_sname : "",
		    (unsigned long)((char *)at[i] - (char *)f.dli_fbase));
		if (used > 479)
			used = 479;
	}
}

/* Three crashes would put the route out of order; here each is counted and ends the
   process without a signal. */
static void
on_crash(int number)
{
	if (number == SIGABRT)
		atomic_fetch_add(&plan->abort, 1);
	else
		atomic_fetch_add(&plan->segv, 1);
	trace(plan->crashed);
	_exit(99);
}

static void
note(const char *call)
{
	if (atomic_fetch_add(&plan->fired, 1) > 0)
		return;
	snprintf(plan->call, sizeof plan->call, "%s", call);
	trace(plan->failed);
	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	signal(SIGBUS, on_crash);
}

static int
is_meant(enum kind kind)
{
	char name[17] = "";

	if (plan == NULL || (atomic_load(&plan->armed) & kind) == 0)
		return 0;
	prctl(PR_GET_NAME, name, 0, 0, 0);
	return strncmp(name, plan->who, sizeof plan->who - 1) == 0;
}

static int
fails(enum kind kind, const char *call)
{
	uint32_t n;

	if (!serving || !is_meant(kind))
		return 0;
	n = atomic_fetch_add(&plan->seen, 1) + 1;
	if (n < plan->at || (n > plan->at && !plan->go_on))
		return 0;
	note(call);
	errno = (int)plan->error;
	return 1;
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

/* ── memory ── */

void *
malloc(size_t n)
{
	return fails(MEMORY, "malloc") ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails(MEMORY, "calloc") ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails(MEMORY, "realloc") ? NULL : __libc_realloc(p, n);
}

/* ── disk ── */

int
fsync(int fd)
{
	return fails(SYNC | DISK, "fsync") ? -1 : NEXT(fsync)(fd);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return fails(DISK, "write") ? -1 : NEXT(write)(fd, p, n);
}

#define OPEN(name)                                                                     \
	int name(const char *path, int flags, ...)                                     \
	{                                                                              \
		va_list args;                                                          \
		mode_t mode;                                                           \
                                                                                       \
		va_start(args, flags);                                                 \
		mode = va_arg(args, mode_t);                                           \
		va_end(args);                                                          \
		return fails(DISK, #name) ? -1 : NEXT(name)(path, flags, mode);        \
	}
OPEN(open)
OPEN(open64)

int
rename(const char *from, const char *to)
{
	return fails(DISK, "rename") ? -1 : NEXT(rename)(from, to);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails(DISK, "mkdir") ? -1 : NEXT(mkdir)(path, mode);
}

int
unlink(const char *path)
{
	return fails(DISK, "unlink") ? -1 : NEXT(unlink)(path);
}

int
fchown(int fd, uid_t uid, gid_t gid)
{
	return fails(DISK, "fchown") ? -1 : NEXT(fchown)(fd, uid, gid);
}

/* ── the clock on the wall; that of durations stays right ── */

int
clock_gettime(clockid_t which, struct timespec *t)
{
	int bad = NEXT(clock_gettime)(which, t);

	if (bad == 0 && plan != NULL &&
	    (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
		t->tv_sec += atomic_load(&plan->clock);
	return bad;
}

time_t
time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

/* ── sockets: nginx, the database, the scanner ── */

int
accept(int fd, struct sockaddr *from, socklen_t *n)
{
	serving = 1;
	return NEXT(accept)(fd, from, n);
}

int
accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	serving = 1;
	return NEXT(accept4)(fd, from, n, flags);
}

int
connect(int fd, const struct sockaddr *to, socklen_t n)
{
	return fails(TALK, "connect") ? -1 : NEXT(connect)(fd, to, n);
}

ssize_t
read(int fd, void *p, size_t n)
{
	return fails(TALK, "read") ? -1 : NEXT(read)(fd, p, n);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	return fails(TALK, "recv") ? -1 : NEXT(recv)(fd, p, n, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return fails(TALK, "sendmsg") ? -1 : NEXT(sendmsg)(fd, m, flags);
}

/* A statement to the database: four bytes of length and number, one of the command. */
static void
die_behind(const char *p, size_t n)
{
	size_t from = strlen(plan->from);

	if (n >= 5 + from && memcmp(p + 5, plan->from, from) == 0)
		atomic_store(&plan->begun, 1);
	if (!atomic_load(&plan->begun))
		return;
	if (atomic_fetch_add(&plan->seen, 1) + 1 != plan->at)
		return;
	atomic_fetch_add(&plan->fired, 1);
	kill(getpid(), SIGKILL);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	ssize_t done;

	if (fails(TALK, "send"))
		return -1;
	done = NEXT(send)(fd, p, n, flags);
	if (is_meant(DIE_BEHIND))
		die_behind(p, n);
	return done;
}
