/* The manifest rules: a good manifest passes, and each rule finds its slip. */
#include "../lib/base_room.h"

#include "../../core/plugin/check.c"

static kr_err
handler(kr_ctx *cx)
{
	return cx->err;
}

static kr_err
guard(kr_ctx *cx, kr_id id)
{
	return id > 0 ? KR_OK : cx->err;
}

static kr_err
hook(kr_ctx *cx, const kr_val *v, size_t n)
{
	return v == NULL && n > 0 ? KR_EFAIL : cx->err;
}

static kr_err
tile(kr_ctx *cx, kr_out *o)
{
	return o == NULL ? KR_EFAIL : cx->err;
}

/* ── a manifest without fault; each case below changes one thing ── */

static const char *const colours[] = { "red", "blue", NULL };
static const char *const twins[] = { "red", "red", NULL };
static const char *const blank[] = { "", "red", NULL };
static struct kr_perm perms[2];
static struct kr_field fields[2];
static struct kr_prop props[2];
static struct kr_entity entity;
static const struct kr_entity *entities[2];
static struct kr_route routes[3];
static struct kr_pdata pdata[1];
static struct kr_setting settings[1];
static struct kr_menu menu[1];
static struct kr_widget widgets[1];
static struct kr_cron cron[1];
static struct kr_event events[1];
static struct kr_hook hooks[1];
static const char *needs[2];
static struct kr_stmt stmt;
static const struct kr_stmt *stmts[1];
static struct kr_plugin p;

static void
good(void)
{
	perms[0] = (struct kr_perm){ "lost.read", "lost.p_read", KR_ROLE_PUPIL };
	perms[1] = (struct kr_perm){ "lost.write", "lost.p_write", KR_ROLE_TEACHER };
	fields[0] = (struct kr_field){ "title", 's', 1, 80, KR_F_REQ, NULL };
	fields[1] = (struct kr_field){ "colour", 'c', 0, 0, 0, colours };
	props[0] = (struct kr_prop){ "title", 's', "lost.f_title", 1, 80, KR_P_REQ,
		NULL, KR_PD_NONE, 0 };
	props[1] = (struct kr_prop){ "owner_id", 'p', "lost.f_owner", 0, 0, KR_P_SYSTEM,
		NULL, KR_PD_REF, 0 };
	entity = (struct kr_entity){ .name = "thing",
		.table = "lost_thing",
		.title = "lost.title",
		KR_PROPS(props),
		.scope_read = "t.owner_id = :me OR t.id IN (SELECT group_id FROM "
			      "core_my_group WHERE person_id = :me)",
		.scope_write = "t.owner_id = :me",
		.perm_read = "lost.read",
		.perm_write = "lost.write" };
	entities[0] = &entity;
	entities[1] = NULL;
	routes[0] = (struct kr_route){ KR_GET, "/lost", "lost.read", handler };
	routes[1] = (struct kr_route){ KR_POST, "/lost/{id}", "lost.write", handler,
		handler, guard, KR_IN(fields) };
	routes[2] = (struct kr_route){ KR_GET, "/lost/feed/{key}", "lost.read", handler,
		.flags = KR_R_PROTO | KR_R_FEED };
	pdata[0] = (struct kr_pdata){ "lost_note", "text", "person_id",
		"finding things", "consent", KR_PD_CONTENT, KR_ERASE_ROW, 30 };
	settings[0] =
	    (struct kr_setting){ "lost.days", 'i', "30", "lost.s_days", 1, 90, NULL };
	menu[0] = (struct kr_menu){ "lost.title", "/lost", "box", "lost.read", 100, 0 };
	widgets[0] =
	    (struct kr_widget){ "lost.new", "lost.title", "lost.read", tile, 100, 'b' };
	cron[0] = (struct kr_cron){ "lost.sweep", "daily 03:10", handler, 60 };
	events[0] = (struct kr_event){ "lost.found", "is" };
	hooks[0] = (struct kr_hook){ "tasks.submitted", hook, KR_AFTER };
	needs[0] = "tasks";
	needs[1] = NULL;
	stmt = (struct kr_stmt){ "q_mine", "i", "i",
		"SELECT id FROM lost_thing WHERE owner_id = ?" };
	stmts[0] = &stmt;
	p = (struct kr_plugin){ .size = sizeof p,
		.name = "lost",
		.title = "lost.title",
		.intro = "lost.intro",
		.version = "1.0",
		.needs = needs,
		KR_TAB(perms, perms),
		KR_TAB(routes, routes),
		KR_TAB(pdata, pdata),
		KR_TAB(settings, settings),
		KR_TAB(menu, menu),
		KR_TAB(widgets, widgets),
		KR_TAB(cron, cron),
		KR_TAB(events, events),
		KR_TAB(hooks, hooks),
		.entities = entities,
		.stmts = stmts,
		.stmts_end = stmts + 1 };
}

static char text[4000];

/* The report for the manifest as it stands. */
static size_t
report(void)
{
	FILE *f = fmemopen(text, sizeof text, "w");
	size_t n;

	memset(text, 0, sizeof text);
	assert_non_null(f);
	n = kr_manifest_check(&p, f);
	assert_int_equal(fclose(f), 0);
	return n;
}

#define expect(code, change)                                                           \
	do {                                                                           \
		good();                                                                \
		change;                                                                \
		if (report() == 0 || strstr(text, "[" code "]") == NULL)               \
			fail_msg("%s: %s: \"%s\"", code, #change, text);               \
	} while (0)

#define allow(change)                                                                  \
	do {                                                                           \
		good();                                                                \
		change;                                                                \
		if (report() != 0)                                                     \
			fail_msg("%s: \"%s\"", #change, text);                         \
	} while (0)

static void
test_good(void **state)
{
	(void)state;
	allow((void)0);
	allow(routes[1].path = "/lost/a-b/{id}/c.json");
	allow(routes[0].perm = NULL; routes[0].flags = KR_R_ANY);
	allow(routes[0].perm = NULL; routes[0].flags = KR_R_PUBLIC;
	      routes[0].why = "x");
	allow(routes[1].guard = NULL; routes[1].entity = &entity);
	allow(routes[1].path = "/lost/{id}/note/{id2}");
	allow(routes[2].flags |= KR_R_GET_WRITE; routes[2].why = "marks it as read");
	allow(cron[0].when = "hourly");
	allow(cron[0].when = "every 5m");
	allow(fields[0].type = 'i'; fields[0].min = -5; fields[0].max = 0);
	allow(fields[0].type = 'i'; fields[0].min = fields[0].max = 0);
	allow(fields[0].type = 'f'; fields[0].min = fields[0].max = 0);
	allow(fields[0].type = 'f'; fields[0].min = 0; fields[0].max = 3);
	allow(stmt.sql = "SELECT name FROM core_person_name");
	allow(stmt.sql = "SELECT account FROM core_person"; p.rights = KR_RIGHT_KERNEL);
}

static void
test_routes(void **state)
{
	(void)state;
	expect("KR-R1", routes[0].perm = NULL);
	expect("KR-R1", routes[0].flags = KR_R_ANY);
	expect("KR-R1", routes[0].perm = NULL; routes[0].flags = KR_R_ANY | KR_R_PUBLIC;
	       routes[0].why = "x");
	expect("KR-R1", routes[0].flags = KR_R_CONTENT; routes[0].perm = NULL);
	expect("KR-R2", routes[0].perm = "lost.raed");
	expect("KR-R2", routes[0].perm = "tasks.read");
	expect("KR-R3", routes[1].guard = NULL);
	assert_string_equal(
	    text, "lost: POST /lost/{id}: path parameter without guard [KR-R3]\n");
	expect("KR-R3", routes[1].path = "/lost/{id}/x/{id2}"; routes[1].guard = NULL;
	       routes[1].entity = &entity);
	expect("KR-R3", routes[0].guard = guard);
	expect("KR-R4", routes[0].path = "/tasks");
	expect("KR-R4", routes[0].path = "lost");
	expect("KR-R4", routes[0].path = "/lost/");
	expect("KR-R4", routes[0].path = "/lost//x");
	expect("KR-R4", routes[0].path = "/lost/../x");
	expect("KR-R4", routes[0].path = "/lost/{name}");
	expect("KR-R4", routes[0].path = "/lost/A");
	expect("KR-R4", routes[0].path = "/lost2");
	expect("KR-R4", routes[0].run = NULL);
	expect("KR-R5", routes[0].flags = KR_R_GET_WRITE; routes[0].why = "x");
	expect("KR-R5", routes[2].flags |= KR_R_GET_WRITE);
	expect("KR-R5", routes[1].flags = KR_R_GET_WRITE; routes[1].why = "x");
	expect("KR-R5", routes[0].perm = NULL; routes[0].flags = KR_R_PUBLIC);
	expect("KR-R5", routes[0].again = handler);
	expect("KR-R6", routes[0].flags = KR_R_PROTO);
	expect("KR-R6", routes[0].flags = KR_R_BEARER);
	expect("KR-R6", routes[0].flags = KR_R_PROTO | KR_R_FEED);
	expect("KR-R6", routes[2].flags = 0);
	expect("KR-R6", routes[2].flags |= KR_R_BEARER);
	expect("KR-R6", routes[2].again = handler);
	expect("KR-R6", routes[1].method = KR_PUT);
	expect("KR-R7", routes[1] = routes[0]);
	expect("KR-R7", fields[1].name = "title");
	expect("KR-R7", fields[0].type = 'z');
	expect("KR-R7", fields[0].min = 90);
	expect("KR-R7", fields[0].max = 0);
	expect("KR-R7", fields[0].max = 0; fields[0].type = 'w');
	expect("KR-R7", fields[0].min = -1);
	expect("KR-R7", fields[0].min = 5; fields[0].type = 'i'; fields[0].max = 0);
	expect("KR-R7", fields[0].type = 'd');
	expect("KR-R7", fields[0].type = 'f'; fields[0].max = 3);
	expect("KR-R7", fields[0].flags = 2);
	expect("KR-R7", fields[1].choices = twins);
	expect("KR-R7", fields[1].choices = blank);
	expect("KR-R7", props[1].flags = KR_P_SEARCH);
	expect("KR-R7", props[0].flags = KR_P_FILTER);
	expect("KR-R7", props[0].flags = KR_P_ME);
	expect("KR-R7", fields[1].choices = NULL);
	expect("KR-R7", fields[0].choices = colours);
	expect("KR-R7", fields[0].name = "Title");
	allow(fields[0].max = 90; fields[0].max_from = "lost.days");
	expect("KR-R7", fields[0].max = 89; fields[0].max_from = "lost.days");
	expect("KR-R7", fields[0].max_from = "lost.other");
	expect("KR-R7", settings[0].type = 's'; fields[0].max_from = "lost.days");
	expect("KR-R6", routes[0].flags = KR_R_SETTINGS);
	expect("KR-R11", entities[0] = NULL; routes[1].entity = &entity);
}

static void
test_tables(void **state)
{
	(void)state;
	expect("KR-R2", perms[0].roles = 1u << 20);
	expect("KR-R15", perms[0].id = "read");
	expect("KR-R15", perms[0].id = "losts.read");
	expect("KR-R15", perms[0].title = "Read things");
	expect("KR-R7", perms[1].id = "lost.read");
	expect("KR-R15", settings[0].def = NULL);
	expect("KR-R15", settings[0].def = "0");
	expect("KR-R15", settings[0].def = "x");
	expect("KR-R15", settings[0].key = "days");
	expect("KR-R15", settings[0].type = 'c'; settings[0].choices = colours);
	allow(settings[0].type = 'c'; settings[0].choices = colours;
	      settings[0].def = "blue");
	expect("KR-R4", menu[0].href = "/tasks");
	expect("KR-R2", menu[0].perm = "lost.x");
	expect("KR-R15", widgets[0].column = 'd');
	expect("KR-R15", widgets[0].run = NULL);
	expect("KR-R15", cron[0].when = "daily 24:00");
	expect("KR-R15", cron[0].when = "daily 3:10");
	expect("KR-R15", cron[0].when = "every m");
	expect("KR-R15", cron[0].when = "sometimes");
	expect("KR-R8", events[0].name = "found");
	expect("KR-R8", events[0].args = "iz");
	expect("KR-R8", hooks[0].run = NULL);
	expect("KR-R9", needs[0] = "lost");
	expect("KR-R9", needs[0] = "Tasks>=1");
	expect("KR-R13", p.rights = 1u << 30);
	expect("KR-R15", p.name = "Lost");
	expect("KR-R15", p.title = NULL);
	expect("KR-R15", p.version = NULL);
}

static void
test_data(void **state)
{
	(void)state;
	expect("KR-R10", stmt.sql = "SELECT id FROM tasks_task");
	expect("KR-R10", stmt.sql = "SELECT account FROM core_person");
	expect("KR-R10", stmt.sql = "DELETE FROM core_group";
	       p.rights = KR_RIGHT_KERNEL);
	expect("KR-R10", stmt.sql = "UPDATE core_my_group SET role = 1");
	expect("KR-R10", stmt.sql = "SELECT hash FROM kreide_auth.credential";
	       p.rights = KR_RIGHT_KERNEL);
	expect("KR-R10", stmt.sql = "INSERT INTO kreide_audit.entry (a) VALUES (1)");
	expect("KR-R10", stmt.sql = "DROP TABLE lost_thing");
	expect("KR-R10", entity.scope_read =
			     "t.id IN (SELECT id FROM core_session WHERE person_id = "
			     ":me)");
	expect("KR-R11", entity.scope_read = NULL);
	expect("KR-R11", entity.scope_write = "t.owner_id = :you");
	expect("KR-R11", entity.scope_write = "t.owner_id = ?");
	expect("KR-R11", entity.scope_write = "TRUE) OR (TRUE");
	expect("KR-R11", entity.table = "core_person");
	expect("KR-R11", entity.nprops = 0);
	expect("KR-R11", props[0].name = "rev");
	expect("KR-R1", entity.perm_write = NULL);
	expect("KR-R2", entity.perm_write = "lost.x");
	expect("KR-R7", props[0].name = "owner_id");
	expect("KR-R7", props[0].type = 'f');
	expect("KR-R12", props[1].pd = KR_PD_NONE);
	expect("KR-R12", props[1].keep_days = -1);
	expect("KR-R12", pdata[0].purpose = NULL);
	expect("KR-R12", pdata[0].table = "core_person");
	expect("KR-R12", pdata[0].column = NULL);
	expect("KR-R12", pdata[0].column = "*"; pdata[0].kind = KR_PD_NONE);
	expect("KR-R18", props[1].pd = KR_PD_META);
	expect("KR-R18", props[0].pd = KR_PD_REF);
	expect("KR-R18", props[0].pd = KR_PD_CONTENT; entity.nprops = 1);
	expect("KR-R18", entity.erase = (enum kr_erase)7);
	expect("KR-R18", pdata[0].subject = "lost_thing.owner_id");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
