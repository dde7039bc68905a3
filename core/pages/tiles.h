/* The tiles of a person's start page, in the order she has given them. */
#ifndef KR_PAGES_TILES_H
#define KR_PAGES_TILES_H

#include <kr/plugin.h>

#define KR_TILE_PLACES "abc-" /* three areas, and what is hidden */

struct kr_tile {
	const struct kr_widget *w;
	const char *plugin;
	char place; /* one of KR_TILE_PLACES */
};
/* Those of modules that are open to the acting person, area by area. */
struct kr_tile *kr_tiles(kr_ctx *, size_t *n_r);

#endif
