/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise(): what POSIX has of it does nothing with glibc */
#include "io/map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static aimc_status map_open(const char *path, int file, aimci_map *out)
{
    struct stat info;
    if (fstat(file, &info) != 0)
        return aimci_fail(AIMC_ERR_IO, "'%s': %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return aimci_fail(AIMC_ERR_IO, "'%s' is no regular file, and cannot be mapped", path);
    if (info.st_size == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "'%s' is empty", path);
    void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED)
        return aimci_fail(AIMC_ERR_IO, "'%s': %s", path, strerror(errno));
    *out = (aimci_map){at, (size_t)info.st_size};
    return AIMC_OK;
}

aimc_status aimci_map_file(const char *path, aimci_map *out)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return aimci_fail(AIMC_ERR_IO, "'%s': %s", path, strerror(errno));
    const aimc_status st = map_open(path, file, out);
    close(file); /* the mapping stays */
    return st;
}

void aimci_unmap_file(aimci_map *map)
{
    if (map->bytes)
        (void)munmap(map->bytes, map->size);
    *map = (aimci_map){0};
}

void aimci_map_let_go(const aimci_map *map)
{
#ifdef MADV_DONTNEED
    (void)madvise(map->bytes, map->size, MADV_DONTNEED);
#else
    (void)map;
#endif
}
