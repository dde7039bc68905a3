/* The form page of an entity or of settings. */
#include "html/generic.h"

#include "html/text.h"
#include <kr/html.h>
#include <kr/kr.h>

kr_err
kr_form_page(kr_ctx *cx, const struct kr_form_view *v)
{
	kr_out *o = kr_page_begin_(cx, 'p');

	kr_page_title_(o, v->title);
	KR_LIT_(o, "<div class=\"k-narrow\"><div class=\"k-head\"><div>");
	if (v->back_href.n) {
		KR_LIT_(o, "<a class=\"k-back\" href=\"");
		kr_txt_url_(o, v->back_href);
		KR_LIT_(o, "\">");
		kr_icon_(o, "chevron-left");
		kr_txt_s_(o, v->back_label);
		KR_LIT_(o, "</a>");
	}
	KR_LIT_(o, "<h1>");
	kr_txt_s_(o, v->title);
	KR_LIT_(o, "</h1>");
	if (v->intro.n) {
		KR_LIT_(o, "<p>");
		kr_txt_s_(o, v->intro);
		KR_LIT_(o, "</p>");
	}
	KR_LIT_(o, "</div></div>");
	kr_form_begin_(o, v->action, &v->object, v->nobjects);
	for (size_t i = 0; i < v->nlines; i++)
		kr_field_line(o, &v->lines[i]);
	KR_LIT_(o, "<div class=\"k-acts\">");
	kr_button_(o, "primary", v->submit, "check");
	if (v->back_href.n) {
		KR_LIT_(o, "<a class=\"btn btn-quiet\" href=\"");
		kr_txt_url_(o, v->back_href);
		KR_LIT_(o, "\">");
		kr_txt_s_(o, kr_text(cx, "core.cancel"));
		KR_LIT_(o, "</a>");
	}
	KR_LIT_(o, "</div>");
	kr_form_end_(o);
	if (v->trash) {
		KR_LIT_(o, "<div class=\"k-sec\">");
		kr_form_begin_(o, v->trash, &v->object, v->nobjects);
		kr_button_(o, "danger", "core.to_trash", "trash");
		kr_form_end_(o);
		KR_LIT_(o, "</div>");
	}
	KR_LIT_(o, "</div>");
	return kr_page_end_(o);
}
