/* The two lists of system calls: what the broker and its engines may do, and what
   little is left to a scan. */
#include "scan.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum rule { NO, OK, ERR }; /* ERR: refused politely in a scan instead of killing it */

static const struct {
	const char *name;
	unsigned char broker, scan;
} calls[] = {
	/* memory, time, ending */
	{ "brk", OK, OK },
	{ "clock_getres", OK, OK },
	{ "clock_gettime", OK, OK },
	{ "clock_nanosleep", OK, OK },
	{ "exit", OK, OK },
	{ "exit_group", OK, OK },
	{ "futex", OK, OK },
	{ "getrandom", OK, OK },
	{ "getrusage", OK, OK },
	{ "gettimeofday", OK, OK },
	{ "madvise", OK, OK },
	{ "mremap", OK, OK },
	{ "munmap", OK, OK },
	{ "nanosleep", OK, OK },
	{ "restart_syscall", OK, OK },
	{ "rt_sigaction", OK, OK },
	{ "rt_sigprocmask", OK, OK },
	{ "rt_sigreturn", OK, OK },
	{ "sched_getaffinity", OK, OK },
	{ "sched_yield", OK, OK },
	{ "sigaltstack", OK, OK },
	{ "sysinfo", OK, OK },
	{ "time", OK, OK },
	{ "times", OK, OK },
	{ "uname", OK, OK },
	/* who am I */
	{ "getegid", OK, OK },
	{ "geteuid", OK, OK },
	{ "getgid", OK, OK },
	{ "getpid", OK, OK },
	{ "getppid", OK, OK },
	{ "gettid", OK, OK },
	{ "getuid", OK, OK },
	/* open files */
	{ "close", OK, OK },
	{ "dup", OK, OK },
	{ "fadvise64", OK, OK },
	{ "fcntl", OK, OK },
	{ "fstat", OK, OK },
	{ "fstatfs", OK, OK },
	{ "ftruncate", OK, OK },
	{ "getdents64", OK, OK },
	{ "lseek", OK, OK },
	{ "pread64", OK, OK },
	{ "pwrite64", OK, OK },
	{ "read", OK, OK },
	{ "readv", OK, OK },
	{ "write", OK, OK },
	{ "writev", OK, OK },
	/* names: where, is Landlock's business */
	{ "access", OK, OK },
	{ "faccessat", OK, OK },
	{ "faccessat2", OK, OK },
	{ "getcwd", OK, OK },
	{ "lstat", OK, OK },
	{ "mkdir", OK, OK },
	{ "mkdirat", OK, OK },
	{ "newfstatat", OK, OK },
	{ "open", OK, OK },
	{ "openat", OK, OK },
	{ "readlink", OK, OK },
	{ "readlinkat", OK, OK },
	{ "rename", OK, OK },
	{ "renameat", OK, OK },
	{ "renameat2", OK, OK },
	{ "rmdir", OK, OK },
	{ "stat", OK, OK },
	{ "statfs", OK, OK },
	{ "statx", OK, OK },
	{ "umask", OK, OK },
	{ "unlink", OK, OK },
	{ "unlinkat", OK, OK },
	/* libraries ask, a scan need not get */
	{ "chmod", ERR, ERR },
	{ "fchmod", ERR, ERR },
	{ "fchown", ERR, ERR },
	{ "getrlimit", OK, ERR },
	{ "ioctl", ERR, ERR },
	{ "mlock", ERR, ERR },
	{ "munlock", ERR, ERR },
	{ "set_robust_list", OK, ERR },
	{ "socket", ERR, ERR }, /* syslog */
	/* processes, sockets, limits: not in a scan */
	{ "accept4", OK, NO },
	{ "close_range", OK, NO },
	{ "dup2", OK, NO },
	{ "dup3", OK, NO },
	{ "getsockopt", OK, NO },
	{ "kill", OK, NO },
	{ "landlock_add_rule", OK, NO },
	{ "landlock_create_ruleset", OK, NO },
	{ "landlock_restrict_self", OK, NO },
	{ "pipe2", OK, NO },
	{ "poll", OK, NO },
	{ "ppoll", OK, NO },
	{ "prlimit64", NO, ERR }, /* the broker: see below */
	{ "recvmsg", OK, NO },
	{ "sendto", OK, NO },
	{ "rseq", OK, NO },
	{ "seccomp", OK, NO },
	{ "sendmsg", OK, NO },
	{ "setpriority", OK, NO },
	{ "setrlimit", OK, NO },
	{ "set_tid_address", OK, NO },
	{ "signalfd4", OK, NO },
	{ "wait4", OK, NO },
};

static struct sock_fprog broker_filter, scan_filter;

static int
add(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n,
    struct scmp_arg_cmp arg)
{
	int nr = seccomp_syscall_resolve_name(name);

	uint32_t otherwise;

	/* Some names exist on some machines only; libseccomp takes a rule that says
	   what happens anyway for a mistake. */
	if (nr == __NR_SCMP_ERROR || nr < 0)
		return 0;
	if (seccomp_attr_get(ctx, SCMP_FLTATR_ACT_DEFAULT, &otherwise) == 0 &&
	    otherwise == action)
		return 0;
	return seccomp_rule_add_array(ctx, action, nr, n, &arg);
}

static int
add_all(scmp_filter_ctx ctx, bool scan)
{
	const struct scmp_arg_cmp none = { 0 };
	int e = 0;

	for (size_t i = 0; e == 0 && i < sizeof calls / sizeof *calls; i++) {
		unsigned rule = scan ? calls[i].scan : calls[i].broker;

		if (rule != NO)
			e = add(ctx,
			    rule == OK ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
			    calls[i].name, 0, none);
	}
	/* Memory is never made executable: what was linked at the start is the program.
	 */
	static const char *const maps[] = { "mmap", "mprotect" };
	for (size_t i = 0; e == 0 && i < 2; i++) {
		e = add(ctx, SCMP_ACT_ALLOW, maps[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		if (e == 0)
			e = add(ctx, SCMP_ACT_ERRNO(EPERM), maps[i], 1,
			    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	}
	if (scan || e != 0)
		return e;
	static const uint64_t prctls[] = { PR_SET_NAME, PR_SET_PDEATHSIG,
		PR_SET_CHILD_SUBREAPER };
	for (size_t i = 0; e == 0 && i < sizeof prctls / sizeof *prctls; i++)
		e = add(
		    ctx, SCMP_ACT_ALLOW, "prctl", 1, SCMP_A0(SCMP_CMP_EQ, prctls[i]));
	/* limits of its own only */
	if (e == 0)
		e = add(ctx, SCMP_ACT_ALLOW, "prlimit64", 1, SCMP_A0(SCMP_CMP_EQ, 0));
	if (e != 0)
		return e;
	/* fork, without threads and namespaces; clone3 hides its flags in memory. */
	const uint64_t bad = CLONE_VM | CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP |
			     CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
			     CLONE_NEWPID | CLONE_NEWNET;
	e = add(ctx, SCMP_ACT_ALLOW, "clone", 1, SCMP_A0(SCMP_CMP_MASKED_EQ, bad, 0));
	if (e == 0)
		e = add(ctx, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, none);
	if (e == 0)
		e = add(ctx, SCMP_ACT_ALLOW, "socketpair", 1,
		    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	return e;
}

/* Builds a filter once, as bytes, so that a scan need not build it again. */
static bool
compile(struct sock_fprog *prog, bool scan)
{
	/* A scan that does anything unknown is taken for broken into. The broker has
	   read no file: there an unknown call only fails, except under test. */
#ifdef KR_TEST
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
#else
	scmp_filter_ctx ctx =
	    seccomp_init(scan ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
#endif
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;

	bool ok = ctx != NULL && fd >= 0 && add_all(ctx, scan) == 0 &&
		  seccomp_export_bpf(ctx, fd) == 0 && fstat(fd, &st) == 0 &&
		  st.st_size > 0;
	if (ok) {
		prog->len = (unsigned short)((size_t)st.st_size / sizeof *prog->filter);
		prog->filter = calloc(prog->len, sizeof *prog->filter);
		ok = prog->filter != NULL &&
		     pread(fd, prog->filter, (size_t)st.st_size, 0) == st.st_size;
	}
	if (fd >= 0)
		close(fd);
	if (ctx != NULL)
		seccomp_release(ctx);
	return ok;
}

bool
kr_scan_filters_build(void)
{
	return compile(&broker_filter, false) && compile(&scan_filter, true);
}

bool
kr_scan_filter_on(bool scan)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
		   scan ? &scan_filter : &broker_filter) == 0;
}
