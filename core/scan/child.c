/* One scan: a process that holds one hostile file, says one verdict about it and ends.
   It starts as "not scanned" and becomes "clean" only after every step went well. */
#include "scan.h"

#include <clamav.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef KR_TEST
#include <netinet/in.h>
#include <sys/socket.h>
#endif

/* Kinds that are packed or encrypted as a whole and that nobody here can unpack. */
static const struct {
	const char *type;
	uint32_t verdict;
	const char *what;
} opaque[] = {
	{ "application/encrypted", KR_SCAN_ENCRYPTED, "encrypted-document" },
	{ "application/pgp-encrypted", KR_SCAN_ENCRYPTED, "encrypted-document" },
	{ "application/x-aes-encrypted", KR_SCAN_ENCRYPTED, "encrypted-document" },
	{ "application/x-ace-compressed", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-compressed-iso", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-dzip", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-fzip", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-lrzip", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-lzop", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-ms-wim", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-stuffit", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-zoo", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
	{ "application/x-zpaq", KR_SCAN_NOT_SCANNED, "unsupported-archive" },
};

const char *
kr_scan_type(const struct kr_scan_child *child, int fd)
{
	if (lseek(fd, 0, SEEK_SET) != 0)
		return "";
	/* Without the guess that any text with commas is a table. */
	magic_setflags(
	    child->conf->magic, MAGIC_MIME_TYPE | MAGIC_ERROR | MAGIC_NO_CHECK_CSV);
	const char *type = magic_descriptor(child->conf->magic, fd);

	return type != NULL ? type : "";
}

/* Word, Excel and PowerPoint before 2007 note a password in their summary. */
static bool
old_office_encrypted(const struct kr_scan_child *child, int fd)
{
	static const unsigned char mark[] = { 0xd0, 0xcf, 0x11, 0xe0 };
	unsigned char head[sizeof mark];

	if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head ||
	    memcmp(head, mark, sizeof mark) != 0)
		return false;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return false;
	magic_setflags(child->conf->magic, MAGIC_ERROR);
	const char *text = magic_descriptor(child->conf->magic, fd);
	if (text == NULL || strncmp(text, "Composite Document", 18) != 0)
		return false;
	const char *bits = strstr(text, "Security: ");
	return bits != NULL && (strtoul(bits + 10, NULL, 10) & 1) != 0;
}

void
kr_scan_closed(const struct kr_scan_child *child, int fd, const char *type,
    struct kr_scan_reply *reply)
{
	for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++)
		if (strcmp(type, opaque[i].type) == 0)
			kr_scan_reply_raise(reply, opaque[i].verdict, opaque[i].what);
	if (old_office_encrypted(child, fd))
		kr_scan_reply_raise(reply, KR_SCAN_ENCRYPTED, "encrypted-document");
}

/* Every answer of libclamav but the two known ones means: not scanned. */
static const char *
why_not(cl_error_t e)
{
	switch ((int)e) {
	case CL_EMAXREC:
	case CL_EMAXSIZE:
	case CL_EMAXFILES:
		return "limits";
	case CL_ETIMEOUT:
		return "timeout";
	case CL_EMEM:
	case CL_EMAP:
		return "memory";
	default:
		return "engine-error";
	}
}

void
kr_scan_clam(struct kr_scan_child *child, int fd, struct kr_scan_reply *reply)
{
	struct cl_scan_options opt = {
		.general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_UNPRIVILEGED,
		.parse = ~0u,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX |
			     CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
			     CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
	};
	char name[sizeof child->req->name_ext + 8];
	const char *virus = NULL;
	unsigned long scanned = 0;

	if (child->engine == NULL) {
		kr_scan_reply_raise(reply, KR_SCAN_NOT_SCANNED, child->no_engine);
		return;
	}
	snprintf(name, sizeof name, "upload.%s", child->req->name_ext);
	cl_error_t e =
	    cl_scandesc_callback(fd, name, &virus, &scanned, child->engine, &opt, NULL);
	if (e == CL_CLEAN)
		return;
	if (e != CL_VIRUS || virus == NULL)
		kr_scan_reply_raise(reply, KR_SCAN_NOT_SCANNED, why_not(e));
	else if (strncmp(virus, "Heuristics.Limits.", 18) == 0)
		kr_scan_reply_raise(reply, KR_SCAN_NOT_SCANNED, "limits");
	else if (strncmp(virus, "Heuristics.Encrypted.PDF", 24) == 0)
		kr_scan_reply_raise(reply, KR_SCAN_ENCRYPTED, "encrypted-document");
	else if (strncmp(virus, "Heuristics.Encrypted.", 21) == 0)
		kr_scan_reply_raise(reply, KR_SCAN_ENCRYPTED, "encrypted-archive");
	else
		kr_scan_reply_raise(reply, KR_SCAN_INFECTED, virus);
}

#ifdef KR_TEST
/* What a scan that was broken into would try; each must end badly for it. */
static void
misbehave(const struct kr_scan_child *child)
{
	const char *delay = getenv("KR_SCAN_TEST_DELAY_MS");
	const char *probe = getenv("KR_SCAN_TEST_PROBE");

	if (delay != NULL) {
		long ms = strtol(delay, NULL, 10);
		struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
		nanosleep(&ts, NULL);
	}
	if (probe == NULL)
		return;
	if (strcmp(probe, "fork") == 0 && fork() >= 0)
		return;
	if (strcmp(probe, "socket") == 0 && socket(AF_INET, SOCK_STREAM, 0) < 0)
		_exit(1);
	if (strcmp(probe, "exec") == 0 && execl("/bin/true", "true", NULL) == 0)
		return;
	if (strcmp(probe, "kill") == 0 && kill(getppid(), SIGKILL) == 0)
		return;
	if (strcmp(probe, "read") == 0 && open("/etc/passwd", O_RDONLY) < 0 &&
	    open(child->conf->signatures, O_RDONLY) < 0 &&
	    open("/proc/self/environ", O_RDONLY) < 0)
		_exit(1);
	if (strcmp(probe, "write") == 0 &&
	    open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 &&
	    open(child->conf->tmp, O_TMPFILE | O_RDWR, 0600) < 0)
		_exit(1);
	if (strcmp(probe, "abort") == 0)
		abort();
	while (strcmp(probe, "spin") == 0)
		;
	while (strcmp(probe, "eat") == 0) {
		char *p = malloc(1 << 24);

		if (p == NULL)
			abort();
		memset(p, 1, 1 << 24);
	}
}
#endif

static void
inspect(struct kr_scan_child *child, struct kr_scan_reply *reply)
{
	/* Unlike "not scanned" this gives way to any finding; it leaves this function
	   only if there was none. */
	kr_scan_reply_set(reply, KR_SCAN_CLEAN, "");
	kr_scan_token(reply->type, sizeof reply->type, kr_scan_type(child, child->fd));
	kr_scan_closed(child, child->fd, reply->type, reply);
	if (child->size > child->conf->max_file) {
		kr_scan_reply_raise(reply, KR_SCAN_NOT_SCANNED, "too-big");
		return;
	}
	kr_scan_archive(child, reply);
	if (reply->verdict == KR_SCAN_BOMB || reply->verdict == KR_SCAN_INFECTED)
		return;
	kr_scan_clam(child, child->fd, reply);
	/* A kind of its own, which pages do not show. */
	if (strcmp(reply->type, "application/pdf") == 0 &&
	    kr_scan_pdf_script(child->fd))
		kr_scan_token(reply->type, sizeof reply->type, KR_SCAN_PDF_SCRIPT);
	/* A parser that swallowed a failure of ours has not seen everything. */
	const char *failed = kr_scan_failed();
	if (failed != NULL)
		kr_scan_reply_raise(reply, KR_SCAN_NOT_SCANNED, failed);
}

/* Standard streams lead nowhere: what a parser prints may quote the file. */
static bool
mute(const struct kr_scan_child *child)
{
	for (int i = 0; i <= 2; i++)
		if (dup2(child->conf->null_fd, i) < 0)
			return false;
	return kr_scan_close_all_but(child->fd, child->out);
}

_Noreturn void
kr_scan_child(struct kr_scan_child *child)
{
	struct kr_scan_reply reply = { 0 };
	struct stat st;

	kr_scan_reply_set(&reply, KR_SCAN_NOT_SCANNED, "engine-error");
	prctl(PR_SET_NAME, "scan-child", 0, 0, 0);
	signal(SIGXFSZ, SIG_IGN); /* a full disk is an error of write, not an end */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != child->parent || !mute(child))
		_exit(1);
	setpriority(PRIO_PROCESS, 0, 10); /* pages first */
	if (child->engine != NULL && cl_engine_set_str(child->engine, CL_ENGINE_TMPDIR,
					 child->dir) != CL_SUCCESS)
		_exit(1);
	if (!kr_scan_sandbox_child(child->conf, child->dir))
		_exit(1);
#ifdef KR_TEST
	misbehave(child);
#endif
	if (fstat(child->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		kr_scan_reply_set(&reply, KR_SCAN_NOT_SCANNED, "not-a-file");
	} else if (child->req->size_hint != 0 &&
		   child->req->size_hint != (uint64_t)st.st_size) {
		kr_scan_reply_set(&reply, KR_SCAN_NOT_SCANNED, "size-mismatch");
	} else {
		child->size = (uint64_t)st.st_size;
		kr_scan_failures_forget();
		inspect(child, &reply);
	}
	_exit(kr_scan_write_all(child->out, &reply, sizeof reply) ? 0 : 1);
}
