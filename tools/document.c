/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <stdio.h>

#include <jansson.h>

#include "cmd.h"
#include "report.h"

int document_kind(const char *path, char *kind, size_t size)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (root == NULL)
        return fail("%s:%d:%d: %s", path, error.line, error.column, error.text);
    const char *const word = json_string_value(json_object_get(root, "kind"));
    if (word != NULL)
        snprintf(kind, size, "%s", word);
    json_decref(root);
    return EXIT_GO_ON;
}
