/* The form page of an entity or of settings: fields known at run time only, so it is
   the one page that is not a template. */
#ifndef KR_HTML_GENERIC_H
#define KR_HTML_GENERIC_H

#include "base/ctx.h"

struct kr_form_line {
	const char *kind, *name, *label; /* as in {% field KIND "name" "label" %} */
	kr_val value;
	kr_str more; /* said behind the hint; may be empty */
};
void kr_field_line(kr_out *, const struct kr_form_line *);

struct kr_form_view {
	kr_str title, intro, back_href, back_label; /* intro may be empty */
	const char *action;                         /* pattern of the POST route */
	kr_val object;                              /* its {id} */
	size_t nobjects;                            /* 0 or 1 */
	const struct kr_form_line *lines;
	size_t nlines;
	const char *submit; /* key */
	const char *trash;  /* pattern of the POST route to the waste bin; NULL: none */
};
kr_err kr_form_page(kr_ctx *, const struct kr_form_view *);

#endif
