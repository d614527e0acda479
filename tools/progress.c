/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "os.h"
#include "progress.h"

#define BAR_WIDTH        24
#define SECONDS_PER_DRAW 0.1

static bool bar_is_drawn;

void progress_start(struct progress *p, size_t total, bool quiet)
{
    *p = (struct progress){.visible = !quiet && os_is_terminal(stderr), .total = total};
    p->started = os_seconds();
}

void progress_label(struct progress *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->label, sizeof p->label, format, args);
    va_end(args);
}

static void draw(const struct progress *p, double now)
{
    const double part = p->total > 0 ? (double)p->done / (double)p->total : 1.0;
    const double rate = (double)p->done / (now - p->started);
    const long left = (long)((double)(p->total - p->done) / rate + 0.5);
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(part * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %.0f samples/s  ETA %ld:%02ld", p->label, bar,
            100.0 * part, rate, left / 60, left % 60);
    bar_is_drawn = true;
}

void progress_add(struct progress *p, size_t samples)
{
    p->done += samples;
    if (!p->visible)
        return;
    const double now = os_seconds();
    if (now - p->drawn < SECONDS_PER_DRAW)
        return;
    p->drawn = now;
    draw(p, now);
}

void progress_clear(void)
{
    if (bar_is_drawn)
        fputs("\r\033[K", stderr);
    bar_is_drawn = false;
}
