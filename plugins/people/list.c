/* The list of people: search, filters, pages by key, and the same as a spreadsheet. */
#include "people.h"
#include "people_templates.h"

#define PAGE 50u
#define CLASSES                                                                             \
	"(SELECT GROUP_CONCAT(g.name ORDER BY g.grade, g.name SEPARATOR ', ')"              \
	" FROM core_my_group m JOIN core_group g ON g.id = m.group_id AND g.kind = 'class'" \
	" WHERE m.person_id = p.id)"
#define ROW                                                                            \
	"SELECT p.id, p.given, p.family, p.account, p.roles, p.state, p.activated_at," \
	" p.left_at, " CLASSES
#define ROW_OUT                                                                        \
	"isss"                                                                         \
	"istts"
/* Up to three words, each in the account or the name; who has left is only shown when
   he is asked for. Words that were not typed are not compared. */
#define WORD(n)                                                                        \
	" AND (? < " n " OR p.account LIKE ? OR CONCAT(p.given, ' ', p.family) LIKE ?)"
#define WORDS3 WORD("1") WORD("2") WORD("3")
#define MATCH                                                                          \
	WORDS3                                                                         \
	" AND (p.roles & ?) <> 0"                                                      \
	" AND p.state = ELT(?, 'active', 'active', 'locked', 'left', p.state)"         \
	" AND (? <> 1 OR p.activated_at IS NOT NULL)"                                  \
	" AND (? <> 2 OR p.activated_at IS NULL) AND (? <> 5 OR p.state <> 'left')"
#define MATCH_IN                                                                       \
	"iss"                                                                          \
	"iss"                                                                          \
	"iss"                                                                          \
	"i"                                                                            \
	"iiii"
#define BEHIND                                                                         \
	"(p.family > c.family OR p.given > c.given OR (p.given = c.given AND p.id > c.id))"
#define ORDER " ORDER BY p.family, p.given, p.id LIMIT "
/* Everybody in order of the index by_name, or the few of a group. */
#define ALL ROW " FROM core_person p WHERE TRUE" MATCH ORDER
#define OF_GROUP                                                                         \
	ROW " FROM core_my_group f JOIN core_person p ON p.id = f.person_id AND"         \
	    " f.group_id = ? LEFT JOIN core_person c ON c.id = ? WHERE (c.id IS NULL OR" \
	    " (p.family >= c.family AND " BEHIND "))" MATCH ORDER

KR_STMT(q_first, MATCH_IN, ROW_OUT, ALL "51");
KR_STMT(q_more, "i" MATCH_IN, ROW_OUT,
    ROW " FROM core_person p JOIN core_person c ON c.id = ? WHERE p.family >= c.family"
	" AND " BEHIND MATCH ORDER "51");
KR_STMT(q_group, "ii" MATCH_IN, ROW_OUT, OF_GROUP "51");
KR_STMT(q_csv, MATCH_IN, ROW_OUT, ALL "100000");
KR_STMT(q_csv_group, "ii" MATCH_IN, ROW_OUT, OF_GROUP "100000");
KR_STMT(q_totals, "", "ii",
    "SELECT COUNT(*), COALESCE(SUM((roles & 1) <> 0), 0) FROM core_person"
    " WHERE state <> 'left'");

struct found {
	int64_t id;
	kr_str given, family, account;
	uint32_t roles;
	kr_str state;
	kr_time activated, left_at;
	kr_str classes;
};
static const struct kr_col found_cols[] = { KR_COL(struct found, id),
	KR_COL(struct found, given), KR_COL(struct found, family),
	KR_COL(struct found, account), KR_COL(struct found, roles),
	KR_COL(struct found, state), KR_COL(struct found, activated),
	KR_COL(struct found, left_at), KR_COL(struct found, classes) };
struct totals {
	int64_t all, pupils;
};
static const struct kr_col total_cols[] = { KR_COL(struct totals, all),
	KR_COL(struct totals, pupils) };

/* Names of filters and what they mean in the statement. */
static const struct {
	const char *name;
	int64_t value;
} roles[] = { { "pupil", KR_ROLE_PUPIL }, { "teacher", KR_ROLE_TEACHER },
	{ "parent", KR_ROLE_PARENT }, { "staff", KR_ROLE_STAFF },
	{ "admin", KR_ROLE_ADMIN } };
static const char *const states[] = { "active", "waiting", "locked", "left" };

struct people_roles
people_roles_of(uint32_t r)
{
	return (struct people_roles){ (r & KR_ROLE_PUPIL) != 0,
		(r & KR_ROLE_TEACHER) != 0, (r & KR_ROLE_PARENT) != 0,
		(r & KR_ROLE_STAFF) != 0, (r & KR_ROLE_ADMIN) != 0 };
}

struct people_state
people_state_of(kr_str state, kr_time activated, kr_time left_at)
{
	bool waits = kr_is(state, "active") && activated.us == KR_NO_TIME.us;

	return (struct people_state){ waits ? KR_S("waiting") : state, left_at };
}

/* ── what is asked for ── */

/* A word as a pattern: found anywhere; what LIKE would read as a sign is a letter. */
static kr_val
pattern(kr_ctx *cx, kr_str word)
{
	char *p = kr_alloc(cx, word.n * 2 + 2, 1);
	size_t n = 0;

	p[n++] = '%';
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '%' || word.p[i] == '_' || word.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = word.p[i];
	}
	if (n > 1)
		p[n++] = '%';
	return kr_s((kr_str){ p, n });
}

static struct people_filter
asked(kr_ctx *cx)
{
	return (struct people_filter){ .q = kr_in_s(cx, "q"),
		.role = kr_in_s(cx, "role"),
		.state = kr_in_s(cx, "state"),
		.group = kr_in_i(cx, "group") };
}

/* What is not ASCII cannot stand in an account, and is not compared with one. */
static kr_val
account_pattern(kr_ctx *cx, kr_str word)
{
	char *p = kr_alloc(cx, word.n + 1, 1);

	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		if ((unsigned char)c >= 0x80)
			return kr_null();
		p[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
	}
	return pattern(cx, (kr_str){ p, word.n });
}

/* Values of the statements: group, cursor, and those of MATCH. */
enum { GROUP, AFTER, WORDS, ROLE = WORDS + 9, STATE, NVALUES = STATE + 4 };

static void
bind_words(kr_ctx *cx, kr_str q, kr_val *v)
{
	kr_val words[6] = { kr_null(), kr_null(), kr_null(), kr_null(), kr_null(),
		kr_null() };
	kr_str rest = q, word;
	int64_t n = 0;

	while (n < 3 && kr_split(&rest, ' ', &word)) {
		if (word.n == 0)
			continue;
		words[2 * n] = account_pattern(cx, word);
		words[2 * n + 1] = pattern(cx, word);
		n++;
	}
	for (size_t i = 0; i < 3; i++) {
		v[3 * i] = kr_i(n);
		v[3 * i + 1] = words[2 * i];
		v[3 * i + 2] = words[2 * i + 1];
	}
}

static void
bind(kr_ctx *cx, const struct people_filter *f, kr_id after, kr_val v[NVALUES])
{
	int64_t role = KR_ROLE_ALL, state = 5;

	for (size_t i = 0; i < KR_LEN(roles); i++)
		if (kr_is(f->role, roles[i].name))
			role = roles[i].value;
	for (size_t i = 0; i < KR_LEN(states); i++)
		if (kr_is(f->state, states[i]))
			state = (int64_t)i + 1;
	v[GROUP] = kr_i(f->group);
	v[AFTER] = kr_i(after);
	bind_words(cx, f->q, v + WORDS);
	v[ROLE] = kr_i(role);
	for (size_t i = 0; i < 4; i++)
		v[STATE + i] = kr_i(state);
}

/* The page behind the cursor. */
static kr_rows *
find(kr_ctx *cx, const struct people_filter *f, kr_id after)
{
	kr_val v[NVALUES];

	bind(cx, f, after, v);
	if (f->group != 0)
		return kr_query_(cx, &q_group, v, NVALUES);
	if (after != 0)
		return kr_query_(cx, &q_more, v + AFTER, NVALUES - AFTER);
	return kr_query_(cx, &q_first, v + WORDS, NVALUES - WORDS);
}

static kr_rows *
find_all(kr_ctx *cx, const struct people_filter *f)
{
	kr_val v[NVALUES];

	bind(cx, f, 0, v);
	return f->group != 0 ? kr_query_(cx, &q_csv_group, v, NVALUES)
			     : kr_query_(cx, &q_csv, v + WORDS, NVALUES - WORDS);
}

static struct people_row
row_of(const struct found *r)
{
	return (struct people_row){ .id = r->id,
		.given = r->given,
		.family = r->family,
		.account = r->account,
		.classes = r->classes,
		.role_bits = r->roles,
		.roles = people_roles_of(r->roles),
		.state = people_state_of(r->state, r->activated, r->left_at),
		.activated = r->activated };
}

/* ── selects ── */

static kr_str
word(kr_ctx *cx, const char *kind, kr_str name)
{
	return kr_kernel_text(
	    cx, kr_fmt(cx, "people.%s_%.*s", kind, KR_FMT(name)), KR_S(""));
}

static struct people_option
option(kr_ctx *cx, const char *kind, const char *value, kr_str chosen)
{
	return (struct people_option){ kr_z(value), word(cx, kind, kr_z(value)),
		kr_is(chosen, value) };
}

struct people_option *
people_groups(kr_ctx *cx, kr_id chosen, size_t *n_r)
{
	size_t n;
	const struct kr_group *g = kr_groups_for_me(cx, &n);
	struct people_option *list = kr_alloc(cx, n + 1, sizeof *list);

	for (size_t i = 0; i < n; i++)
		list[i] =
		    (struct people_option){ kr_fmt(cx, "%lld", (long long)g[i].id),
			    g[i].name, g[i].id == chosen };
	*n_r = n;
	return list;
}

static void
selects(kr_ctx *cx, struct people_list *view)
{
	view->roles.p = kr_alloc(cx, KR_LEN(roles), sizeof *view->roles.p);
	for (size_t i = 0; i < KR_LEN(roles); i++)
		view->roles.p[view->roles.n++] =
		    option(cx, "role", roles[i].name, view->f.role);
	view->states.p = kr_alloc(cx, KR_LEN(states), sizeof *view->states.p);
	for (size_t i = 0; i < KR_LEN(states); i++)
		view->states.p[view->states.n++] =
		    option(cx, "state", states[i], view->f.state);
	view->groups.p = people_groups(cx, view->f.group, &view->groups.n);
}

/* ── addresses ── */

/* Everything but letters and digits as %XX, so that it can stand in a query. */
static kr_str
encoded(kr_ctx *cx, kr_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *p = kr_alloc(cx, s.n * 3 + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9')) {
			p[n++] = (char)c;
			continue;
		}
		p[n++] = '%';
		p[n++] = hex[c >> 4];
		p[n++] = hex[c & 15];
	}
	return (kr_str){ p, n };
}

static kr_str
address(kr_ctx *cx, const char *path, const struct people_filter *f, kr_id after)
{
	kr_str q = encoded(cx, f->q);

	return kr_fmt(cx, "%s?q=%.*s&role=%.*s&state=%.*s&group=%.*s&after=%.*s", path,
	    KR_FMT(q), KR_FMT(f->role), KR_FMT(f->state),
	    KR_FMT(f->group ? kr_fmt(cx, "%lld", (long long)f->group) : KR_S("")),
	    KR_FMT(after ? kr_fmt(cx, "%lld", (long long)after) : KR_S("")));
}

static void
links(kr_ctx *cx, struct people_list *view, kr_id after)
{
	struct kr_group g;

	view->csv_href = address(cx, "/people/people.csv", &view->f, 0);
	view->filtered =
	    view->f.q.n + view->f.role.n + view->f.state.n > 0 || view->f.group != 0;
	if (view->f.group != 0 && kr_group(cx, view->f.group, &g))
		view->group_name = g.name;
	if (after != 0)
		view->first_href = address(cx, "/people", &view->f, 0);
	if (view->rows.n > PAGE) {
		view->rows.n = PAGE;
		view->next_href =
		    address(cx, "/people", &view->f, view->rows.p[PAGE - 1].id);
	}
	view->sliced = view->next_href.n > 0 || view->first_href.n > 0;
}

static void
fill(kr_ctx *cx, struct people_list *view, kr_rows *rows)
{
	struct found r;

	view->rows.p = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *view->rows.p);
	while (kr_next(rows, found_cols, &r))
		view->rows.p[view->rows.n++] = row_of(&r);
}

kr_err
people_page(kr_ctx *cx)
{
	struct people_list view = { .f = asked(cx),
		.may_write = kr_can(cx, "people.write") };
	kr_id after = kr_in_i(cx, "after");
	struct totals t = { 0 };

	fill(cx, &view, find(cx, &view.f, after));
	if (kr_one(cx, &q_totals, total_cols, &t)) {
		view.all = t.all;
		view.pupils = t.pupils;
	}
	selects(cx, &view);
	links(cx, &view, after);
	return people_list(cx, &view);
}

/* ── spreadsheet ── */

/* A cell in quotes; what a spreadsheet would run as a formula begins with an
 * apostrophe. */
static kr_str
cell(kr_ctx *cx, kr_str s)
{
	char *p = kr_alloc(cx, s.n * 2 + 3, 1);
	size_t n = 0;

	p[n++] = '"';
	if (s.n > 0 && (s.p[0] == '=' || s.p[0] == '+' || s.p[0] == '-' ||
			   s.p[0] == '@' || s.p[0] == '\t' || s.p[0] == '\r'))
		p[n++] = '\'';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			p[n++] = '"';
		p[n++] = s.p[i];
	}
	p[n++] = '"';
	return (kr_str){ p, n };
}

static kr_str
role_list(kr_ctx *cx, uint32_t bits)
{
	kr_str names[KR_LEN(roles)];
	size_t n = 0;

	for (size_t i = 0; i < KR_LEN(roles); i++)
		if ((bits & (uint32_t)roles[i].value) != 0)
			names[n++] = word(cx, "role", kr_z(roles[i].name));
	return kr_join(cx, names, n, KR_S(", "));
}

static kr_str
line(kr_ctx *cx, const kr_str *cells, size_t n)
{
	return kr_fmt(cx, "%.*s\r\n", KR_FMT(kr_join(cx, cells, n, KR_S(";"))));
}

static kr_str
head_line(kr_ctx *cx)
{
	static const char *const keys[] = { "family", "given", "account", "role",
		"class", "state" };
	kr_str cells[KR_LEN(keys)];

	for (size_t i = 0; i < KR_LEN(keys); i++)
		cells[i] = cell(cx, word(cx, "f", kr_z(keys[i])));
	return line(cx, cells, KR_LEN(cells));
}

kr_err
people_csv(kr_ctx *cx)
{
	struct people_filter f = asked(cx);
	kr_rows *rows = find_all(cx, &f);
	kr_str *lines;
	struct found r;
	size_t n = 0;

	lines = kr_alloc(cx, kr_rows_n(rows) + 2, sizeof *lines);
	lines[n++] = KR_S("\xef\xbb\xbf"); /* Excel takes it as UTF-8 only with this */
	lines[n++] = head_line(cx);
	while (kr_next(rows, found_cols, &r)) {
		kr_str is = people_state_of(r.state, r.activated, r.left_at).is;
		kr_str cells[] = { cell(cx, r.family), cell(cx, r.given),
			cell(cx, r.account), cell(cx, role_list(cx, r.roles)),
			cell(cx, r.classes), cell(cx, word(cx, "state", is)) };

		lines[n++] = line(cx, cells, KR_LEN(cells));
	}
	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	return kr_send_text(cx, "text/csv", kr_join(cx, lines, n, KR_S("")));
}
