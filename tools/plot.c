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
enum { PATH_ROOM = 4096 };

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

/* What a name asks for; NO_PLOT where nothing can be written as its ending says. */
enum format { NO_PLOT, SVG, DRAWN /* by the Python package, from an SVG */ };

static enum format format_of(const char *path)
{
    static const struct {
        const char *ending;
        enum format format;
    } formats[] = {{".svg", SVG}, {".png", DRAWN}, {".pdf", DRAWN}};
    const char *const slash = aimci_os_last_separator(path);
    const char *const ending = strrchr(slash != NULL ? slash + 1 : path, '.');
    for (size_t i = 0; ending != NULL && i < sizeof formats / sizeof formats[0]; i++)
        if (aimci_same_letters(ending, formats[i].ending, 5))
            return formats[i].format;
    return NO_PLOT;
}

/* Which Python draws: that of AIMC_PYTHON, which the command of a wheel sets, or that in PATH. */
static void find_python(char *python, size_t size)
{
    if (!os_variable("AIMC_PYTHON", python, size))
        snprintf(python, size, "%s", OS_PYTHON);
}

int plot_check_name(const char *path)
{
    if (path == NULL || format_of(path) == SVG)
        return EXIT_GO_ON;
    if (format_of(path) == NO_PLOT)
        return fail_usage("--plot %s: plots are written as SVG, PNG or PDF: give a name that ends "
                          "in .svg, .png or .pdf",
                          path);
    char python[PATH_ROOM];
    find_python(python, sizeof python);
    const char *const words[] = {
        python, "-c",
        "try: import aimc.plot\nexcept ImportError as missing: raise SystemExit(1) from None",
        NULL};
    if (os_run(words) == 0)
        return EXIT_GO_ON;
    return fail_usage("--plot %s: PNG and PDF are drawn by the Python package aimc with "
                      "matplotlib, which %s does not have (AIMC_PYTHON may name another Python): "
                      "give a name that ends in .svg",
                      path, python);
}

static int write_svg(const char *path, const struct plot *plot)
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

int plot_write(const char *path, const struct plot *plot)
{
    if (format_of(path) == SVG)
        return write_svg(path, plot);
    char source[PATH_ROOM], python[PATH_ROOM];
    const int n = snprintf(source, sizeof source, "%s.svg", path);
    if (n < 0 || (size_t)n >= sizeof source)
        return fail("cannot write %s: its name is too long", path);
    find_python(python, sizeof python);
    const int rc = write_svg(source, plot);
    if (rc != EXIT_GO_ON)
        return rc;
    if (os_run((const char *const[]){python, "-m", "aimc.plot", source, path, NULL}) != 0)
        return fail("cannot write %s, which %s did not draw: the plot is in %s", path, python,
                    source);
    aimci_os_remove(source);
    return EXIT_GO_ON;
}
