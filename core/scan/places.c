/* Files by Landlock: what is not named cannot be opened any more, whoever owns it. */
#include "places.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define LOOK (READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define EDIT (READ | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define MAKE                                                                           \
	(LOOK | EDIT | LANDLOCK_ACCESS_FS_REMOVE_DIR |                                 \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |             \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |                \
	    LANDLOCK_ACCESS_FS_REFER)
#define ABI1_ALL (((uint64_t)1 << 13) - 1)
#define ABI3_TRUNCATE ((uint64_t)1 << 14) /* younger than Debian's header */
/* A rule for a file takes no rights of folders. */
#define OF_FILES (EDIT | LANDLOCK_ACCESS_FS_EXECUTE | ABI3_TRUNCATE)

static const uint64_t rights[] = { [KR_PLACE_READ] = READ,
	[KR_PLACE_LOOK] = LOOK,
	[KR_PLACE_EDIT] = EDIT | ABI3_TRUNCATE,
	[KR_PLACE_MAKE] = MAKE | ABI3_TRUNCATE };

static bool
add(int set, const struct kr_place *place, uint64_t all)
{
	struct landlock_path_beneath_attr rule = { .allowed_access =
						       rights[place->right] & all };
	struct stat st;
	bool good;

	if (place->path == NULL)
		return true;
	rule.parent_fd = open(place->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return true;
	good = fstat(rule.parent_fd, &st) == 0;
	if (good && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	good = good && syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
			   &rule, 0) == 0;
	close(rule.parent_fd);
	return good;
}

int
kr_only_places(const struct kr_place *place, size_t n)
{
	long abi = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t all = ABI1_ALL | LANDLOCK_ACCESS_FS_REFER;
	long set;
	bool good;

	/* The first version takes away every rename from one folder to another. */
	if (abi < 2)
		return 0;
	if (abi >= 3)
		all |= ABI3_TRUNCATE;
	/* The first field alone: a size every kernel with Landlock takes. */
	set = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	good = set >= 0;
	for (size_t i = 0; good && i < n; i++)
		good = add((int)set, &place[i], all);
	good = good && syscall(SYS_landlock_restrict_self, set, 0) == 0;
	if (set >= 0)
		close((int)set);
	return good ? (int)abi : -1;
}
