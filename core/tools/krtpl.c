/* krtpl: compiles the HTML templates of one folder to one C file, so that escaping is
   chosen, and markup checked, at build time.

   krtpl -o OUT.c IN.html...           functions
   krtpl --header -o OUT.h IN.html...  their prototypes (NAME_templates.h)
   krtpl --keys IN.html...             texts used, a line each: KIND KEY FILE:LINE
   krtpl --icons IN.html...            icons used, a line each
   --prefix NAME: the plugin's name, for a folder that is called otherwise
   -Wno-error: what is only a warning does not fail.

   Where a template lies says to whom it belongs. NAME/templates/x.html of a plugin:
   prefix NAME, header "NAME.h". core/pages/templates/x.html: prefix core, header
   "pages/pages.h". core/ROOM/templates/x.html: prefix ROOM, header "ROOM/ROOM.h". The
   header declares `struct NAME_x`, which holds what the template shows.

   The first line names the kind and the struct; the function has the struct's name:
     {% view struct tasks_show %}     a page in the frame:
				      kr_err tasks_show(kr_ctx *, const struct ... *)
     {% wall struct core_login %}     the same on the board: sign-in
     {% partial struct tasks_row %}   a piece of a page:
				      kr_err tasks_row(kr_ctx *, kr_out *, const ... *)
     {% widget struct tasks_tile %}   the same: a tile of the start page

   EXPR is a path: v.title (v is the struct), t.name (t is a loop variable), t alone
   (the element), loop.n (1, 2, ...), loop.first, loop.last. Members are reached by `.`;
   a KR_ARRAY has .n. There is nothing else: no calls, no arithmetic, no raw output.
   VALUE is a path, an integer, a "string", or a C constant in capitals. ARG is EXPR or
   EXPR|FILTER. Filters: date day when clock left stamp iso size initials hue ext lines
   breaks.

     {{ EXPR }}  {{ EXPR | FILTER }}
     {% if EXPR %} {% if not EXPR %} {% if EXPR == VALUE %} {% if not EXPR == VALUE %}
       {% elif ... %} {% else %} {% end %}
     {% each t in EXPR %} ... {% none %} ... {% end %}   a KR_ARRAY; none: when empty
     {% part "row" EXPR %}                     x.html of this folder, its struct
     {% title "key" ARG... %} {% title EXPR %} what the browser tab says
     {% t "key" ARG... %}                      text; the ARGs are its {1}, {2} ...
     {% tn "key" COUNT ARG... %}               with plural forms; {1} is the count
     {% url "/tasks/{}" ARG... %}              local address, values percent-encoded
     {% form "/tasks/{}/submit" ARG... %} ... {% endform %}           a POST form
     {% field KIND "name" "label.key" EXPR %}  row of a form; without EXPR: empty
     {% button "key" "icon" %} {% button STYLE "key" "icon" %}
					       primary plain quiet danger
     {% icon "clock" %} {% icon EXPR %}
     {% empty "doodle" "title.key" "text.key" %}
     {% file EXPR %}                           row of a struct kr_file
     {% comment words %}   {% comment %} ... {% endcomment %}

   A value may stand in text, in <title> and <textarea>, and in a quoted attribute. In
   href, src, action ... it must be the whole value ({{ v.url }} is checked when it is
   written: http, https, mailto, tel, local) or begin with {% url %}, or follow a
   literal that begins with #. Everywhere else it is refused here. Visible words do not
   stand in a template: they are {% t %}; <code>, <svg> and translate="no" are exempt.
   html, head, link and script belong to core/html alone. */
#include "krtpl.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool warnings_fail = true, warnings_shown = true;
static char *given_prefix; /* --prefix */

/* All memory hangs on one list and lives as long as the tool. */
static struct kept {
	struct kept *next;
	max_align_t bytes[];
} * kept;

void *
kr_tpl_alloc(size_t n)
{
	struct kept *k = calloc(1, sizeof(*k) + n + 1);

	if (k == NULL) {
		fputs("krtpl: out of memory\n", stderr);
		exit(2);
	}
	k->next = kept;
	kept = k;
	return k->bytes;
}

char *
kr_tpl_dup(const char *s, size_t n)
{
	char *p = kr_tpl_alloc(n + 1);

	memcpy(p, s, n);
	return p;
}

void
kr_tpl_add(struct kr_tpl_buf *b, const char *s, size_t n)
{
	if (b->n + n + 1 > b->cap) {
		char *old = b->p;

		b->cap = (b->n + n + 1) * 2 + 64;
		b->p = kr_tpl_alloc(b->cap);
		if (old != NULL)
			memcpy(b->p, old, b->n);
	}
	if (n > 0)
		memcpy(b->p + b->n, s, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
kr_tpl_put(struct kr_tpl_buf *b, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fputs("krtpl: out of memory\n", stderr);
		exit(2);
	}
	kr_tpl_add(b, text, (size_t)n);
	free(text);
}

const char *
kr_tpl_str(const struct kr_tpl_buf *b)
{
	return b->p == NULL ? "" : b->p;
}

void
kr_tpl_error(struct kr_tpl *t, int line, const char *fmt, ...)
{
	va_list ap;

	if (t->failed)
		return;
	t->failed = true;
	t->problems++;
	fprintf(stderr, "%s:%d: error: ", t->path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
kr_tpl_warn(struct kr_tpl *t, int line, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (!warnings_shown)
		return;
	if (warnings_fail)
		t->problems++;
	fprintf(
	    stderr, "%s:%d: %s: ", t->path, line, warnings_fail ? "error" : "warning");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " [%s]\n", code);
}

static void
die(const char *path, const char *what)
{
	fprintf(stderr, "krtpl: %s: %s\n", path, what);
	exit(2);
}

static void
read_file(struct kr_tpl *t)
{
	struct kr_tpl_buf b = { 0 };
	char piece[8192];
	size_t n;
	FILE *f = fopen(t->path, "rb");

	if (f == NULL)
		die(t->path, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		kr_tpl_add(&b, piece, n);
	if (ferror(f))
		die(t->path, "cannot be read");
	fclose(f);
	t->src = kr_tpl_str(&b);
	t->size = b.n;
}

/* The last but `up` part of a path: part("a/b/c", 0) is "c". Empty when there is none.
 */
static char *
path_part(const char *path, int up)
{
	const char *end = path + strlen(path), *p = end;

	for (;;) {
		while (p > path && p[-1] != '/')
			p--;
		if (up-- == 0)
			return kr_tpl_dup(p, (size_t)(end - p));
		while (p > path && p[-1] == '/')
			p--;
		end = p;
		if (p == path)
			return kr_tpl_dup("", 0);
	}
}

struct owner {
	char *prefix;
	char *header;
};

/* Whose template this is, from its place in the tree. */
static struct owner
owner_of(const char *path)
{
	struct owner o;
	struct kr_tpl_buf header = { 0 };
	char *folder = path_part(path, 1), *room = path_part(path, 2);
	char *above = path_part(path, 3);

	if (given_prefix != NULL) {
		room = given_prefix;
		above = folder;
	}
	if (strcmp(folder, "templates") != 0 || room[0] == '\0')
		die(path, "must lie in NAME/templates/");
	while (room[0] == '_')
		room++;
	for (char *p = room; *p != '\0'; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    *p != '_')
			die(path,
			    "the folder above templates/ must be a name of a-z 0-9 _");
	if (strcmp(above, "core") == 0)
		kr_tpl_put(&header, "%s/%s.h", room, room);
	else
		kr_tpl_put(&header, "%s.h", room);
	o.header = header.p;
	o.prefix = strcmp(above, "core") == 0 && strcmp(room, "pages") == 0
		       ? kr_tpl_dup("core", 4)
		       : room;
	return o;
}

static void
base_name(struct kr_tpl *t)
{
	char *file = path_part(t->path, 0);
	size_t n = strlen(file);

	if (n < 6 || strcmp(file + n - 5, ".html") != 0)
		die(t->path, "must end in .html");
	t->base = kr_tpl_dup(file, n - 5);
	for (char *p = t->base; *p != '\0'; p++) {
		if (*p == '-')
			*p = '_';
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    *p != '_')
			die(t->path, "the file name must be of a-z 0-9 _ -");
	}
}

static void
write_source(FILE *f, const struct owner *o, struct kr_tpl *all, size_t n)
{
	fprintf(f, "/* Made by krtpl from the templates of %s; do not edit. */\n",
	    o->prefix);
	fputs("#pragma GCC diagnostic ignored \"-Wsign-conversion\"\n"
	      "#include <kr/kr.h>\n",
	    f);
	fprintf(
	    f, "#include \"%s\"\n#include \"%s_templates.h\"\n", o->header, o->prefix);
	for (size_t i = 0; i < n; i++)
		fwrite(all[i].code.p, 1, all[i].code.n, f);
}

static void
write_header(FILE *f, const struct owner *o, struct kr_tpl *all, size_t n)
{
	fprintf(f, "/* Made by krtpl from the templates of %s; do not edit. */\n",
	    o->prefix);
	fprintf(f, "#ifndef KR_TEMPLATES_%s_H\n#define KR_TEMPLATES_%s_H\n\n",
	    o->prefix, o->prefix);
	fputs("#include <kr/kr.h>\n\n", f);
	for (size_t i = 0; i < n; i++) {
		struct kr_tpl_buf b = { 0 };

		kr_tpl_signature(&all[i], &b, false);
		fprintf(f, "struct %s;\n%s", all[i].name, kr_tpl_str(&b));
	}
	fputs("\n#endif\n", f);
}

static int
by_name(const void *a, const void *b)
{
	const struct kr_tpl *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
write_all(
    const char *out, char mode, const struct owner *o, struct kr_tpl *all, size_t n)
{
	FILE *f = stdout;

	if (out != NULL && (f = fopen(out, "wb")) == NULL)
		die(out, strerror(errno));
	for (size_t i = 0; i < n && mode == 'k'; i++)
		fwrite(kr_tpl_str(&all[i].keys), 1, all[i].keys.n, f);
	for (size_t i = 0; i < n && mode == 'i'; i++)
		fwrite(kr_tpl_str(&all[i].icons), 1, all[i].icons.n, f);
	if (mode == 'c')
		write_source(f, o, all, n);
	if (mode == 'h')
		write_header(f, o, all, n);
	if (fflush(f) != 0 || ferror(f) || (out != NULL && fclose(f) != 0))
		die(out != NULL ? out : "output", "cannot be written");
}

/* Compiles all files; returns the number of problems. */
static int
compile_all(struct kr_tpl *all, size_t n, char mode, struct owner *o_r)
{
	int problems = 0;

	for (size_t i = 0; i < n; i++) {
		struct kr_tpl *t = &all[i];
		struct owner o = owner_of(t->path);

		if (i > 0 && (mode == 'c' || mode == 'h') &&
		    strcmp(o.prefix, o_r->prefix) != 0)
			die(t->path, "all templates of one call must be of one folder");
		*o_r = o;
		t->prefix = o.prefix;
		t->head_only = mode == 'h';
		base_name(t);
		read_file(t);
		kr_tpl_compile(t);
		problems += t->problems;
	}
	return problems;
}

static int
usage(void)
{
	fputs(
	    "usage: krtpl [-Wno-error] [--prefix NAME] [--header|--keys|--icons] [-o OUT] "
	    "IN.html...\n",
	    stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct kr_tpl *all = kr_tpl_alloc((size_t)argc * sizeof(*all));
	struct owner o = { NULL, NULL };
	const char *out = NULL;
	char mode = 'c';
	size_t n = 0;
	int problems;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			out = argv[++i];
		else if (strcmp(argv[i], "--prefix") == 0 && i + 1 < argc)
			given_prefix = argv[++i];
		else if (strcmp(argv[i], "--header") == 0)
			mode = 'h';
		else if (strcmp(argv[i], "--keys") == 0)
			mode = 'k';
		else if (strcmp(argv[i], "--icons") == 0)
			mode = 'i';
		else if (strcmp(argv[i], "-Werror") == 0)
			warnings_fail = true;
		else if (strcmp(argv[i], "-Wno-error") == 0)
			warnings_fail = false;
		else if (argv[i][0] == '-')
			return usage();
		else
			all[n++].path = argv[i];
	}
	if (n == 0)
		return usage();
	qsort(all, n, sizeof(*all), by_name);
	warnings_shown = mode == 'c';
	problems = compile_all(all, n, mode, &o);
	if (problems > 0) {
		fprintf(stderr, "krtpl: %d problem%s, nothing written\n", problems,
		    problems == 1 ? "" : "s");
		return 1;
	}
	write_all(out, mode, &o, all, n);
	return 0;
}
