/* kreide-scan: reads its options, opens what it needs while it still may, gives up its
   rights and becomes the broker. */
#include "scan.h"

#include <clamav.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <iconv.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: kreide-scan --socket PATH --signatures DIR [options]\n"
    "       kreide-scan --write-test-signatures DIR\n"
    "  --tmp DIR        folder of its own for unpacking, emptied at start\n"
    "                   (default: the socket's path with .tmp behind it)\n"
    "  --user NAME      whom to become when started as root (then required)\n"
    "  --group NAME     group that may use the socket\n"
    "  --ready-fd N     gets a newline when the signatures are loaded (or not)\n"
    "  --timeout S      longest time for one scan (30)\n"
    "  --check S        how often to look for new signatures (60)\n"
    "  --max-file MIB   longest file that is scanned (512)\n"
    "  --memory MIB     memory one scan may add (1024)\n"
    "HUP loads the signatures again, TERM ends. Put new signature files into the folder,\n"
    "do not replace the folder.\n";

enum {
	O_SOCKET = 1,
	O_SIGNATURES,
	O_TMP,
	O_USER,
	O_GROUP,
	O_READY,
	O_TIMEOUT,
	O_CHECK,
	O_MAX_FILE,
	O_MEMORY,
	O_WRITE_TEST,
	O_HELP
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, O_SOCKET },
	{ "signatures", required_argument, NULL, O_SIGNATURES },
	{ "tmp", required_argument, NULL, O_TMP },
	{ "user", required_argument, NULL, O_USER },
	{ "group", required_argument, NULL, O_GROUP },
	{ "ready-fd", required_argument, NULL, O_READY },
	{ "timeout", required_argument, NULL, O_TIMEOUT },
	{ "check", required_argument, NULL, O_CHECK },
	{ "max-file", required_argument, NULL, O_MAX_FILE },
	{ "memory", required_argument, NULL, O_MEMORY },
	{ "write-test-signatures", required_argument, NULL, O_WRITE_TEST },
	{ "help", no_argument, NULL, O_HELP },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void
fail(const char *what, const char *value)
{
	fprintf(stderr, "kreide-scan: %s: %s\n", what, value);
	exit(EXIT_FAILURE);
}

static unsigned
number(const char *text, unsigned min, unsigned max)
{
	char *end;

	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || n < min ||
	    n > max)
		fail("not a number that makes sense here", text);
	return (unsigned)n;
}

/* The folder as an absolute path, made if it is not there. */
static const char *
folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST && errno != EROFS &&
	    errno != EACCES)
		fail(strerror(errno), path);
	char *full = realpath(path, NULL);
	if (full == NULL)
		fail(strerror(errno), path);
	return full;
}

static void
parse(int argc, char **argv, struct kr_scan_conf *conf)
{
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case O_SOCKET:
			conf->socket = optarg;
			break;
		case O_SIGNATURES:
			conf->signatures = optarg;
			break;
		case O_TMP:
			conf->tmp = optarg;
			break;
		case O_USER:
			conf->user = optarg;
			break;
		case O_GROUP:
			conf->group = optarg;
			break;
		case O_READY:
			conf->ready_fd = (int)number(optarg, 3, 1023);
			break;
		case O_TIMEOUT:
			conf->scan_seconds = number(optarg, 1, 3600);
			break;
		case O_CHECK:
			conf->check_seconds = number(optarg, 1, 86400);
			break;
		case O_MAX_FILE:
			conf->max_file = number(optarg, 1, 2047) * MIB;
			break;
		case O_MEMORY:
			conf->memory = number(optarg, 64, 65536) * MIB;
			break;
		case O_WRITE_TEST:
			if (!kr_scan_write_test_signatures(optarg))
				fail("cannot write signatures", optarg);
			exit(EXIT_SUCCESS);
		case O_HELP:
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			exit(64);
		}
	}
	if (optind != argc || conf->socket == NULL || conf->signatures == NULL) {
		fputs(usage, stderr);
		exit(64);
	}
}

/* Is somebody answering there? Two scanners on one socket would hide each other. */
static bool
in_use(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes =
	    fd >= 0 && (connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0 ||
			   errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return yes;
}

static void
open_socket(struct kr_scan_conf *conf)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = strlen(conf->socket);
	struct stat st;
	gid_t gid = (gid_t)-1;

	if (n >= sizeof sa.sun_path)
		fail("path too long for a socket", conf->socket);
	memcpy(sa.sun_path, conf->socket, n);
	if (conf->group != NULL) {
		struct group *g = getgrnam(conf->group);

		if (g == NULL)
			fail("no such group", conf->group);
		gid = g->gr_gid;
	}
	if (lstat(conf->socket, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			fail("not a socket", conf->socket);
		if (in_use(&sa))
			fail("another scanner is running", conf->socket);
		unlink(conf->socket);
	}
	conf->listen_fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old = umask(0177);
	if (conf->listen_fd < 0 ||
	    bind(conf->listen_fd, (const struct sockaddr *)&sa, sizeof sa) != 0 ||
	    (gid != (gid_t)-1 && lchown(conf->socket, (uid_t)-1, gid) != 0) ||
	    chmod(conf->socket, 0660) != 0 || listen(conf->listen_fd, 512) != 0)
		fail(strerror(errno), conf->socket);
	umask(old);
}

/* Converters that libclamav and libarchive ask for: in the sandbox they cannot be
   loaded any more. Kept open on purpose. */
static void
load_converters(void)
{
	static const char *const names[] = { "CP437", "CP850", "CP1250", "CP1252",
		"ISO-8859-1", "ISO-8859-15", "UTF-16", "UTF-16LE", "UTF-16BE",
		"UTF-32" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)iconv_open("UTF-8", names[i]);
}

static void
load_libraries(struct kr_scan_conf *conf)
{
	tzset();
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		fail("no such locale", "C.UTF-8");
	load_converters();
	conf->magic = magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR);
	if (conf->magic == NULL || magic_load(conf->magic, NULL) != 0)
		fail("libmagic",
		    conf->magic != NULL ? magic_error(conf->magic) : "no memory");
	if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS)
		fail("libclamav", "cl_init");
	if (!kr_scan_filters_build())
		fail("libseccomp", "no filter");
}

/* Descriptors 0 to 2 must be something, and nothing else may come with us. */
static void
clean_descriptors(struct kr_scan_conf *conf)
{
	if (conf->ready_fd >= 0 && fcntl(conf->ready_fd, F_GETFD) < 0)
		fail("ready-fd", strerror(errno));
	do
		conf->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (conf->null_fd >= 0 && conf->null_fd <= 2);
	if (conf->null_fd < 0)
		fail("/dev/null", strerror(errno));
	if (!kr_scan_close_all_but(
		conf->null_fd, conf->ready_fd >= 0 ? conf->ready_fd : conf->null_fd))
		fail("close", strerror(errno));
}

/* Of several culprits the kernel shall end us first when memory runs out. */
static void
volunteer_for_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)kr_scan_write_all(fd, "500", 3);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct kr_scan_conf conf = { .ready_fd = -1,
		.listen_fd = -1,
		.scan_seconds = 30,
		.check_seconds = 60,
		.max_file = 512 * MIB,
		.memory = 1024 * MIB };
	char tmp[PATH_MAX];

	/* Either would lead libmagic and libclamav to other people's files. */
	setenv("HOME", "/", 1);
	unsetenv("MAGIC");
	unsetenv("TMPDIR");
	parse(argc, argv, &conf);
	clean_descriptors(&conf);
	if (conf.tmp == NULL) {
		int n = snprintf(tmp, sizeof tmp, "%s.tmp", conf.socket);
		if (n < 0 || (size_t)n >= sizeof tmp)
			fail("path too long", conf.socket);
		conf.tmp = tmp;
	}
	conf.signatures = folder(conf.signatures, 0755);
	conf.tmp = folder(conf.tmp, 0700);
	if (!kr_scan_empty_dir(conf.tmp))
		fail("cannot empty it", conf.tmp);
	load_libraries(&conf);
	open_socket(&conf);
	volunteer_for_oom();
	umask(077);
	if (chdir("/") != 0 || !kr_scan_drop_root(&conf) ||
	    !kr_scan_sandbox_broker(&conf))
		fail("cannot give up rights", strerror(errno));
	return kr_scan_broker(&conf);
}
