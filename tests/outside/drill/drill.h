/* What the template shows. */
#ifndef DRILL_H
#define DRILL_H

#include <kr/kr.h>

struct drill_tile {
	kr_str text;
};

#endif
