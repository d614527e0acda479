/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "plot.h"
#include "report.h"

enum { WIDTH = 720, HEIGHT = 440, LEFT = 70, RIGHT = 20, TOP = 40, BOTTOM = 55, TICKS = 5 };

static const char *const colours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"};

struct range {
    double lo, hi;
};

static double x_of(const struct plot_series *s, size_t k)
{
    return s->x != NULL ? s->x[k] : (double)k;
}

static void widen(struct range *r, double v)
{
    if (!isfinite(v))
        return;
    r->lo = fmin(r->lo, v);
    r->hi = fmax(r->hi, v);
}

static void find_ranges(const struct plot *p, struct range *x, struct range *y)
{
    *x = *y = (struct range){HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t k = 0; k < p->series[i].n; k++) {
            widen(x, x_of(&p->series[i], k));
            widen(y, p->series[i].y[k]);
        }
    if (!(x->lo < x->hi))
        *x = (struct range){isfinite(x->lo) ? x->lo - 1 : 0, isfinite(x->lo) ? x->lo + 1 : 1};
    if (!(y->lo < y->hi))
        *y = (struct range){isfinite(y->lo) ? y->lo - 1 : 0, isfinite(y->lo) ? y->lo + 1 : 1};
}

static double to_x(const struct range *r, double v)
{
    return LEFT + (v - r->lo) / (r->hi - r->lo) * (WIDTH - LEFT - RIGHT);
}

static double to_y(const struct range *r, double v)
{
    return HEIGHT - BOTTOM - (v - r->lo) / (r->hi - r->lo) * (HEIGHT - TOP - BOTTOM);
}

static void put_escaped(FILE *f, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        default:
            fputc(*text, f);
        }
}

static void put_text(FILE *f, double x, double y, const char *attributes, const char *text)
{
    fprintf(f, "<text x='%.1f' y='%.1f' %s>", x, y, attributes);
    put_escaped(f, text);
    fputs("</text>\n", f);
}

static void put_axes(FILE *f, const struct plot *p, const struct range *x, const struct range *y)
{
    char number[32];
    fprintf(f, "<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#888'/>\n", LEFT,
            TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    for (int k = 0; k <= TICKS; k++) {
        const double vx = x->lo + (x->hi - x->lo) * k / TICKS;
        const double vy = y->lo + (y->hi - y->lo) * k / TICKS;
        snprintf(number, sizeof number, "%.4g", vx);
        put_text(f, to_x(x, vx), HEIGHT - BOTTOM + 18, "text-anchor='middle'", number);
        snprintf(number, sizeof number, "%.4g", vy);
        put_text(f, LEFT - 6, to_y(y, vy) + 4, "text-anchor='end'", number);
    }
    put_text(f, WIDTH / 2.0, 22, "text-anchor='middle' font-size='15'", p->title);
    put_text(f, WIDTH / 2.0, HEIGHT - 14, "text-anchor='middle'", p->x_label);
    fprintf(f, "<g transform='translate(18 %d) rotate(-90)'>", HEIGHT / 2);
    put_text(f, 0, 0, "text-anchor='middle'", p->y_label);
    fputs("</g>\n", f);
}

static void put_series(FILE *f, const struct plot_series *s, size_t i, const struct range *x,
                       const struct range *y)
{
    const char *colour = colours[i % (sizeof colours / sizeof colours[0])];
    bool open = false;
    for (size_t k = 0; k < s->n; k++) {
        const bool shown = isfinite(s->y[k]);
        const double px = to_x(x, x_of(s, k)), py = shown ? to_y(y, s->y[k]) : 0;
        if (s->dots) {
            if (shown)
                fprintf(f, "<circle cx='%.2f' cy='%.2f' r='1.3' fill='%s'/>\n", px, py, colour);
            continue;
        }
        if (open && !shown)
            fputs("'/>\n", f);
        if (!open && shown)
            fprintf(f, "<polyline fill='none' stroke='%s' stroke-width='1.6' points='", colour);
        if (shown)
            fprintf(f, "%.2f,%.2f ", px, py);
        open = shown;
    }
    if (open)
        fputs("'/>\n", f);
    char attributes[64];
    snprintf(attributes, sizeof attributes, "fill='%s'", colour);
    put_text(f, LEFT + 12, TOP + 20 + 17.0 * (double)i, attributes, s->label);
}

int plot_check_name(const char *path)
{
    const char *const slash = path != NULL ? strrchr(path, '/') : NULL;
    const char *const name = slash != NULL ? slash + 1 : path;
    const char *const ending = name != NULL ? strrchr(name, '.') : NULL;
    if (ending == NULL || strcasecmp(ending, ".svg") == 0)
        return EXIT_GO_ON;
    return fail_usage("--plot %s: plots are written as SVG; give a name that ends in .svg", path);
}

int plot_write(const char *path, const struct plot *plot)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return fail("cannot write %s: %s", path, strerror(errno));
    struct range x, y;
    find_ranges(plot, &x, &y);
    fprintf(f,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "font-family='sans-serif' font-size='12'>\n<rect width='100%%' height='100%%' "
            "fill='white'/>\n",
            WIDTH, HEIGHT);
    put_axes(f, plot, &x, &y);
    for (size_t i = 0; i < plot->n_series; i++)
        put_series(f, &plot->series[i], i, &x, &y);
    fputs("</svg>\n", f);
    const bool bad = ferror(f) != 0;
    return fclose(f) != 0 || bad ? fail("cannot write %s: %s", path, strerror(errno)) : EXIT_GO_ON;
}
