/* Texts by key: gettext with one domain per plugin and language, so that no process
   ever switches its locale. */
#include "html/text.h"

#include "auth/auth.h"
#include "html/html.h"
#include "http/http.h"
#include <dirent.h>
#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* gettext walks the list of all catalogues for each text that it does not find in the
   first one, so that a page would cost more with every plugin there is. What was found
   is remembered; two texts that want the same place take turns. */
#define MEMOS 1024u /* a power of two; a page has about a hundred texts */
static struct memo {
	const char *text; /* NULL: no catalogue knows it */
	char key[54];     /* empty: free */
	char lang;        /* "de" or "en": their first letter; 'D', 'E' for du */
} memos[MEMOS];

/* gettext looks for catalogues of a language; ours is called "all" and holds a domain
   for each pair, tasks_de, tasks_en ... `only`: of this plugin, for a folder of
   somebody else must not bring other words for core. */
static size_t
bind_folder(const char *locale_dir, const char *only)
{
	char path[4096], domain[128];
	struct dirent *e;
	size_t count = 0, own = only == NULL ? 0 : strlen(only);
	DIR *d;

	memset(memos, 0, sizeof(memos)); /* what was unknown may be known now */
	if (snprintf(path, sizeof(path), "%s/all/LC_MESSAGES", locale_dir) >=
		(int)sizeof(path) ||
	    (d = opendir(path)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n < 4 || n - 3 >= sizeof(domain) ||
		    strcmp(e->d_name + n - 3, ".mo") != 0 ||
		    (own > 0 &&
			(strncmp(e->d_name, only, own) != 0 || e->d_name[own] != '_')))
			continue;
		memcpy(domain, e->d_name, n - 3);
		domain[n - 3] = '\0';
		if (bindtextdomain(domain, locale_dir) == NULL ||
		    bind_textdomain_codeset(domain, "UTF-8") == NULL)
			continue;
		(void)dgettext(domain, "core.start"); /* reads the catalogue now */
		count++;
	}
	closedir(d);
	return count;
}

size_t
kr_text_setup(const char *locale_dir)
{
	/* The C locale would switch gettext off. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL || setenv("LANGUAGE", "all", 1) != 0)
		return 0;
	return bind_folder(locale_dir, NULL);
}

size_t
kr_text_add(const char *locale_dir, const char *plugin)
{
	return bind_folder(locale_dir, plugin);
}

/* ── whose words ── */
static kr_str
known_lang(kr_str s)
{
	return kr_is(kr_sub(s, 0, 2), "en") &&
		       (s.n == 2 || s.p[2] == '-' || s.p[2] == ';')
		   ? KR_S("en")
	       : kr_is(kr_sub(s, 0, 2), "de") &&
		       (s.n == 2 || s.p[2] == '-' || s.p[2] == ';')
		   ? KR_S("de")
		   : KR_S("");
}

/* The value of ?lang=; only the two we speak. */
static kr_str
lang_of_query(const kr_ctx *cx)
{
	kr_str rest = cx->req->query, part;

	while (kr_split(&rest, '&', &part))
		if (kr_starts(part, KR_S("lang=")))
			return known_lang(kr_sub(part, 5, part.n));
	return KR_S("");
}

kr_str
kr_lang_guess(const kr_ctx *cx)
{
	kr_str lang, rest, part;

	if (cx->req == NULL)
		return KR_S("de");
	lang = lang_of_query(cx);
	if (lang.n == 0)
		lang = known_lang(kr_cookie(cx->req, "kr-lang"));
	if (lang.n > 0)
		return lang;
	/* The first language we speak; browsers list them in the order of their weight.
	 */
	rest = cx->req->accept_language;
	while (kr_split(&rest, ',', &part)) {
		lang = known_lang(kr_trim(part));
		if (lang.n > 0)
			return lang;
	}
	return KR_S("de");
}

void
kr_lang_remember(kr_ctx *cx)
{
	struct kr_answer *a = cx->answer;
	kr_str lang;

	if (cx->req == NULL || a == NULL || (lang = lang_of_query(cx)).n == 0 ||
	    a->nset_cookie == (int)KR_LEN(a->set_cookie))
		return;
	a->set_cookie[a->nset_cookie++] = kr_fmt(cx,
	    "kr-lang=%.*s; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax%s",
	    KR_FMT(lang), cx->req->https ? "; Secure" : "");
}

struct kr_voice
kr_voice_of(const kr_ctx *cx)
{
	const struct kr_actor *a = cx->actor;

	if (a == NULL || (a->person == 0 && !a->system))
		return (struct kr_voice){ kr_lang_guess(cx), false };
	return (struct kr_voice){ a->lang.n > 0 ? a->lang : KR_S("de"), a->du };
}

struct kr_voice
kr_voice(kr_str lang, kr_str address, uint32_t roles)
{
	bool du = kr_is(address, "du") ||
		  (!kr_is(address, "sie") && (roles & KR_ROLE_PUPIL) != 0);

	return (struct kr_voice){ lang.n > 0 ? lang : KR_S("de"), du };
}

/* ── looking up ── */
/* The domain of a key is its first segment. False when it is no key. */
static bool
domain_of(const char *key, kr_str lang, bool du, char *domain_r, size_t n)
{
	const char *dot = strchr(key, '.');
	int len;

	if (dot == NULL || dot == key || lang.n == 0 || lang.n > 8)
		return false;
	len = snprintf(domain_r, n, "%.*s_%.*s%s", (int)(dot - key), key, KR_FMT(lang),
	    du ? "_du" : "");
	return len > 0 && (size_t)len < n;
}

/* One catalogue; NULL when it does not know the key. */
static const char *
in_domain(const char *key, kr_str lang, bool du, const int64_t *count)
{
	char domain[96];
	const char *s;

	if (!domain_of(key, lang, du, domain, sizeof(domain)))
		return NULL;
	if (count == NULL)
		s = dgettext(domain, key);
	else
		s = dngettext(
		    domain, key, key, (unsigned long)(*count < 0 ? -*count : *count));
	return s == key ? NULL : s;
}

/* The person's own form of address first, then the language, then German. */
static const char *
look_up(const struct kr_voice *v, const char *key, const int64_t *count)
{
	const char *s = v->du ? in_domain(key, v->lang, true, count) : NULL;

	if (s == NULL)
		s = in_domain(key, v->lang, false, count);
	if (s == NULL && !kr_is(v->lang, "de"))
		s = in_domain(key, KR_S("de"), false, count);
	return s;
}

static const char *
find(const struct kr_voice *v, const char *key, const int64_t *count)
{
	bool known = kr_is(v->lang, "de") || kr_is(v->lang, "en");
	uint32_t hash = 2166136261u;
	struct memo *m;
	char lang;
	size_t n = 0;

	for (; key[n] != '\0' && n < sizeof m->key; n++)
		hash = (hash ^ (unsigned char)key[n]) * 16777619u;
	if (count != NULL || !known || n == 0 || n == sizeof m->key)
		return look_up(v, key, count);
	lang = (char)(v->du ? v->lang.p[0] - 'a' + 'A' : v->lang.p[0]);
	hash = (hash ^ (unsigned char)lang) * 16777619u;
	m = &memos[(hash ^ hash >> 16) % MEMOS];
	if (m->lang != lang || memcmp(m->key, key, n + 1) != 0) {
		m->text = look_up(v, key, NULL);
		memcpy(m->key, key, n + 1);
		m->lang = lang;
	}
	return m->text;
}

/* {1} to {9} become the arguments; what has none stays as it stands. */
static kr_str
fill(kr_ctx *cx, const char *message, const kr_str *args, size_t n)
{
	struct kr_buf b;
	const char *brace = strchr(message, '{');

	if (brace == NULL)
		return kr_z(message);
	kr_buf_init(&b, cx->arena, strlen(message) + 64);
	for (const char *p = message; *p != '\0'; p++) {
		if (p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}' &&
		    (size_t)(p[1] - '1') < n) {
			kr_buf_str(&b, args[p[1] - '1']);
			p += 2;
		} else
			kr_buf_c(&b, *p);
	}
	return kr_buf_view(&b);
}

kr_str
kr_text_in(
    kr_ctx *cx, const struct kr_voice *v, const char *key, const kr_str *args, size_t n)
{
	const char *s = find(v, key, NULL);

	return fill(cx, s != NULL ? s : key, args, n);
}

kr_str
kr_text_args(kr_ctx *cx, const char *key, const kr_str *args, size_t n)
{
	struct kr_voice v = kr_voice_of(cx);

	return kr_text_in(cx, &v, key, args, n);
}

kr_str
kr_text(kr_ctx *cx, const char *key)
{
	return kr_text_args(cx, key, NULL, 0);
}

kr_str
kr_text_n(kr_ctx *cx, const char *key, int64_t count, const kr_str *args, size_t n)
{
	struct kr_voice v = kr_voice_of(cx);
	const char *s = find(&v, key, &count);
	kr_str *all = kr_alloc(cx, n + 1, sizeof(*all));

	all[0] = kr_count_text(cx, count);
	for (size_t i = 0; i < n; i++)
		all[i + 1] = args[i];
	return fill(cx, s != NULL ? s : key, all, n + 1);
}

bool
kr_text_exists(kr_ctx *cx, const char *key)
{
	struct kr_voice v = kr_voice_of(cx);

	return find(&v, key, NULL) != NULL;
}

kr_str
kr_text_date(kr_ctx *cx, kr_date d)
{
	return kr_when_short(cx, d);
}

kr_str
kr_text_when(kr_ctx *cx, kr_time t)
{
	return kr_when_near(cx, t);
}

kr_str
kr_text_size(kr_ctx *cx, int64_t bytes)
{
	return kr_size_text(cx, bytes);
}

/* ── for templates ── */
kr_str
kr_tr_(kr_out *o, const char *key, const kr_str *args, size_t n)
{
	return kr_text_args(o->cx, key, args, n);
}

kr_str
kr_trn_(kr_out *o, const char *key, int64_t count, const kr_str *args, size_t n)
{
	return kr_text_n(o->cx, key, count, args, n);
}

kr_str
kr_as_text_s_(kr_out *o, kr_str s)
{
	(void)o;
	return s;
}

kr_str
kr_as_text_i_(kr_out *o, int64_t i)
{
	return kr_fmt(o->cx, "%lld", (long long)i);
}

kr_str
kr_as_text_d_(kr_out *o, kr_date d)
{
	return kr_when_short(o->cx, d);
}

kr_str
kr_as_text_t_(kr_out *o, kr_time t)
{
	return kr_when_stamp(o->cx, t);
}
