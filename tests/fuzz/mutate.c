/* SPDX-License-Identifier: MIT */
/* Mutations that know what the inputs are: texts with numbers and words in quotes, and files whose
 * first eight bytes say how long such a text is. */
#include <ctype.h>
#include <string.h>

#include "fuzz.h"

static unsigned next(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* data[from, to) becomes the word; SIZE_MAX when there is no room. */
static size_t splice(uint8_t *data, size_t size, size_t max_size, size_t from, size_t to,
                     const char *word)
{
    const size_t n = strlen(word);
    if (size - (to - from) + n > max_size)
        return SIZE_MAX;
    memmove(data + from + n, data + to, size - to);
    memcpy(data + from, word, n);
    return size - (to - from) + n;
}

static bool of_number(uint8_t c)
{
    return isdigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* A number somewhere at or after a random place becomes another one. */
static size_t change_number(uint8_t *data, size_t size, size_t max_size, unsigned *state)
{
    static const char *const numbers[] = {
        "0",      "1",      "-1",    "2",          "3",      "7",
        "64",     "65",     "255",   "256",        "65536",  "1048577",
        "0.5",    "1e-30",  "1e30",  "1e308",      "-1e308", "9007199254740993",
        "1e-308", "-0",     "1e999", "4294967296", "1e-7",   "9223372036854775807",
        "true",   "100000", "null",  "[1, 2, 3]"};
    size_t from = next(state) % size;
    while (from < size && !isdigit(data[from]))
        from++;
    if (from == size)
        return SIZE_MAX;
    size_t to = from;
    while (from > 0 && of_number(data[from - 1]))
        from--;
    while (to < size && of_number(data[to]))
        to++;
    const char *number = numbers[next(state) % (sizeof numbers / sizeof numbers[0])];
    return splice(data, size, max_size, from, to, number);
}

/* A word in quotes becomes the name of a kind or preset, or another word of the text. */
static size_t change_word(uint8_t *data, size_t size, size_t max_size, unsigned *state)
{
    size_t from = next(state) % size;
    while (from < size && !(data[from] == '"' && from + 1 < size && isalpha(data[from + 1])))
        from++;
    if (from == size)
        return SIZE_MAX;
    size_t to = ++from;
    while (to < size && (isalnum(data[to]) || data[to] == '_'))
        to++;
    aimc_preset_info info = {.struct_size = (uint32_t)sizeof info};
    FUZZ_OK(aimc_preset_get(next(state) % aimc_preset_count(), &info));
    return splice(data, size, max_size, from, to, info.name);
}

size_t aimct_mutate_text(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    unsigned state = seed;
    const unsigned what = next(&state) % 8;
    size_t changed = SIZE_MAX;
    if (size > 0 && what < 4)
        changed = change_number(data, size, max_size, &state);
    else if (size > 0 && what < 6)
        changed = change_word(data, size, max_size, &state);
    return changed != SIZE_MAX ? changed : LLVMFuzzerMutate(data, size, max_size);
}

size_t aimct_mutate_safetensors(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t n = 0;
    if (size > 8)
        memcpy(&n, data, 8);
    if (size <= 8 || n > size - 8 || seed % 16 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    uint8_t *text = data + 8;
    const size_t tail = size - 8 - (size_t)n;
    if (seed % 4 == 1 && tail > 0)
        return 8 + (size_t)n + LLVMFuzzerMutate(text + n, tail, tail);
    uint8_t *copy = malloc(tail + 1);
    FUZZ_CHECK(copy != NULL, "no memory");
    memcpy(copy, text + n, tail);
    n = aimct_mutate_text(text, (size_t)n, max_size - 8 - tail, seed / 16);
    memcpy(text + n, copy, tail);
    memcpy(data, &n, 8);
    free(copy);
    return 8 + (size_t)n + tail;
}
