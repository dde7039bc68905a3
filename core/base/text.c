/* Unicode text: checking, NFC, lower case, control characters; tables by libunistring.
 */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

kr_str
kr_dup(struct kr_arena *a, kr_str s)
{
	char *p = kr_arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (kr_str){ p, s.n };
}

bool
kr_utf8_ok(kr_str s)
{
	if (s.n == 0)
		return true;
	return memchr(s.p, 0, s.n) == NULL &&
	       u8_check((const uint8_t *)s.p, s.n) == NULL;
}

static bool
is_ascii(kr_str s)
{
	unsigned char all = 0;

	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

/* Takes over what libunistring has allocated; NULL becomes empty. */
static kr_str
adopt(struct kr_arena *a, uint8_t *text, size_t n)
{
	if (text == NULL)
		return kr_dup(a, KR_S(""));

	kr_str s = kr_dup(a, (kr_str){ (const char *)text, n });

	free(text);
	return s;
}

/* libunistring would put U+FFFD in place of broken bytes. */
static bool
is_broken(kr_str s)
{
	return s.n > 0 && u8_check((const uint8_t *)s.p, s.n) != NULL;
}

kr_str
kr_nfc(struct kr_arena *a, kr_str s)
{
	size_t n = 0;

	if (is_ascii(s))
		return kr_dup(a, s);
	if (is_broken(s))
		return kr_dup(a, KR_S(""));

	uint8_t *text = u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.n, NULL, &n);

	return adopt(a, text, n);
}

kr_str
kr_lower(struct kr_arena *a, kr_str s)
{
	size_t n = 0;

	if (is_ascii(s)) {
		char *p = kr_arena_alloc(a, s.n + 1);

		for (size_t i = 0; i < s.n; i++)
			p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20)
							      : s.p[i];
		return (kr_str){ p, s.n };
	}

	if (is_broken(s))
		return kr_dup(a, KR_S(""));

	/* No language: Turkish dotless i would otherwise depend on who asks. */
	uint8_t *text =
	    u8_tolower((const uint8_t *)s.p, s.n, "", UNINORM_NFC, NULL, &n);

	return adopt(a, text, n);
}

bool
kr_has_control(kr_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		/* C1 controls are C2 80 .. C2 9F in UTF-8. */
		if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
			return true;
	}
	return false;
}
