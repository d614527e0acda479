/* SPDX-License-Identifier: MIT */
/* Example 03 as it is, but for its network, which is saved to $AIMC_NETWORK before it is destroyed.
 */
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h>

static void save_and_destroy(aimc_network *net)
{
    const char *path = getenv("AIMC_NETWORK");
    if (!path || aimc_network_save(net, path) != AIMC_OK) {
        fprintf(stderr, "cannot save the network: %s\n", path ? aimc_last_error() : "AIMC_NETWORK");
        exit(EXIT_FAILURE);
    }
    aimc_network_destroy(net);
}

#define aimc_network_destroy save_and_destroy
#include "03_mlp_digits.c"
