/* The certificate of a school: taken from files, fetched by ACME with uacme, or, for
   the first minutes, one of our own that no browser trusts. */
#include "cli/init.h"

#include "cli/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── files ── */

/* Complete or not at all; the mode is there before the bytes are. */
static bool
copy_file(struct kr_cli *cli, const char *from, const char *below_home, mode_t mode)
{
	char *to = kr_path(cli, below_home);
	const char *aside = kr_fmt(cli->said, "%s.new", to).p;
	kr_str bytes = KR_S("");
	bool ok = kr_read_file(cli->said->arena, from, &bytes);
	int fd = -1;

	(void)unlink(aside);
	if (ok)
		fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	ok = fd >= 0 && fchmod(fd, mode) == 0 &&
	     write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0;
	if (fd >= 0)
		ok = close(fd) == 0 && ok && rename(aside, to) == 0;
	if (!ok)
		kr_complain(
		    cli, "core.cli.cannot_write", kr_z(to), kr_z(strerror(errno)));
	free(to);
	return ok;
}

bool
kr_cert_install(struct kr_cli *cli, const char *cert, const char *key)
{
	return copy_file(cli, key, "etc/key.pem", 0600) &&
	       copy_file(cli, cert, "etc/cert.pem", 0644);
}

/* ── a certificate of our own ── */

static bool
add_names(X509 *x, const char *host, const char *content_host)
{
	char names[600];
	X509_EXTENSION *ext;
	bool ok;

	snprintf(names, sizeof names, "DNS:%s,DNS:%s", host, content_host);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static X509 *
make_cert(EVP_PKEY *key, const char *host, const char *content_host)
{
	X509 *x = X509_new();
	X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
	bool ok = name && X509_set_version(x, 2) == 1 &&
		  ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
		  X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
		  X509_gmtime_adj(X509_getm_notAfter(x), 30L * 86400) != NULL &&
		  X509_set_pubkey(x, key) == 1 &&
		  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		      (const unsigned char *)"Kreide, provisional", -1, -1, 0) == 1 &&
		  X509_set_issuer_name(x, name) == 1 &&
		  add_names(x, host, content_host) &&
		  X509_sign(x, key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

bool
kr_cert_placeholder(struct kr_cli *cli, const char *host, const char *content_host)
{
	char *cert_path = kr_path(cli, "etc/cert.pem"),
	     *key_path = kr_path(cli, "etc/key.pem");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? make_cert(key, host, content_host) : NULL;
	FILE *kf, *cf;
	bool ok = false;

	(void)unlink(key_path);
	kf = x ? kr_private_file(cli, key_path) : NULL;
	cf = kf ? fopen(cert_path, "we") : NULL;
	if (cf) {
		ok = PEM_write_PrivateKey(kf, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		     PEM_write_X509(cf, x) == 1;
		ok &= fchmod(fileno(cf), 0644) == 0 && fclose(cf) == 0;
	}
	if (kf)
		ok &= fclose(kf) == 0;
	if (!ok)
		kr_complain(cli, "core.cli.cannot_write", kr_z(cert_path),
		    kr_z(strerror(errno)));
	X509_free(x);
	EVP_PKEY_free(key);
	free(cert_path);
	free(key_path);
	return ok;
}

/* ── ACME ── */

/* uacme calls us as METHOD TYPE IDENT TOKEN AUTH and wants the token on port 80, where
   nginx serves HOME/acme. */
bool
kr_acme_hook(int argc, char **argv, int *exit_r)
{
	const char *folder = getenv("KR_ACME_FOLDER");
	char path[PATH_MAX];
	FILE *f;

	if (folder == NULL || argc != 6)
		return false;
	*exit_r = 1; /* this kind of challenge is declined */
	if (strcmp(argv[2], "http-01") != 0 || argv[4][0] == '.' ||
	    strchr(argv[4], '/') != NULL)
		return true;
	snprintf(path, sizeof path, "%s/%s", folder, argv[4]);
	if (strcmp(argv[1], "begin") != 0) {
		*exit_r = unlink(path) == 0 || errno == ENOENT ? 0 : 1;
		return true;
	}
	f = fopen(path, "we");
	if (f != NULL) {
		bool ok = fputs(argv[5], f) >= 0 && fchmod(fileno(f), 0644) == 0;

		*exit_r = fclose(f) == 0 && ok ? 0 : 1;
	}
	return true;
}

static bool
make_folders(struct kr_cli *cli)
{
	char *known = kr_path(cli, "acme/.well-known");
	char *challenge = kr_path(cli, "acme/.well-known/acme-challenge");
	bool ok;

	(void)mkdir(known, 0755);
	(void)mkdir(challenge, 0755);
	ok =
	    access(challenge, W_OK) == 0 && setenv("KR_ACME_FOLDER", challenge, 1) == 0;
	free(known);
	free(challenge);
	return ok;
}

/* nginx reads a new certificate when told to. */
static void
reload_nginx(struct kr_cli *cli)
{
	char *path = kr_path(cli, "run/nginx.pid");
	kr_str text;
	int64_t pid;

	if (kr_read_file(cli->said->arena, path, &text) &&
	    kr_to_i(kr_trim(text), &pid) && pid > 1 && pid < INT32_MAX)
		(void)kill((pid_t)pid, SIGHUP);
	free(path);
}

struct order {
	const char *server; /* of another authority; NULL: uacme's own choice */
	const struct kr_config *conf;
	const char *store; /* account and keys of uacme */
};

static int
uacme(struct kr_cli *cli, const struct order *o, bool account)
{
	const char *words[16] = { "uacme", "-c", o->store };
	size_t n = 3;

	if (o->server) {
		words[n++] = "-a";
		words[n++] = o->server;
	}
	if (account) {
		words[n++] =
		    "-y"; /* whoever asks for a certificate accepts the terms */
		words[n++] = "new";
	} else {
		words[n++] = "-h";
		words[n++] = kr_fmt(cli->said, "%s/kreide", cli->lib).p;
		words[n++] = "issue";
		words[n++] = o->conf->host;
		words[n++] = o->conf->content_host;
	}
	words[n] = NULL;
	return kr_run_program(words, NULL);
}

static int
fetch(struct kr_cli *cli, const struct order *o)
{
	const char *account = kr_fmt(cli->said, "%s/private/key.pem", o->store).p;
	const char *cert =
	    kr_fmt(cli->said, "%s/%s/cert.pem", o->store, o->conf->host).p;
	const char *key =
	    kr_fmt(cli->said, "%s/private/%s/key.pem", o->store, o->conf->host).p;
	int how = 0;

	(void)mkdir(o->store, 0700);
	if (!make_folders(cli)) {
		kr_complain(
		    cli, "core.cli.cannot_write", KR_S("acme/"), kr_z(strerror(errno)));
		return KR_X_DOWN;
	}
	if (access(account, F_OK) != 0)
		how = uacme(cli, o, true);
	if (how == 0)
		how = uacme(cli, o, false);
	if (how == -1 || how == 127) {
		kr_complain(cli, "core.cli.no_uacme");
		return KR_X_DOWN;
	}
	if (how > 1) { /* 1: the one we have is still good */
		kr_complain(cli, "core.cli.acme_failed");
		return KR_X_WRONG;
	}
	if (!kr_cert_install(cli, cert, key))
		return KR_X_DOWN;
	reload_nginx(cli);
	kr_say_(
	    cli, how == 1 ? "core.cli.acme_current" : "core.cli.acme_done", NULL, 0);
	return KR_X_OK;
}

int
kr_cmd_certificate(struct kr_cli *cli, int argc, char **argv)
{
	struct order o = { 0 };
	const struct kr_opt opts[] = { { "server", 's', &o.server } };
	struct kr_args a = {
		.command = "certificate", .opts = opts, .nopts = KR_LEN(opts)
	};
	struct kr_config conf;
	char why[500] = "";
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (!kr_config_read(&conf, cli->home, why, sizeof why)) {
		kr_complain(cli, "core.cli.no_instance", kr_z(cli->home), kr_z(why));
		return KR_X_DOWN;
	}
	if (conf.demo ||
	    strcmp(kr_conf_get(conf.conf, "certificate", ""), "acme") != 0) {
		kr_complain(cli, "core.cli.acme_not_here");
		return KR_X_REFUSED;
	}
	o.conf = &conf;
	o.store = kr_fmt(cli->said, "%s/secret/acme", cli->home).p;
	code = fetch(cli, &o);
	if (code == KR_X_OK && cli->json)
		return kr_print_json(json_pack("{s:b}", "certificate", 1));
	return code;
}
