/* What the scanner gives up before it reads the first foreign byte: root, other files,
   the network, new programs, and in a scan nearly every system call. */
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ── root ── */

static bool
become(const struct passwd *pw)
{
	if (setgroups(0, NULL) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return false;
	return setuid(0) != 0 && setgid(0) != 0 && geteuid() == pw->pw_uid;
}

bool
kr_scan_drop_root(const struct kr_scan_conf *conf)
{
	struct passwd *pw;

	if (geteuid() != 0)
		return true;
	pw = conf->user != NULL ? getpwnam(conf->user) : NULL;
	if (pw == NULL || pw->pw_uid == 0) {
		kr_scan_log("error", "no_user",
		    "hint=\"started as root: --user must name "
		    "an ordinary user\"");
		return false;
	}
	if (lchown(conf->tmp, pw->pw_uid, pw->pw_gid) != 0) {
		kr_scan_log("error", "tmp_not_ours", "errno=%d", errno);
		return false;
	}
	/* An empty network of our own; unix sockets with a path work across it. */
	if (unshare(CLONE_NEWNET) != 0)
		kr_scan_log("info", "no_own_network", "errno=%d", errno);
	if (!become(pw)) {
		kr_scan_log("error", "still_root", "errno=%d", errno);
		return false;
	}
	return true;
}

/* ── files ── */

#define LOOK (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAKE                                                                           \
	(LOOK | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |        \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |             \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define ABI1_ALL (((uint64_t)1 << 13) - 1)
#define ABI3_TRUNCATE ((uint64_t)1 << 14) /* younger than Debian's header */

struct place {
	const char *path; /* NULL: none */
	uint64_t access;
};

/* Only the given places stay visible. Returns the kernel's Landlock version, 0 if it
   has none, -1 if it has but would not. */
static int
only_places(const struct place *place, size_t n)
{
	long abi = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return 0;
	uint64_t truncate = abi >= 3 ? ABI3_TRUNCATE : 0;
	uint64_t all = ABI1_ALL | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | truncate;
	/* The first field alone: a size every kernel with Landlock takes. */
	long set = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	bool ok = set >= 0;
	for (size_t i = 0; ok && i < n; i++) {
		struct landlock_path_beneath_attr rule = { 0 };

		if (place[i].path == NULL)
			continue;
		rule.parent_fd = open(place[i].path, O_PATH | O_CLOEXEC);
		rule.allowed_access = place[i].access;
		if ((rule.allowed_access & LANDLOCK_ACCESS_FS_WRITE_FILE) != 0)
			rule.allowed_access |= truncate;
		/* A place that is not there needs no permission. */
		if (rule.parent_fd < 0)
			continue;
		ok = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
			 &rule, 0) == 0;
		close(rule.parent_fd);
	}
	ok = ok && syscall(SYS_landlock_restrict_self, set, 0) == 0;
	if (set >= 0)
		close((int)set);
	return ok ? (int)abi : -1;
}

/* ── all together ── */

static bool
limit(int what, uint64_t value)
{
	struct rlimit old, r = { .rlim_cur = value, .rlim_max = value };

	if (getrlimit(what, &old) != 0)
		return false;
	if (r.rlim_max > old.rlim_max)
		r.rlim_cur = r.rlim_max = old.rlim_max;
	return setrlimit(what, &r) == 0;
}

bool
kr_scan_sandbox_broker(const struct kr_scan_conf *conf)
{
	const struct place place[] = {
		{ conf->signatures, LOOK }, { conf->tmp, MAKE },
		{ "/proc",
		    LANDLOCK_ACCESS_FS_READ_FILE }, /* an engine asks for its size */
	};

	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, 1024) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	int abi = only_places(place, sizeof place / sizeof *place);
	if (abi < 0)
		return false;
	if (!kr_scan_filter_on(false))
		return false;
	kr_scan_log(abi > 0 ? "info" : "warn", "sandbox", "landlock=%d seccomp=1", abi);
	return true;
}

/* Pages of address space this process has now, 0 if unknown. */
static uint64_t
size_now(void)
{
	char text[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoull(text, NULL, 10);
}

bool
kr_scan_sandbox_child(const struct kr_scan_conf *conf, const char *dir)
{
	const struct place place[] = { { dir, MAKE } };
	uint64_t pages = size_now();
	long page = sysconf(_SC_PAGESIZE);

	if (pages == 0 || page <= 0)
		return false;
	return limit(RLIMIT_AS, pages * (uint64_t)page + conf->memory) &&
	       limit(RLIMIT_CPU, conf->scan_seconds + 5u) &&
	       limit(RLIMIT_FSIZE, 2047 * MIB) && limit(RLIMIT_NOFILE, 64) &&
	       only_places(place, 1) >= 0 && kr_scan_filter_on(true);
}
