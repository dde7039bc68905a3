/* Planned faults for tests: KR_FAULT="name:n" makes the n-th pass through a named point
   fail. A release build holds none of this. */
#include "base/base.h"

#ifdef KR_FAULTS

#include <stdlib.h>
#include <string.h>

static struct {
	bool read;
	char name[64];
	int64_t left; /* passes until it fails; 0: never */
} plan;

static void
plan_read(void)
{
	const char *text = getenv("KR_FAULT");
	kr_str rest = kr_z(text), name;

	plan.read = true;
	if (!kr_split(&rest, ':', &name))
		return;
	if (name.n >= sizeof plan.name || !kr_to_i(rest, &plan.left) || plan.left < 1)
		kr_panic("KR_FAULT is \"name:n\", not \"%s\"", text);
	memcpy(plan.name, name.p, name.n);
}

bool
kr_fault(const char *name)
{
	if (!plan.read)
		plan_read();
	if (plan.left == 0 || strcmp(plan.name, name) != 0)
		return false;
	if (--plan.left > 0)
		return false;
	kr_log_kv(KR_WARN, "fault.injected", { "point", kr_s(kr_z(name)) });
	return true;
}

#else
_Static_assert(1, "without KR_FAULTS this file is empty on purpose");
#endif
