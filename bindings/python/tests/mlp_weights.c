/* SPDX-License-Identifier: MIT */
/* Linked with example 03, which calls save_and_destroy() where it says aimc_network_destroy()
 * (-D): its network goes to the file $AIMC_NETWORK. */
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h> /* declares save_and_destroy, being renamed as well */
#undef aimc_network_destroy
void aimc_network_destroy(aimc_network *net);

void save_and_destroy(aimc_network *net)
{
    const char *path = getenv("AIMC_NETWORK");
    if (!path || aimc_network_save(net, path) != AIMC_OK) {
        fprintf(stderr, "cannot save the network: %s\n",
                path ? aimc_get_last_error() : "AIMC_NETWORK");
        exit(EXIT_FAILURE);
    }
    aimc_network_destroy(net);
}
