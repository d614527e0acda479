/* SPDX-License-Identifier: MIT */
/* What tests need of a system beside C11: POSIX, or the same by other names on Windows. */
#ifndef AIMCT_PORTABLE_H
#define AIMCT_PORTABLE_H

#include <stdint.h>
#include <stdlib.h>

#ifndef _WIN32

#include <sys/wait.h>
#include <unistd.h>

static inline void *aimct_aligned_alloc(size_t align, size_t size)
{
    return aligned_alloc(align, size);
}

static inline void aimct_aligned_free(void *ptr)
{
    free(ptr);
}

static inline int aimct_truncate(const char *path, uint64_t size)
{
    return truncate(path, (off_t)size);
}

static inline int aimct_has_ngspice(void)
{
    return system("ngspice --version >/dev/null 2>&1") == 0;
}

#else

#include <direct.h>
#include <io.h>
#include <malloc.h>
#include <process.h>
#include <stdio.h>
#include <unistd.h>

static inline void *aimct_aligned_alloc(size_t align, size_t size)
{
    return _aligned_malloc(size, align);
}

static inline void aimct_aligned_free(void *ptr)
{
    _aligned_free(ptr);
}

/* off_t has 32 bits there. */
static inline int aimct_truncate(const char *path, uint64_t size)
{
    return truncate64(path, (off64_t)size);
}

/* Nobody looked for it there yet. */
static inline int aimct_has_ngspice(void)
{
    return 0;
}

/* "/tmp" is a folder of the current drive, which is there where Wine is, and is made elsewhere. */
static inline char *mkdtemp(char *pattern)
{
    (void)_mkdir("/tmp");
    return _mktemp(pattern) && _mkdir(pattern) == 0 ? pattern : NULL;
}

static inline int setenv(const char *name, const char *value, int overwrite)
{
    (void)overwrite;
    return _putenv_s(name, value);
}

static inline int unsetenv(const char *name)
{
    return _putenv_s(name, "");
}

#endif

#endif
