/* SPDX-License-Identifier: MIT */
/* A file as 'aimc device fit' reads sweeps. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "report.h"
#include "sweeps.h"

void aimct_fuzz_seeds(void)
{
    static const char *const seeds[] = {"0,1\n0.5,0.5\n1,0\n",
                                        "# remark\n0, 1, 0.1, 0.9\n\n1e-3, 2, 3, -4\n"};
    for (size_t k = 0; k < 2; k++)
        aimct_seed(seeds[k], strlen(seeds[k]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sweeps s = {0};
    if (sweeps_read(&s, aimct_fuzz_file(data, size, ".csv"),
                    &(struct table_options){NULL, NULL, NULL}, 2, 0.5) == EXIT_GO_ON)
        for (size_t k = 0; k < 2 * s.n_sweeps * s.n_pulses; k++)
            FUZZ_CHECK(isfinite(s.w[k]), "value %zu", k);
    sweeps_free(&s);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
