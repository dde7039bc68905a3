/* kreide import: reads the file within its bounds, shows the plan, applies it, and
   writes the activation codes to a file that only its owner can read. */
#include "cli/cli.h"

#include "school/import.h"
#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct import {
	struct kr_cli *cli;
	const char *file, *profile, *codes_path;
	bool dry, force;
	kr_str bytes;
	struct kr_arena *arena; /* of the bytes */
	struct kr_import_plan plan;
	struct kr_import_code *codes;
	size_t ncodes;
	bool applied;
	FILE *out; /* where the codes go */
	const char *out_path;
};

/* ── the file: never more of it in memory than an import may have ── */

enum readable { READ_OK, READ_TOO_LARGE, READ_NOT };

static enum readable
read_bytes(struct import *im)
{
	int fd = open(im->file, O_RDONLY | O_CLOEXEC);
	struct kr_buf b;
	char piece[65536];
	ssize_t n = -1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return READ_NOT;
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > KR_IMPORT_BYTES) {
		close(fd);
		return READ_TOO_LARGE;
	}
	kr_buf_init(&b, im->arena, sizeof piece);
	while (b.n <= KR_IMPORT_BYTES) {
		n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		kr_buf_add(&b, piece, (size_t)n);
	}
	close(fd);
	im->bytes = kr_buf_view(&b);
	return n < 0 ? READ_NOT : b.n > KR_IMPORT_BYTES ? READ_TOO_LARGE : READ_OK;
}

/* ── what is said ── */

static json_t *
json_of(struct import *im)
{
	json_t *root = json_object(), *errors = json_array();

	json_object_set_new(root, "new", json_integer(im->plan.fresh));
	json_object_set_new(root, "changed", json_integer(im->plan.changed));
	json_object_set_new(root, "moved", json_integer(im->plan.moved));
	json_object_set_new(root, "leavers", json_integer(im->plan.leavers));
	for (size_t i = 0; i < im->plan.list.n; i++) {
		const struct kr_import_row *row = &im->plan.list.p[i];
		json_t *e;

		if (row->kind != 'e')
			continue;
		e = json_object();
		json_object_set_new(e, "row", json_integer(row->row));
		json_object_set_new(e, "column", kr_json_str(row->column));
		json_object_set_new(e, "message",
		    kr_json_str(kr_word(
			im->cli, kr_cstr(im->cli->said, row->message), row->was)));
		json_array_append_new(errors, e);
	}
	json_object_set_new(root, "errors", errors);
	return root;
}

static void
print_errors(struct import *im)
{
	static const char *const header[] = { "core.cli.row", "core.cli.column",
		"core.cli.what", NULL };
	struct kr_table *t = kr_table_new(im->cli, header);
	size_t shown = 0;

	for (size_t i = 0; i < im->plan.list.n && shown < 50; i++, shown++) {
		const struct kr_import_row *row = &im->plan.list.p[i];

		kr_table_row(
		    t, (kr_str[]){ row->row ? kr_num(im->cli, row->row) : KR_S("-"),
			   row->column,
			   kr_word(im->cli, kr_cstr(im->cli->said, row->message),
			       row->was) });
	}
	kr_table_print(t);
	if (im->plan.errors > shown)
		kr_say(im->cli, "core.cli.import_more",
		    kr_num(im->cli, (int64_t)(im->plan.errors - shown)));
	kr_say(im->cli, "core.cli.import_errors", kr_num(im->cli, im->plan.errors));
}

/* Names are shown to who runs the import, at most twenty of each kind. */
static void
print_kind(struct import *im, char kind, const char *title, uint32_t count)
{
	size_t shown = 0;

	kr_say(im->cli, title, kr_num(im->cli, count));
	for (size_t i = 0; i < im->plan.list.n && shown < 20; i++) {
		const struct kr_import_row *row = &im->plan.list.p[i];
		bool arrow = row->was.n > 0 && row->becomes.n > 0;

		if (row->kind != kind || im->cli->json)
			continue;
		printf("    %.*s  %.*s%s%.*s\n", KR_FMT(row->name), KR_FMT(row->was),
		    arrow ? " → " : "", KR_FMT(row->becomes));
		shown++;
	}
	if (shown == 20 && count > 20 && !im->cli->json)
		printf("    …\n");
}

static void
print_plan(struct import *im)
{
	const struct kr_import_plan *p = &im->plan;

	kr_say(im->cli, "core.cli.import_read", kr_num(im->cli, p->rows),
	    kr_num(im->cli, p->unchanged));
	print_kind(im, 'n', "core.cli.import_new", p->fresh);
	print_kind(im, 'c', "core.cli.import_changed", p->changed);
	print_kind(im, 'm', "core.cli.import_moved", p->moved);
	print_kind(im, 'l', "core.cli.import_leavers", p->leavers);
}

/* ── codes ── */

/* A cell that a table program would run as a formula gets an apostrophe in front. */
static void
write_cell(FILE *f, kr_str s, char end)
{
	char quoted[4 * KR_NAME_MAX * 2 + 4];
	bool formula = s.n > 0 && strchr("=+-@", s.p[0]) != NULL;
	size_t n = csv_write2(quoted, sizeof quoted, s.p, s.n, '"');

	if (n > sizeof quoted)
		n = 0;
	if (formula && n > 0) {
		fputs("\"'", f);
		fwrite(quoted + 1, 1, n - 1, f);
	} else {
		fwrite(quoted, 1, n, f);
	}
	fputc(end, f);
}

/* Without a wish: HOME/codes/pupils-2026-11-21-081500.csv, so that nothing is lost. */
static const char *
codes_path(struct import *im)
{
	char *folder;
	kr_str path = KR_S("");
	struct kr_civil c = kr_civil(kr_wall());

	if (im->codes_path)
		return im->codes_path;
	folder = kr_path(im->cli, "codes");
	(void)mkdir(folder, 0700);
	for (int i = 1; i < 100 && (i == 1 || access(path.p, F_OK) == 0); i++)
		path =
		    kr_fmt(im->cli->said, "%s/%s-%04d-%02d-%02d-%02d%02d%02d%s%.0d.csv",
			folder, im->profile, c.year, c.month, c.day, c.hour, c.minute,
			c.second, i > 1 ? "-" : "", i > 1 ? i : 0);
	free(folder);
	return path.p;
}

/* Opened before anything is changed: with nowhere to put the codes there is no import.
 */
static bool
open_codes(struct import *im)
{
	if (im->out == NULL) {
		im->out_path = codes_path(im);
		im->out = kr_private_file(im->cli, im->out_path);
	}
	return im->out != NULL;
}

static bool
write_codes(struct import *im, FILE *f)
{
	static const char *const header[] = { "core.cli.codes_group",
		"core.cli.codes_name", "core.cli.codes_account",
		"core.cli.codes_code" };

	fputs("\xef\xbb\xbf", f); /* table programs need it to see UTF-8 */
	for (size_t i = 0; i < KR_LEN(header); i++)
		write_cell(
		    f, kr_word_(im->cli, header[i], NULL, 0), i == 3 ? '\n' : ';');
	for (size_t i = 0; i < im->ncodes; i++) {
		const struct kr_import_code *c = &im->codes[i];

		write_cell(f, c->group, ';');
		write_cell(f, c->name, ';');
		write_cell(f, c->account, ';');
		write_cell(f, c->code, '\n');
	}
	return fflush(f) == 0 && fsync(fileno(f)) == 0;
}

/* ── the work ── */

static kr_err
plan_it(kr_ctx *cx, void *arg)
{
	struct import *im = arg;

	return kr_kernel_import_plan(cx, kr_z(im->profile), im->bytes, &im->plan);
}

static kr_err
apply_it(kr_ctx *cx, void *arg)
{
	struct import *im = arg;

	if (plan_it(cx, im) != KR_OK || im->plan.errors > 0 ||
	    (im->plan.stopped && !im->force))
		return kr_status(cx);
	if (im->plan.fresh > 0 && !open_codes(im))
		return kr_fail(cx, KR_EINPUT, "no file for the activation codes");
	if (kr_kernel_import_apply(cx, &im->plan, im->force, &im->codes, &im->ncodes) ==
	    KR_OK)
		im->applied = true;
	return kr_status(cx);
}

static int
show(struct import *im)
{
	if (im->cli->json)
		kr_print_json(json_of(im));
	else if (im->plan.errors > 0)
		print_errors(im);
	else
		print_plan(im);
	if (im->plan.errors > 0)
		return KR_X_WRONG;
	if (im->plan.stopped && !im->force) {
		kr_complain_(im->cli,
		    im->plan.rows == 0 ? "core.cli.import_no_rows"
				       : "core.cli.import_stopped",
		    KR_WORDS(kr_num(im->cli, im->plan.leavers)));
		return KR_X_REFUSED;
	}
	if (im->dry)
		kr_say(im->cli, "core.cli.import_dry");
	return KR_X_OK;
}

/* The persons are there; their codes must reach the paper. */
static int
keep_codes(struct import *im)
{
	bool kept = write_codes(im, im->out);
	kr_str n = kr_num(im->cli, (int64_t)im->ncodes);

	kept &= fclose(im->out) == 0;
	if (!kept) {
		kr_complain(im->cli, "core.cli.codes_lost", kr_z(im->out_path));
		return KR_X_DOWN;
	}
	if (im->cli->json)
		kr_complain(im->cli, "core.cli.codes_in", n, kr_z(im->out_path));
	kr_say(im->cli, "core.cli.codes_in", n, kr_z(im->out_path));
	return KR_X_OK;
}

static int
run_on(struct import *im, struct kr_work *w)
{
	kr_err err = kr_work_do(w, im->dry ? plan_it : apply_it, im);
	int code = err == KR_OK ? show(im) : kr_work_failed(w);

	if (code == KR_X_OK && im->applied)
		kr_say(im->cli, "core.cli.import_done");
	if (im->out && err == KR_OK && im->applied)
		return keep_codes(im);
	if (im->out) {
		fclose(im->out);
		(void)unlink(im->out_path);
	}
	return code;
}

static int
too_large(struct import *im)
{
	im->plan.errors = 1;
	im->plan.list.n = 1;
	im->plan.list.p = KR_NEW(im->cli->said, struct kr_import_row);
	im->plan.list.p[0] = (struct kr_import_row){ .kind = 'e',
		.message = KR_S("core.import.file_too_large") };
	return show(im);
}

int
kr_cmd_import(struct kr_cli *cli, int argc, char **argv)
{
	struct import im = { .cli = cli };
	const struct kr_opt opts[] = { { "profile", 's', &im.profile },
		{ "dry-run", 'b', &im.dry }, { "force", 'b', &im.force },
		{ "codes", 's', &im.codes_path } };
	struct kr_args a = { .command = "import",
		.opts = opts,
		.nopts = KR_LEN(opts),
		.least = 1,
		.most = 1 };
	struct kr_work w;
	enum readable how;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	im.file = a.words[0];
	if (im.codes_path)
		im.codes_path = kr_absolute(cli, im.codes_path);
	if (im.profile == NULL)
		return kr_usage(cli, "import");
	if (kr_import_profile(kr_z(im.profile)) == NULL) {
		kr_complain(cli, "core.cli.no_profile", kr_z(im.profile));
		return kr_usage(cli, "import");
	}
	im.arena = kr_arena_new(KR_IMPORT_BYTES * 5);
	how = read_bytes(&im);
	if (how == READ_NOT) {
		kr_complain(
		    cli, "core.cli.cannot_read", kr_z(im.file), kr_z(strerror(errno)));
		code = KR_X_WRONG;
	} else if (how == READ_TOO_LARGE) {
		code = too_large(&im);
	} else if (kr_work_open(&w, cli, false, &code)) {
		code = run_on(&im, &w);
		kr_work_close(&w);
	}
	kr_arena_free(&im.arena);
	return code;
}
