/* SPDX-License-Identifier: MIT */
/* What jansson's configure would write in the place of jansson_config.h.in, for GCC and Clang. */
#ifndef JANSSON_CONFIG_H
#define JANSSON_CONFIG_H

#include "names.h"

#define JSON_INLINE inline
#define JSON_INTEGER_IS_LONG_LONG 1
#define JSON_HAVE_LOCALECONV 1
#define JSON_HAVE_ATOMIC_BUILTINS 1
#define JSON_HAVE_SYNC_BUILTINS 1
#define JSON_PARSER_MAX_DEPTH 2048

#endif
