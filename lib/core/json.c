/* SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

enum { NUMBER_MAX = 512 };

/* The values read so far belong to the frames of the recursion; status is that of the first thing
 * that went wrong. */
typedef struct parser {
    aimc_context *ctx;
    const char *caller;
    const char *start, *at, *end;
    int depth;
    aimc_status status;
} parser;

static json_t *read_value(parser *p);

/* ---- what goes wrong ------------------------------------------------------------------------ */

static json_t *no_memory(parser *p)
{
    p->status = aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for a JSON value", p->caller);
    return NULL;
}

static json_t *refuse_at(parser *p, const char *place, const char *what)
{
    int line = 1, column = 1;
    for (const char *c = p->start; c < place; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    char shown[24] = "the end of the text";
    if (place < p->end) {
        const unsigned char c = (unsigned char)*place;
        aimci_text text = {shown, sizeof shown, 0};
        aimci_text_printf(&text, c >= 0x20 && c < 0x7F ? "'%c'" : "byte 0x%02x", (int)c);
    }
    p->status = aimci_fail(AIMC_ERR_FORMAT, "%s: line %d, column %d: %s, at %s", p->caller, line,
                           column, what, shown);
    return NULL;
}

static json_t *refuse(parser *p, const char *what)
{
    return refuse_at(p, p->at, what);
}

/* ---- words ---------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(parser *p)
{
    while (p->at < p->end && is_blank(*p->at))
        p->at++;
}

static bool next_is(const parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool take(parser *p, char c)
{
    const bool found = next_is(p, c);
    p->at += found;
    return found;
}

static json_t *take_word(parser *p, const char *word, json_t *value)
{
    const size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
        return refuse(p, "a value is expected");
    p->at += n;
    return value;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static bool take_digits(parser *p)
{
    const char *const first = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > first;
}

/* The grammar of a number; whole: without fraction and exponent. */
static bool scan_number(parser *p, bool *whole)
{
    (void)take(p, '-');
    if (!take(p, '0') && !take_digits(p))
        return false;
    const char *const end_of_integer = p->at;
    if (take(p, '.') && !take_digits(p))
        return false;
    if (take(p, 'e') || take(p, 'E')) {
        if (!take(p, '+'))
            (void)take(p, '-');
        if (!take_digits(p))
            return false;
    }
    *whole = p->at == end_of_integer;
    return true;
}

static json_t *read_number(parser *p)
{
    char text[NUMBER_MAX];
    bool whole = false;
    const char *const first = p->at;
    if (!scan_number(p, &whole))
        return refuse(p, "a digit is expected");
    const size_t n = (size_t)(p->at - first);
    if (n >= sizeof text)
        return refuse_at(p, first, "a number of more than 511 characters");
    memcpy(text, first, n);
    text[n] = '\0';
    const double real = strtod(text, NULL);
    if (!isfinite(real))
        return refuse_at(p, first, "a number beyond those of double precision");
    errno = 0;
    const long long integer = whole ? strtoll(text, NULL, 10) : 0;
    json_t *const value = whole && errno == 0 ? json_integer((json_int_t)integer) : json_real(real);
    return value != NULL ? value : no_memory(p);
}

/* ---- strings -------------------------------------------------------------------------------- */

/* Four hexadecimal digits; -1: they are not there. */
static long take_hex(parser *p)
{
    long code = 0;
    for (int i = 0; i < 4; i++) {
        const char *const digits = "0123456789abcdef0123456789ABCDEF";
        const char *const digit = p->at < p->end && *p->at != '\0' ? strchr(digits, *p->at) : NULL;
        if (digit == NULL)
            return -1;
        code = code << 4 | ((digit - digits) & 15);
        p->at++;
    }
    return code;
}

static char *put_utf8(char *to, long code)
{
    const int n = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(first[n] | code >> 6 * n);
    for (int k = n - 1; k >= 0; k--)
        *to++ = (char)(0x80 | (code >> 6 * k & 0x3F));
    return to;
}

/* Behind "\u". */
static char *take_code(parser *p, char *to)
{
    long code = take_hex(p);
    if (code >= 0xD800 && code < 0xDC00 && take(p, '\\') && take(p, 'u')) {
        const long low = take_hex(p);
        code =
            low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF)) : -1;
    }
    if (code <= 0 || (code >= 0xD800 && code < 0xE000)) {
        (void)refuse(p, "four hexadecimal digits of a character other than 0 are expected");
        return NULL;
    }
    return put_utf8(to, code);
}

static char *take_escape(parser *p, char *to)
{
    static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *const sign = p->at < p->end && *p->at != '\0' ? strchr(from, *p->at) : NULL;
    if (take(p, 'u'))
        return take_code(p, to);
    if (sign == NULL) {
        (void)refuse(p, "an unknown escape");
        return NULL;
    }
    p->at++;
    *to = meant[sign - from];
    return to + 1;
}

/* Bytes of the UTF-8 character at s, 0 when it is none. */
static size_t utf8_length(const char *s, const char *end)
{
    const unsigned char c = (unsigned char)*s;
    const size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (n > (size_t)(end - s))
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
    const unsigned char second = n > 2 ? (unsigned char)s[1] : 0;
    const bool is_other = (c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) ||
                          (c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F);
    return is_other ? 0 : n; /* overlong, a surrogate, or beyond the last character */
}

bool aimci_is_utf8(const char *text)
{
    const char *const end = text + strlen(text);
    while (text < end) {
        const size_t n = utf8_length(text, end);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

static char *take_character(parser *p, char *to)
{
    const size_t n = utf8_length(p->at, p->end);
    if (n == 0 || (unsigned char)*p->at < 0x20) {
        (void)refuse(p, n == 0 ? "no character of UTF-8" : "a control character in a string");
        return NULL;
    }
    memcpy(to, p->at, n);
    p->at += n;
    return to + n;
}

/* The longest that a string which begins here can be. */
static size_t room_for_string(const parser *p)
{
    const char *c = p->at;
    while (c < p->end && *c != '"')
        c += *c == '\\' && c + 1 < p->end ? 2 : 1;
    return (size_t)(c - p->at) + 1;
}

/* The inside of a string, behind its first quote; given back by aimci_free(). */
static char *read_text(parser *p, size_t *length)
{
    char *const text = aimci_calloc(p->ctx, room_for_string(p), 1);
    if (text == NULL) {
        (void)no_memory(p);
        return NULL;
    }
    char *to = text;
    while (to != NULL && p->at < p->end && *p->at != '"')
        to = take(p, '\\') ? take_escape(p, to) : take_character(p, to);
    if (to != NULL && !take(p, '"')) {
        (void)refuse(p, "a quote that ends the string is expected");
        to = NULL;
    }
    if (to == NULL) {
        aimci_free(p->ctx, text);
        return NULL;
    }
    *length = (size_t)(to - text);
    return text;
}

static json_t *read_string(parser *p)
{
    size_t length = 0;
    char *const text = read_text(p, &length);
    if (text == NULL)
        return NULL;
    json_t *const value = json_stringn_nocheck(text, length);
    aimci_free(p->ctx, text);
    return value != NULL ? value : no_memory(p);
}

/* ---- arrays and objects --------------------------------------------------------------------- */

/* Behind an item: false when it was the last, or when neither a comma nor the end follows. */
static bool goes_on(parser *p, char end)
{
    skip_blanks(p);
    if (take(p, end))
        return false;
    if (take(p, ','))
        return true;
    (void)refuse(p, end == ']' ? "',' or ']' is expected" : "',' or '}' is expected");
    return false;
}

static bool add_item(parser *p, json_t *array)
{
    json_t *const item = read_value(p);
    if (item == NULL)
        return false;
    if (json_array_append_new(array, item) != 0) {
        (void)no_memory(p);
        return false;
    }
    return true;
}

static bool put_member(parser *p, json_t *object, const char *place, const char *name)
{
    if (json_object_get(object, name) != NULL) {
        (void)refuse_at(p, place, "a duplicate name");
        return false;
    }
    skip_blanks(p);
    if (!take(p, ':')) {
        (void)refuse(p, "':' is expected");
        return false;
    }
    json_t *const value = read_value(p);
    if (value == NULL)
        return false;
    if (json_object_set_new_nocheck(object, name, value) != 0) {
        (void)no_memory(p);
        return false;
    }
    return true;
}

static bool add_member(parser *p, json_t *object)
{
    size_t length = 0;
    skip_blanks(p);
    const char *const place = p->at;
    if (!take(p, '"')) {
        (void)refuse(p, "a name in quotes is expected");
        return false;
    }
    char *const name = read_text(p, &length);
    if (name == NULL)
        return false;
    const bool done = put_member(p, object, place, name);
    aimci_free(p->ctx, name);
    return done;
}

/* Behind the first bracket. */
static json_t *read_items(parser *p, json_t *items, char end, bool (*add)(parser *p, json_t *items))
{
    if (items == NULL)
        return no_memory(p);
    skip_blanks(p);
    if (!take(p, end))
        while (add(p, items) && goes_on(p, end))
            ;
    if (p->status == AIMC_OK)
        return items;
    json_decref(items);
    return NULL;
}

static json_t *read_nested(parser *p)
{
    if (p->depth == AIMCI_JSON_DEPTH)
        return refuse(p, "more than 256 values within one another");
    p->depth++;
    json_t *const value = take(p, '[') ? read_items(p, json_array(), ']', add_item)
                                       : (p->at++, read_items(p, json_object(), '}', add_member));
    p->depth--;
    return value;
}

static json_t *read_value(parser *p)
{
    skip_blanks(p);
    if (next_is(p, '{') || next_is(p, '['))
        return read_nested(p);
    if (take(p, '"'))
        return read_string(p);
    if (next_is(p, '-') || (p->at < p->end && *p->at >= '0' && *p->at <= '9'))
        return read_number(p);
    if (next_is(p, 't'))
        return take_word(p, "true", json_true());
    if (next_is(p, 'f'))
        return take_word(p, "false", json_false());
    return take_word(p, "null", json_null());
}

aimc_status aimci_json_read(aimc_context *ctx, const char *caller, const char *text, size_t size,
                            json_t **out)
{
    parser p = {.ctx = ctx, .caller = caller, .start = text, .at = text, .end = text + size};
    void *const locale = aimci_numbers_begin();
    json_t *value = read_value(&p);
    aimci_numbers_end(locale);
    skip_blanks(&p);
    if (value != NULL && p.at < p.end) {
        (void)refuse(&p, "the end of the text is expected");
        json_decref(value);
        value = NULL;
    }
    *out = value;
    return p.status;
}
