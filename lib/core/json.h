/* SPDX-License-Identifier: MIT */
/* Reading JSON texts. */
#ifndef AIMCI_JSON_H
#define AIMCI_JSON_H

#include <aimc/config.h>
#include <jansson.h>

#include "core/core.h"

/* Nested values that a text may have. */
#define AIMCI_JSON_DEPTH 256

/* Read one value, with nothing but blanks around it (RFC 8259). Members of an object have one name
 * each; numbers beyond the integers of 64 bits are real ones; a zero byte in a string is refused.
 * The values are jansson's, but not the reader: when memory runs out, jansson's own loses bytes of
 * long words, or stops the program by an assertion. AIMC_ERR_FORMAT with line and column, or
 * AIMC_ERR_NOMEM; sentences begin with caller. */
aimc_status aimci_json_read(aimc_context *ctx, const char *caller, const char *text, size_t size,
                            json_t **out);

/* Is text UTF-8 of characters that can be? */
bool aimci_is_utf8(const char *text);

/* A configuration of this category from its own object, {"kind": "adam", ...}. */
aimc_status aimci_config_from_value(aimc_context *ctx, const char *category, const json_t *value,
                                    aimc_config **out);
/* Set the members of an object; all or nothing. */
aimc_status aimci_config_merge_value(aimc_config *cfg, const json_t *value);

#endif
