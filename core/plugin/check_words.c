/* What the manifest rules have in common: findings, words, permissions, fields. */
#include "plugin/check.h"

#include <string.h>

void
kr_finding(struct kr_findings *f, const char *rule, const char *fmt, ...)
{
	char text[400], line[500];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	snprintf(line, sizeof line, "%s: %s [%s]", f->plugin, text, rule);
	if (f->n++ == 0)
		snprintf(
		    f->first, sizeof f->first, "%.*s", (int)sizeof f->first - 1, line);
	if (f->report != NULL)
		fprintf(f->report, "%s\n", line);
}

bool
kr_is_core(const struct kr_plugin *p)
{
	return strcmp(p->name, "core") == 0;
}

/* ── words ── */

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* a-z, 0-9 and what else is allowed; begins with a letter. */
bool
kr_word_ok(const char *word, const char *also, size_t most)
{
	kr_str s = kr_z(word);

	for (size_t i = 0; i < s.n; i++)
		if (!is_lower(s.p[i]) && !(i > 0 && is_digit(s.p[i])) &&
		    !(i > 0 && strchr(also, s.p[i]) != NULL))
			return false;
	return s.n > 0 && s.n <= most;
}

/* "tasks.write": of this plugin. */
bool
kr_own_word(const struct kr_plugin *p, const char *word)
{
	kr_str s = kr_z(word), name = kr_z(p->name);

	return kr_starts(s, name) && s.n > name.n + 1 && s.p[name.n] == '.' &&
	       kr_word_ok(word, "._", 64);
}

void
kr_check_own(const struct kr_plugin *p, struct kr_findings *f, const char *what,
    const char *word)
{
	if (word == NULL)
		kr_finding(f, "KR-R15", "%s without a name", what);
	else if (!kr_own_word(p, word))
		kr_finding(f, "KR-R15", "%s %s: the name must be %s.SOMETHING", what,
		    word, p->name);
}

/* Every visible text is a key; a missing one would show as an empty line. */
void
kr_check_text(
    struct kr_findings *f, const char *what, const char *name, const char *key)
{
	if (key == NULL || !kr_word_ok(key, "._", 80) || strchr(key, '.') == NULL)
		kr_finding(f, "KR-R15", "%s %s: no key of a text", what, name);
}

static bool
has_perm(const struct kr_plugin *p, const char *perm)
{
	for (size_t i = 0; i < p->nperms; i++)
		if (p->perms[i].id != NULL && strcmp(p->perms[i].id, perm) == 0)
			return true;
	return false;
}

void
kr_check_perm(const struct kr_plugin *p, struct kr_findings *f, const char *what,
    const char *perm)
{
	if (perm != NULL && !has_perm(p, perm))
		kr_finding(f, "KR-R2", "%s: unknown permission %s", what, perm);
}

/* ── fields ── */

static bool
is_text(char type)
{
	return type == 's' || type == 'm' || type == 'w';
}

void
kr_check_limits(struct kr_findings *f, const char *where, const struct kr_field *q,
    const char *types)
{
	const char *name = q->name == NULL ? "" : q->name;
	bool choices = q->choices != NULL && q->choices[0] != NULL;

	if (!kr_word_ok(name, "_", 40))
		kr_finding(f, "KR-R7", "%s: field \"%s\" is no name", where, name);
	if (q->type == 0 || strchr(types, q->type) == NULL)
		kr_finding(f, "KR-R7", "%s: field %s of unknown type", where, name);
	if (q->min > q->max && !(q->type == 'f' && q->max == 0))
		kr_finding(
		    f, "KR-R7", "%s: field %s: smallest above largest", where, name);
	if ((q->type == 'c') != choices)
		kr_finding(f, "KR-R7",
		    "%s: field %s: choices belong to type c, and only there", where,
		    name);
	if (is_text(q->type) && q->max <= 0)
		kr_finding(f, "KR-R7", "%s: field %s: a text needs a largest length",
		    where, name);
	if (q->type != 'i' && q->min < 0)
		kr_finding(f, "KR-R7", "%s: field %s: less than nothing", where, name);
	/* Nobody would look at them: not even the author would notice. */
	if (q->type != 'i' && !is_text(q->type) &&
	    (q->min != 0 || (q->max != 0 && q->type != 'f')))
		kr_finding(f, "KR-R7",
		    "%s: field %s: limits that mean nothing for type %c", where, name,
		    q->type == 0 ? '?' : q->type);
}

void
kr_check_choices(struct kr_findings *f, const char *where, const struct kr_field *q)
{
	for (size_t i = 0; q->choices != NULL && q->choices[i] != NULL; i++) {
		if (q->choices[i][0] == 0)
			kr_finding(
			    f, "KR-R7", "%s: field %s: empty choice", where, q->name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(q->choices[i], q->choices[k]) == 0)
				kr_finding(f, "KR-R7", "%s: field %s: two choices %s",
				    where, q->name, q->choices[i]);
	}
}
