/* Options of commands and what they print: sentences, tables, JSON. */
#include "cli/cli.h"

#include "html/text.h"
#include <stdlib.h>
#include <string.h>

/* ── options ── */

static int
usage(struct kr_cli *cli, const char *command)
{
	char key[64];
	kr_str text;

	snprintf(key, sizeof key, "core.cli.usage_%s", command);
	text = kr_word_(cli, key, NULL, 0);
	if (!cli->json)
		fprintf(stderr, "%.*s\n", KR_FMT(text));
	return KR_X_USAGE;
}

int
kr_usage(struct kr_cli *cli, const char *command)
{
	kr_complain(cli, "core.cli.words_missing");
	return usage(cli, command);
}

static bool
wrong(struct kr_cli *cli, const struct kr_args *a, const char *key, const char *word,
    int *exit_r)
{
	kr_complain_(cli, key, KR_WORDS(kr_z(word)));
	*exit_r = usage(cli, a->command);
	return false;
}

/* --help of a command goes to stdout: it was asked for. */
static bool
asked_for_help(struct kr_cli *cli, const struct kr_args *a, int *exit_r)
{
	char key[64];
	kr_str text;

	snprintf(key, sizeof key, "core.cli.usage_%s", a->command);
	text = kr_word_(cli, key, NULL, 0);
	printf("%.*s\n", KR_FMT(text));
	*exit_r = KR_X_OK;
	return false;
}

static const struct kr_opt *
opt_named(const struct kr_args *a, const char *name, size_t n)
{
	for (size_t i = 0; i < a->nopts; i++)
		if (strlen(a->opts[i].name) == n &&
		    memcmp(a->opts[i].name, name, n) == 0)
			return &a->opts[i];
	return NULL;
}

/* One option at *i, with its value behind '=' or in the next word. */
static bool
one_option(
    struct kr_cli *cli, const struct kr_args *a, char **argv, int *i, int *exit_r)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct kr_opt home = { "home", 's', &cli->home };
	const struct kr_opt json = { "json", 'b', &cli->json };
	const struct kr_opt *o = opt_named(a, name, n);

	if (o == NULL && n == 4 && memcmp(name, "home", 4) == 0)
		o = &home;
	if (o == NULL && n == 4 && memcmp(name, "json", 4) == 0)
		o = &json;
	if (o == NULL)
		return wrong(cli, a, "core.cli.no_option", argv[*i], exit_r);
	if (o->type == 'b') {
		if (equals)
			return wrong(
			    cli, a, "core.cli.no_value_wanted", argv[*i], exit_r);
		*(bool *)o->to = true;
		return true;
	}
	if (equals == NULL && argv[*i + 1] == NULL)
		return wrong(cli, a, "core.cli.value_missing", argv[*i], exit_r);
	*(const char **)o->to = equals ? equals + 1 : argv[++*i];
	if (o == &home)
		cli->home = kr_absolute(cli, cli->home);
	return true;
}

bool
kr_args_of(struct kr_cli *cli, struct kr_args *a, int argc, char **argv, int *exit_r)
{
	bool words_only = false;

	for (int i = 1; i < argc; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && (strcmp(argv[i], "--help") == 0 ||
					      strcmp(argv[i], "-h") == 0)) {
			return asked_for_help(cli, a, exit_r);
		} else if (!words_only && strncmp(argv[i], "--", 2) == 0) {
			if (!one_option(cli, a, argv, &i, exit_r))
				return false;
		} else if (a->n == a->most || a->n == KR_LEN(a->words)) {
			return wrong(
			    cli, a, "core.cli.too_many_words", argv[i], exit_r);
		} else {
			a->words[a->n++] = argv[i];
		}
	}
	if (a->n >= a->least)
		return true;
	*exit_r = kr_usage(cli, a->command);
	return false;
}

/* ── texts ── */

kr_str
kr_word_(struct kr_cli *cli, const char *key, const kr_str *args, size_t n)
{
	return kr_text_args(cli->said, key, args, n);
}

kr_str
kr_words_n(struct kr_cli *cli, const char *key, int64_t count)
{
	return kr_text_n(cli->said, key, count, NULL, 0);
}

void
kr_say_(struct kr_cli *cli, const char *key, const kr_str *args, size_t n)
{
	kr_str text;

	if (cli->json)
		return;
	text = kr_word_(cli, key, args, n);
	printf("%.*s\n", KR_FMT(text));
}

void
kr_complain_(struct kr_cli *cli, const char *key, const kr_str *args, size_t n)
{
	kr_complain_text(cli, key, kr_word_(cli, key, args, n));
}

void
kr_complain_text(struct kr_cli *cli, const char *key, kr_str text)
{
	json_t *j;

	if (!cli->json) {
		fprintf(stderr, "kreide: %.*s\n", KR_FMT(text));
		return;
	}
	j = json_pack("{s:s, s:o}", "code", key, "message", kr_json_str(text));
	(void)json_dumpf(j, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(j);
}

kr_str
kr_num(struct kr_cli *cli, int64_t number)
{
	return kr_fmt(cli->said, "%lld", (long long)number);
}

/* A path, for as long as the command runs. */
const char *
kr_below(struct kr_cli *cli, const char *folder, const char *name)
{
	return kr_fmt(cli->said, "%s/%s", folder, name).p;
}

/* ── tables ── */

#define MOST_COLUMNS 10

struct kr_table {
	struct kr_cli *cli;
	size_t columns, n, cap;
	size_t width[MOST_COLUMNS];
	kr_str *cells;
};

struct kr_table *
kr_table_new(struct kr_cli *cli, const char *const *header)
{
	struct kr_table *t = KR_NEW(cli->said, struct kr_table);
	kr_str titles[MOST_COLUMNS];

	t->cli = cli;
	while (header[t->columns] && t->columns < MOST_COLUMNS) {
		titles[t->columns] = kr_word_(cli, header[t->columns], NULL, 0);
		t->columns++;
	}
	kr_table_row(t, titles);
	return t;
}

void
kr_table_row(struct kr_table *t, const kr_str *cells)
{
	kr_str *row;

	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 32;
		kr_str *p = kr_alloc(t->cli->said, cap * t->columns, sizeof *p);

		if (t->n > 0)
			memcpy(p, t->cells, t->n * t->columns * sizeof *p);
		t->cells = p;
		t->cap = cap;
	}
	row = t->cells + t->n++ * t->columns;
	for (size_t i = 0; i < t->columns; i++) {
		size_t width = kr_chars(cells[i]);

		row[i] = kr_dup(t->cli->said->arena, cells[i]);
		if (width > t->width[i])
			t->width[i] = width;
	}
}

void
kr_table_print(struct kr_table *t)
{
	for (size_t r = 0; r < t->n && !t->cli->json; r++) {
		const kr_str *row = t->cells + r * t->columns;

		size_t filled = t->columns; /* no blanks at a line's end */

		while (filled > 0 && row[filled - 1].n == 0)
			filled--;
		for (size_t i = 0; i < filled; i++) {
			int pad = (int)(t->width[i] - kr_chars(row[i]));

			printf("%.*s%*s", KR_FMT(row[i]), i + 1 == filled ? 0 : pad + 2,
			    "");
		}
		putchar('\n');
	}
}

/* ── JSON ── */

json_t *
kr_json_str(kr_str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

int
kr_print_json(json_t *root)
{
	json_dumpf(root, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(root);
	return KR_X_OK;
}
