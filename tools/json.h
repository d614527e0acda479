/* SPDX-License-Identifier: MIT */
/* A small JSON writer. Keys are NULL inside arrays. */
#ifndef AIMC_TOOLS_JSON_H
#define AIMC_TOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    int depth;
    bool has_items; /* of the innermost object or array */
    bool on_one_line;
};

void json_begin(struct json *json, FILE *out);
void json_begin_line(struct json *json, FILE *out);               /* all of it on one line */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
void json_end(struct json *json); /* closes what json_begin() opened */

void json_put_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_put_number(struct json *json, const char *key, double value);   /* not finite: null */
void json_put_integer(struct json *json, const char *key, uint64_t value);
void json_put_flag(struct json *json, const char *key, bool value);
void json_put_raw(struct json *json, const char *key, const char *text); /* text is JSON already */
void json_put_counts(struct json *json, const char *key, const uint64_t *values, size_t n);

/* A spread as text: "-" where it is NaN, because it was not measured. kind: 'f' or 'g'. */
const char *text_of_spread(char text[32], char kind, int digits, double value);

/* A short text that reads back as the same number. */
void text_of_number(char text[32], double value);

#endif
