/* kreide user export, erase: what GDPR gives a person a right to, for whoever answers
   the request. */
#include "cli/user.h"

#include "app/file.h"
#include "app/forget.h"
#include "app/mydata.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

KR_STMT(q_person, "s", "ibs",
    "SELECT id, state = 'left', CONCAT(given, ' ', family) FROM core_person"
    " WHERE account = ?");

struct person {
	kr_id id;
	bool left;
	kr_str name;
};
static const struct kr_col person_cols[] = { KR_COL(struct person, id),
	KR_COL(struct person, left), KR_COL(struct person, name) };

static bool
find(kr_ctx *cx, struct kr_user_data *u, struct person *p_r)
{
	if (kr_one(cx, &q_person, person_cols, p_r, kr_s(kr_z(u->account))))
		return true;
	u->unknown_account = kr_status(cx) == KR_OK;
	if (u->unknown_account)
		kr_fail(cx, KR_ENOTFOUND, "no such account");
	return false;
}

/* ── export ── */

static bool
file_begin(void *arg)
{
	struct kr_user_data *u = arg;

	u->file = kr_private_file(u->cli, u->out);
	return u->file != NULL;
}

static bool
file_write(void *arg, const void *p, size_t n)
{
	struct kr_user_data *u = arg;

	return fwrite(p, 1, n, u->file) == n;
}

static kr_err
export_it(kr_ctx *cx, void *arg)
{
	struct kr_user_data *u = arg;
	struct kr_zip_item *items;
	struct person p;
	size_t n = 0;

	if (!find(cx, u, &p) || kr_mydata(cx, p.id, &items, &n) != KR_OK)
		return kr_status(cx);
	if (u->out == NULL)
		u->out = kr_cstr(u->cli->said, kr_mydata_name(cx, kr_z(u->account)));
	if (kr_zip_write(cx, items, n,
		&(struct kr_zip_out){ file_begin, file_write, u }) != KR_OK)
		return kr_status(cx);
	if (u->file == NULL)
		return kr_fail(cx, KR_EINPUT, "no file to write to");
	u->wrong_disk = fflush(u->file) != 0 || fsync(fileno(u->file)) != 0;
	u->wrong_disk = fclose(u->file) != 0 || u->wrong_disk;
	u->files = (int64_t)n - 1;
	if (u->wrong_disk)
		return kr_fail(cx, KR_EFAIL, "%s: %s", u->out, strerror(errno));
	kr_audit(cx, "core.data_exported", p.id);
	return kr_status(cx);
}

static int
print_export(const struct kr_user_data *u)
{
	kr_say(u->cli, "core.cli.exported", kr_z(u->account), kr_z(u->out),
	    kr_num(u->cli, u->files));
	if (!u->cli->json)
		return KR_X_OK;
	return kr_print_json(json_pack("{s:s, s:s, s:I}", "account", u->account, "file",
	    u->out, "files", (json_int_t)u->files));
}

/* ── erase ── */

static void
look(kr_ctx *cx, struct kr_user_data *u, kr_id person)
{
	const struct kr_declared *d = kr_declared(cx);
	int64_t *count = kr_forget_count(cx, person);

	for (size_t i = 0; d != NULL && i < d->ways.n; i++)
		if (count[i] > 0)
			json_array_append_new(u->plan,
			    json_pack("{s:s, s:s, s:I, s:i}", "table",
				d->ways.p[i].table, "column", d->ways.p[i].subject,
				"rows", (json_int_t)count[i], "erase",
				(int)d->ways.p[i].erase));
}

static kr_err
erase_it(kr_ctx *cx, void *arg)
{
	struct kr_user_data *u = arg;
	struct kr_forgotten f;
	struct person p;

	if (!find(cx, u, &p))
		return kr_status(cx);
	u->plan = json_array();
	look(cx, u, p.id);
	u->here = !p.left;
	u->refused = !u->yes || (u->here && !u->now);
	if (u->refused || kr_status(cx) != KR_OK)
		return kr_status(cx);
	/* Whoever is still here leaves first: memberships and rights of others follow.
	 */
	if (u->here)
		kr_kernel_person_leave(cx, p.id);
	u->last_admin = kr_status(cx) == KR_ECONFLICT;
	if (kr_forget(cx, p.id, &f) != KR_OK)
		return kr_status(cx);
	u->gone = f;
	return kr_status(cx);
}

static void
print_plan(const struct kr_user_data *u)
{
	static const char *const header[] = { "core.cli.table", "core.cli.column",
		"core.cli.rows", "core.cli.erasure", NULL };
	static const char *const fates[] = { "core.cli.erase_row",
		"core.cli.erase_null", "core.cli.erase_keep" };
	struct kr_table *t = kr_table_new(u->cli, header);
	size_t i;
	json_t *j;

	json_array_foreach(u->plan, i, j) kr_table_row(t,
	    (kr_str[]){ kr_z(json_string_value(json_object_get(j, "table"))),
		kr_z(json_string_value(json_object_get(j, "column"))),
		kr_num(u->cli, json_integer_value(json_object_get(j, "rows"))),
		kr_word_(u->cli, fates[json_integer_value(json_object_get(j, "erase"))],
		    NULL, 0) });
	kr_table_print(t);
}

static int
print_erase(struct kr_user_data *u, kr_ctx *cx)
{
	if (u->refused && !u->cli->json)
		print_plan(u);
	if (u->refused) {
		kr_complain_(u->cli,
		    u->here && !u->now ? "core.cli.erase_here" : "core.cli.erase_yes",
		    KR_WORDS(kr_z(u->account)));
	} else {
		kr_forget_files(cx, &u->gone);
		kr_say(u->cli, "core.cli.erased", kr_z(u->account),
		    kr_num(u->cli, u->gone.rows), kr_num(u->cli, u->gone.blanked),
		    kr_num(u->cli, (int64_t)u->gone.nfiles));
	}
	if (u->cli->json)
		(void)kr_print_json(json_pack("{s:s, s:b, s:I, s:I, s:I, s:O}",
		    "account", u->account, "erased", !u->refused, "rows",
		    (json_int_t)u->gone.rows, "blanked", (json_int_t)u->gone.blanked,
		    "files", (json_int_t)u->gone.nfiles, "plan", u->plan));
	json_decref(u->plan);
	return u->refused ? KR_X_REFUSED : KR_X_OK;
}

/* ── both ── */

static int
failed(struct kr_user_data *u, struct kr_work *w)
{
	if (u->unknown_account)
		kr_complain(u->cli, "core.cli.no_account", kr_z(u->account));
	else if (u->last_admin)
		kr_complain(u->cli, "core.cli.last_admin", kr_z(u->account));
	else if (u->out != NULL && u->file == NULL)
		return KR_X_WRONG; /* said already: the file cannot be made */
	else
		return kr_work_failed(w);
	return KR_X_WRONG;
}

int
kr_user_data(struct kr_user_data *u, bool erase)
{
	struct kr_work w;
	int code;

	if (u->out != NULL)
		u->out = kr_absolute(u->cli, u->out);
	if (!kr_work_open(&w, u->cli, true, &code))
		return code;
	if (kr_work_do(&w, erase ? erase_it : export_it, u) != KR_OK)
		code = failed(u, &w);
	else
		code = erase ? print_erase(u, &w.cx) : print_export(u);
	kr_work_close(&w);
	return code;
}
