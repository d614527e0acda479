/* SPDX-License-Identifier: MIT */
/* What the command says when something is wrong, and the exit codes that go with it. */
#ifndef AIMC_TOOLS_REPORT_H
#define AIMC_TOOLS_REPORT_H

#if defined(__MINGW32__) && !defined(__clang__)
#define PRINTF_LIKE(text, args) __attribute__((format(gnu_printf, text, args)))
#elif defined(__GNUC__)
#define PRINTF_LIKE(text, args) __attribute__((format(printf, text, args)))
#else
#define PRINTF_LIKE(text, args)
#endif

/* Exit codes; EXIT_GO_ON is what a step returns when the command should continue. */
enum { EXIT_GO_ON = -1, EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Name for the front of every message: "aimc train". The text must stay. */
void report_set_command(const char *command);
const char *report_command(void);

/* From now on each message is one JSON object on a line of stderr: {"command": "aimc train",
 * "error": <sentence>, "exit": 1}, or "remark" in the place of the last two. */
void report_as_json(void);

/* "aimc train: <sentence>" on stderr; returns EXIT_FAILED. */
int fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same with a pointer to --help; returns EXIT_USAGE. */
int fail_usage(const char *format, ...) PRINTF_LIKE(1, 2);

/* What the library says about its last failure, without the names of its functions. */
const char *library_sentence(void);

/* The same on stderr; returns EXIT_FAILED. */
int fail_library(void);

#ifdef __clang_analyzer__ /* sees one file at a time; so it knows that these are not EXIT_GO_ON */
#define fail(...)       (fail(__VA_ARGS__), EXIT_FAILED)
#define fail_usage(...) (fail_usage(__VA_ARGS__), EXIT_USAGE)
#define fail_library()  (fail_library(), EXIT_FAILED)
#endif

/* A remark on stderr that stops nothing. */
void remark(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
