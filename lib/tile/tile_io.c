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
    if (!st && t->state.algorithm) {
        snprintf(key, sizeof key, "%salgorithm", prefix);
        st = aimci_st_put_text(writer, key, t->state.algorithm);
    }
    return st;
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
        st = aimci_periphery_put(t->forward, writer, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sbackward.", prefix);
        st = aimci_periphery_put(t->backward, writer, name);
    }
    if (!st) {
        const size_t n = (sizeof t->counters - 8) / sizeof(uint64_t);
        uint64_t counters[(sizeof t->counters - 8) / sizeof(uint64_t) + 1] = {t->seed};
        memcpy(counters + 1, &t->counters.pulses_up, n * sizeof(uint64_t));
        snprintf(name, sizeof name, "%scounters", prefix);
        st = aimci_st_put(writer, name, AIMCI_U64, 0, n + 1, n + 1, counters);
    }
    if (!st && t->state.put) {
        snprintf(name, sizeof name, "%soptimizer.", prefix);
        st = t->state.put(t->state.owner, writer, name);
    }
    if (!st && t->program.put) {
        snprintf(name, sizeof name, "%sprogram.", prefix);
        st = t->program.put(t->program.owner, writer, name);
    }
    return st;
}

/* A file's content, to be written and destroyed. */
static aimc_status describe_file(const aimc_tile *t, aimci_st_writer **writer)
{
    aimc_status st = aimci_st_writer_create(t->ctx, writer);
    if (!st)
        st = aimci_st_put_text(*writer, "aimc.format", AIMCI_FILE_FORMAT);
    if (!st)
        st = aimci_st_put_text(*writer, "aimc.content", "tile");
    return st ? st : aimci_tile_put(t, *writer, "");
}

aimc_status aimc_tile_save(const aimc_tile *t, const char *path)
{
    if (!t || !path)
        return aimci_fail(AIMC_ERR_INVALID, "tile_save: %s is NULL", t ? "path" : "tile");
    aimci_st_writer *writer = NULL;
    aimc_status st = describe_file(t, &writer);
    if (!st)
        st = aimci_st_write(writer, path);
    aimci_st_writer_destroy(writer);
    return st ? aimci_fail_within(st, "tile_save: ") : AIMC_OK;
}

aimc_status aimc_tile_save_bytes(const aimc_tile *t, void *bytes, size_t size, size_t *n)
{
    if (!t || !n || (!bytes && size > 0))
        return aimci_fail(AIMC_ERR_INVALID, "tile_save_bytes: NULL argument");
    aimci_st_writer *writer = NULL;
    aimc_status st = describe_file(t, &writer);
    if (!st)
        st = aimci_st_write_bytes(writer, bytes, size, n);
    aimci_st_writer_destroy(writer);
    if (st)
        return aimci_fail_within(st, "tile_save_bytes: ");
    return size == 0 || size >= *n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE, "tile_save_bytes: %zu bytes; %zu are needed", size, *n);
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

/* A kind's name is at the start of its own JSON: {"kind": "soft_bounds", ... */
static aimc_status config_from_json(aimc_context *ctx, const char *json, const char *category,
                                    aimc_config **out)
{
    aimc_config *layer = NULL;
    aimc_status st = aimc_config_new(ctx, "layer", &layer);
    /* the field of a layer that takes this category does the work of making the right kind */
    if (!st)
        st = aimc_config_set_text(layer, category, json);
    if (!st)
        st = aimc_config_copy(aimci_config_child(layer, category), out);
    aimc_config_destroy(layer);
    return st == AIMC_ERR_INVALID ? aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ") : st;
}

static aimc_status make_device(aimc_context *ctx, const aimci_st_reader *reader, const char *prefix,
                               aimc_device **out)
{
    const char *json;
    aimc_config *config = NULL;
    aimc_status st = get_text(reader, prefix, "device", &json);
    if (!st)
        st = config_from_json(ctx, json, "device", &config);
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
    st = aimc_config_new(ctx, "tile", &config);
    if (!st)
        st = aimc_config_parse(config, json);
    if (st == AIMC_ERR_INVALID)
        st = aimci_fail_within(AIMC_ERR_FORMAT, "configuration: ");
    if (!st)
        st = make_device(ctx, reader, prefix, &device);
    if (!st)
        st = aimci_tile_create(device, n_out, n_in, config, 0, out);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    return st;
}

static aimc_status restore_counters(aimc_tile *t, const aimci_st_reader *reader, const char *prefix)
{
    char name[160];
    enum { n = (sizeof t->counters - 8) / sizeof(uint64_t) };
    uint64_t counters[n + 1];
    snprintf(name, sizeof name, "%scounters", prefix);
    const aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, n + 1, n + 1, counters);
    if (st)
        return st;
    t->seed = counters[0];
    memcpy(&t->counters.pulses_up, counters + 1, n * sizeof(uint64_t));
    return AIMC_OK;
}

/* The optimizer's state waits in the tile until its algorithm is bound again. */
static aimc_status keep_optimizer_state(aimc_tile *t, aimci_st_reader *reader, const char *prefix)
{
    char key[160];
    snprintf(key, sizeof key, "%salgorithm", prefix);
    const char *algorithm = aimci_st_text(reader, key);
    if (!algorithm)
        return AIMC_OK;
    t->saved_algorithm = aimci_strdup(t->ctx, algorithm);
    if (!t->saved_algorithm)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    t->saved = aimci_st_reader_ref(reader);
    snprintf(t->saved_prefix, sizeof t->saved_prefix, "%soptimizer.", prefix);
    return AIMC_OK;
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
        st = aimci_periphery_restore(t->forward, reader, name);
    }
    if (!st) {
        snprintf(name, sizeof name, "%sbackward.", prefix);
        st = aimci_periphery_restore(t->backward, reader, name);
    }
    if (!st)
        st = restore_counters(t, reader, prefix);
    if (!st)
        st = keep_optimizer_state(t, reader, prefix);
    if (!st) {
        snprintf(name, sizeof name, "%sprogram.", prefix);
        st = aimci_tile_restore_program(t, reader, name);
    }
    if (st) {
        aimc_tile_destroy(t);
        return st;
    }
    *out = t;
    return AIMC_OK;
}

/* Is it ours, and does it hold that? source: how it is called. A reader that is not is given up. */
static aimc_status check_content(const char *source, const char *content, aimci_st_reader **reader)
{
    aimc_status st = AIMC_OK;
    const char *format = aimci_st_text(*reader, "aimc.format");
    const char *found = aimci_st_text(*reader, "aimc.content");
    if (!format || strcmp(format, AIMCI_FILE_FORMAT) != 0)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s: %s", source,
                        format ? "written by a newer libaimc" : "not written by libaimc");
    else if (!found || strcmp(found, content) != 0)
        st = aimci_fail(AIMC_ERR_FORMAT, "%s holds a %s, not a %s", source, found ? found : "?",
                        content);
    if (st) {
        aimci_st_reader_destroy(*reader);
        *reader = NULL;
    }
    return st;
}

aimc_status aimci_open_file(aimc_context *ctx, const char *path, const char *content,
                            aimci_st_reader **out)
{
    const aimc_status st = aimci_st_read(ctx, path, out);
    return st ? st : check_content(path, content, out);
}

aimc_status aimc_tile_load(aimc_context *ctx, const char *path, aimc_tile **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load: out is NULL");
    *out = NULL;
    if (!ctx || !path)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load: %s is NULL", ctx ? "path" : "ctx");
    aimci_st_reader *reader = NULL;
    aimc_status st = aimci_open_file(ctx, path, "tile", &reader);
    if (!st)
        st = aimci_tile_restore(ctx, reader, "", out);
    aimci_st_reader_destroy(reader);
    return st ? aimci_fail_within(st, "tile_load: ") : AIMC_OK;
}

aimc_status aimc_tile_load_bytes(aimc_context *ctx, const void *bytes, size_t size, aimc_tile **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load_bytes: out is NULL");
    *out = NULL;
    if (!ctx || !bytes)
        return aimci_fail(AIMC_ERR_INVALID, "tile_load_bytes: %s is NULL", ctx ? "bytes" : "ctx");
    aimci_st_reader *reader = NULL;
    aimc_status st = aimci_st_parse(ctx, bytes, size, &reader);
    if (!st)
        st = check_content("memory", "tile", &reader);
    if (!st)
        st = aimci_tile_restore(ctx, reader, "", out);
    aimci_st_reader_destroy(reader);
    return st ? aimci_fail_within(st, "tile_load_bytes: ") : AIMC_OK;
}
