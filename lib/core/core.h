/* SPDX-License-Identifier: MIT */
/* Floor 0: what every other folder may use. */
#ifndef AIMCI_CORE_H
#define AIMCI_CORE_H

#include <float.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aimc/context.h>

#include "core/compiler.h"

/* ---- status --------------------------------------------------------------------------------- */

/* Every failure passes here: keeps the sentence for aimc_get_last_error() and returns status. */
aimc_status aimci_fail(aimc_status status, const char *format, ...) AIMCI_PRINTF(2, 3);

/* Prefix the last error ("tile_load: ") and return status; for callers that add where it
 * happened. */
aimc_status aimci_fail_within(aimc_status status, const char *format, ...) AIMCI_PRINTF(2, 3);
#ifdef __clang_analyzer__ /* sees one file at a time; so it knows that these return the status */
#define aimci_fail(status, ...)        (aimci_fail((status), __VA_ARGS__), (status))
#define aimci_fail_within(status, ...) (aimci_fail_within((status), __VA_ARGS__), (status))
#endif

/* ---- context -------------------------------------------------------------------------------- */

aimc_context *aimci_context_ref(aimc_context *ctx);
void aimci_context_unref(aimc_context *ctx);

/* Zeroed, 64-byte aligned memory from the context's allocator; NULL on failure or overflow.
 * aimci_free(ctx, NULL) is fine. */
void *aimci_calloc(aimc_context *ctx, size_t n, size_t size);
void aimci_free(aimc_context *ctx, void *ptr);
char *aimci_strdup(aimc_context *ctx, const char *text);

uint64_t aimci_context_seed(const aimc_context *ctx);
uint32_t aimci_context_flags(const aimc_context *ctx);
/* Bytes of the largest file that may be read; UINT64_MAX: any. */
uint64_t aimci_context_max_file(const aimc_context *ctx);

/* Number that the next object made from this context uses in place of a seed of its own (0, 1, 2,
 * ...). */
uint64_t aimci_context_next_object(aimc_context *ctx);
/* That object was not made after all: the next one gets its number, so that a call that fails
 * changes nothing (unless another thread took one in between). */
void aimci_context_return_object(aimc_context *ctx, uint64_t number);

void aimci_log(const aimc_context *ctx, aimc_log_level level, const char *format, ...)
    AIMCI_PRINTF(3, 4);

/* Does anybody listen? What only a warning needs is not computed else. */
bool aimci_logs(const aimc_context *ctx);

/* Something that works, but probably not as meant, in one object: told the first time that n is not
 * 0, and counted from then on. Calls for one object come from one thread at a time. */
typedef struct aimci_warning {
    uint64_t n;
} aimci_warning;
void aimci_warn(const aimc_context *ctx, aimci_warning *warning, uint64_t n, const char *format,
                ...) AIMCI_PRINTF(4, 5);

/* Slots that may run at once: the length of per-slot scratch arrays. */
size_t aimci_context_slots(const aimc_context *ctx);

/* Call fn(arg, slot, chunk) for chunk = 0 ... n_chunks - 1. Chunks go to slots as they come free;
 * each slot runs one chunk at a time, so slot indexes scratch. What a chunk computes must not
 * depend on its slot: that is what makes results equal for any number of threads. Calls from inside
 * a chunk run inline in slot 0 of the inner call. */
typedef void (*aimci_chunk_fn)(void *arg, size_t slot, size_t chunk);
void aimci_parallel(aimc_context *ctx, size_t n_chunks, aimci_chunk_fn fn, void *arg);

/* ---- small checked arithmetic and text ------------------------------------------------------ */

static inline bool aimci_mul_overflows(size_t a, size_t b, size_t *out)
{
    *out = a * b;
    return a != 0 && *out / a != b;
}

static inline size_t aimci_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t aimci_round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Leading dimension of a plane of n floats: a multiple of 16 (64 bytes), and never one of 256,
 * because power-of-two strides map all lines onto the same cache sets. */
static inline size_t aimci_leading_dimension(size_t n)
{
    const size_t ld = aimci_round_up(n, 16);
    return ld % 256 == 0 ? ld + 16 : ld;
}

/* The nearest finite float; 0 for what is no number. Without a branch: it runs once per cell. */
static inline float aimci_finite_float(double v)
{
    const double largest = (double)FLT_MAX;
    v = v == v ? v : 0.0;
    v = v < largest ? v : largest;
    v = v > -largest ? v : -largest;
    return (float)v;
}
void aimci_make_finite(float *x, size_t n);

/* Can n products of at most this magnitude take a sum of floats out of their range? Smaller ones
 * are lost in the rounding of sums that are that large. */
static inline bool aimci_may_overflow(size_t n, double product)
{
    return !((double)n * product < 1e28);
}

/* Are all n rows of m floats finite? */
/* A number of the caller's, refused with a sentence outside lowest ... highest. */
aimc_status aimci_check_number(const char *caller, const char *name, double value, double lowest,
                               double highest);

/* Rates, times and factors: large enough for anything, small enough that products of two are
 * finite. */
#define AIMCI_LARGEST_NUMBER 1e30

bool aimci_all_finite(const float *x, size_t rows, size_t cols, size_t ld);

/* Shortest text that reads back as the same double, '.' decimal in any locale; buf holds >= 32
 * bytes. */
void aimci_format_double(char *buf, double value);

/* vsnprintf() with a decimal point, whatever the program's locale is. */
int aimci_format(char *buf, size_t size, const char *format, va_list args) AIMCI_PRINTF(3, 0);

/* Levenshtein distance of two words, for "did you mean". */
size_t aimci_word_distance(const char *a, const char *b);

/* "12 34 rest": two sizes and what follows them (may be NULL); false when the text is anything
 * else. */
bool aimci_parse_shape(const char *text, size_t *a, size_t *b, const char **rest);

/* Appends to a caller's buffer like snprintf does, over several calls. length counts what would be
 * written. */
typedef struct aimci_text {
    char *buf;
    size_t size;
    size_t length;
} aimci_text;
void aimci_text_printf(aimci_text *text, const char *format, ...) AIMCI_PRINTF(2, 3);

/* Public structs begin with a uint32_t struct_size and only grow at the end, so that a caller's may
 * be of another version than ours. Copy one in: fields that an older one lacks are 0, which means
 * as before; fields that only a newer one has must be 0. AIMC_ERR_ABI when they are not, or when no
 * version has that size. */
aimc_status aimci_struct_in(const char *caller, const void *theirs, void *ours, size_t our_size);

/* Copy a public struct out to one whose version may be shorter or longer. Its struct_size stays;
 * AIMC_ERR_ABI when it is smaller than min_size. A call that changes something asks first, by
 * aimci_struct_out_expect(), whether its report can be given; NULL is fine there. */
aimc_status aimci_struct_out_expect(const char *caller, const void *out, size_t min_size);
aimc_status aimci_struct_out(const char *caller, void *out, const void *ours, size_t our_size,
                             size_t min_size);

#endif
