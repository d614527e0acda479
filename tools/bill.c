/* SPDX-License-Identifier: MIT */
#include "bill.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "extrapolations.h"
#include "os.h"
#include "report.h"

enum { MOST_SENSITIVE = 5 };

static bool get_component(const aimc_cost_model *cost, const struct account *a, size_t i,
                          aimc_cost_component *c)
{
    *c = (aimc_cost_component){.struct_size = (uint32_t)sizeof *c};
    return aimc_cost_model_get_component(cost, &a->events, i, c) == AIMC_OK;
}

static bool get_range(const aimc_cost_model *cost, const struct account *a, aimc_cost_range *r)
{
    *r = (aimc_cost_range){.struct_size = (uint32_t)sizeof *r};
    return aimc_cost_model_get_range(cost, &a->events, r) == AIMC_OK;
}

static bool get_sensitivity(const aimc_cost_model *cost, const struct account *a, size_t i,
                            aimc_cost_sensitivity *s)
{
    *s = (aimc_cost_sensitivity){.struct_size = (uint32_t)sizeof *s};
    return aimc_cost_model_get_sensitivity(cost, &a->events, i, s) == AIMC_OK;
}

/* ---- text ----------------------------------------------------------------------------------- */

static double share(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/* Leakage is a power times a time, all others an energy times a number of events. */
static void print_component(const aimc_cost_component *c, double total)
{
    const bool leakage = c->part == AIMC_COST_LEAKAGE;
    printf("  %-16s %13.6g %-11s %11.5g %s %12.5g %6.2f%% %11.5g %10.4g\n", c->name, c->count,
           c->unit, c->unit_j, leakage ? "W" : "J", c->energy_j, share(c->energy_j, total),
           c->time_s, 1e6 * c->area_m2);
}

void bill_print(const aimc_cost_model *cost, const struct account *account)
{
    const aimc_cost_report *r = &account->report;
    printf("component                 events                    of one     energy J   share      "
           "time s   area mm2\n");
    for (int part = 0; part < AIMC_COST_PARTS; part++) {
        const aimc_cost_item *p = &r->parts[part];
        printf("%-44s %12s %12.5g %6.2f%% %11.5g %10.4g\n", p->name, "", p->energy_j,
               share(p->energy_j, r->energy_j), p->time_s, 1e6 * p->area_m2);
        aimc_cost_component c;
        for (size_t i = 0; get_component(cost, account, i, &c); i++)
            if (c.part == part && (c.energy_j > 0 || c.area_m2 > 0))
                print_component(&c, r->energy_j);
    }
    printf("%-44s %12s %12.5g %6.2f%% %11.5g %10.4g\n", "total", "", r->energy_j, 100.0, r->time_s,
           1e6 * r->area_m2);
    if (account->events.split_tiles > 0)
        printf(
            "%.15g tiles are larger than the arrays of the chip: priced as several each, read as "
            "one\n",
            account->events.split_tiles);
}

static const char *basis_of(int32_t basis)
{
    static const char *const words[] = {"", "published", "derived", "assumed"};
    return words[basis];
}

void bill_print_range(const aimc_cost_model *cost, const struct account *account)
{
    aimc_cost_range r;
    if (!get_range(cost, account, &r))
        return;
    printf(
        "\ntotal %.4g J, between %.4g and %.4g with the %u numbers that may lie elsewhere; those "
        "that move it most:\n",
        r.nominal_j, r.low_j, r.high_j, (unsigned)r.n_doubts);
    aimc_cost_sensitivity s;
    for (size_t i = 0;
         i < MOST_SENSITIVE && i < r.n_doubts && get_sensitivity(cost, account, i, &s); i++)
        if (s.low_j != s.high_j)
            printf("  %-26s %.4g ... %.4g (%s): %.4g ... %.4g J\n", s.name, s.low, s.high,
                   basis_of(s.basis), s.low_j, s.high_j);
}

/* Names in lines of eight; the sentences after them are told as extrapolations. */
void bill_print_assumptions(const aimc_cost_model *cost, const struct account *account)
{
    const char *name;
    printf("assumed:");
    for (size_t i = 0; (name = aimc_cost_model_get_assumption(cost, i)) != NULL; i++)
        if (strchr(name, ' ') == NULL)
            printf("%s %s", i % 8 == 7 ? "\n        " : "", name);
    putchar('\n');
    extrapolations_print_costs(cost, &account->events);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* What a part is told by; the components say more. */
static const char *part_unit(int part)
{
    static const char *const units[AIMC_COST_PARTS] = {
        "S",      "reads",  "conversions", "conversions", "additions",  "bytes", "bits",
        "pulses", "pulses", "additions",   "reads",       "operations", "bytes", "s"};
    return units[part];
}

static void put_parts(struct json *json, const aimc_cost_report *r)
{
    json_open(json, "parts", '[');
    for (int k = 0; k < AIMC_COST_PARTS; k++) {
        const aimc_cost_item *p = &r->parts[k];
        const bool leakage = k == AIMC_COST_LEAKAGE;
        json_open(json, NULL, '{');
        json_put_text(json, "name", p->name);
        json_put_number(json, "events", p->count);
        json_put_text(json, "unit", part_unit(k));
        json_put_number(json, leakage ? "w" : "j_per_event", p->unit_j);
        json_put_number(json, "energy_j", p->energy_j);
        json_put_number(json, "time_s", p->time_s);
        json_put_number(json, "area_m2", p->area_m2);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_components(struct json *json, const aimc_cost_model *cost,
                           const struct account *account)
{
    aimc_cost_component c;
    json_open(json, "components", '[');
    for (size_t i = 0; get_component(cost, account, i, &c); i++) {
        const bool leakage = c.part == AIMC_COST_LEAKAGE;
        json_open(json, NULL, '{');
        json_put_text(json, "name", c.name);
        json_put_text(json, "part", account->report.parts[c.part].name);
        json_put_number(json, "events", c.count);
        json_put_text(json, "unit", c.unit);
        json_put_number(json, leakage ? "w" : "j_per_event", c.unit_j);
        json_put_number(json, "energy_j", c.energy_j);
        json_put_number(json, "time_s", c.time_s);
        json_put_number(json, "instances", c.instances);
        json_put_number(json, "area_m2", c.area_m2);
        json_put_number(json, "leakage_w", c.leakage_w);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_range(struct json *json, const aimc_cost_model *cost, const struct account *account)
{
    aimc_cost_range r;
    aimc_cost_sensitivity s;
    if (!get_range(cost, account, &r))
        return;
    json_put_number(json, "energy_low_j", r.low_j);
    json_put_number(json, "energy_high_j", r.high_j);
    json_open(json, "sensitivity", '[');
    for (size_t i = 0;
         i < MOST_SENSITIVE && i < r.n_doubts && get_sensitivity(cost, account, i, &s); i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "name", s.name);
        json_put_text(json, "basis", basis_of(s.basis));
        json_put_number(json, "low", s.low);
        json_put_number(json, "high", s.high);
        json_put_number(json, "low_j", s.low_j);
        json_put_number(json, "high_j", s.high_j);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void bill_put_json(struct json *json, const aimc_cost_model *cost, const struct account *account)
{
    const aimc_cost_report *r = &account->report;
    json_put_number(json, "macs", account->events.macs);
    json_put_number(json, "energy_j", r->energy_j);
    json_put_number(json, "time_s", r->time_s);
    json_put_number(json, "area_m2", r->area_m2);
    json_put_number(json, "j_per_mac", r->j_per_mac);
    json_put_number(json, "ops_per_j", r->ops_per_j);
    json_put_number(json, "ops_per_s_m2", r->ops_per_s_m2);
    json_put_number(json, "co2_kg", r->co2_kg);
    json_put_number(json, "devices", r->devices);
    json_put_number(json, "pulses_per_device", r->pulses_per_device);
    json_put_number(json, "endurance_used", r->endurance_used);
    json_put_flag(json, "adc_below_floor", r->adc_below_floor);
    json_put_number(json, "split_tiles", account->events.split_tiles);
    put_parts(json, r);
    put_components(json, cost, account);
    put_range(json, cost, account);
}

void bill_put_assumptions(struct json *json, const aimc_cost_model *cost,
                          const struct account *account)
{
    json_open(json, "assumed", '[');
    for (size_t i = 0; aimc_cost_model_get_assumption(cost, i) != NULL; i++)
        json_put_text(json, NULL, aimc_cost_model_get_assumption(cost, i));
    json_close(json, ']');
    extrapolations_put_costs(json, cost, &account->events);
}

/* ---- CSV ------------------------------------------------------------------------------------ */

int bill_write_table(const char *path, const struct bar *bars, size_t n)
{
    aimc_cost_component c;
    FILE *f = os_fopen(path, "w");
    if (f == NULL)
        return fail("cannot write %s", path);
    fprintf(f, "layer,part,component,events,unit,of_one,energy_j,time_s,instances,area_m2,"
               "leakage_w\n");
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; get_component(bars[b].cost, bars[b].account, i, &c); i++)
            fprintf(f, "%s,%s,%s,%.9g,%s,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", bars[b].label,
                    bars[b].account->report.parts[c.part].name, c.name,
                    c.count / bars[b].inferences, c.unit, c.unit_j, c.energy_j / bars[b].inferences,
                    c.time_s / bars[b].inferences, c.instances, c.area_m2, c.leakage_w);
    const bool failed = ferror(f) != 0;
    return fclose(f) != 0 || failed ? fail("cannot write %s", path) : EXIT_GO_ON;
}

/* ---- picture -------------------------------------------------------------------------------- */

enum { WIDTH = 760, LEFT = 170, RIGHT = 190, TOP = 50, ROW = 26, BAR = 18, BOTTOM = 40 };

/* Colours of Okabe and Ito, lighter ones for parts beyond the eighth. */
static const char *const colours[AIMC_COST_PARTS] = {
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
    "#000000", "#666666", "#999999", "#AA4499", "#88CCEE", "#332288", "#DDCC77"};

static double most_of(const struct bar *bars, size_t n)
{
    double most = 0;
    for (size_t b = 0; b < n; b++) {
        const double j = bars[b].account->report.energy_j / bars[b].inferences;
        most = j > most ? j : most;
    }
    return most;
}

static void put_text(FILE *f, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '<' || *text == '&')
            fprintf(f, "&#%d;", *text);
        else
            fputc(*text, f);
}

static void draw_bar(FILE *f, const struct bar *bar, double y, double scale)
{
    double x = LEFT;
    fprintf(f, "<text x=\"%d\" y=\"%g\" text-anchor=\"end\">", LEFT - 8, y + 13);
    put_text(f, bar->label);
    fprintf(f, "</text>\n");
    for (int k = 0; k < AIMC_COST_PARTS; k++) {
        const double w = bar->account->report.parts[k].energy_j / bar->inferences * scale;
        if (w > 0.05)
            fprintf(f, "<rect x=\"%.2f\" y=\"%g\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>\n", x,
                    y, w, BAR, colours[k]);
        x += w;
    }
    fprintf(f, "<text x=\"%.2f\" y=\"%g\">%.3g pJ</text>\n", x + 5, y + 13,
            1e12 * bar->account->report.energy_j / bar->inferences);
}

static bool is_drawn(const struct bar *bars, size_t n, int part)
{
    for (size_t b = 0; b < n; b++)
        if (bars[b].account->report.parts[part].energy_j > 0)
            return true;
    return false;
}

int bill_write_picture(const char *path, const char *title, const struct bar *bars, size_t n)
{
    int legend = 0;
    for (int k = 0; k < AIMC_COST_PARTS; k++)
        legend += is_drawn(bars, n, k);
    const int rows = legend > (int)n ? legend : (int)n, height = TOP + rows * ROW + BOTTOM;
    const double most = most_of(bars, n);
    const double scale = most > 0 ? (WIDTH - LEFT - RIGHT - 70) / most : 0;
    FILE *f = os_fopen(path, "w");
    if (f == NULL)
        return fail("cannot write %s", path);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"%d\" height=\"%d\" "
            "fill=\"white\"/>\n<text x=\"%d\" y=\"24\" font-size=\"15\">",
            WIDTH, height, WIDTH, height, LEFT);
    put_text(f, title);
    fprintf(f, "</text>\n");
    for (size_t b = 0; b < n; b++)
        draw_bar(f, &bars[b], TOP + (double)b * ROW, scale);
    for (int k = 0, row = 0; k < AIMC_COST_PARTS; k++) {
        if (!is_drawn(bars, n, k))
            continue;
        const int x = WIDTH - RIGHT + 55, y = TOP + row++ * ROW;
        fprintf(f,
                "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"%s\"/>"
                "<text x=\"%d\" y=\"%d\">%s</text>\n",
                x, y, colours[k], x + 20, y + 12, bars[0].account->report.parts[k].name);
    }
    fprintf(f, "</svg>\n");
    const bool failed = ferror(f) != 0;
    return fclose(f) != 0 || failed ? fail("cannot write %s", path) : EXIT_GO_ON;
}
