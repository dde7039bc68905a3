/* What the parts of the news plugin share. */
#ifndef NEWS_H
#define NEWS_H

#include <kr/kr.h>

struct news_row {
	int64_t id;
	kr_str title, body, category, author;
	kr_time when, ends;
	bool soon, over; /* then only its author sees it */
};
struct news_list {
	KR_ARRAY(struct news_row) rows;
	bool may_write, may_manage;
	kr_str category; /* only of this one; "" all */
};
struct news_latest {
	KR_ARRAY(struct news_row) rows;
};

extern const struct kr_entity news_item, news_any;

kr_handler news_page, news_show, news_new, news_edit, news_save, news_trash,
    news_restore, news_all;
kr_guard news_mine;
kr_render_fn news_tile;

#endif
