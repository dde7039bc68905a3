/* System calls that nobody of the house, or nobody but one, has any business with. Each
   is asked so that it would do no harm where it is let through. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long
said(long r)
{
	return r < 0 ? errno : 0;
}

/* A call with plain numbers: (number, first, second), zero behind them. */
static long
try_call(const struct probe *p)
{
	long r = syscall(p->a, p->b, 0L, 0L, 0L, 0L, 0L);

	/* An open descriptor is not kept. */
	if (r > 2 && (p->a == SYS_memfd_create || p->a == SYS_userfaultfd))
		close((int)r);
	return said(r);
}

/* With a text in front: (number, text, flags). */
static long
try_text(const struct probe *p)
{
	return said(syscall(p->a, p->text, p->b, 0L, 0L, 0L, 0L));
}

/* A folder is no program: EACCES means that one would have been run. */
static long
try_exec(const struct probe *p)
{
	static char *const none[] = { NULL };

	if (p->a == SYS_execve)
		return said(syscall(SYS_execve, "/", none, none));
	return said(syscall(SYS_execveat, AT_FDCWD, "/", none, none, 0));
}

static long
try_memfd_exec(const struct probe *p)
{
	static char *const none[] = { NULL };
	int fd = (int)syscall(SYS_memfd_create, "probe", 0u);
	long r;

	(void)p;
	if (fd < 0)
		return errno;
	/* Empty: ENOEXEC means that it would have been run. */
	fchmod(fd, 0700);
	r = said(syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
	close(fd);
	return r;
}

static long
try_clone(const struct probe *p)
{
	long pid = syscall(SYS_clone, p->a | SIGCHLD, 0L, 0L, 0L, 0L);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid((pid_t)pid, NULL, 0);
	return 0;
}

static long
try_clone3(const struct probe *p)
{
	(void)p;
	return said(syscall(SYS_clone3, NULL, 0L));
}

static long
try_kill(const struct probe *p)
{
	pid_t pid = p->a > 0   ? (pid_t)p->a
		    : p->a < 0 ? getppid()
			       : (pid_t)probe_head->sibling;

	return said(syscall(SYS_kill, pid, p->b));
}

static long
try_queue(const struct probe *p)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	(void)p;
	return said(syscall(SYS_rt_sigqueueinfo, (pid_t)probe_head->sibling, 0, &info));
}

static long
try_process(const struct probe *p)
{
	char byte = 0;
	struct iovec own = { &byte, 1 }, other = { &byte, 1 };
	pid_t pid = (pid_t)probe_head->sibling;

	if (p->a == SYS_ptrace)
		return said(syscall(SYS_ptrace, 0x4206 /* SEIZE */, pid, 0L, 0L));
	if (p->a == SYS_process_vm_readv || p->a == SYS_process_vm_writev)
		return said(syscall(p->a, pid, &own, 1L, &other, 1L, 0L));
	if (p->a == SYS_prlimit64) {
		struct rlimit64 r;

		return said(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &r));
	}
	return said(syscall(p->a, pid, 0L, 0L, 0L, 0L));
}

static long
try_identity(const struct probe *p)
{
	gid_t none = 0;

	if (p->a == SYS_setgroups)
		return said(syscall(SYS_setgroups, 1L, &none));
	if (p->a == SYS_setresuid || p->a == SYS_setresgid)
		return said(syscall(p->a, 0L, 0L, 0L));
	return said(syscall(p->a, 0L));
}

/* All capabilities, please. */
static long
try_capset(const struct probe *p)
{
	uint32_t head[2] = { 0x20080522, 0 }, all[6] = { ~0u, ~0u, 0, ~0u, ~0u, 0 };

	(void)p;
	return said(syscall(SYS_capset, head, all));
}

static long
try_prctl(const struct probe *p)
{
	return said(syscall(SYS_prctl, p->a, p->b, 0L, 0L, 0L));
}

static long
try_map(const struct probe *p)
{
	long size = 4096, r;
	void *at;

	if (p->b == 0) { /* writable and executable at once */
		r = syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
		if (r >= 0 || r < -4095)
			munmap((void *)r, (size_t)size);
		return said(r);
	}
	at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return errno;
	r = said(syscall(p->a, at, size, PROT_READ | PROT_EXEC, -1L));
	munmap(at, (size_t)size);
	return r;
}

static long
try_uring(const struct probe *p)
{
	char params[256] = { 0 };
	long fd = syscall(SYS_io_uring_setup, 1L, params);

	(void)p;
	if (fd > 2)
		close((int)fd);
	return said(fd);
}

static long
try_perf(const struct probe *p)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .exclude_kernel = 1
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0L, -1L, -1L, 0L);

	(void)p;
	if (fd > 2)
		close((int)fd);
	return said(fd);
}

static long
try_handle(const struct probe *p)
{
	uint32_t handle[40] = { 128, 0 }; /* bytes, type */
	int mount;

	if (p->a == SYS_name_to_handle_at)
		return said(syscall(p->a, AT_FDCWD, "/", handle, &mount, 0L));
	return said(syscall(p->a, AT_FDCWD, handle, O_RDONLY));
}

/* A file system that does not exist: ENODEV means that one would have been mounted. */
static long
try_mount(const struct probe *p)
{
	(void)p;
	return said(syscall(SYS_mount, "none", "/", "kr-none", 0L, NULL));
}

static long
try_name(const struct probe *p)
{
	return said(syscall(p->a, "", -1L));
}

static long
try_pivot(const struct probe *p)
{
	(void)p;
	return said(syscall(SYS_pivot_root, "/", "/"));
}

static long
try_key(const struct probe *p)
{
	if (p->a == SYS_keyctl)
		return said(syscall(SYS_keyctl, 0L, -3L, 0L)); /* session keyring */
	if (p->a == SYS_add_key)
		return said(syscall(SYS_add_key, "user", "kr", "x", 0L, 0L));
	return said(syscall(SYS_request_key, "user", "kr", NULL, 0L));
}

static long
try_ioctl(const struct probe *p)
{
	return said(syscall(SYS_ioctl, 0L, p->a, p->text));
}

/* Of a file that is not there: ENOENT means that it would have been set. */
static long
try_xattr(const struct probe *p)
{
	(void)p;
	return said(syscall(SYS_setxattr, "", "user.kr", "x", 1L, 0L));
}

#define NEWNS (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID)
const struct probe probes_calls[] = {
	/* other programs, other processes */
	{ "execve", try_exec, NULL, SYS_execve, 0 },
	{ "execveat", try_exec, NULL, SYS_execveat, 0 },
	{ "memfd-exec", try_memfd_exec, NULL, 0, 0 },
	{ "fork", try_clone, NULL, 0, 0 },
	{ "clone-user", try_clone, NULL, CLONE_NEWUSER, 0 },
	{ "clone-namespaces", try_clone, NULL, NEWNS, 0 },
	{ "clone3", try_clone3, NULL, 0, 0 },
	{ "unshare", try_call, NULL, SYS_unshare, 0 },
	{ "setns", try_call, NULL, SYS_setns, -1 },
	{ "kill-sibling", try_kill, NULL, 0, 0 },
	{ "kill-parent", try_kill, NULL, -1, 0 },
	{ "kill-init", try_kill, NULL, 1, 0 },
	{ "queue-sibling", try_queue, NULL, 0, 0 },
	{ "ptrace", try_process, NULL, SYS_ptrace, 0 },
	{ "vm-read", try_process, NULL, SYS_process_vm_readv, 0 },
	{ "vm-write", try_process, NULL, SYS_process_vm_writev, 0 },
	{ "pidfd", try_process, NULL, SYS_pidfd_open, 0 },
	{ "prlimit-sibling", try_process, NULL, SYS_prlimit64, 0 },
	/* becoming somebody */
	{ "setuid", try_identity, NULL, SYS_setuid, 0 },
	{ "setgid", try_identity, NULL, SYS_setgid, 0 },
	{ "setresuid", try_identity, NULL, SYS_setresuid, 0 },
	{ "setgroups", try_identity, NULL, SYS_setgroups, 0 },
	{ "capset", try_capset, NULL, 0, 0 },
	{ "new-privs-off", try_prctl, NULL, PR_SET_NO_NEW_PRIVS, 0 },
	{ "dumpable", try_prctl, NULL, PR_SET_DUMPABLE, 1 },
	{ "ptracer", try_prctl, NULL, PR_SET_PTRACER, -1 },
	{ "keep-caps", try_prctl, NULL, PR_SET_KEEPCAPS, 1 },
	{ "seccomp-off", try_prctl, NULL, PR_SET_SECCOMP, 0 },
	{ "death-signal-off", try_prctl, NULL, PR_SET_PDEATHSIG, 0 },
	/* memory that is written and then run */
	{ "map-wx", try_map, NULL, SYS_mmap, 0 },
	{ "protect-exec", try_map, NULL, SYS_mprotect, 1 },
	{ "pkey-protect-exec", try_map, NULL, SYS_pkey_mprotect, 1 },
	{ "personality", try_call, NULL, SYS_personality, 0xffffffff },
	/* the kernel */
	{ "bpf", try_call, NULL, SYS_bpf, 0 },
	{ "io-uring", try_uring, NULL, 0, 0 },
	{ "userfaultfd", try_call, NULL, SYS_userfaultfd, 0 },
	{ "perf", try_perf, NULL, 0, 0 },
	{ "keyctl", try_key, NULL, SYS_keyctl, 0 },
	{ "add-key", try_key, NULL, SYS_add_key, 0 },
	{ "request-key", try_key, NULL, SYS_request_key, 0 },
	{ "syslog", try_call, NULL, SYS_syslog, 10 },
	{ "init-module", try_call, NULL, SYS_init_module, 0 },
	{ "kexec", try_call, NULL, SYS_kexec_load, 0 },
	{ "iopl", try_call, NULL, SYS_iopl, 3 },
	{ "ioperm", try_call, NULL, SYS_ioperm, 0 },
	{ "fanotify", try_call, NULL, SYS_fanotify_init, 0 },
	{ "modify-ldt", try_call, NULL, SYS_modify_ldt, 1 },
	/* the machine */
	{ "mount", try_mount, NULL, 0, 0 },
	{ "umount", try_text, "/nonexistent", SYS_umount2, 0 },
	{ "chroot", try_text, "/", SYS_chroot, 0 },
	{ "pivot-root", try_pivot, NULL, 0, 0 },
	{ "handle-of", try_handle, NULL, SYS_name_to_handle_at, 0 },
	{ "open-handle", try_handle, NULL, SYS_open_by_handle_at, 0 },
	{ "reboot", try_call, NULL, SYS_reboot, 0 },
	{ "swapon", try_text, "/nonexistent", SYS_swapon, 0 },
	{ "acct", try_call, NULL, SYS_acct, 0 },
	{ "quotactl", try_call, NULL, SYS_quotactl, 0x80000200 },
	{ "settimeofday", try_call, NULL, SYS_settimeofday, 0 },
	{ "clock-settime", try_call, NULL, SYS_clock_settime, 0 },
	{ "sethostname", try_name, NULL, SYS_sethostname, 0 },
	{ "setdomainname", try_name, NULL, SYS_setdomainname, 0 },
	{ "type-ahead", try_ioctl, "x", TIOCSTI, 0 },
	{ "xattr", try_xattr, NULL, 0, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};
