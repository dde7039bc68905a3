/* Texts by key in a person's language and form of address (gettext); for code that is
   not a template: notices, lists, mail, commands. */
#ifndef KR_HTML_TEXT_H
#define KR_HTML_TEXT_H

#include "base/ctx.h"

/* Binds every DOMAIN_LANG.mo of this folder (lib/locale) and reads it into memory;
   once, before fork and before the sandbox closes. Returns their number; 0: only keys
   show. */
size_t kr_text_setup(const char *locale_dir);
/* The texts of one plugin from a folder of its own. */
size_t kr_text_add(const char *locale_dir, const char *plugin);

/* How somebody is addressed. */
struct kr_voice {
	kr_str lang; /* "de", "en" */
	bool du;
};
struct kr_voice kr_voice_of(const kr_ctx *); /* the acting person; else the school's */
/* From a person's row: address is 'du', 'sie' or '' (pupils du, adults Sie). */
struct kr_voice kr_voice(kr_str lang, kr_str address, uint32_t roles);

/* Language of somebody who is not signed in: ?lang=en of the address, the cookie that
   remembers it, what the browser asks for, "de". The second function remembers the
   first on the answer. */
kr_str kr_lang_guess(const kr_ctx *);
void kr_lang_remember(kr_ctx *);

/* The message of a key, {1}, {2} ... replaced. Unknown keys read as themselves. */
kr_str kr_text(kr_ctx *, const char *key); /* for the acting person */
kr_str kr_text_args(kr_ctx *, const char *key, const kr_str *args, size_t n);
kr_str kr_text_n(
    kr_ctx *, const char *key, int64_t count, const kr_str *args, size_t n);
kr_str kr_text_in(
    kr_ctx *, const struct kr_voice *, const char *key, const kr_str *args, size_t n);
bool kr_text_exists(kr_ctx *, const char *key);

/* Dates and sizes as the filters of html.h write them. */
kr_str kr_text_date(kr_ctx *, kr_date); /* 24.11.2026 */
kr_str kr_text_when(kr_ctx *, kr_time); /* heute, 18:00 Uhr */
kr_str kr_text_size(kr_ctx *, int64_t);

#endif
