/* Slices, UTF-8, transliteration and encodings. */
#include "../lib/base_room.h"

#include "../lib/work.h"

static void
test_split(void **state)
{
	static const struct {
		const char *text;
		size_t parts;
		const char *last;
	} cases[] = {
		{ "a,b,c", 3, "c" },
		{ "a,", 2, "" },
		{ ",", 2, "" },
		{ "", 1, "" },
		{ "abc", 1, "abc" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		kr_str rest = kr_z(cases[i].text), part;
		size_t n = 0;

		while (kr_split(&rest, ',', &part))
			n++;
		assert_int_equal(n, cases[i].parts);
		assert_str(part, cases[i].last);
	}

	kr_str none = { NULL, 0 }, part;

	assert_false(kr_split(&none, ',', &part));
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "-7", true, -7 },
		{ "007", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1x", false, 0 },
		{ "0x10", false, 0 },
		{ "--1", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++) {
		int64_t v = 42;

		assert_int_equal(kr_to_i(kr_z(cases[i].text), &v), cases[i].ok);
		assert_int_equal(v, cases[i].ok ? cases[i].value : 42);
	}
}

static void
test_slices(void **state)
{
	(void)state;
	assert_str(kr_trim(KR_S(" \t\r\n x y \n")), "x y");
	assert_str(kr_trim(KR_S("   ")), "");
	assert_str(kr_sub(KR_S("hello"), 1, 3), "ell");
	assert_str(kr_sub(KR_S("hello"), 3, SIZE_MAX), "lo");
	assert_str(kr_sub(KR_S("hello"), 9, 1), "");
	assert_str(kr_sub(kr_z(NULL), 0, 1), "");
	assert_true(kr_starts(KR_S("/tasks/1"), KR_S("/tasks/")));
	assert_false(kr_starts(KR_S("/t"), KR_S("/tasks")));
	assert_true(kr_eq(kr_z(NULL), KR_S("")));
	assert_false(kr_eq(KR_S("a"), KR_S("b")));
	assert_int_equal(kr_chars(KR_S("Öztürk")), 6);

	const kr_str parts[] = { KR_S("a"), KR_S(""), KR_S("c") };

	assert_str(kr_join(&cx, parts, 3, KR_S(", ")), "a, , c");
	assert_str(kr_join(&cx, parts, 0, KR_S(", ")), "");

	const kr_id ids[] = { 1, -2, INT64_MAX };

	assert_str(kr_ids(&cx, ids, 3).s, "[1,-2,9223372036854775807]");
	assert_str(kr_ids(&cx, NULL, 0).s, "[]");
}

static void
test_utf8(void **state)
{
	static const struct {
		kr_str text;
		bool ok;
	} cases[] = {
		{ KR_STR_INIT(""), true }, { KR_STR_INIT("Grüße 🎒"), true },
		{ KR_STR_INIT("a\0b"), false },
		{ KR_STR_INIT("\xc0\x80"), false },         /* overlong NUL */
		{ KR_STR_INIT("\xe0\x80\xaf"), false },     /* overlong slash */
		{ KR_STR_INIT("\xed\xa0\x80"), false },     /* surrogate */
		{ KR_STR_INIT("\xf4\x90\x80\x80"), false }, /* beyond U+10FFFF */
		{ KR_STR_INIT("\xff"), false },
		{ KR_STR_INIT("\xc3"), false },            /* cut off */
		{ KR_STR_INIT("\xf4\x8f\xbf\xbf"), true }, /* U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_int_equal(kr_utf8_ok(cases[i].text), cases[i].ok);
	assert_str(kr_nfc(arena, KR_S("Mu\xcc\x88ller")), "Müller");
	assert_str(kr_nfc(arena, KR_S("plain")), "plain");
	assert_str(kr_nfc(arena, KR_S("\xff")), "");
	assert_str(kr_lower(arena, KR_S("ÄÖÜ ẞ Ğ")), "äöü ß ğ");
	assert_str(kr_lower(arena, KR_S("ABC-1")), "abc-1");
	assert_true(kr_has_control(KR_S("a\tb")));
	assert_true(kr_has_control(KR_S("a\x7f")));
	assert_true(kr_has_control(KR_S("a\xc2\x85")));
	assert_false(kr_has_control(KR_S("ä\u00a0ö")));
}

static void
test_translit(void **state)
{
	static const struct {
		const char *name, *ascii;
	} cases[] = {
		{ "Müller", "mueller" },
		{ "Mu\xcc\x88ller", "mueller" }, /* decomposed */
		{ "Weiß", "weiss" },
		{ "GROẞ", "gross" },
		{ "Öztürk", "oeztuerk" },
		{ "Yıldız İnan Ağaoğlu Şimşek", "yildiz inan agaoglu simsek" },
		{ "Łukasz Wałęsa Źdźbło", "lukasz walesa zdzblo" },
		{ "Dvořák Ďurišová Kůň", "dvorak durisova kun" },
		{ "Nguyễn Đặng Thị Ước", "nguyen dang thi uoc" },
		{ "Søren Åkesson Æbelø", "soeren aakesson aebeloe" },
		{ "Þórður Guðmundsdóttir", "thordur gudmundsdottir" },
		{ "Žukauskaitė Ķēniņš", "zukauskaite kenins" },
		{ "Ștefănescu Țepeș", "stefanescu tepes" },
		{ "Núñez Gonçalves", "nunez goncalves" },
		{ "Əliyev", "eliyev" },
		{ "D'Angelo O’Neill", "dangelo oneill" },
		{ "Anna-Lena Karl‑Heinz", "anna-lena karl-heinz" },
		{ "Œuvre Ĳssel ŋǿ", "oeuvre ijssel noe" },
		{ "Иван", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < KR_LEN(cases); i++)
		assert_str(kr_translit(arena, kr_z(cases[i].name)), cases[i].ascii);
	for (size_t i = 1; i < KR_LEN(letter_table); i++)
		assert_true(letter_table[i - 1].code < letter_table[i].code);
}

static void
test_percent(void **state)
{
	kr_str out;

	(void)state;
	assert_str(kr_percent_encode(arena, KR_S("a/b c+ä~")), "a%2Fb%20c%2B%C3%A4~");
	assert_true(kr_percent_decode(arena, KR_S("a%2fb+c%C3%A4"), true, &out));
	assert_str(out, "a/b cä");
	assert_true(kr_percent_decode(arena, KR_S("a+b"), false, &out));
	assert_str(out, "a+b");
	assert_false(kr_percent_decode(arena, KR_S("%"), false, &out));
	assert_false(kr_percent_decode(arena, KR_S("%4"), false, &out));
	assert_false(kr_percent_decode(arena, KR_S("%zz"), false, &out));
	assert_true(kr_percent_decode(arena, KR_S("%00"), false, &out));
	assert_int_equal(out.n, 1);
}

static void
test_bases(void **state)
{
	kr_str out;

	(void)state;
	assert_str(kr_hex(arena, KR_S("\x00\xff\x10")), "00ff10");
	assert_str(kr_b64url(arena, KR_S("\xfb\xff")), "-_8");
	assert_str(kr_b64url(arena, KR_S("")), "");
	assert_true(kr_b64url_decode(arena, KR_S("-_8"), &out));
	assert_int_equal(out.n, 2);
	assert_memory_equal(out.p, "\xfb\xff", 2);
	assert_false(kr_b64url_decode(arena, KR_S("-_8="), &out));
	assert_false(kr_b64url_decode(arena, KR_S("+/8"), &out));
	assert_false(kr_b64url_decode(arena, KR_S("-_9"), &out)); /* stray bits */
	assert_false(kr_b64url_decode(arena, KR_S("a"), &out));
	assert_false(kr_b64url_decode(arena, KR_S("-\xa9\x38"), &out)); /* as '_' */
	assert_str(kr_base32(arena, KR_S("\xff\xff\xff\xff\xff")), "ZZZZZZZZ");
	assert_str(kr_base32(arena, KR_S("\x01")), "04");
	assert_str(kr_base32_clean(arena, KR_S("ab1O-il l0")), "AB101110");

	uint8_t ten[10];

	kr_random(ten, sizeof ten);
	assert_int_equal(kr_base32(arena, (kr_str){ (char *)ten, 10 }).n, 16);
}

static void
test_crypto(void **state)
{
	uint8_t h[32];

	(void)state;
	kr_sha256(KR_S("abc"), h);
	assert_str(kr_hex(arena, (kr_str){ (char *)h, 32 }),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	kr_sha256(kr_z(NULL), h);
	assert_str(kr_hex(arena, (kr_str){ (char *)h, 4 }), "e3b0c442");
	/* RFC 4231, test case 2 */
	kr_hmac_sha256(KR_S("Jefe"), KR_S("what do ya want for nothing?"), h);
	assert_str(kr_hex(arena, (kr_str){ (char *)h, 32 }),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_true(kr_same_bytes("abc", "abc", 3));
	assert_false(kr_same_bytes("abc", "abd", 3));
	kr_wipe(h, sizeof h);
	assert_int_equal(h[0], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_translit),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_crypto),
	};

	return cmocka_run_group_tests(tests, setup_work, teardown_work);
}
