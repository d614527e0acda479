/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "args.h"
#include "data.h"
#include "json.h"
#include "os.h"
#include "report.h"
#include "run.h"

#define FORMAT    "aimc train 1"
#define MAX_WIDTH 1048576.0

struct text_field {
    const char *name;
    size_t offset;
    bool fixed; /* may not change when a run is resumed */
};

static const struct text_field text_fields[] = {
    {"data", offsetof(struct run, data), false},
    {"network", offsetof(struct run, network), true},
    {"layers", offsetof(struct run, layers), true},
    {"activation", offsetof(struct run, activation), true},
    {"device", offsetof(struct run, device), true},
    {"algorithm", offsetof(struct run, algorithm), true},
};

struct number_field {
    const char *name;
    size_t offset;
    bool fixed;
    double min, max; /* what a note may say */
};

static const struct number_field number_fields[] = {
    {"input_max", offsetof(struct run, input_max), true, 0.0, 1e9},
    {"limit", offsetof(struct run, limit), true, 0.0, MAX_INTEGER},
    {"n_train", offsetof(struct run, n_train), true, 1.0, MAX_INTEGER},
    {"epochs", offsetof(struct run, epochs), false, 0.0, MAX_INTEGER},
    {"batch", offsetof(struct run, batch), true, 1.0, MAX_INTEGER},
    {"lr", offsetof(struct run, lr), false, 0.0, 1e9},
    {"lr_decay", offsetof(struct run, lr_decay), false, 0.0, 1e9},
    {"seed", offsetof(struct run, seed), true, 0.0, MAX_INTEGER},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char **text_at(struct run *run, const struct text_field *field)
{
    return (const char **)(void *)((char *)run + field->offset);
}

static const char *text_of(const struct run *run, const struct text_field *field)
{
    return *(const char *const *)(const void *)((const char *)run + field->offset);
}

static double *number_at(struct run *run, const struct number_field *field)
{
    return (double *)(void *)((char *)run + field->offset);
}

static double number_of(const struct run *run, const struct number_field *field)
{
    return *(const double *)(const void *)((const char *)run + field->offset);
}

void run_fill(struct run *run, const struct run *other)
{
    for (size_t i = 0; i < COUNT(text_fields); i++) {
        const char **text = text_at(run, &text_fields[i]);
        if (*text == NULL)
            *text = text_of(other, &text_fields[i]);
    }
    for (size_t i = 0; i < COUNT(number_fields); i++) {
        double *number = number_at(run, &number_fields[i]);
        if (!WAS_GIVEN(*number))
            *number = number_of(other, &number_fields[i]);
    }
}

/* Found by trying on several seeds and devices; --help states them. */
void run_fill_defaults(struct run *run)
{
    static const struct run digits = {
        .layers = "64", .epochs = 20, .batch = 10, .lr = 0.2, .lr_decay = 0.9};
    static const struct run images = {
        .layers = "256,128", .epochs = 5, .batch = 10, .lr = 0.1, .lr_decay = 0.5};
    static const struct run all = {.data = "digits",
                                   .activation = "tanh",
                                   .device = "gokmen_vlasov",
                                   .input_max = 0,
                                   .limit = 0,
                                   .n_train = NOT_GIVEN,
                                   .seed = 1};
    if (run->data == NULL)
        run->data = all.data;
    struct run defaults = strcmp(run->data, "digits") == 0 ? digits : images;
    if (run->network != NULL)
        defaults.layers = NULL;
    defaults.input_max = defaults.limit = defaults.n_train = defaults.seed = NOT_GIVEN;
    run_fill(run, &defaults);
    struct run others = all;
    if (run->network != NULL) /* the document says it all */
        others.activation = others.device = NULL;
    run_fill(run, &others);
}

int run_check_resumable(const struct run *given)
{
    const char *name = NULL;
    for (size_t i = 0; i < COUNT(text_fields); i++)
        if (text_fields[i].fixed && text_of(given, &text_fields[i]) != NULL)
            name = text_fields[i].name;
    for (size_t i = 0; i < COUNT(number_fields); i++)
        if (number_fields[i].fixed && WAS_GIVEN(number_of(given, &number_fields[i])))
            name = number_fields[i].name;
    if (name == NULL)
        return EXIT_GO_ON;
    return fail_usage("--%s is part of the run that is resumed; leave it out",
                      strcmp(name, "input_max") == 0 ? "input-max" : name);
}

/* ---- the note in the model file ------------------------------------------------------------- */

char *run_to_note(const struct run *run)
{
    struct json json;
    struct os_writing writing;
    os_write_text(&writing);
    if (writing.file == NULL)
        return NULL;
    json_begin(&json, writing.file);
    json_put_text(&json, "format", FORMAT);
    for (size_t i = 0; i < COUNT(text_fields); i++)
        json_put_text(&json, text_fields[i].name, text_of(run, &text_fields[i]));
    for (size_t i = 0; i < COUNT(number_fields); i++)
        json_put_number(&json, number_fields[i].name, number_of(run, &number_fields[i]));
    json_end(&json);
    return os_written_text(&writing);
}

static int read_texts(struct run *run, const json_t *root, const char *path)
{
    for (size_t i = 0; i < COUNT(text_fields); i++) {
        const json_t *value = json_object_get(root, text_fields[i].name);
        if (value != NULL && !json_is_string(value) && !json_is_null(value))
            return fail("%s: \"%s\" in its note is not a text", path, text_fields[i].name);
        *text_at(run, &text_fields[i]) = json_string_value(value);
    }
    return EXIT_GO_ON;
}

static void forget_texts(struct run *run)
{
    for (size_t i = 0; i < COUNT(text_fields); i++)
        *text_at(run, &text_fields[i]) = NULL;
}

static int read_numbers(struct run *run, const json_t *root, const char *path)
{
    for (size_t i = 0; i < COUNT(number_fields); i++) {
        const struct number_field *field = &number_fields[i];
        const json_t *value = json_object_get(root, field->name);
        const double number = json_number_value(value);
        if (!json_is_number(value) || number < field->min || number > field->max)
            return fail("%s: \"%s\" in its note is not a number in its range", path, field->name);
        *number_at(run, field) = number;
    }
    return EXIT_GO_ON;
}

int run_read_note(struct run *run, const char *note, const char *model_path, bool optional,
                  void **document)
{
    json_t *root = json_loads(note, JSON_REJECT_DUPLICATES, NULL);
    const char *format = json_string_value(json_object_get(root, "format"));
    const bool is_ours = format != NULL && strcmp(format, FORMAT) == 0;
    *document = NULL;
    if (!is_ours) {
        /* a program of its own may have written any note, or none */
        json_decref(root);
        return optional ? EXIT_GO_ON
                        : fail("%s does not say how it was trained; it is not from 'aimc train'",
                               model_path);
    }
    int rc = read_texts(run, root, model_path);
    if (rc == EXIT_GO_ON)
        rc = read_numbers(run, root, model_path);
    if (rc != EXIT_GO_ON) {
        forget_texts(run); /* which are the document's */
        json_decref(root);
        return rc;
    }
    *document = root;
    if (run->data != NULL && !data_is_known(run->data)) {
        run->named = run->data;
        run->data = NULL;
    }
    return EXIT_GO_ON;
}

int run_complete(struct run *given, struct run *noted, const char *model_path)
{
    const char *const trained_on = noted->data != NULL ? noted->data : noted->named;
    if (given->data == NULL && noted->named != NULL)
        return fail_usage("%s names the files '%s' as its data, but a model opens no files: give "
                          "them, or others, as --data",
                          model_path, noted->named);
    if (given->data != NULL && trained_on != NULL && strcmp(given->data, trained_on) != 0)
        noted->input_max = NOT_GIVEN; /* that was the scale of other data */
    run_fill(given, noted);
    return EXIT_GO_ON;
}

void run_document_free(void *document)
{
    json_decref(document);
}

size_t run_parse_layers(const char *text, size_t *widths, size_t max)
{
    size_t n = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    while (n < max) {
        char word[16];
        double width;
        const size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word),
                 text);
        if (length >= sizeof word || !number_of_text(word, &width) || width != floor(width) ||
            width < 1 || width > MAX_WIDTH)
            return SIZE_MAX;
        widths[n++] = (size_t)width;
        if (text[length] == '\0')
            return n;
        text += length + 1;
    }
    return SIZE_MAX;
}
