/* SPDX-License-Identifier: MIT */
#include "core/random.h"

static void philox_round(uint32_t c[4], const uint32_t k[2])
{
    const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
    const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
    const uint32_t c1 = c[1], c3 = c[3];
    c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k[0];
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k[1];
    c[3] = (uint32_t)p0;
}

aimci_key aimci_random_key(uint64_t seed, aimci_op op, uint32_t sub, uint64_t index)
{
    aimci_key key = {{(uint32_t)op, sub, (uint32_t)index, (uint32_t)(index >> 32)}};
    uint32_t k[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < 10; round++) {
        philox_round(key.k, k);
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    return key;
}

uint64_t aimci_random_derive(uint64_t seed, uint64_t index)
{
    const aimci_key key = aimci_random_key(seed, AIMCI_OP_DERIVE, 0, index);
    return (uint64_t)key.k[1] << 32 | key.k[0];
}
