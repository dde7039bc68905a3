/* Which host is asked: our own, the one for user bytes, or none of ours. */
#include "http/host.h"

#include "plugin/registry.h"

#include <arpa/inet.h>

static const char *const demo_hosts[] = { "localhost", "kreide.localhost" };
static const char *const demo_content[] = { "content.localhost",
	"content.kreide.localhost" };

static bool
is_host_name(kr_str s)
{
	if (s.n == 0 || s.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
		    c != '.')
			return false;
	}
	return true;
}

/* "Kreide.localhost:8080" -> "kreide.localhost"; empty when it is no host name. */
static kr_str
name_of(struct kr_arena *arena, kr_str header)
{
	kr_str rest = header, name = { NULL, 0 }, port = KR_S("80"), more;
	int64_t number;

	if (!kr_split(&rest, ':', &name))
		return KR_S("");
	if (kr_split(&rest, ':', &port) && kr_split(&rest, ':', &more))
		return KR_S("");
	if (port.n > 5 || !kr_to_i(port, &number) || number < 1 || number > 65535)
		return KR_S("");
	name = kr_lower(arena, name);
	return is_host_name(name) ? name : KR_S("");
}

/* A demo instance answers to these names only: its passwords are known to all. */
bool
kr_host_ours(const struct kr_config *conf, struct kr_arena *arena, kr_str header,
    kr_str *name_r, bool *content_r)
{
	kr_str name = name_of(arena, header);

	if (name.n == 0)
		return false;
	*name_r = name;
	if (!conf->demo) {
		*content_r = kr_is(name, conf->content_host);
		return *content_r || kr_is(name, conf->host);
	}
	for (size_t i = 0; i < KR_LEN(demo_hosts); i++) {
		*content_r = kr_is(name, demo_content[i]);
		if (*content_r || kr_is(name, demo_hosts[i]))
			return true;
	}
	return false;
}

static kr_str
origin(kr_ctx *cx, kr_str host)
{
	const struct kr_config *conf = &cx->app->conf;
	bool https = kr_is(kr_z(conf->scheme), "https");

	if (host.n == 0)
		return KR_S("");
	if (conf->port == 0 || conf->port == (https ? 443 : 80))
		return kr_fmt(cx, "%s://%.*s", conf->scheme, KR_FMT(host));
	return kr_fmt(cx, "%s://%.*s:%d", conf->scheme, KR_FMT(host), conf->port);
}

#define CONTENT KR_S("content.")

kr_str
kr_own_origin(kr_ctx *cx)
{
	kr_str host = kr_z(cx->app->conf.host);

	if (cx->app->conf.demo && cx->req != NULL && cx->req->host.n > 0)
		host = cx->req->content_host
			   ? kr_sub(cx->req->host, CONTENT.n, cx->req->host.n)
			   : cx->req->host;
	return origin(cx, host);
}

kr_str
kr_content_origin(kr_ctx *cx)
{
	const struct kr_config *conf = &cx->app->conf;
	kr_str host = kr_z(conf->content_host);

	if (conf->demo && cx->req != NULL && cx->req->host.n > 0)
		host = cx->req->content_host
			   ? cx->req->host
			   : kr_fmt(cx, "content.%.*s", KR_FMT(cx->req->host));
	return origin(cx, host);
}

/* Shortened here, once: nothing further in ever sees a whole address. */
kr_str
kr_net_of(struct kr_arena *arena, kr_str address)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr four;
	struct in6_addr six;
	kr_str z = kr_dup(arena, address);

	if (inet_pton(AF_INET6, z.p, &six) == 1 && IN6_IS_ADDR_V4MAPPED(&six)) {
		four.s_addr = six.s6_addr32[3];
	} else if (inet_pton(AF_INET6, z.p, &six) == 1) {
		for (size_t i = 6; i < 16; i++)
			six.s6_addr[i] = 0;
		if (inet_ntop(AF_INET6, &six, text, sizeof text) == NULL)
			return KR_S("");

		struct kr_buf b;

		kr_buf_init(&b, arena, 64);
		kr_buf_fmt(&b, "%s/48", text);
		return kr_buf_view(&b);
	} else if (inet_pton(AF_INET, z.p, &four) != 1) {
		return KR_S("");
	}
	four.s_addr &= htonl(0xffffff00);
	if (inet_ntop(AF_INET, &four, text, sizeof text) == NULL)
		return KR_S("");

	struct kr_buf b;

	kr_buf_init(&b, arena, 32);
	kr_buf_fmt(&b, "%s/24", text);
	return kr_buf_view(&b);
}
