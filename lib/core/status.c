/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <stdio.h>
#include <string.h>

#define ERROR_SIZE 512

#define TEXT_OF(x)          TEXT_OF_EXPANDED(x)
#define TEXT_OF_EXPANDED(x) #x

static _Thread_local char last_error[ERROR_SIZE];

const char *aimc_status_get_text(aimc_status status)
{
    switch (status) {
    case AIMC_OK:
        return "AIMC_OK";
    case AIMC_ERR_INVALID:
        return "AIMC_ERR_INVALID";
    case AIMC_ERR_UNSUPPORTED:
        return "AIMC_ERR_UNSUPPORTED";
    case AIMC_ERR_NOMEM:
        return "AIMC_ERR_NOMEM";
    case AIMC_ERR_ABI:
        return "AIMC_ERR_ABI";
    case AIMC_ERR_SHAPE:
        return "AIMC_ERR_SHAPE";
    case AIMC_ERR_STATE:
        return "AIMC_ERR_STATE";
    case AIMC_ERR_IO:
        return "AIMC_ERR_IO";
    case AIMC_ERR_FORMAT:
        return "AIMC_ERR_FORMAT";
    case AIMC_ERR_INTERNAL:
        return "AIMC_ERR_INTERNAL";
    }
    return "unknown status";
}

const char *aimc_get_last_error(void)
{
    return last_error;
}

const char *aimc_get_version(void)
{
    return TEXT_OF(AIMC_VERSION_MAJOR) "." TEXT_OF(AIMC_VERSION_MINOR) "." TEXT_OF(
        AIMC_VERSION_PATCH);
}

uint32_t aimc_get_abi_version(void)
{
    return AIMC_ABI_VERSION;
}

/* Both functions format into a buffer of their own first: the arguments may point into last_error.
 * Their names are in parentheses because core.h may make macros of them. */

aimc_status(aimci_fail)(aimc_status status, const char *format, ...)
{
    char text[ERROR_SIZE] = "";
    va_list args;
    va_start(args, format);
    aimci_format(text, sizeof text, format, args);
    va_end(args);
    memcpy(last_error, text, sizeof text);
    return status;
}

aimc_status(aimci_fail_within)(aimc_status status, const char *format, ...)
{
    char text[ERROR_SIZE] = "";
    va_list args;
    va_start(args, format);
    aimci_format(text, sizeof text, format, args);
    va_end(args);
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s", last_error);
    memcpy(last_error, text, sizeof text);
    return status;
}
