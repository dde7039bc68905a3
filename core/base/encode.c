/* Bytes as text and back: percent, hexadecimal, base64url and Crockford's base32. */
#include "base/base.h"

#include <sodium.h>
#include <string.h>

static const char hex_upper[] = "0123456789ABCDEF";

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

kr_str
kr_percent_encode(struct kr_arena *a, kr_str s)
{
	struct kr_buf out;

	kr_buf_init(&out, a, s.n * 3 + 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_unreserved(s.p[i])) {
			kr_buf_c(&out, s.p[i]);
			continue;
		}
		kr_buf_c(&out, '%');
		kr_buf_c(&out, hex_upper[c >> 4]);
		kr_buf_c(&out, hex_upper[c & 15]);
	}
	return kr_buf_view(&out);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
kr_percent_decode(struct kr_arena *a, kr_str s, bool plus_is_space, kr_str *out_r)
{
	char *p = kr_arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '+' && plus_is_space) {
			p[n++] = ' ';
			continue;
		}
		if (s.p[i] != '%') {
			p[n++] = s.p[i];
			continue;
		}
		if (s.n - i < 3)
			return false;

		int high = hex_value(s.p[i + 1]), low = hex_value(s.p[i + 2]);

		if (high < 0 || low < 0)
			return false;
		p[n++] = (char)(high * 16 + low);
		i += 2;
	}
	*out_r = (kr_str){ p, n };
	return true;
}

kr_str
kr_hex(struct kr_arena *a, kr_str bytes)
{
	char *p = kr_arena_alloc(a, bytes.n * 2 + 1);

	if (bytes.n > 0)
		sodium_bin2hex(
		    p, bytes.n * 2 + 1, (const unsigned char *)bytes.p, bytes.n);
	return (kr_str){ p, bytes.n * 2 };
}

kr_str
kr_b64url(struct kr_arena *a, kr_str bytes)
{
	size_t cap = sodium_base64_encoded_len(
	    bytes.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *p = kr_arena_alloc(a, cap);

	if (bytes.n > 0)
		sodium_bin2base64(p, cap, (const unsigned char *)bytes.p, bytes.n,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (kr_str){ p, cap - 1 };
}

/* libsodium takes bytes from 0x80 on for '_': one secret would have many spellings. */
static bool
is_seven_bit(kr_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

bool
kr_b64url_decode(struct kr_arena *a, kr_str s, kr_str *bytes_r)
{
	size_t cap = s.n / 4 * 3 + 3, n = 0;
	unsigned char *p = kr_arena_alloc(a, cap);
	const char *end = NULL;

	if (s.n == 0) {
		*bytes_r = (kr_str){ (const char *)p, 0 };
		return true;
	}
	if (!is_seven_bit(s) ||
	    sodium_base642bin(p, cap, s.p, s.n, NULL, &n, &end,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    end != s.p + s.n)
		return false;
	*bytes_r = (kr_str){ (const char *)p, n };
	return true;
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

kr_str
kr_base32(struct kr_arena *a, kr_str bytes)
{
	char *p = kr_arena_alloc(a, bytes.n * 8 / 5 + 2);
	size_t n = 0;
	uint32_t held = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		held = (held << 8 | (unsigned char)bytes.p[i]) & 0xffff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			p[n++] = crockford[held >> bits & 31];
		}
	}
	if (bits > 0)
		p[n++] = crockford[held << (5 - bits) & 31];
	return (kr_str){ p, n };
}

kr_str
kr_base32_clean(struct kr_arena *a, kr_str s)
{
	char *p = kr_arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '-' || c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == 'O')
			c = '0';
		if (c == 'I' || c == 'L')
			c = '1';
		p[n++] = c;
	}
	return (kr_str){ p, n };
}
