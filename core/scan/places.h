/* Landlock: which files a process can still open. Shared by the scanner and by core. */
#ifndef KR_SCAN_PLACES_H
#define KR_SCAN_PLACES_H

#include <stddef.h>

enum kr_place_right {
	KR_PLACE_READ, /* the file, or the files in a folder */
	KR_PLACE_LOOK, /* and what is in the folder */
	KR_PLACE_EDIT, /* the file, read and written */
	KR_PLACE_MAKE  /* and made, renamed and removed in the folder */
};
struct kr_place {
	const char *path; /* NULL: none; one that is not there needs no permission */
	enum kr_place_right right;
};

/* Only the given places stay open to this process and to what it forks, for good. Needs
   no_new_privs. Returns the kernel's Landlock version, 0 if it has none that can do
   this, -1 if it has but would not. */
int kr_only_places(const struct kr_place *, size_t n);

#endif
