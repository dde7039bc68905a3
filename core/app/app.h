/* Views of the ready pages: what templates/ show. */
#ifndef KR_APP_APP_H
#define KR_APP_APP_H

#include <kr/kr.h>

struct app_column {
	kr_str label, href; /* href: sort by it */
	kr_str sorted;      /* "", "ascending", "descending" */
};
struct app_cell {
	kr_str label, text; /* label: of the column, for phones */
	bool title;
};
struct app_row {
	kr_str href;
	KR_ARRAY(struct app_cell) cells;
};
struct app_choice {
	kr_str value, text;
	bool on;
};
struct app_filter {
	kr_str name, label;
	KR_ARRAY(struct app_choice) choices;
};
struct app_list {
	kr_str title, intro, action; /* action: path of the list itself */
	kr_str new_href, new_label;
	kr_str q, sort;
	bool searchable, filtered;
	KR_ARRAY(struct app_filter) filters;
	KR_ARRAY(struct app_column) cols;
	KR_ARRAY(struct app_row) rows;
	kr_str csv_href, next_href, first_href;
	kr_str empty_title, empty_text;
};
struct app_fact {
	kr_str label, text;
};
struct app_show {
	kr_str title, back_href, back_label;
	kr_str edit_href;
	KR_ARRAY(struct app_fact) texts; /* what there is to read: many lines each */
	KR_ARRAY(struct app_fact) facts;
	KR_ARRAY(struct kr_file) files;
	bool several; /* texts: then each needs its name */
};

#endif
