/* What status, doctor and init find out about sockets, processes, files and
 * certificates. */
#include "cli/probe.h"

#include "proc/proc.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool
kr_probe_socket(struct kr_cli *cli, const char *name, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, n;
	bool ok;

	n = snprintf(
	    a.sun_path, sizeof a.sun_path, "%s/run/%s", kr_home_short(cli->home), name);
	if (n < 0 || (size_t)n >= sizeof a.sun_path)
		return false;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	/* A full queue is a sign of life too. */
	ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EAGAIN;
	close(fd);
	return ok;
}

bool
kr_probe_port(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval wait = { .tv_sec = 2 };
	bool ok;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return ok;
}

/* Field 22 of /proc/PID/stat: when the process began. A number alone may by now belong
   to another program. */
static uint64_t
started(int pid)
{
	char path[40], text[1024], *p;
	uint64_t value = 0;
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p + 1, ' ');
		if (p && field == 21)
			value = strtoull(p + 1, NULL, 10);
	}
	return value;
}

int
kr_probe_service(struct kr_cli *cli, const char *name)
{
	char path[PATH_MAX];
	uint64_t begun;
	int pid;
	FILE *f;
	bool read;

	snprintf(path, sizeof path, "%s/sv/.%s.proc", cli->home, name);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	read = fscanf(f, "%9d %20" SCNu64, &pid, &begun) == 2;
	fclose(f);
	return read && pid > 0 && started(pid) == begun ? pid : 0;
}

static void
look_at(const char *folder, int depth, struct kr_ages *ages)
{
	char path[PATH_MAX];
	DIR *d = opendir(folder);
	struct dirent *e;
	struct stat st;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >=
			(int)sizeof path ||
		    lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			look_at(path, depth - 1, ages);
		if (!S_ISREG(st.st_mode) || st.st_size == 0)
			continue;
		if (ages->n == 0 || st.st_mtime > ages->newest)
			ages->newest = st.st_mtime;
		if (ages->n == 0 || st.st_mtime < ages->oldest)
			ages->oldest = st.st_mtime;
		ages->n++;
	}
	closedir(d);
}

struct kr_ages
kr_probe_files(struct kr_cli *cli, const char *folder)
{
	struct kr_ages ages = { 0 };
	char *path = kr_path(cli, folder);

	look_at(path, 1, &ages);
	free(path);
	return ages;
}

/* ── certificates ── */

static X509 *
read_cert(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	return x;
}

static bool
key_fits(X509 *x, const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	bool fits = key && X509_check_private_key(x, key) == 1;

	if (f)
		fclose(f);
	EVP_PKEY_free(key);
	return fits;
}

bool
kr_probe_cert(const char *cert_path, const char *key_path, const char *host,
    const char *content_host, struct kr_cert *cert_r)
{
	X509 *x = read_cert(cert_path);
	int days = 0, seconds = 0;

	if (x == NULL)
		return false;
	(void)ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x));
	if (seconds < 0 && days == 0)
		days = -1;
	*cert_r = (struct kr_cert){ .days_left = days,
		.host = X509_check_host(x, host, 0, 0, NULL) == 1,
		.content = X509_check_host(x, content_host, 0, 0, NULL) == 1,
		.key_fits = key_fits(x, key_path) };
	X509_free(x);
	return true;
}

bool
kr_probe_resolves(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}
