/* The domain kernel against a real server, which db.sh has started in argv[1]; linked
   with libkreide.a. argv[2] is the repository. */
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include "school/school.h"

#include <kr/app.h>
#include <kr/http.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *dir, *repository;
static char socket_path[300], secret_dir[300];
static struct kr_arena *arena;
static struct kr_conn *rw, *auth;
static struct kr_ctx cx;
static struct kr_actor actor;
static const struct kr_plugin tasks = { .name = "tasks", .title = "tasks.title" };
static const struct kr_plugin people = { .name = "people", .flags = KR_PL_SYSTEM };
static struct kr_loaded loaded[] = { { .name = "core" },
	{ .p = &tasks, .name = "tasks" }, { .p = &people, .name = "people" },
	{ .p = &tasks, .name = "broken", .refused = "broken: no permission [KR-R1]" } };
static struct kr_app app = { .plugins = loaded, .nplugins = KR_LEN(loaded) };

/* A unit of work by a command. */
static void
begin(void)
{
	kr_arena_reset(arena);
	kr_ctx_init(&cx, arena, &app);
	actor = (struct kr_actor){ .system = true, .lang = KR_S("de") };
	cx.actor = &actor;
	cx.ro = cx.rw = cx.db = rw;
	cx.plugin = "core";
}

static void
end(kr_err want)
{
	if (cx.err != want)
		fail_msg("error %d, not %d: %.*s", cx.err, want, KR_FMT(cx.err_text));
	if (want == KR_OK)
		assert_int_equal(kr_commit(&cx), KR_OK);
	else
		kr_rollback(&cx);
	cx.db = auth;
	if (want == KR_OK)
		assert_int_equal(kr_commit(&cx), KR_OK);
	else
		kr_rollback(&cx);
	kr_ctx_finish(&cx);
}

static int64_t
count(const struct kr_stmt *st, const kr_val *v, size_t n)
{
	static const struct kr_col cols[] = { { 'i', 8, 0 } };
	int64_t number = -1;

	assert_true(kr_next_(kr_query_(&cx, st, v, n), cols, 1, &number));
	return number;
}
#define COUNT(st, ...) count(&(st), KR_ARGS(__VA_ARGS__))

KR_STMT(q_my_group, "iii", "i",
    "SELECT COUNT(*) FROM core_my_group WHERE person_id = ? AND group_id = ? AND role = ?");
KR_STMT(
    q_my_groups, "i", "i", "SELECT COUNT(*) FROM core_my_group WHERE person_id = ?");
KR_STMT(q_my_audience, "ii", "i",
    "SELECT COUNT(*) FROM core_my_audience WHERE person_id = ? AND audience_id = ?");
KR_STMT(q_childs_group, "ii", "i",
    "SELECT COUNT(*) FROM core_my_childs_group WHERE guardian_id = ? AND group_id = ?");
KR_STMT(
    q_live, "s", "i", "SELECT COUNT(*) FROM core_policy WHERE module = ? AND live = 1");
KR_STMT(q_policies, "s", "i", "SELECT COUNT(*) FROM core_policy WHERE module = ?");
KR_STMT(q_epoch, "", "i", "SELECT value FROM core_epoch WHERE name = 'rights'");
KR_STMT(q_persons, "s", "i", "SELECT COUNT(*) FROM core_person WHERE source = ?");
KR_STMT(q_audits, "s", "i", "SELECT COUNT(*) FROM kreide_audit.entry WHERE action = ?");
KR_STMT(q_codes, "", "i", "SELECT COUNT(*) FROM code WHERE used_at IS NULL");
KR_STMT(q_hashes, "", "i", "SELECT COUNT(*) FROM credential");
KR_STMT(x_shift, "i", "",
    "UPDATE core_membership SET from_day = from_day - INTERVAL 40 DAY,"
    " until_day = until_day - INTERVAL 40 DAY WHERE person_id = ?");
KR_STMT(x_later, "iid", "",
    "INSERT INTO core_membership (group_id, person_id, role, from_day)"
    " VALUES (?, ?, 1, ?)");
KR_STMT(x_tamper, "i", "", "DELETE FROM core_my_group WHERE person_id = ?");
KR_STMT(x_tamper2, "i", "",
    "INSERT INTO core_my_audience (person_id, audience_id) VALUES (?, 4711)");

static kr_id
person(const char *given, const char *family, uint32_t roles)
{
	return kr_kernel_person_add(
	    &cx, &(struct kr_person_new){
		     .given = kr_z(given), .family = kr_z(family), .roles = roles });
}

static kr_str
account_of(kr_id id)
{
	KR_STMT(q, "i", "s", "SELECT account FROM core_person WHERE id = ?");
	static const struct kr_col cols[] = { { 's', sizeof(kr_str), 0 } };
	kr_str s = KR_S("");

	(void)kr_one(&cx, &q, cols, &s, kr_i(id));
	return s;
}

/* ── every statement fits the schema ── */

static void
test_statements(void **state)
{
	char why[300];
	size_t n = 0;

	(void)state;
	for (const struct kr_stmt *const *s = __start_kr_stmts; s < __stop_kr_stmts;
	     s++) {
		/* those of the auth process run as another user */
		bool ok = kr_stmt_verify(rw, *s, why, sizeof why) ||
			  kr_stmt_verify(auth, *s, why, sizeof why);

		if (!ok && strstr(why, "denied") == NULL)
			fail_msg("%s: %s", (*s)->name, why);
		n++;
	}
	assert_true(n > 60);
}

/* ── years ── */

static void
test_years(void **state)
{
	struct kr_year y;
	kr_id id;

	(void)state;
	begin();
	cx.now = kr_time_at(kr_date_civil(2026, 11, 21), 600);
	assert_false(kr_year(&cx, kr_today(&cx), &y));
	id = kr_year_current(&cx);
	assert_true(id > 0 && kr_year_current(&cx) == id);
	assert_true(kr_year(&cx, kr_date_civil(2027, 7, 31), &y));
	assert_int_equal(y.id, id);
	assert_true(kr_is(y.name, "2026/27"));
	assert_false(kr_year(&cx, kr_date_civil(2027, 8, 1), &y));
	kr_kernel_holiday(&cx, KR_S("Herbstferien"), kr_date_civil(2026, 10, 17),
	    kr_date_civil(2026, 10, 31));
	kr_kernel_holiday(&cx, KR_S("Herbstferien"), kr_date_civil(2026, 10, 17),
	    kr_date_civil(2026, 10, 31));
	assert_true(kr_is_school_day(&cx, kr_date_civil(2026, 10, 16)));
	assert_false(kr_is_school_day(&cx, kr_date_civil(2026, 10, 19)));
	assert_false(kr_is_school_day(&cx, kr_date_civil(2026, 10, 31)));
	assert_true(kr_is_school_day(&cx, kr_date_civil(2026, 11, 2)));
	assert_false(kr_is_school_day(&cx, kr_date_civil(2026, 11, 21)));
	end(KR_OK);
	begin();
	kr_kernel_holiday(
	    &cx, KR_S("x"), kr_date_civil(2026, 2, 2), kr_date_civil(2026, 2, 1));
	end(KR_EINPUT);
}

/* ── persons ── */

static const struct {
	const char *given, *family, *account;
} names[] = {
	{ "Anna", "Schmidt", "anna.schmidt" },
	{ "Anna", "Schmidt", "anna.schmidt2" },
	{ "Anna", "Schmidt", "anna.schmidt3" },
	{ "Anna", "Schmidtke", "anna.schmidtke" },
	{ "Jörg", "Wüstenhagen", "joerg.wuestenhagen" },
	{ "Ayşe", "Çelik", "ayse.celik" },
	{ "Kacper", "Dąbrowski", "kacper.dabrowski" },
	{ "Văn Đức", "Nguyễn", "van.nguyen" },
	{ "Anna-Lena", "Müller-Lüdenscheidt", "anna-lena.mueller-luedenscheidt" },
	{ "Nele", "von der Heydt", "nele.vonderheydt" },
	{ "Maximilian Alexander", "O'Neill", "maximilian.oneill" },
	{ "文", "李", "konto.konto" },
	{ "文", "李", "konto.konto2" },
	{ "-", "X", "konto.x" },
	{ "Maximilian-Alexander-Konstantin-Theodor",
	    "Freiherr von Lüttwitz-Öhlenschläger-Brauneck",
	    "maximilian-alexander-konsta.freihervonluettwitz-oehlensch" },
};

static void
test_accounts(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < KR_LEN(names); i++) {
		kr_id id = person(names[i].given, names[i].family, KR_ROLE_PUPIL);
		kr_str account = account_of(id);

		if (i + 1 < KR_LEN(names) && !kr_is(account, names[i].account))
			fail_msg("%s %s: %.*s", names[i].given, names[i].family,
			    KR_FMT(account));
		assert_true(account.n <= KR_ACCOUNT_MAX);
	}
	end(KR_OK);
	begin();
	person(" ", "Schmidt", KR_ROLE_PUPIL);
	end(KR_EINPUT);
	begin();
	person("Anna", "Schmidt", 0);
	end(KR_EINPUT);
	begin();
	person("Anna", "Schmidt", 32);
	end(KR_EINPUT);
	begin();
	kr_kernel_person_add(&cx, &(struct kr_person_new){ .given = KR_S("A"),
				      .family = KR_S("B"),
				      .roles = 1,
				      .account = KR_S("anna.schmidt") });
	end(KR_ECONFLICT);
	begin();
	kr_kernel_person_add(&cx, &(struct kr_person_new){ .given = KR_S("A"),
				      .family = KR_S("B"),
				      .roles = 1,
				      .account = KR_S("../x") });
	end(KR_EINPUT);
}

static void
test_last_admin(void **state)
{
	kr_id one, two;
	char code[20];

	(void)state;
	begin();
	one = person("Erste", "Verwaltung", KR_ROLE_ADMIN);
	end(KR_OK);
	begin();
	kr_kernel_person_lock(&cx, one, true);
	end(KR_ECONFLICT);
	begin();
	kr_kernel_person_roles(&cx, one, KR_ROLE_TEACHER);
	end(KR_ECONFLICT);
	begin();
	two = person("Zweite", "Verwaltung", KR_ROLE_ADMIN | KR_ROLE_TEACHER);
	kr_kernel_person_lock(&cx, one, true);
	kr_kernel_person_lock(&cx, one, false);
	kr_kernel_person_leave(&cx, two);
	kr_kernel_person_return(&cx, two);
	assert_true(kr_kernel_code(&cx, two, code));
	assert_int_equal(strlen(code), 19);
	end(KR_OK);
	begin();
	kr_kernel_person_leave(&cx, two);
	assert_false(kr_kernel_code(&cx, two, code));
	end(KR_ECONFLICT);
	begin();
	kr_kernel_person_rename(&cx, 987654, KR_S("A"), KR_S("B"));
	end(KR_ENOTFOUND);
}

/* ── groups and closure ── */

/* One class and those around it. */
static kr_id class7b, grade, pupil, mother, teacher, aud, aud_parents, aud_roles;

static void
closure_groups(void)
{
	struct kr_group g;

	class7b = kr_kernel_group(&cx, KR_S("class"), KR_S("7b"));
	assert_true(
	    class7b > 0 && kr_kernel_group(&cx, KR_S("class"), KR_S("7B")) == class7b);
	grade = kr_kernel_group(&cx, KR_S("grade"), KR_S("Jahrgang 7"));
	pupil = person("Mia", "Öztürk", KR_ROLE_PUPIL);
	mother = person("Elif", "Öztürk", KR_ROLE_PARENT);
	teacher = person("Renate", "Brandt", KR_ROLE_TEACHER);
	kr_kernel_guardian(&cx, mother, pupil);
	kr_kernel_member(&cx, class7b, pupil, KR_MEMBER);
	kr_kernel_member(&cx, class7b, teacher, KR_MEMBER_OWNER);
	assert_int_equal(COUNT(q_my_group, kr_i(pupil), kr_i(class7b), kr_i(1)), 1);
	assert_int_equal(COUNT(q_my_group, kr_i(pupil), kr_i(grade), kr_i(1)), 1);
	assert_int_equal(COUNT(q_my_group, kr_i(teacher), kr_i(class7b), kr_i(3)), 1);
	assert_int_equal(COUNT(q_my_group, kr_i(teacher), kr_i(grade), kr_i(2)), 1);
	assert_int_equal(COUNT(q_childs_group, kr_i(mother), kr_i(class7b)), 1);
	assert_int_equal(COUNT(q_childs_group, kr_i(mother), kr_i(grade)), 1);
	assert_int_equal(COUNT(q_my_groups, kr_i(mother)), 0);
	assert_true(kr_group(&cx, class7b, &g));
	assert_int_equal(g.members, 1);
}

static void
closure_audiences(void)
{
	size_t n;

	aud = kr_audience_store(&cx,
	    (struct kr_audience_part[]){ { KR_PART_GROUP, class7b, KR_MEMBER },
		{ KR_PART_PERSON, teacher, 0 }, { KR_PART_PERSON, teacher, 0 } },
	    3);
	aud_parents = kr_audience_store(
	    &cx, &(struct kr_audience_part){ KR_PART_GROUP_PARENTS, class7b, 0 }, 1);
	aud_roles = kr_audience_store(
	    &cx, &(struct kr_audience_part){ KR_PART_ROLES, KR_ROLE_PARENT, 0 }, 1);
	assert_int_equal(
	    kr_audience_store(&cx,
		(struct kr_audience_part[]){ { KR_PART_PERSON, teacher, 0 },
		    { KR_PART_GROUP, class7b, KR_MEMBER } },
		2),
	    aud);
	(void)kr_audience_parts(&cx, aud, &n);
	assert_int_equal(n, 2);
	assert_int_equal(COUNT(q_my_audience, kr_i(pupil), kr_i(aud)), 1);
	assert_int_equal(COUNT(q_my_audience, kr_i(teacher), kr_i(aud)), 1);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud)), 0);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud_parents)), 1);
	assert_int_equal(COUNT(q_my_audience, kr_i(pupil), kr_i(aud_parents)), 0);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud_roles)), 1);
}

static void
closure_changes(void)
{
	begin();
	/* out of the class: the parent's view goes with it */
	kr_kernel_unmember(&cx, class7b, pupil);
	assert_int_equal(COUNT(q_my_groups, kr_i(pupil)), 0);
	assert_int_equal(COUNT(q_childs_group, kr_i(mother), kr_i(class7b)), 0);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud_parents)), 0);
	assert_int_equal(COUNT(q_my_audience, kr_i(pupil), kr_i(aud)), 0);
	kr_kernel_member(&cx, class7b, pupil, KR_MEMBER);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud_parents)), 1);
	/* a membership of earlier days, ended and begun again */
	kr_exec(&cx, &x_shift, kr_i(pupil));
	kr_kernel_unmember(&cx, class7b, pupil);
	assert_int_equal(COUNT(q_my_groups, kr_i(pupil)), 0);
	kr_kernel_member(&cx, class7b, pupil, KR_MEMBER);
	assert_int_equal(COUNT(q_my_group, kr_i(pupil), kr_i(class7b), kr_i(1)), 1);
	/* a leaver has no groups, and has them again when coming back */
	kr_kernel_person_leave(&cx, pupil);
	assert_int_equal(COUNT(q_my_groups, kr_i(pupil)), 0);
	assert_int_equal(COUNT(q_childs_group, kr_i(mother), kr_i(class7b)), 0);
	assert_int_equal(COUNT(q_my_audience, kr_i(mother), kr_i(aud_parents)), 0);
	kr_kernel_person_return(&cx, pupil);
	assert_int_equal(COUNT(q_childs_group, kr_i(mother), kr_i(class7b)), 1);
	assert_int_equal(kr_closure_verify(&cx), 0);
	end(KR_OK);
}

/* What differs is found and mended. */
static void
closure_mended(void)
{
	begin();
	kr_exec(&cx, &x_tamper, kr_i(pupil));
	kr_exec(&cx, &x_tamper2, kr_i(teacher));
	kr_exec(&cx, &x_later, kr_i(grade), kr_i(teacher), kr_d(kr_today(&cx)));
	assert_true(kr_closure_verify(&cx) > 0);
	assert_int_equal(kr_closure_verify(&cx), 0);
	assert_int_equal(COUNT(q_my_group, kr_i(pupil), kr_i(class7b), kr_i(1)), 1);
	end(KR_OK);
}

/* A membership that begins tomorrow begins tomorrow. */
static void
closure_tomorrow(void)
{
	begin();
	kr_exec(&cx, &x_later, kr_i(kr_kernel_group(&cx, KR_S("club"), KR_S("Chor"))),
	    kr_i(pupil), kr_d((kr_date){ kr_today(&cx).day + 1 }));
	assert_int_equal(kr_closure_verify(&cx), 0);
	cx.now.us += KR_DAY_US;
	assert_int_equal(kr_closure_verify(&cx), 1);
	kr_fail(&cx, KR_EINPUT, "back to today");
	end(KR_EINPUT);
}

static void
test_closure(void **state)
{
	(void)state;
	begin();
	closure_groups();
	closure_audiences();
	assert_int_equal(kr_closure_verify(&cx), 0);
	end(KR_OK);
	closure_changes();
	closure_mended();
	closure_tomorrow();
}

static void
test_addressing(void **state)
{
	struct kr_audience_part part;
	struct kr_group *list;
	kr_id b7, c7;
	size_t n;

	(void)state;
	begin();
	b7 = kr_group_named(&cx, KR_S("7b"));
	c7 = kr_kernel_group(&cx, KR_S("class"), KR_S("7c"));
	actor = (struct kr_actor){ .person =
				       kr_person_by_account(&cx, KR_S("mia.oeztuerk")),
		.roles = KR_ROLE_PUPIL };
	assert_true(actor.person > 0 && b7 > 0 && c7 > 0);
	list = kr_groups_for_me(&cx, &n);
	for (size_t i = 0; i < n; i++)
		assert_true(list[i].id != c7);
	assert_true(kr_may_address_group(&cx, b7));
	assert_false(kr_may_address_group(&cx, c7));
	actor.roles = KR_ROLE_TEACHER;
	actor.person = kr_person_by_account(&cx, KR_S("renate.brandt"));
	list = kr_groups_for_me(&cx, &n);
	assert_true(n >= 3 && list[0].id == b7);
	assert_true(kr_may_address_group(&cx, c7));
	assert_false(kr_may_address_group(&cx, 99999));
	assert_true(kr_audience_part_read(KR_S("group:12:1"), &part));
	assert_true(kr_is(kr_audience_part_text(&cx, &part), "group:12:1"));
	assert_true(kr_audience_part_read(KR_S("all"), &part));
	assert_false(kr_audience_part_read(KR_S("all:1"), &part));
	assert_false(kr_audience_part_read(KR_S("group:"), &part));
	assert_false(kr_audience_part_read(KR_S("group:-1"), &part));
	assert_false(kr_audience_part_read(KR_S("roles:32"), &part));
	assert_false(kr_audience_part_read(KR_S("group:1:9"), &part));
	assert_false(kr_audience_part_read(KR_S("group:1:1:1"), &part));
	assert_false(kr_audience_part_read(KR_S(""), &part));
	end(KR_OK);
}

/* ── policy ── */

static struct kr_policy_new
policy(const char *module)
{
	return (struct kr_policy_new){ .module = kr_z(module),
		.roles = KR_ROLE_TEACHER,
		.from = kr_today(&cx),
		.until = KR_NO_DATE,
		.decision = KR_S("Schulkonferenz vom 12.11.2026, TOP 4"),
		.decided = kr_date_civil(2026, 11, 12) };
}

static const struct kr_module *
module_named(const char *name)
{
	size_t n;
	struct kr_module *list = kr_kernel_modules(&cx, &n);

	assert_int_equal(n, 4); /* core itself is the first */
	for (size_t i = 0; i < n; i++)
		if (kr_is(list[i].name, name))
			return &list[i];
	fail_msg("no module %s", name);
	return NULL;
}

static void
test_policy(void **state)
{
	struct kr_policy_new p;
	kr_id groups[2];
	int64_t epoch;

	(void)state;
	begin();
	epoch = COUNT(q_epoch);
	assert_int_equal(module_named("tasks")->policy, 0);
	assert_true(module_named("people")->system);
	assert_true(module_named("broken")->refused.n > 0);
	groups[0] = groups[1] = kr_group_named(&cx, KR_S("7b"));
	p = policy("tasks");
	p.groups = groups;
	p.ngroups = 2;
	assert_int_equal(kr_kernel_module_open(&cx, &p), KR_OK);
	assert_true(module_named("tasks")->policy > 0);
	assert_true(kr_is(module_named("tasks")->groups, "7b"));
	assert_true(COUNT(q_epoch) > epoch);
	assert_int_equal(kr_kernel_module_open(&cx, &p), KR_OK);
	assert_int_equal(COUNT(q_live, kr_s(KR_S("tasks"))), 1);
	assert_int_equal(COUNT(q_policies, kr_s(KR_S("tasks"))), 2);
	assert_int_equal(kr_kernel_module_close(&cx, KR_S("tasks")), KR_OK);
	assert_int_equal(COUNT(q_live, kr_s(KR_S("tasks"))), 0);
	assert_int_equal(module_named("tasks")->policy, 0);
	assert_int_equal(COUNT(q_audits, kr_s(KR_S("core.module_opened"))), 2);
	end(KR_OK);

	begin();
	kr_kernel_module_close(&cx, KR_S("tasks"));
	end(KR_ENOTFOUND);
	begin();
	p = policy("nothing");
	kr_kernel_module_open(&cx, &p);
	end(KR_ENOTFOUND);
	begin();
	p = policy("people");
	kr_kernel_module_open(&cx, &p);
	end(KR_EINPUT);
	begin();
	p = policy("broken");
	kr_kernel_module_open(&cx, &p);
	end(KR_ECONFLICT);
	begin();
	p = policy("tasks");
	p.decision = KR_S("  ");
	kr_kernel_module_open(&cx, &p);
	end(KR_EINPUT);
	begin();
	p = policy("tasks");
	p.roles = 0;
	kr_kernel_module_open(&cx, &p);
	end(KR_EINPUT);
	begin();
	p = policy("tasks");
	p.until = (kr_date){ p.from.day - 1 };
	kr_kernel_module_open(&cx, &p);
	end(KR_EINPUT);
}

/* ── import ── */

static struct kr_import_plan plan;
static size_t ncodes, memory;
static struct kr_import_code *codes;

/* Plans and applies; expects new, changed, moved, leavers. */
static void
import(const char *profile, const char *text, bool force, const char *want)
{
	char got[80];

	begin();
	assert_int_equal(
	    kr_kernel_import_plan(&cx, kr_z(profile), kr_z(text), &plan), KR_OK);
	snprintf(got, sizeof got, "%u %u %u %u%s%s", plan.fresh, plan.changed,
	    plan.moved, plan.leavers, plan.stopped ? " stopped" : "",
	    plan.errors ? " errors" : "");
	assert_string_equal(got, want);
	if (plan.errors || (plan.stopped && !force)) {
		assert_true(kr_kernel_import_apply(
				&cx, &plan, force, &codes, &ncodes) != KR_OK);
		end(plan.errors ? KR_EINPUT : KR_ECONFLICT);
		return;
	}
	assert_int_equal(
	    kr_kernel_import_apply(&cx, &plan, force, &codes, &ncodes), KR_OK);
	assert_int_equal(ncodes, plan.fresh);
	memory = kr_arena_used(arena);
	assert_int_equal(kr_closure_verify(&cx), 0);
	end(KR_OK);
}

#define HEAD "ID;Nachname;Vorname;Klasse\n"

static void
import_changes(void)
{
	kr_id ida, ida2;

	import("pupils", HEAD "1;Meier;Ida;8a\n2;Meier;Ida;8a\n3;Weber;Jan;EF\n", false,
	    "3 0 0 0");
	import("pupils", HEAD "1;Meier;Ida;8a\n2;Meier;Ida;8a\n3;Weber;Jan;EF\n", false,
	    "0 0 0 0");
	/* the class in other letters is the same class */
	import("pupils", HEAD "1;Meier;Ida;8A\n2;Meier;Ida;8a\n3;Weber;Jan;ef\n", false,
	    "0 0 0 0");
	/* married name, other class, both, and the same name under another number */
	import("pupils",
	    HEAD "1;Meier;Ida;8b\n2;Meyer;Ida;8c\n3;Weber;Jan;EF\n4;Meier;Ida;8a\n",
	    false, "1 1 2 0");
	begin();
	ida = kr_person_by_account(&cx, KR_S("ida.meier"));
	ida2 = kr_person_by_account(&cx, KR_S("ida.meier2"));
	assert_int_equal(COUNT(q_my_group, kr_i(ida),
			     kr_i(kr_group_named(&cx, KR_S("8b"))), kr_i(1)),
	    1);
	assert_int_equal(COUNT(q_my_group, kr_i(ida),
			     kr_i(kr_group_named(&cx, KR_S("Jahrgang 8"))), kr_i(1)),
	    1);
	assert_int_equal(COUNT(q_my_groups, kr_i(ida)), 2);
	assert_true(ida2 > 0 && kr_person_by_account(&cx, KR_S("ida.meier3")) > 0);
	end(KR_OK);
}

/* Leaves, and comes back into another class with a new code. */
static void
import_leaver(void)
{
	kr_id ida;

	begin();
	ida = kr_person_by_account(&cx, KR_S("ida.meier"));
	assert_true(ida > 0);
	end(KR_OK);
	import("pupils", HEAD "2;Meyer;Ida;8c\n3;Weber;Jan;EF\n4;Meier;Ida;8a\n", false,
	    "0 0 0 1");
	begin();
	assert_int_equal(COUNT(q_my_groups, kr_i(ida)), 0);
	end(KR_OK);
	import("pupils",
	    HEAD "1;Meier;Ida;8c\n2;Meyer;Ida;8c\n3;Weber;Jan;EF\n4;Meier;Ida;8a\n",
	    false, "1 0 0 0");
	assert_int_equal(ncodes, 1);
	begin();
	assert_int_equal(COUNT(q_my_group, kr_i(ida),
			     kr_i(kr_group_named(&cx, KR_S("8c"))), kr_i(1)),
	    1);
	end(KR_OK);
}

/* Teachers are another source: nobody of the pupils leaves. */
static void
import_teachers(void)
{
	kr_id lea;

	import("teachers",
	    "ID;Nachname;Vorname;Kürzel;Klassen\n"
	    "1;Lehr;Lea;LEH;\"8a, 8b\"\n2;Lohr;Leo;LOH;\n",
	    false, "2 0 0 0");
	import("teachers",
	    "ID;Nachname;Vorname;Kürzel;Klassen\n"
	    "1;Lehr;Lea;LEA;\"8b, 8c\"\n2;Lohr;Leo;LOH;\n",
	    false, "0 1 1 0");
	import("teachers", "ID;Nachname;Vorname\n1;Lehr;Lea\n2;Lohr;Leo\n", false,
	    "0 0 0 0");
	begin();
	lea = kr_person_by_account(&cx, KR_S("lea.lehr"));
	assert_int_equal(COUNT(q_my_group, kr_i(lea),
			     kr_i(kr_group_named(&cx, KR_S("8c"))), kr_i(2)),
	    1);
	assert_int_equal(COUNT(q_my_group, kr_i(lea),
			     kr_i(kr_group_named(&cx, KR_S("8a"))), kr_i(2)),
	    0);
	end(KR_OK);
	import("teachers", "ID;Nachname;Vorname\n", false, "0 0 0 2 stopped");
	import("teachers", "ID;Nachname;Vorname\n", true, "0 0 0 2 stopped");
}

static void
test_import(void **state)
{
	(void)state;
	import_changes();
	import_leaver();
	/* one fault and nothing happens */
	import("pupils", HEAD "1;;Ida;8c\n9;Neu;Nele;8c\n", false, "0 0 0 0 errors");
	begin();
	assert_int_equal(COUNT(q_persons, kr_s(KR_S("pupils"))), 4);
	end(KR_OK);
	import_teachers();
	/* nobody who was imported has a password */
	begin();
	cx.db = auth;
	assert_true(COUNT(q_codes) >= 7);
	assert_int_equal(COUNT(q_hashes), 0);
	cx.db = rw;
	end(KR_OK);
	begin();
	kr_kernel_import_plan(&cx, KR_S("nobody"), KR_S(HEAD), &plan);
	end(KR_EINPUT);
}

static struct kr_arena *files;

static const char *
many(int from, int to)
{
	struct kr_buf b;

	kr_buf_init(&b, files, 1 << 16);
	kr_buf_str(&b, KR_S(HEAD));
	for (int i = from; i <= to; i++)
		kr_buf_fmt(&b, "P%d;Müller-%d;Jörg;%d%c\n", i, i % 700, 5 + i % 6,
		    'a' + i / 6 % 8);
	kr_buf_c(&b, 0);
	return b.p;
}

static void
test_threshold_and_speed(void **state)
{
	int64_t start = kr_mono_us();
	double s;

	(void)state;
	import("pupils", many(1, 1200), true, "1200 0 0 4");
	s = (double)(kr_mono_us() - start) / 1e6;
	print_message("1,200 pupils: %.2f s, %zu MB\n", s, memory >> 20);
	assert_true(s < 15); /* of an import that looks at each for each */
	import("pupils", many(1, 1200), false, "0 0 0 0");
	import("pupils", many(1, 960), false, "0 0 0 240");
	import("pupils", many(1, 700), false, "0 0 0 260 stopped");
	import("pupils", many(1, 700), true, "0 0 0 260 stopped");
	import("pupils", many(1, 1200), false, "500 0 0 0");
}

/* ── frame ── */

static struct kr_conn *
conn_as(const char *user, const char *schema)
{
	char file[400];
	kr_str password;

	snprintf(file, sizeof file, "%s/%s.pw", secret_dir, user);
	assert_true(kr_read_file(arena, file, &password));
	return kr_conn_new(&(struct kr_conn_opt){ .socket = socket_path,
	    .user = user,
	    .password = password.p,
	    .schema = schema,
	    .cache = 200 });
}

static int
setup(void **state)
{
	char core[400], why[500] = "";
	const char *dirs[] = { core }, *owners[] = { "core" };
	const struct passwd *me = getpwuid(getuid());

	(void)state;
	kr_time_zone_init();
	kr_log_setup("test", KR_ERROR);
	snprintf(socket_path, sizeof socket_path, "%s/mysql.sock", dir);
	snprintf(secret_dir, sizeof secret_dir, "%s/secret", dir);
	snprintf(core, sizeof core, "%s/migrations", repository);
	arena = kr_arena_new((size_t)256 << 20);
	files = kr_arena_new((size_t)16 << 20);
	if (kr_migrate(&(struct kr_migrate_opt){ .socket = socket_path,
			   .admin_user = getuid() == 0 ? "root" : me->pw_name,
			   .secret_dir = secret_dir,
			   .dirs = dirs,
			   .owners = owners,
			   .ndirs = 1 },
		why, sizeof why) != KR_OK) {
		print_error("%s\n", why);
		return -1;
	}
	rw = conn_as("kreide_rw", "kreide");
	auth = conn_as("kreide_auth", "kreide_auth");
	kr_school_auth_conn(auth);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_conn_free(&rw);
	kr_conn_free(&auth);
	kr_arena_free(&files);
	kr_arena_free(&arena);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_statements),
		cmocka_unit_test(test_years), cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_last_admin), cmocka_unit_test(test_closure),
		cmocka_unit_test(test_addressing), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_threshold_and_speed) };

	if (argc < 2) {
		fprintf(stderr, "usage: test_school DIR [REPOSITORY]\n");
		return 2;
	}
	dir = argv[1];
	repository = argc > 2 ? argv[2] : ".";
	return cmocka_run_group_tests(tests, setup, teardown);
}
