/* SPDX-License-Identifier: MIT */
/* Whole files in and out: what is kept, what is refused, and what is never left behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "folder_test.h"
#include "io/file.h"

static void write_text(const char *text)
{
    FILE *const f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static void expect_text(const char *text)
{
    void *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(aimci_file_read(ctx, path, 100, NULL, &data, &size), AIMC_OK);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_str_eq((const char *)data, text); /* terminated, too */
    aimci_free(ctx, data);
}

/* Nothing but the file itself is in the folder. */
static void expect_alone(void)
{
    DIR *const d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    size_t n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    ck_assert_uint_eq(n, 3); /* with . and .. */
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static aimc_status write_big(void *user, FILE *file)
{
    const char *const text = user;
    for (int i = 0; i < 10000; i++)
        fputs(text, file);
    return AIMC_OK;
}

static aimc_status write_and_give_up(void *user, FILE *file)
{
    fputs(user, file);
    return aimci_fail(AIMC_ERR_STATE, "changed my mind");
}

START_TEST(files_that_cannot_be_read)
{
    void *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(aimci_file_read(ctx, path, 100, NULL, &data, &size), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "cannot open: No such file"));
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), path));
    ck_assert_int_eq(aimci_file_read(ctx, folder, 100, NULL, &data, &size), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "directory"));
    ck_assert_int_eq(aimci_file_read(ctx, "/dev/zero", 100, NULL, &data, &size), AIMC_ERR_IO);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(aimci_file_read(ctx, path, 100, NULL, &data, &size), AIMC_ERR_IO);
    unlink(path);
    write_text("12345");
    ck_assert_int_eq(aimci_file_read(ctx, path, 4, NULL, &data, &size), AIMC_ERR_FORMAT);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(aimci_file_read(ctx, path, 5, NULL, &data, &size), AIMC_OK);
    aimci_free(ctx, data);
}
END_TEST

START_TEST(files_keep_their_permissions)
{
    write_text("old");
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_big, path), AIMC_OK);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(giving_up_leaves_the_old_file)
{
    write_text("old");
    const size_t fds = open_descriptors();
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_and_give_up, folder), AIMC_ERR_STATE);
    ck_assert_str_eq(aimc_get_last_error(), "changed my mind");
    expect_text("old");
    expect_alone();
    ck_assert_uint_eq(open_descriptors(), fds);
}
END_TEST

/* As on a full disk: the system takes some bytes and then no more. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    write_text("old");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    const size_t fds = open_descriptors();
    for (rlim_t limit = 0; limit <= 100000; limit = limit * 10 + 1) {
        const struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        const aimc_status st = aimci_file_replace(ctx, path, write_big, path);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        ck_assert_int_eq(st, AIMC_ERR_IO);
        ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "cannot write: File too large"));
        expect_text("old");
        expect_alone();
    }
    ck_assert_uint_eq(open_descriptors(), fds);
    signal(SIGXFSZ, SIG_DFL);
}
END_TEST

START_TEST(places_that_cannot_be_written)
{
    char elsewhere[200];
    snprintf(elsewhere, sizeof elsewhere, "%s/no/such/folder", folder);
    ck_assert_int_eq(aimci_file_replace(ctx, elsewhere, write_big, path), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "No such file"));
    ck_assert_int_eq(mkdir(path, 0700), 0); /* a directory does not give up its name */
    const size_t fds = open_descriptors();
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_big, path), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "is a directory, not a regular file"));
    expect_alone();
    ck_assert_uint_eq(open_descriptors(), fds);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(stale_temporary_files_are_passed_over)
{
    char stale[200];
    snprintf(stale, sizeof stale, "%s.tmp-%ld-0", path, (long)getpid());
    FILE *const f = fopen(stale, "wb");
    ck_assert_ptr_nonnull(f);
    fclose(f);
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_big, path), AIMC_OK);
    ck_assert_int_eq(unlink(stale), 0); /* still there: it is not ours */
    expect_alone();
}
END_TEST

/* The pid of a process that is no more. */
static long dead_process(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    return (long)child;
}

static void touch(const char *name)
{
    FILE *const f = fopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    fclose(f);
}

START_TEST(temporary_files_of_the_dead_are_removed)
{
    char mine[200], dead[200], others[3][200];
    snprintf(dead, sizeof dead, "%s.tmp-%ld-3", path, dead_process());
    snprintf(mine, sizeof mine, "%s.tmp-%ld-7", path, (long)getpid());
    snprintf(others[0], sizeof others[0], "%s.tmp-1-0", path); /* alive */
    snprintf(others[1], sizeof others[1], "%s.tmp-%ld-x", path, dead_process());
    snprintf(others[2], sizeof others[2], "%s2.tmp-%ld-0", path, dead_process());
    touch(dead);
    touch(mine);
    for (int k = 0; k < 3; k++)
        touch(others[k]);
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_big, path), AIMC_OK);
    ck_assert_int_ne(access(dead, F_OK), 0);
    ck_assert_int_eq(unlink(mine), 0);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(unlink(others[k]), 0);
    expect_alone();
}
END_TEST

/* Links that are relative, absolute, in a row, and to a file that is not there yet. */
START_TEST(links_stay_links)
{
    char link[200], second[200], target[200];
    struct stat info;
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(second, sizeof second, "%s/second", folder);
    snprintf(target, sizeof target, "%s/deep", folder);
    ck_assert_int_eq(mkdir(target, 0700), 0);
    snprintf(target, sizeof target, "%s/deep/target", folder);
    ck_assert_int_eq(symlink("deep/target", link), 0);
    ck_assert_int_eq(symlink(link, second), 0);
    for (int k = 0; k < 2; k++) {
        ck_assert_msg(aimci_file_replace(ctx, second, write_big, path) == AIMC_OK, "%s",
                      aimc_get_last_error());
        ck_assert(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
        ck_assert(lstat(second, &info) == 0 && S_ISLNK(info.st_mode));
        ck_assert(lstat(target, &info) == 0 && S_ISREG(info.st_mode));
        ck_assert_int_eq(unlink(target), 0);
    }
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(symlink("second", link), 0); /* round and round */
    ck_assert_int_eq(aimci_file_replace(ctx, second, write_big, path), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "link"));
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(unlink(second), 0);
    snprintf(target, sizeof target, "%s/deep", folder);
    ck_assert_int_eq(rmdir(target), 0);
}
END_TEST

/* As root, saving to /dev/null once replaced the device for the whole machine. */
START_TEST(only_regular_files_are_replaced)
{
    char link[200];
    struct stat info;
    snprintf(link, sizeof link, "%s/link", folder);
    ck_assert_int_eq(symlink("/dev/null", link), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    const char *const taken[] = {path, link, "/dev/null", folder};
    for (int k = 0; k < 4; k++) {
        ck_assert_int_eq(aimci_file_replace(ctx, taken[k], write_big, path), AIMC_ERR_IO);
        ck_assert_msg(strstr(aimc_get_last_error(), "not a regular file") != NULL, "%s",
                      aimc_get_last_error());
    }
    ck_assert(lstat(path, &info) == 0 && S_ISFIFO(info.st_mode));
    ck_assert(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(files_keep_their_owner)
{
    if (geteuid() != 0)
        return; /* only root may give files away */
    write_text("old");
    ck_assert_int_eq(chown(path, 1234, 2345), 0);
    ck_assert_int_eq(chmod(path, 02750), 0);
    ck_assert_int_eq(aimci_file_replace(ctx, path, write_big, path), AIMC_OK);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 02750);
    ck_assert_uint_eq(info.st_uid, 1234);
    ck_assert_uint_eq(info.st_gid, 2345);
}
END_TEST

/* As bash hands over "<(...)": no size, no seeking, and not all at once. */
START_TEST(pipes_are_read)
{
    enum { N = 200000 };
    int ends[2];
    char name[64];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (int k = 0; k < N; k += 1000) {
            static const char block[1000];
            if (k == 0)
                nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
            if (write(ends[1], block, sizeof block) != (ssize_t)sizeof block)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    void *data = NULL;
    size_t size = 0;
    ck_assert_msg(aimci_file_read(ctx, name, N, NULL, &data, &size) == AIMC_OK, "%s",
                  aimc_get_last_error());
    ck_assert_uint_eq(size, N);
    ck_assert_int_eq(((const char *)data)[N], 0);
    aimci_free(ctx, data);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(pipes_have_bounds)
{
    void *data = NULL;
    size_t size = 0;
    char name[64];
    for (int k = 0; k < 3; k++) {
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(write(ends[1], "12345", (size_t)(k == 2 ? 0 : 5)), k == 2 ? 0 : 5);
        close(ends[1]);
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        const aimc_status st = aimci_file_read(ctx, name, k == 0 ? 5 : 4, NULL, &data, &size);
        ck_assert_int_eq(st, k == 0 ? AIMC_OK : k == 1 ? AIMC_ERR_FORMAT : AIMC_ERR_IO);
        aimci_free(ctx, data);
        close(ends[0]);
    }
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("file");
    TCase *const t = aimct_case(s, "file");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, files_that_cannot_be_read);
    tcase_add_test(t, files_keep_their_permissions);
    tcase_add_test(t, giving_up_leaves_the_old_file);
    tcase_add_test(t, a_full_disk_leaves_the_old_file);
    tcase_add_test(t, places_that_cannot_be_written);
    tcase_add_test(t, stale_temporary_files_are_passed_over);
    tcase_add_test(t, temporary_files_of_the_dead_are_removed);
    tcase_add_test(t, links_stay_links);
    tcase_add_test(t, only_regular_files_are_replaced);
    tcase_add_test(t, files_keep_their_owner);
    tcase_add_test(t, pipes_are_read);
    tcase_add_test(t, pipes_have_bounds);
    return aimct_main(s);
}
