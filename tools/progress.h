/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar with samples/s and the time left on a terminal, nothing elsewhere. */
#ifndef AIMC_TOOLS_PROGRESS_H
#define AIMC_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool visible;
    char label[64];
    size_t total;   /* samples of the whole job */
    size_t done;    /* samples so far */
    double started; /* seconds, monotonic clock */
    double drawn;   /* when the bar was drawn last */
};

/* Seconds of a clock that never goes back. */
double now_seconds(void);

/* quiet: show nothing even on a terminal. */
void progress_start(struct progress *p, size_t total, bool quiet);
void progress_label(struct progress *p, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
void progress_add(struct progress *p, size_t samples);

/* Wipe the bar, if one is drawn, so that a line can be printed. */
void progress_clear(void);

#endif
