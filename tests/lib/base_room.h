/* The whole base room in one translation unit: unit tests of any room include it, so
   that statics are reachable and nothing else has to be linked. */
#ifndef KR_TEST_BASE_ROOM_H
#define KR_TEST_BASE_ROOM_H

#include "../../core/base/arena.c"
#include "../../core/base/buf.c"
#include "../../core/base/conf.c"
#include "../../core/base/crypto.c"
#include "../../core/base/ctx.c"
#include "../../core/base/encode.c"
#include "../../core/base/fault.c"
#include "../../core/base/log.c"
#include "../../core/base/str.c"
#include "../../core/base/text.c"
#include "../../core/base/time.c"
#include "../../core/base/translit.c"

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_str(got, want)                                                          \
	do {                                                                           \
		kr_str got_ = (got);                                                   \
		assert_int_equal(got_.n, strlen(want));                                \
		assert_memory_equal(got_.p, want, got_.n);                             \
	} while (0)

#endif
