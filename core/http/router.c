/* From method and path to a route: a tree by segments, built once before fork. */
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

#define METHODS ((size_t)KR_REPORT + 1)
#define DEEPEST 12
#define KEY_MIN 8
#define KEY_MAX 512

struct node {
	kr_str name;
	struct node **kids; /* literal segments, sorted by name */
	size_t nkids;
	struct node *number, *key; /* {id}, {id2} or {key}: at most one of the two */
	const struct kr_route *route[METHODS];
	size_t no[METHODS];
};

struct kr_router {
	struct node root;
};

/* Lives as long as the process; running out of memory before serving ends it. */
static void *
keep(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		kr_panic("router: no memory");
	return p;
}

struct kr_router *
kr_router_new(void)
{
	return keep(sizeof(struct kr_router));
}

static int
compare(kr_str a, kr_str b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

/* Where a literal stands among the kids, or would stand. */
static size_t
place_of(const struct node *at, kr_str name, bool *found_r)
{
	size_t low = 0, high = at->nkids;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = compare(at->kids[mid]->name, name);

		if (order == 0) {
			*found_r = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found_r = false;
	return low;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Digits alone would compete with {id}; dots alone are no names. */
static bool
is_literal(kr_str s)
{
	bool other = false;

	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_word_char(s.p[i]) && s.p[i] != '.')
			return false;
		other |= s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9');
	}
	return other;
}

static struct node *
literal_kid(struct node *at, kr_str name)
{
	bool found;
	size_t i = place_of(at, name, &found);

	if (found)
		return at->kids[i];

	struct node *kid = keep(sizeof *kid);
	struct node **kids = keep((at->nkids + 1) * sizeof *kids);

	kid->name = name; /* of a manifest: constant */
	if (i > 0)
		memcpy(kids, at->kids, i * sizeof *kids);
	kids[i] = kid;
	if (i < at->nkids)
		memcpy(kids + i + 1, at->kids + i, (at->nkids - i) * sizeof *kids);
	free(at->kids);
	at->kids = kids;
	at->nkids++;
	return kid;
}

static struct node *
open_kid(struct node **slot, const struct node *rival)
{
	if (rival != NULL)
		return NULL;
	if (*slot == NULL)
		*slot = keep(sizeof **slot);
	return *slot;
}

/* The node of a pattern, made where missing; NULL when the pattern is malformed. */
static struct node *
node_of_pattern(struct kr_router *r, kr_str pattern)
{
	struct node *at = &r->root;
	kr_str rest = kr_sub(pattern, 1, pattern.n), part;
	int numbers = 0, keys = 0, depth = 0;

	if (pattern.n == 0 || pattern.p[0] != '/')
		return NULL;
	if (pattern.n == 1)
		return at;
	while (at != NULL && kr_split(&rest, '/', &part)) {
		if (++depth > DEEPEST)
			return NULL;
		if (kr_is(part, "{id}") && numbers == 0) {
			numbers = 1;
			at = open_kid(&at->number, at->key);
		} else if (kr_is(part, "{id2}") && numbers == 1) {
			numbers = 2;
			at = open_kid(&at->number, at->key);
		} else if (kr_is(part, "{key}") && keys++ == 0) {
			at = open_kid(&at->key, at->number);
		} else {
			at = is_literal(part) ? literal_kid(at, part) : NULL;
		}
	}
	return at;
}

bool
kr_router_add(struct kr_router *r, const struct kr_route *route, size_t no)
{
	if ((size_t)route->method >= METHODS)
		return false;

	struct node *at = node_of_pattern(r, kr_z(route->path));

	if (at == NULL || at->route[route->method] != NULL)
		return false;
	at->route[route->method] = route;
	at->no[route->method] = no;
	return true;
}

/* Row ids as we write them: no sign, no leading zero, at most 18 digits. */
static bool
is_number(kr_str s, kr_id *id_r)
{
	return s.n >= 1 && s.n <= 18 && s.p[0] >= '1' && s.p[0] <= '9' &&
	       kr_to_i(s, id_r);
}

static bool
is_key(kr_str s)
{
	if (s.n < KEY_MIN || s.n > KEY_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_word_char(s.p[i]))
			return false;
	}
	return true;
}

/* A literal wins over {key}; digits are never literals. */
static const struct node *
step(const struct node *at, kr_str part, struct kr_match *m)
{
	bool found;
	size_t i = part.n == 0 ? 0 : place_of(at, part, &found);
	kr_id id;

	if (part.n == 0)
		return NULL;
	if (found)
		return at->kids[i];
	if (at->number != NULL && is_number(part, &id)) {
		*(m->id == 0 ? &m->id : &m->id2) = id;
		return at->number;
	}
	if (at->key != NULL && is_key(part)) {
		m->key = part;
		return at->key;
	}
	return NULL;
}

const char *
kr_method_name(enum kr_method m)
{
	static const char *const names[METHODS] = { [KR_GET] = "GET",
		[KR_POST] = "POST",
		[KR_PUT] = "PUT",
		[KR_DELETE] = "DELETE",
		[KR_PROPFIND] = "PROPFIND",
		[KR_REPORT] = "REPORT" };

	return (size_t)m < METHODS ? names[m] : "?";
}

static kr_str
allowed(const struct node *at, struct kr_arena *arena)
{
	struct kr_buf b;

	kr_buf_init(&b, arena, 64);
	for (size_t i = 0; i < METHODS; i++) {
		if (at->route[i] == NULL)
			continue;
		kr_buf_fmt(&b, "%s%s, ", kr_method_name((enum kr_method)i),
		    i == KR_GET ? ", HEAD" : "");
	}
	kr_buf_str(&b, KR_S("OPTIONS"));
	return kr_buf_view(&b);
}

/* Any route of the path: who may not see it may not learn its methods either. */
static bool
some_route(const struct node *at, struct kr_match *m)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (at->route[i] != NULL) {
			m->route = at->route[i];
			m->no = at->no[i];
			return true;
		}
	}
	return false;
}

enum kr_routed
kr_router_find(const struct kr_router *r, struct kr_arena *arena, enum kr_method method,
    kr_str path, struct kr_match *match_r)
{
	const struct node *at = &r->root;
	struct kr_match m = { 0 };
	kr_str rest = kr_sub(path, 1, path.n), part;

	if (path.n == 0 || path.p[0] != '/')
		return KR_NO_PATH;
	if (path.n > 1) {
		while (at != NULL && kr_split(&rest, '/', &part))
			at = step(at, part, &m);
	}
	if (at == NULL || !some_route(at, &m))
		return KR_NO_PATH;
	m.allow = allowed(at, arena);
	if ((size_t)method < METHODS && at->route[method] != NULL) {
		m.route = at->route[method];
		m.no = at->no[method];
	}
	*match_r = m;
	return m.route->method == method ? KR_ROUTED : KR_NO_METHOD;
}
