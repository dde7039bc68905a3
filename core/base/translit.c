/* Names to account names: Latin letters of all our families become a-z. */
#include "base/base.h"

#include <string.h>
#include <uninorm.h>
#include <unistr.h>

/* Lower-case letters whose replacement is not simply "without the mark"; after ICAO
   Doc 9303 (passports), so that the account looks like the name in the passport.
   Sorted by code point. */
static const struct letter {
	ucs4_t code;
	const char *ascii;
} letter_table[] = {
	{ 0x00df, "ss" }, /* ß */
	{ 0x00e4, "ae" }, /* ä */
	{ 0x00e5, "aa" }, /* å */
	{ 0x00e6, "ae" }, /* æ */
	{ 0x00f0, "d" },  /* ð */
	{ 0x00f6, "oe" }, /* ö */
	{ 0x00f8, "oe" }, /* ø */
	{ 0x00fc, "ue" }, /* ü */
	{ 0x00fe, "th" }, /* þ */
	{ 0x0111, "d" },  /* đ */
	{ 0x0127, "h" },  /* ħ */
	{ 0x0131, "i" },  /* ı */
	{ 0x0133, "ij" }, /* ĳ */
	{ 0x0138, "k" },  /* ĸ */
	{ 0x0142, "l" },  /* ł */
	{ 0x0149, "n" },  /* ŉ */
	{ 0x014b, "n" },  /* ŋ */
	{ 0x0153, "oe" }, /* œ */
	{ 0x0167, "t" },  /* ŧ */
	{ 0x017f, "s" },  /* ſ */
	{ 0x0180, "b" },  /* ƀ */
	{ 0x018f, "e" },  /* Ə */
	{ 0x0192, "f" },  /* ƒ */
	{ 0x0199, "k" },  /* ƙ */
	{ 0x01dd, "e" },  /* ǝ */
	{ 0x01e5, "g" },  /* ǥ */
	{ 0x01fd, "ae" }, /* ǽ */
	{ 0x01ff, "oe" }, /* ǿ */
	{ 0x0253, "b" },  /* ɓ */
	{ 0x0254, "o" },  /* ɔ */
	{ 0x0257, "d" },  /* ɗ */
	{ 0x0259, "e" },  /* ə */
	{ 0x025b, "e" },  /* ɛ */
	{ 0x0260, "g" },  /* ɠ */
	{ 0x0268, "i" },  /* ɨ */
	{ 0x0272, "n" },  /* ɲ */
	{ 0x0289, "u" },  /* ʉ */
	{ 0x1d7d, "p" },  /* ᵽ */
	{ 0x2010, "-" },  /* hyphens and dashes that word processors make */
	{ 0x2011, "-" },
	{ 0x2012, "-" },
	{ 0x2013, "-" },
};

static const char *
letter_find(ucs4_t code)
{
	size_t low = 0, high = KR_LEN(letter_table);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (letter_table[mid].code == code)
			return letter_table[mid].ascii;
		if (letter_table[mid].code < code)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool
is_kept(ucs4_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == ' ' || c == '.' || c == '_';
}

/* The general rule: a letter with marks is its base letter (é, ğ, ș, ễ). Bases are
   asked in the table too, for ǿ-like pairs. */
static void
add_letter(struct kr_buf *out, ucs4_t c)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];

	for (;;) {
		const char *ascii = letter_find(c);

		if (ascii != NULL) {
			kr_buf_str(out, kr_z(ascii));
			return;
		}
		if (is_kept(c)) {
			kr_buf_c(out, (char)c);
			return;
		}
		if (uc_canonical_decomposition(c, parts) < 1)
			return;
		c = parts[0];
	}
}

/* Lower-case ASCII letters, digits, hyphen, blank, dot and underscore; everything else
   is dropped. Composed first, so that a + U+0308 is ä (ae) and not a. */
kr_str
kr_translit(struct kr_arena *a, kr_str s)
{
	kr_str text = kr_lower(a, kr_nfc(a, s));
	struct kr_buf out;

	kr_buf_init(&out, a, text.n * 2 + 1);
	for (size_t at = 0; at < text.n;) {
		ucs4_t c;
		int step = u8_mbtoucr(&c, (const uint8_t *)text.p + at, text.n - at);

		if (step <= 0)
			break; /* kr_nfc gives valid text only */
		add_letter(&out, c);
		at += (size_t)step;
	}
	return kr_dup(a, kr_buf_view(&out));
}
