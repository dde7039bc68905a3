/* The demo school „Gesamtschule Lindenhof“: invented names, the same at every start. */
#ifndef KR_CLI_DEMO_H
#define KR_CLI_DEMO_H

#include "cli/cli.h"

#define KR_DEMO_SOURCE "demo"
#define KR_DEMO_PASSWORD "Kreide-demo-1"

struct kr_demo_names {
	const char *const *given, *const *family;
	size_t ngiven, nfamily;
};
extern const struct kr_demo_names kr_demo_pupils, kr_demo_adults;

/* The same numbers from the same seed, on every machine. */
struct kr_dice {
	uint64_t state;
};
uint32_t kr_dice(struct kr_dice *, uint32_t below);

struct kr_demo { /* who the four accounts and the examples are */
	kr_id admin, teacher, pupil, parent, office;
	kr_id everybody, teachers; /* audiences */
	kr_id class_7b;
	size_t persons;
};
/* All persons, groups, memberships and days; in the transaction of the context. */
void kr_demo_school(kr_ctx *, struct kr_demo *demo_r);

#endif
