/* SPDX-License-Identifier: MIT */
/* The domain kernel every plugin shares: persons, groups, guardians, roles, years.
   A plugin reads it through these functions and, in statements and scopes, through the
   tables core_person_name, core_group, core_my_group, core_my_child,
   core_my_childs_group and core_my_audience; it never writes them. */
#ifndef KR_SCHOOL_H
#define KR_SCHOOL_H

#include <kr/base.h>

enum kr_role {
	KR_ROLE_PUPIL = 1,
	KR_ROLE_TEACHER = 2,
	KR_ROLE_PARENT = 4,
	KR_ROLE_STAFF = 8, /* secretary, social worker, caretaker */
	KR_ROLE_ADMIN =
	    16, /* part-time administrator: runs the platform, reads no mail */
	KR_ROLE_ALL = 31
};

/* Position in a group: core_my_group.role. */
enum kr_member { KR_MEMBER = 1, KR_MEMBER_TEACHER = 2, KR_MEMBER_OWNER = 3 };

struct kr_person {
	kr_id id;
	kr_str given, family, name; /* name: "Mia Öztürk" */
	uint32_t roles;
};
struct kr_group {
	kr_id id;
	kr_str name;      /* "7b", "EF", "Chor" */
	kr_str kind;      /* class, grade, course, club, staff */
	uint32_t members; /* of kr_group(): pupils, or who belongs to it; else 0 */
	bool mine;        /* of kr_groups_for_me(): the person belongs to it */
};
struct kr_year {
	kr_id id;
	kr_str name; /* "2026/27" */
	kr_date starts, ends;
};

/* False when there is no such person or group (or the context has failed). */
KR_PUBLIC bool kr_person(kr_ctx *, kr_id, struct kr_person *person_r);
KR_PUBLIC bool kr_group(kr_ctx *, kr_id, struct kr_group *group_r);
/* Groups the person may address with this plugin: own ones first, then (for teachers,
   staff, administrators) all classes. In the arena. */
KR_PUBLIC struct kr_group *kr_groups_for_me(kr_ctx *, size_t *n_r);
KR_PUBLIC bool kr_may_address_group(kr_ctx *, kr_id group);
/* The school year of a day; false when none is set up. */
KR_PUBLIC bool kr_year(kr_ctx *, kr_date, struct kr_year *year_r);
KR_PUBLIC bool kr_is_school_day(kr_ctx *, kr_date); /* no weekend, no holiday */

/* Who something is for. Any mixture; 0 and empty parts are left out. */
struct kr_audience {
	kr_id person;    /* one person */
	kr_id group;     /* all members of a group ... */
	uint32_t member; /* ... in this position (enum kr_member), 0 = any */
	kr_id audience;  /* a stored audience (field type 'a') */
	bool with_parents;
};

#endif
