/* SPDX-License-Identifier: MIT */
/* An account as text, JSON, CSV and picture. */
#ifndef AIMC_TOOLS_BILL_H
#define AIMC_TOOLS_BILL_H

#include "account.h"

void bill_put_json(struct json *json, const aimc_cost_model *cost,
                   const struct account *account); /* within an object */
void bill_put_assumptions(struct json *json, const aimc_cost_model *cost,
                          const struct account *account);
void bill_print(const aimc_cost_model *cost, const struct account *account);
void bill_print_assumptions(const aimc_cost_model *cost, const struct account *account);

/* Low, nominal and high total, and the numbers that move it most. */
void bill_print_range(const aimc_cost_model *cost, const struct account *account);

/* One bar of a picture: an account by component, for one of so many inferences. */
struct bar {
    const char *label;
    const aimc_cost_model *cost;
    const struct account *account;
    double inferences;
};

/* Stacked bars as SVG; every component as a row of CSV. EXIT_GO_ON, or a failure that was
 * reported. */
int bill_write_picture(const char *path, const char *title, const struct bar *bars, size_t n);
int bill_write_table(const char *path, const struct bar *bars, size_t n);

#endif
