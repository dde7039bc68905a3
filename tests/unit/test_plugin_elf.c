/* The ELF reader over this program itself, whole and broken in thousands of ways. */
#include "../lib/base_room.h"

#include "../../core/plugin/elf.c"

static char path[] = "/tmp/kr-test-elf-XXXXXX";
static unsigned char *image;
static size_t size;

static void
write_image(const unsigned char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

/* Everything a loader asks; it must come back, whatever the file says. */
static bool
walk(void)
{
	struct kr_elf e;
	struct kr_elf_symbol s;
	uint64_t sum = 0;

	if (!kr_elf_open(&e, path)) {
		assert_true(e.why[0] != 0);
		return false;
	}
	for (size_t i = 1; i < e.nsyms && i < 300; i++)
		if (kr_elf_symbol(&e, i, &s))
			sum += strlen(s.name);
	for (size_t i = 0; i < e.nneeded; i++)
		sum += kr_elf_needed(&e, i) == NULL ? 0 : strlen(kr_elf_needed(&e, i));
	sum += kr_elf_writable(&e) + kr_elf_executable_data(&e);
	sum += kr_elf_odd_relocation(&e) == NULL;
	sum += kr_elf_note(&e, "Kreide", 1, 24) == NULL;
	sum += kr_elf_text(&e, kr_elf_pointer(&e, e.strtab)) == NULL;
	kr_elf_close(&e);
	return sum > 0;
}

static void
test_whole(void **state)
{
	struct kr_elf e;
	struct kr_elf_symbol s;
	bool found = false, libc = false;

	(void)state;
	write_image(image, size);
	assert_true(kr_elf_open(&e, path));
	for (size_t i = 1; i < e.nsyms; i++) {
		assert_true(kr_elf_symbol(&e, i, &s));
		found = found || (!s.defined && strcmp(s.name, "mmap") == 0);
	}
	for (size_t i = 0; i < e.nneeded; i++)
		libc = libc || strcmp(kr_elf_needed(&e, i), "libc.so.6") == 0;
	assert_true(found);
	assert_true(libc);
	assert_non_null(kr_elf_note(&e, "GNU", NT_GNU_BUILD_ID, 20));
	assert_null(kr_elf_note(&e, "GNU", NT_GNU_BUILD_ID, 21));
	assert_false(kr_elf_executable_data(&e));
	assert_null(kr_elf_at(&e, UINT64_MAX - 8, 16));
	assert_null(kr_elf_at(&e, 0, UINT64_MAX));
	assert_null(kr_elf_text(&e, UINT64_MAX));
	kr_elf_close(&e);
}

static void
test_cut_off(void **state)
{
	(void)state;
	for (size_t n = 1; n < size; n += n / 3 + 1) {
		write_image(image, n);
		(void)walk();
	}
	write_image((const unsigned char *)"#!/bin/sh\n", 10);
	assert_false(walk());
}

/* Flips in the head, where the tables lie, with a fixed sequence: a failure comes
 * again. */
static void
test_flipped(void **state)
{
	uint64_t seed = 42;
	struct kr_elf e;
	size_t head = size < 65536 ? size : 65536, dynamic = 0;

	(void)state;
	write_image(image, size);
	assert_true(kr_elf_open(&e, path));
	for (size_t i = 0; i < e.nseg; i++)
		if (e.seg[i].p_type == PT_DYNAMIC)
			dynamic = e.seg[i].p_offset;
	kr_elf_close(&e);
	for (int round = 0; round < 1500; round++) {
		size_t at[3];
		unsigned char was[3];

		for (int i = 0; i < 3; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;

			size_t pick = (size_t)(seed >> 20);

			at[i] = round % 3 == 0   ? pick % 1024
				: round % 3 == 1 ? dynamic + pick % 512
						 : pick % head;
			was[i] = image[at[i]];
			image[at[i]] = (unsigned char)(seed >> 56);
		}
		write_image(image, size < 400000 ? size : 400000);
		(void)walk();
		for (int i = 2; i >= 0; i--)
			image[at[i]] = was[i];
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_flipped),
	};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy = mkstemp(path),
	    failed;
	struct stat st;

	if (fd < 0 || copy < 0 || fstat(fd, &st) != 0)
		return 1;
	close(copy);
	size = (size_t)st.st_size;
	image = malloc(size);
	if (image == NULL || read(fd, image, size) != st.st_size)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(image);
	unlink(path);
	return failed;
}
