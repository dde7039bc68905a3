/* Text: what counts as UTF-8 is what libunistring says and what the table of the
   Unicode standard says; what is made of it is text again and does not change a second
   time. */
#include "fuzz.h"

#include "school/internal.h"

#include <unistr.h>

/* Table 3-7 of the standard, byte by byte. */
static bool
well_formed(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint8_t c = p[i++], low = 0x80, high = 0xbf;
		int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

		if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || c == 0)
			return false;
		low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
		high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
		for (; more > 0; more--, low = 0x80, high = 0xbf)
			if (i == n || p[i] < low || p[i++] > high)
				return false;
	}
	return true;
}

static void
texts(kr_ctx *cx, kr_str s)
{
	kr_str nfc = kr_nfc(cx->arena, s), lower = kr_lower(cx->arena, s), text, twice;
	kr_str ascii = kr_translit(cx->arena, s);

	MUST(kr_utf8_ok(nfc) && kr_utf8_ok(lower));
	MUST(kr_eq(nfc, kr_nfc(cx->arena, nfc)));
	MUST(s.n == 0 || kr_chars(s) == u8_mbsnlen((const uint8_t *)s.p, s.n));
	for (size_t i = 0; i < ascii.n; i++)
		MUST((unsigned char)ascii.p[i] < 0x80);
	if (!kr_clean_text(cx, s, 50, &text))
		return;
	MUST(text.n > 0 && kr_chars(text) <= 50 && !kr_has_hidden(text));
	MUST(!fuzz_holds(text, "  ") && text.p[0] != ' ' && text.p[text.n - 1] != ' ');
	MUST(kr_clean_text(cx, text, 50, &twice) && kr_eq(text, twice));
}

static void
encodings(kr_ctx *cx, kr_str s)
{
	kr_str b64 = kr_b64url(cx->arena, s), back;

	MUST(kr_b64url_decode(cx->arena, b64, &back) && kr_eq(back, s));
	MUST(kr_hex(cx->arena, s).n == s.n * 2);
	/* One text, one meaning: no second way to write the same bytes. */
	if (kr_b64url_decode(cx->arena, s, &back))
		MUST(kr_eq(kr_b64url(cx->arena, back), s));
	b64 = kr_base32(cx->arena, s);
	MUST(kr_eq(kr_base32_clean(cx->arena, b64), b64));
	back = kr_base32_clean(cx->arena, s);
	MUST(kr_eq(kr_base32_clean(cx->arena, back), back));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	kr_str s = fuzz_str(p, n);
	struct kr_ctx cx;

	kr_ctx_init(&cx, fuzz_arena(), NULL);
	MUST(kr_utf8_ok(s) == well_formed(p, n));
	MUST(kr_utf8_ok(s) ==
	     (n == 0 || (memchr(p, 0, n) == NULL && u8_check(p, n) == NULL)));
	if (kr_utf8_ok(s))
		texts(&cx, s);
	encodings(&cx, s);
	kr_ctx_finish(&cx);
	return 0;
}
