/* The log: one line per event on standard error, key=value, nothing that could forge a
   second line; and the end of a process whose invariants broke. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES                                                                 \
	4000u /* below PIPE_BUF: one write never mixes with another's                  \
	       */
#define VALUE_MAX_BYTES 1000u
#define PATIENCE_MS 200 /* once, with a reader that does not read */

static const char *process = "kreide";
static enum kr_level least_level = KR_INFO;
static int64_t lost; /* lines that nobody took */

/* Lines on their way: of a busy process several together, else each at once. */
static struct {
	char p[LINE_MAX_BYTES + 1];
	size_t n;
	int64_t lines;
	bool on;
} gathered;

static const char *const level_names[] = {
	[KR_ERROR] = "error",
	[KR_WARN] = "warn",
	[KR_INFO] = "info",
	[KR_DEBUG] = "debug",
};

struct line {
	char p[LINE_MAX_BYTES + 2];
	size_t n;
};

static void
line_add(struct line *l, const char *p, size_t n)
{
	if (n > LINE_MAX_BYTES - l->n)
		n = LINE_MAX_BYTES - l->n;
	if (n > 0)
		memcpy(l->p + l->n, p, n);
	l->n += n;
}

static void
line_z(struct line *l, const char *text)
{
	line_add(l, text, strlen(text));
}

/* Quoted when it would not stand alone; control bytes and quotes as \xHH. */
static void
line_text(struct line *l, kr_str s)
{
	bool quote = s.n == 0;

	if (s.n > VALUE_MAX_BYTES)
		s.n = VALUE_MAX_BYTES;
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = (unsigned char)s.p[i] <= ' ' || s.p[i] == '"' ||
			s.p[i] == '=' || s.p[i] == '\\';
	if (quote)
		line_add(l, "\"", 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char code[5];

		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f) {
			line_add(l, s.p + i, 1);
			continue;
		}
		snprintf(code, sizeof code, "\\x%02x", c);
		line_z(l, code);
	}
	if (quote)
		line_add(l, "\"", 1);
}

static void
line_when(struct line *l, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	char text[40];

	if (gmtime_r(&seconds, &tm) == NULL)
		return;

	size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);

	line_add(l, text, n);
	snprintf(text, sizeof text, ".%03dZ", (int)(us / 1000 % 1000));
	line_z(l, text);
}

static void
line_value(struct line *l, const kr_val *v)
{
	char text[40];

	switch (v->t) {
	case 's':
		line_text(l, v->s);
		return;
	case 'x':
		snprintf(text, sizeof text, "<%zu bytes>", v->s.n);
		line_z(l, text);
		return;
	case 'f':
		snprintf(text, sizeof text, "%g", v->f);
		line_z(l, text);
		return;
	case 'b':
		line_z(l, v->i != 0 ? "yes" : "no");
		return;
	case 'd': {
		struct kr_civil c = kr_civil_date((kr_date){ (int32_t)v->i });

		snprintf(text, sizeof text, "%04d-%02d-%02d", c.year, c.month, c.day);
		line_z(l, text);
		return;
	}
	case 't':
		line_when(l, v->i);
		return;
	case 0:
		line_z(l, "null");
		return;
	default:
		snprintf(text, sizeof text, "%lld", (long long)v->i);
		line_z(l, text);
	}
}

/* A pipe whose reader has stopped (its disk is full) is waited for once; from then on
   its lines are counted instead, so that nobody's page waits for a log. */
static bool
has_room(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&p, 1, lost > 0 ? 0 : PATIENCE_MS) == 1;
}

static bool
put_out(const char *p, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(STDERR_FILENO, p + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && has_room())
			continue;
		if (n <= 0)
			return false; /* nowhere to complain to */
		done += (size_t)n;
	}
	return true;
}

void
kr_log_never_wait(void)
{
	struct stat st;
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	if (flags >= 0 && fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
		(void)fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
}

void
kr_log_setup(const char *process_name, enum kr_level least)
{
	process = process_name;
	least_level = least;
}

static void
line_begin(struct line *l, enum kr_level level, const char *event)
{
	line_z(l, "time=");
	line_when(l, kr_wall().us);
	line_z(l, " level=");
	line_z(l, level_names[level]);
	line_z(l, " process=");
	line_z(l, process);
	line_z(l, " event=");
	line_z(l, event);
}

/* What is lost is said as soon as somebody reads again. */
static bool
say_lost(void)
{
	struct line l = { .n = 0 };

	if (lost == 0)
		return true;
	line_begin(&l, KR_WARN, "log.lost");
	line_z(&l, " lines=");
	line_value(&l, &(kr_val){ .t = 'i', .i = lost });
	l.p[l.n++] = '\n';
	if (!put_out(l.p, l.n))
		return false;
	lost = 0;
	return true;
}

bool
kr_log_waits(void)
{
	return gathered.n > 0;
}

void
kr_log_flush(void)
{
	int keep = errno;

	if (gathered.n > 0 && (!say_lost() || !put_out(gathered.p, gathered.n)))
		lost += gathered.lines;
	gathered.n = 0;
	gathered.lines = 0;
	errno = keep;
}

void
kr_log_gather(void)
{
	gathered.on = true;
}

/* In the order in which they were said; an error takes along what led to it. */
static void
line_out(struct line *l, enum kr_level level)
{
	l->p[l->n++] = '\n';
	if (gathered.n + l->n > sizeof gathered.p)
		kr_log_flush();
	memcpy(gathered.p + gathered.n, l->p, l->n);
	gathered.n += l->n;
	gathered.lines++;
	if (!gathered.on || level < KR_INFO)
		kr_log_flush();
}

void
kr_log_line(enum kr_level level, const char *event, size_t n, const struct kr_kv *kv)
{
	struct line l = { .n = 0 };
	int keep = errno;

	if (level > least_level)
		return;
	line_begin(&l, level, event);
	for (size_t i = 0; i < n; i++) {
		line_z(&l, " ");
		line_z(&l, kv[i].key);
		line_z(&l, "=");
		line_value(&l, &kv[i].value);
	}
	line_out(&l, level);
	errno = keep;
}

void
kr_panic(const char *fmt, ...)
{
	char text[500];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof text, fmt, args) < 0)
		text[0] = 0;
	va_end(args);
	kr_log_kv(KR_ERROR, "panic", { "why", kr_s(kr_z(text)) });
	abort();
}
