/* Sessions and rights against a real server, which db.sh has started in argv[1]; linked
   with libkreide.a. argv[2] is the repository. */
#include "../lib/auth_room.h"

KR_STMT(x_policy, "sidd", "",
    "INSERT INTO core_policy (module, roles, from_day, until_day, decision, opened_by,"
    " opened_at) VALUES (?, ?, ?, ?, 'x', 1, NOW(6))");
KR_STMT(x_policy_group, "ii", "",
    "INSERT INTO core_policy_group (policy_id, group_id) VALUES (?, ?)");
KR_STMT(x_close, "", "",
    "UPDATE core_policy SET closed_at = NOW(6) WHERE closed_at IS NULL");
KR_STMT(x_age_seen, "ti", "", "UPDATE core_session SET seen = ? WHERE person_id = ?");
KR_STMT(
    x_age_created, "ti", "", "UPDATE core_session SET created = ? WHERE person_id = ?");
KR_STMT(q_seen_of, "i", "i",
    "SELECT COUNT(*) FROM core_session WHERE person_id = ?"
    " AND seen > NOW(6) - INTERVAL 1 MINUTE");
KR_STMT(
    x_age_expires, "ti", "", "UPDATE core_session SET expires = ? WHERE person_id = ?");
KR_STMT(q_session_hash, "x", "i", "SELECT COUNT(*) FROM core_session WHERE hash = ?");
KR_STMT(
    q_sessions_of, "i", "i", "SELECT COUNT(*) FROM core_session WHERE person_id = ?");
KR_STMT(
    q_outbox, "", "i", "SELECT COUNT(*) FROM core_outbox WHERE event = 'live.close'");
KR_STMT(q_bit, "s", "i", "SELECT bit FROM core_right WHERE name = ?");
KR_STMT(q_epoch, "", "i", "SELECT value FROM core_epoch WHERE name = 'rights'");
KR_STMT(q_activated, "i", "i",
    "SELECT activated_at IS NOT NULL FROM core_person WHERE id = ?");

/* ── sessions ── */

static kr_str
session_of(kr_id person)
{
	static char kept[60];
	kr_str cookie;

	begin_write();
	assert_int_equal(kr_session_new(&cx, person, &cookie), KR_OK);
	snprintf(kept, sizeof kept, "%.*s", KR_FMT(cookie));
	end();
	return kr_z(kept);
}

static kr_id
who_is(kr_str cookie)
{
	begin();
	assert_int_equal(kr_session_load(&cx, cookie), KR_OK);

	kr_id person = kr_me(&cx);

	end();
	return person;
}

static void
sessions(void **state)
{
	uint8_t hash[32];
	kr_str cookie;
	char changed[60];

	(void)state;
	cookie = session_of(MIA);
	assert_int_equal(cookie.n, 43);
	assert_int_equal(who_is(cookie), MIA);
	begin();
	assert_int_equal(NUMBER(rw, q_activated, kr_i(MIA)), 1);
	kr_sha256(cookie, hash);
	assert_int_equal(
	    NUMBER(rw, q_session_hash, kr_x((kr_str){ (char *)hash, 32 })), 1);
	/* One statement tells who and what, once rights are compiled. */
	assert_int_equal(kr_session_load(&cx, cookie), KR_OK);
	cx.queries = 0;
	assert_int_equal(kr_session_load(&cx, cookie), KR_OK);
	assert_int_equal(cx.queries, 1);
	assert_true(kr_is(cx.actor->name, "Mia Öztürk") && cx.actor->du);
	end();

	snprintf(changed, sizeof changed, "%.*s", KR_FMT(cookie));
	changed[5] = changed[5] == 'A' ? 'B' : 'A';
	assert_int_equal(who_is(kr_z(changed)), 0);
	assert_int_equal(who_is(KR_S("")), 0);
	assert_int_equal(who_is(KR_S("' OR 1=1 --")), 0);

	DO(rw, x_state, kr_s(KR_S("locked")), kr_i(MIA));
	assert_int_equal(who_is(cookie), 0);
	DO(rw, x_state, kr_s(KR_S("left")), kr_i(MIA));
	assert_int_equal(who_is(cookie), 0);
	DO(rw, x_state, kr_s(KR_S("active")), kr_i(MIA));
	assert_int_equal(who_is(cookie), MIA);
}

static void
set(const char *key, const char *value)
{
	begin_write();
	assert_null(kr_setting_check(
	    &cx, kr_setting_declared(&app, kr_z(key)), kr_z(value), &(kr_str){ 0 }));
	kr_setting_put(&cx, kr_setting_declared(&app, kr_z(key)), kr_z(value));
	end();
}

/* What the school sets holds for sessions that are there already. */
static void
sessions_as_set(kr_time now)
{
	kr_str cookie = session_of(TEACHER);

	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 31 * KR_MIN_US }), kr_i(TEACHER));
	set("core.idle_staff", "45");
	assert_int_equal(who_is(cookie), TEACHER);
	assert_true(cx.actor->idle_end.us - now.us > 44 * KR_MIN_US);
	assert_true(cx.actor->last_end.us - now.us > 719 * KR_MIN_US);
	DO(rw, x_age_created, kr_t((kr_time){ now.us - 61 * KR_MIN_US }),
	    kr_i(TEACHER));
	assert_int_equal(who_is(cookie), TEACHER);
	set("core.session_hours", "1");
	assert_int_equal(who_is(cookie), 0);
	set("core.session_hours", "12");
	set("core.idle_staff", "30");
	assert_int_equal(who_is(cookie), TEACHER);
}

static void
sessions_end(void **state)
{
	kr_str cookie;
	kr_time now = kr_wall();
	int64_t closed;
	kr_id id;

	(void)state;
	cookie = session_of(MIA);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 479 * KR_MIN_US }), kr_i(MIA));
	assert_int_equal(who_is(cookie), MIA); /* and that moves `seen` */
	assert_int_equal(who_is(cookie), MIA);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 481 * KR_MIN_US }), kr_i(MIA));
	assert_int_equal(who_is(cookie), 0); /* idle for eight hours */
	cookie = session_of(TEACHER);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 29 * KR_MIN_US }), kr_i(TEACHER));
	req.path = KR_S("/_notices/count"); /* a page asks by itself: nobody is there */
	assert_int_equal(who_is(cookie), TEACHER);
	begin();
	assert_int_equal(NUMBER(rw, q_seen_of, kr_i(TEACHER)), 0);
	req.path = KR_S("/");
	assert_int_equal(who_is(cookie), TEACHER);
	begin();
	assert_int_equal(NUMBER(rw, q_seen_of, kr_i(TEACHER)), 1);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 31 * KR_MIN_US }), kr_i(TEACHER));
	assert_int_equal(who_is(cookie), 0); /* teachers: for half an hour */
	sessions_as_set(now);
	cookie = session_of(TEACHER);
	DO(rw, x_age_expires, kr_t((kr_time){ now.us - 1 }), kr_i(TEACHER));
	assert_int_equal(who_is(cookie), 0);

	cookie = session_of(TEACHER);
	session_of(TEACHER);
	begin_write();
	closed = NUMBER(rw, q_outbox);
	assert_int_equal(kr_session_load(&cx, cookie), KR_OK);
	end();
	begin_write();
	cookie = session_of(TEACHER);
	begin_write();
	assert_int_equal(kr_session_load(&cx, cookie), KR_OK);
	id = cx.actor->session;
	kr_session_end_all(&cx, TEACHER, id);
	end();
	assert_int_equal(who_is(cookie), TEACHER);
	assert_int_equal(NUMBER(rw, q_sessions_of, kr_i(TEACHER)), 1);
	assert_true(NUMBER(rw, q_outbox) >= closed + 2);
	begin_write();
	kr_session_end(&cx, id);
	end();
	assert_int_equal(who_is(cookie), 0);
	begin();
	assert_int_equal(kr_session_load_by_id(&cx, id), KR_OK);
	assert_int_equal(kr_me(&cx), 0);
	end();
}

/* ── rights ── */

static bool
can(kr_id person, const char *perm)
{
	bool yes;

	begin();
	assert_int_equal(kr_actor_load(&cx, person), KR_OK);
	yes = kr_can(&cx, perm);
	end();
	return yes;
}

static kr_id
policy(uint32_t roles, int from, int until)
{
	kr_date today;
	kr_id id;

	begin_write();
	kr_exec(&cx, &x_close);
	today = kr_today(&cx);
	id = kr_exec(&cx, &x_policy, kr_s(KR_S("tasks")), kr_i(roles),
	    kr_d((kr_date){ today.day + from }),
	    until < 0 ? kr_null() : kr_d((kr_date){ today.day + until }));
	kr_rights_changed(&cx);
	end();
	return id;
}

static void
rights(void **state)
{
	kr_id id;

	(void)state;
	assert_false(can(MIA, "tasks.read"));
	assert_true(can(ADMIN, "people.all")); /* system: open without a policy */
	assert_false(can(MIA, "people.all"));
	policy(KR_ROLE_PUPIL | KR_ROLE_TEACHER, 0, -1);
	assert_true(can(MIA, "tasks.read"));
	assert_false(can(MIA, "tasks.write"));
	assert_true(can(TEACHER, "tasks.write"));
	assert_false(can(ADMIN, "tasks.read"));
	policy(KR_ROLE_TEACHER, 0, -1);
	assert_false(can(MIA, "tasks.read"));
	policy(KR_ROLE_PUPIL, 1, -1);
	assert_false(can(MIA, "tasks.read"));
	id = policy(0, -5, 0);
	assert_false(can(MIA, "tasks.read"));
	begin_write();
	kr_exec(&cx, &x_policy_group, kr_i(id), kr_i(77));
	kr_rights_changed(&cx);
	end();
	assert_true(can(MIA, "tasks.read")); /* by her group */
	assert_false(can(TEACHER, "tasks.write"));

	/* Midnight passes: the row says until when it holds. */
	begin();
	cx.now.us += KR_DAY_US;
	assert_int_equal(kr_actor_load(&cx, MIA), KR_OK);
	assert_false(kr_can(&cx, "tasks.read"));
	end();

	begin_write();
	kr_exec(&cx, &x_close);
	kr_rights_changed(&cx);
	end();
	assert_false(can(MIA, "tasks.read"));
	begin();
	assert_int_equal(kr_actor_load(&cx, KARL), KR_ENOTFOUND); /* locked */
	end();
}

static void
registering(void **state)
{
	static const struct kr_perm changed[] = {
		{ "tasks.read", "tasks.p_read", KR_ROLE_ALL },
		{ "tasks.write", "tasks.p_write", KR_ROLE_TEACHER },
		{ "tasks.admin", "tasks.p_admin", KR_ROLE_ADMIN },
	};
	int64_t bit, epoch;

	(void)state;
	begin();
	bit = NUMBER(rw, q_bit, kr_s(KR_S("tasks.write")));
	epoch = NUMBER(rw, q_epoch);
	assert_int_equal(loaded[0].module_bit, (size_t)-1);
	assert_int_equal(loaded[3].module_bit, (size_t)-1);
	assert_int_equal(
	    loaded[1].module_bit, NUMBER(rw, q_bit, kr_s(KR_S("module:tasks"))));
	assert_int_equal(route_infos[0].perm_bit, bit);
	begin_write();
	assert_int_equal(kr_rights_register(&cx, &app), KR_OK);
	end();
	begin();
	assert_int_equal(NUMBER(rw, q_epoch), epoch); /* nothing new */
	policy(KR_ROLE_ALL, 0, -1);
	assert_false(can(ADMIN, "tasks.read"));
	tasks.perms = changed;
	tasks.nperms = 3;
	begin_write();
	assert_int_equal(kr_rights_register(&cx, &app), KR_OK);
	end();
	begin();
	assert_int_equal(NUMBER(rw, q_bit, kr_s(KR_S("tasks.write"))), bit);
	assert_true(can(ADMIN, "tasks.read"));
	assert_true(can(ADMIN, "tasks.admin"));
}

/* A plugin that is refused and later loads again: its rights rest meanwhile, and nobody
   keeps an answer from then. */
static void
gone_and_back(void **state)
{
	struct kr_loaded *own = &loaded[1];
	const struct kr_plugin *was = own->p;
	int64_t bit, epoch;

	(void)state;
	begin();
	bit = NUMBER(rw, q_bit, kr_s(KR_S("tasks.write")));
	epoch = NUMBER(rw, q_epoch);
	assert_true(can(ADMIN, "tasks.read"));
	own->p = NULL;
	begin_write();
	assert_int_equal(kr_rights_register(&cx, &app), KR_OK);
	end();
	begin();
	assert_int_equal(NUMBER(rw, q_epoch), epoch + 1);
	assert_false(can(ADMIN, "tasks.read"));
	own->p = was;
	begin_write();
	assert_int_equal(kr_rights_register(&cx, &app), KR_OK);
	end();
	begin();
	assert_int_equal(NUMBER(rw, q_epoch), epoch + 2);
	assert_int_equal(NUMBER(rw, q_bit, kr_s(KR_S("tasks.write"))), bit);
	assert_true(can(ADMIN, "tasks.read"));
}

/* ── preparing ── */

static int
setup(void **state)
{
	(void)state;
	if (!room_database())
		return -1;
	room_school();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_down();
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions),
		cmocka_unit_test(sessions_end),
		cmocka_unit_test(rights),
		cmocka_unit_test(registering),
		cmocka_unit_test(gone_and_back),
	};

	if (!room_args(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, setup, teardown);
}
