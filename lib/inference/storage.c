/* SPDX-License-Identifier: MIT */
/* Bit flips in digital storage: weights as two's-complement codes, read back through an error code.
 *
 *     NONE    the codes as they are
 *     PARITY  one check bit for each code; a code with wrong parity reads as 0
 *     SECDED  eight 8-bit codes in a Hamming (72, 64) word: one flip corrected, two detected, which
 *             reads as eight zeros
 *     TMR     three copies, each bit by majority
 *
 * Rate of flips, given or from the supply voltage: BER = erfc((V - V50) / (sqrt(2) s_V)) / 2, whose
 * defaults are placeholders, not a measured memory. R. W. Hamming, Bell Syst. Tech. J. 29:147
 * (1950). */
#include <math.h>
#include <string.h>

#include <aimc/inference.h>

#include "core/config.h"
#include "core/elementary.h"
#include "core/random.h"
#include "inference/storage.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SRC "R. W. Hamming, Bell Syst. Tech. J. 29:147 (1950); voltage law: a placeholder of ours"

enum { NONE, PARITY, SECDED, TMR };
enum { CODES = 8 }; /* of a word */

typedef struct storage {
    double bit_error_rate, supply_v, v_50, sigma_v;
    int32_t code;
    int64_t seed;
} storage;

static const aimci_field fields[] = {
    AIMCI_NUMBER(storage, bit_error_rate, 0, 0, 1, "1", "probability that a stored bit is wrong",
                 SRC),
    AIMCI_NUMBER(storage, supply_v, 0, 0, 10, "V",
                 "supply voltage that the rate is computed from; 0: bit_error_rate holds", SRC),
    AIMCI_NUMBER(storage, v_50, 0.55, 0, 10, "V", "voltage at which half of the bits are wrong",
                 SRC),
    AIMCI_NUMBER(storage, sigma_v, 0.05, 1e-6, 10, "V", "spread of the cells' voltages", SRC),
    AIMCI_CHOICE(storage, code, 0, 3, "NONE|PARITY|SECDED|TMR", "error code", SRC),
    AIMCI_INTEGER(
        storage, seed, -1, -1, 9007199254740991.0, "1",
        "which bits are wrong: the same one, the same bits; -1: others each time, from the "
        "network's seed and how often it was stored",
        SRC),
};

AIMCI_DEFINE_KIND(storage, "storage", "digital memory with bit flips and error codes", SRC, fields,
                  storage, .n_children = 0);

/* ---- Hamming (72, 64): bit 0 is overall parity, bits 1, 2, 4 ... 64 are check bits ---------- */

typedef struct word {
    uint8_t bit[72];
} word;

static bool is_check(unsigned position)
{
    return (position & (position - 1)) == 0;
}

/* Exclusive or of the positions of all set bits: 0 for a valid word. */
static unsigned syndrome(const word *w)
{
    unsigned s = 0;
    for (unsigned k = 1; k < 72; k++)
        s ^= w->bit[k] ? k : 0;
    return s;
}

static unsigned parity(const word *w)
{
    unsigned p = 0;
    for (unsigned k = 0; k < 72; k++)
        p ^= w->bit[k];
    return p;
}

static void encode(const uint8_t codes[CODES], word *w)
{
    unsigned data = 0;
    memset(w, 0, sizeof *w);
    for (unsigned k = 1; k < 72; k++)
        if (!is_check(k)) {
            w->bit[k] = codes[data / 8] >> data % 8 & 1;
            data++;
        }
    const unsigned s = syndrome(w);
    for (unsigned k = 1; k < 72; k *= 2)
        w->bit[k] = (s & k) != 0;
    w->bit[0] = (uint8_t)parity(w);
}

enum { CLEAN, CORRECTED, DETECTED };

static int decode(word *w, uint8_t codes[CODES])
{
    const unsigned s = syndrome(w), odd = parity(w);
    int result = CLEAN;
    if (odd && s < 72) { /* one flip, or three and more taken for one */
        w->bit[s] ^= 1;
        result = CORRECTED;
    } else if (s || odd) {
        result = DETECTED;
    }
    unsigned data = 0;
    memset(codes, 0, CODES);
    for (unsigned k = 1; k < 72 && result != DETECTED; k++)
        if (!is_check(k)) {
            codes[data / 8] |= (uint8_t)(w->bit[k] << data % 8);
            data++;
        }
    return result;
}

/* ---- flips ---------------------------------------------------------------------------------- */

/* Uniform numbers in blocks, in a fixed order. */
typedef struct dice {
    const aimci_kernels *kernels;
    uint64_t seed, block;
    size_t used;
    float u[256];
    double rate;
    uint64_t flips;
} dice;

static bool flip(dice *d)
{
    if (d->used == 256) {
        const aimci_key key = aimci_random_key(d->seed, AIMCI_OP_FAULT, 1, d->block++);
        d->kernels->uniform(&key, d->u, 256);
        d->used = 0;
    }
    const bool yes = ((double)d->u[d->used++] + 1) / 2 < d->rate;
    d->flips += yes;
    return yes;
}

static uint8_t flipped(dice *d, uint8_t code)
{
    for (unsigned k = 0; k < 8; k++)
        code ^= (uint8_t)(flip(d) << k);
    return code;
}

/* One word of eight codes, through memory and back. */
static void keep_word(const storage *s, dice *d, uint8_t codes[CODES], aimc_storage_report *r)
{
    uint8_t before[CODES];
    memcpy(before, codes, sizeof before);
    if (s->code == SECDED) {
        word w;
        encode(codes, &w);
        for (unsigned k = 0; k < 72; k++)
            w.bit[k] ^= flip(d);
        const int result = decode(&w, codes);
        r->corrected += result == CORRECTED;
        r->detected += result == DETECTED;
    }
    for (size_t c = 0; s->code != SECDED && c < CODES; c++) {
        const uint8_t a = flipped(d, codes[c]);
        if (s->code == TMR) {
            const uint8_t b = flipped(d, codes[c]), e = flipped(d, codes[c]);
            codes[c] = (uint8_t)((a & b) | (a & e) | (b & e));
            r->corrected += codes[c] == before[c] && (a != b || a != e);
            continue;
        }
        unsigned odd = s->code == PARITY && flip(d);
        for (unsigned bits = a ^ before[c]; bits; bits &= bits - 1)
            odd ^= 1;
        const bool zeroed = s->code == PARITY && odd;
        r->detected += zeroed;
        codes[c] = zeroed ? 0 : a;
    }
    for (size_t c = 0; c < CODES; c++)
        r->wrong += codes[c] != before[c];
}

/* ---- matrices ------------------------------------------------------------------------------- */

void aimci_storage_keep(aimc_context *ctx, const aimc_config *config, uint64_t seed, uint64_t index,
                        float *w, size_t n, aimc_storage_report *r)
{
    static const double bits[] = {1, 9. / 8, 72. / 64, 3};
    storage s;
    aimci_config_read(config, &aimci_kind_storage, &s);
    dice d = {.kernels = aimci_kernels_get(aimc_context_get_cpu(ctx)),
              .seed = aimci_random_derive(s.seed >= 0 ? (uint64_t)s.seed : seed, index),
              .used = 256};
    d.rate = s.supply_v > 0 ? 0.5 * aimci_erfc((s.supply_v - s.v_50) / (sqrt(2.0) * s.sigma_v))
                            : s.bit_error_rate;
    float top = 0;
    for (size_t i = 0; i < n; i++)
        top = fmaxf(top, fabsf(w[i]));
    const float step = top > 0 ? top / 127 : 1;
    for (size_t i = 0; i < n; i += CODES) {
        uint8_t codes[CODES] = {0};
        for (size_t c = 0; c < CODES && i + c < n; c++)
            codes[c] = (uint8_t)(int8_t)rintf(w[i + c] / step);
        keep_word(&s, &d, codes, r);
        for (size_t c = 0; c < CODES && i + c < n; c++)
            w[i + c] = (float)(int8_t)codes[c] * step;
    }
    r->codes += n;
    r->flips += d.flips;
    r->bit_error_rate = d.rate;
    r->bits_per_bit = bits[s.code];
}
