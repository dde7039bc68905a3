/* What the parts of the import plugin share. */
#ifndef IMPORT_H
#define IMPORT_H

#include <kr/kernel.h>
#include <kr/kr.h>

struct import_past { /* row of the protocol */
	kr_str profile, by;
	kr_time at;
	int64_t rows, fresh, renamed, moved, leavers;
};
struct import_upload {
	kr_str profile;
	bool expired; /* here because the file of a preview is gone */
	KR_ARRAY(struct import_past) past;
};

struct import_change {
	int64_t row;
	kr_str name, was, becomes;
};
struct import_error {
	int64_t row;
	kr_str column, text;
};
struct import_plan {
	int64_t file;
	kr_str profile;
	int64_t rows, unchanged, fresh, changed, moved, leavers, errors;
	bool ready;   /* can be applied */
	bool stopped; /* only with the box ticked */
	bool nothing; /* no change at all */
	bool empty;   /* ... because there is nobody in the file */
	bool cut;     /* more errors than are listed */
	KR_ARRAY(struct import_error) faults;
	KR_ARRAY(struct import_change) new_ones;
	KR_ARRAY(struct import_change) renamed;
	KR_ARRAY(struct import_change) movers;
	KR_ARRAY(struct import_change) gone;
};

struct import_slip {
	kr_str name, account, group, code;
};
struct import_slips {
	kr_str school, address;
	KR_ARRAY(struct import_slip) rows;
};

/* upload.c */
kr_handler import_page, import_take;
kr_err import_again(kr_ctx *); /* the preview has expired: from the beginning */
/* plan.c */
kr_handler import_show, import_apply, import_applied;

#endif
