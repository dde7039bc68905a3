/* Looking at a running instance from outside: sockets, processes, files, certificates.
 */
#ifndef KR_CLI_PROBE_H
#define KR_CLI_PROBE_H

#include "cli/cli.h"

#include <time.h>

/* Somebody listens on HOME/run/NAME. */
bool kr_probe_socket(struct kr_cli *, const char *name, int type);
bool kr_probe_port(int port); /* on this machine */
/* Process of a service of the private stack: its number, 0 = does not run. */
int kr_probe_service(struct kr_cli *, const char *name);
/* Newest and oldest file below a folder of the instance (two levels); 0 = none. */
struct kr_ages {
	time_t newest, oldest;
	size_t n;
};
struct kr_ages kr_probe_files(struct kr_cli *, const char *folder);

/* A certificate file. */
struct kr_cert {
	int days_left;
	bool host, content; /* covers these names */
	bool key_fits;
};
bool kr_probe_cert(const char *cert_path, const char *key_path, const char *host,
    const char *content_host, struct kr_cert *cert_r);
bool kr_probe_resolves(const char *host);

#endif
