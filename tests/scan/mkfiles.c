/* Writes the files the scanner is tried on: harmless ones, the EICAR test file in every
   wrapping we can make, bombs, damaged and locked ones. */
#include "../../core/scan/scan.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char eicar[69];
static unsigned char zeros[1 << 20];

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
save(const char *name, const void *data, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || !kr_scan_write_all(fd, data, n) || close(fd) != 0)
		die(name);
}

static void *
load(const char *name, size_t *n_r)
{
	FILE *f = fopen(name, "rb");
	char *buf = malloc(8 << 20);

	if (f == NULL || buf == NULL)
		die(name);
	*n_r = fread(buf, 1, 8 << 20, f);
	fclose(f);
	return buf;
}

/* ── archives, by libarchive ── */

static struct archive *
begin(const char *file, const char *format, const char *filter, const char *options)
{
	struct archive *a = archive_write_new();

	if (archive_write_set_format_by_name(a, format) != ARCHIVE_OK ||
	    (filter != NULL &&
		archive_write_add_filter_by_name(a, filter) != ARCHIVE_OK))
		die(archive_error_string(a));
	if (options != NULL && strcmp(options, "secret") == 0) {
		archive_write_set_options(a, "zip:encryption=aes256");
		archive_write_set_passphrase(a, "geheim");
	} else if (options != NULL &&
		   archive_write_set_options(a, options) != ARCHIVE_OK) {
		die(archive_error_string(a));
	}
	if (archive_write_open_filename(a, file) != ARCHIVE_OK)
		die(archive_error_string(a));
	return a;
}

static void
add(struct archive *a, const char *name, mode_t type, const void *data, size_t n,
    unsigned times)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, "/etc/passwd");
	else if (type == AE_IFREG && data == NULL && n == 1)
		archive_entry_set_hardlink(e, "first");
	else
		archive_entry_set_size(e, (la_int64_t)(n * times));
	if (archive_write_header(a, e) < ARCHIVE_WARN)
		die(archive_error_string(a));
	for (unsigned i = 0; i < times && data != NULL; i++)
		if (archive_write_data(a, data, n) != (la_ssize_t)n)
			die(archive_error_string(a));
	archive_entry_free(e);
}

static void
end(struct archive *a)
{
	if (archive_write_close(a) != ARCHIVE_OK)
		die(archive_error_string(a));
	archive_write_free(a);
}

/* One archive with one member. */
static void
wrap(const char *file, const char *format, const char *filter, const char *options,
    const char *member, const void *data, size_t n)
{
	struct archive *a = begin(file, format, filter, options);

	add(a, member, AE_IFREG, data, n, 1);
	end(a);
}

static void
wrap_file(const char *file, const char *inner)
{
	size_t n;
	void *data = load(inner, &n);

	wrap(file, "zip", NULL, NULL, inner, data, n);
	free(data);
}

static void
documents(void)
{
	static const char types[] = "<?xml version=\"1.0\"?><Types xmlns=\"x\"/>";
	char *text = calloc(1, 200001);
	struct archive *a = begin("letter.docx", "zip", NULL, NULL);

	memset(text, 'a', 200000); /* packs better than 1:100, and is no bomb */
	add(a, "_rels/.rels", AE_IFREG, types, sizeof types - 1, 1);
	add(a, "[Content_Types].xml", AE_IFREG, types, sizeof types - 1, 1);
	add(a, "word/document.xml", AE_IFREG, text, 200000, 1);
	end(a);
	a = begin("letter.odt", "zip", NULL, "zip:compression=store");
	add(a, "mimetype", AE_IFREG, "application/vnd.oasis.opendocument.text", 39, 1);
	add(a, "content.xml", AE_IFREG, text, 200000, 1);
	add(a, "META-INF/manifest.xml", AE_IFREG, types, sizeof types - 1, 1);
	end(a);
	memcpy(text + 4090, "<manifest:encryption-data>", 26);
	a = begin("locked.odt", "zip", NULL, "zip:compression=store");
	add(a, "mimetype", AE_IFREG, "application/vnd.oasis.opendocument.text", 39, 1);
	add(a, "META-INF/manifest.xml", AE_IFREG, text, 5000, 1);
	end(a);
	free(text);
}

static void
infected(void)
{
	char behind[80];

	save("eicar.com", eicar, 68);
	wrap("eicar.zip", "zip", NULL, NULL, "a/e.com", eicar, 68);
	wrap_file("eicar2.zip", "eicar.zip");
	wrap_file("eicar3.zip", "eicar2.zip");
	wrap("eicar.tar.gz", "pax", "gzip", NULL, "e.com", eicar, 68);
	wrap("eicar.tar.xz", "pax", "xz", NULL, "e.com", eicar, 68);
	wrap("eicar.tar.zst", "pax", "zstd", NULL, "e.com", eicar, 68);
	wrap("eicar.gz", "raw", "gzip", NULL, "e.com", eicar, 68);
	wrap("eicar.7z", "7zip", NULL, NULL, "e.com", eicar, 68);
	wrap("eicar.iso", "iso9660", NULL, NULL, "e.com", eicar, 68);
	/* Behind 30 MB that pack to nothing, where a scanner may lose patience. */
	struct archive *a = begin("eicar-behind.zip", "zip", NULL, NULL);
	unsigned char *half = malloc(30 << 20);
	memset(half, 0, 30 << 20);
	memcpy(half + (30 << 20) - 100, eicar, 68);
	add(a, "big", AE_IFREG, half, 30 << 20, 1);
	end(a);
	free(half);
	/* With only the first part of the central directory left. */
	size_t n;
	char *zip = load("eicar.zip", &n);
	save("eicar-cut.zip", zip, n - 30);
	free(zip);
	int k = snprintf(behind, sizeof behind, "%s and more", eicar);
	save("eicar-more.txt", behind, (size_t)k);
}

static void
bombs(void)
{
	struct archive *a = begin("ratio.zip", "zip", NULL, NULL);
	char name[300];
	size_t n;

	add(a, "zeros", AE_IFREG, zeros, sizeof zeros, 200);
	end(a);
	a = begin("ten.zip", "zip", NULL, NULL);
	add(a, "zeros", AE_IFREG, zeros, sizeof zeros, 10);
	end(a);
	char *ten = load("ten.zip", &n);
	a = begin("nested.zip", "zip", NULL, NULL);
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof name, "%d.zip", i);
		add(a, name, AE_IFREG, ten, n, 1);
	}
	end(a);
	free(ten);
	a = begin("ratio.gz", "raw", "gzip", NULL);
	add(a, "zeros", AE_IFREG, zeros, sizeof zeros, 200);
	end(a);
	a = begin("entries.zip", "zip", NULL, NULL);
	for (int i = 0; i <= 10000; i++) {
		snprintf(name, sizeof name, "%d", i);
		add(a, name, AE_IFREG, "", 0, 1);
	}
	end(a);
	wrap("depth1.zip", "zip", NULL, NULL, "x.txt", "hello", 5);
	wrap_file("depth2.zip", "depth1.zip");
	wrap_file("depth3.zip", "depth2.zip");
	wrap_file("depth4.zip", "depth3.zip");
	wrap_file("depth5.zip", "depth4.zip");
	a = begin("link.zip", "zip", NULL, NULL);
	add(a, "l", AE_IFLNK, NULL, 0, 0);
	end(a);
	a = begin("hardlink.tar", "pax", NULL, NULL);
	add(a, "first", AE_IFREG, "x", 1, 1);
	add(a, "second", AE_IFREG, NULL, 1, 0);
	end(a);
	a = begin("device.tar", "pax", NULL, NULL);
	add(a, "sda", AE_IFBLK, NULL, 0, 0);
	end(a);
	wrap("slip.zip", "zip", NULL, NULL, "a/../../../etc/cron.d/x", "x", 1);
	wrap("slip-win.zip", "zip", NULL, NULL, "a\\..\\..\\x", "x", 1);
	wrap("absolute.zip", "zip", NULL, NULL, "/etc/passwd", "x", 1);
	wrap("drive.zip", "zip", NULL, NULL, "C:\\x", "x", 1);
	memset(name, 'n', 256);
	name[256] = '\0';
	wrap("longname.zip", "zip", NULL, NULL, name, "x", 1);
	/* A hole of eight gigabytes. */
	a = begin("sparse.tar", "pax", NULL, NULL);
	struct archive_entry *e = archive_entry_new();
	archive_entry_set_pathname(e, "hole");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_size(e, (la_int64_t)8 << 30);
	archive_entry_sparse_add_entry(e, ((la_int64_t)8 << 30) - 512, 512);
	archive_write_header(a, e);
	archive_write_data(a, zeros, 0);
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
}

static void
put(unsigned char *p, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

/* Fifty names in the directory for the same packed bytes. */
static void
overlap(void)
{
	struct archive *a = begin("one.zip", "zip", NULL, NULL);
	size_t n, at;

	add(a, "zeros", AE_IFREG, zeros, sizeof zeros, 20);
	end(a);
	unsigned char *zip = load("one.zip", &n), *out = calloc(1, n * 60);
	for (at = n - 4; at > 0 && memcmp(zip + at, "PK\1\2", 4) != 0; at--)
		;
	size_t one = n - 22 - at, to = at;
	memcpy(out, zip, at);
	for (int i = 0; i < 50; i++, to += one) {
		memcpy(out + to, zip + at, one);
		out[to + 46] = (unsigned char)('0' + i);
	}
	memcpy(out + to, zip + n - 22, 22);
	put(out + to + 8, 2, 50);
	put(out + to + 10, 2, 50);
	put(out + to + 12, 4, 50 * one);
	save("overlap.zip", out, to + 22);
	free(zip);
	free(out);
}

/* ── by hand ── */

static uint32_t
crc32_of(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint32_t c = ~0u;

	while (n-- > 0) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = (c & 1) != 0 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

/* A rar of the old kind that stores one file; flags 4: with a password. */
static void
rar(const char *file, unsigned flags)
{
	unsigned char b[256] = "Rar!\x1a\x07";
	size_t at = 7, head = 32 + 5;

	put(b + at + 2, 1, 0x73); /* the archive */
	put(b + at + 5, 2, 13);
	put(b + at, 2, crc32_of(b + at + 2, 11));
	at += 13;
	put(b + at + 2, 1, 0x74); /* a file */
	put(b + at + 3, 2, 0x8000u | flags);
	put(b + at + 5, 2, head);
	put(b + at + 7, 4, 68);
	put(b + at + 11, 4, 68);
	put(b + at + 15, 1, 3);
	put(b + at + 16, 4, crc32_of(eicar, 68));
	put(b + at + 24, 1, 29);
	put(b + at + 25, 1, 0x30);
	put(b + at + 26, 2, 5);
	put(b + at + 28, 4, 0x81a4);
	memcpy(b + at + 32, "e.com", 5);
	put(b + at, 2, crc32_of(b + at + 2, head - 2));
	memcpy(b + at + head, eicar, 68);
	if (flags != 0)
		for (size_t i = 0; i < 68; i++)
			b[at + head + i] ^= 0x55;
	at += head + 68;
	static const unsigned char tail[] = { 0xc4, 0x3d, 0x7b, 0x00, 0x40, 0x07,
		0x00 };
	memcpy(b + at, tail, sizeof tail);
	save(file, b, at + sizeof tail);
}

/* What Word and Excel make of a document with a password: a compound file whose stream
   EncryptedPackage holds everything. */
static void
locked_office(void)
{
	unsigned char b[512 * 12] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	static const char *const name[] = { "Root Entry", "EncryptedPackage",
		"EncryptionInfo" };

	put(b + 24, 2, 0x3e);
	put(b + 26, 2, 3);
	put(b + 28, 2, 0xfffe);
	put(b + 30, 2, 9);
	put(b + 32, 2, 6);
	put(b + 44, 4, 1); /* one FAT sector, number 0; folder in sector 1 */
	put(b + 48, 4, 1);
	put(b + 56, 4, 4096);
	put(b + 60, 4, 0xfffffffeu);
	put(b + 68, 4, 0xfffffffeu);
	memset(b + 76, 0xff, 436);
	put(b + 76, 4, 0);
	memset(b + 512, 0xff, 512);
	put(b + 512, 4, 0xfffffffdu);
	put(b + 516, 4, 0xfffffffeu);
	for (size_t i = 2; i < 9; i++)
		put(b + 512 + 4 * i, 4, i + 1);
	put(b + 512 + 4 * 9, 4, 0xfffffffeu);
	for (size_t i = 0; i < 3; i++) {
		unsigned char *e = b + 1024 + 128 * i;

		for (size_t j = 0; name[i][j] != '\0'; j++)
			e[2 * j] = (unsigned char)name[i][j];
		put(e + 64, 2, 2 * (strlen(name[i]) + 1));
		e[66] = i == 0 ? 5 : 2;
		e[67] = 1;
		put(e + 68, 4, 0xffffffffu);
		put(e + 72, 4, i == 1 ? 2 : 0xffffffffu);
		put(e + 76, 4, i == 0 ? 1 : 0xffffffffu);
		put(e + 116, 4, i == 1 ? 2 : 0xfffffffeu);
		put(e + 120, 4, i == 1 ? 4096 : 0);
	}
	memset(b + 512 * 3, 0x5a, 4096);
	save("locked.docx", b, 512 * 11);
}

/* A PDF with one stream of objects; how: what its dictionary says, packed or not. */
static void
pdf(const char *file, const char *how, const char *objects)
{
	bool flate = strstr(how, "Flate") != NULL;
	unsigned char data[512];
	uLongf n = sizeof data;
	char text[2048];

	if (compress(data, &n, (const Bytef *)objects, strlen(objects)) != Z_OK)
		die("compress");
	int head = snprintf(text, 1024,
	    "%%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R>>\nendobj\n"
	    "2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n6 0 obj\n%s\nstream\n",
	    how);
	size_t at = (size_t)head;
	if (!flate)
		n = strlen(objects);
	memcpy(text + at, flate ? (const char *)data : objects, n);
	at += n;
	at += (size_t)snprintf(
	    text + at, 128, "\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n");
	save(file, text, at);
}

static void
pdfs(void)
{
	static const char script[] = "5 0 <</S/JavaScript/JS(app.alert\\(1\\))>>";

	pdf("quiet.pdf", "<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length 9>>",
	    "5 0 <</S/Named/N/NextPage>>");
	pdf("quiet2.pdf", "<</Length 9>>", "(JavaScript is a word, /JavaScripts none)");
	pdf("script.pdf", "<</Length 9>>", script);
	pdf("script2.pdf", "<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length 9>>",
	    script);
	/* Forms that hide the bytes from whoever does not know all of them. */
	pdf("script3.pdf",
	    "<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms<</Predictor 12>>>>",
	    script + 1);
	pdf("script4.pdf", "<</Type/ObjStm/N 1/Filter[/FlateDecode/FlateDecode]>>",
	    "nothing");
	pdf("script5.pdf", "<</Type/ObjStm/N 1/Filter 9 0 R>>", "nothing");
	pdf("script6.pdf",
	    "/ObjStm\nendobj\n7 0 obj\n<</Type 6 0 R/Filter/FlateDecode/Length 9>>",
	    script);
	pdf("script7.pdf", "<</Length 9>>",
	    "<</S/JavaScript\x80/JS(app.alert\\(1\\))>>");
	pdf("script8.pdf",
	    "<</Type/ObjStm/N 1/First 4/Filter 7 0 R/Extends/FlateDecode>>", "nothing");
}

static void
plain(void)
{
	static const unsigned char png[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0,
		0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f,
		0x15, 0xc4, 0x89, 0, 0, 0, 13, 'I', 'D', 'A', 'T', 0x78, 0x9c, 0x63,
		0xf8, 0xff, 0xff, 0xff, 0x7f, 0, 9, 0xfb, 3, 0xfd, 5, 0x43, 0x45, 0xca,
		0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
	static const char pdf[] = "%PDF-1.4\n"
				  "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
				  "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
				  "trailer<</Root 1 0 R>>\n%%EOF\n";
	static const char locked[] =
	    "%PDF-1.4\n"
	    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
	    "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
	    "5 0 obj<</Filter/Standard/V 1/R 2/Length 40/P -4"
	    "/O<00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff>"
	    "/U<ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100>>>endobj\n"
	    "xref\n0 1\n0000000000 65535 f \n"
	    "trailer<</Size 6/Root 1 0 R/Encrypt 5 0 R"
	    "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]>>\n"
	    "startxref\n289\n%%EOF\n";
	static const char text[] = "Liebe Eltern,\n\nam Freitag fällt der Sport aus.\n";

	save("text.txt", text, sizeof text - 1);
	save("empty.txt", "", 0);
	save("number.txt", "070707 is a number, not a cpio archive\n", 39);
	save("dot.png", png, sizeof png);
	save("plain.pdf", pdf, sizeof pdf - 1);
	save("locked.pdf", locked, sizeof locked - 1);
	pdfs();
	wrap("text.zip", "zip", NULL, "hdrcharset=UTF-8", "Brief.txt", text,
	    sizeof text - 1);
	wrap("windows.zip", "zip", NULL, NULL, "folder\\letter.txt", text,
	    sizeof text - 1);
	wrap("text.7z", "7zip", NULL, NULL, "letter.txt", text, sizeof text - 1);
	wrap("locked-aes.zip", "zip", NULL, "secret", "letter.txt", text,
	    sizeof text - 1);
	save("none.zip", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
	size_t n;
	char *zip = load("letter.docx", &n);
	zip[200] ^= 0x20;
	save("damaged.docx", zip, n);
	free(zip);
	/* A name in the alphabet of an old Windows. */
	zip = load("text.zip", &n);
	for (size_t i = 0; i + 9 < n; i++)
		if (memcmp(zip + i, "Brief.txt", 9) == 0)
			zip[i] = (char)0x81;
	save("cp850.zip", zip, n);
	free(zip);
}

int
main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) != 0)
		die("usage: mkfiles DIR");
	kr_scan_eicar(eicar);
	documents();
	plain();
	infected();
	bombs();
	overlap();
	rar("eicar.rar", 0);
	rar("locked.rar", 4);
	locked_office();
	return 0;
}
