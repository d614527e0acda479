/* SPDX-License-Identifier: MIT */
/* The document of a chip: a technology, what there is of each component and how it is arranged. */
#include "energy/chip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/evidence.h"

#define DEFINITION "definition"
#define ASSUMED    "assumed: "
#define CLASS      ASSUMED "order of magnitude, no single source"
#define SOURCE     "docs/models/energy.md"

/* ---- kinds ---------------------------------------------------------------------------------- */

static const aimci_field component_fields[] = {
    AIMCI_NUMBER(aimci_component, energy, AIMCI_BY_MODEL, -1, 1, "J",
                 "energy of one event; -1: as the model says", DEFINITION),
    AIMCI_NUMBER(aimci_component, area_um2, AIMCI_BY_MODEL, -1, 1e12, "um^2",
                 "area of one instance; -1: as the model says", DEFINITION),
    AIMCI_NUMBER(aimci_component, leakage_w, AIMCI_BY_MODEL, -1, 1e6, "W",
                 "leakage of one instance; -1: its area times leakage_w_per_mm2", DEFINITION),
};

AIMCI_DEFINE_KIND(component, "component", "what one component of a chip costs", SOURCE,
                  component_fields, aimci_component, .n_children = 0);

#define N(field, def, min, max, unit, doc, source)                                                 \
    AIMCI_NUMBER(aimci_chip_params, field, def, min, max, unit, doc, source)
#define I(field, def, min, max, unit, doc, source)                                                 \
    AIMCI_INTEGER(aimci_chip_params, field, def, min, max, unit, doc, source)

static const aimci_field chip_fields[] = {
    AIMCI_CHILD("technology", 0, "technology", "technology", "what single events cost", DEFINITION),
    I(rows, 0, 0, 65536, "rows", "word lines of an array; 0: as many as the tile has inputs",
      DEFINITION),
    I(cols, 0, 0, 65536, "columns", "bit lines of an array; 0: as many as the tile needs",
      DEFINITION),
    AIMCI_CHOICE(
        aimci_chip_params, drive, AIMCI_DRIVE_LINE, 1, "LINE|GATE",
        "what an input does: drive the line that the current comes from, or open the gates "
        "of a row",
        DEFINITION),
    N(v_word_line, 1, 0, 10, "V", "GATE: swing of a word line", CLASS),
    I(columns_per_adc, 16, 1, 65536, "columns", "columns that share an ADC", CLASS),
    AIMCI_FLAG(aimci_chip_params, overlap, 0,
               "columns are sampled, so that the ADC works while the next read settles",
               DEFINITION),
    I(value_bits, 8, 1, 64, "bits", "bits of an input value in buffers and on the bus", CLASS),
    I(output_bits, 16, 1, 64, "bits", "bits of an output value in buffers and on the bus", CLASS),
    I(accumulator_bits, 16, 1, 64, "bits", "bits of the sums beside an ADC", CLASS),
    I(arrays_per_core, 1, 1, 1 << 20, "arrays", "arrays that share a buffer and a bus", CLASS),
    N(core_buffer_kb, 8, 1e-3, 1e9, "KB", "size of the buffer of a core", CLASS),
    N(global_buffer_kb, 1024, 1e-3, 1e9, "KB", "size of the buffer of the chip", CLASS),
    N(router_hops, 0, 0, 1e6, "hops", "routers between a core and where its values come from",
      CLASS),
    N(whitespace, 0, 0, 0.99, "1", "share of the area that no component takes", CLASS),
    N(stated_vdd, 0, 0, 10, "V",
      "supply at which energies of components are stated: they go as its square; 0: they hold as "
      "they are",
      DEFINITION),
#define AIMCI_COMPONENT(name, part, instances, unit, doc)                                          \
    AIMCI_CHILD(#name, AIMCI_COMPONENT_##name + 1, "component", "component", doc, SOURCE),
#include "energy/components.def"
};

AIMCI_DEFINE_KIND(
    chip, "chip",
    "a chip: technology, array, converters and their sharing, components, memory, wires", SOURCE,
    chip_fields, aimci_chip_params, .n_children = AIMCI_COMPONENTS + 1);

const char *const aimci_component_names[AIMCI_COMPONENTS] = {
#define AIMCI_COMPONENT(name, part, instances, unit, doc) #name,
#include "energy/components.def"
};

static void read_values(const aimc_config *config, aimci_chip *chip)
{
    aimci_config_read(config, &aimci_kind_chip, &chip->c);
    aimci_config_read(aimci_config_child(config, "technology"), &aimci_kind_technology, &chip->t);
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++)
        aimci_config_read(aimci_config_child(config, aimci_component_names[k]),
                          &aimci_kind_component, &chip->parts[k]);
    if (chip->t.vdd == 0)
        chip->t.vdd = aimci_node_supply(chip->t.node_nm);
}

/* ---- what nobody knows for sure ------------------------------------------------------------- */

/* What a number that is assumed may be off by, where its document does not say. */
static const double factor_of_an_assumption = 2;

static bool is_assumed(const aimc_config *config, size_t i)
{
    const aimci_field *f = &config->kind->fields[i];
    const aimci_evidence *e = aimci_evidence_of(config, f);
    if (e)
        return e->basis == AIMC_BASIS_ASSUMED;
    const bool untouched = aimci_field_load(config, f) == f->def;
    const bool by_default = untouched && strncmp(f->source, ASSUMED, sizeof ASSUMED - 1) == 0;
    const bool by_preset = config->preset && aimci_among(config->preset->assumed, f->name);
    return (by_default || by_preset) && !config->set[i];
}

static aimci_doubt doubt_of(const aimc_config *config, size_t i, const char *prefix, size_t base)
{
    const aimci_field *f = &config->kind->fields[i];
    const aimci_evidence *e = aimci_evidence_of(config, f);
    const double value = aimci_field_load(config, f);
    aimci_doubt d = {.offset = base + f->offset, .low = value, .high = value};
    snprintf(d.name, sizeof d.name, "%s%s", prefix, f->name);
    if (e) {
        d.low = e->low;
        d.high = e->high;
        d.basis = e->basis;
    } else if (is_assumed(config, i)) {
        d.low = fmax(value / factor_of_an_assumption, f->min);
        d.high = fmin(value * factor_of_an_assumption, f->max);
        d.basis = AIMC_BASIS_ASSUMED;
    }
    return d;
}

/* Fields of one configuration, of which base is where its values lie in the chip. */
static void add_doubts(aimc_cost_model *m, const aimc_config *config, const char *prefix,
                       size_t base)
{
    for (size_t i = 0; i < config->kind->n_fields; i++) {
        if (config->kind->fields[i].type == AIMC_FIELD_CONFIG)
            continue;
        const aimci_doubt d = doubt_of(config, i, prefix, base);
        if (config->kind->fields[i].type == AIMC_FIELD_NUMBER && d.low < d.high)
            m->doubts[m->n_doubts++] = d;
    }
}

static void add_assumptions(aimc_cost_model *m, const aimc_config *config)
{
    for (size_t i = 0; i < config->kind->n_fields; i++)
        if (config->kind->fields[i].type != AIMC_FIELD_CONFIG && is_assumed(config, i))
            m->assumed[m->n_assumed++] = config->kind->fields[i].name;
}

static size_t count_fields(const aimc_cost_model *m)
{
    return aimci_kind_technology.n_fields + m->config->kind->n_fields +
           AIMCI_COMPONENTS * aimci_kind_component.n_fields;
}

static aimc_status list_doubts(aimc_cost_model *m)
{
    const aimc_config *technology = aimci_config_child(m->config, "technology");
    m->doubts = aimci_calloc(m->ctx, count_fields(m), sizeof *m->doubts);
    m->assumed = aimci_calloc(m->ctx, count_fields(m) + AIMCI_MAX_FITTED, sizeof *m->assumed);
    if (!m->doubts || !m->assumed)
        return aimci_fail(AIMC_ERR_NOMEM, "cost_model_create: no memory");
    add_doubts(m, technology, "", offsetof(aimci_chip, t));
    add_doubts(m, m->config, "", offsetof(aimci_chip, c));
    add_assumptions(m, technology);
    add_assumptions(m, m->config);
    for (size_t k = 0; k < AIMCI_COMPONENTS; k++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "%s.", aimci_component_names[k]);
        const aimc_config *component = aimci_config_child(m->config, aimci_component_names[k]);
        const size_t before = m->n_doubts;
        add_doubts(m, component, prefix, offsetof(aimci_chip, parts) + k * sizeof(aimci_component));
        for (size_t i = before; i < m->n_doubts; i++)
            if (m->doubts[i].basis == AIMC_BASIS_ASSUMED)
                m->assumed[m->n_assumed++] = m->doubts[i].name;
    }
    const size_t n = aimci_list_extrapolations(&m->chip.t, m->outside);
    for (size_t i = 0; i < n; i++)
        m->assumed[m->n_assumed++] = m->outside[i];
    return AIMC_OK;
}

/* ---- the model ------------------------------------------------------------------------------ */

bool aimci_cost_model_was_set(const aimc_cost_model *m, const char *field)
{
    const aimc_config *technology = aimci_config_child(m->config, "technology");
    const aimci_field *f = aimci_kind_field(&aimci_kind_technology, field);
    return technology->set[f - aimci_kind_technology.fields] != 0;
}

/* A technology alone is one with the chip around it that the defaults describe. */
static aimc_status as_chip(aimc_context *ctx, const aimc_config *config, aimc_config **chip)
{
    if (config->kind == &aimci_kind_chip)
        return aimc_config_copy(config, chip);
    if (config->kind != &aimci_kind_technology)
        return aimci_fail(AIMC_ERR_INVALID,
                          "cost_model_create: '%s' is not a technology and no chip; give "
                          "\"technology\" or \"chip\" or a preset of one, for example rram_32nm",
                          aimc_config_get_kind(config));
    aimc_status st = aimc_config_create(ctx, "chip", chip);
    return st ? st : aimci_config_set_child(*chip, "technology", config);
}

static aimc_status make(aimc_context *ctx, const aimc_config *config, aimc_cost_model *m)
{
    aimc_status st = as_chip(ctx, config, &m->config);
    if (st)
        return st;
    read_values(m->config, &m->chip);
    st = aimci_kind_technology.check(&m->chip.t);
    return st ? st : list_doubts(m);
}

aimc_status aimc_cost_model_create(aimc_context *ctx, const char *name, const aimc_config *config,
                                   aimc_cost_model **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "cost_model_create: ctx is NULL");
    aimc_config *ours = NULL;
    aimc_status st = aimci_config_resolve(ctx, "cost_model_create", name, config, &ours);
    if (st)
        return st;
    aimc_cost_model *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m) {
        st = aimci_fail(AIMC_ERR_NOMEM, "cost_model_create: no memory");
    } else {
        m->ctx = aimci_context_ref(ctx);
        st = make(ctx, ours, m);
    }
    aimc_config_destroy(ours);
    if (st)
        aimc_cost_model_destroy(m);
    else
        *out = m;
    return st;
}

void aimc_cost_model_destroy(aimc_cost_model *m)
{
    if (!m)
        return;
    aimc_context *ctx = m->ctx;
    aimc_config_destroy(m->config);
    aimci_free(ctx, m->doubts);
    aimci_free(ctx, m->assumed);
    aimci_free(ctx, m);
    aimci_context_unref(ctx);
}

const char *aimc_cost_model_get_assumption(const aimc_cost_model *m, size_t i)
{
    return m && i < m->n_assumed ? m->assumed[i] : NULL;
}
