/* What the templates of the health plugin show. */
#ifndef HEALTH_H
#define HEALTH_H

#include <kr/kernel.h>
#include <kr/kr.h>

struct health_page {
	int64_t wrong, notes;
	KR_ARRAY(struct kr_vital) vitals;
	KR_ARRAY(struct kr_pool) pools;
	KR_ARRAY(struct kr_circuit) circuits;
	KR_ARRAY(struct kr_lane_state) lanes;
	int64_t events, files, set_aside;
	kr_str version;
};
struct health_tile { /* of administrators, when something is wrong */
	KR_ARRAY(struct kr_vital) wrong;
};

#endif
