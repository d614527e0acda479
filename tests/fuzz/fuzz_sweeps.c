/* SPDX-License-Identifier: MIT */
/* A file as 'aimc device fit' reads sweeps. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "report.h"
#include "sweeps.h"

void aimct_fuzz_seeds(void)
{
    static const char *const seeds[] = {
        "0,1\n0.5,0.5\n1,0\n", "# remark\n0, 1, 0.1, 0.9\n\n1e-3, 2, 3, -4\n",
        "device,cycle,direction,G (uS)\n0,0,1,5\n0,0,-1,4\n1,0,1,5\n1,0,0,4\n",
        "R (kohm),time\n5,1\n4,2\n"};
    for (size_t k = 0; k < 4; k++)
        aimct_seed(seeds[k], strlen(seeds[k]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = NULL;
    aimc_measurement *m = NULL;
    FUZZ_CHECK(table_context(&ctx) == EXIT_GO_ON && aimc_measurement_create(ctx, &m) == AIMC_OK,
               "%s", "no measurement");
    const int rc = sweeps_add(ctx, m, aimct_fuzz_file(data, size, ".csv"),
                              &(struct table_options){NULL, NULL, NULL}, NULL);
    FUZZ_CHECK(rc == EXIT_GO_ON || aimc_measurement_count(m) == 0, "%s", "half a table is left");
    for (size_t i = 0; i < aimc_measurement_count(m); i++) {
        aimc_trace_info t = {.struct_size = sizeof t};
        FUZZ_CHECK(aimc_measurement_get(m, i, &t) == AIMC_OK && t.n >= 2, "trace %zu", i);
        for (size_t k = 0; k < t.n; k++)
            FUZZ_CHECK(isfinite(t.state[k]), "reading %zu", k);
    }
    aimc_measurement_destroy(m);
    aimc_context_destroy(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
