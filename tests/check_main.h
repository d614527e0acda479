/* SPDX-License-Identifier: MIT */
/* The main() of every Check program: build a suite, run it, report by exit code. */
#ifndef AIMCT_CHECK_MAIN_H
#define AIMCT_CHECK_MAIN_H

#include <stdlib.h>

#include <check.h>
#ifdef _WIN32
#include <fcntl.h>
#endif

/* Runs the suite with what the environment asks for (CK_VERBOSITY, CK_TAP_LOG_FILE_NAME,
 * CK_FORK). */
static inline int aimct_main(Suite *s)
{
#ifdef _WIN32
    _fmode = _O_BINARY; /* files that tests write have the bytes they say */
#endif
    SRunner *const runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A test case with room for slow machines and instrumented builds, already part of the suite. */
static inline TCase *aimct_case(Suite *s, const char *name)
{
    TCase *const tcase = tcase_create(name);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(s, tcase);
    return tcase;
}

#endif
