/* The configuration file: `key = value` lines, read once at start; and small files. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL_FILE ((size_t)64 * 1024)

struct pair {
	const char *key, *value;
};

struct kr_conf {
	struct kr_arena *arena;
	struct pair *pairs;
	size_t n;
};

static bool
read_all(int fd, char *p, size_t cap, size_t *n_r)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, p + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == cap) {
			errno = EFBIG;
			return false;
		}
	}
	*n_r = n;
	return true;
}

bool
kr_read_file(struct kr_arena *a, const char *path, kr_str *text_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;

	char buf[SMALL_FILE + 1];
	size_t n;
	bool ok = read_all(fd, buf, sizeof buf, &n);
	int keep = errno;

	close(fd);
	if (ok)
		*text_r = kr_dup(a, (kr_str){ buf, n });
	kr_wipe(buf, sizeof buf); /* it may have been a secret */
	errno = keep;
	return ok;
}

static bool
key_ok(kr_str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			c == '.'))
			return false;
	}
	return key.n > 0;
}

/* Reads one line; NULL when it is fine, else what is wrong with it. */
static const char *
read_line(struct kr_conf *c, kr_str line)
{
	kr_str rest = kr_trim(line), key;

	if (rest.n == 0 || rest.p[0] == '#')
		return NULL;
	if (!kr_split(&rest, '=', &key) || rest.p == NULL)
		return "no '=' in this line";
	key = kr_trim(key);
	if (!key_ok(key))
		return "a key has lower-case letters, digits, '_' and '.' only";
	if (!kr_utf8_ok(rest))
		return "the value is not UTF-8";

	const char *name = kr_dup(c->arena, key).p;

	if (kr_conf_get(c, name, NULL) != NULL)
		return "this key stands here twice";
	c->pairs[c->n++] = (struct pair){ name, kr_dup(c->arena, kr_trim(rest)).p };
	return NULL;
}

struct kr_conf *
kr_conf_read(const char *path, char *error_r, size_t error_n)
{
	struct kr_arena *a = kr_arena_new(SMALL_FILE * 16);
	struct kr_conf *c = kr_arena_alloc(a, sizeof *c);
	kr_str text, line;
	size_t lines = 1, no = 0;

	c->arena = a;
	if (!kr_read_file(a, path, &text)) {
		snprintf(error_r, error_n, "%s: %s", path, strerror(errno));
		kr_arena_free(&a);
		return NULL;
	}
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	c->pairs = kr_arena_alloc(a, lines * sizeof *c->pairs);
	while (kr_split(&text, '\n', &line)) {
		const char *wrong = read_line(c, line);

		no++;
		if (wrong == NULL)
			continue;
		snprintf(error_r, error_n, "%s:%zu: %s", path, no, wrong);
		kr_arena_free(&a);
		return NULL;
	}
	return c;
}

const char *
kr_conf_get(const struct kr_conf *c, const char *key, const char *def)
{
	if (c == NULL)
		return def;
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->pairs[i].key, key) == 0)
			return c->pairs[i].value;
	return def;
}

int64_t
kr_conf_int(const struct kr_conf *c, const char *key, int64_t def)
{
	const char *text = kr_conf_get(c, key, NULL);
	int64_t value;

	if (text == NULL)
		return def;
	if (kr_to_i(kr_z(text), &value))
		return value;
	kr_log_kv(KR_WARN, "conf.not_a_number", { "key", kr_s(kr_z(key)) },
	    { "used", kr_i(def) });
	return def;
}

void
kr_conf_free(struct kr_conf **conf)
{
	if (*conf == NULL)
		return;

	struct kr_arena *a = (*conf)->arena; /* the struct itself lies in it */

	kr_arena_free(&a);
	*conf = NULL;
}
