/* The bench plugin: what its pages show. */
#ifndef BENCH_H
#define BENCH_H

#include <kr/kr.h>

struct bench_row {
	int64_t id, number;
	kr_str words;
};
struct bench_list {
	KR_ARRAY(struct bench_row) rows;
};
struct bench_frame {
	int64_t nothing;
};

#endif
