/* System calls by class of process: what a class does not need fails with EPERM, so a
   hijacked worker can start nothing, trace nobody and reach no network. The master, who
   must fork and exec, is refused by name what nobody of the house ever needs. */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Files and sockets that are open, memory, time, signals to oneself: all classes. */
static const int common[] = { SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv),
	SCMP_SYS(pwritev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(close_range),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(getcwd), SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(dup),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	SCMP_SYS(fadvise64), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(sendfile), SCMP_SYS(copy_file_range), SCMP_SYS(umask),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(futex), SCMP_SYS(restart_syscall),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(mlock), SCMP_SYS(munlock),
	/* time, chance, who am I */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getgroups),
	SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getrlimit), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(getcpu), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getpriority), SCMP_SYS(capget),
	/* threads and signals of one's own */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(sigaltstack), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list),
	SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* sockets: which kinds, socket() decides */
	SCMP_SYS(connect), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg) };

/* Storing files: web takes uploads, jobs sweeps. */
static const int storing[] = { SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
	SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(chown), SCMP_SYS(chmod),
	SCMP_SYS(utimensat) };

/* Newer forms that libraries try first: "not there" makes them take the older one. */
static const int not_there[] = { SCMP_SYS(clone3), SCMP_SYS(openat2),
	SCMP_SYS(epoll_pwait2) };

/* Others' memory, the kernel, mounts, the clock, keys: neither the master nor any of
   its children, who inherit this. */
static const int never[] = { SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(perf_event_open),
	SCMP_SYS(bpf), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(move_mount),
	SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(chroot), SCMP_SYS(unshare),
	SCMP_SYS(setns), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(quotactl),
	SCMP_SYS(acct), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(personality), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(keyctl), SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret),
	SCMP_SYS(fanotify_init), SCMP_SYS(name_to_handle_at),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(modify_ldt), SCMP_SYS(pkey_mprotect),
	SCMP_SYS(pidfd_open), SCMP_SYS(kcmp), SCMP_SYS(move_pages),
	SCMP_SYS(mount_setattr), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
	SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(syslog),
	SCMP_SYS(mknod), SCMP_SYS(mknodat) };

static bool
allow_all(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	}
	return true;
}

static bool
allow_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &arg) == 0;
}

static bool
allow_values(
    scmp_filter_ctx ctx, int call, unsigned arg, const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!allow_if(ctx, call, SCMP_CMP(arg, SCMP_CMP_EQ, values[i])))
			return false;
	}
	return true;
}

/* Calls whose first arguments matter. */
static bool
allow_some(scmp_filter_ctx ctx)
{
	static const uint64_t ioctls[] = { FIONBIO, FIONREAD, FIOCLEX, TCGETS };
	static const uint64_t prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
		PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS };
	static const uint64_t unix_only[] = { AF_UNIX };
	uint64_t me = (uint64_t)getpid();

	if (!allow_values(ctx, SCMP_SYS(ioctl), 1, ioctls, KR_LEN(ioctls)) ||
	    !allow_values(ctx, SCMP_SYS(prctl), 0, prctls, KR_LEN(prctls)) ||
	    !allow_values(ctx, SCMP_SYS(socket), 0, unix_only, 1) ||
	    !allow_values(ctx, SCMP_SYS(socketpair), 0, unix_only, 1))
		return false;
	/* abort() and raise(), but no signals to others */
	if (!allow_values(ctx, SCMP_SYS(tgkill), 0, &me, 1) ||
	    !allow_values(ctx, SCMP_SYS(kill), 0, &me, 1) ||
	    !allow_values(ctx, SCMP_SYS(tkill), 0, &me, 1))
		return false;
	/* memory is never writable and executable; code comes from files (iconv loads
	   its tables that way) */
	if (!allow_if(
		ctx, SCMP_SYS(mmap), SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ||
	    !allow_if(
		ctx, SCMP_SYS(mmap), SCMP_CMP(2, SCMP_CMP_EQ, PROT_READ | PROT_EXEC)) ||
	    !allow_if(
		ctx, SCMP_SYS(mprotect), SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)))
		return false;
	/* own limits may be read */
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
		   SCMP_CMP(0, SCMP_CMP_EQ, 0), SCMP_CMP(2, SCMP_CMP_EQ, 0)) == 0;
}

static bool
allow_class(scmp_filter_ctx ctx, enum kr_class class)
{
	if (class == KR_C_KEYS)
		return true;
	if (class == KR_C_AUTH)
		return seccomp_rule_add(
			   ctx, SCMP_ACT_ALLOW, SCMP_SYS(setpriority), 0) == 0;
	return allow_all(ctx, storing, KR_LEN(storing));
}

static bool
build(scmp_filter_ctx ctx, enum kr_class class)
{
#ifdef KR_FAULTS
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1) != 0)
		return false;
#endif
	for (size_t i = 0; i < KR_LEN(not_there); i++) {
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), not_there[i], 0) != 0)
			return false;
	}
	return allow_all(ctx, common, KR_LEN(common)) && allow_some(ctx) &&
	       allow_class(ctx, class);
}

/* Needs no_new_privs. Loads a filter and frees it. */
static bool
load(scmp_filter_ctx ctx, bool good)
{
	if (!good)
		errno = EINVAL;
	else
		good = seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return good;
}

/* The sanitizers' run time does things of its own (threads, tracing at exit), so there
   is no filter with them. */
#if defined(__SANITIZE_ADDRESS__)
enum { FILTERS = 0 };
#else
enum { FILTERS = 1 };
#endif

bool kr_sandbox(enum kr_class class)
{
	scmp_filter_ctx ctx;

	if (!FILTERS)
		return class < KR_CLASSES;
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (ctx == NULL) {
		errno = ENOMEM;
		return false;
	}
	return load(ctx, build(ctx, class));
}

static bool
refuse_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), call, 1, &arg) == 0;
}

/* The master forks and execs, but not into a namespace of its own; no network, and no
   memory that is written and then run. */
static bool
refuse_some(scmp_filter_ctx ctx)
{
	static const uint64_t namespaces[] = { CLONE_NEWNS, CLONE_NEWCGROUP,
		CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET };
	const uint64_t both = PROT_WRITE | PROT_EXEC;

	for (size_t i = 0; i < KR_LEN(namespaces); i++) {
		if (!refuse_if(ctx, SCMP_SYS(clone),
			SCMP_CMP(0, SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i])))
			return false;
	}
	/* clone3 hides its flags in memory */
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ==
		   0 &&
	       refuse_if(ctx, SCMP_SYS(socket), SCMP_CMP(0, SCMP_CMP_NE, AF_UNIX)) &&
	       refuse_if(
		   ctx, SCMP_SYS(mmap), SCMP_CMP(2, SCMP_CMP_MASKED_EQ, both, both)) &&
	       refuse_if(ctx, SCMP_SYS(mprotect),
		   SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

bool
kr_sandbox_master(void)
{
	scmp_filter_ctx ctx;
	bool good = true;

	/* A filter outlives the exec after HUP: one is enough. */
	if (!FILTERS || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0)
		return true;
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (ctx == NULL) {
		errno = ENOMEM;
		return false;
	}
	for (size_t i = 0; good && i < KR_LEN(never); i++)
		good = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), never[i], 0) == 0;
	return load(ctx, good && refuse_some(ctx));
}
