/* The listening sockets of one instance: who may connect is decided by group and mode.
 */
#include "proc/proc.h"

#include "auth/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define KEPT "KR_SOCKETS"

const char *const kr_class_names[KR_CLASSES] = { "page", "save", "slow", "must", "sign",
	"auth", "keys", "jobs" };

/* The backlog is the queue of a pool; what does not fit gets 503 from nginx at once.
   That is the last resort, for nginx keeps no text of a form: who waits too long is
   sent away by us before it is full. 4096 is what the kernel gives at most. */
static const struct kind {
	const char *file, *group;
	int type, backlog;
} kinds[KR_CLASSES] = {
	[KR_C_PAGE] = { "web-page.sock", "www-data", SOCK_STREAM, 256 },
	[KR_C_SAVE] = { "web-save.sock", "www-data", SOCK_STREAM, 1024 },
	[KR_C_SLOW] = { "web-slow.sock", "www-data", SOCK_STREAM, 16 },
	[KR_C_MUST] = { "web-must.sock", "www-data", SOCK_STREAM, 4096 },
	[KR_C_SIGN] = { "web-sign.sock", "www-data", SOCK_STREAM, 1024 },
	[KR_C_AUTH] = { "auth.sock", "kreide-web", SOCK_SEQPACKET, KR_AUTH_BACKLOG },
	[KR_C_KEYS] = { "keys.sock", "kreide-web", SOCK_SEQPACKET, KR_AUTH_BACKLOG },
	[KR_C_JOBS] = { "jobs.sock", "kreide-web", SOCK_DGRAM, 0 },
};

const char *
kr_home_short(const char *home)
{
	if (strlen(home) + strlen("/run/push-sub.sock") <
	    sizeof((struct sockaddr_un *)0)->sun_path)
		return home;
	return chdir(home) == 0 ? "/proc/self/cwd" : home;
}

static int
open_one(const char *path, const struct kind *k)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t before;
	int fd, bad;

	if (k->type == SOCK_STREAM)
		return kr_fcgi_listen(path, k->backlog);
	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, k->type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	unlink(path);
	before = umask(0117);
	bad = bind(fd, (struct sockaddr *)&a, sizeof a);
	umask(before);
	if (bad == 0 && k->backlog > 0)
		bad = listen(fd, k->backlog);
	if (bad == 0)
		return fd;
	close(fd);
	return -1;
}

/* Made as a member of the group that may connect: the socket has that group from the
   first moment, and the master needs no right to give files away. */
static int
open_for_group(const char *path, const struct kind *k)
{
	gid_t before = getegid(), gid;
	uid_t uid;
	int fd, why;

	if (geteuid() != 0)
		return open_one(path, k);
	if (!kr_account(k->group, &uid, &gid) || setegid(gid) != 0)
		return -1;
	fd = open_one(path, k);
	why = errno;
	if (setegid(before) != 0)
		kr_panic("sockets: cannot leave the group %s", k->group);
	errno = why;
	return fd;
}

bool
kr_sockets_open(struct kr_sockets *s, const char *home, char *why_r, size_t why_n)
{
	for (size_t i = 0; i < KR_CLASSES; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof path, "%s/run/%s", home, kinds[i].file);
		s->fd[i] = open_for_group(path, &kinds[i]);
		if (s->fd[i] < 0) {
			snprintf(why_r, why_n, "%s: %s", path, strerror(errno));
			return false;
		}
	}
	return true;
}

void
kr_sockets_remove(const char *home)
{
	for (size_t i = 0; i < KR_CLASSES; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof path, "%s/run/%s", home, kinds[i].file);
		unlink(path);
	}
}

void
kr_sockets_keep(const struct kr_sockets *s)
{
	char text[128];
	size_t n = 0;

	for (size_t i = 0; i < KR_CLASSES; i++) {
		fcntl(s->fd[i], F_SETFD, 0);
		n += (size_t)snprintf(
		    text + n, sizeof text - n, "%s%d", i > 0 ? "," : "", s->fd[i]);
	}
	setenv(KEPT, text, 1);
}

/* What the environment says is believed only as far as the kernel confirms it. */
static bool
is_kept(int fd, const struct kind *k)
{
	int type = 0, listening = 0;
	socklen_t n = sizeof type, m = sizeof listening;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == k->type &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &m) == 0 &&
	       (listening != 0) == (k->backlog > 0) &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool
kr_sockets_kept(struct kr_sockets *s)
{
	kr_str rest = kr_z(getenv(KEPT)), part;
	bool good = rest.p != NULL;

	for (size_t i = 0; good && i < KR_CLASSES; i++) {
		int64_t fd = -1;

		good = kr_split(&rest, ',', &part) && kr_to_i(part, &fd) && fd > 2 &&
		       fd < 1024 && is_kept((int)fd, &kinds[i]);
		s->fd[i] = (int)fd;
	}
	unsetenv(KEPT);
	return good;
}
