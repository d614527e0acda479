/* SPDX-License-Identifier: MIT */
/* aimc quickstart: a folder with a small program that uses the library, and what builds it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "os.h"
#include "quickstart_files.h"
#include "report.h"

#define N_FILES (sizeof files / sizeof files[0])

static bool is_python(const char *name)
{
    const char *ending = strrchr(name, '.');
    return ending != NULL && strcmp(ending, ".py") == 0;
}

static int write_file(const char *folder, const struct file *file)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, file->name) >= (int)sizeof path)
        return fail("%s: the name of the folder is too long", folder);
    FILE *out = aimci_os_create(path); /* never over a file that is there */
    if (out == NULL)
        return fail("cannot write %s: %s", path, strerror(errno));
    const bool bad = fputs(file->text, out) < 0;
    if (fclose(out) != 0 || bad)
        return fail("cannot write %s: %s", path, strerror(errno));
    return EXIT_GO_ON;
}

static int write_project(const char *folder, bool python)
{
    const bool is_there = aimci_os_kind_of(folder) != AIMCI_OS_NOTHING;
    const int error = is_there ? EEXIST : aimci_os_make_folder(folder);
    if (error != 0)
        return fail("cannot make the folder %s: %s", folder, strerror(error));
    for (size_t i = 0; i < N_FILES; i++) {
        if (is_python(files[i].name) != python)
            continue;
        const int rc = write_file(folder, &files[i]);
        if (rc != EXIT_GO_ON)
            return rc;
    }
    if (python)
        printf("cd %s && python3 main.py\n", folder);
    else
        printf("cd %s && meson setup build && ninja -C build && build/rings\n"
               "or:  cmake -B build && cmake --build build && build/rings\n",
               folder);
    return EXIT_OK;
}

int cmd_quickstart(int argc, char **argv)
{
    const char *folder = NULL, *language = "c";
    const struct arg args[] = {
        {"language", ARG_TEXT, &language, "NAME", "c (default), with meson and CMake; or python", 0,
         0},
    };
    const struct arg_spec spec = {
        .usage = "FOLDER [options]",
        .summary =
            "Write a small project that trains a network on analog tiles, saves and loads it, and\n"
            "writes it to a chip. The folder must not exist.",
        .example = "  aimc quickstart rings\n"
                   "  aimc quickstart digits --language python\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &folder,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    const int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    const bool python = strcmp(language, "python") == 0;
    if (!python && strcmp(language, "c") != 0)
        return fail_usage("--language '%s': c and python are known", language);
    return write_project(folder, python);
}
