/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "os.h"
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

int document_check_name(const char *path)
{
    const size_t length = path != NULL ? strlen(path) : 0;
    if (path != NULL && (length < 6 || strcmp(path + length - 5, ".json") != 0))
        return fail_usage("--out %s: a name that ends in .json is needed", path);
    return EXIT_GO_ON;
}

int document_write(const char *path, const aimc_config *config)
{
    const size_t length = aimc_config_to_json(config, NULL, 0);
    char *text = malloc(length + 1);
    FILE *f = text != NULL ? os_fopen(path, "w") : NULL;
    int rc = f != NULL ? EXIT_GO_ON : fail("%s: cannot be written", path);
    if (f != NULL) {
        aimc_config_to_json(config, text, length + 1);
        const bool good = fprintf(f, "%s\n", text) > 0;
        if (fclose(f) != 0 || !good)
            rc = fail("%s: cannot be written", path);
    }
    free(text);
    return rc;
}
