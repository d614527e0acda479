/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_test.h"
#include "io/file.h"
#include "io/safetensors.h"
#include "portable.h"

/* ---- a file with a bit of everything -------------------------------------------------------- */

static const float w[3][4] = {
    {1, 2, 3, -1}, {4, 5, 6, -1}, {7, 8, 9, -1}}; /* the last is padding */
static const uint64_t seeds[2] = {1, UINT64_MAX};
static const uint8_t flags[5] = {0, 1, 2, 3, 255};
static const char odd_name[] = "a \"quoted\" \\ name\n\t\x01 \xC3\xA4 \xF0\x9F\x98\x80";

static aimc_status fill(const void *object, aimci_st_writer *writer)
{
    (void)object;
    aimc_status st = aimci_st_put_text(writer, "kind", "tile");
    if (st == AIMC_OK)
        st = aimci_st_put_text(writer, odd_name, odd_name);
    if (st == AIMC_OK)
        st = aimci_st_put(writer, "w", AIMCI_F32, 3, 3, 4, w);
    if (st == AIMC_OK)
        st = aimci_st_put(writer, "flags", AIMCI_U8, 0, 5, 0, flags);
    if (st == AIMC_OK)
        st = aimci_st_put(writer, odd_name, AIMCI_U64, 0, 2, 0, seeds);
    if (st == AIMC_OK)
        st = aimci_st_put(writer, "empty", AIMCI_F64, 0, 0, 0, NULL);
    return st;
}

static aimc_status write_file(void)
{
    return aimci_st_write(ctx, fill, NULL, path);
}

static void check_file(const aimci_st_reader *r)
{
    float m[3][5];
    uint8_t f[5];
    uint64_t s[2];
    double none = 77;
    memset(m, 0, sizeof m);
    ck_assert_str_eq(aimci_st_text(r, "kind"), "tile");
    ck_assert_str_eq(aimci_st_text(r, odd_name), odd_name);
    ck_assert_ptr_null(aimci_st_text(r, "w"));
    ck_assert(aimci_st_has(r, "w") && aimci_st_has(r, odd_name) && !aimci_st_has(r, "v"));
    ck_assert(!aimci_st_has(r, "__metadata__"));
    ck_assert_int_eq(aimci_st_get(r, "w", AIMCI_F32, 3, 3, 5, m), AIMC_OK);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 5; j++)
            ck_assert(m[i][j] == (j < 3 ? w[i][j] : 0));
    ck_assert_int_eq(aimci_st_get(r, "flags", AIMCI_U8, 0, 5, 0, f), AIMC_OK);
    ck_assert_int_eq(memcmp(f, flags, sizeof f), 0);
    ck_assert_int_eq(aimci_st_get(r, odd_name, AIMCI_U64, 0, 2, 0, s), AIMC_OK);
    ck_assert_int_eq(memcmp(s, seeds, sizeof s), 0);
    ck_assert_int_eq(aimci_st_get(r, "empty", AIMCI_F64, 0, 0, 0, &none), AIMC_OK);
    ck_assert(none == 77);
}

START_TEST(what_is_written_is_read)
{
    ck_assert_msg(write_file() == AIMC_OK, "%s", aimc_get_last_error());
    ck_assert_int_eq(write_file(), AIMC_OK); /* over the old one */
    aimci_st_reader *r = NULL;
    ck_assert_msg(aimci_st_read(ctx, path, &r) == AIMC_OK, "%s", aimc_get_last_error());
    check_file(r);
    aimci_st_reader_destroy(r);
}
END_TEST

static aimc_status put_nothing(const void *object, aimci_st_writer *writer)
{
    (void)object;
    (void)writer;
    return AIMC_OK;
}

START_TEST(a_file_may_be_empty)
{
    ck_assert_int_eq(aimci_st_write(ctx, put_nothing, NULL, path), AIMC_OK);
    aimci_st_reader *r = NULL;
    ck_assert_int_eq(aimci_st_read(ctx, path, &r), AIMC_OK);
    ck_assert(!aimci_st_has(r, "w"));
    ck_assert_ptr_null(aimci_st_text(r, "kind"));
    aimci_st_reader_destroy(r);
}
END_TEST

START_TEST(data_begin_at_a_multiple_of_eight)
{
    ck_assert_int_eq(write_file(), AIMC_OK);
    void *bytes = NULL;
    size_t size = 0;
    uint64_t header = 0;
    ck_assert_int_eq(aimci_file_read(ctx, path, SIZE_MAX - 1, NULL, &bytes, &size), AIMC_OK);
    memcpy(&header, bytes, sizeof header);
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(8 + header + 36 + 5 + 16, size);
    aimci_free(ctx, bytes);
}
END_TEST

START_TEST(sizes_of_types)
{
    static const size_t sizes[] = {4, 8, 4, 4, 8, 8, 1};
    for (int t = AIMCI_F32; t <= AIMCI_U8; t++)
        ck_assert_uint_eq(aimci_dtype_size((aimci_dtype)t), sizes[t]);
}
END_TEST

/* n_calls: of the function, which is called twice. */
static aimc_status put_badly(const void *object, aimci_st_writer *writer)
{
    int *const n_calls = *(int *const *)object;
    ck_assert_int_eq(aimci_st_put(writer, "w", AIMCI_F32, 3, 3, 4, w), AIMC_OK);
    if ((*n_calls)++ > 0)
        return AIMC_OK;
    ck_assert_int_eq(aimci_st_put(writer, "w", AIMCI_F32, 3, 3, 4, w), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimci_st_put(writer, "__metadata__", AIMCI_F32, 3, 3, 4, w), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimci_st_put(writer, "\xFF", AIMCI_F32, 3, 3, 4, w), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimci_st_put(writer, "v", AIMCI_F32, 3, 3, 2, w), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimci_st_put(writer, "v", AIMCI_F32, SIZE_MAX / 2, 3, 4, w), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimci_st_put(writer, "v", AIMCI_F32, 0, SIZE_MAX / 3, 4, w), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimci_st_put_text(writer, "k", "\xFF"), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimci_st_put_text(writer, "\xFF", "v"), AIMC_ERR_INVALID);
    return AIMC_OK; /* with the one that was good */
}

START_TEST(bad_tensors_are_not_taken)
{
    int n_calls = 0, *const object = &n_calls;
    ck_assert_int_eq(aimci_st_write(ctx, put_badly, &object, path), AIMC_OK);
    ck_assert_int_eq(n_calls, 2);
}
END_TEST

/* What is saved must be the same both times. */
static aimc_status put_otherwise(const void *object, aimci_st_writer *writer)
{
    int *const n_calls = *(int *const *)object;
    const int n = (*n_calls)++;
    return n == 1 ? AIMC_OK : aimci_st_put(writer, n == 0 ? "w" : "v", AIMCI_F32, 3, 3, 4, w);
}

START_TEST(a_change_between_is_noticed)
{
    for (int first = 0; first < 2; first++) {
        int n_calls = 2 * first, *const object = &n_calls;
        ck_assert_int_eq(aimci_st_write(ctx, put_otherwise, &object, path),
                         first ? AIMC_OK : AIMC_ERR_STATE);
        ck_assert_int_eq(access(path, F_OK) == 0, first);
    }
}
END_TEST

/* ---- files that are not what they say ------------------------------------------------------- */

/* Parse a header and data of zeros. */
static aimc_status parse(const char *header, size_t data_size)
{
    const uint64_t length = strlen(header);
    const size_t size = 8 + (size_t)length + data_size;
    char *const bytes = calloc(size, 1);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, (size_t)length);
    aimci_st_reader *r = NULL;
    const aimc_status st = aimci_st_parse(ctx, bytes, size, &r);
    ck_assert_int_eq(r == NULL, st != AIMC_OK);
    aimci_st_reader_destroy(r);
    free(bytes);
    return st;
}

#define W(dtype, shape, offsets)                                                                   \
    "\"w\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define V "\"v\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}"

static const struct {
    const char *header;
    size_t data_size;
    const char *sentence; /* a part of it; NULL: fine */
} headers[] = {
    {"{}", 0, NULL},
    {"{}  \n ", 0, NULL},
    {"{" W("\"F32\"", "[2,2]", "[0,16]") "}", 16, NULL},
    {"{" W("\"F32\"", "[]", "[0,4]") "}", 4, NULL},
    {"{" W("\"BF16\"", "[1,2,3]", "[0,12]") "}", 12, NULL},
    {"{" W("\"F32\"", "[0,7]", "[0,0]") "}", 0, NULL},
    {"{" W("\"F32\"", "[1]", "[4,8]") "," V "}", 8, NULL},
    {"{\"__metadata__\":{\"a\":\"b\"}}", 0, NULL},
    {"{" W("\"F4_NEW\"", "[3]", "[0,2]") "}", 2, NULL}, /* nobody asks for it */
    {"", 0, "not a safetensors file: it begins with '\\x00"},
    {" {}", 0, "not a safetensors file: it begins with '\\x03"},
    {"[]", 0, "not a safetensors file: it begins with '\\x02"},
    {"{", 0, "header: line 1, column"},
    {"{}x", 0, "header: line 1, column"},
    {"{\"a\":1,\"a\":1}", 0, "duplicate"},
    {"{\"w\":3}", 0, "tensor 'w': not described"},
    {"{\"w\":{}}", 0, "tensor 'w': no dtype"},
    {"{" W("3", "[1]", "[0,4]") "}", 4, "tensor 'w': no dtype"},
    {"{" W("\"F31\"", "[1]", "[0,8]") "}", 4, "tensor 'w': data ends at byte 8 of 4"},
    {"{" W("\"F31\"", "[1]", "[1,4]") "}", 4, "tensor 'w': data begins at byte 1, after a hole"},
    {"{" W("\"F32\"", "1", "[0,4]") "}", 4, "tensor 'w': no shape"},
    {"{" W("\"F32\"", "[-1]", "[0,4]") "}", 4, "dimension 0 of the shape"},
    {"{" W("\"F32\"", "[1,1.0]", "[0,4]") "}", 4, "dimension 1 of the shape"},
    {"{" W("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "rank 9"},
    {"{" W("\"F32\"", "[1]", "[0]") "}", 4, "data_offsets"},
    {"{" W("\"F32\"", "[1]", "[-4,0]") "}", 4, "data_offsets"},
    {"{" W("\"F32\"", "[1]", "[0,4.0]") "}", 4, "data_offsets"},
    {"{" W("\"F32\"", "[1]", "[0,4,8]") "}", 8, "data_offsets"},
    {"{" W("\"F32\"", "[1]", "[4,0]") "}", 4, "begins at byte 4 and ends at 0"},
    {"{" W("\"F32\"", "[32,32]", "[0,4096]") "}", 1024,
     "tensor 'w': data ends at byte 4096 of 1024"},
    {"{" W("\"F32\"", "[2]", "[0,4]") "}", 4, "4 bytes do not fit its shape"},
    {"{" W("\"F32\"", "[4611686018427387905]", "[0,4]") "}", 4, "do not fit"},
    {"{" W("\"F32\"", "[4294967296,4294967296]", "[0,0]") "}", 0, "do not fit"},
    {"{" W("\"F32\"", "[99999999999999999999]", "[0,4]") "}", 4, "dimension 0"},
    {"{" W("\"F32\"", "[1]", "[4,8]") "}", 8, "after a hole"},
    {"{" W("\"F32\"", "[1]", "[2,6]") "," V "}", 6, "inside of what ends at 4"},
    {"{" W("\"F32\"", "[1]", "[0,4]") "," V "}", 4, "inside of what ends at 4"},
    {"{" W("\"F32\"", "[1]", "[0,4]") "}", 6, "2 bytes of data belong to no tensor"},
    {"{}", 1, "1 bytes of data belong to no tensor"},
    {"{\"__metadata__\":3}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "metadata 'a': not a string"},
};
#define N_HEADERS (sizeof headers / sizeof headers[0])

START_TEST(headers_are_checked)
{
    const aimc_status st = parse(headers[_i].header, headers[_i].data_size);
    if (headers[_i].sentence == NULL) {
        ck_assert_msg(st == AIMC_OK, "%s", aimc_get_last_error());
    } else {
        ck_assert_int_eq(st, AIMC_ERR_FORMAT);
        ck_assert_msg(strstr(aimc_get_last_error(), headers[_i].sentence) != NULL, "%s",
                      aimc_get_last_error());
    }
}
END_TEST

START_TEST(long_headers_are_refused)
{
    static const uint64_t lengths[] = {1, 9, 100000001, UINT64_MAX, UINT64_MAX - 7};
    aimci_st_reader *r = NULL;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        ck_assert_int_eq(aimci_st_parse(ctx, &lengths[i], 8, &r), AIMC_ERR_FORMAT);
    ck_assert_int_eq(aimci_st_parse(ctx, NULL, 0, &r), AIMC_ERR_FORMAT);
}
END_TEST

/* The first eight bytes of a text are a number beyond all bounds, which tells nobody anything. */
START_TEST(other_files_are_called_other_files)
{
    static const struct {
        const char *bytes, *sentence;
    } files[] = {
        {"", "not a safetensors file: it is empty"},
        {"{}", "not a safetensors file: it begins with '{}'"},
        {"0.1, 0.2\n0.3, 0.4\n", "not a safetensors file: it begins with '0.1, 0.2\\x0A0.3'"},
        {"\x89PNG\r\n\x1A\n....", "not a safetensors file: it begins with '\\x89PNG\\x0D"},
        {"{\"format\": \"aimc\"}", "not a safetensors file: it begins with '{\"format\": \"'"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        aimci_st_reader *r = NULL;
        ck_assert_int_eq(aimci_st_parse(ctx, files[i].bytes, strlen(files[i].bytes), &r),
                         AIMC_ERR_FORMAT);
        ck_assert_msg(strstr(aimc_get_last_error(), files[i].sentence) != NULL, "%s",
                      aimc_get_last_error());
    }
}
END_TEST

/* A tensor of a type that a later version of the format may have does not spoil the others. */
START_TEST(unknown_types_are_left_alone)
{
    static const char header[] =
        "{\"new\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]},"
        "\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}";
    char bytes[8 + sizeof header - 1 + 7] = {(char)(sizeof header - 1)};
    memcpy(bytes + 8, header, sizeof header - 1);
    memcpy(bytes + 8 + sizeof header - 1, "xyz\1\2\3\4", 7);
    aimci_st_reader *r = NULL;
    uint8_t w4[4];
    ck_assert_msg(aimci_st_parse(ctx, bytes, sizeof bytes, &r) == AIMC_OK, "%s",
                  aimc_get_last_error());
    ck_assert(aimci_st_has(r, "new"));
    ck_assert_int_eq(aimci_st_get(r, "w", AIMCI_U8, 0, 4, 0, w4), AIMC_OK);
    ck_assert_uint_eq(w4[3], 4);
    ck_assert_int_eq(aimci_st_get(r, "new", AIMCI_U8, 0, 4, 0, w4), AIMC_ERR_FORMAT);
    ck_assert_str_eq(aimc_get_last_error(), "tensor 'new': F6_E2M3 [4] where U8 [4] is expected");
    aimci_st_reader_destroy(r);
}
END_TEST

START_TEST(deep_headers_are_refused)
{
    const size_t depth = 100000;
    char *const header = malloc(depth + 8);
    ck_assert_ptr_nonnull(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', depth);
    header[5 + depth] = '\0';
    ck_assert_int_eq(parse(header, 0), AIMC_ERR_FORMAT);
    free(header);
}
END_TEST

static void expect_mismatch(const aimci_st_reader *r, aimci_dtype dtype, size_t rows, size_t cols,
                            const char *sentence)
{
    float m[16] = {77};
    ck_assert_int_eq(aimci_st_get(r, "w", dtype, rows, cols, 4, m), AIMC_ERR_FORMAT);
    ck_assert_str_eq(aimc_get_last_error(), sentence);
    ck_assert(m[0] == 77);
}

START_TEST(shapes_must_match)
{
    ck_assert_int_eq(write_file(), AIMC_OK);
    aimci_st_reader *r = NULL;
    ck_assert_int_eq(aimci_st_read(ctx, path, &r), AIMC_OK);
    expect_mismatch(r, AIMCI_F32, 4, 3, "tensor 'w': F32 [3, 3] where F32 [4, 3] is expected");
    expect_mismatch(r, AIMCI_I32, 3, 3, "tensor 'w': F32 [3, 3] where I32 [3, 3] is expected");
    expect_mismatch(r, AIMCI_F32, 0, 3, "tensor 'w': F32 [3, 3] where F32 [3] is expected");
    float m[16];
    ck_assert_int_eq(aimci_st_get(r, "v", AIMCI_F32, 3, 3, 3, m), AIMC_ERR_FORMAT);
    ck_assert_str_eq(aimc_get_last_error(), "tensor 'v': missing");
    ck_assert_int_eq(aimci_st_get(r, "__metadata__", AIMCI_F32, 3, 3, 3, m), AIMC_ERR_FORMAT);
    ck_assert_int_eq(aimci_st_get(r, "w", AIMCI_F32, 3, 3, 2, m), AIMC_ERR_SHAPE);
    aimci_st_reader_destroy(r);
    aimci_st_reader_destroy(NULL);
}
END_TEST

/* The bytes of a good file, on the heap and without a byte to spare. */
static unsigned char *load_bytes(size_t *size)
{
    ck_assert_int_eq(write_file(), AIMC_OK);
    void *bytes = NULL;
    ck_assert_int_eq(aimci_file_read(ctx, path, SIZE_MAX - 1, NULL, &bytes, size), AIMC_OK);
    unsigned char *const copy = malloc(*size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, *size);
    aimci_free(ctx, bytes);
    return copy;
}

START_TEST(cut_files_are_refused)
{
    size_t size = 0;
    unsigned char *const bytes = load_bytes(&size);
    for (size_t n = 0; n < size; n++) {
        aimci_st_reader *r = NULL;
        ck_assert_int_eq(aimci_st_parse(ctx, bytes, n, &r), AIMC_ERR_FORMAT);
        ck_assert_ptr_null(r);
        ck_assert_uint_eq(heap.live_blocks, 1);
    }
    free(bytes);
}
END_TEST

/* Whatever the parser accepts must be safe to read in full. */
static void read_everything(const aimci_st_reader *r)
{
    float m[9];
    uint64_t s[2];
    (void)aimci_st_text(r, "kind");
    (void)aimci_st_get(r, "w", AIMCI_F32, 3, 3, 3, m);
    (void)aimci_st_get(r, "flags", AIMCI_U8, 0, 5, 0, m);
    (void)aimci_st_get(r, odd_name, AIMCI_U64, 0, 2, 0, s);
}

START_TEST(flipped_bits_do_no_harm)
{
    size_t size = 0;
    unsigned char *const bytes = load_bytes(&size);
    uint64_t state = 7;
    for (int k = 0; k < 30000; k++) {
        unsigned char before[4];
        size_t at[4];
        const size_t n = 1 + (size_t)k % 4;
        for (size_t i = 0; i < n; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            at[i] = (size_t)(state >> 33) % size;
            before[i] = bytes[at[i]];
            bytes[at[i]] ^= (unsigned char)(1u << (state >> 60) % 8);
        }
        aimci_st_reader *r = NULL;
        const aimc_status st = aimci_st_parse(ctx, bytes, size, &r);
        ck_assert(st == AIMC_OK || st == AIMC_ERR_FORMAT);
        if (st == AIMC_OK)
            read_everything(r);
        aimci_st_reader_destroy(r);
        for (size_t i = n; i-- > 0;)
            bytes[at[i]] = before[i];
        ck_assert_uint_eq(heap.live_blocks, 1);
    }
    free(bytes);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

START_TEST(writing_survives_any_failing_allocation)
{
    const size_t before = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        const aimc_status st = write_file();
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        ck_assert_uint_eq(heap.live_blocks, before);
        ck_assert_int_eq(access(path, F_OK) == 0, !heap.failed);
    } while (heap.failed);
    ck_assert_uint_gt(n, 3); /* header, two names: nothing of the data's size */
}
END_TEST

START_TEST(reading_survives_any_failing_allocation)
{
    ck_assert_int_eq(write_file(), AIMC_OK);
    const size_t before = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimci_st_reader *r = NULL;
        const aimc_status st = aimci_st_read(ctx, path, &r);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimci_st_reader_destroy(r);
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 10); /* bytes, reader, names and strings of the header, entries */
}
END_TEST

START_TEST(sentences_name_the_file)
{
    FILE *const f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fputs("12345", f);
    ck_assert_int_eq(fclose(f), 0);
    aimci_st_reader *r = NULL;
    ck_assert_int_eq(aimci_st_read(ctx, path, &r), AIMC_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), path));
}
END_TEST

static TCase *fixture_case(Suite *s, const char *name)
{
    TCase *const t = aimct_case(s, name);
    tcase_add_checked_fixture(t, set_up, tear_down);
    return t;
}

int main(void)
{
    Suite *const s = suite_create("safetensors");
    TCase *t = fixture_case(s, "round trip");
    tcase_add_test(t, what_is_written_is_read);
    tcase_add_test(t, a_file_may_be_empty);
    tcase_add_test(t, data_begin_at_a_multiple_of_eight);
    tcase_add_test(t, sizes_of_types);
    tcase_add_test(t, bad_tensors_are_not_taken);
    tcase_add_test(t, a_change_between_is_noticed);
    t = fixture_case(s, "parser");
    tcase_add_loop_test(t, headers_are_checked, 0, N_HEADERS);
    tcase_add_test(t, long_headers_are_refused);
    tcase_add_test(t, other_files_are_called_other_files);
    tcase_add_test(t, sentences_name_the_file);
    tcase_add_test(t, unknown_types_are_left_alone);
    tcase_add_test(t, deep_headers_are_refused);
    tcase_add_test(t, shapes_must_match);
    tcase_add_test(t, cut_files_are_refused);
    tcase_add_test(t, flipped_bits_do_no_harm);
    t = fixture_case(s, "memory");
    tcase_add_test(t, writing_survives_any_failing_allocation);
    tcase_add_test(t, reading_survives_any_failing_allocation);
    return aimct_main(s);
}
