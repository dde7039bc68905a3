/* Tiles: a plugin's render function run by itself, so that a failing one is an empty
   tile and never a broken page. */
#ifndef KR_HTML_PART_H
#define KR_HTML_PART_H

#include <kr/plugin.h>

/* Empty when the function draws nothing or fails (noted in the log). */
kr_html kr_render_part(kr_ctx *, const char *plugin, kr_render_fn *);

#endif
