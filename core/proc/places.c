/* Files by class of process: what a class neither reads nor writes it cannot open, also
   where all of them share one account. */
#include "proc/proc.h"

#include "base/base.h"
#include "scan/places.h"

#include <limits.h>

#define MAX 24

struct list {
	struct kr_place place[MAX];
	char paths[MAX][PATH_MAX];
	size_t n;
};

static void
add(struct list *l, const char *dir, const char *name, enum kr_place_right right)
{
	KR_CHECK(l->n < MAX);
	snprintf(l->paths[l->n], sizeof l->paths[0], "%s%s", dir, name);
	l->place[l->n] = (struct kr_place){ l->paths[l->n], right };
	l->n++;
}

/* Libraries that the C library loads late (letters, names), time zones, our own files.
 */
static void
for_all(struct list *l, const struct kr_config *c)
{
	static const char *const there[] = { "/usr", "/lib", "/lib64", "/etc",
		"/proc/self" };

	for (size_t i = 0; i < KR_LEN(there); i++)
		add(l, there[i], "", KR_PLACE_LOOK);
	add(l, "/dev/null", "", KR_PLACE_EDIT);
	add(l, "/dev/urandom", "", KR_PLACE_READ);
	add(l, c->lib, "", KR_PLACE_LOOK);
	add(l, c->home, "/etc/kreide.conf", KR_PLACE_READ); /* not the key beside it */
}

bool
kr_places(enum kr_class class, const struct kr_config *c)
{
	static struct list l; /* off the stack */
	int version;

#if defined(__SANITIZE_ADDRESS__)
	return c != NULL; /* their run time writes reports wherever it was told to */
#endif
	l.n = 0;
	for_all(&l, c);
	if (class == KR_C_AUTH || class == KR_C_KEYS) {
		add(&l, c->home, "/secret/kreide_auth.pw", KR_PLACE_READ);
	} else {
		add(&l, c->home, "/files", KR_PLACE_MAKE);
		add(&l, c->home, "/incoming", KR_PLACE_MAKE);
		add(&l, c->home, "/sig", KR_PLACE_LOOK);
		add(&l, c->home, "/etc/cert.pem", KR_PLACE_READ); /* until when? */
	}
	if (class == KR_C_JOBS) {
		add(&l, c->home, "/secret/kreide_jobs.pw", KR_PLACE_READ);
		add(&l, c->home, "/secret/audit.key", KR_PLACE_READ);
		add(&l, c->home, "/secret/audit.head", KR_PLACE_EDIT);
	}
	version = kr_only_places(l.place, l.n);
	if (version == 0 && class == KR_C_KEYS) /* of all of them, one says it */
		kr_log_kv(
		    KR_WARN, "sandbox.no_landlock", { "files", kr_s(KR_S("open")) });
	return version >= 0;
}
