/* SPDX-License-Identifier: MIT */
#ifndef AIMC_CONTEXT_H
#define AIMC_CONTEXT_H
/**
 * @file context.h
 * The context: allocator, logger, threads, instruction sets, root seed. Nothing global exists
 * outside it.
 */

#include <aimc/status.h>

AIMC_BEGIN_DECLS

/**
 * Everything an object needs from its host. Shared by reference: every handle keeps one.
 * @since 0.1
 */
typedef struct aimc_context aimc_context;

/** Severity of a log line. @since 0.1 */
typedef enum aimc_log_level {
    AIMC_LOG_ERROR = 0, /**< not sent: calls that fail return it, with aimc_get_last_error() */
    AIMC_LOG_WARNING =
        1,            /**< the call works, but probably not as meant: weights clipped to the bounds
                               of their devices, trains that saturate, an instruction set that the
                               machine lacks ...; once for each object, with how many */
    AIMC_LOG_INFO = 2 /**< what was chosen: instruction set, back end, sizes */
} aimc_log_level;

/** Memory of the library. Both functions or none. @since 0.1 */
typedef struct aimc_allocator {
    void *user; /**< handed to both functions */
    /** @return size bytes at a multiple of align (a power of two), or NULL */
    void *(*alloc)(void *user, size_t size, size_t align);
    void (*free)(void *user, void *ptr); /**< ptr came from alloc; never NULL */
} aimc_allocator;

/** Receiver of log lines. @since 0.1 */
typedef struct aimc_logger {
    void *user; /**< handed to log */
    /** text has no newline and lives only during the call; NULL: silent. Any thread may call. */
    void (*log)(void *user, aimc_log_level level, const char *text);
} aimc_logger;

/**
 * The host's own threads. run() calls fn(arg, 0) ... fn(arg, n - 1), in any order and on any
 * threads, and returns when all of them have.
 * @since 0.1
 */
typedef struct aimc_executor {
    void *user; /**< handed to run */
    /** run the n tasks and wait; NULL: use the built-in pool */
    void (*run)(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg);
} aimc_executor;

/** Instruction sets, for aimc_context_params::cpu_mask. @since 0.1 */
typedef enum aimc_cpu {
    AIMC_CPU_C = 1u << 0,    /**< portable C, always there */
    AIMC_CPU_AVX2 = 1u << 1, /**< x86-64 AVX2 */
    AIMC_CPU_AVX512 =
        1u << 2,            /**< x86-64 AVX-512 F, BW, DQ, VL; used only when named in the mask */
    AIMC_CPU_NEON = 1u << 3 /**< AArch64 Advanced SIMD */
} aimc_cpu;

/**
 * Products give the same bits for any batch split, too (determinism D1), at some cost in speed.
 * For aimc_context_params::flags.
 * @since 0.1
 */
#define AIMC_FLAG_DETERMINISTIC 1u
/** Flag: the pulses of pulse trains are not counted (pulses_up, pulses_down), which is to show what
 * counting costs: see docs/performance.md. Nothing else changes. @since 0.1 */
#define AIMC_FLAG_UNCOUNTED 2u

/**
 * How to make a context. Initialise with AIMC_CONTEXT_PARAMS_INIT or aimc_context_params_init();
 * zero means the default of every field.
 * @since 0.1
 */
typedef struct aimc_context_params {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    uint32_t flags;       /**< AIMC_FLAG_* */
    uint64_t seed;        /**< root of every random stream; default 0, never the clock */
    uint32_t
        n_threads; /**< 0 and 1: the caller's thread alone; else also the pool's n - 1 threads */
    uint32_t cpu_mask; /**< allowed instruction sets (aimc_cpu, or-ed); 0: the best but AVX-512 */
    aimc_allocator allocator; /**< NULL functions: aligned_alloc and free */
    aimc_logger logger;       /**< NULL function: silent */
    aimc_executor
        executor; /**< NULL function: the built-in pool; else n_threads says how wide it is */
    /** Bytes of the largest file that any call of this context reads: a larger one, and a pipe that
     * more comes through, is refused with AIMC_ERR_FORMAT before memory is asked for. 0: tables
     * have at most 2^30 bytes, configurations 2^24, saved objects any number. What a saved object
     * takes in memory follows from its file: see SECURITY.md. */
    uint64_t max_file_bytes;
} aimc_context_params;

/** Static initialiser with the caller's struct size. @since 0.1 */
#ifdef __cplusplus
#define AIMC_CONTEXT_PARAMS_INIT aimc_context_params_make(sizeof(aimc_context_params))
#else
#define AIMC_CONTEXT_PARAMS_INIT                                                                   \
    {                                                                                              \
        .struct_size = (uint32_t)sizeof(aimc_context_params)                                       \
    }
#endif

/**
 * Zero a parameter struct and note its size; for callers without designated initialisers and for
 * bindings.
 * @param params  the struct; NULL does nothing
 * @param size    sizeof of the caller's struct
 * @threads any.
 * @since 0.1
 */
AIMC_API void aimc_context_params_init(aimc_context_params *params, size_t size);

#ifdef __cplusplus
/** C++ form of AIMC_CONTEXT_PARAMS_INIT. @since 0.1 */
static inline aimc_context_params aimc_context_params_make(size_t size)
{
    aimc_context_params p;
    aimc_context_params_init(&p, size);
    return p;
}
#endif

/**
 * Make a context. After fork() a child may go on using the context and its objects; its calls run
 * on the calling thread alone, because the threads of the pool stay with the parent, and give the
 * same results. Fork while no other thread is inside the library.
 * @param params  NULL: one thread, default allocator, silent, seed 0
 * @param[out] out  the context; NULL on failure
 * @retval AIMC_ERR_INVALID  half an allocator, more than 1024 threads, unknown flag or instruction
 *                           set (also in the environment variable AIMC_CPU, a comma list of c,
 *                           avx2, avx512, neon)
 * @retval AIMC_ERR_ABI      struct_size larger than known with bytes that are not zero
 * @retval AIMC_ERR_NOMEM    no memory, or no thread could be started
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_context_create(const aimc_context_params *params, aimc_context **out);

/**
 * Give up the caller's reference. Objects made from the context keep it alive; destroy in any
 * order.
 * @param ctx  may be NULL
 * @threads any.
 * @since 0.1
 */
AIMC_API void aimc_context_destroy(aimc_context *ctx);

/** Number of threads in use, at least 1; 0 when ctx is NULL. @threads any. @since 0.1 */
AIMC_API uint32_t aimc_context_get_threads(const aimc_context *ctx);

/** Instruction sets in use (aimc_cpu, or-ed); 0 when ctx is NULL. @threads any. @since 0.1 */
AIMC_API uint32_t aimc_context_get_cpu(const aimc_context *ctx);

/**
 * One line that says what the context uses, for example "libaimc 0.1.0, avx2, blis, 2 threads, seed
 * 0".
 * @param ctx   the context
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @return length of the full text, without the terminator; 0 when ctx is NULL
 * @threads any.
 * @since 0.1
 */
AIMC_API size_t aimc_context_describe(const aimc_context *ctx, char *buf, size_t size);

AIMC_END_DECLS

#endif
