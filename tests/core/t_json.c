/* SPDX-License-Identifier: MIT */
/* JSON texts: what is read, what is refused and where, and memory that runs out. */
#include "core/json.h"

#include "fail_alloc.h"
#include "test_util.h"

static aimc_context *ctx;
static aimct_heap heap = AIMCT_HEAP_INIT;

static void set_up(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    OK(aimc_context_create(&params, &ctx));
}

static void tear_down(void)
{
    aimc_context_destroy(ctx);
}

static aimc_status read_text(const char *text, json_t **value)
{
    return aimci_json_read(ctx, "f", text, strlen(text), value);
}

/* ---- what is read --------------------------------------------------------------------------- */

static const char *const good[] = {
    "0",
    "-0",
    "12",
    "-9223372036854775807",
    "1.5",
    "-2.25e-3",
    "1E+2",
    "123456789012345678901234567890.5",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"",
    "\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"",
    "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \x7F\"",
    "[]",
    " [ 1 , [ ] , { } , \"x\" ]\n",
    "{}",
    "{\"a\": 1, \"b\": {\"a\": [true, false, null]}, \"\": \"\"}",
    "\t{\"a name that is longer than sixteen bytes\": \"so is this string of bytes\"}\r\n",
};

START_TEST(values_are_those_of_jansson)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        json_t *ours = NULL;
        json_t *const theirs = json_loads(good[i], JSON_DECODE_ANY, NULL);
        ck_assert_msg(theirs != NULL, "%s", good[i]);
        OK(read_text(good[i], &ours));
        ck_assert_msg(json_equal(ours, theirs), "%s", good[i]);
        json_decref(theirs);
        json_decref(ours);
    }
}
END_TEST

START_TEST(integers_beyond_64_bits_are_real)
{
    json_t *value = NULL;
    OK(read_text("[9223372036854775808, -9223372036854775809, 100000000000000000000000]", &value));
    for (size_t i = 0; i < 3; i++)
        ck_assert(json_is_real(json_array_get(value, i)));
    ck_assert_double_eq(json_real_value(json_array_get(value, 2)), 1e23);
    json_decref(value);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------------ */

static const struct {
    const char *text, *sentence;
} bad[] = {
    {"", "line 1, column 1: a value is expected, at the end of the text"},
    {" \n  ", "line 2, column 3: a value"},
    {"nul", "a value is expected, at 'n'"},
    {"truth", "column 1: a value"},
    {"1 2", "column 3: the end of the text is expected, at '2'"},
    {"01", "column 2: the end of the text"},
    {"-", "column 2: a digit"},
    {"1.", "column 3: a digit"},
    {"1e", "a digit"},
    {"1e+-2", "a digit"},
    {".5", "a value"},
    {"+1", "a value"},
    {"0x10", "column 2: the end"},
    {"NaN", "a value"},
    {"Infinity", "a value"},
    {"1e999", "column 1: a number beyond those of double precision"},
    {"\"a", "a quote that ends the string"},
    {"\"\\", "an unknown escape, at the end of the text"},
    {"\"\\x\"", "an unknown escape, at 'x'"},
    {"\"\\u12\"", "four hexadecimal digits"},
    {"\"\\u0000\"", "other than 0"},
    {"\"\\ud800\"", "four hexadecimal digits"},
    {"\"\\ud800\\u0041\"", "four hexadecimal digits"},
    {"\"\\udc00\"", "four hexadecimal digits"},
    {"\"a\tb\"", "a control character in a string, at byte 0x09"},
    {"\"\xFF\"", "no character of UTF-8, at byte 0xff"},
    {"\"\xC0\x80\"", "no character of UTF-8"},
    {"\"\xE0\x80\x80\"", "no character of UTF-8"},
    {"\"\xED\xA0\x80\"", "no character of UTF-8"},
    {"\"\xF4\x90\x80\x80\"", "no character of UTF-8"},
    {"\"\xE2\x82", "no character of UTF-8"},
    {"[", "a value"},
    {"[1", "',' or ']' is expected, at the end of the text"},
    {"[1,]", "column 4: a value is expected, at ']'"},
    {"[1 2]", "',' or ']' is expected, at '2'"},
    {"{", "a name in quotes is expected"},
    {"{a: 1}", "a name in quotes is expected, at 'a'"},
    {"{\"a\" 1}", "':' is expected"},
    {"{\"a\":}", "a value is expected, at '}'"},
    {"{\"a\": 1,}", "a name in quotes"},
    {"{\"a\": 1 \"b\": 2}", "',' or '}' is expected"},
    {"{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", "line 3, column 2: a duplicate name"},
};

START_TEST(mistakes_are_told_with_their_place)
{
    const size_t before = heap.live_blocks;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *value = (json_t *)&heap;
        FAILS(AIMC_ERR_FORMAT, bad[i].sentence, read_text(bad[i].text, &value));
        ck_assert_ptr_null(value);
    }
    ck_assert_uint_eq(heap.live_blocks, before);
}
END_TEST

START_TEST(depth_and_length_are_bounded)
{
    char text[2 * AIMCI_JSON_DEPTH + 3] = {0};
    json_t *value = NULL;
    memset(text, '[', AIMCI_JSON_DEPTH);
    memset(text + AIMCI_JSON_DEPTH, ']', AIMCI_JSON_DEPTH);
    OK(read_text(text, &value));
    json_decref(value);
    memset(text, '[', AIMCI_JSON_DEPTH + 1);
    memset(text + AIMCI_JSON_DEPTH + 1, ']', AIMCI_JSON_DEPTH + 1);
    FAILS(AIMC_ERR_FORMAT, "more than 256", read_text(text, &value));
    memset(text, '1', 512);
    text[512] = '\0';
    FAILS(AIMC_ERR_FORMAT, "more than 511 characters", read_text(text, &value));
}
END_TEST

/* Texts that are nearly right: we take what jansson takes, and integers beyond 64 bits, which it
 * refuses. */
START_TEST(jansson_takes_the_same)
{
    uint64_t random = 1;
    size_t n_good = 0;
    static const char signs[] = "0123456789.eE+-\"\\/bfnrtu{}[],: \ntruefalsnl\xC3\xA9\x01";
    for (int i = 0; i < 40000; i++) {
        char text[128];
        const char *from = good[aimct_next(&random) % (sizeof good / sizeof good[0])];
        size_t n = strlen(from);
        memcpy(text, from, n + 1);
        const size_t changes = 1 + aimct_next(&random) % 3;
        for (size_t k = 0; k < changes && n > 0; k++) {
            const size_t at = aimct_next(&random) % n;
            if (aimct_next(&random) % 3 == 0)
                memmove(text + at, text + at + 1, n-- - at);
            else
                text[at] = signs[aimct_next(&random) % (sizeof signs - 1)];
        }
        json_t *ours = NULL;
        json_error_t error;
        json_t *const theirs =
            json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
        if (theirs == NULL && strstr(error.text, "too big"))
            continue;
        const aimc_status st = aimci_json_read(ctx, "f", text, n, &ours);
        ck_assert_msg((st == AIMC_OK) == (theirs != NULL), "%.*s: %s", (int)n, text,
                      aimc_get_last_error());
        ck_assert_msg(theirs == NULL || json_equal(ours, theirs), "%.*s", (int)n, text);
        n_good += theirs != NULL;
        json_decref(ours);
        json_decref(theirs);
    }
    ck_assert_uint_gt(n_good, 4000);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

/* jansson's memory, of which the countdown-th block is not given. */
static size_t countdown, live;

static void *give(size_t size)
{
    if (countdown > 0 && --countdown == 0)
        return NULL;
    live++;
    return malloc(size);
}

static void take_back(void *block)
{
    live -= block != NULL;
    free(block);
}

static const char document[] =
    "{\"a name that is longer than sixteen bytes\": [1, 2.5, \"a string of more than sixteen\"],"
    "\"b\": {\"c\": [[], {}, true], \"d\": \"\\u00e9\"}, \"e\": [0,1,2,3,4,5,6,7,8,9,10,11,12],"
    "\"f\":1,\"g\":2,\"h\":3,\"i\":4,\"j\":5,\"k\":6,\"l\":7,\"m\":8,\"n\":9}";

START_TEST(memory_that_runs_out_is_told)
{
    size_t n = 0;
    bool failed = true;
    json_set_alloc_funcs(give, take_back);
    while (failed) {
        json_t *value = NULL;
        countdown = ++n;
        const aimc_status st = read_text(document, &value);
        failed = countdown == 0;
        countdown = 0;
        ck_assert_int_eq(st, failed ? AIMC_ERR_NOMEM : AIMC_OK);
        ck_assert_int_eq(value != NULL, st == AIMC_OK);
        json_decref(value);
        ck_assert_uint_eq(live, 0);
    }
    ck_assert_uint_gt(n, 50);
    json_set_alloc_funcs(malloc, free);
}
END_TEST

START_TEST(memory_of_the_context_that_runs_out_is_told)
{
    const size_t before = heap.live_blocks;
    size_t n = 0;
    do {
        json_t *value = NULL;
        aimct_heap_fail_at(&heap, ++n);
        const aimc_status st = read_text(document, &value);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        json_decref(value);
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 10);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json");
    TCase *t = aimct_case(s, "reader");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, values_are_those_of_jansson);
    tcase_add_test(t, integers_beyond_64_bits_are_real);
    tcase_add_test(t, mistakes_are_told_with_their_place);
    tcase_add_test(t, depth_and_length_are_bounded);
    tcase_add_test(t, jansson_takes_the_same);
    tcase_add_test(t, memory_that_runs_out_is_told);
    tcase_add_test(t, memory_of_the_context_that_runs_out_is_told);
    return aimct_main(s);
}
