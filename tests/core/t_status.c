/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "core/core.h"

START_TEST(every_code_has_its_name)
{
    static const struct {
        aimc_status status;
        int value;
        const char *name;
    } codes[] = {
        {AIMC_OK, 0, "AIMC_OK"},
        {AIMC_ERR_INVALID, -1, "AIMC_ERR_INVALID"},
        {AIMC_ERR_UNSUPPORTED, -2, "AIMC_ERR_UNSUPPORTED"},
        {AIMC_ERR_NOMEM, -3, "AIMC_ERR_NOMEM"},
        {AIMC_ERR_ABI, -4, "AIMC_ERR_ABI"},
        {AIMC_ERR_SHAPE, -5, "AIMC_ERR_SHAPE"},
        {AIMC_ERR_STATE, -6, "AIMC_ERR_STATE"},
        {AIMC_ERR_IO, -7, "AIMC_ERR_IO"},
        {AIMC_ERR_FORMAT, -8, "AIMC_ERR_FORMAT"},
        {AIMC_ERR_INTERNAL, -9, "AIMC_ERR_INTERNAL"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ck_assert_int_eq((int)codes[i].status, codes[i].value);
        ck_assert_str_eq(aimc_status_get_text(codes[i].status), codes[i].name);
    }
    ck_assert_str_eq(aimc_status_get_text((aimc_status)-1000), "unknown status");
    ck_assert_str_eq(aimc_status_get_text((aimc_status)1), "unknown status");
}
END_TEST

START_TEST(version_is_that_of_the_headers)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", AIMC_VERSION_MAJOR, AIMC_VERSION_MINOR,
             AIMC_VERSION_PATCH);
    ck_assert_str_eq(aimc_get_version(), text);
    ck_assert_uint_eq(aimc_get_abi_version(), AIMC_ABI_VERSION);
}
END_TEST

START_TEST(the_last_sentence_is_kept)
{
    ck_assert_str_eq(aimc_get_last_error(), "");
    ck_assert_int_eq(aimci_fail(AIMC_ERR_SHAPE, "tile_create: n_in is %d", 0), AIMC_ERR_SHAPE);
    ck_assert_str_eq(aimc_get_last_error(), "tile_create: n_in is 0");
    aimci_fail(AIMC_ERR_IO, "second");
    ck_assert_str_eq(aimc_get_last_error(), "second");
    ck_assert_int_eq(aimci_fail_within(AIMC_ERR_IO, "layer %d: ", 3), AIMC_ERR_IO);
    ck_assert_str_eq(aimc_get_last_error(), "layer 3: second");
}
END_TEST

START_TEST(arguments_may_be_the_last_sentence)
{
    aimci_fail(AIMC_ERR_IO, "inner");
    aimci_fail(AIMC_ERR_IO, "%s, then %s", aimc_get_last_error(), aimc_get_last_error());
    ck_assert_str_eq(aimc_get_last_error(), "inner, then inner");
    aimci_fail_within(AIMC_ERR_IO, "[%s] ", aimc_get_last_error());
    ck_assert_str_eq(aimc_get_last_error(), "[inner, then inner] inner, then inner");
}
END_TEST

START_TEST(long_sentences_are_cut)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    aimci_fail(AIMC_ERR_IO, "%s", text);
    ck_assert_uint_eq(strlen(aimc_get_last_error()), 511);
    aimci_fail_within(AIMC_ERR_IO, "prefix ");
    ck_assert_uint_eq(strlen(aimc_get_last_error()), 511);
    ck_assert_int_eq(strncmp(aimc_get_last_error(), "prefix xxx", 10), 0);
    aimci_fail_within(AIMC_ERR_IO, "%s", text);
    ck_assert_uint_eq(strlen(aimc_get_last_error()), 511);
}
END_TEST

static void *fail_elsewhere(void *arg)
{
    char *const copy = arg;
    aimci_fail(AIMC_ERR_IO, "theirs");
    snprintf(copy, 16, "%s", aimc_get_last_error());
    return NULL;
}

START_TEST(each_thread_has_its_own)
{
    char theirs[16] = "";
    aimci_fail(AIMC_ERR_IO, "ours");
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, theirs), 0);
    pthread_join(thread, NULL);
    ck_assert_str_eq(theirs, "theirs");
    ck_assert_str_eq(aimc_get_last_error(), "ours");
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("status");
    TCase *const t = aimct_case(s, "status");
    tcase_add_test(t, the_last_sentence_is_kept); /* first: nothing has failed yet, forked or not */
    tcase_add_test(t, every_code_has_its_name);
    tcase_add_test(t, version_is_that_of_the_headers);
    tcase_add_test(t, arguments_may_be_the_last_sentence);
    tcase_add_test(t, long_sentences_are_cut);
    tcase_add_test(t, each_thread_has_its_own);
    return aimct_main(s);
}
