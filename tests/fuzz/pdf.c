/* Script in a PDF: no bytes before it hide it, and what is found in plain bytes is
   found in a packed stream of objects too. */
#include "fuzz.h"

#include "../../core/scan/pdf.c"

#include <sys/mman.h>

struct piece {
	const void *p;
	size_t n;
};

/* What is said of a file of these pieces. */
static bool
script(const struct piece *piece, size_t n)
{
	int fd = memfd_create("pdf", MFD_CLOEXEC);

	for (size_t i = 0; i < n; i++)
		MUST(write(fd, piece[i].p, piece[i].n) == (ssize_t)piece[i].n);
	bool is_script = kr_scan_pdf_script(fd);

	close(fd);
	return is_script;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char name[] = "\n<</S/JavaScript>>",
			  dict[] = "1 0 obj <</Type /ObjStm/N 1/First 4/Filter"
				   "/FlateDecode/Length 9>>\nstream\r\n";
	static unsigned char packed[1 << 17];
	uLongf size = sizeof packed;
	struct piece plain[] = { { p, n }, { name, sizeof name - 1 } };

	if (n > sizeof packed / 2)
		return 0;
	MUST(script(plain, 2));
	MUST(compress(packed, &size, p, n) == Z_OK);
	struct piece stream[] = { { dict, sizeof dict - 1 }, { packed, size } };
	MUST(!script(plain, 1) || script(stream, 2));
	/* Of those without any of our names each is let through in both forms. */
	if (memmem(p, n, "#", 1) == NULL && memmem(p, n, "JavaScript", 10) == NULL &&
	    memmem(p, n, "ObjStm", 6) == NULL)
		MUST(!script(plain, 1) && !script(stream, 2));
	return 0;
}
