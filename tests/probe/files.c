/* Files and sockets of others. Each probe undoes what it should not have been able to
 * do. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "H/x" lies in the instance, "T/x" in the build, "S/x" is the other process's in
   /proc, "P/x" our parent's. */
static void
place(char *to, size_t n, const char *text)
{
	switch (text[0]) {
	case 'H':
		snprintf(to, n, "%s%s", probe_head->home, text + 1);
		break;
	case 'T':
		snprintf(to, n, "%s%s", probe_head->tree, text + 1);
		break;
	case 'S':
		snprintf(to, n, "/proc/%d%s", (int)probe_head->sibling, text + 1);
		break;
	case 'P':
		snprintf(to, n, "/proc/%d%s", (int)getppid(), text + 1);
		break;
	default:
		snprintf(to, n, "%s", text);
	}
}

static long
try_open(const struct probe *p)
{
	char path[512];
	int fd;

	place(path, sizeof path, p->text);
	fd = open(path, (int)p->a | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	if ((p->a & O_CREAT) != 0)
		unlink(path);
	return 0;
}

static long
try_link(const struct probe *p)
{
	char path[512], to[512];

	place(path, sizeof path, p->text);
	place(to, sizeof to, "H/incoming/probe-link");
	if (link(path, to) != 0)
		return errno;
	unlink(to);
	return 0;
}

static long
try_truncate(const struct probe *p)
{
	char path[512];

	place(path, sizeof path, p->text);
	return truncate(path, (off_t)1 << 62) == 0 ? 0 : errno;
}

/* Renamed onto itself: changes nothing, asks everything. */
static long
try_rename(const struct probe *p)
{
	char path[512], to[512];

	place(path, sizeof path, p->text);
	snprintf(to, sizeof to, "%.500s.probe", path);
	if (rename(path, to) != 0)
		return errno;
	return rename(to, path) == 0 ? 0 : errno;
}

static long
try_socket(const struct probe *p)
{
	int fd = socket((int)p->a, (int)p->b | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static long
try_inet(const struct probe *p)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)p->a),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long said = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
		said = errno;
	close(fd);
	return said;
}

static long
unix_call(const struct probe *p, const char *path,
    bool (*call)(int, struct sockaddr *, socklen_t))
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd = socket(AF_UNIX, (int)p->a | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long said = 0;

	if (fd < 0)
		return errno;
	memcpy(to.sun_path, path, n < sizeof to.sun_path ? n : sizeof to.sun_path);
	if (path[0] == '@')
		to.sun_path[0] = 0;
	if (!call(fd, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)))
		said = errno;
	close(fd);
	return said;
}

static bool
do_connect(int fd, struct sockaddr *a, socklen_t n)
{
	return connect(fd, a, n) == 0;
}

static bool
do_bind(int fd, struct sockaddr *a, socklen_t n)
{
	return bind(fd, a, n) == 0;
}

static long
try_connect(const struct probe *p)
{
	char path[512];

	place(path, sizeof path, p->text);
	return unix_call(p, path, do_connect);
}

static long
try_bind(const struct probe *p)
{
	char path[512];
	long said;

	place(path, sizeof path, p->text);
	said = unix_call(p, path, do_bind);
	if (said == 0 && path[0] != '@')
		unlink(path);
	return said;
}

#define MAKE (O_WRONLY | O_CREAT | O_EXCL)
const struct probe probes_files[] = {
	/* secrets and data of others */
	{ "read-shadow", try_open, "/etc/shadow", O_RDONLY, 0 },
	{ "read-pw-ro", try_open, "H/secret/kreide_ro.pw", O_RDONLY, 0 },
	{ "read-pw-rw", try_open, "H/secret/kreide_rw.pw", O_RDONLY, 0 },
	{ "read-pw-auth", try_open, "H/secret/kreide_auth.pw", O_RDONLY, 0 },
	{ "read-pw-jobs", try_open, "H/secret/kreide_jobs.pw", O_RDONLY, 0 },
	{ "read-pw-ddl", try_open, "H/secret/kreide_ddl.pw", O_RDONLY, 0 },
	{ "read-key-url", try_open, "H/secret/url.key", O_RDONLY, 0 },
	{ "read-key-audit", try_open, "H/secret/audit.key", O_RDONLY, 0 },
	{ "write-head-audit", try_open, "H/secret/audit.head", O_WRONLY, 0 },
	{ "list-secrets", try_open, "H/secret", O_RDONLY | O_DIRECTORY, 0 },
	{ "make-secret", try_open, "H/secret/probe", MAKE, 0 },
	{ "read-db", try_open, "H/db/ibdata1", O_RDONLY, 0 },
	{ "write-db", try_open, "H/db/ibdata1", O_WRONLY, 0 },
	{ "read-upload", try_open, "H/files/probe", O_RDONLY, 0 },
	{ "write-upload", try_open, "H/files/probe", O_WRONLY, 0 },
	{ "read-incoming", try_open, "H/incoming/probe", O_RDONLY, 0 },
	{ "make-incoming", try_open, "H/incoming/probe2", MAKE, 0 },
	{ "link-secret", try_link, "H/secret/kreide_ddl.pw", 0, 0 },
	{ "read-log", try_open, "H/log/kreide/current", O_RDONLY, 0 },
	{ "write-log", try_open, "H/log/kreide/current", O_WRONLY, 0 },
	{ "read-scan-tmp", try_open, "H/tmp/scan", O_RDONLY | O_DIRECTORY, 0 },
	/* the house itself */
	{ "write-conf", try_open, "H/etc/kreide.conf", O_WRONLY, 0 },
	{ "make-conf", try_open, "H/etc/probe", MAKE, 0 },
	{ "write-code", try_open, "T/probe-code", O_WRONLY, 0 },
	{ "make-plugin", try_open, "T/plugins/probe.so", MAKE, 0 },
	{ "rename-plugin", try_rename, "T/plugins/news.so", 0, 0 },
	{ "truncate-log", try_truncate, "H/log/kreide/current", 0, 0 },
	{ "write-service", try_open, "H/sv/kreide/run", O_WRONLY, 0 },
	{ "make-in-run", try_open, "H/run/probe", MAKE, 0 },
	{ "make-tmp", try_open, "/tmp/kr-probe-file", MAKE, 0 },
	{ "make-shm", try_open, "/dev/shm/kr-probe-file", MAKE, 0 },
	{ "read-passwd", try_open, "/etc/passwd", O_RDONLY, 0 },
	{ "read-root-home", try_open, "/root", O_RDONLY | O_DIRECTORY, 0 },
	/* memory of others, the kernel's */
	{ "mem-init", try_open, "/proc/1/mem", O_RDWR, 0 },
	{ "mem-parent", try_open, "P/mem", O_RDWR, 0 },
	{ "mem-sibling", try_open, "S/mem", O_RDWR, 0 },
	{ "environ-sibling", try_open, "S/environ", O_RDONLY, 0 },
	{ "fds-sibling", try_open, "S/fd", O_RDONLY | O_DIRECTORY, 0 },
	{ "mem-own", try_open, "/proc/self/mem", O_RDWR, 0 },
	{ "dev-mem", try_open, "/dev/mem", O_RDONLY, 0 },
	{ "dev-kmsg", try_open, "/dev/kmsg", O_WRONLY, 0 },
	{ "sysctl", try_open, "/proc/sys/kernel/core_pattern", O_WRONLY, 0 },
	{ "oom-score", try_open, "/proc/self/oom_score_adj", O_WRONLY, 0 },
	/* networks */
	{ "tcp-out", try_inet, NULL, 9, 0 },
	{ "inet-udp", try_socket, NULL, AF_INET, SOCK_DGRAM },
	{ "inet6", try_socket, NULL, AF_INET6, SOCK_STREAM },
	{ "packet", try_socket, NULL, AF_PACKET, SOCK_RAW },
	{ "netlink", try_socket, NULL, AF_NETLINK, SOCK_RAW },
	{ "inet-raw", try_socket, NULL, AF_INET, SOCK_RAW },
	{ "vsock", try_socket, NULL, AF_VSOCK, SOCK_STREAM },
	{ "alg", try_socket, NULL, AF_ALG, SOCK_SEQPACKET },
	{ "bind-path", try_bind, "H/run/probe.sock", SOCK_STREAM, 0 },
	{ "to-abstract", try_connect, "@kr-probe-nobody", SOCK_STREAM, 0 },
	{ "bind-abstract", try_bind, "@kr-probe-bound", SOCK_STREAM, 0 },
	/* the doors of the house */
	{ "to-auth", try_connect, "H/run/auth.sock", SOCK_SEQPACKET, 0 },
	{ "to-keys", try_connect, "H/run/keys.sock", SOCK_SEQPACKET, 0 },
	{ "to-jobs", try_connect, "H/run/jobs.sock", SOCK_DGRAM, 0 },
	{ "to-page", try_connect, "H/run/web-page.sock", SOCK_STREAM, 0 },
	{ "to-scan", try_connect, "H/run/scan.sock", SOCK_SEQPACKET, 0 },
	{ "to-database", try_connect, "H/run/mysql.sock", SOCK_STREAM, 0 },
	{ "to-push-pub", try_connect, "H/run/pub/push.sock", SOCK_STREAM, 0 },
	{ "to-push-sub", try_connect, "H/run/sub/push.sock", SOCK_STREAM, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};
