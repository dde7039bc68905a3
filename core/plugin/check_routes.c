/* The manifest rules of routes: who may, on which object, with which input. */
#include "plugin/check.h"

#include <string.h>

static void
check_fields(
    struct kr_findings *f, const char *where, const struct kr_field *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		kr_check_limits(f, where, &in[i], "smibdtcIgpafw");
		kr_check_choices(f, where, &in[i]);
		if ((in[i].flags & ~KR_F_REQ) != 0)
			kr_finding(f, "KR-R7", "%s: field %s: unknown flag", where,
			    in[i].name == NULL ? "" : in[i].name);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(in[i].name), in[k].name))
				kr_finding(
				    f, "KR-R7", "%s: two fields %s", where, in[i].name);
	}
}

#define MACHINE (KR_R_BEARER | KR_R_FEED)

static bool
has_part(const char *path, const char *part)
{
	return strstr(path, part) != NULL;
}

static bool
part_ok(kr_str part)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	if (kr_is(part, "{id}") || kr_is(part, "{id2}") || kr_is(part, "{key}"))
		return true;
	for (size_t i = 0; i < part.n; i++)
		if (strchr(good, part.p[i]) == NULL)
			return false;
	return part.n > 0 && part.p[0] != '.';
}

static void
check_path(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	kr_str rest = kr_z(r->path), part, name = kr_z(p->name);
	size_t n = 0;

	(void)kr_split(&rest, '/', &part);
	if (r->path[0] != '/')
		kr_finding(f, "KR-R4", "%s: a path begins with /", what);
	while (kr_split(&rest, '/', &part)) {
		if (!part_ok(part) && !(n == 0 && part.n == 0 && rest.p == NULL))
			kr_finding(f, "KR-R4", "%s: malformed path", what);
		if (n++ == 0 && !kr_is_core(p) && !kr_eq(part, name))
			kr_finding(f, "KR-R4", "%s: path outside /%s", what, p->name);
	}
}

static void
check_who(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	uint32_t open = r->flags & (KR_R_PUBLIC | KR_R_ANY | KR_R_CONTENT);

	if (r->perm == NULL && open == 0 && (r->flags & KR_R_BEARER) == 0)
		kr_finding(f, "KR-R1", "%s: route without permission", what);
	if (r->perm != NULL && open != 0)
		kr_finding(f, "KR-R1", "%s: permission of a route that is open", what);
	if ((r->flags & KR_R_PUBLIC) != 0 && (r->flags & KR_R_ANY) != 0)
		kr_finding(f, "KR-R1", "%s: either public or for the signed-in", what);
	if ((r->flags & KR_R_CONTENT) != 0 && !kr_is_core(p))
		kr_finding(f, "KR-R1", "%s: the content host is core's", what);
	kr_check_perm(p, f, what, r->perm);
}

static void
check_object(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool id = has_part(r->path, "{id}"), id2 = has_part(r->path, "{id2}");

	if (id && r->guard == NULL && r->entity == NULL)
		kr_finding(f, "KR-R3", "%s: path parameter without guard", what);
	if (id2 && (!id || r->guard == NULL))
		kr_finding(
		    f, "KR-R3", "%s: {id2} needs {id} and a guard of both", what);
	if (r->guard != NULL && !id)
		kr_finding(f, "KR-R3", "%s: a guard, but no {id} to guard", what);
}

static void
check_machine(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool proto = (r->flags & KR_R_PROTO) != 0, machine = (r->flags & MACHINE) != 0;
	bool page_method = r->method == KR_GET || r->method == KR_POST;
	bool key = has_part(r->path, "{key}");

	if (proto != machine)
		kr_finding(f, "KR-R6",
		    "%s: a route for machines says how they prove who they are", what);
	if ((r->flags & MACHINE) == MACHINE)
		kr_finding(f, "KR-R6", "%s: either a bearer or a secret address", what);
	if (proto && (r->again != NULL || (r->flags & KR_R_PUBLIC) != 0))
		kr_finding(f, "KR-R6", "%s: for machines and for people at once", what);
	if (!proto && !page_method)
		kr_finding(f, "KR-R6", "%s: browsers send GET and POST only", what);
	if ((r->flags & KR_R_FEED) != 0 && !key)
		kr_finding(f, "KR-R6", "%s: a secret address needs {key}", what);
	if (key && (r->flags & (KR_R_FEED | KR_R_CONTENT | KR_R_PUBLIC)) == 0)
		kr_finding(
		    f, "KR-R6", "%s: {key} on a route that reads a session", what);
}

static void
check_effect(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool get_write = (r->flags & KR_R_GET_WRITE) != 0;
	bool why = r->why != NULL && r->why[0] != 0;

	if (get_write && r->method != KR_GET)
		kr_finding(f, "KR-R5", "%s: KR_R_GET_WRITE is for GET", what);
	if (get_write && (r->flags & (MACHINE | KR_R_CONTENT)) == 0)
		kr_finding(
		    f, "KR-R5", "%s: a GET that writes on the cookie alone", what);
	if (get_write && !why)
		kr_finding(f, "KR-R5", "%s: a GET that writes without a reason", what);
	if ((r->flags & KR_R_PUBLIC) != 0 && !why)
		kr_finding(f, "KR-R5", "%s: a public route without a reason", what);
	if (r->method == KR_GET && r->again != NULL)
		kr_finding(f, "KR-R5", "%s: only a form is shown again", what);
}

static bool
limits(const struct kr_setting *s, const struct kr_field *q)
{
	return s->key != NULL && strcmp(s->key, q->max_from) == 0 && s->type == 'i' &&
	       s->min > 0 && s->max <= q->max;
}

/* Limits that the school sets, and forms that set them. */
static void
check_by_school(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	if ((r->flags & KR_R_SETTINGS) != 0 &&
	    ((p->rights & KR_RIGHT_KERNEL) == 0 || r->nin > 0))
		kr_finding(f, "KR-R6",
		    "%s: settings are for administration pages, without own fields",
		    what);
	for (size_t i = 0; i < r->nin; i++) {
		const struct kr_field *q = &r->in[i];
		bool found = q->max_from == NULL;

		for (size_t k = 0; !found && k < p->nsettings; k++)
			found = limits(&p->settings[k], q);
		if (!found)
			kr_finding(f, "KR-R7",
			    "%s: %s: no setting %s of type i from 1 to at most %d",
			    what, q->name, q->max_from, q->max);
	}
}

static bool
has_entity(const struct kr_plugin *p, const struct kr_entity *e)
{
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++)
		if (p->entities[i] == e)
			return true;
	return false;
}

void
kr_check_route(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_route *r = &p->routes[no];
	char what[160];

	if (r->path == NULL || r->run == NULL) {
		kr_finding(f, "KR-R4", "route %zu: without path or handler", no + 1);
		return;
	}
	snprintf(what, sizeof what, "%s %s", kr_method_name(r->method), r->path);
	check_path(p, r, what, f);
	check_who(p, r, what, f);
	check_object(r, what, f);
	check_machine(r, what, f);
	check_effect(r, what, f);
	check_fields(f, what, r->in, r->nin);
	check_by_school(p, r, what, f);
	if (r->entity != NULL && !has_entity(p, r->entity))
		kr_finding(f, "KR-R11", "%s: its entity is not in the manifest", what);
	for (size_t i = 0; i < no; i++)
		if (p->routes[i].path != NULL && p->routes[i].method == r->method &&
		    strcmp(p->routes[i].path, r->path) == 0)
			kr_finding(f, "KR-R7", "%s: twice", what);
}

/* What the router would not take must be refused here: after this, all plugins share
   one router, and it is too late to leave one of them out. */
void
kr_check_router(const struct kr_plugin *p, struct kr_findings *f)
{
	struct kr_router *router = kr_router_new();

	for (size_t i = 0; i < p->nroutes; i++)
		if (!kr_router_add(router, &p->routes[i], i))
			kr_finding(f, "KR-R4",
			    "%s %s: malformed, too deep, or not to be told from another path",
			    kr_method_name(p->routes[i].method), p->routes[i].path);
}
