/* Runs inside a process of the house: on a signal it tries everything in the tables and
   writes down what became of it. Linked into the test's own copies of libkreide.so and
   kreide-scan, never into what is installed. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct probe_head *probe_head;
const char *probe_kind;
static struct probe_line *lines;

static struct probe_line *
line_of(const char *kind, const char *name)
{
	struct probe_line *l = lines;
	const struct probe_line *end = lines + PROBE_LINES;

	for (; l < end; l++) {
		if (l->kind[0] == 0) {
			snprintf(l->kind, sizeof l->kind, "%s", kind);
			snprintf(l->name, sizeof l->name, "%s", name);
			return l;
		}
		if (strcmp(l->kind, kind) == 0 && strcmp(l->name, name) == 0)
			return l;
	}
	_exit(99);
}

static void
say(struct probe_line *l, const char *word)
{
	snprintf(l->result, sizeof l->result, "%s", word);
}

/* Whoever does not come back from one was killed for it, and the next process of its
   kind goes on behind it. */
static void
run_table(const char *kind, const struct probe *p)
{
	for (; p->name != NULL; p++) {
		struct probe_line *l = line_of(kind, p->name);
		const char *word;
		long said;

		if (l->result[0] != 0)
			continue;
		say(l, "killed");
		said = p->run(p);
		word = said > 0 ? strerrorname_np((int)said) : NULL;
		if (said == 0)
			say(l, "ok");
		else if (said == PROBE_NOT_OURS)
			say(l, "-");
		else if (said == PROBE_NULL)
			say(l, "NULL");
		else if (word != NULL)
			say(l, word);
		else
			snprintf(l->result, sizeof l->result, "%ld",
			    said > 0 ? said : -said);
	}
}

static void
run_all(const char *kind)
{
	probe_kind = kind;

	struct probe_line *end = line_of(kind, "end");

	if (end->result[0] != 0)
		return;
	run_table(kind, probes_files);
	run_table(kind, probes_calls);
	run_table(kind, probes_sql);
	say(end, "ok");
}

static void
on_signal(int number)
{
	int saved = errno, fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	static char kind[16];
	ssize_t n = fd >= 0 ? read(fd, kind, sizeof kind) : 0;

	(void)number;
	if (fd >= 0)
		close(fd);
	kind[n > 0 ? n - 1 : 0] = 0; /* a line */
	run_all(kind);
	errno = saved;
}

#ifdef PROBE_SCAN
/* Called once in a scan, right after its sandbox has closed. */
void __real_kr_scan_failures_forget(void);
void __wrap_kr_scan_failures_forget(void);

void
__wrap_kr_scan_failures_forget(void)
{
	if (lines != NULL)
		run_all("scan-child");
	__real_kr_scan_failures_forget();
}
#endif

__attribute__((constructor)) static void
probe_begin(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	char path[4096];
	const char *named = getenv("KR_PROBE_RESULTS"); /* of nginx */
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
	void *p;
	int fd;

	if (n <= 0)
		return;
	path[n] = 0;
	snprintf(strrchr(path, '/') + 1, 16, "results");
	if (named != NULL)
		snprintf(path, sizeof path, "%s", named);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *probe_head + PROBE_LINES * sizeof *lines,
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	probe_head = p;
	lines = (struct probe_line *)((char *)p + sizeof *probe_head);
	sigaction(PROBE_SIGNAL, &sa, NULL);
}
