/* Sessions: a cookie of 256 random bits, of which only the SHA-256 is kept, and one
   SELECT that answers who is asking and what may they. */
#include "app/live.h"
#include "auth/inside.h"
#include "db/db.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <kr/app.h>
#include <string.h>

#define COOKIE_CHARS 43                    /* 32 bytes, base64url */
#define IDLE_MOST_US (24 * 60 * KR_MIN_US) /* of what the school can set */
#define DEVICE_AGE_S (180 * 86400)
#define SEEN_US (5 * KR_MIN_US)

struct row {
	kr_id session, person;
	kr_str csrf, given, family, account, lang, theme, address, bits;
	kr_time seen, fresh, created, expires;
	uint32_t roles;
	bool unread; /* there may be some */
	kr_date valid_until;
	int64_t epoch, rights_epoch, settings_epoch;
};
static const struct kr_col cols[] = {
	KR_COL(struct row, session),
	KR_COL(struct row, csrf),
	KR_COL(struct row, seen),
	KR_COL(struct row, fresh),
	KR_COL(struct row, created),
	KR_COL(struct row, expires),
	KR_COL(struct row, person),
	KR_COL(struct row, given),
	KR_COL(struct row, family),
	KR_COL(struct row, account),
	KR_COL(struct row, roles),
	KR_COL(struct row, lang),
	KR_COL(struct row, theme),
	KR_COL(struct row, address),
	KR_COL(struct row, bits),
	KR_COL(struct row, valid_until),
	KR_COL(struct row, epoch),
	KR_COL(struct row, unread),
	KR_COL(struct row, rights_epoch),
	KR_COL(struct row, settings_epoch),
};
/* Joined by whole keys only: this runs for every page, and a table that the server has
   to search, or a subquery, costs it as much as a statement of its own. So the unread
   notices are counted by a second one, and only for those who may have some. */
#define PERSON_COLUMNS                                                                 \
	"p.id, p.given, p.family, p.account, p.roles, p.lang, p.theme, p.address,"     \
	" r.bits, r.valid_until, r.epoch, u.person_id IS NOT NULL, e.value, e.settings"
#define PERSON_JOINS                                                                   \
	" LEFT JOIN core_person_right r ON r.person_id = p.id"                         \
	" LEFT JOIN core_unread u ON u.person_id = p.id"                               \
	" JOIN core_epoch e ON e.name = 'rights'"
#define SESSION_FROM                                                                   \
	" FROM core_session s"                                                         \
	" JOIN core_person p ON p.id = s.person_id AND p.state = 'active'" PERSON_JOINS
KR_STMT(q_session, "xtt", "ixttttisssisssxdibii",
    "SELECT s.id, s.csrf, s.seen, s.fresh, s.created, s.expires, " PERSON_COLUMNS
	SESSION_FROM " WHERE s.hash = ? AND s.expires > ? AND s.seen > ?");
KR_STMT(q_session_id, "itt", "ixttttisssisssxdibii",
    "SELECT s.id, s.csrf, s.seen, s.fresh, s.created, s.expires, " PERSON_COLUMNS
	SESSION_FROM " WHERE s.id = ? AND s.expires > ? AND s.seen > ?");
KR_STMT(q_person, "i", "ixttttisssisssxdibii",
    "SELECT 0, CAST('' AS BINARY(32)), p.left_at, p.left_at, p.left_at,"
    " p.left_at, " PERSON_COLUMNS " FROM core_person p" PERSON_JOINS
    " WHERE p.id = ? AND p.state = 'active'");
KR_STMT(q_unread, "i", "si",
    "SELECT module, COUNT(*) FROM core_notice WHERE person_id = ? AND read_at IS NULL"
    " GROUP BY module");
/* The notices are read with locks: one that is just being written is waited for. */
KR_STMT(x_none, "ii", "",
    "DELETE FROM core_unread WHERE person_id = ? AND NOT EXISTS"
    " (SELECT 1 FROM core_notice WHERE person_id = ? AND read_at IS NULL)");
KR_STMT(
    x_seen, "tit", "", "UPDATE core_session SET seen = ? WHERE id = ? AND seen < ?");
KR_STMT(x_new, "xixttttss", "",
    "INSERT INTO core_session (hash, person_id, csrf, created, seen, fresh, expires, net,"
    " agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_activated, "ti", "",
    "UPDATE core_person SET activated_at = ? WHERE id = ? AND activated_at IS NULL");
KR_STMT(x_shift, "iiiitt", "",
    "UPDATE core_session SET created = created + INTERVAL ? MICROSECOND,"
    " seen = seen + INTERVAL ? MICROSECOND, fresh = fresh + INTERVAL ? MICROSECOND,"
    " expires = expires + INTERVAL ? MICROSECOND WHERE created < ? AND seen > ?");
KR_STMT(x_end, "i", "", "DELETE FROM core_session WHERE id = ?");
KR_STMT(q_others, "ii", "i",
    "SELECT id FROM core_session WHERE person_id = ? AND id <> ? FOR UPDATE");
KR_STMT(q_mine, "it", "ittss",
    "SELECT id, created, seen, net, agent FROM core_session"
    " WHERE person_id = ? AND expires > ? ORDER BY seen DESC, id DESC LIMIT 20");

/* ── how long ── */

/* Whoever sees marks of other people's children is forgotten sooner at a computer that
   he has left. */
static int64_t
idle_us(kr_ctx *cx, uint32_t roles)
{
	uint32_t careful = KR_ROLE_TEACHER | KR_ROLE_STAFF | KR_ROLE_ADMIN;

	return KR_MIN_US * kr_setting_i(cx, (roles & careful) != 0
						? "core.idle_staff"
						: "core.idle_others");
}

static int64_t
absolute_us(kr_ctx *cx)
{
	return 60 * KR_MIN_US * kr_setting_i(cx, "core.session_hours");
}

/* What pages ask for by themselves says nothing about whether somebody is there. */
static bool
by_itself(const kr_ctx *cx)
{
	return cx->req != NULL && kr_starts(cx->req->path, KR_S("/_"));
}

/* Notes that somebody is there, at most every five minutes and at least often enough
   not to shorten his time by more than a twelfth. */
static void
note_seen(kr_ctx *cx, struct row *r, int64_t idle)
{
	int64_t step = idle / 12 < SEEN_US ? idle / 12 : SEEN_US;

	if (by_itself(cx) || cx->now.us - r->seen.us <= step)
		return;
	r->seen = cx->now;
	kr_after(cx, &x_seen, kr_t(cx->now), kr_i(r->session),
	    kr_t((kr_time){ cx->now.us - step }));
}

/* When it ends if nothing is done, and when it ends anyway. The absolute time counts
   from the sign-in as it is set now, so that a shorter one holds for all at once. */
static bool
alive(kr_ctx *cx, struct row *r, struct kr_actor *a)
{
	int64_t idle = idle_us(cx, r->roles), end = r->created.us + absolute_us(cx);

	if (cx->now.us >= end || cx->now.us >= r->seen.us + idle)
		return false;
	note_seen(cx, r, idle);
	a->last_end = end < r->expires.us ? (kr_time){ end } : r->expires;
	a->idle_end = (kr_time){ r->seen.us + idle };
	return true;
}

/* Those of before the clock was set: what began since has the new time already. */
void
kr_sessions_shift(kr_ctx *cx, int64_t us)
{
	kr_val by = kr_i(us), before = kr_t((kr_time){ cx->now.us - us });
	kr_val after = kr_t((kr_time){ us > 0 ? 0 : cx->now.us });

	kr_exec(cx, &x_shift, by, by, by, by, before, after);
}

/* ── reading ── */

static struct kr_actor *
actor_of(kr_ctx *cx, const struct row *r)
{
	struct kr_actor *a = KR_NEW(cx, struct kr_actor);

	a->person = r->person;
	a->session = r->session;
	a->roles = r->roles;
	a->given = r->given;
	a->family = r->family;
	a->name = kr_fmt(cx, "%.*s %.*s", KR_FMT(r->given), KR_FMT(r->family));
	a->account = r->account;
	a->lang = r->lang.n > 0 ? r->lang : KR_S("de");
	a->theme = r->theme;
	a->du = r->address.n > 0 ? kr_is(r->address, "du") : r->roles == KR_ROLE_PUPIL;
	a->settings_epoch = (uint64_t)r->settings_epoch;
	a->fresh = r->fresh;
	if (r->csrf.n == sizeof a->csrf)
		memcpy(a->csrf, r->csrf.p, sizeof a->csrf);
	return a;
}

/* The row's compiled rights if they still hold, else compiled now. */
static kr_err
rights_of(kr_ctx *cx, const struct row *r, struct kr_actor *a)
{
	bool due = r->valid_until.day != KR_NO_DATE.day &&
		   kr_today(cx).day >= r->valid_until.day;

	if (r->epoch != r->rights_epoch || due || r->bits.n == 0)
		return kr_rights_refresh(cx, r->person, a->rights);
	memcpy(a->rights, r->bits.p,
	    r->bits.n < KR_RIGHT_BYTES ? r->bits.n : KR_RIGHT_BYTES);
	return KR_OK;
}

static kr_err
count_unread(kr_ctx *cx, struct kr_actor *a)
{
	struct from {
		kr_str module;
		uint32_t n;
	} f;
	static const struct kr_col from_cols[] = {
		KR_COL(struct from, module),
		KR_COL(struct from, n),
	};
	kr_rows *rows = kr_query(cx, &q_unread, kr_i(a->person));

	if (kr_status(cx) == KR_OK && kr_rows_n(rows) == 0)
		kr_after(cx, &x_none, kr_i(a->person), kr_i(a->person));
	while (kr_next(rows, from_cols, &f))
		if (kr_actor_hears(cx, a, f.module))
			a->unread += f.n;
	return kr_status(cx);
}

static void
nobody(kr_ctx *cx)
{
	cx->actor = KR_NEW(cx, struct kr_actor);
}

/* Nobody when the session has come to its end; rows of it are swept later. */
static kr_err
take(kr_ctx *cx, struct row *r)
{
	struct kr_actor *a = actor_of(cx, r);
	kr_err err;

	cx->actor->settings_epoch = a->settings_epoch; /* settings are asked as of it */
	if (r->session != 0 && !alive(cx, r, a))
		return kr_status(cx);
	err = rights_of(cx, r, a);
	if (err == KR_OK && r->unread)
		err = count_unread(cx, a);
	if (err != KR_OK)
		return err;
	cx->actor = a;
	return KR_OK;
}

static kr_val
cookie_hash(kr_ctx *cx, kr_str cookie)
{
	uint8_t *hash = kr_alloc(cx, 1, 32);

	kr_sha256(cookie, hash);
	return kr_x((kr_str){ (const char *)hash, 32 });
}

kr_err
kr_session_load(kr_ctx *cx, kr_str cookie)
{
	kr_str bytes;
	struct row r;

	nobody(cx);
	/* What cannot be one of ours costs no statement. */
	if (cookie.n != COOKIE_CHARS || !kr_b64url_decode(cx->arena, cookie, &bytes))
		return kr_status(cx);
	if (!kr_one(cx, &q_session, cols, &r, cookie_hash(cx, cookie), kr_t(cx->now),
		kr_t((kr_time){ cx->now.us - IDLE_MOST_US })))
		return kr_status(cx);
	return take(cx, &r);
}

kr_err
kr_session_load_by_id(kr_ctx *cx, kr_id session)
{
	struct row r;

	nobody(cx);
	if (!kr_one(cx, &q_session_id, cols, &r, kr_i(session), kr_t(cx->now),
		kr_t((kr_time){ cx->now.us - IDLE_MOST_US })))
		return kr_status(cx);
	return take(cx, &r);
}

kr_err
kr_actor_load(kr_ctx *cx, kr_id person)
{
	struct row r;

	nobody(cx);
	if (!kr_one(cx, &q_person, cols, &r, kr_i(person)))
		return kr_status(cx) != KR_OK ? kr_status(cx) : KR_ENOTFOUND;
	return take(cx, &r);
}

/* ── making and ending ── */

/* Browser and system in two words: enough to recognise one's own telephone in the list,
   too little to recognise a person by. */
static kr_str
agent_words(kr_ctx *cx, kr_str agent)
{
	static const struct {
		const char *mark, *word;
	} browsers[] = { { "Edg/", "Edge" }, { "OPR/", "Opera" },
		{ "SamsungBrowser/", "Samsung Internet" }, { "Firefox/", "Firefox" },
		{ "FxiOS/", "Firefox" }, { "Chrome/", "Chrome" },
		{ "CriOS/", "Chrome" }, { "Safari/", "Safari" } },
	  systems[] = { { "iPhone", "iPhone" }, { "iPad", "iPad" },
		  { "Android", "Android" }, { "CrOS", "ChromeOS" },
		  { "Windows", "Windows" }, { "Macintosh", "macOS" },
		  { "Linux", "Linux" } };
	const char *text = kr_cstr(cx, agent), *browser = NULL, *system = NULL;

	for (size_t i = 0; browser == NULL && i < KR_LEN(browsers); i++)
		if (strstr(text, browsers[i].mark) != NULL)
			browser = browsers[i].word;
	for (size_t i = 0; system == NULL && i < KR_LEN(systems); i++)
		if (strstr(text, systems[i].mark) != NULL)
			system = systems[i].word;
	if (browser == NULL || system == NULL)
		return kr_z(browser != NULL ? browser : system);
	return kr_fmt(cx, "%s, %s", browser, system);
}

kr_err
kr_session_new(kr_ctx *cx, kr_id person, kr_str *cookie_value_r)
{
	uint8_t secret[32], csrf[32];
	kr_str net = cx->req == NULL ? KR_S("") : cx->req->remote_net;
	kr_str agent =
	    cx->req == NULL ? KR_S("") : agent_words(cx, cx->req->user_agent);
	kr_val now = kr_t(cx->now);

	kr_random(secret, sizeof secret);
	kr_random(csrf, sizeof csrf);

	kr_str cookie = kr_b64url(cx->arena, (kr_str){ (const char *)secret, 32 });

	kr_exec(cx, &x_new, cookie_hash(cx, cookie), kr_i(person),
	    kr_x((kr_str){ (const char *)csrf, 32 }), now, now, now,
	    kr_t((kr_time){ cx->now.us + absolute_us(cx) }), kr_s(kr_sub(net, 0, 64)),
	    kr_s(agent));
	/* Later and alone: two sign-ins of one person at once must not wait for the row
	   of the person that both new sessions refer to. */
	kr_after(cx, &x_activated, now, kr_i(person));
	if (kr_status(cx) == KR_OK)
		*cookie_value_r = cookie;
	return kr_status(cx);
}

const char *
kr_cookie_name(kr_ctx *cx, const char *plain)
{
	if (!kr_is(kr_z(cx->app->conf.scheme), "https"))
		return plain;
	return kr_fmt(cx, "__Host-%s", plain).p;
}

void
kr_cookie_set(kr_ctx *cx, const char *name, kr_str value, int64_t max_age_s)
{
	bool https = kr_is(kr_z(cx->app->conf.scheme), "https");
	struct kr_answer *an = cx->answer;
	kr_str age = max_age_s < 0 ? KR_S("")
				   : kr_fmt(cx, "; Max-Age=%lld", (long long)max_age_s);

	KR_CHECK(an != NULL && an->nset_cookie < (int)KR_LEN(an->set_cookie));
	an->set_cookie[an->nset_cookie++] = kr_fmt(cx,
	    "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%.*s", kr_cookie_name(cx, name),
	    KR_FMT(value), https ? "; Secure" : "", KR_FMT(age));
}

/* Without an age: gone with the browser, as a shared computer needs it. */
void
kr_session_cookie(kr_ctx *cx, kr_str value)
{
	kr_cookie_set(cx, "kr", value, value.n == 0 ? 0 : -1);
}

void
kr_device_cookie(kr_ctx *cx, const struct kr_auth_reply *r)
{
	kr_str device = { (const char *)r->device, sizeof r->device };

	if (r->new_device)
		kr_cookie_set(cx, "krd", kr_b64url(cx->arena, device), DEVICE_AGE_S);
}

void
kr_session_end(kr_ctx *cx, kr_id session)
{
	if (session == 0)
		return;
	kr_live_close_session(cx, session);
	kr_exec(cx, &x_end, kr_i(session));
}

void
kr_session_end_all(kr_ctx *cx, kr_id person, kr_id but_session)
{
	struct one {
		kr_id id;
	} s;
	static const struct kr_col one_cols[] = { KR_COL(struct one, id) };
	kr_rows *rows = kr_query(cx, &q_others, kr_i(person), kr_i(but_session));

	while (kr_next(rows, one_cols, &s))
		kr_session_end(cx, s.id);
}

struct kr_session *
kr_sessions(kr_ctx *cx, size_t *n_r)
{
	static const struct kr_col list_cols[] = {
		KR_COL(struct kr_session, id),
		KR_COL(struct kr_session, created),
		KR_COL(struct kr_session, seen),
		KR_COL(struct kr_session, net),
		KR_COL(struct kr_session, agent),
	};
	kr_rows *rows = kr_query(cx, &q_mine, kr_i(cx->actor->person), kr_t(cx->now));
	struct kr_session *list =
	    kr_all_(rows, list_cols, KR_LEN(list_cols), sizeof *list, n_r);

	for (size_t i = 0; i < *n_r; i++)
		list[i].here = list[i].id == cx->actor->session;
	return list;
}
