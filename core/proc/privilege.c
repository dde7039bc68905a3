/* Giving up rights: done once in every process, before it reads a byte from outside. */
#include "proc/proc.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Beside its own group a process is in those whose files or sockets it shares: nginx
   reads what web stores; jobs sweeps it, and tells nginx's push door. */
static const struct account {
	const char *name, *groups[2];
	rlim_t memory; /* bytes of data */
} accounts[KR_CLASSES] = {
	[KR_C_PAGE] = { "kreide-web", { "www-data", NULL }, 512u << 20 },
	[KR_C_SAVE] = { "kreide-web", { "www-data", NULL }, 512u << 20 },
	[KR_C_SLOW] = { "kreide-web", { "www-data", NULL }, 1024u << 20 },
	[KR_C_MUST] = { "kreide-web", { "www-data", NULL }, 512u << 20 },
	[KR_C_SIGN] = { "kreide-web", { "www-data", NULL }, 512u << 20 },
	[KR_C_AUTH] = { "kreide-auth", { NULL, NULL }, 512u << 20 },
	[KR_C_KEYS] = { "kreide-auth", { NULL, NULL }, 512u << 20 },
	[KR_C_JOBS] = { "kreide-jobs", { "kreide-web", "www-data" }, 1024u << 20 },
};

bool
kr_account(const char *name, uid_t *uid_r, gid_t *gid_r)
{
	const struct passwd *p;

	errno = 0;
	p = getpwnam(name);
	if (p == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return false;
	}
	*uid_r = p->pw_uid;
	*gid_r = p->pw_gid;
	return true;
}

static bool
change_account(const struct account *a)
{
	gid_t list[1 + KR_LEN(a->groups)], gid;
	uid_t uid, other;
	size_t n = 0;

	if (geteuid() != 0)
		return true;
	if (!kr_account(a->name, &uid, &gid) || uid == 0)
		return false;
	list[n++] = gid;
	for (size_t i = 0; i < KR_LEN(a->groups) && a->groups[i] != NULL; i++) {
		if (!kr_account(a->groups[i], &other, &list[n]))
			return false;
		n++;
	}
	return setgroups(n, list) == 0 && setresgid(gid, gid, gid) == 0 &&
	       setresuid(uid, uid, uid) == 0 && setuid(0) != 0;
}

/* Under the sanitizers memory is reserved by the terabyte, so there is no cap then. */
static bool
limit(const struct account *a)
{
	const struct rlimit none = { 0, 0 }, data = { a->memory, a->memory };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return false;
#if defined(__SANITIZE_ADDRESS__)
	return data.rlim_cur > 0;
#else
	return setrlimit(RLIMIT_DATA, &data) == 0;
#endif
}

static bool
set_capabilities(uint32_t wanted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { wanted, wanted, 0 }, { 0, 0, 0 } };

	return syscall(SYS_capset, &head, data) == 0;
}

bool
kr_become(enum kr_class class, pid_t master)
{
	const struct account *a = &accounts[class];

	umask(0007);
	if (!limit(a) || !change_account(a) || !set_capabilities(0))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0)
		return false;
	if (getppid() != master) { /* it died just before the line above */
		errno = ESRCH;
		return false;
	}
	return true;
}

bool
kr_master_limit(void)
{
	if (geteuid() == 0 &&
	    !set_capabilities(1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL |
			      1u << CAP_DAC_READ_SEARCH))
		return false;
	/* Not dumpable: as an ordinary user its children have its account. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && kr_sandbox_master();
}
