/* One value of one declared field: typed, ranged, or refused with the key of a
 * sentence.
 */
#include "http/input.h"

#include "school/school.h"
#include <kr/app.h>
#include <string.h>

#define LINE_MAX_CHARS 500
#define LINES_MAX_CHARS 10000
#define PASSWORD_MAX_CHARS 256

static const char *
check_text(kr_ctx *cx, struct kr_value *v, int64_t cap, kr_str *arg_r)
{
	const struct kr_field *f = v->field;
	int64_t max = f->max > 0 ? f->max : cap;
	int64_t n = (int64_t)kr_chars(v->text);

	if (n > max) {
		*arg_r = kr_fmt(cx, "%lld", (long long)max);
		return "core.field_too_long";
	}
	if (n < f->min) {
		*arg_r = kr_fmt(cx, "%d", f->min);
		return "core.field_too_short";
	}
	return NULL;
}

static const char *
check_line(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	if (kr_has_control(v->text))
		return "core.field_bad_text";
	return check_text(cx, v, LINE_MAX_CHARS, arg_r);
}

/* Tabs and line ends belong to a text of many lines, other control bytes do not. */
static const char *
check_lines(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	kr_str rest = v->text, line, cell;

	while (kr_split(&rest, '\n', &line)) {
		while (kr_split(&line, '\t', &cell)) {
			if (kr_has_control(cell))
				return "core.field_bad_text";
		}
	}
	return check_text(cx, v, LINES_MAX_CHARS, arg_r);
}

static const char *
check_password(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	if (kr_has_control(v->text))
		return "core.field_bad_text";
	return check_text(cx, v, PASSWORD_MAX_CHARS, arg_r);
}

static const char *
check_number(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	const struct kr_field *f = v->field;

	if (v->text.n > 0 && v->text.p[0] == '+')
		v->text = kr_sub(v->text, 1, v->text.n);
	if (!kr_to_i(v->text, &v->i))
		return "core.field_not_a_number";
	if ((f->min == 0 && f->max == 0) || (v->i >= f->min && v->i <= f->max))
		return NULL;
	*arg_r = kr_fmt(cx, "%d–%d", f->min, f->max);
	return "core.field_range";
}

static const char *
check_box(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	(void)cx;
	(void)arg_r;
	v->i = kr_is(v->text, "1") || kr_is(v->text, "on") || kr_is(v->text, "true");
	return v->i != 0 || kr_is(v->text, "0") ? NULL : "core.field_choice";
}

static const char *
check_date(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	kr_date d;

	(void)cx;
	(void)arg_r;
	if (!kr_date_parse(v->text, &d))
		return "core.field_not_a_date";
	v->i = d.day;
	return NULL;
}

/* "18:30" or "18:30:00"; -1 when it is neither. */
static int
minutes_of(kr_str clock)
{
	kr_str hour, minute = { NULL, 0 }, second = KR_S("00"), more;
	int64_t h, m, s;

	if (!kr_split(&clock, ':', &hour) || !kr_split(&clock, ':', &minute))
		return -1;
	if (kr_split(&clock, ':', &second) && kr_split(&clock, ':', &more))
		return -1;
	if (hour.n == 0 || hour.n > 2 || minute.n != 2 || second.n < 2 ||
	    !kr_to_i(hour, &h) || !kr_to_i(minute, &m) ||
	    !kr_to_i(kr_sub(second, 0, 2), &s))
		return -1;
	if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
		return -1;
	return (int)(h * 60 + m);
}

/* What <input type="datetime-local"> sends, or a German date and a clock. */
static const char *
check_time(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	kr_str day = v->text, clock = { NULL, 0 };
	kr_date d;
	int minutes;

	(void)cx;
	(void)arg_r;
	for (size_t i = 0; i < v->text.n && clock.p == NULL; i++) {
		if (v->text.p[i] != 'T' && v->text.p[i] != ' ')
			continue;
		day = kr_sub(v->text, 0, i);
		clock = kr_trim(kr_sub(v->text, i + 1, v->text.n));
	}
	minutes = minutes_of(clock);
	if (!kr_date_parse(day, &d) || minutes < 0)
		return "core.field_not_a_time";
	v->i = kr_time_at(d, minutes).us;
	return NULL;
}

static const char *
check_choice(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	(void)cx;
	(void)arg_r;
	for (const char *const *c = v->field->choices; c != NULL && *c != NULL; c++) {
		if (kr_is(v->text, *c))
			return NULL;
	}
	return "core.field_choice";
}

static const char *
check_id(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	(void)cx;
	(void)arg_r;
	return kr_to_i(v->text, &v->i) && v->i > 0 ? NULL : "core.field_choice";
}

/* A number, or an account name as people know one another by it. */
static const char *
check_person(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	if (check_id(cx, v, arg_r) == NULL)
		return NULL;
	v->i = 0;
	if (v->text.n <= KR_ACCOUNT_MAX)
		v->i = kr_person_by_account(cx, kr_lower(cx->arena, v->text));
	return v->i > 0 ? NULL : "core.field_choice";
}

/* A part of an audience ("group:12"); the parts become one stored audience when the
   handler asks, in its transaction. */
static const char *
check_audience(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	struct kr_audience_part part;

	(void)cx;
	(void)arg_r;
	return kr_audience_part_read(v->text, &part) ? NULL : "core.field_choice";
}

static const struct kind {
	char type;
	const char *(*check)(kr_ctx *, struct kr_value *, kr_str *);
} kinds[] = { { 's', check_line }, { 'm', check_lines }, { 'w', check_password },
	{ 'i', check_number }, { 'b', check_box }, { 'd', check_date },
	{ 't', check_time }, { 'c', check_choice }, { 'I', check_id },
	{ 'g', check_id }, { 'p', check_person }, { 'a', check_audience } };

/* An empty value is an absent one; whether it may be absent is asked per field. */
const char *
kr_field_check(kr_ctx *cx, struct kr_value *v, kr_str *arg_r)
{
	if (v->text.n == 0)
		return NULL;
	for (size_t i = 0; i < KR_LEN(kinds); i++) {
		if (kinds[i].type == v->field->type)
			return kinds[i].check(cx, v, arg_r);
	}
	return v->field->type == 'f' ? NULL : "core.field_choice";
}

const struct kr_field *
kr_fields_limited(kr_ctx *cx, const struct kr_field *in, size_t n)
{
	struct kr_field *own = NULL;

	for (size_t i = 0; i < n; i++) {
		if (in[i].max_from == NULL)
			continue;
		if (own == NULL) {
			own = kr_alloc(cx, n, sizeof *own);
			memcpy(own, in, n * sizeof *own);
		}
		own[i].max = (int32_t)kr_setting_i(cx, in[i].max_from);
	}
	return own ? own : in;
}
