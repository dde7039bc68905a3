/* The start-up rule of demo schools: their passwords are in the manual, so they must
   not be reachable, and a real school must not hold their accounts. */
#include "plugin/registry.h"
#include "school/internal.h"

#include <string.h>

KR_STMT(q_demo, "", "i", "SELECT id FROM core_person WHERE source = 'demo' LIMIT 1");

static bool
is_local(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "kreide.localhost") == 0;
}

bool
kr_demo_guard(kr_ctx *cx, char *why_r, size_t n)
{
	static const struct kr_col cols[] = { { 'i', 8, 0 } };
	const struct kr_config *conf = &cx->app->conf;
	int64_t id;
	bool found;

	if (conf->demo) {
		if (conf->host != NULL && is_local(conf->host))
			return true;
		snprintf(why_r, n,
		    "a demo school serves localhost and kreide.localhost only, not %s",
		    conf->host ? conf->host : "(none)");
		return false;
	}
	found = kr_one(cx, &q_demo, cols, &id);
	if (kr_status(cx) != KR_OK) {
		snprintf(why_r, n, "the database does not answer");
		return false;
	}
	if (!found)
		return true;
	snprintf(why_r, n,
	    "this instance holds demo accounts, whose password is public; a real school "
	    "begins with an empty one (kreide init)");
	return false;
}
