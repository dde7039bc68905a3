/* Builds the demo school: 48 classes, 1,200 pupils, 95 teachers, some parents, clubs,
   courses, and the days without school in North Rhine-Westphalia. */
#include "cli/demo.h"

#include "school/internal.h"

enum { PUPILS = 1200, TEACHERS = 95, PARENTS = 40, CLASSES = 48, YOUNG = 23 };

struct build {
	kr_ctx *cx;
	struct kr_dice dice;
	kr_id class[CLASSES];
	kr_str class_name[CLASSES];
	kr_id pupil[PUPILS], teacher[TEACHERS];
	size_t npupils;
	unsigned key;
	struct kr_id_list persons;
};

static const struct {
	const char *name;
	int first[3], last[3];
} days[] = {
	{ "Sommerferien", { 2026, 7, 20 }, { 2026, 9, 1 } },
	{ "Herbstferien", { 2026, 10, 17 }, { 2026, 10, 31 } },
	{ "Weihnachtsferien", { 2026, 12, 23 }, { 2027, 1, 6 } },
	{ "Osterferien", { 2027, 3, 22 }, { 2027, 4, 3 } },
	{ "Christi Himmelfahrt", { 2027, 5, 6 }, { 2027, 5, 6 } },
	{ "Pfingstmontag", { 2027, 5, 17 }, { 2027, 5, 17 } },
	{ "Pfingstferien", { 2027, 5, 18 }, { 2027, 5, 18 } },
	{ "Fronleichnam", { 2027, 5, 27 }, { 2027, 5, 27 } },
	{ "Sommerferien", { 2027, 7, 19 }, { 2027, 8, 31 } },
};

/* The four accounts, and two people one meets on the pages. */
static const struct known {
	const char *given, *family, *account;
	uint32_t roles;
} known[] = {
	{ "Jörg", "Wüstenhagen", "admin", KR_ROLE_ADMIN | KR_ROLE_TEACHER },
	{ "Katharina", "Yıldırım-Großmann", "lehrerin", KR_ROLE_TEACHER },
	{ "Mia", "Öztürk-Lindqvist", "schueler", KR_ROLE_PUPIL },
	{ "Ingrid", "Öztürk-Lindqvist", "elternteil", KR_ROLE_PARENT },
	{ "Thu Hà", "Nguyen-Hövelmann", "", KR_ROLE_STAFF },
};
enum { ADMIN, TEACHER, PUPIL, PARENT, OFFICE };

static kr_id
add(struct build *b, kr_str given, kr_str family, kr_str account, uint32_t roles)
{
	kr_id id = kr_person_insert(b->cx,
	    &(struct kr_person_new){ .given = given,
		.family = family,
		.account = account,
		.roles = roles,
		.source = KR_S(KR_DEMO_SOURCE),
		.key = kr_fmt(b->cx, "%u", ++b->key) },
	    NULL);

	kr_id_list_add(b->cx, &b->persons, id);
	return id;
}

static kr_id
add_known(struct build *b, size_t who)
{
	return add(b, kr_z(known[who].given), kr_z(known[who].family),
	    kr_z(known[who].account), known[who].roles);
}

static kr_str
pick(struct build *b, const char *const *names, size_t n)
{
	return kr_z(names[kr_dice(&b->dice, (uint32_t)n)]);
}

static void
make_days(kr_ctx *cx)
{
	kr_kernel_year(
	    cx, KR_S("2026/27"), kr_date_civil(2026, 8, 1), kr_date_civil(2027, 7, 31));
	kr_year_current(cx);
	for (size_t i = 0; i < KR_LEN(days); i++)
		kr_kernel_holiday(cx, kr_z(days[i].name),
		    kr_date_civil(days[i].first[0], days[i].first[1], days[i].first[2]),
		    kr_date_civil(days[i].last[0], days[i].last[1], days[i].last[2]));
}

/* 5a to 7h, 8a to 10g, EF, Q1, Q2: 48 classes. */
static void
make_classes(struct build *b)
{
	static const char *const upper[] = { "EF", "Q1", "Q2" };
	size_t n = 0;

	for (int grade = 5; grade <= 10; grade++)
		for (char stream = 'a'; stream < (grade <= 7 ? 'i' : 'h'); stream++)
			b->class_name[n++] = kr_fmt(b->cx, "%d%c", grade, stream);
	for (size_t i = 0; i < KR_LEN(upper); i++)
		b->class_name[n++] = kr_z(upper[i]);
	KR_CHECK(n == CLASSES);
	for (size_t i = 0; i < n; i++)
		b->class[i] = kr_kernel_group(b->cx, KR_S("class"), b->class_name[i]);
}

static size_t
class_named(const struct build *b, const char *name)
{
	for (size_t i = 0; i < CLASSES; i++)
		if (kr_is(b->class_name[i], name))
			return i;
	kr_panic("demo: no class %s", name);
}

static void
make_pupils(struct build *b, kr_id mia)
{
	const struct kr_demo_names *n = &kr_demo_pupils;

	for (size_t c = 0; c < CLASSES; c++) {
		size_t size =
		    c < CLASSES - 3 ? YOUNG : (PUPILS - (CLASSES - 3) * YOUNG) / 3;
		size_t have = 0;

		if (kr_is(b->class_name[c], "7b")) {
			b->pupil[b->npupils++] = mia;
			kr_member_begin(b->cx, b->class[c], mia, KR_MEMBER);
			have = 1;
		}
		for (; have < size; have++) {
			kr_id id = add(b, pick(b, n->given, n->ngiven),
			    pick(b, n->family, n->nfamily), KR_S(""), KR_ROLE_PUPIL);

			b->pupil[b->npupils++] = id;
			kr_member_begin(b->cx, b->class[c], id, KR_MEMBER);
		}
	}
	KR_CHECK(b->npupils == PUPILS);
}

/* Every class has one who leads it and five more who teach there. */
static void
make_teachers(struct build *b, kr_id katharina, kr_id joerg)
{
	const struct kr_demo_names *n = &kr_demo_adults;
	kr_id staff = kr_kernel_group(b->cx, KR_S("staff"), KR_S("Kollegium"));
	size_t home = class_named(b, "7b");

	b->teacher[0] = katharina;
	b->teacher[1] = joerg;
	for (size_t i = 2; i < TEACHERS; i++)
		b->teacher[i] = add(b, pick(b, n->given, n->ngiven),
		    pick(b, n->family, n->nfamily), KR_S(""), KR_ROLE_TEACHER);
	for (size_t i = 0; i < TEACHERS; i++)
		kr_member_begin(b->cx, staff, b->teacher[i], KR_MEMBER);
	for (size_t c = 0; c < CLASSES; c++) {
		size_t leader = c == home ? 0 : 2 + (c * 2) % (TEACHERS - 2);

		kr_member_begin(
		    b->cx, b->class[c], b -> teacher[leader], KR_MEMBER_OWNER);
		for (int k = 0; k < 5; k++) {
			size_t t = 2 + kr_dice(&b->dice, TEACHERS - 2);

			if (t != leader)
				kr_member_begin(b->cx, b->class[c], b -> teacher[t],
				    KR_MEMBER_TEACHER);
		}
	}
	kr_member_begin(
	    b->cx, b->class[class_named(b, "9a")], katharina, KR_MEMBER_TEACHER);
	kr_member_begin(
	    b->cx, b->class[class_named(b, "Q1")], katharina, KR_MEMBER_TEACHER);
	kr_member_begin(
	    b->cx, b->class[class_named(b, "7c")], joerg, KR_MEMBER_TEACHER);
}

/* A parent has the child's family name, and now and then a second child. */
static void
make_parents(struct build *b, kr_id ingrid, kr_id mia)
{
	const struct kr_demo_names *n = &kr_demo_adults;

	kr_guardian_begin(b->cx, ingrid, mia);
	for (int i = 1; i < PARENTS; i++) {
		kr_id child = b->pupil[kr_dice(&b->dice, PUPILS)];
		struct kr_person p = { .family = KR_S("?") };
		kr_id id;

		(void)kr_person(b->cx, child, &p);
		id = add(b, pick(b, n->given, n->ngiven), p.family, KR_S(""),
		    KR_ROLE_PARENT);
		kr_guardian_begin(b->cx, id, child);
		if (i % 5 == 0)
			kr_guardian_begin(
			    b->cx, id, b->pupil[kr_dice(&b->dice, PUPILS)]);
	}
}

static const struct {
	const char *kind, *name;
	unsigned members;
} circles[] = { { "club", "Chor", 48 }, { "club", "Schulband", 9 },
	{ "club", "Robotik-AG", 16 }, { "club", "Schülervertretung", 12 },
	{ "course", "Q1 Deutsch LK", 19 }, { "course", "Q1 Mathematik GK", 24 },
	{ "course", "Q2 Biologie LK", 17 } };

static void
make_circles(struct build *b, kr_id katharina)
{
	for (size_t i = 0; i < KR_LEN(circles); i++) {
		bool course = circles[i].kind[1] == 'o';
		/* Courses are for the last three years; those pupils come last. */
		uint32_t from = course ? (CLASSES - 3) * YOUNG : 0;
		kr_id group = kr_kernel_group(
		    b->cx, kr_z(circles[i].kind), kr_z(circles[i].name));

		for (unsigned k = 0; k < circles[i].members; k++)
			kr_member_begin(b->cx, group,
			    b->pupil[from + kr_dice(&b->dice, PUPILS - from)],
			    KR_MEMBER);
		kr_member_begin(b->cx, group,
		    course && i == 4 ? katharina
				     : b->teacher[2 + kr_dice(&b->dice, TEACHERS - 2)],
		    KR_MEMBER_OWNER);
	}
}

void
kr_demo_school(kr_ctx *cx, struct kr_demo *demo_r)
{
	struct build *b = KR_NEW(cx, struct build);
	struct kr_demo d = { 0 };

	b->cx = cx;
	b->dice.state = 20260801;
	make_days(cx);
	make_classes(b);
	d.admin = add_known(b, ADMIN);
	d.teacher = add_known(b, TEACHER);
	d.pupil = add_known(b, PUPIL);
	d.parent = add_known(b, PARENT);
	d.office = add_known(b, OFFICE);
	make_pupils(b, d.pupil);
	make_teachers(b, d.teacher, d.admin);
	make_parents(b, d.parent, d.pupil);
	make_circles(b, d.teacher);
	kr_closure_refresh(cx, b->persons.p, b->persons.n);
	d.everybody =
	    kr_audience_store(cx, &(struct kr_audience_part){ KR_PART_ALL, 0, 0 }, 1);
	d.teachers = kr_audience_store(
	    cx, &(struct kr_audience_part){ KR_PART_ROLES, KR_ROLE_TEACHER, 0 }, 1);
	d.class_7b = b->class[class_named(b, "7b")];
	d.persons = b->persons.n;
	kr_audit(cx, "core.demo_made", 0);
	*demo_r = d;
}
