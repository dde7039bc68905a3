/* Plugins against each other: needs, hooks, names. What fails is refused, and with it
   what needs it. */
#include "plugin/check.h"

#include <stdlib.h>
#include <string.h>

static struct kr_loaded *
find(struct kr_app *app, const char *name)
{
	for (size_t i = 0; i < app->nplugins; i++)
		if (strcmp(app->plugins[i].name, name) == 0)
			return &app->plugins[i];
	return NULL;
}

struct all {
	struct kr_app *app;
	FILE *report; /* may be NULL */
};

static void refuse(const struct all *, struct kr_loaded *, const char *rule,
    const char *fmt, ...) KR_PRINTF(4, 5);

static void
refuse(const struct all *a, struct kr_loaded *l, const char *rule, const char *fmt, ...)
{
	struct kr_findings f = { .report = a->report, .plugin = l->name };
	char text[200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	kr_finding(&f, rule, "%s", text);
	l->p = NULL;
	l->refused = strdup(f.first);
	if (l->refused == NULL)
		kr_panic("no memory for a reason");
}

/* True when `to` is reached from `from` over needs; the depth ends a circle that does
   not pass through `to`. */
static bool
reaches(struct kr_app *app, const struct kr_loaded *from, const char *to, size_t depth)
{
	if (from == NULL || from->p == NULL || from->p->needs == NULL || depth == 0)
		return false;
	for (const char *const *n = from->p->needs; *n != NULL; n++)
		if (strcmp(*n, to) == 0 || reaches(app, find(app, *n), to, depth - 1))
			return true;
	return false;
}

static bool
needs(const struct kr_plugin *p, kr_str name)
{
	for (const char *const *n = p->needs; n != NULL && *n != NULL; n++)
		if (kr_is(name, *n))
			return true;
	return false;
}

static bool
check_needs(const struct all *a, struct kr_loaded *l)
{
	for (const char *const *n = l->p->needs; n != NULL && *n != NULL; n++) {
		const struct kr_loaded *other = find(a->app, *n);

		if (other == NULL || other->p == NULL) {
			refuse(a, l, "KR-R9", "needs %s, which is not there", *n);
			return false;
		}
	}
	if (reaches(a->app, l, l->p->name, 8)) {
		refuse(a, l, "KR-R9", "%s needs itself over others", l->p->name);
		return false;
	}
	return true;
}

static const struct kr_event *
event_of(struct kr_app *app, const char *name, kr_str *owner_r)
{
	kr_str rest = kr_z(name);

	(void)kr_split(&rest, '.', owner_r);
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p != NULL && k < p->nevents; k++)
			if (strcmp(p->events[k].name, name) == 0)
				return &p->events[k];
	}
	return NULL;
}

/* A hook on a plugin that is not installed waits for it. One that is installed must
   declare the event. */
static bool
check_hooks(const struct all *a, struct kr_loaded *l)
{
	for (size_t i = 0; i < l->p->nhooks; i++) {
		const struct kr_hook *h = &l->p->hooks[i];
		kr_str owner;
		const struct kr_event *event = event_of(a->app, h->event, &owner);
		bool own = kr_is(owner, l->name), there = false;

		for (size_t k = 0; k < a->app->nplugins; k++)
			there = there || (a->app->plugins[k].p != NULL &&
					     kr_is(owner, a->app->plugins[k].name));
		if (there && event == NULL) {
			refuse(a, l, "KR-R8", "hook on %s, which nobody declares",
			    h->event);
			return false;
		}
		if (h->when == KR_IN_TX && !own && !needs(l->p, owner)) {
			refuse(a, l, "KR-R8",
			    "hook in the transaction of %s, not in needs", h->event);
			return false;
		}
	}
	return true;
}

/* /NAME of a plugin must not hide a page of core. */
static bool
check_first_part(const struct all *a, struct kr_loaded *l)
{
	const struct kr_plugin *core = a->app->plugins[0].p;

	for (size_t i = 0; i < core->nroutes; i++) {
		kr_str rest = kr_z(core->routes[i].path), part;

		if (kr_split(&rest, '/', &part) && kr_split(&rest, '/', &part) &&
		    kr_is(part, l->name)) {
			refuse(a, l, "KR-R4", "/%s is a page of core", l->name);
			return false;
		}
	}
	return true;
}

static bool
check_twice(const struct all *a, struct kr_loaded *l)
{
	if (find(a->app, l->name) == l)
		return true;
	refuse(a, l, "KR-R7", "there are two plugins %s", l->name);
	return false;
}

void
kr_check_together(struct kr_app *app, FILE *report)
{
	const struct all a = { app, report };
	bool again = true;

	/* Each refusal may take away what another one needs. */
	while (again) {
		again = false;
		for (size_t i = 1; i < app->nplugins; i++) {
			struct kr_loaded *l = &app->plugins[i];

			if (l->p == NULL)
				continue;
			again = !check_twice(&a, l) || !check_first_part(&a, l) ||
				!check_needs(&a, l) || !check_hooks(&a, l) || again;
		}
	}
}
