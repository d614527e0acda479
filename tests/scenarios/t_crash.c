/* SPDX-License-Identifier: MIT */
/* Processes that are killed while they save, and disks that are full: what is at the path is always
 * a whole file, of before or of after, and no temporary file stays. */
#define _GNU_SOURCE /* unshare() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <aimc/network_life.h>

#include "sanitized.h"
#include "test_util.h"

enum { ROUNDS = 50, SIDE = 96, BATCH = 4, LONGEST_MS = 40 };

static char folder[64], path[96];
static float x[BATCH * SIDE], y[BATCH * SIDE];
static uint32_t labels[BATCH] = {0, 1, 2, 3};

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/t_crash-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model", folder);
    aimct_fill(x, BATCH * SIDE, 1);
}

static void tear_down(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something is left in %s: %s", folder, strerror(errno));
}

/* ---- what is saved -------------------------------------------------------------------------- */

static aimc_network *make_network(aimc_context *ctx)
{
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "layer", &config));
    OK(aimc_config_set_text(config, "device", "soft_bounds"));
    OK(aimc_config_set_text(config, "optimizer", "ttv2"));
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, SIDE, SIDE, config));
    OK(aimc_network_add_activation(net, AIMC_TANH));
    OK(aimc_network_add_linear(net, SIDE, SIDE, config));
    aimc_config_destroy(config);
    return net;
}

/* What is in the file is whole: it loads, and says how many batches it was trained on. */
static uint64_t batches_of_file(void)
{
    aimc_context *ctx = aimct_context(1, 0, 1);
    aimc_network *net = NULL;
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_load(ctx, path, &net));
    OK(aimc_network_get_info(net, &info));
    OK(aimc_network_predict(net, 1, x, y));
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    return info.n_batches;
}

/* Files in the folder beside the one at the path. */
static size_t others_there(void)
{
    DIR *const d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             strcmp(e->d_name, "model") != 0 && strcmp(e->d_name, "filler") != 0;
    closedir(d);
    return n;
}

/* ---- kill -9 -------------------------------------------------------------------------------- */

/* Trains and saves for ever; tells each save that returned. */
static void train_and_save(int told)
{
    aimc_context *ctx = aimct_context(1, 0, 1);
    aimc_network *net = NULL;
    OK(aimc_network_load(ctx, path, &net));
    for (;;) {
        float loss;
        aimc_network_info info = {.struct_size = sizeof info};
        OK(aimc_network_train_batch(net, BATCH, x, labels, 0.01, &loss));
        OK(aimc_network_save(net, path));
        OK(aimc_network_get_info(net, &info));
        if (write(told, &info.n_batches, sizeof info.n_batches) != sizeof info.n_batches)
            _exit(1);
    }
}

/* The batches of the last save that returned before the kill; 0: none did. */
static uint64_t last_told(int fd)
{
    uint64_t n = 0, each;
    while (read(fd, &each, sizeof each) == sizeof each)
        n = each;
    return n;
}

static uint64_t kill_after(long ns)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        train_and_save(ends[1]);
    }
    close(ends[1]);
    uint64_t first = 0; /* it is at work */
    ck_assert_int_eq(read(ends[0], &first, sizeof first), sizeof first);
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    const uint64_t told = last_told(ends[0]);
    close(ends[0]);
    return told > 0 ? told : first;
}

START_TEST(a_killed_process_leaves_a_whole_file)
{
    uint64_t state = 7;
    size_t caught = 0; /* with a temporary file half written */
    aimc_context *ctx = aimct_context(1, 0, 1);
    aimc_network *net = make_network(ctx);
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    for (int k = 0; k < ROUNDS; k++) {
        const uint64_t told = kill_after((long)(aimct_next(&state) % (LONGEST_MS * 1000000)));
        const uint64_t found = batches_of_file();
        ck_assert_msg(found == told || found == told + 1, "round %d: batch %llu, after %llu", k,
                      (unsigned long long)found, (unsigned long long)told);
        caught += others_there() > 0;
        OK(aimc_network_load(ctx, path, &net)); /* the next save cleans up */
        OK(aimc_network_save(net, path));
        aimc_network_destroy(net);
        ck_assert_uint_eq(others_there(), 0);
    }
    ck_assert_msg(caught > 0, "no kill hit a save");
    printf("%zu of %d kills left half a file beside\n", caught, ROUNDS);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- full disks ----------------------------------------------------------------------------- */

static size_t size_of_file(void)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (size_t)info.st_size;
}

/* Another state, which does not fit: it is told, nothing changes, and the network is as it was. */
static void fail_to_save(aimc_network *net, uint64_t before)
{
    float loss;
    OK(aimc_network_train_batch(net, BATCH, x, labels, 0.01, &loss));
    const aimc_status st = aimc_network_save(net, path);
    ck_assert_msg(st == AIMC_ERR_IO, "%d: %s", st, aimc_get_last_error());
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), path));
    ck_assert_uint_eq(others_there(), 0);
    ck_assert_uint_eq(batches_of_file(), before);
}

/* A limit to the size of files, at a place drawn anew each time. */
START_TEST(a_file_that_may_not_grow_leaves_the_old_one)
{
    uint64_t state = 8;
    struct rlimit old, small;
    aimc_context *ctx = aimct_context(1, 0, 1);
    aimc_network *net = make_network(ctx);
    OK(aimc_network_save(net, path));
    const size_t size = size_of_file();
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (int k = 0; k < ROUNDS; k++) {
        small = (struct rlimit){aimct_next(&state) % (size - 1), old.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        fail_to_save(net, (uint64_t)k);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        OK(aimc_network_save(net, path));
    }
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}
END_TEST

/* In a name space of our own, whose end is the end of the mount. */
static bool mount_small_disk(size_t bytes)
{
    char size[48];
    snprintf(size, sizeof size, "size=%zu", bytes);
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, size) == 0;
}

/* Room for one file, and for a part of another. */
static void leave_room(size_t bytes)
{
    char name[96];
    static char page[4096];
    snprintf(name, sizeof name, "%s/filler", folder);
    FILE *const f = fopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    for (size_t n = 0; n < bytes; n += sizeof page)
        (void)fwrite(page, 1, sizeof page, f);
    (void)fclose(f);
}

static void fill_disks(void)
{
    char name[96];
    uint64_t state = 9;
    aimc_context *ctx = aimct_context(1, 0, 1);
    aimc_network *net = make_network(ctx);
    snprintf(name, sizeof name, "%s/filler", folder);
    OK(aimc_network_save(net, path));
    const size_t size = size_of_file();
    if (!mount_small_disk(4 * size))
        _exit(77);
    OK(aimc_network_save(net, path));
    for (int k = 0; k < ROUNDS; k++) {
        leave_room(2 * size + 4096 + aimct_next(&state) % (size - 8192));
        fail_to_save(net, (uint64_t)k);
        ck_assert_int_eq(unlink(name), 0);
        OK(aimc_network_save(net, path));
    }
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    _exit(0);
}

/* Needs the right to mount. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    int status;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fill_disks();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 77)
        printf("no full disk: it takes the right to mount one\n");
    else
        ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crash");
    TCase *t = aimct_case(s, "crash");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_killed_process_leaves_a_whole_file);
    tcase_add_test(t, a_file_that_may_not_grow_leaves_the_old_one);
    tcase_add_test(t, a_full_disk_leaves_the_old_file);
    return aimct_main(s);
}
