/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "comma_locale.h"
#include "core/core.h"

/* ---- numbers -------------------------------------------------------------------------------- */

static void check_format(double value, const char *expected)
{
    char buf[32];
    aimci_format_double(buf, value);
    ck_assert_str_eq(buf, expected);
}

START_TEST(doubles_are_as_short_as_can_be)
{
    check_format(0, "0");
    check_format(-0.0, "-0");
    check_format(1, "1");
    check_format(0.1, "0.1");
    check_format(-2.5e-7, "-2.5e-07");
    check_format(1.0 / 3, "0.3333333333333333");
    check_format(0.1 + 0.2, "0.30000000000000004");
    check_format(1e22, "1e+22");
    check_format(DBL_MAX, "1.7976931348623157e+308");
    check_format(-DBL_MIN, "-2.2250738585072014e-308");
    check_format(5e-324, "4.94065645841247e-324");
    check_format((double)INFINITY, "inf");
    check_format(-(double)INFINITY, "-inf");
    check_format((double)NAN, "nan");
    check_format(-(double)NAN, "nan");
}
END_TEST

START_TEST(doubles_read_back_equal)
{
    uint64_t state = 1;
    for (int k = 0; k < 20000; k++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double value = 0;
        memcpy(&value, &state, sizeof value);
        if (!isfinite(value))
            continue;
        char buf[32];
        aimci_format_double(buf, value);
        ck_assert(strtod(buf, NULL) == value);
    }
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    char buf[64];
    aimci_text text = {buf, sizeof buf, 0};
    if (!aimct_comma_locale()) {
        fprintf(stderr, "no locale with a decimal comma here: not tested\n");
        return;
    }
    snprintf(buf, sizeof buf, "%.1f", 0.5);
    ck_assert_str_eq(buf, "0,5"); /* the program's own */
    check_format(-1234.5, "-1234.5");
    check_format(0.1 + 0.2, "0.30000000000000004");
    check_format(1.5e-300, "1.5e-300");
    aimci_text_printf(&text, "%.2f", 0.25);
    ck_assert_str_eq(buf, "0.25");
    (void)aimci_fail(AIMC_ERR_INVALID, "%g is too large", 2.5);
    ck_assert_str_eq(aimc_get_last_error(), "2.5 is too large");
    snprintf(buf, sizeof buf, "%.1f", 0.5);
    ck_assert_str_eq(buf, "0,5"); /* still */
    setlocale(LC_ALL, "C");
}
END_TEST

/* ---- finite --------------------------------------------------------------------------------- */

START_TEST(one_bad_number_is_found_anywhere)
{
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    float x[3 * 70];
    for (size_t cols = 1; cols <= 67; cols++) {
        const size_t ld = 70;
        for (size_t i = 0; i < 3 * ld; i++)
            x[i] = i % ld < cols ? FLT_MAX : NAN; /* what lies between rows is nobody's business */
        ck_assert(aimci_all_finite(x, 3, cols, ld));
        for (size_t i = 0; i < 3 * cols; i++) {
            float *const at = &x[i / cols * ld + i % cols];
            *at = bad[i % 4];
            ck_assert(!aimci_all_finite(x, 3, cols, ld));
            *at = i % 2 == 0 ? -0.0f : FLT_MIN / 4;
        }
        ck_assert(aimci_all_finite(x, 3, cols, ld));
    }
    ck_assert(aimci_all_finite(x, 0, 5, 5));
    ck_assert(aimci_all_finite(x, 5, 0, 0));
}
END_TEST

/* ---- words and text ------------------------------------------------------------------------- */

START_TEST(distances_of_words)
{
    ck_assert_uint_eq(aimci_word_distance("", ""), 0);
    ck_assert_uint_eq(aimci_word_distance("w_max", "w_max"), 0);
    ck_assert_uint_eq(aimci_word_distance("", "abc"), 3);
    ck_assert_uint_eq(aimci_word_distance("kitten", "sitting"), 3);
    ck_assert_uint_eq(aimci_word_distance("sitting", "kitten"), 3);
    ck_assert_uint_eq(aimci_word_distance("w_mx", "w_max"), 1);
    ck_assert_uint_eq(aimci_word_distance("wmax_", "w_max"), 2);
    ck_assert_uint_eq(aimci_word_distance("flaw", "lawn"), 2);
}
END_TEST

START_TEST(long_words_are_far_apart)
{
    char word[101];
    memset(word, 'a', 100);
    word[100] = '\0';
    ck_assert_uint_eq(aimci_word_distance(word, "a"), 100);
    ck_assert_uint_eq(aimci_word_distance("a", word), 100);
    word[63] = '\0'; /* the longest that is looked at */
    ck_assert_uint_eq(aimci_word_distance(word, "a"), 62);
}
END_TEST

START_TEST(text_grows_and_stops_at_the_end)
{
    char buf[8] = "#######";
    aimci_text text = {.buf = buf, .size = sizeof buf};
    aimci_text_printf(&text, "%d,", 12);
    ck_assert_str_eq(buf, "12,");
    aimci_text_printf(&text, "%s", "abcdef");
    ck_assert_str_eq(buf, "12,abcd");
    aimci_text_printf(&text, "more");
    ck_assert_str_eq(buf, "12,abcd");
    ck_assert_uint_eq(text.length, 13);
}
END_TEST

START_TEST(text_without_a_buffer_is_counted)
{
    aimci_text text = {.buf = NULL, .size = 0};
    aimci_text_printf(&text, "%s", "abc");
    aimci_text_printf(&text, "%d", 4);
    ck_assert_uint_eq(text.length, 4);
}
END_TEST

/* ---- public structs ------------------------------------------------------------------------- */

typedef struct {
    uint32_t struct_size;
    uint32_t a;
    uint64_t b;
} info;

START_TEST(structs_go_out_to_any_version)
{
    const info ours = {.struct_size = sizeof ours, .a = 1, .b = 2};
    info same = {.struct_size = sizeof same};
    ck_assert_int_eq(aimci_struct_out("f", &same, &ours, sizeof ours, 8), AIMC_OK);
    ck_assert_uint_eq(same.a, 1);
    ck_assert_uint_eq(same.b, 2);

    info older = {.struct_size = 8, .b = 77};
    ck_assert_int_eq(aimci_struct_out("f", &older, &ours, sizeof ours, 8), AIMC_OK);
    ck_assert_uint_eq(older.struct_size, 8);
    ck_assert_uint_eq(older.a, 1);
    ck_assert_uint_eq(older.b, 77);

    struct {
        info known;
        uint64_t later;
    } newer = {.known = {.struct_size = sizeof newer}, .later = 77};
    ck_assert_int_eq(aimci_struct_out("f", &newer, &ours, sizeof ours, 8), AIMC_OK);
    ck_assert_uint_eq(newer.known.struct_size, sizeof newer);
    ck_assert_uint_eq(newer.known.b, 2);
    ck_assert_uint_eq(newer.later, 0);
}
END_TEST

START_TEST(structs_too_short_are_refused)
{
    const info ours = {.struct_size = sizeof ours, .a = 1, .b = 2};
    info tiny = {.struct_size = 4, .a = 77};
    ck_assert_int_eq(aimci_struct_out("f", &tiny, &ours, sizeof ours, 8), AIMC_ERR_ABI);
    ck_assert_str_eq(aimc_get_last_error(),
                     "f: struct_size is 4; set it to sizeof the struct, 8 or more");
    ck_assert_uint_eq(tiny.a, 77);
    ck_assert_int_eq(aimci_struct_out("f", NULL, &ours, sizeof ours, 8), AIMC_ERR_INVALID);
}
END_TEST

/* ---- arithmetic ----------------------------------------------------------------------------- */

START_TEST(sizes_are_checked)
{
    size_t out = 0;
    ck_assert(!aimci_mul_overflows(0, SIZE_MAX, &out) && out == 0);
    ck_assert(!aimci_mul_overflows(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    ck_assert(aimci_mul_overflows(SIZE_MAX / 2 + 1, 2, &out));
    ck_assert(aimci_mul_overflows(SIZE_MAX, SIZE_MAX, &out));
    ck_assert_uint_eq(aimci_leading_dimension(1), 16);
    ck_assert_uint_eq(aimci_leading_dimension(16), 16);
    ck_assert_uint_eq(aimci_leading_dimension(250), 272);
    ck_assert_uint_eq(aimci_leading_dimension(257), 272);
    ck_assert_uint_eq(aimci_leading_dimension(1024), 1040);
}
END_TEST

START_TEST(shapes_are_read_strictly)
{
    size_t a = 0, b = 0;
    const char *rest = NULL;
    ck_assert(aimci_parse_shape("12 34", &a, &b, NULL) && a == 12 && b == 34);
    ck_assert(aimci_parse_shape("1 2 analog", &a, &b, &rest));
    ck_assert_str_eq(rest, "analog");
    const char *const wrong[] = {"",     "1",     "1 ",  "-1 2",
                                 "1 -2", "1 2 3", "a b", "99999999999999999999999 1"};
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        ck_assert_msg(!aimci_parse_shape(wrong[k], &a, &b, NULL), "'%s'", wrong[k]);
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("text");
    TCase *const t = aimct_case(s, "text");
    tcase_add_test(t, doubles_are_as_short_as_can_be);
    tcase_add_test(t, doubles_read_back_equal);
    tcase_add_test(t, the_locale_does_not_matter);
    tcase_add_test(t, one_bad_number_is_found_anywhere);
    tcase_add_test(t, distances_of_words);
    tcase_add_test(t, long_words_are_far_apart);
    tcase_add_test(t, text_grows_and_stops_at_the_end);
    tcase_add_test(t, text_without_a_buffer_is_counted);
    tcase_add_test(t, structs_go_out_to_any_version);
    tcase_add_test(t, shapes_are_read_strictly);
    tcase_add_test(t, structs_too_short_are_refused);
    tcase_add_test(t, sizes_are_checked);
    return aimct_main(s);
}
