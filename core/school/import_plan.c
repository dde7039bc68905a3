/* The plan: checked persons beside those we have from the same source, by key alone. */
#include "school/import.h"

#include <stdlib.h>
#include <string.h>

KR_STMT(q_known, "iidds", "isssssss",
    "SELECT p.id, p.source_key, p.given, p.family, p.short, p.account, p.state,"
    " (SELECT GROUP_CONCAT(m.group_id ORDER BY g.grade, g.name SEPARATOR ',')"
    " FROM core_membership m JOIN core_group g ON g.id = m.group_id"
    " WHERE m.person_id = p.id AND m.role = ? AND g.kind = 'class' AND g.year_id = ?"
    " AND m.from_day <= ? AND (m.until_day IS NULL OR m.until_day >= ?))"
    " FROM core_person p WHERE p.source = ? ORDER BY p.source_key");
KR_STMT(q_class, "si", "i",
    "SELECT id FROM core_group WHERE kind = 'class' AND name = ? AND year_id = ?");
KR_STMT(q_class_name, "i", "s", "SELECT name FROM core_group WHERE id = ?");

static const struct kr_col known_cols[] = { KR_COL(struct kr_import_known, id),
	KR_COL(struct kr_import_known, key), KR_COL(struct kr_import_known, given),
	KR_COL(struct kr_import_known, family),
	KR_COL(struct kr_import_known, shorthand),
	KR_COL(struct kr_import_known, account), KR_COL(struct kr_import_known, state),
	KR_COL(struct kr_import_known, groups) };
struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };
struct one_name {
	kr_str name;
};
static const struct kr_col name_cols[] = { KR_COL(struct one_name, name) };

static int
compare_keys(kr_str a, kr_str b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static kr_str
full_name(kr_ctx *cx, kr_str given, kr_str family)
{
	return kr_fmt(cx, "%.*s %.*s", KR_FMT(given), KR_FMT(family));
}

static int
by_grade(const void *a, const void *b)
{
	const kr_str *x = a, *y = b;
	int c = kr_class_grade(*x) - kr_class_grade(*y);

	return c ? c : compare_keys(*x, *y);
}

/* "7b, 10a" of the file's classes. */
static kr_str
names_of(struct kr_import *im, const struct kr_import_person *p)
{
	kr_str *names = kr_alloc(im->cx, p->nclasses + 1, sizeof *names);

	for (size_t i = 0; i < p->nclasses; i++)
		names[i] = im->classes[p->classes[i]].name;
	if (p->nclasses > 1)
		qsort(names, p->nclasses, sizeof *names, by_grade);
	return kr_join(im->cx, names, p->nclasses, KR_S(", "));
}

/* "12,34" -> "7b, 7c": names of groups the person is in now. */
static kr_str
names_now(struct kr_import *im, kr_str groups)
{
	kr_str id_text, rest = groups.n > 0 ? groups : (kr_str){ NULL, 0 };
	struct one_name row;
	struct kr_buf b;
	int64_t id;

	kr_buf_init(&b, im->cx->arena, 32);
	while (kr_split(&rest, ',', &id_text)) {
		bool ours = false;

		if (!kr_to_i(id_text, &id))
			continue;
		if (b.n > 0)
			kr_buf_str(&b, KR_S(", "));
		for (size_t i = 0; i < im->nclasses && !ours; i++)
			if (im->classes[i].id == id) {
				kr_buf_str(&b, im->classes[i].name);
				ours = true;
			}
		if (!ours && kr_one(im->cx, &q_class_name, name_cols, &row, kr_i(id)))
			kr_buf_str(&b, row.name);
	}
	return kr_buf_view(&b);
}

/* Both lists name each class once. */
bool
kr_import_same_classes(const struct kr_import *im, const struct kr_import_person *p)
{
	kr_str groups = p->known->groups, id_text;
	kr_str rest = groups.n > 0 ? groups : (kr_str){ NULL, 0 };
	size_t n = 0;
	int64_t id;

	while (kr_split(&rest, ',', &id_text)) {
		bool found = false;

		if (!kr_to_i(id_text, &id))
			return false;
		for (size_t i = 0; i < p->nclasses; i++)
			found |= im->classes[p->classes[i]].id == id;
		if (!found)
			return false;
		n++;
	}
	return n == p->nclasses;
}

static void
plan_fresh(struct kr_import *im, const struct kr_import_person *p)
{
	im->plan->fresh++;
	kr_import_add(im, &(struct kr_import_row){ .kind = 'n',
			      .row = p->line,
			      .name = full_name(im->cx, p->given, p->family),
			      .was = p->known ? p->known->account : KR_S(""),
			      .becomes = names_of(im, p) });
}

static void
plan_known(struct kr_import *im, const struct kr_import_person *p)
{
	const struct kr_import_known *k = p->known;
	kr_str name = full_name(im->cx, p->given, p->family);
	bool same = true;

	if (!kr_eq(k->given, p->given) || !kr_eq(k->family, p->family) ||
	    (im->has_shorthand && !kr_eq(k->shorthand, p->shorthand))) {
		kr_str was = full_name(im->cx, k->given, k->family), becomes = name;

		if (kr_eq(was, name)) {
			was = k->shorthand;
			becomes = p->shorthand;
		}
		same = false;
		im->plan->changed++;
		kr_import_add(im, &(struct kr_import_row){ .kind = 'c',
				      .row = p->line,
				      .name = name,
				      .was = was,
				      .becomes = becomes });
	}
	if (im->has_classes && !kr_import_same_classes(im, p)) {
		same = false;
		im->plan->moved++;
		kr_import_add(im, &(struct kr_import_row){ .kind = 'm',
				      .row = p->line,
				      .name = name,
				      .was = names_now(im, k->groups),
				      .becomes = names_of(im, p) });
	}
	im->plan->unchanged += same;
}

static void
find_classes(struct kr_import *im)
{
	struct kr_year year;
	struct one_id row;

	im->year = kr_year(im->cx, kr_today(im->cx), &year) ? year.id : 0;
	for (size_t i = 0; i < im->nclasses; i++)
		if (kr_one(im->cx, &q_class, one_cols, &row, kr_s(im->classes[i].name),
			kr_i(im->year)))
			im->classes[i].id = row.id;
}

static int
by_known_key(const void *a, const void *b)
{
	const struct kr_import_known *x = a, *y = b;

	return compare_keys(x->key, y->key);
}

/* Both lists are sorted by key: one walk along the two. */
static void
match(struct kr_import *im)
{
	size_t k = 0;

	for (size_t i = 0; i < im->npeople; i++) {
		while (k < im->nknown &&
		       compare_keys(im->known[k].key, im->people[i].key) < 0)
			k++;
		if (k < im->nknown && kr_eq(im->known[k].key, im->people[i].key)) {
			im->people[i].known = &im->known[k];
			im->known[k].in_file = true;
		}
	}
}

static void
plan_leavers(struct kr_import *im)
{
	struct kr_import_plan *plan = im->plan;
	uint32_t active = 0;

	for (size_t i = 0; i < im->nknown; i++) {
		const struct kr_import_known *k = &im->known[i];

		if (kr_is(k->state, "left"))
			continue;
		active++;
		if (k->in_file)
			continue;
		plan->leavers++;
		kr_import_add(im, &(struct kr_import_row){ .kind = 'l',
				      .name = full_name(im->cx, k->given, k->family),
				      .was = names_now(im, k->groups) });
	}
	plan->stopped = plan->rows == 0 ||
			(plan->leavers >= 10 && (uint64_t)plan->leavers * 5 > active);
}

void
kr_import_compare(struct kr_import *im)
{
	kr_val today = kr_d(kr_today(im->cx));
	kr_rows *rows;

	find_classes(im);
	rows = kr_query(im->cx, &q_known, kr_i(im->profile->position), kr_i(im->year),
	    today, today, kr_s(kr_z(im->profile->name)));
	im->known = kr_alloc(im->cx, kr_rows_n(rows) + 1, sizeof *im->known);
	while (kr_next_(rows, known_cols, KR_LEN(known_cols), &im->known[im->nknown]))
		im->nknown++;
	if (im->nknown > 1)
		qsort(im->known, im->nknown, sizeof *im->known, by_known_key);
	match(im);
	for (size_t i = 0; i < im->npeople; i++) {
		const struct kr_import_person *p = &im->people[i];

		if (p->known == NULL || kr_is(p->known->state, "left"))
			plan_fresh(im, p);
		else
			plan_known(im, p);
	}
	plan_leavers(im);
}

kr_err
kr_kernel_import_plan(
    kr_ctx *cx, kr_str profile, kr_str file_bytes, struct kr_import_plan *plan_r)
{
	struct kr_import_plan *plan = KR_NEW(cx, struct kr_import_plan);
	struct kr_import *im = KR_NEW(cx, struct kr_import);

	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	im->cx = cx;
	im->plan = plan;
	im->profile = kr_import_profile(profile);
	if (im->profile == NULL)
		return kr_fail(cx, KR_EINPUT, "import: no such profile");
	plan->profile = kr_z(im->profile->name);
	plan->state_ = im;
	kr_import_parse(im, file_bytes);
	if (plan->errors == 0)
		kr_import_compare(im);
	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	*plan_r = *plan;
	return KR_OK;
}
