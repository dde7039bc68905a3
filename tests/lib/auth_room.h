/* The auth room linked with libkreide.a, and what its tests share: a school of five
   persons and two modules on a server that db.sh has started. */
#ifndef KR_TEST_AUTH_ROOM_H
#define KR_TEST_AUTH_ROOM_H

#include "app/setting.h"
#include "auth/auth.h"
#include "auth/store.h"
#include "db/db.h"
#include "http/http.h"
#include "pages/handlers.h"
#include "plugin/registry.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The folder of the server and that of the repository: argv[1] and argv[2]. */
static const char *dir, *repository;
static char home[80], socket_path[300], secret_dir[300];
static struct kr_arena *arena;
static struct kr_conn *ro, *rw, *auth;
static struct kr_ctx cx;
static struct kr_actor nobody;
static struct kr_req req;
static struct kr_answer answer;
static kr_str device = KR_STR_INIT("");

static const struct kr_perm tasks_perms[] = {
	{ "tasks.read", "tasks.p_read", KR_ROLE_PUPIL | KR_ROLE_TEACHER },
	{ "tasks.write", "tasks.p_write", KR_ROLE_TEACHER },
};
static const struct kr_perm people_perms[] = {
	{ "people.all", "people.p_all", KR_ROLE_ADMIN },
};
static const struct kr_plugin core_ = {
	.name = "core", .flags = KR_PL_SYSTEM, KR_TAB(settings, kr_core_settings)
};
static struct kr_plugin tasks = { .name = "tasks", KR_TAB(perms, tasks_perms) };
static const struct kr_plugin people = {
	.name = "people", .flags = KR_PL_SYSTEM, KR_TAB(perms, people_perms)
};
static struct kr_loaded loaded[] = { { .p = &core_, .name = "core" },
	{ .p = &tasks, .name = "tasks" }, { .p = &people, .name = "people" },
	{ .p = &tasks, .name = "broken", .refused = "broken: [KR-R1]" } };
static const struct kr_route write_route = {
	.method = KR_GET, .path = "/tasks/new", .perm = "tasks.write"
};
static struct kr_route_info route_infos[] = { { .route = &write_route } };
static struct kr_app app = { .conf = { .home = home, .scheme = "http", .school = "X" },
	.plugins = loaded,
	.nplugins = KR_LEN(loaded),
	.routes = route_infos,
	.nroutes = 1 };

enum { MIA = 1, KARL, TEACHER, ADMIN, CLOSED_OUT };

KR_STMT(x_person, "issii", "",
    "INSERT INTO core_person (id, account, given, family, roles, state, created, changed)"
    " VALUES (?, ?, ?, 'Öztürk', ?, ?, NOW(6), NOW(6))");
KR_STMT(x_state, "si", "", "UPDATE core_person SET state = ? WHERE id = ?");
KR_STMT(x_group, "", "",
    "INSERT INTO core_group (id, kind, name, created)"
    " VALUES (77, 'club', 'Chor', NOW(6))");
KR_STMT(x_my_group, "i", "",
    "INSERT INTO core_my_group (person_id, group_id, role) VALUES (?, 77, 1)");

/* A request that reads, as the pipeline begins one. */
static void
begin(void)
{
	if (app.settings == NULL)
		app.settings = kr_settings_new();
	kr_arena_reset(arena);
	kr_ctx_init(&cx, arena, &app);
	nobody = (struct kr_actor){ .person = 0 };
	kr_answer_init(&answer, arena);
	req.remote_net = KR_S("192.0.2.0/24");
	req.user_agent =
	    KR_S("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0");
	req.cookie = device;
	cx.actor = &nobody;
	cx.req = &req;
	cx.answer = &answer;
	cx.ro = cx.db = ro;
	cx.rw = rw;
	cx.plugin = "core";
}

static void
begin_write(void)
{
	begin();
	cx.db = rw;
}

static void
end(void)
{
	if (kr_status(&cx) != KR_OK)
		fail_msg("error %d: %.*s", cx.err, KR_FMT(cx.err_text));
	assert_int_equal(kr_commit(&cx), KR_OK);
	kr_run_afters(&cx);
	kr_ctx_finish(&cx);
}

static int64_t
number(struct kr_conn *conn, const struct kr_stmt *st, const kr_val *v, size_t n)
{
	static const struct kr_col cols[] = { { 'i', 8, 0 } };
	struct kr_conn *before = cx.db;
	int64_t found = -1;

	cx.db = conn;
	kr_rollback(&cx); /* a fresh snapshot */
	assert_true(kr_next_(kr_query_(&cx, st, v, n), cols, 1, &found));
	kr_rollback(&cx);
	cx.db = before;
	return found;
}
#define NUMBER(conn, st, ...) number(conn, &(st), KR_ARGS(__VA_ARGS__))

static void
do_now(struct kr_conn *conn, const struct kr_stmt *st, const kr_val *v, size_t n)
{
	begin();
	cx.db = conn;
	kr_exec_(&cx, st, v, n);
	end();
}
#define DO(conn, st, ...) do_now(conn, &(st), KR_ARGS(__VA_ARGS__))

static void
set_password(kr_id person, const char *account)
{
	begin();
	cx.db = auth;
	kr_store_set_password(&cx, person, kr_z(account), KR_S("Wolke sieben Giraffe"));
	end();
}

/* ── frame ── */

static struct kr_conn *
conn_as(const char *user, const char *schema, bool read_only)
{
	char file[400];
	kr_str password;

	snprintf(file, sizeof file, "%s/%s.pw", secret_dir, user);
	assert_true(kr_read_file(arena, file, &password));
	return kr_conn_new(&(struct kr_conn_opt){ .socket = socket_path,
	    .user = user,
	    .password = kr_dup(arena, kr_trim(password)).p,
	    .schema = schema,
	    .read_only = read_only });
}

static void
people_in(void)
{
	static const struct {
		kr_id id;
		const char *account, *given;
		uint32_t roles;
		int state; /* of the ENUM */
	} list[] = {
		{ MIA, "mia.oeztuerk", "Mia", KR_ROLE_PUPIL, 1 },
		{ KARL, "karl.zu", "Karl", KR_ROLE_PUPIL, 2 },
		{ TEACHER, "jo.lehrt", "Jo", KR_ROLE_TEACHER, 1 },
		{ ADMIN, "chef.admin", "Chef", KR_ROLE_ADMIN, 1 },
		{ CLOSED_OUT, "weg.gegangen", "Weg", KR_ROLE_PUPIL, 3 },
	};

	begin_write();
	for (size_t i = 0; i < KR_LEN(list); i++)
		kr_exec(&cx, &x_person, kr_i(list[i].id), kr_s(kr_z(list[i].account)),
		    kr_s(kr_z(list[i].given)), kr_i(list[i].roles),
		    kr_i(list[i].state));
	kr_exec(&cx, &x_group);
	kr_exec(&cx, &x_my_group, kr_i(MIA));
	end();
	set_password(MIA, "mia.oeztuerk");
	set_password(KARL, "karl.zu");
	set_password(CLOSED_OUT, "weg.gegangen");
	begin_write();
	assert_int_equal(kr_rights_register(&cx, &app), KR_OK);
	end();
}

/* The database of the school, without a connection to it: a process that is forked now
   inherits none. */
static bool
room_database(void)
{
	char core[400], path[400], why[500] = "";
	const char *dirs[] = { core }, *owners[] = { "core" };
	const struct passwd *me = getpwuid(getuid());

	kr_time_zone_init();
	kr_log_setup("test", KR_ERROR);
	snprintf(home, sizeof home, "%s/home", dir);
	snprintf(path, sizeof path, "%s/run", home);
	mkdir(home, 0700);
	mkdir(path, 0700);
	snprintf(socket_path, sizeof socket_path, "%s/mysql.sock", dir);
	snprintf(path, sizeof path, "%s/run/mysql.sock", home);
	unlink(path);
	if (symlink(socket_path, path) != 0)
		return false;
	snprintf(secret_dir, sizeof secret_dir, "%s/secret", home);
	snprintf(core, sizeof core, "%s/migrations", repository);
	arena = kr_arena_new((size_t)64 << 20);
	kr_random(app.csrf_key, sizeof app.csrf_key);
	if (kr_migrate(&(struct kr_migrate_opt){ .socket = socket_path,
			   .admin_user = getuid() == 0 ? "root" : me->pw_name,
			   .secret_dir = secret_dir,
			   .dirs = dirs,
			   .owners = owners,
			   .ndirs = 1 },
		why, sizeof why) != KR_OK) {
		print_error("%s\n", why);
		return false;
	}
	return true;
}

static void
room_school(void)
{
	ro = conn_as("kreide_ro", "kreide", true);
	rw = conn_as("kreide_rw", "kreide", false);
	auth = conn_as("kreide_auth", "kreide_auth", false);
	people_in();
}

static void
room_down(void)
{
	kr_conn_free(&ro);
	kr_conn_free(&rw);
	kr_conn_free(&auth);
	kr_arena_free(&arena);
}

static bool
room_args(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s DIR [REPOSITORY]\n", argv[0]);
		return false;
	}
	dir = argv[1];
	repository = argc > 2 ? argv[2] : ".";
	return true;
}

#endif
