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
