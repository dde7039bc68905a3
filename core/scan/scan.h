/* Inside kreide-scan: what its parts share.

   broker   the process people talk to: accepts, queues, answers; knows no file format
   engine   a child of the broker that loaded the signatures; forks one scan per file
   scan     a child of the engine that reads one hostile file and says one verdict

   A reload is a second engine beside the first, so nobody waits for it, and a crash in
   a signature file or in a parser ends a process that nobody misses. */
#ifndef KR_SCAN_SCAN_H
#define KR_SCAN_SCAN_H

#include "proto.h"

#include <magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KR_SCAN_PARALLEL 3 /* scans at the same time, over all engines */
#define MIB ((uint64_t)1 << 20)

struct cl_engine;

struct kr_scan_conf {
	const char *socket;       /* absolute */
	const char *signatures;   /* folder, absolute */
	const char *tmp;          /* folder of our own, absolute, emptied at start */
	const char *user, *group; /* to become, when started as root */
	int ready_fd;          /* gets one newline when the first load is over; or -1 */
	unsigned scan_seconds; /* a scan that takes longer is killed */
	unsigned check_seconds; /* how often the signature folder is looked at */
	uint64_t max_file;      /* bytes; longer files are not scanned */
	uint64_t memory;        /* bytes of address space a scan may add */
	magic_t magic;          /* loaded before the sandbox closes */
	int listen_fd, null_fd;
};

/* ── broker <-> engine, over a SOCK_SEQPACKET pair; SCAN carries the descriptor ── */
enum kr_scan_msg_kind {
	KR_SCAN_M_SCAN = 1, /* to the engine: job, req */
	KR_SCAN_M_CANCEL,   /* to the engine: job */
	KR_SCAN_M_READY,    /* from the engine: signatures, age_days */
	KR_SCAN_M_DONE,     /* from the engine: job, reply, signal */
};
struct kr_scan_msg {
	uint32_t kind, signatures, age_days;
	int32_t signal; /* that ended a scan, for the log */
	uint64_t job;
	struct kr_scan_request req;
	struct kr_scan_reply reply;
};

/* ── util.c ── */
int64_t kr_scan_now_ms(void);
/* One line "time= level= event= ..." to stderr; never a file name, never a person. */
void kr_scan_log(const char *level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Copies text for a log line or an answer: visible ASCII, anything else becomes '_'. */
void kr_scan_token(char *to, size_t size, const char *from);
void kr_scan_reply_set(struct kr_scan_reply *, uint32_t verdict, const char *what);
/* Takes the place of an earlier reply only if it is worse news. */
void kr_scan_reply_raise(struct kr_scan_reply *, uint32_t verdict, const char *what);
bool kr_scan_send(int sock, const void *, size_t n, int fd_or_minus1);
/* Receives exactly n bytes and at most one descriptor (-1 if none). Returns n, 0 at the
   end, -1 with errno (EPROTO for any other length or number of descriptors). */
ssize_t kr_scan_recv(int sock, void *, size_t n, int *fd_r);
/* Removes what is inside a folder, following no link; false if something is left. */
bool kr_scan_empty_dir(const char *path);
/* Closes every descriptor above 2 but these two (or one, twice). */
bool kr_scan_close_all_but(int a, int b);
bool kr_scan_write_all(int fd, const void *, size_t n);

/* ── broker.c: returns at TERM with the exit status ── */
int kr_scan_broker(const struct kr_scan_conf *);

/* ── engine.c: the life of an engine; with load=false it has no signatures ── */
_Noreturn void kr_scan_engine(const struct kr_scan_conf *, int control, bool load);

/* ── signatures.c ── */
struct cl_engine *kr_scan_load(const struct kr_scan_conf *, unsigned *count_r,
    const char **why_r); /* NULL: *why_r is "no-database" or "bad-database" */
/* A number that changes when a signature file does, and the age of the newest one. */
uint64_t kr_scan_stamp(const char *dir, uint32_t *age_days_r);
void kr_scan_eicar(char out_r[69]); /* the harmless test "virus", NUL-ended */
bool kr_scan_write_test_signatures(const char *dir);

/* ── child.c: one scan; answers on out and ends ── */
struct kr_scan_child {
	const struct kr_scan_conf *conf;
	struct cl_engine *engine; /* NULL without signatures, then */
	const char *no_engine;    /* says why */
	const char *dir;          /* the only place where files may be made */
	const struct kr_scan_request *req;
	pid_t parent;
	int fd, out;
	uint64_t size;
};
_Noreturn void kr_scan_child(struct kr_scan_child *);
const char *kr_scan_type(const struct kr_scan_child *, int fd); /* till the next call */
/* Is it a kind nobody can look into? Then says so. */
void kr_scan_closed(
    const struct kr_scan_child *, int fd, const char *type, struct kr_scan_reply *);
void kr_scan_clam(struct kr_scan_child *, int fd, struct kr_scan_reply *);

/* ── failures.c: what failed in this process so far, "memory" or "engine-error"; the
   libraries may have gone on as if nothing had happened. NULL: nothing ── */
const char *kr_scan_failed(void);
void kr_scan_failures_forget(void); /* those of the engine do not count for a scan */

/* ── archive.c: the budget; may also refine reply->type of office documents ── */
void kr_scan_archive(struct kr_scan_child *, struct kr_scan_reply *);

/* ── pdf.c: true also where it cannot be told for sure ── */
bool kr_scan_pdf_script(int fd);

/* ── sandbox.c ── */
bool kr_scan_drop_root(const struct kr_scan_conf *); /* no-op for an ordinary user */
bool kr_scan_sandbox_broker(const struct kr_scan_conf *);
bool kr_scan_sandbox_child(const struct kr_scan_conf *, const char *dir);

/* ── syscalls.c ── */
bool kr_scan_filters_build(void); /* once, before the sandbox closes */
bool kr_scan_filter_on(bool scan);

#endif
