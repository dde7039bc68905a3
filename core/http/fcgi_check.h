/* What may pass the door: the head of a FastCGI request, checked before libfcgi. */
#ifndef KR_HTTP_FCGI_CHECK_H
#define KR_HTTP_FCGI_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define KR_FCGI_HEAD_MAX ((size_t)96 * 1024)   /* with record headers and padding */
#define KR_FCGI_PARAMS_MAX ((size_t)64 * 1024) /* names, values and their lengths */

enum kr_fcgi_head { KR_FCGI_MORE, KR_FCGI_GOOD, KR_FCGI_BAD };

/* One BEGIN_REQUEST (responder), then PARAMS up to the empty one, whose name-value
   lengths add up. MORE: not all of it has come yet. */
enum kr_fcgi_head kr_fcgi_check(const uint8_t *, size_t n);

#endif
