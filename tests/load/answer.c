/* HTTP/1.1 answers: where they end, and whether they are what was to come. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
is_name(const char *line, const char *name, const char **value_r)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	*value_r = line + n + 1 + strspn(line + n + 1, " \t");
	return true;
}

/* False: not an answer. */
static bool
read_head(struct answer *a, char *p, const char *end)
{
	char *line = p, *next;
	const char *v;

	if (strncmp(p, "HTTP/1.1 ", 9) != 0 && strncmp(p, "HTTP/1.0 ", 9) != 0)
		return false;
	a->close = p[7] == '0';
	a->status = (int)strtol(p + 9, NULL, 10);
	while ((next = strstr(line, "\r\n")) != NULL && next < end) {
		line = next + 2;
		if (is_name(line, "content-length", &v)) {
			a->length = (size_t)strtoull(v, NULL, 10);
			a->sized = true;
		} else if (is_name(line, "transfer-encoding", &v))
			a->chunked = strncasecmp(v, "chunked", 7) == 0;
		else if (is_name(line, "connection", &v))
			a->close = strncasecmp(v, "close", 5) == 0;
		else if (is_name(line, "retry-after", &v))
			a->retry_after = strtol(v, NULL, 10) > 0;
	}
	if (a->status == 204 || a->status == 304)
		a->sized = true;
	return a->status >= 100 && a->status < 600;
}

static enum whole
join_chunks(struct answer *a, char *body, size_t n)
{
	size_t at = 0, to = 0;

	for (int last = 0; last < 2; last++) { /* look first, move then */
		at = to = 0;
		for (;;) {
			char *end = memmem(body + at, n - at, "\r\n", 2);
			size_t size, from;

			if (end == NULL)
				return W_MORE;
			size = (size_t)strtoull(body + at, NULL, 16);
			from = (size_t)(end - body) + 2;
			if (from + size + 2 > n)
				return W_MORE;
			if (size == 0)
				break;
			if (last)
				memmove(body + to, body + from, size);
			to += size;
			at = from + size + 2;
		}
	}
	a->length = to;
	return W_DONE;
}

enum whole
answer_take(struct answer *a, char *p, size_t n, bool ended)
{
	if (a->head == 0) {
		char *end = memmem(p, n, "\r\n\r\n", 4);

		if (end == NULL)
			return ended || n > 65536 ? W_BAD : W_MORE;
		a->head = (size_t)(end - p) + 4;
		if (!read_head(a, p, end + 2))
			return W_BAD;
	}
	if (a->chunked) {
		enum whole w = join_chunks(a, p + a->head, n - a->head);

		return w == W_MORE && ended ? W_BAD : w;
	}
	if (!a->sized) {
		a->close = true;
		a->length = n - a->head;
		return ended ? W_DONE : W_MORE;
	}
	if (n - a->head < a->length)
		return ended ? W_BAD : W_MORE;
	return W_DONE;
}

enum verdict
answer_judge(
    const struct answer *a, const char *p, const struct class *c, const char **why_r)
{
	static char why[100];

	*why_r = why;
	if (a->status == 503 && c->status != 503) {
		snprintf(why, sizeof why, "503 without Retry-After");
		return a->retry_after ? V_SHED : V_WRONG;
	}
	if (a->status != c->status)
		snprintf(why, sizeof why, "status %d", a->status);
	else if (a->length < c->least)
		snprintf(why, sizeof why, "%zu bytes", a->length);
	else if (c->marker[0] != 0 &&
		 memmem(p + a->head, a->length, c->marker, strlen(c->marker)) == NULL)
		snprintf(why, sizeof why, "without the marker");
	else
		return V_OK;
	return V_WRONG;
}
