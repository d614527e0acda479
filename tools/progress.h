/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar with samples/s and the time left on a terminal, nothing elsewhere. */
#ifndef AIMC_TOOLS_PROGRESS_H
#define AIMC_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

struct progress {
    bool visible;
    char label[64];
    size_t total;   /* samples of the whole job */
    size_t done;    /* samples so far */
    double started; /* seconds, monotonic clock */
    double drawn;   /* when the bar was drawn last */
};

/* quiet: show nothing even on a terminal. */
void progress_start(struct progress *p, size_t total, bool quiet);
void progress_label(struct progress *p, const char *format, ...) PRINTF_LIKE(2, 3);
void progress_add(struct progress *p, size_t samples);

/* Wipe the bar, if one is drawn, so that a line can be printed. */
void progress_clear(void);

#endif
