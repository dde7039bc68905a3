/* Applies a plan, all of it in the transaction of the context: persons, classes,
   leavers, closure, protocol, and a one-time code for everybody who is new. */
#include "auth/auth.h"
#include "school/import.h"
#include <kr/http.h>

#include <stdlib.h>
#include <string.h>

KR_STMT(x_protocol, "stiiiiiii", "",
    "INSERT INTO core_import (profile, at, actor_id, in_file, fresh, renamed, moved,"
    " leavers, forced) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_member_new, "iiid", "",
    "INSERT INTO core_membership (group_id, person_id, role, from_day)"
    " VALUES (?, ?, ?, ?)");

struct apply {
	struct kr_import *im;
	struct kr_id_list touched; /* closure */
	struct kr_import_code *codes;
	size_t ncodes;
};

static void
make_classes(struct kr_import *im)
{
	for (size_t i = 0; i < im->nclasses; i++)
		if (im->classes[i].id == 0)
			im->classes[i].id =
			    kr_kernel_group(im->cx, KR_S("class"), im->classes[i].name);
}

static void
add_code(
    struct apply *a, kr_id person, const struct kr_import_person *p, kr_str account)
{
	kr_ctx *cx = a->im->cx;
	kr_str group = KR_S("");

	if (p->nclasses > 0)
		group = a->im->classes[p->classes[0]].name;
	a->codes[a->ncodes++] = (struct kr_import_code){
		.person = person,
		.name = kr_fmt(cx, "%.*s %.*s", KR_FMT(p->given), KR_FMT(p->family)),
		.account = account,
		/* Slips are sorted and handed out by class; teachers get theirs alone.
		 */
		.group = a->im->profile->position == KR_MEMBER ? group : KR_S(""),
	};
}

static void
apply_new(struct apply *a, const struct kr_import_person *p)
{
	struct kr_import *im = a->im;
	kr_str account = KR_S("");
	struct kr_person_new fresh = {
		.given = p->given,
		.family = p->family,
		.roles = im->profile->role,
		.source = kr_z(im->profile->name),
		.key = p->key,
		.shorthand = p->shorthand,
	};
	kr_id id = kr_person_insert(im->cx, &fresh, &account);

	for (size_t i = 0; i < p->nclasses; i++)
		kr_exec(im->cx, &x_member_new, kr_i(im->classes[p->classes[i]].id),
		    kr_i(id), kr_i(im->profile->position), kr_d(kr_today(im->cx)));
	kr_audit(im->cx, "core.person_added", id);
	kr_id_list_add(im->cx, &a->touched, id);
	add_code(a, id, p, account);
}

/* Out of the classes that the file does not name any more, into those it names. */
static void
apply_classes(struct apply *a, const struct kr_import_person *p)
{
	struct kr_import *im = a->im;
	kr_str groups = p->known->groups, id_text;
	kr_str rest = groups.n > 0 ? groups : (kr_str){ NULL, 0 };
	int64_t id;

	while (kr_split(&rest, ',', &id_text)) {
		bool stays = false;

		if (!kr_to_i(id_text, &id))
			continue;
		for (size_t i = 0; i < p->nclasses; i++)
			stays |= im->classes[p->classes[i]].id == id;
		if (!stays)
			kr_member_end(im->cx, id, p->known->id, im->profile->position);
	}
	for (size_t i = 0; i < p->nclasses; i++)
		kr_member_begin(im->cx, im->classes[p->classes[i]].id, p->known->id,
		    im->profile->position);
	kr_audit(im->cx, "core.person_moved", p->known->id);
}

static void
apply_known(struct apply *a, const struct kr_import_person *p)
{
	const struct kr_import_known *k = p->known;
	struct kr_import *im = a->im;
	bool back = kr_is(k->state, "left"), touched = back;
	kr_str shorthand = im->has_shorthand ? p->shorthand : k->shorthand;

	if (back)
		kr_person_state_back(im->cx, k->id);
	if (!kr_eq(k->given, p->given) || !kr_eq(k->family, p->family) ||
	    !kr_eq(k->shorthand, shorthand))
		kr_person_set_name(im->cx, k->id, p->given, p->family, shorthand);
	if (im->has_classes && !kr_import_same_classes(im, p)) {
		apply_classes(a, p);
		touched = true;
	}
	if (touched)
		kr_id_list_add(im->cx, &a->touched, k->id);
	if (back)
		add_code(a, k->id, p, k->account);
}

static void
apply_leavers(struct apply *a)
{
	struct kr_import *im = a->im;

	for (size_t i = 0; i < im->nknown; i++) {
		if (im->known[i].in_file || kr_is(im->known[i].state, "left"))
			continue;
		kr_person_state_left(im->cx, im->known[i].id);
		kr_id_list_add(im->cx, &a->touched, im->known[i].id);
	}
}

static void
protocol(struct apply *a, bool forced)
{
	const struct kr_import_plan *plan = a->im->plan;
	kr_ctx *cx = a->im->cx;
	kr_id id = kr_exec(cx, &x_protocol, kr_s(plan->profile), kr_t(kr_now(cx)),
	    kr_i(kr_me(cx)), kr_i(plan->rows), kr_i(plan->fresh), kr_i(plan->changed),
	    kr_i(plan->moved), kr_i(plan->leavers), kr_b(forced));

	kr_audit(cx, "core.imported", id);
}

static int
compare(kr_str a, kr_str b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* The order in which slips are handed out: 5a before 10a, then by name. */
static int
by_class(const void *a, const void *b)
{
	const struct kr_import_code *x = a, *y = b;
	int c = kr_class_grade(x->group) - kr_class_grade(y->group);

	if (c == 0)
		c = compare(x->group, y->group);
	return c ? c : compare(x->name, y->name);
}

static void
make_codes(struct apply *a)
{
	kr_ctx *cx = a->im->cx;
	char code[20];

	if (a->ncodes > 1)
		qsort(a->codes, a->ncodes, sizeof *a->codes, by_class);
	for (size_t i = 0; i < a->ncodes; i++) {
		struct kr_import_code *c = &a->codes[i];

		if (!kr_code_for(cx, c->person, c->account, code))
			return;
		c->code = kr_dup(cx->arena, kr_z(code));
	}
	kr_wipe(code, sizeof code);
}

kr_err
kr_kernel_import_apply(kr_ctx *cx, const struct kr_import_plan *plan, bool force,
    struct kr_import_code **codes_r, size_t *ncodes_r)
{
	struct kr_import *im = plan->state_;
	struct apply a = { .im = im };

	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	if (im == NULL || im->cx != cx || plan->errors > 0)
		return kr_fail(cx, KR_EINPUT, "import: the plan has errors");
	if (plan->stopped && !force)
		return kr_fail(cx, KR_ECONFLICT, "import: too many would leave");
	/* A page has no memory for more; the command has. */
	if (cx->req != NULL &&
	    (uint64_t)plan->fresh + plan->changed + plan->moved + plan->leavers >
		KR_IMPORT_BY_PAGE)
		return kr_fail(
		    cx, KR_ELIMIT, "import: so many changes by command only");
	*ncodes_r = 0;
	*codes_r = NULL;
	if (plan->fresh + plan->changed + plan->moved + plan->leavers == 0)
		return KR_OK; /* the same file again leaves no trace */
	a.codes = kr_alloc(cx, im->npeople + 1, sizeof *a.codes);
	make_classes(im);
	for (size_t i = 0; i < im->npeople && kr_status(cx) == KR_OK; i++)
		if (im->people[i].known)
			apply_known(&a, &im->people[i]);
		else
			apply_new(&a, &im->people[i]);
	apply_leavers(&a);
	kr_closure_refresh(cx, a.touched.p, a.touched.n);
	protocol(&a, force);
	make_codes(&a);
	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	*codes_r = a.codes;
	*ncodes_r = a.ncodes;
	return KR_OK;
}
