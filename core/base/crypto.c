/* Randomness, hashes and constant-time comparison, from libsodium and OpenSSL. */
#include "base/base.h"

#include <openssl/evp.h>
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
	static EVP_MD *md; /* looking for it costs more than a short text */
	const unsigned char *p = data.n == 0 ? none : (const unsigned char *)data.p;

	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	KR_CHECK(EVP_Digest(p, data.n, out_r, NULL, md, NULL) == 1);
}

void
kr_hmac_sha256(kr_str key, kr_str data, uint8_t out_r[32])
{
	static const unsigned char none[1];
	const unsigned char *p = data.n == 0 ? none : (const unsigned char *)data.p;
	crypto_auth_hmacsha256_state st;

	KR_CHECK(key.n > 0 && key.n <= 4096);
	crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.p, key.n);
	crypto_auth_hmacsha256_update(&st, p, data.n);
	crypto_auth_hmacsha256_final(&st, out_r);
	sodium_memzero(&st, sizeof st);
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
