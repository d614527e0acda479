/* SPDX-License-Identifier: MIT */
/* Bytes of files and pipes as they are asked for: all of them, in their place, and no more than
 * were allowed. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "folder_test.h"
#include "io/source.h"

/* As source.c has them: what a pipe may bring at first, and what is looked at. */
enum { ROOM = 1 << 16, PEEK = 4096, MOST = 3 * ROOM + 7 };

static unsigned char bytes[MOST], back[MOST];

static void fill(void)
{
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 13);
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static void write_file(size_t n)
{
    FILE *const f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

#define EXPECT_OK(call) ck_assert_msg((call) == AIMC_OK, "%s", aimc_get_last_error())
#define EXPECT_FAILS(status, part, call)                                                           \
    do {                                                                                           \
        ck_assert_int_eq(call, status);                                                            \
        ck_assert_msg(strstr(aimc_get_last_error(), part) != NULL, "'%s' lacks '%s'",              \
                      aimc_get_last_error(), part);                                                \
    } while (0)

/* Nothing was opened: what there is to read is empty, and closing it does nothing. */
static void expect_nothing(aimci_source *source, size_t n_open, size_t n_blocks)
{
    ck_assert_uint_eq(source->size, 0);
    aimci_source_close(ctx, source);
    ck_assert_uint_eq(open_descriptors(), n_open);
    ck_assert_uint_eq(heap.live_blocks, n_blocks);
}

/* ---- what a look saw ------------------------------------------------------------------------ */

static size_t looks, seen;
static uint64_t seen_size;
static aimc_status verdict;

static aimc_status look(const void *first, size_t n, uint64_t size)
{
    looks++;
    seen = n;
    seen_size = size;
    ck_assert_mem_eq(first, bytes, n);
    return verdict ? aimci_fail(verdict, "not of this kind") : AIMC_OK;
}

static void forget(void)
{
    looks = seen = 0;
    seen_size = 0;
    verdict = AIMC_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

START_TEST(a_file_is_read_where_it_is_asked)
{
    static const size_t parts[][2] = {{0, 1},       {5, 0},        {1, PEEK},
                                      {PEEK, ROOM}, {MOST - 1, 1}, {0, MOST}};
    aimci_source source;
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    write_file(MOST);
    EXPECT_OK(aimci_source_open(ctx, path, MOST, NULL, &source));
    ck_assert_uint_eq(source.size, MOST);
    ck_assert_uint_eq(heap.live_blocks, n_blocks); /* nothing of its size is held */
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        memset(back, 0, sizeof back);
        EXPECT_OK(aimci_source_read(&source, parts[k][0], parts[k][1], back));
        ck_assert_mem_eq(back, bytes + parts[k][0], parts[k][1]);
        ck_assert(parts[k][1] == MOST || back[parts[k][1]] == 0);
    }
    ck_assert_uint_eq(open_descriptors(), n_open + 1);
    aimci_source_close(ctx, &source);
    expect_nothing(&source, n_open, n_blocks);
}
END_TEST

START_TEST(a_file_is_as_large_as_allowed)
{
    aimci_source source;
    char sentence[64];
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    write_file(1000);
    EXPECT_OK(aimci_source_open(ctx, path, 1000, NULL, &source));
    aimci_source_close(ctx, &source);
    snprintf(sentence, sizeof sentence, "1000 bytes, at most 999 expected");
    EXPECT_FAILS(AIMC_ERR_FORMAT, sentence, aimci_source_open(ctx, path, 999, NULL, &source));
    expect_nothing(&source, n_open, n_blocks);
}
END_TEST

/* The smaller of both limits holds, whichever it is. */
START_TEST(the_context_limits_files)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context *limited = NULL;
    aimci_source source;
    p.max_file_bytes = 500;
    EXPECT_OK(aimc_context_create(&p, &limited));
    write_file(500);
    EXPECT_OK(aimci_source_open(limited, path, 1000, NULL, &source));
    aimci_source_close(limited, &source);
    EXPECT_FAILS(AIMC_ERR_FORMAT, "at most 499 expected",
                 aimci_source_open(limited, path, 499, NULL, &source));
    write_file(501);
    EXPECT_FAILS(AIMC_ERR_FORMAT, "at most 500 expected",
                 aimci_source_open(limited, path, 1000, NULL, &source));
    aimc_context_destroy(limited);
}
END_TEST

START_TEST(the_first_bytes_of_a_file_are_looked_at)
{
    static const size_t sizes[] = {0, 1, PEEK - 1, PEEK, PEEK + 1, MOST};
    aimci_source source;
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        forget();
        write_file(sizes[k]);
        EXPECT_OK(aimci_source_open(ctx, path, MOST, look, &source));
        ck_assert_uint_eq(looks, 1);
        ck_assert_uint_eq(seen, sizes[k] < PEEK ? sizes[k] : PEEK);
        ck_assert_uint_eq(seen_size, sizes[k]);
        aimci_source_close(ctx, &source);
        verdict = AIMC_ERR_FORMAT;
        EXPECT_FAILS(AIMC_ERR_FORMAT, "': not of this kind",
                     aimci_source_open(ctx, path, MOST, look, &source));
        ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), path));
        expect_nothing(&source, n_open, n_blocks);
    }
}
END_TEST

START_TEST(a_file_that_is_cut_is_told)
{
    aimci_source source;
    write_file(100);
    EXPECT_OK(aimci_source_open(ctx, path, MOST, NULL, &source));
    ck_assert_int_eq(truncate(path, 60), 0);
    EXPECT_OK(aimci_source_read(&source, 0, 60, back));
    EXPECT_FAILS(AIMC_ERR_IO, "the file ends at byte 60 of 100: it was cut while it was read",
                 aimci_source_read(&source, 50, 11, back));
    aimci_source_close(ctx, &source);
}
END_TEST

/* Some files give a page at a time: the rest is asked for. */
START_TEST(short_reads_go_on)
{
    static const char name[] = "/proc/kallsyms";
    enum { BYTES = 5 * PEEK - 100 };
    FILE *const f = fopen(name, "rb");
    const size_t n = f ? fread(bytes, 1, BYTES, f) : 0;
    if (f)
        fclose(f);
    const aimci_source source = {.file = open(name, O_RDONLY), .size = BYTES};
    if (n == BYTES && source.file >= 0) {
        memset(back, 0, sizeof back);
        EXPECT_OK(aimci_source_read(&source, 0, BYTES, back));
        ck_assert_mem_eq(back, bytes, BYTES);
        ck_assert_int_eq(back[BYTES], 0); /* and no further */
    }
    close(source.file);
    fill();
}
END_TEST

START_TEST(what_cannot_be_read)
{
    aimci_source source;
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    EXPECT_FAILS(AIMC_ERR_IO, "cannot open: No such file",
                 aimci_source_open(ctx, path, MOST, NULL, &source));
    expect_nothing(&source, n_open, n_blocks);
    EXPECT_FAILS(AIMC_ERR_IO, "cannot read: Is a directory",
                 aimci_source_open(ctx, folder, MOST, NULL, &source));
    expect_nothing(&source, n_open, n_blocks);
    EXPECT_FAILS(AIMC_ERR_IO, "'/dev/zero': neither a regular file nor a pipe",
                 aimci_source_open(ctx, "/dev/zero", MOST, NULL, &source));
    expect_nothing(&source, n_open, n_blocks);
    write_file(10);
    source = (aimci_source){.file = open(path, O_WRONLY), .size = 10};
    EXPECT_FAILS(AIMC_ERR_IO, "cannot read on from byte 3: error",
                 aimci_source_read(&source, 3, 2, back));
    close(source.file);
    ck_assert_int_eq(aimci_fail_errno("x", "read", ENOMEM), AIMC_ERR_NOMEM);
    ck_assert_int_eq(aimci_fail_errno("x", "read", EIO), AIMC_ERR_IO);
}
END_TEST

START_TEST(bytes_of_the_caller)
{
    aimci_source source = aimci_source_of(bytes, 10);
    EXPECT_OK(aimci_source_read(&source, 4, 6, back));
    ck_assert_mem_eq(back, bytes + 4, 6);
    EXPECT_OK(aimci_source_read(&source, 10, 0, NULL));
    aimci_source_close(ctx, &source);
    ck_assert_uint_eq(source.size, 0);
    source = aimci_source_of(NULL, 0);
    ck_assert_ptr_nonnull(source.bytes); /* or it would be a file */
    ck_assert_ptr_null(source.owned);
    aimci_source_close(ctx, &source);
}
END_TEST

/* ---- pipes ---------------------------------------------------------------------------------- */

/* Who writes: so many bytes after a while, or nothing. */
typedef struct writer {
    pthread_t thread;
    size_t n;
    unsigned wait_ms;
    size_t written;
    atomic_bool over; /* nobody reads any more */
} writer;

static void pause_ms(unsigned ms)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000L * ms}, NULL);
}

static void *write_pipe(void *arg)
{
    writer *const w = arg;
    int fd;
    pause_ms(w->wait_ms);
    while ((fd = open(path, O_WRONLY | O_NONBLOCK)) < 0 && !atomic_load(&w->over))
        pause_ms(1);
    (void)fcntl(fd, F_SETFL, 0);
    while (fd >= 0 && w->written < w->n) {
        const ssize_t n = write(fd, bytes + w->written, w->n - w->written);
        if (n <= 0)
            break;
        w->written += (size_t)n;
    }
    close(fd);
    return NULL;
}

static aimc_status read_pipe(writer *w, uint64_t max, aimci_look_fn looks_at, aimci_source *source)
{
    w->written = 0;
    atomic_init(&w->over, false);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(pthread_create(&w->thread, NULL, write_pipe, w), 0);
    const aimc_status st = aimci_source_open(ctx, path, max, looks_at, source);
    atomic_store(&w->over, true);
    pthread_join(w->thread, NULL);
    unlink(path);
    return st;
}

static const size_t sizes[] = {1,        2,    PEEK - 1, PEEK,     PEEK + 1,     ROOM - 2,
                               ROOM - 1, ROOM, ROOM + 1, 2 * ROOM, 2 * ROOM - 1, MOST};
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(all_of_a_pipe_is_read)
{
    const size_t n = sizes[_i], n_open = open_descriptors(), n_blocks = heap.live_blocks;
    writer w = {.n = n};
    aimci_source source;
    forget();
    EXPECT_OK(read_pipe(&w, n, look, &source));
    ck_assert_uint_eq(source.size, n);
    ck_assert_ptr_eq(source.owned, source.bytes);
    ck_assert_mem_eq(source.bytes, bytes, n);
    ck_assert_int_eq(source.bytes[n], 0); /* a text ends */
    ck_assert_uint_eq(looks, 1);
    ck_assert(n < PEEK ? seen == n && seen_size == n : seen >= PEEK && seen_size == UINT64_MAX);
    /* one more byte than it held at first makes it grow: twice as much */
    ck_assert_uint_le(heap.live_bytes, (n < ROOM - 1 ? ROOM : 2 * n + 2) + (1 << 14));
    ck_assert_uint_eq(open_descriptors(), n_open);
    aimci_source_close(ctx, &source);
    expect_nothing(&source, n_open, n_blocks);
}
END_TEST

START_TEST(a_pipe_brings_too_much)
{
    const size_t n = sizes[_i], n_open = open_descriptors(), n_blocks = heap.live_blocks;
    writer w = {.n = n};
    aimci_source source;
    char sentence[64];
    snprintf(sentence, sizeof sentence, "more than the %zu bytes expected", n - 1);
    EXPECT_FAILS(AIMC_ERR_FORMAT, sentence, read_pipe(&w, n - 1, NULL, &source));
    expect_nothing(&source, n_open, n_blocks);
    forget();
    verdict = AIMC_ERR_FORMAT;
    EXPECT_FAILS(AIMC_ERR_FORMAT, "': not of this kind", read_pipe(&w, n, look, &source));
    ck_assert_uint_eq(looks, 1);
    expect_nothing(&source, n_open, n_blocks);
}
END_TEST

/* One more than allowed is enough: the rest of a pipe that never ends is not waited for. */
START_TEST(no_more_of_a_pipe_is_held_than_is_allowed)
{
    const size_t n_blocks = heap.live_blocks, before = heap.peak_bytes = heap.live_bytes;
    writer w = {.n = MOST};
    aimci_source source;
    EXPECT_FAILS(AIMC_ERR_FORMAT, "more than the 100 bytes expected",
                 read_pipe(&w, 100, NULL, &source));
    ck_assert_uint_lt(w.written, MOST);
    ck_assert_uint_lt(heap.peak_bytes - before, 4 * ROOM);
    ck_assert_uint_eq(heap.live_blocks, n_blocks);
}
END_TEST

#ifdef F_SETPIPE_SZ
static void *end_when_empty(void *arg)
{
    const int fd = *(const int *)arg;
    int left = 1;
    while (left > 0 && ioctl(fd, FIONREAD, &left) == 0)
        pause_ms(1);
    close(fd);
    return NULL;
}

/* As much as there is room for may come at once, and no more is taken. */
START_TEST(a_pipe_that_is_full)
{
    aimci_source source;
    pthread_t thread;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR);
    if (fcntl(fd, F_SETPIPE_SZ, 1 << 18) >= MOST) {
        ck_assert_int_eq(write(fd, bytes, MOST), MOST);
        ck_assert_int_eq(pthread_create(&thread, NULL, end_when_empty, &fd), 0);
        EXPECT_OK(aimci_source_open(ctx, path, MOST, NULL, &source));
        pthread_join(thread, NULL);
        ck_assert_uint_eq(source.size, MOST);
        ck_assert_mem_eq(source.bytes, bytes, MOST);
        aimci_source_close(ctx, &source);
    } else {
        close(fd);
    }
}
END_TEST
#endif

START_TEST(a_late_writer_is_waited_for)
{
    writer w = {.n = 10, .wait_ms = 150};
    aimci_source source;
    EXPECT_OK(read_pipe(&w, 10, NULL, &source));
    ck_assert_uint_eq(source.size, 10);
    aimci_source_close(ctx, &source);
}
END_TEST

/* Nobody writes: after a second we do not wait any more. */
START_TEST(a_pipe_without_a_writer_is_given_up)
{
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    aimci_source source;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    forget();
    EXPECT_FAILS(AIMC_ERR_IO, "nothing came through this pipe",
                 aimci_source_open(ctx, path, MOST, look, &source));
    ck_assert_uint_eq(looks, 0); /* there is nothing to look at */
    expect_nothing(&source, n_open, n_blocks);
}
END_TEST

START_TEST(memory_may_run_out_in_a_pipe)
{
    const size_t n_open = open_descriptors(), n_blocks = heap.live_blocks;
    aimci_source source;
    size_t n = 0;
    aimc_status st;
    do {
        writer w = {.n = MOST};
        aimct_heap_fail_at(&heap, ++n);
        st = read_pipe(&w, MOST, NULL, &source);
        ck_assert_msg(st == (heap.failed ? AIMC_ERR_NOMEM : AIMC_OK), "%s", aimc_get_last_error());
        if (!st)
            aimci_source_close(ctx, &source);
        expect_nothing(&source, n_open, n_blocks);
    } while (st);
    ck_assert_uint_eq(n, 4); /* the first room, and twice as much two times */
    aimct_heap_fail_at(&heap, 0);
}
END_TEST

int main(void)
{
    fill();
    signal(SIGPIPE, SIG_IGN);
    Suite *s = suite_create("source");
    TCase *t = aimct_case(s, "files");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_file_is_read_where_it_is_asked);
    tcase_add_test(t, a_file_is_as_large_as_allowed);
    tcase_add_test(t, the_context_limits_files);
    tcase_add_test(t, the_first_bytes_of_a_file_are_looked_at);
    tcase_add_test(t, a_file_that_is_cut_is_told);
    tcase_add_test(t, short_reads_go_on);
    tcase_add_test(t, what_cannot_be_read);
    tcase_add_test(t, bytes_of_the_caller);
    TCase *p = aimct_case(s, "pipes");
    tcase_add_checked_fixture(p, set_up, tear_down);
    tcase_add_loop_test(p, all_of_a_pipe_is_read, 0, SIZES);
    tcase_add_loop_test(p, a_pipe_brings_too_much, 0, SIZES);
    tcase_add_test(p, no_more_of_a_pipe_is_held_than_is_allowed);
#ifdef F_SETPIPE_SZ
    tcase_add_test(p, a_pipe_that_is_full);
#endif
    tcase_add_test(p, a_late_writer_is_waited_for);
    tcase_add_test(p, a_pipe_without_a_writer_is_given_up);
    tcase_add_test(p, memory_may_run_out_in_a_pipe);
    return aimct_main(s);
}
