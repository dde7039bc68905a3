/* What the system call filter lets through, by class of process; and the fuses of the
   scoreboard. Each probe runs in a process of its own, behind the real filter. */
#undef __SANITIZE_ADDRESS__ /* the filter itself is tested, not its absence */
#include "../lib/base_room.h"

#include "../../core/http/board.c"
#include "../../core/proc/sandbox.c"

#include <iconv.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

/* 0: it worked; else the error number. */
static int
number(long result)
{
	return result < 0 ? errno : 0;
}

static int
try_socket(int family)
{
	return number(socket(family, SOCK_STREAM, 0));
}

static int
p_unix(void)
{
	return try_socket(AF_UNIX);
}
static int
p_inet(void)
{
	return try_socket(AF_INET);
}
static int
p_inet6(void)
{
	return try_socket(AF_INET6);
}
static int
p_packet(void)
{
	return number(socket(AF_PACKET, SOCK_RAW, 0));
}
static int
p_exec(void)
{
	return number(syscall(SYS_execve, "/bin/true", NULL, NULL));
}
static int
p_execveat(void)
{
	return number(syscall(SYS_execveat, -1, "/bin/true", NULL, NULL, 0));
}
static int
p_fork(void)
{
	return number(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}
static int
p_clone3(void)
{
	return number(syscall(SYS_clone3, NULL, 0));
}
static int
p_ptrace(void)
{
	return number(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
}
static int
p_read_other(void)
{
	return number(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}
static int
p_mount(void)
{
	return number(syscall(SYS_mount, "x", "/", "tmpfs", 0, NULL));
}
static int
p_unshare(void)
{
	return number(syscall(SYS_unshare, CLONE_NEWUSER));
}
static int
p_bpf(void)
{
	return number(syscall(SYS_bpf, 0, NULL, 0));
}
static int
p_keyctl(void)
{
	return number(syscall(SYS_keyctl, 0, 0));
}
static int
p_io_uring(void)
{
	return number(syscall(SYS_io_uring_setup, 1, NULL));
}
static int
p_userfaultfd(void)
{
	return number(syscall(SYS_userfaultfd, 0));
}
static int
p_kill_parent(void)
{
	return number(kill(getppid(), 0));
}
static int
p_setuid(void)
{
	return number(syscall(SYS_setuid, 0));
}
static int
p_chroot(void)
{
	return number(syscall(SYS_chroot, "/"));
}
static int
p_bind(void)
{
	return number(bind(0, NULL, 0)) == EPERM ? EPERM : 0;
}
static int
p_write_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}
static int
p_make_exec(void)
{
	void *p = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return number(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int
p_file(void)
{
	char name[] = "/tmp/kreide-probe-XXXXXX";
	int fd = mkstemp(name);
	struct stat st;
	bool good = fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 &&
		    fstat(fd, &st) == 0 && st.st_size == 1 && close(fd) == 0 &&
		    unlink(name) == 0;

	return good ? 0 : errno == 0 ? -1 : errno;
}
static int
p_read_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	return number(fd);
}
static int
p_iconv(void)
{
	return iconv_open("UTF-8", "WINDOWS-1252") == (iconv_t)-1 ? errno : 0;
}
static int
p_memory(void)
{
	char *p = malloc(8 << 20);

	if (p == NULL)
		return ENOMEM;
	memset(p, 1, 8 << 20);
	p = realloc(p, 16 << 20);
	free(p);
	return p == NULL ? ENOMEM : 0;
}
static int
p_clock(void)
{
	struct timespec t;

	return number(syscall(SYS_clock_gettime, CLOCK_REALTIME, &t));
}
static int
p_name(void)
{
	return number(prctl(PR_SET_NAME, "x", 0, 0, 0));
}
static int
p_unseccomp(void)
{
	return number(prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
}
static int
p_raise_limit(void)
{
	struct rlimit {
		uint64_t now, max;
	} r = { 1, 1 };

	return number(syscall(SYS_prlimit64, 0, 7, &r, NULL));
}

#define ALL                                                                            \
	{                                                                              \
		0, 0, 0                                                                \
	}
#define NONE                                                                           \
	{                                                                              \
		EPERM, EPERM, EPERM                                                    \
	}
static const struct {
	const char *name;
	int (*run)(void);
	int want[3]; /* web, auth, jobs */
} probes[] = {
	{ "unix socket", p_unix, ALL },
	{ "inet socket", p_inet, NONE },
	{ "inet6 socket", p_inet6, NONE },
	{ "packet socket", p_packet, NONE },
	{ "execve", p_exec, NONE },
	{ "execveat", p_execveat, NONE },
	{ "fork", p_fork, NONE },
	{ "clone3", p_clone3, { ENOSYS, ENOSYS, ENOSYS } },
	{ "ptrace", p_ptrace, NONE },
	{ "process_vm_readv", p_read_other, NONE },
	{ "mount", p_mount, NONE },
	{ "unshare", p_unshare, NONE },
	{ "bpf", p_bpf, NONE },
	{ "keyctl", p_keyctl, NONE },
	{ "io_uring", p_io_uring, NONE },
	{ "userfaultfd", p_userfaultfd, NONE },
	{ "kill the parent", p_kill_parent, NONE },
	{ "setuid", p_setuid, NONE },
	{ "chroot", p_chroot, NONE },
	{ "bind", p_bind, NONE },
	{ "write and execute", p_write_exec, NONE },
	{ "make executable", p_make_exec, NONE },
	{ "seccomp off", p_unseccomp, NONE },
	{ "raise a limit", p_raise_limit, NONE },
	{ "read a file", p_read_file, ALL },
	{ "iconv", p_iconv, ALL },
	{ "memory", p_memory, ALL },
	{ "clock", p_clock, ALL },
	{ "own name", p_name, ALL },
	{ "store a file", p_file, { 0, EPERM, 0 } },
};

/* In the child: confined, then the probe; its result is the exit code. */
static int
outcome(enum kr_class class, int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !kr_sandbox(class))
			_exit(250);
		errno = 0;
		_exit(run());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void
test_probes(void **state)
{
	static const struct {
		enum kr_class class;
		size_t column; /* of what is wanted */
	} classes[] = { { KR_C_PAGE, 0 }, { KR_C_AUTH, 1 }, { KR_C_KEYS, 1 },
		{ KR_C_JOBS, 2 } };

	(void)state;
	for (size_t i = 0; i < KR_LEN(probes); i++) {
		for (size_t k = 0; k < KR_LEN(classes); k++) {
			int got = outcome(classes[k].class, probes[i].run);
			int want = probes[i].want[classes[k].column];

			if (got == want)
				continue;
			if (strcmp(probes[i].name, "store a file") == 0 &&
			    classes[k].column == 1 && got != 0)
				continue; /* refused, at whichever step */
			fail_msg("%s, class %zu: %d instead of %d", probes[i].name, k,
			    got, want);
		}
	}
}

static void
test_fuses(void **state)
{
	struct kr_board *b = kr_board_new(2, 3);
	int64_t t = kr_mono_us();

	(void)state;
	assert_non_null(b);
	kr_board_use(b, 1);
	assert_true(atomic_load(&b->seats[1].ready));
	assert_false(kr_board_crashed(b, 1, t));
	assert_false(kr_board_crashed(b, 1, t + 1));
	assert_false(kr_board_blown(1));
	assert_true(kr_board_crashed(b, 1, t + 2));
	assert_true(kr_board_blown(1));
	assert_false(kr_board_blown(0));
	/* too slowly for a fuse */
	assert_false(kr_board_crashed(b, 2, t));
	assert_false(kr_board_crashed(b, 2, t + 50 * INT64_C(1000000)));
	assert_false(kr_board_crashed(b, 2, t + 61 * INT64_C(1000000)));
	/* no such route */
	assert_false(kr_board_crashed(b, KR_NO_ROUTE, t));
	assert_false(kr_board_blown(77));

	kr_board_busy();
	kr_board_route(2);
	assert_true(atomic_load(&b->seats[1].busy_us) > 0);
	assert_int_equal(atomic_load(&b->seats[1].route), 2);
	kr_board_idle();
	assert_int_equal(atomic_load(&b->seats[1].busy_us), 0);
	assert_int_equal(atomic_load(&b->seats[1].served), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_fuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
