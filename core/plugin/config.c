/* kreide.conf: the few things that must be known before the database can be asked. */
#include "plugin/registry.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
keep(const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		kr_panic("no memory for the configuration");
	return p;
}

/* Plugins, texts and assets lie beside the program; KR_LIB says otherwise for tests. */
static char *
lib_folder(void)
{
	const char *given = getenv("KR_LIB");
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (given != NULL && given[0] != 0)
		return keep(given);
	if (n <= 0)
		return keep(".");
	path[n] = 0;
	return keep(dirname(path));
}

static bool
is_host(const char *host)
{
	kr_str s = kr_z(host);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool edge = i == 0 || i == s.n - 1;

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			(!edge && (c == '-' || c == '.'))))
			return false;
	}
	return s.n > 0 && s.n <= 200;
}

struct reading {
	const struct kr_conf *conf;
	char *why_r;
	size_t why_n;
	bool good;
};

static void
wrong(struct reading *r, const char *key, const char *what)
{
	if (r->good)
		snprintf(r->why_r, r->why_n, "kreide.conf: %s %s", key, what);
	r->good = false;
}

static int64_t
number(struct reading *r, const char *key, int64_t def, int64_t least, int64_t most)
{
	const char *text = kr_conf_get(r->conf, key, NULL);
	int64_t value;

	if (text == NULL)
		return def;
	if (!kr_to_i(kr_z(text), &value) || value < least || value > most) {
		char what[80];

		snprintf(what, sizeof what, "is a number from %lld to %lld",
		    (long long)least, (long long)most);
		wrong(r, key, what);
		return def;
	}
	return value;
}

static const char *
one_of(struct reading *r, const char *key, const char *def, const char *other)
{
	const char *text = kr_conf_get(r->conf, key, def);

	if (strcmp(text, def) == 0 || strcmp(text, other) == 0)
		return text;
	char what[80];

	snprintf(what, sizeof what, "is %s or %s", def, other);
	wrong(r, key, what);
	return def;
}

static int
cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 4 ? 4 : (int)n;
}

static void
read_address(struct reading *r, struct kr_config *c)
{
	char content[300];

	c->demo = strcmp(one_of(r, "mode", "demo", "school"), "demo") == 0;
	c->scheme = one_of(r, "scheme", "http", "https");
	c->host = kr_conf_get(r->conf, "host", "localhost");
	if (!is_host(c->host))
		wrong(r, "host", "is a host name in lower case");
	snprintf(content, sizeof content, "content.%s", c->host);
	c->content_host = kr_conf_get(r->conf, "content_host", NULL);
	if (c->content_host == NULL)
		c->content_host = keep(content);
	if (!is_host(c->content_host) || strcmp(c->content_host, c->host) == 0)
		wrong(r, "content_host", "is a host name of its own, in lower case");
	c->port = (int)number(
	    r, "port", strcmp(c->scheme, "https") == 0 ? 443 : 8080, 1, 65535);
	/* A session cookie over plain http could be read on the way. */
	if (!c->demo && strcmp(c->scheme, "https") != 0)
		wrong(r, "scheme", "must be https for a school");
	c->school = kr_conf_get(r->conf, "name", "Kreide");
}

/* nginx gives up after 15 s on a large body that nobody takes, or on a page: so nobody
   waits longer than 12, and is told why by us. */
static void
read_patience(struct reading *r, struct kr_patience *p_r)
{
	static const struct {
		const char *key;
		int64_t ms;
	} lanes[KR_LANES] = { [KR_LANE_EXTRA] = { "wait_extra_ms", 25 },
		[KR_LANE_PAGE] = { "wait_page_ms", 40 },
		[KR_LANE_SAVE] = { "wait_save_ms", 5000 },
		[KR_LANE_SLOW] = { "wait_slow_ms", 8000 },
		[KR_LANE_SIGN] = { "wait_sign_ms", 8000 },
		[KR_LANE_MUST] = { "wait_must_ms", 10000 } };

	for (size_t i = 0; i < KR_LANES; i++)
		p_r->lane_us[i] = number(r, lanes[i].key, lanes[i].ms, 1, 12000) * 1000;
	p_r->burst_us = number(r, "wait_burst_ms", 5000, 1, 12000) * 1000;
}

bool
kr_config_read(struct kr_config *config, const char *home, char *why_r, size_t why_n)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct kr_config c = { 0 };

	if (realpath(home, real) == NULL ||
	    snprintf(path, sizeof path, "%s/etc/kreide.conf", real) >=
		(int)sizeof path) {
		snprintf(why_r, why_n, "%s: no folder of an instance", home);
		return false;
	}
	c.conf = kr_conf_read(path, why_r, why_n);
	if (c.conf == NULL)
		return false;

	struct reading r = { c.conf, why_r, why_n, true };

	c.home = keep(real);
	c.lib = lib_folder();
	read_address(&r, &c);
	c.page_workers = (int)number(&r, "page_workers", 2 * cores(), 1, 64);
	c.save_workers = (int)number(&r, "save_workers", 2, 1, 64);
	c.slow_workers = (int)number(&r, "slow_workers", 2, 1, 64);
	c.must_workers = (int)number(&r, "must_workers", 4, 1, 64);
	c.sign_workers = (int)number(&r, "sign_workers", 2, 1, 64);
	read_patience(&r, &c.patience);
	c.max_file_bytes = number(&r, "max_file_mb", 50, 1, 100000) * 1024 * 1024;
	if (r.good)
		*config = c;
	return r.good;
}
