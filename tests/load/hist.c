/* Histogram of latencies: fixed memory, any quantile within 1.6 %. */
#include "load.h"

static size_t
cell_of(uint64_t us)
{
	unsigned up = 0;

	if (us > UINT32_MAX)
		us = UINT32_MAX;
	while (us >> up >= 2 * HIST_STEPS)
		up++;
	/* From 64 on the upper half of the steps, once per power of two. */
	return us < HIST_STEPS ? us : up * HIST_STEPS + (us >> up);
}

/* The largest value of a cell. */
static uint64_t
value_of(size_t cell)
{
	size_t up;

	if (cell < 2 * HIST_STEPS)
		return cell;
	up = cell / HIST_STEPS - 1;
	return ((uint64_t)(cell - up * HIST_STEPS) + 1) * ((uint64_t)1 << up) - 1;
}

void
hist_add(struct hist *h, int64_t us)
{
	uint64_t v = us < 0 ? 0 : (uint64_t)us;

	h->cells[cell_of(v)]++;
	h->count++;
	if (v > h->max_us)
		h->max_us = v;
}

uint64_t
hist_at(const struct hist *h, double part)
{
	uint64_t want = (uint64_t)(part * (double)h->count + 0.9999999), seen = 0;

	for (size_t i = 0; i < HIST_CELLS && h->count > 0; i++) {
		seen += h->cells[i];
		if (seen >= want && seen > 0)
			return value_of(i) < h->max_us ? value_of(i) : h->max_us;
	}
	return h->max_us;
}

void
hist_join(struct hist *to, const struct hist *from)
{
	for (size_t i = 0; i < HIST_CELLS; i++)
		to->cells[i] += from->cells[i];
	to->count += from->count;
	if (from->max_us > to->max_us)
		to->max_us = from->max_us;
}
