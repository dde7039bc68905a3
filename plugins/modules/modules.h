/* What the parts of the modules plugin share. */
#ifndef MODULES_H
#define MODULES_H

#include <kr/kernel.h>
#include <kr/kr.h>

struct modules_whom { /* for whom a module is open */
	bool pupil, teacher, parent, staff, admin;
	kr_str groups; /* "7b, Chor" */
};
struct modules_state {
	kr_str is; /* open, soon, closed, refused, system */
	kr_date from;
};
struct modules_row {
	kr_str name, title, intro, refused, decision, opened_by;
	kr_date from, until, decided;
	struct modules_whom whom;
	struct modules_state state;
	int64_t settings;
};
struct modules_list {
	KR_ARRAY(struct modules_row) rows;
	KR_ARRAY(struct modules_row) system;
	bool none_open;
};

struct modules_group {
	int64_t id;
	kr_str name;
	bool on;
};
struct modules_groups {
	bool some; /* one is chosen */
	KR_ARRAY(struct modules_group) classes;
	KR_ARRAY(struct modules_group) others;
};
struct modules_form {
	kr_str module, title, intro, refused;
	bool settings;  /* there are some */
	bool live;      /* open now, or from a coming day on */
	bool repeated;  /* prefilled from an earlier decision */
	int64_t people; /* who lose it when it is closed */
	struct modules_whom whom;
	struct modules_state state;
	kr_date from, until, decided;
	kr_str decision;
	struct modules_groups groups;
};

struct modules_next { /* tile of administrators: what is still to do */
	bool any, nobody;
	int64_t closed, waiting;
};

/* module.c */
kr_handler modules_page, modules_settings_page, modules_settings_save;
kr_render_fn modules_tile;
/* The module of that name; false when there is none. */
bool modules_find(kr_ctx *, kr_str name, struct kr_module *module_r);
struct modules_whom modules_for(uint32_t roles, kr_str groups);
struct modules_state modules_state_of(kr_ctx *, const struct kr_module *);
/* policy.c */
kr_handler modules_form_page, modules_form_again, modules_open, modules_close,
    modules_reopen;
kr_guard modules_was_closed;

#endif
