/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "os.h"
#include "plot.h"
#include "report.h"

enum { WIDTH = 720, HEIGHT = 440, LEFT = 80, RIGHT = 25, TOP = 60, BOTTOM = 55, TICKS = 6 };

/* told apart by the colour-blind: M. Okabe and K. Ito, Color Universal Design (2008) */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73",
                                      "#CC79A7", "#E69F00", "#56B4E9"};

/* Both ends are multiples of step, which is 1, 2 or 5 times a power of ten. */
struct range {
    double lo, hi, step;
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

static void round_out(struct range *r)
{
    if (!(r->lo < r->hi)) {
        const double middle = isfinite(r->lo) ? r->lo : 0.5;
        r->lo = middle - 1;
        r->hi = middle + 1;
    }
    const double least = (r->hi - r->lo) / TICKS, power = pow(10, floor(log10(least)));
    const double digit = least / power;
    r->step = power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
    r->lo = floor(r->lo / r->step + 1e-9) * r->step;
    r->hi = ceil(r->hi / r->step - 1e-9) * r->step;
}

static void find_ranges(const struct plot *p, struct range *x, struct range *y)
{
    *x = *y = (struct range){HUGE_VAL, -HUGE_VAL, 0};
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t k = 0; k < p->series[i].n; k++) {
            widen(x, x_of(&p->series[i], k));
            widen(y, p->series[i].y[k]);
        }
    round_out(x);
    round_out(y);
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

static void put_tick(FILE *f, double value, double x, double y, const char *anchor)
{
    char number[32], attributes[32];
    snprintf(number, sizeof number, "%.6g", value);
    snprintf(attributes, sizeof attributes, "text-anchor='%s'", anchor);
    put_text(f, x, y, attributes, number);
}

static void put_line(FILE *f, double x0, double y0, double x1, double y1)
{
    fprintf(f, "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#ddd'/>\n", x0, y0, x1, y1);
}

/* Multiple k of the step; 0 is exactly 0. */
static double tick(const struct range *r, int k)
{
    const double value = r->lo + k * r->step;
    return fabs(value) < 1e-9 * r->step ? 0 : value;
}

static void put_axes(FILE *f, const struct plot *p, const struct range *x, const struct range *y)
{
    const int n_x = (int)lround((x->hi - x->lo) / x->step);
    const int n_y = (int)lround((y->hi - y->lo) / y->step);
    for (int k = 0; k <= n_x; k++) {
        const double at = to_x(x, tick(x, k));
        put_line(f, at, TOP, at, HEIGHT - BOTTOM);
        put_tick(f, tick(x, k), at, HEIGHT - BOTTOM + 18, "middle");
    }
    for (int k = 0; k <= n_y; k++) {
        const double at = to_y(y, tick(y, k));
        put_line(f, LEFT, at, WIDTH - RIGHT, at);
        put_tick(f, tick(y, k), LEFT - 6, at + 4, "end");
    }
    fprintf(f, "<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#888'/>\n", LEFT,
            TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    put_text(f, WIDTH / 2.0, 22, "text-anchor='middle' font-size='15'", p->title);
    put_text(f, WIDTH / 2.0, HEIGHT - 14, "text-anchor='middle'", p->x_label);
    fprintf(f, "<g transform='translate(18 %d) rotate(-90)'>", HEIGHT / 2);
    put_text(f, 0, 0, "text-anchor='middle'", p->y_label);
    fputs("</g>\n", f);
}

/* The labels in a row below the title. */
static void put_legend(FILE *f, const struct plot *p)
{
    double x = LEFT;
    for (size_t i = 0; i < p->n_series; i++) {
        const char *colour = colours[i % (sizeof colours / sizeof colours[0])];
        fprintf(f, "<rect x='%.1f' y='%d' width='14' height='4' fill='%s'/>\n", x, TOP - 18,
                colour);
        put_text(f, x + 20, TOP - 12, "", p->series[i].label);
        x += 46 + 6.5 * (double)strlen(p->series[i].label);
    }
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
}

int plot_check_name(const char *path)
{
    const char *const slash = path != NULL ? aimci_os_last_separator(path) : NULL;
    const char *const name = slash != NULL ? slash + 1 : path;
    const char *const ending = name != NULL ? strrchr(name, '.') : NULL;
    if (ending == NULL || aimci_same_letters(ending, ".svg", 5))
        return EXIT_GO_ON;
    return fail_usage(
        "--plot %s: plots are written as SVG: give a name that ends in .svg; then 'python3 -m "
        "aimc.plot plot.svg plot.png' (matplotlib) or 'rsvg-convert -o plot.png plot.svg' "
        "makes a PNG of it",
        path);
}

int plot_write(const char *path, const struct plot *plot)
{
    FILE *f = os_fopen(path, "w");
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
    put_legend(f, plot);
    for (size_t i = 0; i < plot->n_series; i++)
        put_series(f, &plot->series[i], i, &x, &y);
    fputs("</svg>\n", f);
    const bool bad = ferror(f) != 0;
    return fclose(f) != 0 || bad ? fail("cannot write %s: %s", path, strerror(errno)) : EXIT_GO_ON;
}
