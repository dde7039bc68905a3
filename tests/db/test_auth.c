/* The auth process, sessions and rights against a real server, which db.sh has started
   in argv[1]; linked with libkreide.a. argv[2] is the repository. */
#include "app/live.h"
#include "auth/proto.h"
#include "auth/store.h"
#include "db/db.h"
#include "http/http.h"
#include "plugin/registry.h"

#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *dir, *repository;
static char home[80], socket_path[300], secret_dir[300];
static struct kr_arena *arena;
static struct kr_conn *ro, *rw, *auth;
static struct kr_ctx cx;
static struct kr_actor nobody;
static struct kr_req req;
static struct kr_answer answer;
static pid_t processes[2];
static kr_str device = KR_STR_INIT("");

static const struct kr_perm tasks_perms[] = {
	{ "tasks.read", "tasks.p_read", KR_ROLE_PUPIL | KR_ROLE_TEACHER },
	{ "tasks.write", "tasks.p_write", KR_ROLE_TEACHER },
};
static const struct kr_perm people_perms[] = {
	{ "people.all", "people.p_all", KR_ROLE_ADMIN },
};
static const struct kr_plugin core_ = { .name = "core", .flags = KR_PL_SYSTEM };
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
KR_STMT(x_policy, "sidd", "",
    "INSERT INTO core_policy (module, roles, from_day, until_day, decision, opened_by,"
    " opened_at) VALUES (?, ?, ?, ?, 'x', 1, NOW(6))");
KR_STMT(x_policy_group, "ii", "",
    "INSERT INTO core_policy_group (policy_id, group_id) VALUES (?, ?)");
KR_STMT(x_close, "", "",
    "UPDATE core_policy SET closed_at = NOW(6) WHERE closed_at IS NULL");
KR_STMT(x_group, "", "",
    "INSERT INTO core_group (id, kind, name, created)"
    " VALUES (77, 'club', 'Chor', NOW(6))");
KR_STMT(x_my_group, "i", "",
    "INSERT INTO core_my_group (person_id, group_id, role) VALUES (?, 77, 1)");
KR_STMT(x_age_seen, "ti", "", "UPDATE core_session SET seen = ? WHERE person_id = ?");
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
KR_STMT(x_forget, "", "", "DELETE FROM kreide_auth.attempt");
KR_STMT(q_tries, "", "i", "SELECT COUNT(*) FROM kreide_auth.attempt");
KR_STMT(
    x_old_tries, "", "", "UPDATE kreide_auth.attempt SET at = at - INTERVAL 10 MINUTE");
KR_STMT(x_old_code, "", "",
    "UPDATE kreide_auth.code SET expires = NOW(6) - INTERVAL 1 DAY");
KR_STMT(q_secrets, "", "i",
    "SELECT (SELECT COUNT(*) FROM kreide_auth.credential WHERE hash NOT LIKE '$argon2id$%')"
    " + (SELECT COUNT(*) FROM kreide_auth.code WHERE LENGTH(hash) <> 32)");

/* A request that reads, as the pipeline begins one. */
static void
begin(void)
{
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

static struct kr_auth_reply
verify(const char *account, const char *password, const char *net)
{
	struct kr_auth_reply r;

	begin();
	r = kr_auth_verify(&cx, kr_z(account), kr_z(password), kr_z(net));
	kr_ctx_finish(&cx);
	return r;
}

static void
set_password(kr_id person, const char *account)
{
	begin();
	cx.db = auth;
	kr_store_set_password(&cx, person, kr_z(account), KR_S("Wolke sieben Giraffe"));
	end();
}

/* ── sign-in ── */

static void
sign_in(void **state)
{
	struct kr_auth_reply r;

	(void)state;
	DO(auth, x_forget);
	r = verify(" Mia.Öztürk", "Wolke sieben Giraffe", "a");
	assert_int_equal(r.verdict, KR_AUTH_OK);
	assert_int_equal(r.person, MIA);
	assert_true(r.new_device);
	assert_int_equal(NUMBER(auth, q_tries), 0);
	/* The same outside: wrong, unknown, locked, left, without a password. */
	assert_int_equal(verify("mia.oeztuerk", "falsch", "a").verdict, KR_AUTH_WRONG);
	assert_int_equal(verify("nie.da", "falsch", "a").verdict, KR_AUTH_WRONG);
	assert_int_equal(
	    verify("karl.zu", "Wolke sieben Giraffe", "a").verdict, KR_AUTH_WRONG);
	assert_int_equal(
	    verify("weg.gegangen", "Wolke sieben Giraffe", "a").verdict, KR_AUTH_WRONG);
	assert_int_equal(verify("chef.admin", "", "a").verdict, KR_AUTH_WRONG);
	assert_int_equal(NUMBER(auth, q_tries), 5);
	assert_int_equal(NUMBER(auth, q_secrets), 0);
}

/* A hash of cheaper days is made anew at the next right password. */
static void
rehash(void **state)
{
	char old[crypto_pwhash_STRBYTES];
	struct kr_store_person p;

	(void)state;
	DO(auth, x_forget);
	assert_int_equal(crypto_pwhash_str_alg(old, "Wolke sieben Giraffe", 20, 2,
			     19u << 20, crypto_pwhash_ALG_ARGON2ID13),
	    0);
	begin();
	cx.db = auth;
	kr_store_set_hash(&cx, MIA, old);
	end();
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "r").verdict, KR_AUTH_OK);
	begin();
	cx.db = auth;
	kr_rollback(&cx);
	assert_true(kr_store_by_id(&cx, MIA, &p));
	assert_false(kr_password_outdated(&cx, kr_cstr(&cx, p.hash)));
	end();
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "r").verdict, KR_AUTH_OK);
}

static void
brute_force(void **state)
{
	struct kr_auth_reply r = { 0 };
	int verified = 0;
	uint8_t mine[16];

	(void)state;
	DO(auth, x_forget);
	r = verify("mia.oeztuerk", "Wolke sieben Giraffe", "home");
	assert_int_equal(r.verdict, KR_AUTH_OK);
	memcpy(mine, r.device, sizeof mine);
	for (int i = 0; i < 200; i++) {
		r = verify("mia.oeztuerk", "falsch", i % 2 ? "evil" : "evil2");
		verified += r.verdict == KR_AUTH_WRONG;
		if (i % 20 == 0)
			DO(auth, x_old_tries); /* ten minutes pass */
	}
	assert_true(verified <= 40); /* 100 minutes */
	r = verify("mia.oeztuerk", "Wolke sieben Giraffe", "elsewhere");
	assert_int_equal(r.verdict, KR_AUTH_WAIT);
	assert_true(r.wait_s > 0 && r.wait_s <= 3600);

	/* The browser that signed in before. */
	begin();

	kr_str cookie = kr_fmt(&cx, "krd=%.*s",
	    KR_FMT(kr_b64url(arena, (kr_str){ (const char *)mine, 16 })));
	static char kept[80];

	snprintf(kept, sizeof kept, "%.*s", KR_FMT(cookie));
	device = kr_z(kept);
	r = verify("mia.oeztuerk", "Wolke sieben Giraffe", "evil");
	assert_int_equal(r.verdict, KR_AUTH_OK);
	assert_false(r.new_device);
	device = KR_S("");
}

static void
spraying(void **state)
{
	int verified = 0;

	(void)state;
	DO(auth, x_forget);
	for (int i = 0; i < 110; i++) {
		char account[20];

		snprintf(account, sizeof account, "a%d.b", i);
		verified += verify(account, "x", "spray").verdict == KR_AUTH_WRONG;
	}
	assert_int_equal(verified, 100);
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "spray").verdict,
	    KR_AUTH_WAIT);
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "b").verdict, KR_AUTH_OK);
	DO(auth, x_forget);
}

/* A class of demo users: one account, many browsers, all at once. Nobody has to wait,
   and nothing of it counts as a wrong try afterwards. */
static void
at_once(void **state)
{
	enum { BROWSERS = 8, TIMES = 4 };
	pid_t kids[BROWSERS];
	int good = 0, status;

	(void)state;
	DO(auth, x_forget);
	for (int i = 0; i < BROWSERS; i++) {
		kids[i] = fork();
		if (kids[i] != 0)
			continue;
		int ok = 0;

		for (int k = 0; k < TIMES; k++)
			ok += verify("mia.oeztuerk", "Wolke sieben Giraffe", "s")
				  .verdict == KR_AUTH_OK;
		_exit(ok);
	}
	for (int i = 0; i < BROWSERS; i++) {
		assert_int_equal(waitpid(kids[i], &status, 0), kids[i]);
		good += WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
	assert_int_equal(good, BROWSERS * TIMES);
	begin();
	assert_int_equal(NUMBER(auth, q_tries), 0);
	kr_ctx_finish(&cx);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Unknown, locked and known accounts take equally long; the full comparison with its
   statistics belongs to the attack suite. */
static void
equal_time(void **state)
{
	static const char *const accounts[] = { "mia.oeztuerk", "nie.da", "karl.zu" };
	enum { ROUNDS = 30 };
	double ms[3][ROUNDS];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 4 == 0)
			DO(auth, x_forget);
		for (int k = 0; k < 3; k++) {
			int who = (i + k) % 3;
			int64_t start = kr_mono_us();

			assert_int_equal(verify(accounts[who], "falsch", "t").verdict,
			    KR_AUTH_WRONG);
			ms[who][i] = (double)(kr_mono_us() - start) / 1000;
		}
	}
	for (int k = 0; k < 3; k++) {
		qsort(ms[k], ROUNDS, sizeof ms[k][0], by_value);
		print_message("%s: median %.2f ms\n", accounts[k], ms[k][ROUNDS / 2]);
	}
	for (int k = 1; k < 3; k++) {
		double d = ms[k][ROUNDS / 2] / ms[0][ROUNDS / 2];

		assert_true(d > 0.5 && d < 2); /* noise; a leak is a factor of ten */
	}
}

/* ── codes ── */

static void
new_code(kr_id person, char code_r[20])
{
	begin();
	assert_true(kr_auth_new_code(&cx, person, KR_S("x"), code_r));
	kr_ctx_finish(&cx);
}

static struct kr_auth_reply
use_code(const char *code, const char *password)
{
	struct kr_auth_reply r;

	begin();
	r = kr_auth_use_code(&cx, kr_z(code), kr_z(password), KR_S("c"));
	kr_ctx_finish(&cx);
	return r;
}

static struct kr_auth_reply
peek(const char *code)
{
	struct kr_auth_reply r;

	begin();
	r = kr_auth_peek_code(&cx, kr_z(code), KR_S("c"));
	kr_ctx_finish(&cx);
	return r;
}

static void
codes(void **state)
{
	char code[20], other[20];
	struct kr_auth_reply r;

	(void)state;
	DO(auth, x_forget);
	new_code(MIA, other);
	new_code(MIA, code);
	assert_string_not_equal(code, other);
	assert_int_equal(strlen(code), 19);
	assert_int_equal(peek(other).verdict, KR_AUTH_BAD_CODE); /* the former one */
	r = peek(code);
	assert_int_equal(r.verdict, KR_AUTH_OK);
	assert_int_equal(r.person, MIA);
	/* The password is void as soon as a code was made. */
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "c").verdict, KR_AUTH_WRONG);
	r = use_code(code, "kurz");
	assert_int_equal(r.verdict, KR_AUTH_WEAK);
	assert_string_equal(r.why, "core.password_too_short_8");
	r = use_code(code, "Zebra tanzt 44");
	assert_int_equal(r.verdict, KR_AUTH_OK);
	assert_int_equal(r.person, MIA);
	r = use_code(code, "Zebra tanzt 45");
	assert_int_equal(r.verdict, KR_AUTH_BAD_CODE);
	assert_string_equal(r.why, "core.code_used");
	assert_int_equal(
	    verify("mia.oeztuerk", "Zebra tanzt 44", "c").verdict, KR_AUTH_OK);
	new_code(TEACHER, code);
	r = use_code(code, "Zebra tan4");
	assert_string_equal(r.why, "core.password_too_short_12");
	DO(auth, x_old_code);
	r = peek(code);
	assert_int_equal(r.verdict, KR_AUTH_BAD_CODE);
	assert_string_equal(r.why, "core.code_expired");
	assert_string_equal(peek("0000-0000-0000-0000").why, "core.code_unknown");
	assert_string_equal(peek("0000").why, "core.code_malformed");
	set_password(MIA, "mia.oeztuerk");
}

/* Two browsers send the same code at the same moment. */
static void
one_use(void **state)
{
	char code[20];
	int good = 0, status;
	pid_t two[2];

	(void)state;
	new_code(MIA, code);
	for (int i = 0; i < 2; i++) {
		two[i] = fork();
		if (two[i] != 0)
			continue;
		struct kr_auth_reply r =
		    use_code(code, i ? "Zebra tanzt 44" : "Zebra tanzt 55");
		_exit(r.verdict == KR_AUTH_OK ? 7 : 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(two[i], &status, 0), two[i]);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	assert_int_equal(good, 1);
	set_password(MIA, "mia.oeztuerk");
}

/* ── changing, tokens ── */

static void
change(void **state)
{
	struct kr_auth_reply r;

	(void)state;
	begin();
	r = kr_auth_change(&cx, MIA, KR_S("falsch"), KR_S("Zebra tanzt 44"), KR_S("c"));
	assert_int_equal(r.verdict, KR_AUTH_WRONG);
	r = kr_auth_change(
	    &cx, MIA, KR_S("Wolke sieben Giraffe"), KR_S("mia"), KR_S("c"));
	assert_int_equal(r.verdict, KR_AUTH_WEAK);
	r = kr_auth_change(&cx, MIA, KR_S("Wolke sieben Giraffe"),
	    KR_S("Wolke sieben Giraffe"), KR_S("c"));
	assert_string_equal(r.why, "core.password_same_as_before");
	r = kr_auth_change(
	    &cx, MIA, KR_S("Wolke sieben Giraffe"), KR_S("Zebra tanzt 44"), KR_S("c"));
	assert_int_equal(r.verdict, KR_AUTH_OK);
	kr_ctx_finish(&cx);
	assert_int_equal(
	    verify("mia.oeztuerk", "Zebra tanzt 44", "c").verdict, KR_AUTH_OK);
	set_password(MIA, "mia.oeztuerk");
}

static void
tokens(void **state)
{
	struct kr_auth_token *list;
	char token[48], code[20];
	size_t n;

	(void)state;
	begin();
	for (int i = 0; i < KR_AUTH_TOKENS; i++)
		assert_true(kr_auth_new_token(&cx, MIA, "Kalender", token));
	assert_false(kr_auth_new_token(&cx, MIA, "zu viel", token));
	assert_int_equal(kr_status(&cx), KR_OK);
	assert_int_equal(strlen(token), 46);
	assert_int_equal(kr_auth_bearer(&cx, kr_z(token)).person, MIA);
	token[10] ^= 1;
	assert_int_equal(kr_auth_bearer(&cx, kr_z(token)).verdict, KR_AUTH_WRONG);
	token[10] ^= 1;
	assert_true(kr_auth_tokens(&cx, MIA, &list, &n));
	assert_int_equal(n, KR_AUTH_TOKENS);
	assert_false(kr_auth_drop_token(&cx, KARL, list[0].id));
	assert_true(kr_auth_drop_token(&cx, MIA, list[0].id));
	kr_ctx_finish(&cx);
	DO(rw, x_state, kr_s(KR_S("locked")), kr_i(MIA));
	begin();
	assert_int_equal(kr_auth_bearer(&cx, kr_z(token)).verdict, KR_AUTH_WRONG);
	kr_ctx_finish(&cx);
	DO(rw, x_state, kr_s(KR_S("active")), kr_i(MIA));
	new_code(MIA, code);
	begin();
	assert_int_equal(kr_auth_bearer(&cx, kr_z(token)).verdict, KR_AUTH_WRONG);
	kr_ctx_finish(&cx);
	set_password(MIA, "mia.oeztuerk");
}

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
sessions_end(void **state)
{
	kr_str cookie;
	kr_time now = kr_wall();
	int64_t closed;
	kr_id id;

	(void)state;
	cookie = session_of(TEACHER);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 479 * KR_MIN_US }), kr_i(TEACHER));
	assert_int_equal(who_is(cookie), TEACHER); /* and that moves `seen` */
	assert_int_equal(who_is(cookie), TEACHER);
	DO(rw, x_age_seen, kr_t((kr_time){ now.us - 481 * KR_MIN_US }), kr_i(TEACHER));
	assert_int_equal(who_is(cookie), 0); /* idle for eight hours */
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

/* ── away ── */

static void
away(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(processes); i++) {
		int status;

		kill(processes[i], SIGTERM);
		assert_int_equal(waitpid(processes[i], &status, 0), processes[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		processes[i] = 0;
	}
	assert_int_equal(
	    verify("mia.oeztuerk", "Wolke sieben Giraffe", "z").verdict, KR_AUTH_DOWN);
}

/* ── preparing ── */

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

static void
start_processes(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%s/run/auth.sock", home);
	unlink(to.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(fd, KR_AUTH_BACKLOG), 0);
	for (size_t i = 0; i < KR_LEN(processes); i++) {
		processes[i] = fork();
		if (processes[i] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		kr_auth_main(&app, fd);
	}
	close(fd);
}

static int
setup(void **state)
{
	char core[400], path[400], why[500] = "";
	const char *dirs[] = { core }, *owners[] = { "core" };
	const struct passwd *me = getpwuid(getuid());

	(void)state;
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
		return -1;
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
		return -1;
	}
	start_processes(); /* before there is a connection to inherit */
	ro = conn_as("kreide_ro", "kreide", true);
	rw = conn_as("kreide_rw", "kreide", false);
	auth = conn_as("kreide_auth", "kreide_auth", false);
	people_in();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < KR_LEN(processes); i++)
		if (processes[i] > 0)
			kill(processes[i], SIGKILL);
	kr_conn_free(&ro);
	kr_conn_free(&rw);
	kr_conn_free(&auth);
	kr_arena_free(&arena);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sign_in),
		cmocka_unit_test(rehash),
		cmocka_unit_test(brute_force),
		cmocka_unit_test(spraying),
		cmocka_unit_test(at_once),
		cmocka_unit_test(equal_time),
		cmocka_unit_test(codes),
		cmocka_unit_test(one_use),
		cmocka_unit_test(change),
		cmocka_unit_test(tokens),
		cmocka_unit_test(sessions),
		cmocka_unit_test(sessions_end),
		cmocka_unit_test(rights),
		cmocka_unit_test(registering),
		cmocka_unit_test(away),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_auth DIR [REPOSITORY]\n");
		return 2;
	}
	dir = argv[1];
	repository = argc > 2 ? argv[2] : ".";
	return cmocka_run_group_tests(tests, setup, teardown);
}
