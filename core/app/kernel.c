/* Small things that only administration pages ask of the kernel. */
#include "auth/auth.h"
#include "html/text.h"
#include "http/http.h"
#include "plugin/registry.h"
#include <kr/kernel.h>
#include <kr/kr.h>

void
kr_kernel_person_sign_out(kr_ctx *cx, kr_id person)
{
	if (kr_status(cx) != KR_OK)
		return;
	kr_session_end_all(cx, person, 0);
	kr_audit(cx, "core.person_signed_out", person);
}

kr_str
kr_kernel_text(kr_ctx *cx, kr_str key, kr_str arg)
{
	return kr_text_args(cx, kr_cstr(cx, key), &arg, 1);
}

struct kr_instance
kr_kernel_instance(kr_ctx *cx)
{
	kr_str origin = kr_own_origin(cx), https = KR_S("https://");

	return (struct kr_instance){
		.school = kr_z(cx->app->conf.school),
		.address = kr_starts(origin, https) ? kr_sub(origin, https.n, origin.n)
						    : origin,
	};
}
