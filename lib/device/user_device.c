/* SPDX-License-Identifier: MIT */
/* Making a device from the caller's functions. */
#include <math.h>
#include <string.h>

#include "device/user_device.h"

/* The mean device: populated with normals 0 and uniforms 1/2, pulsed without noise. */
static double mean_step(const void *params, double w, bool up)
{
    const aimci_user_params *p = params;
    aimci_user_chunk chunk = {.w = {(float)w}, .direction = {up ? 1 : -1}};
    float own[AIMC_USER_PARAMETERS] = {0};
    float hi = (float)p->base.w_max, lo = (float)p->base.w_min;
    aimc_user_cells cells = aimci_user_cells_of(p, &chunk, 1);
    cells.w_max = &hi;
    cells.w_min = &lo;
    for (uint32_t k = 0; k < cells.n_parameters; k++)
        cells.parameters[k] = &own[k];
    for (int k = 0; k < AIMC_USER_UNIFORMS; k++)
        chunk.uniforms[k][0] = 0.5f;
    if (p->user.populate) {
        cells.w = NULL;
        p->user.populate(p->user.user, &cells);
        cells.w = chunk.w;
    }
    p->user.pulse(p->user.user, &cells);
    const double moved = (double)chunk.w[0] - (double)(float)w;
    return !isfinite(moved) ? 0 : up ? moved : -moved;
}

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, user)

/* What a named model has as constants. Lives as long as its device. */
typedef struct user_model {
    aimci_device_ops model;
    aimci_kind kind;
    char *name, *parameter_names[AIMC_USER_PARAMETERS];
} user_model;

static void release_model(aimc_context *ctx, void *owned, const void *params)
{
    user_model *m = owned;
    const aimci_user_params *p = params;
    if (p && p->user.release)
        p->user.release(p->user.user);
    if (!m)
        return;
    aimci_free(ctx, m->name);
    for (int k = 0; k < AIMC_USER_PARAMETERS; k++)
        aimci_free(ctx, m->parameter_names[k]);
    aimci_free(ctx, m);
}

static aimc_status no_memory(void)
{
    return aimci_fail(AIMC_ERR_NOMEM, "device_create_user: no memory");
}

static aimc_status make_model(aimc_context *ctx, const aimc_user_device *u, user_model **out)
{
    static const aimci_device_kernels *const kernels[AIMCI_N_ISA] = AIMCI_LIST_VARIANTS(user);
    user_model *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return no_memory();
    bool enough = (m->name = aimci_strdup(ctx, u->name)) != NULL;
    m->kind = (aimci_kind){.name = m->name,
                           .category = "device",
                           .doc = "device of the caller",
                           .source = "the caller",
                           .size = sizeof(aimci_user_params)};
    m->model = (aimci_device_ops){
        .kind = &m->kind, .pulsed = true, .is_user = true, .mean_step = mean_step};
    memcpy(m->model.kernels, kernels, sizeof kernels);
    for (uint32_t k = 0; k < u->n_parameters; k++) {
        m->parameter_names[k] = aimci_strdup(ctx, u->parameter_names[k]);
        enough = enough && m->parameter_names[k];
        m->model.own_parameters[k] = m->parameter_names[k];
    }
    if (!enough) {
        release_model(ctx, m, NULL);
        return no_memory();
    }
    *out = m;
    return AIMC_OK;
}

/* Numbers that a device of its own cannot have. */
static aimc_status check_numbers(const aimc_user_device *u)
{
    if (!(u->granularity > 0 && u->granularity <= AIMCI_HUGE))
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create_user: granularity = %g; above 0, at most %g is needed",
                          u->granularity, (double)AIMCI_HUGE);
    if (!(u->w_min <= 0 && u->w_max >= 0 && u->w_min < u->w_max && u->w_min >= -AIMCI_HUGE &&
          u->w_max <= AIMCI_HUGE))
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create_user: w_min = %g, w_max = %g; w_min <= 0 <= w_max, finite "
                          "and different, are needed",
                          u->w_min, u->w_max);
    return AIMC_OK;
}

/* Tensors of a tile, and in its files, have one name each. */
static bool is_taken(const char *name)
{
    bool taken = strcmp(name, "weights") == 0 || strcmp(name, "streams") == 0;
    for (int k = 0; k < AIMCI_N_NAMED_PARAMETERS; k++)
        taken = taken ||
                (aimci_cell_parameters[k].name && strcmp(name, aimci_cell_parameters[k].name) == 0);
    return taken;
}

static aimc_status check_names(const aimc_user_device *u)
{
    for (uint32_t k = 0; k < u->n_parameters; k++) {
        const char *name = u->parameter_names[k];
        bool good = name && name[0] && strlen(name) < 64 && !is_taken(name);
        for (uint32_t i = 0; good && i < k; i++)
            good = strcmp(name, u->parameter_names[i]) != 0;
        if (!good)
            return aimci_fail(AIMC_ERR_INVALID,
                              "device_create_user: parameter_names[%u] = '%s'; a name of its own, "
                              "of 1 to 63 characters, is needed",
                              k, name ? name : "NULL");
    }
    return AIMC_OK;
}

static aimc_status check(const aimc_user_device *u)
{
    if (!u->pulse || !u->name || !u->name[0])
        return aimci_fail(AIMC_ERR_INVALID, "device_create_user: %s is %s",
                          u->pulse ? "name" : "pulse", u->pulse ? "NULL or empty" : "NULL");
    if (u->n_parameters > AIMC_USER_PARAMETERS)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_create_user: n_parameters = %u; at most %d are allowed",
                          u->n_parameters, AIMC_USER_PARAMETERS);
    const aimc_status st = check_numbers(u);
    return st ? st : check_names(u);
}

static aimc_status make_device(aimc_context *ctx, const aimc_user_device *user, aimc_device **out)
{
    user_model *m = NULL;
    aimc_config *config = NULL;
    aimc_status st = make_model(ctx, user, &m);
    if (st)
        return st;
    const aimci_named named = {&m->kind, NULL};
    st = aimci_config_make(ctx, named, &config);
    if (!st) {
        aimci_user_params *p = config->values;
        p->base =
            (aimci_pulsed){.dw_min = user->granularity, .w_max = user->w_max, .w_min = user->w_min};
        p->user = *user;
        p->user.name = m->name;
        for (uint32_t k = 0; k < user->n_parameters; k++)
            p->user.parameter_names[k] = m->parameter_names[k];
        st = aimci_device_make(ctx, &m->model, config, out);
    }
    if (st) {
        release_model(ctx, m, NULL);
        return st;
    }
    (*out)->owned = m;
    (*out)->release = release_model;
    return AIMC_OK;
}

aimc_status aimc_device_create_user(aimc_context *ctx, const aimc_user_device *user,
                                    aimc_device **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "device_create_user: out is NULL");
    *out = NULL;
    if (!ctx || !user)
        return aimci_fail(AIMC_ERR_INVALID, "device_create_user: %s is NULL", ctx ? "user" : "ctx");
    aimc_user_device u;
    aimc_status st = aimci_struct_in("device_create_user", user, &u, sizeof u);
    if (!st)
        st = check(&u);
    return st ? st : make_device(ctx, &u, out);
}
