/* What the parts of the people plugin share. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include <kr/kernel.h>
#include <kr/kr.h>

struct people_roles {
	bool pupil, teacher, parent, staff, admin;
};
struct people_state {
	kr_str is; /* active, waiting (for the first sign-in), locked, left */
	kr_time left_at;
};
struct people_row {
	int64_t id;
	kr_str given, family, account, classes;
	uint32_t role_bits;
	struct people_roles roles;
	struct people_state state;
	kr_time activated;
};
/* Filters of the list, as typed. */
struct people_filter {
	kr_str q, role, state;
	int64_t group;
};
struct people_option {
	kr_str value, text;
	bool on;
};
struct people_list {
	int64_t all, pupils;
	struct people_filter f;
	bool may_write, filtered, sliced;
	kr_str group_name;
	kr_str csv_href, next_href, first_href;
	KR_ARRAY(struct people_option) roles;
	KR_ARRAY(struct people_option) states;
	KR_ARRAY(struct people_option) groups;
	KR_ARRAY(struct people_row) rows;
};

struct people_group {
	int64_t id, role;
	kr_str name, kind;
	bool removable;
};
struct people_relative {
	int64_t id;
	kr_str name, classes;
};
struct people_show {
	int64_t id;
	kr_str name, account, shorthand, source;
	struct people_roles roles;
	struct people_state state;
	kr_time created, activated;
	bool may_write, me, gone, locked;
	KR_ARRAY(struct people_group) groups;
	KR_ARRAY(struct people_relative) guardians;
	KR_ARRAY(struct people_relative) children;
};
struct people_add {
	kr_str role; /* proposed */
};
struct people_form {
	int64_t id;
	kr_str title, given, family;
	struct people_roles roles;
	bool me;
};

struct people_code { /* the page before a new code is made */
	int64_t id;
	kr_str name;
	bool waiting;
};
struct people_slip {
	int64_t id;
	kr_str name, account, group, code;
	kr_time activated;
};
struct people_slips { /* the sheet, shown once */
	kr_str school, address, back;
	KR_ARRAY(struct people_slip) rows;
};
struct people_pick {          /* who gets slips: a class, or those ticked in the list */
	int64_t group, known; /* known: have a password already */
	kr_str group_name;
	bool listed; /* ticked */
	KR_ARRAY(struct people_option) groups;
	KR_ARRAY(struct people_slip) rows;
};

/* list.c */
kr_handler people_page, people_csv;
/* Every group of the school as options of a select. */
struct people_option *people_groups(kr_ctx *, kr_id chosen, size_t *n_r);
struct people_roles people_roles_of(uint32_t roles);
struct people_state people_state_of(kr_str state, kr_time activated, kr_time left_at);
/* person.c */
kr_handler people_show_page, people_lock, people_unlock, people_sign_out, people_leave,
    people_return, people_join, people_part, people_child, people_unchild;
kr_guard people_known;
/* form.c */
kr_handler people_new, people_create, people_edit, people_edit_again, people_change;
/* slip.c */
kr_handler people_code_page, people_code_make, people_pick_page, people_slips_make;
/* Draws the sheet; the codes are nowhere else. */
kr_err people_sheet(kr_ctx *, kr_str back, struct people_slip *, size_t n);

#endif
