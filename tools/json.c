/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "json.h"

/* Length of the UTF-8 sequence at s, 0 when it is not one. Overlong forms and surrogates are let
 * through. */
static int utf8_length(const unsigned char *s)
{
    const int n = s[0] < 0x80       ? 1
                  : s[0] >> 5 == 6  ? 2
                  : s[0] >> 4 == 14 ? 3
                  : s[0] >> 3 == 30 ? 4
                                    : 0;
    for (int i = 1; i < n; i++)
        if (s[i] >> 6 != 2)
            return 0;
    return n;
}

static void put_quoted(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    fputc('"', out);
    while (*s != '\0') {
        const int n = utf8_length(s);
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (*s < 0x20)
            fprintf(out, "\\u%04x", *s);
        else if (n == 0)
            fputs("\\ufffd", out); /* a file name that is not UTF-8 must not spoil the document */
        else
            fwrite(s, 1, (size_t)n, out);
        s += n > 0 ? n : 1;
    }
    fputc('"', out);
}

static void begin_item(struct json *json, const char *key)
{
    if (json->has_items)
        fputc(',', json->out);
    if (json->on_one_line)
        fputs(json->has_items ? " " : "", json->out);
    else if (json->depth > 0)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
    json->has_items = true;
    if (key != NULL) {
        put_quoted(json->out, key);
        fputs(": ", json->out);
    }
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin_item(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->has_items = false;
}

void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->has_items && !json->on_one_line)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
    fputc(bracket, json->out);
    json->has_items = true;
}

void json_begin_line(struct json *json, FILE *out)
{
    *json = (struct json){.out = out, .on_one_line = true};
    json_open(json, NULL, '{');
}

void json_begin(struct json *json, FILE *out)
{
    *json = (struct json){.out = out};
    json_open(json, NULL, '{');
}

void json_end(struct json *json)
{
    json_close(json, '}');
    fputc('\n', json->out);
}

void json_put_text(struct json *json, const char *key, const char *text)
{
    begin_item(json, key);
    if (text != NULL)
        put_quoted(json->out, text);
    else
        fputs("null", json->out);
}

void text_of_number(char text[32], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

const char *text_of_spread(char text[32], char kind, int digits, double value)
{
    if (isnan(value))
        snprintf(text, 32, "-");
    else if (kind == 'g')
        snprintf(text, 32, "%.*g", digits, value);
    else
        snprintf(text, 32, "%.*f", digits, value);
    return text;
}

void json_put_number(struct json *json, const char *key, double value)
{
    char text[32] = "null";
    if (isfinite(value))
        text_of_number(text, value);
    begin_item(json, key);
    fputs(text, json->out);
}

void json_put_integer(struct json *json, const char *key, uint64_t value)
{
    begin_item(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void json_put_flag(struct json *json, const char *key, bool value)
{
    begin_item(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_put_raw(struct json *json, const char *key, const char *text)
{
    begin_item(json, key);
    fputs(text, json->out);
}

void json_put_counts(struct json *json, const char *key, const uint64_t *values, size_t n)
{
    begin_item(json, key);
    for (size_t i = 0; i < n; i++)
        fprintf(json->out, "%s%" PRIu64, i == 0 ? "[" : ", ", values[i]);
    fputs(n == 0 ? "[]" : "]", json->out);
}
