/* iCalendar (RFC 5545) for feeds, written by libical. */
#include "http/http.h"
#include <kr/kr.h>
#include <libical/ical.h>

struct kr_ical {
	kr_ctx *cx;
	icalcomponent *cal;
};

static void
drop(void *cal)
{
	icalcomponent_free(cal);
}

kr_ical *
kr_ical_new(kr_ctx *cx, kr_str name)
{
	kr_ical *c = KR_NEW(cx, kr_ical);
	icalproperty *p;

	c->cx = cx;
	c->cal = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
	kr_defer(cx, drop, c->cal);
	icalcomponent_add_property(c->cal, icalproperty_new_version("2.0"));
	icalcomponent_add_property(c->cal, icalproperty_new_prodid("-//Kreide//DE"));
	p = icalproperty_new_x(kr_cstr(cx, name));
	icalproperty_set_x_name(p, "X-WR-CALNAME");
	icalcomponent_add_property(c->cal, p);
	return c;
}

static struct icaltimetype
utc(kr_time t)
{
	return icaltime_from_timet_with_zone(
	    (time_t)(t.us / 1000000), 0, icaltimezone_get_utc_timezone());
}

void
kr_ical_add(kr_ical *c, const struct kr_ical_event *v)
{
	icalcomponent *e = icalcomponent_new(ICAL_VEVENT_COMPONENT);

	icalcomponent_add_property(e, icalproperty_new_uid(kr_cstr(c->cx, v->uid)));
	icalcomponent_add_property(e, icalproperty_new_dtstamp(utc(v->changed)));
	icalcomponent_add_property(e, icalproperty_new_dtstart(utc(v->start)));
	icalcomponent_add_property(e, icalproperty_new_dtend(utc(v->end)));
	icalcomponent_add_property(
	    e, icalproperty_new_summary(kr_cstr(c->cx, v->title)));
	if (v->text.n)
		icalcomponent_add_property(
		    e, icalproperty_new_description(kr_cstr(c->cx, v->text)));
	if (v->url.n)
		icalcomponent_add_property(
		    e, icalproperty_new_url(kr_cstr(c->cx, v->url)));
	icalcomponent_add_component(c->cal, e);
}

kr_err
kr_ical_send(kr_ical *c)
{
	char *text = icalcomponent_as_ical_string_r(c->cal);
	kr_str body = kr_fmt(c->cx, "%s", text);

	icalmemory_free_buffer(text);
	return kr_send_text(c->cx, "text/calendar; charset=utf-8", body);
}
