/* The manifest rules: what a plugin must say before any of its code may run. Routes and
   entities have files of their own. */
#include "plugin/check.h"

#include <string.h>

static void
check_perms(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nperms; i++) {
		const struct kr_perm *q = &p->perms[i];

		kr_check_own(p, f, "permission", q->id);
		if (q->id == NULL)
			continue;
		kr_check_text(f, "permission", q->id, q->title);
		if ((q->roles & ~(uint32_t)KR_ROLE_ALL) != 0)
			kr_finding(f, "KR-R2", "permission %s: unknown role", q->id);
		for (size_t k = 0; k < i; k++)
			if (p->perms[k].id != NULL &&
			    strcmp(q->id, p->perms[k].id) == 0)
				kr_finding(f, "KR-R7", "two permissions %s", q->id);
	}
}

static bool
is_choice(const struct kr_setting *q)
{
	for (size_t i = 0; q->choices && q->choices[i]; i++)
		if (strcmp(q->choices[i], q->def) == 0)
			return true;
	return false;
}

static void
check_settings(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nsettings; i++) {
		const struct kr_setting *q = &p->settings[i];
		int64_t number = 0;

		kr_check_own(p, f, "setting", q->key);
		if (q->key == NULL)
			continue;
		kr_check_text(f, "setting", q->key, q->title);
		if (strchr("ibsc", q->type) == NULL || q->type == 0 || q->def == NULL)
			kr_finding(
			    f, "KR-R15", "setting %s: no type or no default", q->key);
		else if ((q->type == 'i' || q->type == 'b') &&
			 (!kr_to_i(kr_z(q->def), &number) || number < q->min ||
			     (q->max != 0 && number > q->max)))
			kr_finding(
			    f, "KR-R15", "setting %s: default out of range", q->key);
		else if (q->type == 'c' && !is_choice(q))
			kr_finding(f, "KR-R15",
			    "setting %s: default is none of the choices", q->key);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(q->key), p->settings[k].key))
				kr_finding(f, "KR-R7", "two settings %s", q->key);
	}
}

static void
check_menu(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nmenu; i++) {
		const struct kr_menu *m = &p->menu[i];
		bool there = false;

		kr_check_text(f, "menu", m->href == NULL ? "" : m->href, m->title);
		kr_check_perm(p, f, "menu", m->perm);
		for (size_t k = 0; k < p->nroutes && m->href != NULL; k++)
			there = there || (p->routes[k].method == KR_GET &&
					     kr_is(kr_z(p->routes[k].path), m->href));
		if (!there)
			kr_finding(f, "KR-R4",
			    "menu %s: leads to no page of this plugin",
			    m->href == NULL ? "" : m->href);
	}
	for (size_t i = 0; i < p->nwidgets; i++) {
		const struct kr_widget *w = &p->widgets[i];

		kr_check_own(p, f, "widget", w->id);
		kr_check_text(f, "widget", w->id == NULL ? "" : w->id, w->title);
		kr_check_perm(p, f, "widget", w->perm);
		if (w->run == NULL || w->column < 'a' || w->column > 'c')
			kr_finding(f, "KR-R15", "widget %s: no function or no column",
			    w->id == NULL ? "" : w->id);
	}
}

static bool
when_ok(const char *when)
{
	kr_str s = kr_z(when), hour, minute;
	int64_t h, m;

	if (kr_is(s, "hourly"))
		return true;
	if (kr_starts(s, KR_S("daily "))) {
		s = kr_sub(s, 6, s.n);
		return kr_split(&s, ':', &hour) && kr_split(&s, ':', &minute) &&
		       s.p == NULL && hour.n == 2 && minute.n == 2 &&
		       kr_to_i(hour, &h) && kr_to_i(minute, &m) && h >= 0 && h < 24 &&
		       m >= 0 && m < 60;
	}
	if (!kr_starts(s, KR_S("every ")) || s.n < 8)
		return false;
	return strchr("smh", s.p[s.n - 1]) != NULL &&
	       kr_to_i(kr_sub(s, 6, s.n - 7), &m) && m > 0 && m < 1000;
}

static void
check_cron(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->ncron; i++) {
		const struct kr_cron *c = &p->cron[i];

		kr_check_own(p, f, "cron", c->id);
		if (c->id == NULL)
			continue;
		if (c->run == NULL || c->when == NULL || !when_ok(c->when))
			kr_finding(f, "KR-R15",
			    "cron %s: when is \"hourly\", \"daily 03:10\" or \"every 5m\"",
			    c->id);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(c->id), p->cron[k].id))
				kr_finding(f, "KR-R7", "two cron rows %s", c->id);
	}
}

static void
check_events(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nevents; i++) {
		const struct kr_event *v = &p->events[i];

		if (v->name == NULL || !kr_own_word(p, v->name))
			kr_finding(f, "KR-R8",
			    "event %s: the name must be %s.SOMETHING",
			    v->name == NULL ? "" : v->name, p->name);
		if (v->args == NULL || strspn(v->args, "isfbdtx") != strlen(v->args))
			kr_finding(f, "KR-R8", "event %s: letters are i s f b d t x",
			    v->name == NULL ? "" : v->name);
	}
	for (size_t i = 0; i < p->nhooks; i++)
		if (p->hooks[i].event == NULL || p->hooks[i].run == NULL)
			kr_finding(
			    f, "KR-R8", "hook %zu: without event or function", i + 1);
}

/* One row cannot go and stay: all that leads to the same person has one fate. */
static void
check_fate(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_pdata *d = &p->pdata[no], *o;

	if (!kr_word_ok(d->subject, "_", 64))
		kr_finding(f, "KR-R18",
		    "%s.%s: the subject %s is no column of the table", d->table,
		    d->column, d->subject);
	for (size_t i = 0; i < no; i++) {
		o = &p->pdata[i];
		if (o->table != NULL && o->subject != NULL && o->kind != KR_PD_NONE &&
		    strcmp(o->table, d->table) == 0 &&
		    strcmp(o->subject, d->subject) == 0 &&
		    (o->erase == KR_ERASE_ROW) != (d->erase == KR_ERASE_ROW))
			kr_finding(f, "KR-R18",
			    "%s: %s goes with the row, %s stays: only one can be",
			    d->table, o->erase == KR_ERASE_ROW ? o->column : d->column,
			    o->erase == KR_ERASE_ROW ? d->column : o->column);
	}
}

static void
check_pdata(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->npdata; i++) {
		const struct kr_pdata *d = &p->pdata[i];

		if (d->table == NULL || d->column == NULL) {
			kr_finding(f, "KR-R12", "personal data %zu: no table or column",
			    i + 1);
			continue;
		}
		if (!kr_table_of(p->name, kr_z(d->table)) &&
		    !(kr_is_core(p) && strncmp(d->table, "kreide_a", 8) == 0))
			kr_finding(f, "KR-R12", "%s.%s: a table of somebody else",
			    d->table, d->column);
		/* "The rest of this table": core's own privilege. */
		if (strcmp(d->column, "*") == 0 &&
		    (!kr_is_core(p) || d->kind != KR_PD_NONE))
			kr_finding(f, "KR-R12", "%s.*: name each column", d->table);
		if (d->kind != KR_PD_NONE &&
		    (d->subject == NULL || d->purpose == NULL || d->basis == NULL))
			kr_finding(f, "KR-R12",
			    "%s.%s: subject, purpose and basis are missing", d->table,
			    d->column);
		if ((unsigned)d->kind > KR_PD_SECRET ||
		    (unsigned)d->erase > KR_ERASE_KEEP || d->keep_days < 0)
			kr_finding(f, "KR-R12", "%s.%s: unknown class or erasure",
			    d->table, d->column);
		if (d->kind != KR_PD_NONE && d->subject != NULL)
			check_fate(p, i, f);
	}
}

static void
check_head(const struct kr_plugin *p, struct kr_findings *f)
{
	if (!kr_word_ok(p->name, "", 32))
		kr_finding(f, "KR-R15", "a name is of a-z and 0-9, at most 32");
	kr_check_text(f, "manifest", "title", p->title);
	if (p->intro != NULL)
		kr_check_text(f, "manifest", "intro", p->intro);
	if (p->version == NULL || p->version[0] == 0 || strlen(p->version) > 20)
		kr_finding(f, "KR-R15", "no version");
	if ((p->rights &
		~(uint32_t)(KR_RIGHT_FILES | KR_RIGHT_NOTIFY | KR_RIGHT_KERNEL)) != 0)
		kr_finding(f, "KR-R13", "unknown right");
	for (size_t i = 0; p->needs != NULL && p->needs[i] != NULL; i++)
		if (!kr_word_ok(p->needs[i], "", 32) ||
		    strcmp(p->needs[i], p->name) == 0)
			kr_finding(f, "KR-R9",
			    "needs \"%s\": no name of another plugin", p->needs[i]);
}

void
kr_check_manifest(const struct kr_plugin *p, struct kr_findings *f)
{
	check_head(p, f);
	check_perms(p, f);
	for (size_t i = 0; i < p->nroutes; i++)
		kr_check_route(p, i, f);
	if (f->n == 0)
		kr_check_router(p, f);
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++)
		kr_check_entity(p, i, f);
	check_settings(p, f);
	check_menu(p, f);
	check_cron(p, f);
	check_events(p, f);
	check_pdata(p, f);
	kr_check_statements(p, f);
}

size_t
kr_manifest_check(const struct kr_plugin *p, FILE *report)
{
	struct kr_findings f = { .report = report,
		.plugin = p->name == NULL ? "?" : p->name };

	if (p->name == NULL)
		kr_finding(&f, "KR-R15", "no name");
	else
		kr_check_manifest(p, &f);
	return f.n;
}
