/* SPDX-License-Identifier: MIT */
/* What the parts of the plugin share: views of the templates, handlers, the entity. */
#ifndef SKELETON_H
#define SKELETON_H

#include <kr/kr.h>

/* A template shows one struct that has its name: templates/latest.html. */
struct skeleton_row {
	int64_t id;
	kr_str title;
	kr_date day;
};
struct skeleton_latest {
	KR_ARRAY(struct skeleton_row) rows;
};

extern const struct kr_entity skeleton_entry;

kr_handler skeleton_page, skeleton_show, skeleton_new, skeleton_edit, skeleton_save,
    skeleton_trash, skeleton_restore;
kr_guard skeleton_mine;
kr_render_fn skeleton_tile;

#endif
