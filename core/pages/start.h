/* Views of the start page and the notices. */
#ifndef KR_PAGES_START_H
#define KR_PAGES_START_H

#include <kr/kr.h>

struct core_start {
	kr_str greeting;
	kr_date today;
	KR_ARRAY(kr_html) a;
	KR_ARRAY(kr_html) b;
	KR_ARRAY(kr_html) c;
	bool empty;
	bool tiles; /* there are some to arrange, shown or not */
};
struct core_tile { /* on the page that arranges them */
	kr_str id, title;
	bool up, down;                /* there is somewhere to go */
	bool at_up, at_down, at_hide; /* this button was pressed just now */
	int64_t number, of;
};
struct core_tile_area {
	kr_str place;
	KR_ARRAY(struct core_tile) tiles;
};
struct core_tiles {
	bool any;
	KR_ARRAY(struct core_tile_area) areas;
	KR_ARRAY(struct core_tile) hidden;
};
struct core_notice {
	kr_str text, href;
	kr_time when;
	bool unread;
};
struct core_notices {
	KR_ARRAY(struct core_notice) rows;
	int64_t unread;
};

#endif
