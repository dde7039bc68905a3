/* What the scanner gives up before it reads the first foreign byte: root, other files,
   the network, new programs, and in a scan nearly every system call. */
#include "places.h"
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
	const struct kr_place place[] = {
		{ conf->signatures, KR_PLACE_LOOK }, { conf->tmp, KR_PLACE_MAKE },
		{ "/proc", KR_PLACE_READ }, /* an engine asks for its size */
	};

	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, 1024) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return false;
	int abi = kr_only_places(place, sizeof place / sizeof *place);
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
	const struct kr_place place[] = { { dir, KR_PLACE_MAKE } };
	uint64_t pages = size_now();
	long page = sysconf(_SC_PAGESIZE);

	if (pages == 0 || page <= 0)
		return false;
	return limit(RLIMIT_AS, pages * (uint64_t)page + conf->memory) &&
	       limit(RLIMIT_CPU, conf->scan_seconds + 5u) &&
	       limit(RLIMIT_FSIZE, 2047 * MIB) && limit(RLIMIT_NOFILE, 64) &&
	       kr_only_places(place, 1) >= 0 && kr_scan_filter_on(true);
}
