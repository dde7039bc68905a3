/* What the probes inside a process and the test outside share: one mapped file, a head
   and then one line for each probe in each kind of process. */
#ifndef KR_PROBE_H
#define KR_PROBE_H

#include <stddef.h>
#include <stdint.h>

struct probe_head {        /* written by the test before it asks */
	char home[256];    /* of the instance */
	char tree[256];    /* of the build */
	char names[4][48]; /* database passwords: ro, rw, auth, jobs */
	int32_t sibling;   /* another process of the instance: a page, or auth */
	char pad[4096 - 256 - 256 - 4 * 48 - 4];
};
struct probe_line { /* all text; an empty result: not tried yet */
	char kind[16], name[32], result[16];
};
_Static_assert(sizeof(struct probe_head) == 4096, "main.mjs reads it");
_Static_assert(sizeof(struct probe_line) == 64, "main.mjs reads it");

#define PROBE_SIGNAL (SIGRTMIN + 9)
#define PROBE_LINES 4032 /* with the head 256 KiB, the size of the file */

struct probe {
	const char *name;
	long (*run)(const struct probe *);
	const char *text;
	long a, b;
};

/* What a probe says: 0 (it could), an errno, the negative of an error number of the
   database, or one of these. */
#define PROBE_NOT_OURS (-9999) /* this process has no such account */
#define PROBE_NULL (-9998)     /* an answer without a value */
extern const struct probe probes_files[], probes_calls[], probes_sql[];
extern const struct probe_head *probe_head;
extern const char *probe_kind; /* whose probes run */

#endif
