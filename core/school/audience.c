/* Stored audiences: "7b and the parents of 7b" is one row, found again by the digest of
   its parts; core_my_audience says who belongs to it today. */
#include "auth/auth.h"
#include "db/db.h"
#include "html/text.h"
#include "school/internal.h"
#include <kr/app.h>
#include <kr/http.h>

#include <stdlib.h>

KR_STMT(q_digest, "x", "i", "SELECT id FROM core_audience WHERE digest = ?");
KR_STMT(x_audience, "xst", "",
    "INSERT INTO core_audience (digest, title, created) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)");
KR_STMT(x_part, "iiii", "",
    "INSERT IGNORE INTO core_audience_part (audience_id, kind, ref, member)"
    " VALUES (?, ?, ?, ?)");
KR_STMT(q_parts, "i", "iii",
    "SELECT kind + 0, ref, member FROM core_audience_part WHERE audience_id = ?"
    " ORDER BY kind, ref, member");
KR_STMT(q_title, "s", "s",
    "SELECT g.name FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) j"
    " STRAIGHT_JOIN core_group g ON g.id = j.id ORDER BY g.grade, g.name LIMIT 20");
KR_STMT(q_my_child, "ii", "i",
    "SELECT 1 FROM core_my_child WHERE guardian_id = ? AND child_id = ?");

struct one_id {
	int64_t id;
};
static const struct kr_col one_cols[] = { KR_COL(struct one_id, id) };
struct one_name {
	kr_str name;
};
static const struct kr_col name_cols[] = { KR_COL(struct one_name, name) };
struct part_row {
	uint32_t kind;
	int64_t ref;
	uint32_t member;
};
static const struct kr_col part_cols[] = { KR_COL(struct part_row, kind),
	KR_COL(struct part_row, ref), KR_COL(struct part_row, member) };

/* How a part is written in a form; `ref`: what the number after the colon is. */
static const struct word {
	const char *word;
	enum kr_part_kind kind;
	bool ref, member;
} words[] = { { "all", KR_PART_ALL, false, false },
	{ "roles", KR_PART_ROLES, true, false }, { "group", KR_PART_GROUP, true, true },
	{ "parents", KR_PART_GROUP_PARENTS, true, false },
	{ "person", KR_PART_PERSON, true, false },
	{ "personparents", KR_PART_PERSON_PARENTS, true, false } };

bool
kr_audience_part_read(kr_str text, struct kr_audience_part *part_r)
{
	kr_str word, ref, member;
	int64_t a = 0, b = 0;

	if (!kr_split(&text, ':', &word))
		return false;
	for (size_t i = 0; i < KR_LEN(words); i++) {
		const struct word *w = &words[i];

		if (!kr_is(word, w->word))
			continue;
		if (w->ref &&
		    (!kr_split(&text, ':', &ref) || !kr_to_i(ref, &a) || a <= 0))
			return false;
		if (w->member && kr_split(&text, ':', &member) &&
		    (!kr_to_i(member, &b) || b < 0 || b > KR_MEMBER_OWNER))
			return false;
		if (text.p != NULL || (w->kind == KR_PART_ROLES && a > KR_ROLE_ALL))
			return false;
		*part_r = (struct kr_audience_part){ w->kind, a, (uint32_t)b };
		return true;
	}
	return false;
}

kr_str
kr_audience_part_text(kr_ctx *cx, const struct kr_audience_part *part)
{
	for (size_t i = 0; i < KR_LEN(words); i++) {
		const struct word *w = &words[i];

		if (w->kind != part->kind)
			continue;
		if (!w->ref)
			return kr_z(w->word);
		if (part->member == 0)
			return kr_fmt(cx, "%s:%lld", w->word, (long long)part->ref);
		return kr_fmt(
		    cx, "%s:%lld:%u", w->word, (long long)part->ref, part->member);
	}
	return KR_S("");
}

static int
by_part(const void *a, const void *b)
{
	const struct kr_audience_part *x = a, *y = b;

	if (x->kind != y->kind)
		return (x->kind > y->kind) - (x->kind < y->kind);
	if (x->ref != y->ref)
		return (x->ref > y->ref) - (x->ref < y->ref);
	return (x->member > y->member) - (x->member < y->member);
}

/* For lists of the administration: names of the groups in it. What a person reads is
   put together from the parts in his language. */
static kr_str
title_of(kr_ctx *cx, const struct kr_audience_part *parts, size_t n)
{
	struct kr_id_list groups = { 0 };
	struct one_name row;
	struct kr_buf b;
	kr_rows *rows;

	for (size_t i = 0; i < n; i++)
		if (parts[i].kind == KR_PART_GROUP ||
		    parts[i].kind == KR_PART_GROUP_PARENTS)
			kr_id_list_add(cx, &groups, parts[i].ref);
	kr_buf_init(&b, cx->arena, 64);
	rows = kr_query(
	    cx, &q_title, kr_ids(cx, groups.p, kr_unique_ids(groups.p, groups.n)));
	while (kr_next(rows, name_cols, &row)) {
		if (b.n + row.name.n > 240)
			break;
		if (b.n > 0)
			kr_buf_str(&b, KR_S(", "));
		kr_buf_str(&b, row.name);
	}
	return kr_buf_view(&b);
}

kr_id
kr_audience_store(kr_ctx *cx, const struct kr_audience_part *parts, size_t n)
{
	struct kr_audience_part *sorted = kr_alloc(cx, n + 1, sizeof *sorted);
	kr_str digest = { NULL, 32 };
	uint8_t hash[32];
	struct one_id found;
	struct kr_buf b;
	kr_id id;

	if (n == 0 || n > KR_AUDIENCE_MOST || kr_status(cx) != KR_OK)
		return 0;
	for (size_t i = 0; i < n; i++)
		sorted[i] = parts[i];
	qsort(sorted, n, sizeof *sorted, by_part);
	kr_buf_init(&b, cx->arena, n * 24);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_part(&sorted[i], &sorted[i - 1]) != 0)
			kr_buf_fmt(&b, "%d:%lld:%u;", (int)sorted[i].kind,
			    (long long)sorted[i].ref, sorted[i].member);
	kr_sha256(kr_buf_view(&b), hash);
	digest.p = (const char *)hash;
	if (kr_one(cx, &q_digest, one_cols, &found, kr_x(digest)))
		return found.id;
	id = kr_exec(cx, &x_audience, kr_x(digest), kr_s(title_of(cx, sorted, n)),
	    kr_t(kr_now(cx)));
	for (size_t i = 0; i < n; i++)
		kr_exec(cx, &x_part, kr_i(id), kr_i((int)sorted[i].kind),
		    kr_i(sorted[i].ref), kr_i(sorted[i].member));
	kr_closure_refresh_audience(cx, id);
	return kr_status(cx) == KR_OK ? id : 0;
}

struct kr_audience_part *
kr_audience_parts(kr_ctx *cx, kr_id audience, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_parts, kr_i(audience));
	struct kr_audience_part *list = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *list);
	struct part_row row;
	size_t n = 0;

	while (kr_next(rows, part_cols, &row))
		list[n++] = (struct kr_audience_part){ (enum kr_part_kind)row.kind,
			row.ref, row.member };
	*n_r = n;
	return list;
}

/* A sum of roles in words: "Lehrkräfte, Eltern". */
static kr_str
roles_title(kr_ctx *cx, kr_id roles)
{
	static const struct {
		uint32_t role;
		const char *key;
	} words_of[] = { { KR_ROLE_PUPIL, "core.role_pupils" },
		{ KR_ROLE_TEACHER, "core.role_teachers" },
		{ KR_ROLE_PARENT, "core.role_parents" },
		{ KR_ROLE_STAFF, "core.role_staff" },
		{ KR_ROLE_ADMIN, "core.role_admins" } };
	kr_str names[KR_LEN(words_of)];
	size_t n = 0;

	for (size_t i = 0; i < KR_LEN(words_of); i++)
		if ((roles & words_of[i].role) != 0)
			names[n++] = kr_text(cx, words_of[i].key);
	return kr_join(cx, names, n, KR_S(", "));
}

static kr_str
part_title(kr_ctx *cx, const struct kr_audience_part *part)
{
	struct kr_person person = { .name = KR_S("?") };
	struct kr_group group = { .name = KR_S("?") };

	switch (part->kind) {
	case KR_PART_ALL:
		return kr_text(cx, "core.everybody");
	case KR_PART_ROLES:
		return roles_title(cx, part->ref);
	case KR_PART_GROUP:
		(void)kr_group(cx, part->ref, &group);
		return group.name;
	case KR_PART_GROUP_PARENTS:
		(void)kr_group(cx, part->ref, &group);
		return kr_text_args(cx, "core.parents_of", &group.name, 1);
	case KR_PART_PERSON:
		(void)kr_person(cx, part->ref, &person);
		return person.name;
	case KR_PART_PERSON_PARENTS:
		(void)kr_person(cx, part->ref, &person);
		return kr_text_args(cx, "core.parents_of", &person.name, 1);
	}
	return KR_S("");
}

kr_str
kr_audience_title(kr_ctx *cx, kr_id audience)
{
	size_t n, shown;
	struct kr_audience_part *parts = kr_audience_parts(cx, audience, &n);
	kr_str names[6], rest;

	shown = n > KR_LEN(names) ? KR_LEN(names) - 1 : n;
	for (size_t i = 0; i < shown; i++)
		names[i] = part_title(cx, &parts[i]);
	if (shown == n)
		return kr_join(cx, names, n, KR_S(", "));
	rest = kr_fmt(cx, "%zu", n - shown);
	names[shown++] = kr_text_args(cx, "core.and_more", &rest, 1);
	return kr_join(cx, names, shown, KR_S(", "));
}

bool
kr_audience_allowed(kr_ctx *cx, const struct kr_audience_part *part)
{
	const uint32_t adults = KR_ROLE_TEACHER | KR_ROLE_STAFF | KR_ROLE_ADMIN;
	bool adult = cx->actor->system || (cx->actor->roles & adults) != 0;
	struct kr_person p;
	struct one_id one;

	switch (part->kind) {
	case KR_PART_ALL:
	case KR_PART_ROLES:
		return adult;
	case KR_PART_GROUP:
	case KR_PART_GROUP_PARENTS:
		return kr_may_address_group(cx, part->ref) &&
		       (adult || part->kind == KR_PART_GROUP);
	case KR_PART_PERSON:
	case KR_PART_PERSON_PARENTS:
		if (adult)
			return kr_person(cx, part->ref, &p);
		return part->kind == KR_PART_PERSON &&
		       (part->ref == kr_me(cx) ||
			   kr_one(cx, &q_my_child, one_cols, &one, kr_i(kr_me(cx)),
			       kr_i(part->ref)));
	}
	return false;
}
