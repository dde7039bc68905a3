/* Structs of the template fixtures. */
#include <kr/kr.h>

struct demo_row {
	kr_id id;
	kr_str title;
	kr_time due;
	kr_html html;
	bool open;
	uint8_t state;
};
struct demo_show {
	kr_str title, body, url;
	kr_date day;
	KR_ARRAY(struct demo_row) rows;
	struct kr_file file;
	struct demo_row one;
	KR_ARRAY(kr_str) names;
	int64_t n;
};
#include "demo_templates.h"
