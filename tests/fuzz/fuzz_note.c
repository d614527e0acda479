/* SPDX-License-Identifier: MIT */
/* A text as the note that 'aimc train' leaves in a model. */
#include <string.h>

#include "args.h"
#include "fuzz.h"
#include "report.h"
#include "run.h"

void aimct_fuzz_seeds(void)
{
    struct run run = RUN_UNKNOWN;
    run.data = "digits";
    run.layers = "256,128";
    run.n_train = 1000;
    run_fill_defaults(&run);
    char *note = run_to_note(&run);
    FUZZ_CHECK(note != NULL, "no memory");
    aimct_seed(note, strlen(note));
    free(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = RUN_UNKNOWN;
    void *document = NULL;
    char *note = aimct_fuzz_text(data, size);
    if (run_read_note(&run, note, "model", size % 2, &document) == EXIT_GO_ON && run.layers) {
        size_t widths[4];
        const size_t n = run_parse_layers(run.layers, widths, 4);
        FUZZ_CHECK(n <= 4 || n == SIZE_MAX, "%zu layers", n);
    }
    run_document_free(document);
    free(note);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
