/* SPDX-License-Identifier: MIT */
/* A tile's state in a safetensors file: configuration and device as JSON in the metadata, arrays as
 * tensors. */
#include <stdio.h>
#include <string.h>

#include "tile/tile.h"

/* ---- out ------------------------------------------------------------------------------------ */

aimc_status aimci_put_config(aimc_context *ctx, aimci_st_writer *writer, const char *key,
                             const aimc_config *config)
{
    const size_t n = aimc_config_to_json(config, NULL, 0) + 1;
    char *json = aimci_calloc(ctx, n, 1);
    if (!json)
        return aimci_fail(AIMC_ERR_NOMEM, "save: no memory");
    aimc_config_to_json(config, json, n);
    const aimc_status st = aimci_st_put_text(writer, key, json);
    aimci_free(ctx, json);
    return st;
}

static aimc_status put_texts(const aimc_tile *t, aimci_st_writer *writer, const char *prefix)
{
    char key[160], shape[64];
    snprintf(key, sizeof key, "%sconfig", prefix);
    aimc_status st = aimci_put_config(t->ctx, writer, key, t->config);
    if (!st) {
        snprintf(key, sizeof key, "%sdevice", prefix);
        st = aimci_put_config(t->ctx, writer, key, t->array->device->config);
    }
    if (!st) {
        snprintf(key, sizeof key, "%sshape", prefix);
        snprintf(shape, sizeof shape, "%zu %zu", t->array->n_out, t->array->n_in);
        st = aimci_st_put_text(writer, key, shape);
    }
    if (!st && t->trainer.name) {
        snprintf(key, sizeof key, "%salgorithm", prefix);
        st = aimci_st_put_text(writer, key, t->trainer.name);
    }
    return st;
}

static uint64_t version_of(const aimc_tile *t)
{
    return aimci_tile_read_array(t).version;
}

aimc_status aimci_tile_put(const aimc_tile *t, aimci_st_writer *writer, const char *prefix)
{
    char name[160];
    aimc_status st = put_texts(t, writer, prefix);
    if (!st) {
        snprintf(name, sizeof name, "%sarray.", prefix);
        st = aimci_array_put(t->array, writer, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sforward.", prefix);
        st = aimci_periphery_put(t->forward, version_of(t), writer, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sbackward.", prefix);
        st = aimci_periphery_put(t->backward, version_of(t), writer, name);
    }
    if (!st)
        st = aimci_counters_put(&t->counters, t->seed, writer, prefix);
    if (!st && t->n_programs) {
        snprintf(name, sizeof name, "%sprograms", prefix);
        st = aimci_st_put(writer, name, AIMCI_U64, 0, 1, 1, &t->n_programs);
    }
    if (!st && t->trainer.put) {
        snprintf(name, sizeof name, "%soptimizer.", prefix);
        st = t->trainer.put(t->trainer.owner, writer, name);
    }
    if (!st && t->programmed.put) {
        snprintf(name, sizeof name, "%sprogram.", prefix);
        st = t->programmed.put(t->programmed.owner, writer, name);
    }
    return st;
}

/* ---- in ------------------------------------------------------------------------------------- */

static aimc_status get_text(const aimci_st_reader *reader, const char *prefix, const char *what,
                            const char **out)
{
    char key[160];
    snprintf(key, sizeof key, "%s%s", prefix, what);
    *out = aimci_st_text(reader, key);
    return *out ? AIMC_OK : aimci_fail(AIMC_ERR_FORMAT, "metadata '%s' is missing", key);
}

static aimc_status make_device(aimc_context *ctx, const aimci_st_reader *reader, const char *prefix,
                               aimc_device **out)
{
    const char *json;
    aimc_config *config = NULL;
    aimc_status st = get_text(reader, prefix, "device", &json);
    if (!st)
        st = aimci_config_from_json(ctx, "device", json, &config);
    if (!st)
        st = aimc_device_create(ctx, NULL, config, out);
    aimc_config_destroy(config);
    return st;
}

static aimc_status make_tile(aimc_context *ctx, const aimci_st_reader *reader, const char *prefix,
                             aimc_tile **out)
{
    const char *json, *shape;
    size_t n_out = 0, n_in = 0;
    aimc_status st = get_text(reader, prefix, "shape", &shape);
    if (!st && (!aimci_parse_shape(shape, &n_out, &n_in, NULL) || !n_out || !n_in ||
                n_out > AIMCI_TILE_MAX_SIDE || n_in > AIMCI_TILE_MAX_SIDE))
        st = aimci_fail(AIMC_ERR_FORMAT, "shape '%s' is not that of a tile", shape);
    if (!st) { /* before memory is asked for: does the file hold that many weights? */
        char name[160];
        snprintf(name, sizeof name, "%sarray.weights", prefix);
        st = aimci_st_get(reader, name, AIMCI_F32, n_in, n_out, n_out, NULL);
    }
    if (!st)
        st = get_text(reader, prefix, "config", &json);
    if (st)
        return st;
    aimc_config *config = NULL;
    aimc_device *device = NULL;
    st = aimci_config_from_json(ctx, "tile", json, &config);
    if (!st)
        st = make_device(ctx, reader, prefix, &device);
    if (!st)
        st = aimci_tile_create(device, n_out, n_in, config, 0, out);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    return st;
}

static aimc_status restore_programs(aimc_tile *t, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    snprintf(name, sizeof name, "%sprograms", prefix);
    return aimci_st_has(reader, name) ? aimci_st_get_counts(reader, name, 1, 0, &t->n_programs)
                                      : AIMC_OK;
}

/* What the optimizer put waits until that is bound again, when the file may be gone. */
static aimc_status keep_saved_state(aimc_tile *t, const aimci_st_reader *reader, const char *prefix)
{
    char key[160];
    snprintf(key, sizeof key, "%salgorithm", prefix);
    const char *trainer = aimci_st_text(reader, key);
    if (!trainer)
        return AIMC_OK;
    snprintf(t->saved.prefix, sizeof t->saved.prefix, "%soptimizer.", prefix);
    t->saved.trainer = aimci_strdup(t->ctx, trainer);
    return t->saved.trainer ? aimci_st_keep(reader, t->saved.prefix, &t->saved.reader)
                            : aimci_fail(AIMC_ERR_NOMEM, "no memory");
}

void aimci_tile_forget_saved(aimc_tile *t)
{
    aimci_st_reader_destroy(t->saved.reader);
    aimci_free(t->ctx, t->saved.trainer);
    t->saved = (aimci_saved_state){0};
}

aimc_status aimci_tile_restore(aimc_context *ctx, aimci_st_reader *reader, const char *prefix,
                               aimc_tile **out)
{
    aimc_tile *t = NULL;
    char name[160];
    aimc_status st = make_tile(ctx, reader, prefix, &t);
    if (!st) {
        snprintf(name, sizeof name, "%sarray.", prefix);
        st = aimci_array_restore(t->array, reader, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sforward.", prefix);
        st = aimci_periphery_restore(t->forward, version_of(t), reader, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sbackward.", prefix);
        st = aimci_periphery_restore(t->backward, version_of(t), reader, name);
    }
    if (!st)
        st = aimci_counters_restore(&t->counters, &t->seed, reader, prefix);
    if (!st)
        st = restore_programs(t, reader, prefix);
    if (!st)
        st = keep_saved_state(t, reader, prefix);
    if (st) {
        aimc_tile_destroy(t);
        return st;
    }
    *out = t;
    return AIMC_OK;
}
