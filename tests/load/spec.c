/* The file that says what is asked: classes of traffic with their shares, and what an
   answer has to be. See README.md for the words. */
#include "load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct text
read_file(const char *path)
{
	struct text t = { NULL, 0 };
	FILE *f = fopen(path, "rb");
	long n;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		die("%s: cannot be read", path);
	rewind(f);
	t.p = need(malloc((size_t)n + 1));
	t.n = fread(t.p, 1, (size_t)n, f);
	t.p[t.n] = 0;
	fclose(f);
	return t;
}

/* Beside the file that names it. */
static struct text
read_beside(const char *spec, const char *name)
{
	const char *slash = strrchr(spec, '/');
	char path[1024];
	int dir = slash == NULL || name[0] == '/' ? 0 : (int)(slash - spec) + 1;

	if (snprintf(path, sizeof path, "%.*s%s", dir, spec, name) >= (int)sizeof path)
		die("%s: the name is too long", name);
	return read_file(path);
}

static void
append(struct text *t, const char *p, size_t n)
{
	t->p = need(realloc(t->p, t->n + n + 1));
	memcpy(t->p + t->n, p, n);
	t->n += n;
	t->p[t->n] = 0;
}

static void
read_pool(struct class *c, const char *spec, char *value)
{
	char *once = strstr(value, " once"), *line, *rest;

	c->once = once != NULL;
	if (once != NULL)
		*once = 0;
	rest = read_beside(spec, value).p;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == 0)
			continue;
		c->pool = need(realloc(c->pool, (c->npool + 1) * sizeof *c->pool));
		c->pool[c->npool++] = (struct text){ line, strlen(line) };
	}
	if (c->npool == 0)
		die("%s: no lines in the pool %s", c->name, value);
}

static void
add_ask(struct class *c, const char *method, const char *path)
{
	struct text *t;

	c->asks = need(realloc(c->asks, (c->nasks + 1) * sizeof *c->asks));
	t = &c->asks[c->nasks++];
	*t = (struct text){ NULL, 0 };
	for (const char *m = method; *m; m++)
		append(t, (char[]){ (char)toupper((unsigned char)*m) }, 1);
	append(t, " ", 1);
	append(t, path, strlen(path));
}

static struct class *
add_class(struct spec *s, const char *name)
{
	struct class *c;

	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			die("class %s: letters, digits, - and _", name);
	s->classes = need(realloc(s->classes, (s->nclasses + 1) * sizeof *s->classes));
	c = &s->classes[s->nclasses++];
	memset(c, 0, sizeof *c);
	snprintf(c->name, sizeof c->name, "%s", name);
	c->share = 1;
	c->status = 200;
	c->steps = need(calloc(STEPS_MAX, sizeof *c->steps));
	return c;
}

static void
read_word(struct class *c, const char *spec, const char *word, char *value)
{
	if (strcmp(word, "share") == 0)
		c->share = strtod(value, NULL);
	else if (strcmp(word, "pool") == 0)
		read_pool(c, spec, value);
	else if (strcmp(word, "header") == 0) {
		append(&c->headers, value, strlen(value));
		append(&c->headers, "\r\n", 2);
	} else if (strcmp(word, "body") == 0)
		c->body = read_beside(spec, value);
	else if (strcmp(word, "expect") == 0)
		c->status = (int)strtol(value, NULL, 10);
	else if (strcmp(word, "least") == 0)
		c->least = (size_t)strtoul(value, NULL, 10);
	else if (strcmp(word, "marker") == 0)
		snprintf(c->marker, sizeof c->marker, "%s", value);
	else if (strcmp(word, "get") == 0 || strcmp(word, "post") == 0 ||
		 strcmp(word, "put") == 0 || strcmp(word, "head") == 0)
		add_ask(c, word, value);
	else
		die("%s: %s: no such word", c->name, word);
}

void
spec_read(struct spec *s, const char *path)
{
	char *rest = read_file(path).p, *line;
	struct class *c = NULL;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *word = line + strspn(line, " \t"), *value;

		if (*word == 0 || *word == '#')
			continue;
		value = word + strcspn(word, " \t");
		if (*value != 0)
			*value++ = 0;
		value += strspn(value, " \t");
		if (strcmp(word, "class") == 0)
			c = add_class(s, value);
		else if (c == NULL)
			die("%s: begins with a class", path);
		else
			read_word(c, path, word, value);
	}
	for (size_t i = 0; i < s->nclasses; i++)
		if (s->classes[i].nasks == 0 || s->classes[i].share <= 0)
			die("%s: a class has requests and a share above 0",
			    s->classes[i].name);
	if (s->nclasses == 0)
		die("%s: no class", path);
}

/* Column 1 to 9 of a line of the pool. */
static struct text
column(const struct text *line, int no)
{
	struct text t = { line->p, 0 };

	for (; no > 1; no--) {
		char *tab = strchr(t.p, '\t');

		if (tab == NULL)
			return (struct text){ line->p, 0 };
		t.p = tab + 1;
	}
	t.n = strcspn(t.p, "\t");
	return t;
}

/* The template with {1} to {9} and {n} filled in. */
static void
expand(struct text *to, const struct text *t, const struct text *line, uint64_t number)
{
	size_t from = 0;
	char digits[32];

	for (size_t i = 0; i + 2 < t->n; i++) {
		if (t->p[i] != '{' || t->p[i + 2] != '}')
			continue;
		struct text part = { digits, 0 };

		if (t->p[i + 1] == 'n')
			part.n = (size_t)snprintf(digits, sizeof digits, "%016llx",
			    (unsigned long long)number);
		else if (t->p[i + 1] >= '1' && t->p[i + 1] <= '9' && line != NULL)
			part = column(line, t->p[i + 1] - '0');
		else
			continue;
		append(to, t->p + from, i - from);
		append(to, part.p, part.n);
		i += 2;
		from = i + 1;
	}
	append(to, t->p + from, t->n - from);
}

bool
spec_next(struct spec *s, struct class *c, uint64_t number, struct text *request_r)
{
	struct text body = { NULL, 0 }, *r = request_r;
	const struct text *line = NULL;
	char head[400];
	int n;

	*r = (struct text){ NULL, 0 };
	if (c->once && c->next_line >= c->npool)
		return false;
	if (c->npool > 0)
		line = &c->pool[c->next_line++ % c->npool];
	expand(r, &c->asks[c->next_ask++ % c->nasks], line, number);
	if (c->body.p != NULL)
		expand(&body, &c->body, line, number);
	n = snprintf(head, sizeof head, " HTTP/1.1\r\nHost: %s\r\n", s->host);
	append(r, head, (size_t)n);
	if (c->headers.p != NULL)
		expand(r, &c->headers, line, number);
	if (c->body.p != NULL) {
		n = snprintf(head, sizeof head, "Content-Length: %zu\r\n", body.n);
		append(r, head, (size_t)n);
	}
	append(r, "\r\n", 2);
	if (body.p != NULL)
		append(r, body.p, body.n);
	free(body.p);
	return true;
}
