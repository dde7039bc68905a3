/* The database room in one translation unit, for tests that look inside. */
#ifndef KR_TEST_DB_ROOM_H
#define KR_TEST_DB_ROOM_H

#include "base_room.h"

#include "../../core/db/conn.c"
#include "../../core/db/migrate.c"
#include "../../core/db/rows.c"
#include "../../core/db/source.c"
#include "../../core/db/stmt.c"
#include "../../core/db/tx.c"
#include "../../core/db/users.c"
#include "../../core/db/verify.c"

#endif
