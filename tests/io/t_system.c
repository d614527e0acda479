/* SPDX-License-Identifier: MIT */
/* core/os.h on this system, whichever it is: names with all letters, files that are replaced as a
 * whole, what dead processes left. t_file has what POSIX alone has. */
#include "core/os.h"
#include "folder_test.h"
#include "io/file.h"

/* German, Greek, Japanese, and a letter beyond 16 bits. */
#define LETTERS "gr\xC3\xB6\xC3\x9F\xCE\xB5-\xE6\xB8\xAC\xE5\xAE\x9A-\xF0\x9D\x94\xBE"

static aimc_status write_word(void *user, FILE *file)
{
    fputs(user, file);
    return AIMC_OK;
}

static void save(const char *name, const char *text)
{
    ck_assert_msg(aimci_file_replace(ctx, name, write_word, (void *)(uintptr_t)text) == AIMC_OK,
                  "%s", aimc_get_last_error());
}

static void expect(const char *name, const char *text)
{
    void *data = NULL;
    size_t size = 0;
    ck_assert_msg(aimci_file_read(ctx, name, 100, NULL, &data, &size) == AIMC_OK, "%s",
                  aimc_get_last_error());
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_str_eq((const char *)data, text);
    aimci_free(ctx, data);
}

typedef struct seen {
    const char *name;
    size_t n, all;
} seen;

static void look_at(void *user, const char *name)
{
    seen *const s = user;
    s->n += strcmp(name, s->name) == 0;
    s->all += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static size_t count(const char *name, size_t *all)
{
    seen s = {.name = name};
    aimci_os_each_name(folder, look_at, &s);
    *all = s.all;
    return s.n;
}

START_TEST(names_have_all_letters)
{
    char name[200];
    size_t all = 0;
    snprintf(name, sizeof name, "%s/" LETTERS, folder);
    ck_assert_int_eq(aimci_os_kind_of(name), AIMCI_OS_NOTHING);
    save(name, "old\n");
    expect(name, "old\n");
    save(name, "new\r\n\x1A!"); /* what texts of Windows would change or end at */
    expect(name, "new\r\n\x1A!");
    ck_assert_int_eq(aimci_os_kind_of(name), AIMCI_OS_FILE);
    ck_assert_uint_eq(count(LETTERS, &all), 1);
    ck_assert_uint_eq(all, 1);
    ck_assert_int_eq(aimci_os_remove(name), 0);
    ck_assert_int_eq(aimci_os_remove(name), ENOENT);
}
END_TEST

static int remove_folder(const char *name)
{
#ifdef _WIN32
    static wchar_t wide[AIMCI_OS_WIDE];
    return aimci_os_widen(name, wide) ? _wrmdir(wide) : -1;
#else
    return rmdir(name);
#endif
}

START_TEST(folders_are_made)
{
    char name[200];
    snprintf(name, sizeof name, "%s/" LETTERS, folder);
    ck_assert_int_eq(aimci_os_make_folder(name), 0);
    ck_assert_int_eq(aimci_os_make_folder(name), 0);
    ck_assert_int_eq(aimci_os_kind_of(name), AIMCI_OS_FOLDER);
    ck_assert_int_eq(aimci_file_replace(ctx, name, write_word, name), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "a directory"));
    void *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(aimci_file_read(ctx, name, 100, NULL, &data, &size), AIMC_ERR_IO);
    snprintf(name, sizeof name, "%s/nowhere/file", folder);
    ck_assert_int_eq(aimci_file_replace(ctx, name, write_word, name), AIMC_ERR_IO);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "No such file"));
    snprintf(name, sizeof name, "%s/" LETTERS, folder);
    ck_assert_int_eq(remove_folder(name), 0);
}
END_TEST

START_TEST(a_name_is_taken_once)
{
    FILE *const file = aimci_os_create(path);
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_null(aimci_os_create(path));
    ck_assert_int_eq(errno, EEXIST);
    ck_assert_int_ge(fputs("12345", file), 0);
    ck_assert_int_eq(aimci_os_sync(file), 0);
    fclose(file);
    int fd = -1;
    aimci_os_kind kind;
    uint64_t size;
    char got[8] = "";
    ck_assert_int_eq(aimci_os_open(path, false, &fd), 0);
    ck_assert_int_eq(aimci_os_look(fd, &kind, &size), 0);
    ck_assert_int_eq(kind, AIMCI_OS_FILE);
    ck_assert_uint_eq(size, 5);
    ck_assert_int_eq(aimci_os_read_at(fd, got, 2, 3), 2);
    ck_assert_str_eq(got, "45");
    ck_assert_int_eq(aimci_os_read_at(fd, got, 2, 0), 2);
    ck_assert_int_eq(aimci_os_read_at(fd, got, 2, 5), 0);
    ck_assert_str_eq(got, "12");
    aimci_os_close(fd);
}
END_TEST

START_TEST(what_the_dead_left_is_removed)
{
    char dead[200], mine[200];
    long pid = 999983;
    while (aimci_os_process_exists(pid))
        pid--;
    ck_assert(aimci_os_process_exists(aimci_os_process_id()));
    snprintf(dead, sizeof dead, "%s.tmp-%ld-3", path, pid);
    snprintf(mine, sizeof mine, "%s.tmp-%ld-7", path, aimci_os_process_id());
    fclose(aimci_os_create(dead));
    fclose(aimci_os_create(mine));
    save(path, "text");
    ck_assert_int_eq(aimci_os_kind_of(dead), AIMCI_OS_NOTHING);
    ck_assert_int_eq(aimci_os_remove(mine), 0);
    expect(path, "text");
}
END_TEST

START_TEST(paths_are_cut)
{
    ck_assert_ptr_null(aimci_os_last_separator("name"));
    ck_assert_str_eq(aimci_os_last_separator("a/b/name"), "/name");
    ck_assert(aimci_os_is_absolute("/a") && !aimci_os_is_absolute("a/b"));
#ifdef _WIN32
    ck_assert_str_eq(aimci_os_last_separator("a/b\\name"), "\\name");
    ck_assert_str_eq(aimci_os_last_separator("c:name"), ":name");
    ck_assert(aimci_os_is_absolute("c:\\a") && aimci_os_is_absolute("\\\\host\\a"));
#endif
}
END_TEST

START_TEST(letters_have_no_case)
{
    ck_assert(aimci_same_letters("Index", "iNDEX", 6) && !aimci_same_letters("inde", "index", 6));
    ck_assert(aimci_same_letters("indeed", "INDEX", 4) && aimci_same_letters("a", "b", 0));
    ck_assert(!aimci_same_letters("[", "{", 1) && !aimci_same_letters("@", "`", 1));
}
END_TEST

START_TEST(numbers_nest)
{
    char text[32];
    void *outer = aimci_numbers_begin(), *inner = aimci_numbers_begin();
    aimci_numbers_end(inner);
    snprintf(text, sizeof text, "%g", 0.5);
    aimci_numbers_end(outer);
    ck_assert_str_eq(text, "0.5");
    aimci_os_error_text(ENOENT, text, sizeof text);
    ck_assert_str_eq(text, "No such file or directory");
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("system");
    TCase *const t = aimct_case(s, "system");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, names_have_all_letters);
    tcase_add_test(t, folders_are_made);
    tcase_add_test(t, a_name_is_taken_once);
    tcase_add_test(t, what_the_dead_left_is_removed);
    tcase_add_test(t, paths_are_cut);
    tcase_add_test(t, letters_have_no_case);
    tcase_add_test(t, numbers_nest);
    return aimct_main(s);
}
