/* Argon2id by libsodium, strength by zxcvbn; the only file that sees password bytes for
   longer than a copy. */
#include "auth/password.h"

#include "auth/proto.h"
#include "plugin/registry.h"
#include <sodium.h>
#include <string.h>
#include <zxcvbn.h>

#define MIB (1024u * 1024u)
#define LONGEST 128 /* characters */
#define GUESSED                                                                        \
	64 /* bytes that the estimate looks at: its time grows with the cube           \
	    */
#define PUPIL_BITS 27.0 /* 10^8 guesses: "safely unguessable" online */
#define ADULT_BITS 33.0 /* 10^10 */

_Static_assert(KR_HASH_MAX == crypto_pwhash_STRBYTES, "hash text of libsodium");

static unsigned long long
passes(const kr_ctx *cx)
{
	int64_t n = cx->app->conf.conf == NULL
			? 1
			: kr_conf_int(cx->app->conf.conf, "argon2_passes", 1);

	return n < 1 || n > 10 ? 1 : (unsigned long long)n;
}

static size_t
memory(const kr_ctx *cx)
{
	int64_t n = cx->app->conf.conf == NULL
			? 46
			: kr_conf_int(cx->app->conf.conf, "argon2_mib", 46);

	return (size_t)(n < 46 || n > 1024 ? 46 : n) * MIB;
}

bool
kr_password_hash(kr_ctx *cx, kr_str password, char hash_r[KR_HASH_MAX])
{
	kr_str p = kr_nfc(cx->arena, password);

	return crypto_pwhash_str_alg(hash_r, p.p, p.n, passes(cx), memory(cx),
		   crypto_pwhash_ALG_ARGON2ID13) == 0;
}

void
kr_password_decoy(kr_ctx *cx, char hash_r[KR_HASH_MAX])
{
	enum { plain = sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
	uint8_t salt[16], hash[32];
	char salt64[23], hash64[44];

	kr_random(salt, sizeof salt);
	kr_random(hash, sizeof hash);
	sodium_bin2base64(salt64, sizeof salt64, salt, sizeof salt, plain);
	sodium_bin2base64(hash64, sizeof hash64, hash, sizeof hash, plain);
	snprintf(hash_r, KR_HASH_MAX, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s",
	    memory(cx) / 1024, passes(cx), salt64, hash64);
}

bool
kr_password_same(kr_ctx *cx, const char *hash, kr_str password)
{
	kr_str p = kr_nfc(cx->arena, password);

	return crypto_pwhash_str_verify(hash, p.p, p.n) == 0;
}

bool
kr_password_outdated(kr_ctx *cx, const char *hash)
{
	return crypto_pwhash_str_needs_rehash(hash, passes(cx), memory(cx)) != 0;
}

/* Letters only, lower-case ASCII: "Anna-Lena 7!" -> "annalena". */
static kr_str
letters(kr_ctx *cx, kr_str s)
{
	kr_str t = kr_translit(cx->arena, s);
	char *p = kr_alloc(cx, t.n + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] >= 'a' && t.p[i] <= 'z')
			p[n++] = t.p[i];
	return (kr_str){ p, n };
}

/* Own name in any order, own account, or either with digits and signs around it. */
static bool
is_own_name(kr_ctx *cx, const struct kr_password_owner *who, kr_str password)
{
	kr_str typed = letters(cx, password);
	kr_str given = letters(cx, who->given), family = letters(cx, who->family);
	const kr_str own[] = {
		given,
		family,
		letters(cx, who->account),
		kr_fmt(cx, "%.*s%.*s", KR_FMT(given), KR_FMT(family)),
		kr_fmt(cx, "%.*s%.*s", KR_FMT(family), KR_FMT(given)),
	};
	bool found = false;

	for (size_t i = 0; i < KR_LEN(own); i++)
		found = found || (own[i].n >= 3 && kr_eq(own[i], typed));
	kr_wipe((void *)(uintptr_t)typed.p, typed.n);
	return found;
}

/* What German pupils take most; zxcvbn itself knows only English and names. With these,
   "Fussball7" is one word and a digit, not eight letters. */
#define COMMON                                                                         \
	"kreide", "schule", "gesamtschule", "gymnasium", "realschule", "grundschule",  \
	    "passwort", "kennwort", "geheim", "hallo", "schatz", "liebe", "fussball",  \
	    "basketball", "handball", "sommer", "winter", "herbst", "fruehling",       \
	    "januar", "februar", "maerz", "april", "juni", "juli", "august",           \
	    "september", "oktober", "november", "dezember", "montag", "dienstag",      \
	    "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "deutschland",  \
	    "berlin", "hamburg", "koeln", "muenchen", "dortmund", "schalke", "bayern", \
	    "borussia", "mutter", "vater", "mama", "papa", "bruder", "schwester",      \
	    "oma", "opa", "hund", "katze", "pferd", "pferde", "hase", "maus", "sonne", \
	    "mond", "sterne", "blume", "sonnenblume", "schokolade", "minecraft",       \
	    "fortnite", "roblox", "pokemon", "tiktok", "instagram", "lehrer",          \
	    "schueler", "klasse", "qwertz", "asdfghjkl", "yxcvbnm", "ichliebedich",    \
	    "lassmichrein", "computer"

static double
bits(kr_ctx *cx, const struct kr_password_owner *who, kr_str password)
{
	const char *words[] = {
		letters(cx, who->given).p,
		letters(cx, who->family).p,
		kr_cstr(cx, who->account),
		letters(cx, kr_z(cx->app->conf.school)).p,
		COMMON,
		NULL,
	};
	const char *p = kr_cstr(cx, kr_sub(password, 0, GUESSED));
	double n = ZxcvbnMatch(p, words, NULL);

	kr_wipe((void *)(uintptr_t)p, strlen(p));
	return n;
}

const char *
kr_password_weak(kr_ctx *cx, const struct kr_password_owner *who, kr_str password)
{
	bool pupil = who->roles == KR_ROLE_PUPIL;

	if (password.n > KR_AUTH_PASSWORD_MAX || !kr_utf8_ok(password) ||
	    kr_has_control(password))
		return "core.password_unreadable";

	size_t n = kr_chars(kr_nfc(cx->arena, password));

	if (n > LONGEST)
		return "core.password_too_long";
	if (n < (pupil ? 8u : 12u))
		return pupil ? "core.password_too_short_8"
			     : "core.password_too_short_12";
	if (is_own_name(cx, who, password))
		return "core.password_own_name";
	if (bits(cx, who, password) < (pupil ? PUPIL_BITS : ADULT_BITS))
		return "core.password_too_easy";
	return NULL;
}
