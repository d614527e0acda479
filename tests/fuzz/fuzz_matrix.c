/* SPDX-License-Identifier: MIT */
/* A file as the command reads matrices: the first byte tells which options are given. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "matrix.h"
#include "report.h"

void aimct_fuzz_seeds(void)
{
    static const char *const texts[] = {"A# remark\n1, 2, 3\n4, 5, -6e-1\n",
                                        "AG (uS)\tt (s)\r\n0,247\t-0,414\r\n1\t2\r\n",
                                        "B,a,\"b \"\"c\"\"\"\n0,1,2.5\n1,NA,4\n",
                                        "C\357\273\2771;2,5;\r3;4;\r",
                                        "D  1 2  3\n4 5 6\n\n% end",
                                        "E0,247\n1,234\n"};
    static const char header[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }        \n";
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    char npy[11 + sizeof header - 1 + sizeof values] = "n\x93NUMPY\x01";
    npy[9] = (char)(sizeof header - 1);
    memcpy(npy + 11, header, sizeof header - 1);
    memcpy(npy + 11 + sizeof header - 1, values, sizeof values);
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        aimct_seed(texts[k], strlen(texts[k]));
    aimct_seed(npy, sizeof npy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct table_options options[] = {{NULL, NULL, NULL},    {"2", NULL, NULL},
                                                   {"a", "comma", NULL},  {NULL, "blanks", "point"},
                                                   {NULL, NULL, "comma"}, {"2-3,1", NULL, NULL},
                                                   {NULL, "none", NULL},  {NULL, "tab", NULL}};
    struct matrix m;
    if (size == 0)
        return 0;
    const char *path = aimct_fuzz_file(data + 1, size - 1, data[0] == 'n' ? ".npy" : ".csv");
    if (matrix_load(&m, path, &options[(data[0] - 'A') % 8u]) == EXIT_GO_ON)
        for (size_t k = 0; k < m.rows * m.cols; k++)
            FUZZ_CHECK(isfinite(m.values[k]), "value %zu", k);
    matrix_free(&m);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_text(data, size, max_size, seed);
}
