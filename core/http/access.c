/* What a handler may ask about its request: who, which object, which input. */
#include "http/input.h"

#include "auth/auth.h"
#include "plugin/registry.h"
#include "school/school.h"

kr_id
kr_me(const kr_ctx *cx)
{
	return cx->actor == NULL ? 0 : cx->actor->person;
}

bool
kr_can(const kr_ctx *cx, const char *perm)
{
	if (cx->actor == NULL)
		return false;
	if (cx->actor->system)
		return true;

	size_t bit = kr_right_bit(cx->app, perm);

	return bit != (size_t)-1 && kr_actor_has(cx->actor, bit);
}

bool
kr_has_role(const kr_ctx *cx, uint32_t roles)
{
	return cx->actor != NULL && (cx->actor->roles & roles) != 0;
}

kr_str
kr_my_name(const kr_ctx *cx)
{
	return cx->actor == NULL ? KR_S("") : cx->actor->name;
}

kr_str
kr_lang(const kr_ctx *cx)
{
	if (cx->actor == NULL || cx->actor->lang.n == 0)
		return KR_S("de");
	return cx->actor->lang;
}

kr_id
kr_object(const kr_ctx *cx)
{
	return cx->object;
}

kr_id
kr_object2(const kr_ctx *cx)
{
	return cx->object2;
}

/* A name that the route does not declare is a slip of the plugin's author: the test
   build stops there, a school sees an error page. */
static bool
is_declared(kr_ctx *cx, const char *name, char one, char other)
{
	for (size_t i = 0; cx->in != NULL && i < cx->in->nfields; i++) {
		const struct kr_field *f = &cx->in->fields[i];

		if (kr_is(kr_z(f->name), name) &&
		    (one == 0 || f->type == one || f->type == other))
			return true;
	}
#ifdef KR_FAULTS
	if (cx->in != NULL && cx->err == KR_OK)
		kr_panic("field \"%s\" is not declared with this type", name);
#endif
	kr_fail(cx, KR_EFAIL, "field \"%s\" is not declared with this type", name);
	return false;
}

static const struct kr_value *
value_of(kr_ctx *cx, const char *name)
{
	for (size_t i = 0; cx->in != NULL && i < cx->in->nvalues; i++) {
		const struct kr_value *v = &cx->in->values[i];

		if (kr_is(kr_z(v->field->name), name))
			return v;
	}
	return NULL;
}

/* The parts of an audience become one stored row when the handler asks for it: in its
   transaction, and again when that is repeated. */
static int64_t
audience_of(kr_ctx *cx, const struct kr_field *f)
{
	struct kr_audience_part *parts = kr_alloc(cx, cx->in->nvalues, sizeof *parts);
	size_t n = 0;

	for (size_t i = 0; i < cx->in->nvalues; i++) {
		const struct kr_value *v = &cx->in->values[i];

		if (v->field != f || !kr_audience_part_read(v->text, &parts[n]))
			continue;
		if (n == KR_AUDIENCE_MOST) {
			kr_in_bad(cx, f->name, "core.field_audience_many");
			return 0;
		}
		if (!kr_audience_allowed(cx, &parts[n])) {
			kr_in_bad(cx, f->name, "core.field_choice");
			return 0;
		}
		n++;
	}
	return kr_audience_store(cx, parts, n);
}

kr_str
kr_in_s(kr_ctx *cx, const char *field)
{
	const struct kr_value *v =
	    is_declared(cx, field, 0, 0) ? value_of(cx, field) : NULL;

	return v == NULL ? KR_S("") : v->text;
}

int64_t
kr_in_i(kr_ctx *cx, const char *field)
{
	const struct kr_value *v =
	    is_declared(cx, field, 0, 0) ? value_of(cx, field) : NULL;

	if (v == NULL || v->text.n == 0)
		return 0;
	return v->field->type == 'a' ? audience_of(cx, v->field) : v->i;
}

bool
kr_in_b(kr_ctx *cx, const char *field)
{
	return is_declared(cx, field, 'b', 'b') && kr_in_i(cx, field) != 0;
}

kr_date
kr_in_d(kr_ctx *cx, const char *field)
{
	const struct kr_value *v =
	    is_declared(cx, field, 'd', 'd') ? value_of(cx, field) : NULL;

	return v == NULL || v->text.n == 0 ? KR_NO_DATE : (kr_date){ (int32_t)v->i };
}

kr_time
kr_in_t(kr_ctx *cx, const char *field)
{
	const struct kr_value *v =
	    is_declared(cx, field, 't', 't') ? value_of(cx, field) : NULL;

	return v == NULL || v->text.n == 0 ? KR_NO_TIME : (kr_time){ v->i };
}

static const kr_id *
all_of(kr_ctx *cx, const char *field, size_t *n_r)
{
	kr_id *ids =
	    kr_alloc(cx, cx->in == NULL ? 1 : cx->in->nvalues + 1, sizeof *ids);
	size_t n = 0;

	for (size_t i = 0; cx->err == KR_OK && cx->in != NULL && i < cx->in->nvalues;
	     i++) {
		const struct kr_value *v = &cx->in->values[i];

		if (kr_is(kr_z(v->field->name), field) && v->i != 0)
			ids[n++] = v->i;
	}
	*n_r = n;
	return ids;
}

const kr_id *
kr_in_ids(kr_ctx *cx, const char *field, size_t *n_r)
{
	is_declared(cx, field, 0, 0);
	return all_of(cx, field, n_r);
}

const kr_id *
kr_in_files(kr_ctx *cx, const char *field, size_t *n_r)
{
	is_declared(cx, field, 'f', 'f');
	return all_of(cx, field, n_r);
}

kr_err
kr_in_bad(kr_ctx *cx, const char *field, const char *i18n)
{
	if (cx->err == KR_OK && cx->in != NULL)
		kr_input_bad(cx, kr_z(field), i18n, KR_S(""));
	return kr_fail(cx, KR_EINPUT, "refused by the handler");
}
