/* Randomness, hashes and constant-time comparison, from libsodium and OpenSSL. */
#include "base/base.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>

/* Asks the kernel each time, so a forked worker never repeats its parent's bytes. */
void
kr_random(void *out, size_t n)
{
	if (sodium_init() < 0)
		kr_panic("no source of randomness");
	randombytes_buf(out, n);
}

void
kr_sha256(kr_str data, uint8_t out_r[32])
{
	static const unsigned char none[1];
	const unsigned char *p = data.n == 0 ? none : (const unsigned char *)data.p;

	KR_CHECK(SHA256(p, data.n, out_r) != NULL);
}

void
kr_hmac_sha256(kr_str key, kr_str data, uint8_t out_r[32])
{
	static const unsigned char none[1];
	const unsigned char *p = data.n == 0 ? none : (const unsigned char *)data.p;
	unsigned n = 0;

	KR_CHECK(key.n > 0 && key.n <= 4096);
	KR_CHECK(HMAC(EVP_sha256(), key.p, (int)key.n, p, data.n, out_r, &n) != NULL);
	KR_CHECK(n == 32);
}

bool
kr_same_bytes(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void
kr_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
