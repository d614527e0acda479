/* SPDX-License-Identifier: MIT */
#ifndef AIMC_STATUS_H
#define AIMC_STATUS_H
/**
 * @file status.h
 * Status codes, the last error, and the version of the library.
 *
 * Every function says under Threads which calls may run at the same time, and under Determinism how
 * far its result is the same to the bit: D0 for the same binary, machine and inputs; D1 also for
 * any number of threads and, where it says so, any split of a batch; D2 also for any instruction
 * set, compiler and library of products (docs/reproducibility.md). One that says nothing about
 * determinism draws no random number: the same arguments and state give the same bits (D0).
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define AIMC_BEGIN_DECLS extern "C" {
#define AIMC_END_DECLS   }
#else
#define AIMC_BEGIN_DECLS
#define AIMC_END_DECLS
#endif

/** Marks what the shared library exports; a DLL has a list of it instead. @since 0.1 */
#if defined(__GNUC__) && !defined(_WIN32)
#define AIMC_API __attribute__((visibility("default")))
#else
#define AIMC_API
#endif

/** Version of the headers: major. @since 0.1 */
#define AIMC_VERSION_MAJOR 0
/** Version of the headers: minor. @since 0.1 */
#define AIMC_VERSION_MINOR 1
/** Version of the headers: patch. @since 0.1 */
#define AIMC_VERSION_PATCH 0
/** ABI epoch: the number in the soname. @since 0.1 */
#define AIMC_ABI_VERSION 0
/** Bumped whenever a random stream changes its values for the same seed. @since 0.1 */
#define AIMC_RNG_STREAM_VERSION 4

AIMC_BEGIN_DECLS

/**
 * What a call returns. Zero is success, errors are negative, numbers are never reused.
 * A call that fails leaves its outputs untouched (handles: NULL) and changes nothing.
 * @since 0.1
 */
typedef enum aimc_status {
    AIMC_OK = 0,               /**< success */
    AIMC_ERR_INVALID = -1,     /**< an argument or parameter is not acceptable */
    AIMC_ERR_UNSUPPORTED = -2, /**< a valid request that this build or object cannot serve */
    AIMC_ERR_NOMEM = -3,       /**< the allocator returned NULL */
    AIMC_ERR_ABI = -4,         /**< a struct_size this library does not know */
    AIMC_ERR_SHAPE = -5,       /**< sizes or leading dimensions do not fit together */
    AIMC_ERR_STATE = -6,       /**< the object is not in a state that allows the call */
    AIMC_ERR_IO = -7,          /**< the operating system refused to read or write */
    AIMC_ERR_FORMAT = -8,      /**< a file or text is not what it says it is */
    AIMC_ERR_INTERNAL = -9     /**< a defect of libaimc; please report it */
} aimc_status;

/**
 * Name of a status code, for example "AIMC_ERR_SHAPE".
 * @param status  any value; unknown ones give "unknown status"
 * @return a constant string
 * @threads any.
 * @since 0.1
 */
AIMC_API const char *aimc_status_get_text(aimc_status status);

/**
 * Sentence that belongs to the last failure on this thread: which function, which argument, why.
 * @return text that is valid until the next failing call on the same thread; "" before any failure
 * @threads each thread has its own.
 * @since 0.1
 */
AIMC_API const char *aimc_get_last_error(void);

/** Version of the library at run time, for example "0.1.0". @threads any. @since 0.1 */
AIMC_API const char *aimc_get_version(void);

/**
 * ABI epoch of the library at run time; compare with #AIMC_ABI_VERSION.
 * @threads any.
 * @since 0.1
 */
AIMC_API uint32_t aimc_get_abi_version(void);

AIMC_END_DECLS

#endif
