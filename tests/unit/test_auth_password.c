/* What a school accepts as a password, what a code looks like, and Argon2id itself. */
#include "../lib/base_room.h"

#include "../../core/auth/password.c"

#include "../../core/auth/store.c"

static struct kr_app app = { .conf = { .school = "Gesamtschule Lindenhof" } };

#include "../lib/work.h"

static int
setup(void **state)
{
	(void)state;
	work_begin(&app);
	return 0;
}

static void
rules(void **state)
{
	static const struct {
		const char *password, *pupil, *teacher; /* NULL: good */
	} rows[] = {
		{ "kurz", "too_short_8", "too_short_12" },
		{ "", "too_short_8", "too_short_12" },
		{ "Pferd9!", "too_short_8", "too_short_12" },
		{ "mia.oeztuerk", "own_name", "own_name" },
		{ "Öztürk123", "own_name", "too_short_12" },
		{ "mia Öztürk 2014", "own_name", "own_name" },
		{ "12345678", "too_easy", "too_short_12" },
		{ "123456789012", "too_easy", "too_easy" },
		{ "Passwort123", "too_easy", "too_short_12" },
		{ "passwordpassword", "too_easy", "too_easy" },
		{ "Fussball7", "too_easy", "too_short_12" },
		{ "lindenhof1", "too_easy", "too_short_12" },
		{ "qwertzuiop", "too_easy", "too_short_12" },
		{ "aaaaaaaaaaaaaaaa", "too_easy", "too_easy" },
		{ "Kreide-demo-1", NULL, NULL },
		{ "Pferdeaepfel9", NULL, NULL },
		{ "Wolke sieben Giraffe", NULL, NULL },
		{ "gut\tgemacht Giraffe", "unreadable", "unreadable" },
		{ "\xff\xfe Giraffe sieben", "unreadable", "unreadable" },
	};
	struct kr_password_owner who = { KR_ROLE_PUPIL, KR_S("Mia"), KR_S("Öztürk"),
		KR_S("mia.oeztuerk") };

	(void)state;
	for (size_t i = 0; i < KR_LEN(rows); i++) {
		const char *want[] = { rows[i].pupil, rows[i].teacher };
		uint32_t roles[] = { KR_ROLE_PUPIL, KR_ROLE_TEACHER | KR_ROLE_PARENT };

		for (size_t k = 0; k < 2; k++) {
			who.roles = roles[k];

			const char *got =
			    kr_password_weak(&cx, &who, kr_z(rows[i].password));

			if (want[k] == NULL
				? got != NULL
				: got == NULL || strcmp(got + 14, want[k]) != 0)
				fail_msg("%s: %s", rows[i].password, got);
		}
	}
}

/* Long is fine up to 128 characters, however many bytes they take, and quick to judge.
 */
static void
long_passwords(void **state)
{
	struct kr_password_owner who = { KR_ROLE_TEACHER, KR_S("A"), KR_S("B"),
		KR_S("a.b") };
	char text[700] = "";

	(void)state;
	for (int i = 0; i < 128; i++)
		memcpy(text + strlen(text), (i % 3) != 0 ? "ü" : "ß", 3);

	int64_t start = kr_mono_us();

	assert_null(kr_password_weak(&cx, &who, kr_z(text)));
	assert_true(kr_mono_us() - start < 1000000);
	memcpy(text + strlen(text), "x", 2);
	assert_string_equal(
	    kr_password_weak(&cx, &who, kr_z(text)), "core.password_too_long");
	memset(text, 'x', 699);
	assert_string_equal(
	    kr_password_weak(&cx, &who, kr_z(text)), "core.password_unreadable");
}

static void
hashing(void **state)
{
	char a[KR_HASH_MAX], b[KR_HASH_MAX];

	(void)state;
	assert_true(kr_password_hash(&cx, KR_S("Wolke sieben"), a));
	assert_true(kr_password_hash(&cx, KR_S("Wolke sieben"), b));
	assert_string_not_equal(a, b);
	assert_true(strncmp(a, "$argon2id$v=19$m=47104,t=1,p=1$", 31) == 0);
	assert_true(kr_password_same(&cx, a, KR_S("Wolke sieben")));
	assert_false(kr_password_same(&cx, a, KR_S("Wolke sieben ")));
	assert_false(kr_password_same(&cx, "", KR_S("")));
	assert_false(kr_password_outdated(&cx, a));
	assert_true(kr_password_outdated(&cx,
	    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
	    "GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"));
	/* As costly as a real one: read as such, and computed before it is found wrong.
	 */
	kr_password_decoy(&cx, b);
	assert_int_equal(strlen(a), strlen(b));
	assert_false(kr_password_outdated(&cx, b));
	assert_false(kr_password_same(&cx, b, KR_S("Wolke sieben")));
	/* ü typed as one character or as u with two dots. */
	assert_true(kr_password_hash(&cx, KR_S("Gr\xc3\xbcner Tee"), a));
	assert_true(kr_password_same(&cx, a, KR_S("Gru\xcc\x88ner Tee")));
}

static void
codes(void **state)
{
	static const struct {
		const char *typed, *clean;
	} rows[] = {
		{ "ABCD-EFGH-JKMN-PQRS", "ABCDEFGHJKMNPQRS" },
		{ " abcd efgh jkmn pqrs ", "ABCDEFGHJKMNPQRS" },
		{ "OOOO-IIII-LLLL-0000", "0000111111110000" },
		{ "abcd-efgh-jkmn-pqr", "" },
		{ "abcd-efgh-jkmn-pqrst", "" },
		{ "abcd-efgh-jkmn-pqru", "" }, /* no U in codes */
		{ "abcd-efgh-jkmn-pq!s", "" },
		{ "", "" },
		{ "ÄÄÄÄÄÄÄÄ", "" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(rows); i++)
		assert_str(
		    kr_store_code_clean(&cx, kr_z(rows[i].typed)), rows[i].clean);
}

static void
accounts(void **state)
{
	static const struct {
		const char *typed, *account;
	} rows[] = {
		{ "mia.oeztuerk", "mia.oeztuerk" },
		{ "  Mia.Öztürk ", "mia.oeztuerk" },
		{ "MIA.OEZTUERK", "mia.oeztuerk" },
		{ "anna-lena.schmidt2", "anna-lena.schmidt2" },
		{ "a' OR 1=1 --", "a or 11 --" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(rows); i++)
		assert_str(kr_store_account(&cx, kr_z(rows[i].typed)), rows[i].account);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rules, setup, teardown_work),
		cmocka_unit_test_setup_teardown(long_passwords, setup, teardown_work),
		cmocka_unit_test_setup_teardown(hashing, setup, teardown_work),
		cmocka_unit_test_setup_teardown(codes, setup, teardown_work),
		cmocka_unit_test_setup_teardown(accounts, setup, teardown_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
