/* The result as JSON: sums per class, and the same for each step. */
#include "load.h"

#include <stdio.h>
#include <string.h>

static double
ms(uint64_t us)
{
	return (double)us / 1000;
}

static void
quantiles(const char *name, const struct hist *h)
{
	printf("\"%s\": {\"p50\": %.2f, \"p95\": %.2f, \"p99\": %.2f, \"max\": %.2f}",
	    name, ms(hist_at(h, 0.5)), ms(hist_at(h, 0.95)), ms(hist_at(h, 0.99)),
	    ms(h->max_us));
}

static void
print_stats(const struct stats *s, double seconds)
{
	printf("{\"sent\": %llu, \"ok\": %llu, \"shed\": %llu, \"wrong\": %llu, "
	       "\"lost\": %llu, \"rps\": %.1f, ",
	    (unsigned long long)s->sent, (unsigned long long)s->ok,
	    (unsigned long long)s->shed, (unsigned long long)s->wrong,
	    (unsigned long long)s->lost, seconds > 0 ? (double)s->ok / seconds : 0);
	quantiles("ok_ms", &s->ok_us);
	printf(", ");
	quantiles("shed_ms", &s->shed_us);
	printf("}");
}

static void
add(struct stats *to, const struct stats *from)
{
	to->sent += from->sent;
	to->ok += from->ok;
	to->shed += from->shed;
	to->wrong += from->wrong;
	to->lost += from->lost;
	hist_join(&to->ok_us, &from->ok_us);
	hist_join(&to->shed_us, &from->shed_us);
}

/* Of the steps from..to-1. */
static void
print_classes(const struct spec *s, size_t from, size_t to, double seconds)
{
	static struct stats all, one;

	memset(&all, 0, sizeof all);
	printf("{");
	for (size_t i = 0; i < s->nclasses; i++) {
		memset(&one, 0, sizeof one);
		for (size_t step = from; step < to; step++)
			add(&one, &s->classes[i].steps[step]);
		add(&all, &one);
		printf("\"%s\": ", s->classes[i].name);
		print_stats(&one, seconds);
		printf(",\n  ");
	}
	printf("\"all\": ");
	print_stats(&all, seconds);
	printf("}");
}

void
report(const struct run *r, const struct spec *s)
{
	printf("{\"mode\": \"%s\", \"seed\": %llu, \"seconds\": %.1f, \"took\": %.2f, ",
	    r->closed    ? "closed"
	    : r->poisson ? "poisson"
			 : "fixed",
	    (unsigned long long)r->seed, r->seconds, r->took);
	quantiles("lag_ms", &r->lag_us);
	printf(",\n \"classes\": ");
	print_classes(s, 0, r->nsteps, r->seconds);
	printf(",\n \"spent\": {");
	for (size_t i = 0; i < s->nclasses; i++)
		printf("%s\"%s\": %llu", i > 0 ? ", " : "", s->classes[i].name,
		    (unsigned long long)s->classes[i].spent);
	printf("},\n \"wrong\": [");
	for (size_t i = 0, n = 0; i < s->nclasses; i++)
		if (s->classes[i].example[0] != 0)
			printf("%s\"%s: %s\"", n++ > 0 ? ", " : "", s->classes[i].name,
			    s->classes[i].example);
	printf("],\n \"steps\": [");
	for (size_t i = 0; i < r->nsteps; i++) {
		printf("%s\n {\"rate\": %.1f, \"seconds\": %.1f, \"classes\": ",
		    i > 0 ? "," : "", r->steps[i].rate, r->steps[i].seconds);
		print_classes(s, i, i + 1, r->steps[i].seconds);
		printf("}");
	}
	printf("]}\n");
}
