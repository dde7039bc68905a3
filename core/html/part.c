/* Small parts of pages: icons, empty states with their chalk drawings, rows of files.
 */
#include "html/html.h"

#include "assets.h"
#include <string.h>

void
kr_icon_s_(kr_out *o, kr_str name)
{
	KR_LIT_(o,
	    "<svg class=\"k-icon\" aria-hidden=\"true\"><use href=\"" KR_ASSET_ICONS
	    "#i-");
	kr_txt_s_(o, name);
	KR_LIT_(o, "\"/></svg>");
}

void
kr_icon_(kr_out *o, const char *name)
{
	kr_icon_s_(o, kr_z(name));
}

/* Drawings in white chalk with one yellow stroke; the last is for any other name. */
static const struct {
	const char *name, *paths;
} doodles[] = {
	{ "done",
	    "<path d=\"M20 66h80\"/><path d=\"M34 66V30h40v36M44 42h20M44 52h12\"/>"
	    "<path class=\"w\" d=\"m70 34 10 10 22-26\"/>" },
	{ "person",
	    "<circle cx=\"44\" cy=\"32\" r=\"10\"/><path d=\"M26 66c0-14 8-20 18-20s18 "
	    "6 18 20\"/><path class=\"w\" d=\"M78 34v22M67 45h22\"/>" },
	{ "search", "<circle cx=\"54\" cy=\"38\" r=\"20\"/><path d=\"m69 53 20 18\"/>"
		    "<path class=\"w\" d=\"M46 38h16\"/>" },
	{ "folder", "<path d=\"M20 66V26h24l8 8h42v32z\"/><path class=\"w\" "
		    "d=\"M46 50h26M59 37v26\" stroke-dasharray=\"3 7\"/>" },
	{ "mail", "<path d=\"M24 28h66v40H24zM24 28l33 24 33-24\"/><path class=\"w\" "
		  "d=\"M82 16c6 0 12 4 14 10\" stroke-dasharray=\"2 6\"/>" },
	{ "calendar", "<path d=\"M28 24h62v46H28zM28 38h62M42 16v14M76 16v14\"/>"
		      "<path class=\"w\" d=\"M46 54c6 6 16 6 22 0\"/>" },
	{ "lock",
	    "<rect x=\"36\" y=\"38\" width=\"48\" height=\"32\" rx=\"5\"/><path "
	    "d=\"M46 38V28a14 14 0 0 1 28 0v10\"/><path class=\"w\" d=\"M60 50v8\"/>" },
	{ "pencil",
	    "<path d=\"M22 68h76\"/><path d=\"m36 56 4-14 34-34 10 10-34 34z\"/>"
	    "<path class=\"w\" d=\"M66 16l10 10M30 62c8-4 14 4 22 0s14 4 22 0\"/>" },
};

void
kr_empty_(kr_out *o, const char *doodle, const char *title_key, const char *text_key)
{
	size_t i = 0;

	while (i + 1 < KR_LEN(doodles) && strcmp(doodles[i].name, doodle) != 0)
		i++;
	KR_LIT_(o,
	    "<section class=\"k-card k-empty\"><svg class=\"k-doodle\" viewBox=\"0 0 "
	    "120 84\" aria-hidden=\"true\">");
	kr_put(o, doodles[i].paths);
	KR_LIT_(o, "</svg><h2>");
	kr_txt_s_(o, kr_text(o->cx, title_key));
	KR_LIT_(o, "</h2><p>");
	kr_txt_s_(o, kr_text(o->cx, text_key));
	KR_LIT_(o, "</p></section>");
}

/* ── files ── */
/* What the page's viewer can show; the rest opens or is downloaded. */
static const char *
view_kind(kr_str type)
{
	if (kr_starts(type, KR_S("image/")))
		return "image";
	if (kr_starts(type, KR_S("video/")))
		return "video";
	if (kr_starts(type, KR_S("audio/")))
		return "audio";
	if (kr_is(type, "application/pdf"))
		return "pdf";
	if (kr_starts(type, KR_S("text/plain")))
		return "text";
	return NULL;
}

static void
file_link(kr_out *o, const struct kr_file *f, bool look)
{
	const char *kind = look ? view_kind(f->type) : NULL;
	kr_str name = f->name;

	KR_LIT_(o, "<a class=\"btn btn-quiet btn-icon\" href=\"");
	kr_txt_url_(o, look ? f->url : f->download);
	KR_LIT_(o, "\"");
	kr_attr(o, "aria-label",
	    kr_text_args(o->cx, look ? "core.file_look" : "core.file_get", &name, 1));
	if (kind != NULL) {
		kr_attr(o, "data-view", kr_z(kind));
		kr_attr(o, "data-name", name);
		if (f->download.n > 0)
			kr_attr(o, "data-get", f->download);
	}
	KR_LIT_(o, ">");
	kr_icon_(o, look ? "eye" : "download");
	KR_LIT_(o, "</a>");
}

void
kr_file_row_(kr_out *o, const struct kr_file *f)
{
	bool waiting = f->scan == KR_FILE_WAITING;

	KR_LIT_(o, "<li class=\"k-file\">");
	kr_file_mark(o, f->name);
	KR_LIT_(o, "<div><b>");
	kr_txt_h_(o, kr_f_breaks_(o, f->name));
	KR_LIT_(o, "</b><div class=\"k-m\">");
	kr_txt_s_(o, kr_size_text(o->cx, f->size));
	if (waiting) {
		KR_LIT_(o, " · ");
		kr_txt_s_(o, kr_text(o->cx, "core.file_waiting"));
	}
	KR_LIT_(o, "</div></div><span class=\"k-acts\">");
	if (!waiting && f->url.n > 0)
		file_link(o, f, true);
	if (!waiting && f->download.n > 0)
		file_link(o, f, false);
	KR_LIT_(o, "</span></li>");
}
