/* Host names that are ours; see host.c. */
#ifndef KR_HTTP_HOST_H
#define KR_HTTP_HOST_H

#include "base/base.h"

struct kr_config;
/* Reads a Host header. False: not ours (421); *name_r may be set all the same. */
bool kr_host_ours(const struct kr_config *, struct kr_arena *, kr_str header,
    kr_str *name_r, bool *content_r);

#endif
