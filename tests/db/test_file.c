/* Files of objects against a real server, which db.sh has started in argv[1]: whose
   file may be attached, and what a full disk leaves. argv[2] is the repository. */
#include "../lib/auth_room.h"

#include "app/file.h"

#include <dirent.h>
#include <kr/kr.h>

KR_STMT(x_file, "issi", "",
    "INSERT INTO core_file (owner_id, store_key, name, type, size, sha256, scan,"
    " attached, created) VALUES (?, ?, ?, 'text/plain', 1, REPEAT('x', 32), 1, ?, NOW(6))");
KR_STMT(q_hangs, "i", "i", "SELECT COUNT(*) FROM core_attachment WHERE file_id = ?");
KR_STMT(q_pending, "i", "i",
    "SELECT COUNT(*) FROM core_file WHERE id = ? AND attached = 0");

static const struct kr_entity task = { .name = "task", .table = "tasks_task" };

static kr_id
new_file(kr_id owner, const char *key, bool attached)
{
	kr_id id;

	begin_write();
	id = kr_exec(&cx, &x_file, kr_i(owner), kr_s(kr_z(key)), kr_s(KR_S("a.txt")),
	    kr_i(attached));
	end();
	return id;
}

static kr_err
attach_as(kr_id person, kr_id object, kr_id file)
{
	kr_err err;

	begin_write();
	nobody.person = person;
	cx.plugin = "tasks";
	kr_attach(&cx, &task, object, "material", file);
	err = kr_status(&cx);
	if (err == KR_OK)
		err = kr_commit(&cx);
	else
		kr_rollback(&cx);
	kr_ctx_finish(&cx);
	return err;
}

static int64_t
count(const struct kr_stmt *st, kr_id file)
{
	int64_t n;

	begin();
	n = number(rw, st, KR_ARGS(kr_i(file)));
	kr_ctx_finish(&cx);
	return n;
}

static void
own_pending_file(void **state)
{
	kr_id file = new_file(MIA, "11111111111111111111111111111111", false);

	(void)state;
	assert_int_equal(attach_as(MIA, 7, file), KR_OK);
	assert_int_equal(count(&q_hangs, file), 1);
	assert_int_equal(count(&q_pending, file), 0);
	/* it hangs on something: no second place for it */
	assert_int_equal(attach_as(MIA, 8, file), KR_ENOTFOUND);
	assert_int_equal(count(&q_hangs, file), 1);
}

static void
file_of_somebody_else(void **state)
{
	kr_id file = new_file(MIA, "22222222222222222222222222222222", false);

	(void)state;
	assert_int_equal(attach_as(TEACHER, 7, file), KR_ENOTFOUND);
	assert_int_equal(attach_as(0, 7, file), KR_ENOTFOUND);
	assert_int_equal(attach_as(MIA, 7, file + 1000), KR_ENOTFOUND);
	assert_int_equal(count(&q_hangs, file), 0);
	assert_int_equal(count(&q_pending, file), 1);
}

/* ── a disk without room: the build of the tests fails a write where it is told to ──
 */

static size_t
left_in(const char *folder)
{
	char path[200];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", home, folder);
	d = opendir(path);
	assert_non_null(d);
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static kr_err
upload(bool *disk_full_r)
{
	static const struct kr_field work = { .name = "work", .type = 'f' };
	struct kr_upload *u = NULL;
	kr_err err;

	begin_write();
	nobody.person = MIA;
	assert_int_equal(kr_upload_begin(&cx, &work, KR_S("aufsatz.txt"), &u), KR_OK);
	assert_int_equal(left_in("incoming"), 1);
	err = kr_upload_data(&cx, u, "Anfang", 6);
	if (err == KR_OK)
		err = kr_upload_data(&cx, u, "Ende", 4);
	*disk_full_r = kr_upload_disk_full(&cx);
	kr_rollback(&cx);
	kr_ctx_finish(&cx);
	return err;
}

static void
disk_full(void **state)
{
	bool full;

	(void)state;
	assert_int_equal(upload(&full), KR_ELIMIT); /* at the second write */
	assert_true(full);                          /* 507 and not 413 */
	assert_int_equal(left_in("incoming"), 0);
	assert_int_equal(upload(&full), KR_OK);
	assert_false(full);
	assert_int_equal(left_in("incoming"), 0); /* given up by the request's end */
}

static int
setup(void **state)
{
	char path[200];

	(void)state;
	/* Before the first pass through any of these points. */
	if (setenv("KR_FAULT", "upload.write:2", 1) != 0 || !room_database())
		return -1;
	snprintf(path, sizeof path, "%s/incoming", home);
	assert_int_equal(mkdir(path, 0700), 0);
	app.conf.max_file_bytes = 1000;
	room_school();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_down();
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_pending_file),
		cmocka_unit_test(file_of_somebody_else),
		cmocka_unit_test(disk_full),
	};

	if (!room_args(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, setup, teardown);
}
