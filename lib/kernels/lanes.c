/* SPDX-License-Identifier: MIT */
/* Orders of eight lanes for each set of them; see kernels/vec.h. */
#include "kernels/vec.h"

/* how many of the lanes below k set m has */
#define BIT(m, k) ((uint64_t)((m) >> (k)&1))
#define BELOW0(m) UINT64_C(0)
#define BELOW1(m) BIT(m, 0)
#define BELOW2(m) (BELOW1(m) + BIT(m, 1))
#define BELOW3(m) (BELOW2(m) + BIT(m, 2))
#define BELOW4(m) (BELOW3(m) + BIT(m, 3))
#define BELOW5(m) (BELOW4(m) + BIT(m, 4))
#define BELOW6(m) (BELOW5(m) + BIT(m, 5))
#define BELOW7(m) (BELOW6(m) + BIT(m, 6))

/* byte k: where lane k finds its value, BELOW(k) */
#define EXPAND_LANE(m, k) (BELOW##k(m) << 8 * (k))
/* byte BELOW(k): k, if the set has it */
#define PACK_LANE(m, k) (BIT(m, k) * (uint64_t)(k) << 8 * BELOW##k(m))

#define LANES(f, m)     (f(m, 0) | f(m, 1) | f(m, 2) | f(m, 3) | f(m, 4) | f(m, 5) | f(m, 6) | f(m, 7))
#define ENTRIES4(f, m)  LANES(f, (m)), LANES(f, (m) + 1), LANES(f, (m) + 2), LANES(f, (m) + 3)
#define ENTRIES16(f, m) ENTRIES4(f, m), ENTRIES4(f, m + 4), ENTRIES4(f, m + 8), ENTRIES4(f, m + 12)
#define ENTRIES64(f, m)                                                                            \
    ENTRIES16(f, m), ENTRIES16(f, m + 16), ENTRIES16(f, m + 32), ENTRIES16(f, m + 48)
#define ENTRIES(f) ENTRIES64(f, 0), ENTRIES64(f, 64), ENTRIES64(f, 128), ENTRIES64(f, 192)

const uint64_t aimci_expand_table[256] = {ENTRIES(EXPAND_LANE)};
const uint64_t aimci_pack_table[256] = {ENTRIES(PACK_LANE)};
