/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "aimci_config.h"
#if AIMCI_HAVE_AVX2 || AIMCI_HAVE_AVX512
#include <cpuid.h>
#endif

/* From the least to the best. */
static const struct {
    const char *name;
    uint32_t bit;
} cpu_names[] = {
    {"c", AIMC_CPU_C},
    {"neon", AIMC_CPU_NEON},
    {"avx2", AIMC_CPU_AVX2},
    {"avx512", AIMC_CPU_AVX512},
};

#define N_NAMES (sizeof cpu_names / sizeof cpu_names[0])

static const uint32_t every_set = AIMC_CPU_C | AIMC_CPU_AVX2 | AIMC_CPU_AVX512 | AIMC_CPU_NEON;

/* Every instruction that the flags of a set allow the compiler to emit is asked for, and whether
 * the system saves the wide registers: Intel 64 and IA-32 Architectures Software Developer's
 * Manual, volume 1, sections 14.3 and 15.2. Compilers have builtins for it, but not all of them the
 * library functions that these call. */

#if AIMCI_HAVE_AVX2 || AIMCI_HAVE_AVX512

enum {
    LEAF1_POPCNT = 1 << 23,
    LEAF1_XSAVE = 1 << 27, /* used by the system */
    LEAF1_AVX = 1 << 28,
    LEAF7_AVX2 = 1 << 3 | 1 << 5 | 1 << 8, /* with BMI1 and BMI2 */
    LEAF7_AVX512_DQ_BW = 1 << 17 | 1 << 30,
    SAVED_AVX = 0x6,
    SAVED_AVX512 = 0xE6
};
#define LEAF7_AVX512_F_VL (UINT32_C(1) << 16 | UINT32_C(1) << 31)

static bool has_all(uint32_t bits, uint32_t wanted)
{
    return (bits & wanted) == wanted;
}

/* Bits of leaf 7, where the system saves the registers that are asked for. */
static uint32_t leaf7(uint32_t saved)
{
    uint32_t a, b, c, d, xcr0, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has_all(c, LEAF1_POPCNT | LEAF1_XSAVE | LEAF1_AVX))
        return 0;
    __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    if (!has_all(xcr0, saved) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return 0;
    return b;
}

#endif

uint32_t aimci_cpu_detect(void)
{
    uint32_t cpu = AIMC_CPU_C;
#if AIMCI_HAVE_AVX2
    if (has_all(leaf7(SAVED_AVX), LEAF7_AVX2))
        cpu |= AIMC_CPU_AVX2;
#endif
#if AIMCI_HAVE_AVX512
    if (has_all(leaf7(SAVED_AVX512), LEAF7_AVX2 | LEAF7_AVX512_DQ_BW | LEAF7_AVX512_F_VL))
        cpu |= AIMC_CPU_AVX512;
#endif
#if AIMCI_HAVE_NEON
    cpu |= AIMC_CPU_NEON; /* part of AArch64 */
#endif
    return cpu;
}

static uint32_t bit_of_name(const char *name, size_t length)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (strlen(cpu_names[i].name) == length && memcmp(cpu_names[i].name, name, length) == 0)
            return cpu_names[i].bit;
    return 0;
}

/* The sets that a comma list names. */
static aimc_status parse_list(const char *list, uint32_t *out)
{
    uint32_t named = 0;
    for (const char *word = list; word != NULL;) {
        const char *const comma = strchr(word, ',');
        const size_t length = comma == NULL ? strlen(word) : (size_t)(comma - word);
        const uint32_t bit = bit_of_name(word, length);
        if (bit == 0)
            return aimci_fail(AIMC_ERR_INVALID,
                              "AIMC_CPU: '%.*s' is not one of c, avx2, avx512, neon",
                              (int)aimci_min_size(length, 80), word);
        named |= bit;
        word = comma == NULL ? NULL : comma + 1;
    }
    *out = named;
    return AIMC_OK;
}

/* The sets that AIMC_CPU names; 0: it is not set. */
static aimc_status read_environment(uint32_t *out)
{
    const char *const list = getenv("AIMC_CPU");
    *out = 0;
    return list != NULL && list[0] != '\0' ? parse_list(list, out) : AIMC_OK;
}

uint32_t aimci_cpu_lacking(uint32_t mask)
{
    uint32_t listed;
    if (read_environment(&listed) != AIMC_OK)
        return 0;
    const uint32_t asked = (mask | listed) & ~(uint32_t)AIMC_CPU_C;
    return (asked & aimci_cpu_detect()) == 0 ? asked : 0;
}

aimc_status aimci_cpu_select(uint32_t mask, uint32_t *out)
{
    if ((mask & ~every_set) != 0)
        return aimci_fail(AIMC_ERR_INVALID, "cpu_mask: 0x%x names an unknown instruction set",
                          (unsigned)(mask & ~every_set));
    uint32_t listed;
    const aimc_status st = read_environment(&listed);
    if (st != AIMC_OK)
        return st;
    uint32_t cpu = aimci_cpu_detect();
    if (((mask | listed) & AIMC_CPU_AVX512) == 0)
        cpu &= ~(uint32_t)AIMC_CPU_AVX512;
    if (mask != 0)
        cpu &= mask;
    if (listed != 0)
        cpu &= listed;
    *out = cpu | AIMC_CPU_C;
    return AIMC_OK;
}

const char *aimci_cpu_name(uint32_t cpu)
{
    const char *name = cpu_names[0].name;
    for (size_t i = 1; i < N_NAMES; i++)
        if ((cpu & cpu_names[i].bit) != 0)
            name = cpu_names[i].name;
    return name;
}
