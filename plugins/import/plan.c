/* The plan: what the file would change, in numbers and row by row; and doing it. */
#include "import.h"
#include "import_templates.h"

#define FILE_MAX ((size_t)8 * 1024 * 1024)

/* Room for every row of one kind; filled by add(). */
static void
room(kr_ctx *cx, const struct kr_import_plan *p, struct import_plan *view)
{
	view->faults.p = kr_alloc(cx, p->list.n + 1, sizeof *view->faults.p);
	view->new_ones.p = kr_alloc(cx, (size_t)p->fresh + 1, sizeof *view->new_ones.p);
	view->renamed.p = kr_alloc(cx, (size_t)p->changed + 1, sizeof *view->renamed.p);
	view->movers.p = kr_alloc(cx, (size_t)p->moved + 1, sizeof *view->movers.p);
	view->gone.p = kr_alloc(cx, (size_t)p->leavers + 1, sizeof *view->gone.p);
}

static void
add(kr_ctx *cx, const struct kr_import_row *r, struct import_plan *view)
{
	struct import_change c = { r->row, r->name, r->was, r->becomes };

	switch (r->kind) {
	case 'n':
		view->new_ones.p[view->new_ones.n++] = c;
		break;
	case 'c':
		view->renamed.p[view->renamed.n++] = c;
		break;
	case 'm':
		view->movers.p[view->movers.n++] = c;
		break;
	case 'l':
		view->gone.p[view->gone.n++] = c;
		break;
	default:
		view->faults.p[view->faults.n++] = (struct import_error){ r->row,
			r->column, kr_kernel_text(cx, r->message, r->was) };
	}
}

/* *gone_r: the file is not there any more, and there is no plan. */
static kr_err
plan_of(kr_ctx *cx, struct kr_import_plan *plan_r, bool *gone_r)
{
	kr_str bytes;

	*gone_r = false;
	if (kr_kernel_file_bytes(cx, kr_in_i(cx, "plan"), FILE_MAX, &bytes) != KR_OK)
		return kr_status(cx);
	*gone_r = bytes.p == NULL;
	return *gone_r
		   ? KR_OK
		   : kr_kernel_import_plan(cx, kr_in_s(cx, "profile"), bytes, plan_r);
}

kr_err
import_show(kr_ctx *cx)
{
	struct kr_import_plan p;
	struct import_plan view;
	bool gone;

	if (plan_of(cx, &p, &gone) != KR_OK)
		return kr_status(cx);
	if (gone)
		return import_again(cx);
	view = (struct import_plan){ .file = kr_in_i(cx, "plan"),
		.profile = p.profile,
		.rows = p.rows,
		.unchanged = p.unchanged,
		.fresh = p.fresh,
		.changed = p.changed,
		.moved = p.moved,
		.leavers = p.leavers,
		.errors = p.errors,
		.stopped = p.errors == 0 && p.stopped };
	room(cx, &p, &view);
	for (size_t i = 0; i < p.list.n; i++)
		add(cx, &p.list.p[i], &view);
	view.nothing = p.errors + p.fresh + p.changed + p.moved + p.leavers == 0;
	view.empty = view.nothing && p.rows == 0;
	view.ready = p.errors == 0 && !view.nothing;
	view.cut = view.faults.n < p.errors;
	return import_plan(cx, &view);
}

/* ── doing it ── */

static bool
same_as_seen(kr_ctx *cx, const struct kr_import_plan *p)
{
	return p->errors == 0 && kr_in_i(cx, "unchanged") == p->unchanged &&
	       kr_in_i(cx, "fresh") == p->fresh &&
	       kr_in_i(cx, "changed") == p->changed &&
	       kr_in_i(cx, "moved") == p->moved && kr_in_i(cx, "leavers") == p->leavers;
}

/* "5a" before "10b": the number first, then the letters. */
static bool
class_before(kr_str a, kr_str b)
{
	size_t i = 0, k = 0;

	while (i < a.n && a.p[i] >= '0' && a.p[i] <= '9')
		i++;
	while (k < b.n && b.p[k] >= '0' && b.p[k] <= '9')
		k++;
	if (i != k) /* names without a number (EF, Q1) come last */
		return i == 0 || k == 0 ? i > k : i < k;
	for (i = 0; i < a.n && i < b.n; i++)
		if (a.p[i] != b.p[i])
			return a.p[i] < b.p[i];
	return a.n < b.n;
}

/* Slips are handed out by class: sorted so, within a class as in the file. */
static struct import_slip *
slips_of(kr_ctx *cx, const struct kr_import_code *c, size_t n)
{
	struct import_slip *slips = kr_alloc(cx, n + 1, sizeof *slips);

	for (size_t i = 0; i < n; i++) {
		struct import_slip s = { c[i].name, c[i].account, c[i].group,
			c[i].code };
		size_t k = i;

		for (; k > 0 && class_before(s.group, slips[k - 1].group); k--)
			slips[k] = slips[k - 1];
		slips[k] = s;
	}
	return slips;
}

kr_err
import_apply(kr_ctx *cx)
{
	struct kr_instance here = kr_kernel_instance(cx);
	struct import_slips view = { .school = here.school, .address = here.address };
	struct kr_import_code *codes;
	struct kr_import_plan p;
	bool gone;

	if (plan_of(cx, &p, &gone) != KR_OK)
		return kr_status(cx);
	if (gone)
		return import_again(cx);
	if (!same_as_seen(cx, &p))
		return kr_in_bad(cx, "", "import.moved_on");
	if (p.stopped && !kr_in_b(cx, "force"))
		return kr_in_bad(cx, "force", "import.tick_force");
	if (kr_kernel_import_apply(cx, &p, kr_in_b(cx, "force"), &codes, &view.rows.n))
		return kr_status(cx);
	if (view.rows.n == 0) {
		kr_flash(cx, "import.done");
		return kr_redirect(cx, "/import");
	}
	view.rows.p = slips_of(cx, codes, view.rows.n);
	return import_slips(cx, &view);
}

/* Where a repeated sending ends up: it has been done already. */
kr_err
import_applied(kr_ctx *cx)
{
	kr_flash(cx, "import.done_before");
	return kr_redirect(cx, "/import");
}
