/* The domain kernel's writing side: persons, groups, memberships, years, policies.
   Administration plugins (KR_RIGHT_KERNEL) and commands use the same functions. */
#ifndef KR_SCHOOL_SCHOOL_H
#define KR_SCHOOL_SCHOOL_H

#include "base/ctx.h"
#include <kr/db.h>
#include <kr/kernel.h>

/* Lengths of the columns; what is longer is refused, never cut. */
enum {
	KR_NAME_MAX = 80,
	KR_ACCOUNT_MAX = 60,
	KR_GROUP_MAX = 60,
	KR_CLASS_MAX = 20,
	KR_KEY_MAX = 64,
	KR_SHORT_MAX = 12,
	KR_DECISION_MAX = 255
};

/* Account names: vorname.nachname, transliterated, at most 60 characters, collisions
   numbered from 2 (anna.schmidt2). Of several given names the first counts, hyphens
   stay (anna-lena.schmidt), blanks in the family name go (nele.vonderheydt). `taken`
   asks the database, which knows this run's persons too. */
kr_str kr_account_name(kr_ctx *, kr_str given, kr_str family);
/* The name without a number; needs no database. */
kr_str kr_account_base(struct kr_arena *, kr_str given, kr_str family);

/* Keeps core_my_group, core_my_child, core_my_childs_group and core_my_audience true
   for these persons; called in the transaction that changes a membership. Rights depend
   on groups: the rights epoch is raised too. */
void kr_closure_refresh(kr_ctx *, const kr_id *persons, size_t n);
void kr_closure_refresh_audience(kr_ctx *, kr_id audience);
/* Nightly: compares the closure with a fresh computation, mends what differs (a
   membership that begins or ends today, above all); returns rows that differed. */
int64_t kr_closure_verify(kr_ctx *);
/* The cron row of core: today's school year, then the comparison above. */
kr_err kr_school_nightly(kr_ctx *);

/* Class names: "7b" -> grade 7; "EF", "Q1", "Q2" -> 11, 12, 13; 0 = not a class name.
 */
int kr_class_grade(kr_str name);
/* Role of a command line or file: "teacher" -> KR_ROLE_TEACHER; 0 = none. */
uint32_t kr_role_named(kr_str name);
const char *kr_role_name(uint32_t one_role); /* "teacher" */

/* The school year of today; made (1 August to 31 July) when it is missing. */
kr_id kr_year_current(kr_ctx *);

/* Commands have no auth process to ask: they give the connection to its database here,
   as user kreide_auth. What it wrote is committed by the command, after the school's.
 */
void kr_school_auth_conn(struct kr_conn *);
/* Password, code, tokens, devices of somebody who is erased: by that connection, or by
   the auth process. False: failed. */
bool kr_sign_in_forget(kr_ctx *, kr_id person);
/* Tokens, or the other traces of sign-in, in the same way. */
struct kr_auth_token;
bool kr_sign_in_list(
    kr_ctx *, kr_id person, bool traces, struct kr_auth_token **list_r, size_t *n_r);

/* ── persons, many at once ── */
/* Inserts without refreshing the closure: for imports, which refresh once at the end.
   The account is chosen when p->account is empty. */
kr_id kr_person_insert(kr_ctx *, const struct kr_person_new *, kr_str *account_r);
/* The same for memberships: begins today unless it is running already. */
void kr_member_begin(kr_ctx *, kr_id group, kr_id person, enum kr_member);
/* Ends yesterday; a membership that began today goes without a trace. */
void kr_member_end(kr_ctx *, kr_id group, kr_id person, enum kr_member);
void kr_guardian_begin(kr_ctx *, kr_id guardian, kr_id child);
kr_id kr_person_by_account(kr_ctx *, kr_str account); /* 0: none */
/* Group by name among today's: class first, then course, club, staff, grade; 0: none.
 */
kr_id kr_group_named(kr_ctx *, kr_str name);

/* ── stored audiences: one row per mixture, found again by its digest ── */
enum kr_part_kind { /* order of the ENUM in core_audience_part */
	KR_PART_ALL = 1,
	KR_PART_ROLES,
	KR_PART_GROUP,
	KR_PART_GROUP_PARENTS,
	KR_PART_PERSON,
	KR_PART_PERSON_PARENTS
};
struct kr_audience_part {
	enum kr_part_kind kind;
	kr_id ref;       /* roles, group or person */
	uint32_t member; /* enum kr_member, 0 = any */
};
#define KR_AUDIENCE_MOST 50 /* parts */
/* The id of the audience of these parts, made when there is none yet; 0 when the list
   is empty or longer than that. Who may address whom is asked by kr_audience_allowed().
 */
kr_id kr_audience_store(kr_ctx *, const struct kr_audience_part *, size_t n);
/* "all", "roles:3", "group:12", "group:12:1", "parents:12", "person:5",
   "personparents:5": how forms send a part. False when it is none. */
bool kr_audience_part_read(kr_str text, struct kr_audience_part *part_r);
kr_str kr_audience_part_text(kr_ctx *, const struct kr_audience_part *);
struct kr_audience_part *kr_audience_parts(kr_ctx *, kr_id audience, size_t *n_r);
/* May the acting person write to this part? Pupils and parents: own groups only. */
bool kr_audience_allowed(kr_ctx *, const struct kr_audience_part *);

/* The start-up rule of demo schools: false, and the reason in a sentence for the log,
   when a demo instance answers to another host than localhost or kreide.localhost, or
   when a real school holds demo accounts. Asked by `serve` before it forks. */
bool kr_demo_guard(kr_ctx *, char *why_r, size_t n);

#endif
