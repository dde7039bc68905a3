/* A plugin's tables against its manifest, on a real server, which db.sh has started in
   argv[1]; linked with libkreide.a. argv[2] is the repository. */
#include "db/db.h"
#include "plugin/check.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *dir;
static char socket_path[300], secret_dir[300], plugin_dir[300], core_dir[300];
static struct kr_conn *rw;

static struct kr_prop props[] = {
	{ "title", 's', "lost.f_title", 1, 80, KR_P_SORT, NULL, KR_PD_NONE, 0 },
	{ "owner_id", 'p', "lost.f_owner", 0, 0, 0, NULL, KR_PD_REF, 0 },
};
static struct kr_entity thing = { .name = "thing",
	.table = "lost_thing",
	.title = "lost.title",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "t.owner_id = :me",
	.perm_read = "lost.read",
	.perm_write = "lost.write",
	.flags = KR_E_TRASH };
static const struct kr_entity *const entities[] = { &thing, NULL };
static struct kr_pdata pdata[] = {
	{ "lost_note", "person_id", "person_id", "x", "x", KR_PD_REF, KR_ERASE_ROW, 0 },
	{ "lost_note", "text", "person_id", "x", "x", KR_PD_CONTENT, KR_ERASE_ROW, 0 },
};
static struct kr_plugin lost = { .size = sizeof lost,
	.name = "lost",
	.title = "lost.title",
	.version = "1.0",
	.schema = 2,
	KR_TAB(pdata, pdata),
	.entities = entities };

static void
put(const char *folder, const char *name, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
setup(void **state)
{
	const char *dirs[] = { core_dir, plugin_dir }, *owners[] = { "core", "lost" };
	const struct passwd *me = getpwuid(getuid());
	struct kr_arena *arena = kr_arena_new(1 << 20);
	char why[300], file[400];
	kr_str password;

	(void)state;
	snprintf(socket_path, sizeof socket_path, "%s/mysql.sock", dir);
	snprintf(secret_dir, sizeof secret_dir, "%s/secret", dir);
	snprintf(core_dir, sizeof core_dir, "%s/core", dir);
	snprintf(plugin_dir, sizeof plugin_dir, "%s/lost", dir);
	assert_int_equal(mkdir(core_dir, 0700), 0);
	assert_int_equal(mkdir(plugin_dir, 0700), 0);
	put(plugin_dir, "0001_thing.sql",
	    "CREATE TABLE lost_thing (id BIGINT AUTO_INCREMENT PRIMARY KEY, rev INT NOT NULL, "
	    "title VARCHAR(80) NOT NULL, owner_id BIGINT NOT NULL, created DATETIME(6) NOT "
	    "NULL, changed DATETIME(6) NOT NULL, deleted_at DATETIME(6), KEY (title)) "
	    "ENGINE=InnoDB");
	put(plugin_dir, "0002_note.sql",
	    "CREATE TABLE lost_note (id BIGINT AUTO_INCREMENT PRIMARY KEY, person_id BIGINT "
	    "NOT NULL, text VARCHAR(100) NOT NULL) ENGINE=InnoDB");
	if (kr_migrate(&(struct kr_migrate_opt){ .socket = socket_path,
			   .admin_user = getuid() == 0 ? "root" : me->pw_name,
			   .secret_dir = secret_dir,
			   .dirs = dirs,
			   .owners = owners,
			   .ndirs = 2 },
		why, sizeof why) != KR_OK)
		fail_msg("%s", why);
	snprintf(file, sizeof file, "%s/kreide_rw.pw", secret_dir);
	assert_true(kr_read_file(arena, file, &password));
	rw = kr_conn_new(&(struct kr_conn_opt){ .socket = socket_path,
	    .user = "kreide_rw",
	    .password = kr_dup(arena, password).p,
	    .schema = "kreide" });
	kr_arena_free(&arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kr_conn_free(&rw);
	return 0;
}

static char text[3000];

static size_t
report(void)
{
	FILE *f = fmemopen(text, sizeof text, "w");
	struct kr_schema *schema = kr_schema_read(rw);
	size_t n;

	memset(text, 0, sizeof text);
	assert_non_null(f);
	n = kr_schema_check(schema, &lost, f);
	kr_schema_free(&schema);
	assert_int_equal(fclose(f), 0);
	return n;
}

#define expect(line, change, back)                                                     \
	do {                                                                           \
		change;                                                                \
		if (report() == 0 || strstr(text, line) == NULL)                       \
			fail_msg("%s: \"%s\"", line, text);                            \
		back;                                                                  \
	} while (0)

static void
test_schema(void **state)
{
	(void)state;
	if (report() != 0)
		fail_msg("%s", text);
	expect("lost: lost_note.text: column not declared, personal or not [KR-R12]",
	    lost.npdata = 1, lost.npdata = 2);
	expect(
	    "lost: lost_thing.owner_id: column not declared, personal or not [KR-R12]",
	    thing.nprops = 1, thing.nprops = 2);
	expect("lost: lost_note.words: declared, but not there [KR-R12]",
	    pdata[1].column = "words", pdata[1].column = "text");
	expect("lost: lost_note.text: no column owner_id to find the person [KR-R12]",
	    pdata[1].subject = "owner_id", pdata[1].subject = "person_id");
	expect("lost: thing: there is no table lost_box [KR-R11]",
	    thing.table = "lost_box", thing.table = "lost_thing");
	expect("lost: lost_thing: no column name [KR-R11]", props[0].name = "name",
	    props[0].name = "title");
	expect("lost: lost_thing.title: varchar cannot hold type 'd' [KR-R11]",
	    props[0].type = 'd', props[0].type = 's');
	expect("lost: lost_thing.owner_id: sortable, but nullable or without an index",
	    props[1].flags = KR_P_SORT, props[1].flags = 0);
	expect("lost: lost_note: no column rev [KR-R11]", thing.table = "lost_note",
	    thing.table = "lost_thing");
	expect("lost: needs its migrations up to 3, the database has 2 [KR-R16]",
	    lost.schema = 3, lost.schema = 2);
	expect(
	    "lost: lost_note.text: 30 days, but no column changed or created to count from [KR-R18]",
	    pdata[1].keep_days = 30, pdata[1].keep_days = 0);
	expect("lost: lost_note.text: no time text to count days from [KR-R18]",
	       pdata[1].keep_days = 30;
	       pdata[1].since = "text", pdata[1].keep_days = 0; pdata[1].since = NULL);
	expect("lost: lost_note.text: varchar holds no id of a person [KR-R18]",
	    pdata[1].subject = "text", pdata[1].subject = "person_id");
	expect(
	    "lost: lost_note.id: is to become empty, but stands in a unique key [KR-R18]",
	    pdata[1].column = "id";
	    pdata[1].erase = KR_ERASE_NULL, pdata[1].column = "text";
	    pdata[1].erase = KR_ERASE_ROW);
	assert_int_equal(report(), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_schema) };

	if (argc < 2) {
		fprintf(stderr, "usage: test_schema DIR [REPOSITORY]\n");
		return 2;
	}
	dir = argv[1];
	return cmocka_run_group_tests(tests, setup, teardown);
}
