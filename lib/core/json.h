/* SPDX-License-Identifier: MIT */
/* Reading JSON texts. */
#ifndef AIMCI_JSON_H
#define AIMCI_JSON_H

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

/* Text of a value on one line, with 17 digits; *out is given back by aimci_free(). */
aimc_status aimci_json_write(aimc_context *ctx, const char *caller, const json_t *value,
                             char **out);

#endif
