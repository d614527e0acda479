/* SPDX-License-Identifier: MIT */
/* Made by tests/abi/settle.py; do not edit. The public headers in one, without comments. */
#ifndef AIMC_STATUS_H
#define AIMC_STATUS_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
#define AIMC_BEGIN_DECLS extern "C" {
#define AIMC_END_DECLS   }
#else
#define AIMC_BEGIN_DECLS
#define AIMC_END_DECLS
#endif
#if defined(__GNUC__)
#define AIMC_API __attribute__((visibility("default")))
#else
#define AIMC_API
#endif
#define AIMC_VERSION_MAJOR      0
#define AIMC_VERSION_MINOR      1
#define AIMC_VERSION_PATCH      0
#define AIMC_ABI_VERSION        0
#define AIMC_RNG_STREAM_VERSION 4
AIMC_BEGIN_DECLS
typedef enum aimc_status {
    AIMC_OK = 0,
    AIMC_ERR_INVALID = -1,
    AIMC_ERR_UNSUPPORTED = -2,
    AIMC_ERR_NOMEM = -3,
    AIMC_ERR_ABI = -4,
    AIMC_ERR_SHAPE = -5,
    AIMC_ERR_STATE = -6,
    AIMC_ERR_IO = -7,
    AIMC_ERR_FORMAT = -8,
    AIMC_ERR_INTERNAL = -9
} aimc_status;
AIMC_API const char *aimc_status_get_text(aimc_status status);
AIMC_API const char *aimc_get_last_error(void);
AIMC_API const char *aimc_get_version(void);
AIMC_API uint32_t aimc_get_abi_version(void);
AIMC_END_DECLS
#endif
#ifndef AIMC_CONTEXT_H
#define AIMC_CONTEXT_H
AIMC_BEGIN_DECLS
typedef struct aimc_context aimc_context;
typedef enum aimc_log_level {
    AIMC_LOG_ERROR = 0,
    AIMC_LOG_WARNING = 1,
    AIMC_LOG_INFO = 2
} aimc_log_level;
typedef struct aimc_allocator {
    void *user;
    void *(*alloc)(void *user, size_t size, size_t align);
    void (*free)(void *user, void *ptr);
} aimc_allocator;
typedef struct aimc_logger {
    void *user;
    void (*log)(void *user, aimc_log_level level, const char *text);
} aimc_logger;
typedef struct aimc_executor {
    void *user;
    void (*run)(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg);
} aimc_executor;
typedef enum aimc_cpu {
    AIMC_CPU_C = 1u << 0,
    AIMC_CPU_AVX2 = 1u << 1,
    AIMC_CPU_AVX512 = 1u << 2,
    AIMC_CPU_NEON = 1u << 3
} aimc_cpu;
#define AIMC_FLAG_DETERMINISTIC 1u
#define AIMC_FLAG_UNCOUNTED     2u
typedef struct aimc_context_params {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t seed;
    uint32_t n_threads;
    uint32_t cpu_mask;
    aimc_allocator allocator;
    aimc_logger logger;
    aimc_executor executor;
} aimc_context_params;
#ifdef __cplusplus
#define AIMC_CONTEXT_PARAMS_INIT aimc_context_params_make(sizeof(aimc_context_params))
#else
#define AIMC_CONTEXT_PARAMS_INIT                                                                   \
    {                                                                                              \
        .struct_size = (uint32_t)sizeof(aimc_context_params)                                       \
    }
#endif
AIMC_API void aimc_context_params_init(aimc_context_params *params, size_t size);
#ifdef __cplusplus
static inline aimc_context_params aimc_context_params_make(size_t size)
{
    aimc_context_params p;
    aimc_context_params_init(&p, size);
    return p;
}
#endif
AIMC_API aimc_status aimc_context_create(const aimc_context_params *params, aimc_context **out);
AIMC_API void aimc_context_destroy(aimc_context *ctx);
AIMC_API uint32_t aimc_context_get_threads(const aimc_context *ctx);
AIMC_API uint32_t aimc_context_get_cpu(const aimc_context *ctx);
AIMC_API size_t aimc_context_describe(const aimc_context *ctx, char *buf, size_t size);
AIMC_END_DECLS
#endif
#ifndef AIMC_CONFIG_H
#define AIMC_CONFIG_H
AIMC_BEGIN_DECLS
typedef struct aimc_config aimc_config;
typedef enum aimc_field_type {
    AIMC_FIELD_NUMBER = 0,
    AIMC_FIELD_INTEGER = 1,
    AIMC_FIELD_FLAG = 2,
    AIMC_FIELD_CHOICE = 3,
    AIMC_FIELD_LIST = 4,
    AIMC_FIELD_CONFIG = 5
} aimc_field_type;
typedef struct aimc_field_info {
    uint32_t struct_size;
    int32_t type;
    const char *name;
    const char *unit;
    const char *doc;
    const char *source;
    const char *choices;
    double default_value;
    double min;
    double max;
} aimc_field_info;
typedef struct aimc_preset_info {
    uint32_t struct_size;
    int32_t is_preset;
    const char *name;
    const char *category;
    const char *kind;
    const char *doc;
    const char *source;
    const char *aliases;
} aimc_preset_info;
AIMC_API aimc_status aimc_config_create(aimc_context *ctx, const char *name, aimc_config **out);
AIMC_API aimc_status aimc_config_copy(const aimc_config *cfg, aimc_config **out);
AIMC_API void aimc_config_destroy(aimc_config *cfg);
AIMC_API const char *aimc_config_get_kind(const aimc_config *cfg);
AIMC_API aimc_status aimc_config_set(aimc_config *cfg, const char *name, double value);
AIMC_API aimc_status aimc_config_set_text(aimc_config *cfg, const char *name, const char *text);
AIMC_API aimc_status aimc_config_set_list(aimc_config *cfg, const char *name, const double *values,
                                          size_t n);
AIMC_API aimc_status aimc_config_get(const aimc_config *cfg, const char *name, double *value);
AIMC_API aimc_status aimc_config_get_text(const aimc_config *cfg, const char *name, char *buf,
                                          size_t size, size_t *length);
AIMC_API const aimc_config *aimc_config_get_nested(const aimc_config *cfg, const char *name);
AIMC_API size_t aimc_config_count_fields(const aimc_config *cfg);
AIMC_API aimc_status aimc_config_get_field(const aimc_config *cfg, size_t i, aimc_field_info *info);
AIMC_API aimc_status aimc_config_parse(aimc_config *cfg, const char *json);
AIMC_API aimc_status aimc_config_load(aimc_config *cfg, const char *path);
AIMC_API aimc_status aimc_config_load_table(aimc_config *cfg, const char *path);
AIMC_API size_t aimc_config_to_json(const aimc_config *cfg, char *buf, size_t size);
AIMC_API size_t aimc_preset_count(void);
AIMC_API aimc_status aimc_preset_get(size_t i, aimc_preset_info *info);
AIMC_API aimc_status aimc_preset_find(const char *name, size_t *i);
AIMC_END_DECLS
#endif
#ifndef AIMC_TABLE_H
#define AIMC_TABLE_H
AIMC_BEGIN_DECLS
typedef struct aimc_table aimc_table;
typedef struct aimc_table_params {
    uint32_t struct_size;
    const char *columns;
    const char *delimiter;
    const char *decimal;
} aimc_table_params;
AIMC_API aimc_status aimc_table_read(aimc_context *ctx, const char *path,
                                     const aimc_table_params *params, aimc_table **out);
AIMC_API void aimc_table_destroy(aimc_table *table);
AIMC_API size_t aimc_table_count_rows(const aimc_table *table);
AIMC_API size_t aimc_table_count_columns(const aimc_table *table);
AIMC_API const char *aimc_table_get_name(const aimc_table *table, size_t column);
AIMC_API aimc_status aimc_table_get_values(const aimc_table *table, double *values, size_t ld);
AIMC_API aimc_status aimc_config_set_table(aimc_config *cfg, const aimc_table *table);
AIMC_END_DECLS
#endif
#ifndef AIMC_EXTRAPOLATION_H
#define AIMC_EXTRAPOLATION_H
AIMC_BEGIN_DECLS
typedef struct aimc_extrapolation {
    uint32_t struct_size;
    uint32_t reserved;
    const char *constant;
    const char *variable;
    const char *unit;
    const char *source;
    double value;
    double first;
    double last;
} aimc_extrapolation;
AIMC_END_DECLS
#endif
#ifndef AIMC_DEVICE_H
#define AIMC_DEVICE_H
AIMC_BEGIN_DECLS
typedef struct aimc_device aimc_device;
typedef struct aimc_device_info {
    uint32_t struct_size;
    int32_t is_ideal;
    double granularity;
    double num_states;
    double step_up_at_0;
    double step_down_at_0;
    double symmetry_point;
    double w_min;
    double w_max;
} aimc_device_info;
AIMC_API aimc_status aimc_device_create(aimc_context *ctx, const char *name,
                                        const aimc_config *overrides, aimc_device **out);
#define AIMC_USER_PARAMETERS 4
#define AIMC_USER_CELLS      32
#define AIMC_USER_NORMALS    8
#define AIMC_USER_UNIFORMS   2
typedef struct aimc_user_cells {
    uint32_t struct_size;
    uint32_t n_parameters;
    uint64_t n;
    float *w;
    float *w_max;
    float *w_min;
    float *parameters[AIMC_USER_PARAMETERS];
    const int32_t *direction;
    const float *normals[AIMC_USER_NORMALS];
    const float *uniforms[AIMC_USER_UNIFORMS];
} aimc_user_cells;
typedef struct aimc_user_device {
    uint32_t struct_size;
    uint32_t n_parameters;
    const char *name;
    const char *parameter_names[AIMC_USER_PARAMETERS];
    void *user;
    double granularity;
    double w_min;
    double w_max;
    void (*populate)(void *user, const aimc_user_cells *cells);
    void (*pulse)(void *user, const aimc_user_cells *cells);
    void (*release)(void *user);
} aimc_user_device;
AIMC_API aimc_status aimc_device_create_user(aimc_context *ctx, const aimc_user_device *user,
                                             aimc_device **out);
AIMC_API aimc_device *aimc_device_ref(aimc_device *device);
AIMC_API void aimc_device_unref(aimc_device *device);
AIMC_API aimc_status aimc_device_get_info(const aimc_device *device, aimc_device_info *info);
AIMC_API aimc_status aimc_device_get_config(const aimc_device *device, aimc_config **out);
#define AIMC_FIT_PARAMETERS 8
typedef struct aimc_fit_result {
    uint32_t struct_size;
    uint32_t n_parameters;
    const char *model;
    const char *name[AIMC_FIT_PARAMETERS];
    double value[AIMC_FIT_PARAMETERS];
    double low[AIMC_FIT_PARAMETERS];
    double high[AIMC_FIT_PARAMETERS];
    double w_start;
    double residual;
    double aic;
    uint64_t n_points;
} aimc_fit_result;
AIMC_API aimc_status aimc_device_fit(aimc_context *ctx, const char *model, size_t n_sweeps,
                                     size_t n_pulses, const float *w, size_t ld_w,
                                     aimc_config **config, aimc_fit_result *result);
AIMC_API const char *aimc_device_get_model(const aimc_device *device);
AIMC_END_DECLS
#endif
#ifndef AIMC_CONVERTER_H
#define AIMC_CONVERTER_H
AIMC_BEGIN_DECLS
typedef struct aimc_converter aimc_converter;
AIMC_API aimc_status aimc_converter_create(aimc_context *ctx, const aimc_config *config,
                                           aimc_converter **out);
AIMC_API void aimc_converter_destroy(aimc_converter *converter);
AIMC_API aimc_status aimc_converter_quantize(aimc_converter *converter, size_t n, const float *x,
                                             float *y);
AIMC_API aimc_status aimc_converter_encode(aimc_converter *converter, size_t n, const float *x,
                                           int32_t *codes);
AIMC_API aimc_status aimc_converter_decode(const aimc_converter *converter, size_t n,
                                           const int32_t *codes, float *x);
AIMC_API int32_t aimc_converter_get_max_code(const aimc_converter *converter);
AIMC_API int32_t aimc_converter_get_min_code(const aimc_converter *converter);
AIMC_API double aimc_converter_get_step(const aimc_converter *converter);
typedef struct aimc_linearity {
    uint32_t struct_size;
    uint32_t n_codes;
    uint32_t missing_codes;
    uint32_t reserved;
    double max_dnl;
    double max_inl;
    double gain;
    double offset;
} aimc_linearity;
AIMC_API aimc_status aimc_converter_get_linearity(const aimc_converter *converter, size_t channel,
                                                  aimc_linearity *linearity, double *dnl,
                                                  double *inl);
typedef enum aimc_range_method {
    AIMC_RANGE_MAX = 0,
    AIMC_RANGE_QUANTILE = 1,
    AIMC_RANGE_DEVIATION = 2,
    AIMC_RANGE_LEAST_ERROR = 3,
    AIMC_RANGE_MEAN_SQUARE = 4,
    AIMC_RANGE_ENTROPY = 5
} aimc_range_method;
AIMC_API aimc_status aimc_converter_find_range(aimc_context *ctx, aimc_range_method method,
                                               double parameter, size_t n_rows, size_t n_cols,
                                               const float *x, size_t ld_x, double *bound);
AIMC_END_DECLS
#endif
#ifndef AIMC_TILE_H
#define AIMC_TILE_H
AIMC_BEGIN_DECLS
typedef struct aimc_tile aimc_tile;
#define AIMC_ACTIVITY_ONE 65536
typedef struct aimc_counters {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t pulses_up;
    uint64_t pulses_down;
    uint64_t updates;
    uint64_t pulse_slots;
    uint64_t forward_vectors;
    uint64_t forward_passes;
    uint64_t backward_vectors;
    uint64_t backward_passes;
    uint64_t dac_conversions;
    uint64_t adc_conversions;
    uint64_t clipped_outputs;
    uint64_t weight_writes;
    uint64_t accumulations;
    uint64_t gradient_macs;
    uint64_t program_pulses;
    uint64_t verify_reads;
    uint64_t activity_reads;
    uint64_t input_activity;
    uint64_t input_activity_squared;
    uint64_t conductance_activity;
    uint64_t conductance_activity_squared;
    uint64_t devices;
} aimc_counters;
AIMC_API aimc_status aimc_tile_create(const aimc_device *device, size_t n_out, size_t n_in,
                                      const aimc_config *config, aimc_tile **out);
AIMC_API void aimc_tile_destroy(aimc_tile *tile);
AIMC_API size_t aimc_tile_get_n_out(const aimc_tile *tile);
AIMC_API size_t aimc_tile_get_n_in(const aimc_tile *tile);
AIMC_API aimc_status aimc_tile_set_weights(aimc_tile *tile, const float *w, size_t ld_w);
AIMC_API aimc_status aimc_tile_get_weights(const aimc_tile *tile, float *w, size_t ld_w);
AIMC_API size_t aimc_tile_count_parameters(const aimc_tile *tile);
AIMC_API const char *aimc_tile_get_parameter_name(const aimc_tile *tile, size_t i);
AIMC_API aimc_status aimc_tile_get_parameter(const aimc_tile *tile, const char *name, float *value,
                                             size_t ld);
AIMC_API aimc_status aimc_tile_set_parameter(aimc_tile *tile, const char *name, const float *value,
                                             size_t ld);
AIMC_API aimc_status aimc_tile_forward(aimc_tile *tile, size_t n_batch, const float *x, size_t ld_x,
                                       float *y, size_t ld_y);
AIMC_API aimc_status aimc_tile_backward(aimc_tile *tile, size_t n_batch, const float *d,
                                        size_t ld_d, float *z, size_t ld_z);
AIMC_API aimc_status aimc_tile_pulse(aimc_tile *tile, const int32_t *counts, size_t ld);
AIMC_API aimc_status aimc_tile_find_symmetry_point(const aimc_tile *tile, uint32_t n_pairs,
                                                   float *value, size_t ld);
AIMC_API aimc_status aimc_tile_shift_symmetry_point(aimc_tile *tile, uint32_t n_pairs);
AIMC_API aimc_status aimc_tile_decay(aimc_tile *tile, double alpha);
AIMC_API aimc_status aimc_tile_diffuse(aimc_tile *tile);
AIMC_API aimc_status aimc_tile_drift_trained(aimc_tile *tile, double dt);
AIMC_API aimc_status aimc_tile_reset(aimc_tile *tile, size_t first_in, size_t n, double prob);
AIMC_API aimc_status aimc_tile_get_counters(const aimc_tile *tile, aimc_counters *counters);
AIMC_API aimc_status aimc_tile_count_activity(aimc_tile *tile, int on);
AIMC_API void aimc_tile_clear_counters(aimc_tile *tile);
AIMC_API aimc_status aimc_tile_save(const aimc_tile *tile, const char *path);
AIMC_API aimc_status aimc_tile_load(aimc_context *ctx, const char *path, aimc_tile **out);
AIMC_API aimc_status aimc_tile_save_bytes(const aimc_tile *tile, void *bytes, size_t size,
                                          size_t *n);
AIMC_API aimc_status aimc_tile_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                          aimc_tile **out);
AIMC_API size_t aimc_tile_describe(const aimc_tile *tile, char *buf, size_t size);
AIMC_END_DECLS
#endif
#ifndef AIMC_PERIPHERY_H
#define AIMC_PERIPHERY_H
AIMC_BEGIN_DECLS
typedef enum aimc_direction { AIMC_FORWARD = 0, AIMC_BACKWARD = 1 } aimc_direction;
typedef struct aimc_stages {
    uint32_t struct_size;
    uint32_t cycle;
    uint32_t n_cycles;
    uint32_t n_passes;
    double alpha;
    double reduction;
    float *prepared;
    float *current;
    float *noisy;
    int32_t *code;
    float *result;
} aimc_stages;
typedef struct aimc_readout_info {
    uint32_t struct_size;
    uint32_t n_cycles;
    int32_t has_dac;
    int32_t has_adc;
} aimc_readout_info;
AIMC_API aimc_status aimc_tile_get_readout(const aimc_tile *tile, aimc_direction direction,
                                           aimc_readout_info *info);
AIMC_API size_t aimc_tile_count_output_ranges(const aimc_tile *tile, aimc_direction direction);
AIMC_API aimc_status aimc_tile_get_output_ranges(const aimc_tile *tile, aimc_direction direction,
                                                 double *ranges, size_t n);
AIMC_API aimc_status aimc_tile_set_output_ranges(aimc_tile *tile, aimc_direction direction,
                                                 const double *ranges, size_t n);
AIMC_API aimc_status aimc_tile_inspect(aimc_tile *tile, aimc_direction direction, const float *x,
                                       aimc_stages *stages);
AIMC_API aimc_status aimc_tile_write_spice(const aimc_tile *tile, aimc_direction direction,
                                           const float *z, const char *path);
AIMC_API size_t aimc_tile_count_fixed_errors(const aimc_tile *tile, aimc_direction direction);
AIMC_API const char *aimc_tile_get_fixed_error_name(const aimc_tile *tile, aimc_direction direction,
                                                    size_t i);
AIMC_API aimc_status aimc_tile_get_fixed_error(const aimc_tile *tile, aimc_direction direction,
                                               const char *name, float *value, size_t n);
AIMC_API aimc_status aimc_tile_set_fixed_error(aimc_tile *tile, aimc_direction direction,
                                               const char *name, const float *value, size_t n);
AIMC_END_DECLS
#endif
#ifndef AIMC_OPTIMIZER_H
#define AIMC_OPTIMIZER_H
AIMC_BEGIN_DECLS
typedef struct aimc_optimizer aimc_optimizer;
AIMC_API aimc_status aimc_optimizer_create(aimc_tile *tile, const char *algorithm,
                                           const aimc_config *config, aimc_optimizer **out);
AIMC_API aimc_status aimc_optimizer_suggest_config(const aimc_device *device, const char *algorithm,
                                                   aimc_config **out);
AIMC_API void aimc_optimizer_destroy(aimc_optimizer *optimizer);
AIMC_API aimc_status aimc_optimizer_step(aimc_optimizer *optimizer, size_t n_batch, const float *x,
                                         size_t ld_x, const float *d, size_t ld_d, double lr);
typedef struct aimc_optimizer_stats {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t transfers;
    uint64_t reads;
    uint64_t crossings;
    uint64_t clipped;
    uint64_t fast_up;
    uint64_t fast_down;
    uint64_t slow_up;
    uint64_t slow_down;
} aimc_optimizer_stats;
AIMC_API aimc_status aimc_optimizer_get_stats(const aimc_optimizer *optimizer,
                                              aimc_optimizer_stats *stats);
typedef struct aimc_optimizer_step_info {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t step;
    uint64_t n_vectors;
    double lr;
    uint64_t pulses_up;
    uint64_t pulses_down;
    uint64_t transfers;
    uint64_t reads;
    uint64_t crossings;
    uint64_t clipped;
} aimc_optimizer_step_info;
typedef void (*aimc_optimizer_watch_fn)(void *user, const aimc_optimizer *optimizer,
                                        const aimc_optimizer_step_info *info);
AIMC_API aimc_status aimc_optimizer_watch(aimc_optimizer *optimizer, aimc_optimizer_watch_fn watch,
                                          void *user);
AIMC_API size_t aimc_optimizer_count_matrices(const aimc_optimizer *optimizer);
AIMC_API size_t aimc_optimizer_get_matrix_name(const aimc_optimizer *optimizer, size_t i, char *buf,
                                               size_t size);
AIMC_API aimc_status aimc_optimizer_get_matrix(const aimc_optimizer *optimizer, const char *name,
                                               float *value, size_t ld);
AIMC_API const char *aimc_optimizer_get_algorithm(const aimc_optimizer *optimizer);
AIMC_END_DECLS
#endif
#ifndef AIMC_MATRIX_H
#define AIMC_MATRIX_H
AIMC_BEGIN_DECLS
typedef struct aimc_matrix aimc_matrix;
AIMC_API aimc_status aimc_matrix_create(const aimc_device *device, size_t n_out, size_t n_in,
                                        const aimc_config *config, aimc_matrix **out);
AIMC_API void aimc_matrix_destroy(aimc_matrix *matrix);
AIMC_API size_t aimc_matrix_get_n_out(const aimc_matrix *matrix);
AIMC_API size_t aimc_matrix_get_n_in(const aimc_matrix *matrix);
AIMC_API size_t aimc_matrix_count_tiles(const aimc_matrix *matrix);
AIMC_API aimc_tile *aimc_matrix_get_tile(aimc_matrix *matrix, size_t k, size_t *first_out,
                                         size_t *first_in);
AIMC_API aimc_optimizer *aimc_matrix_get_optimizer(aimc_matrix *matrix, size_t k);
AIMC_API aimc_status aimc_matrix_set_weights(aimc_matrix *matrix, const float *w, size_t ld_w);
AIMC_API aimc_status aimc_matrix_get_weights(const aimc_matrix *matrix, float *w, size_t ld_w);
AIMC_API aimc_status aimc_matrix_forward(aimc_matrix *matrix, size_t n_batch, const float *x,
                                         size_t ld_x, float *y, size_t ld_y);
AIMC_API aimc_status aimc_matrix_backward(aimc_matrix *matrix, size_t n_batch, const float *d,
                                          size_t ld_d, float *z, size_t ld_z);
AIMC_API aimc_status aimc_matrix_step(aimc_matrix *matrix, size_t n_batch, const float *x,
                                      size_t ld_x, const float *d, size_t ld_d, double lr);
AIMC_API aimc_status aimc_matrix_get_counters(const aimc_matrix *matrix, aimc_counters *counters);
AIMC_API aimc_status aimc_matrix_save(const aimc_matrix *matrix, const char *path);
AIMC_API aimc_status aimc_matrix_load(aimc_context *ctx, const char *path, aimc_matrix **out);
AIMC_API aimc_status aimc_matrix_save_bytes(const aimc_matrix *matrix, void *bytes, size_t size,
                                            size_t *n);
AIMC_API aimc_status aimc_matrix_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                            aimc_matrix **out);
AIMC_API size_t aimc_matrix_describe(const aimc_matrix *matrix, char *buf, size_t size);
AIMC_END_DECLS
#endif
#ifndef AIMC_INFERENCE_H
#define AIMC_INFERENCE_H
AIMC_BEGIN_DECLS
typedef struct aimc_noise_model aimc_noise_model;
typedef struct aimc_noise_model_info {
    uint32_t struct_size;
    uint32_t reserved;
    double g_min_us;
    double g_max_us;
    double first_time_s;
    double last_time_s;
} aimc_noise_model_info;
AIMC_API aimc_status aimc_noise_model_create(aimc_context *ctx, const char *name,
                                             const aimc_config *overrides, aimc_noise_model **out);
AIMC_API void aimc_noise_model_destroy(aimc_noise_model *model);
AIMC_API aimc_status aimc_noise_model_get_info(const aimc_noise_model *model,
                                               aimc_noise_model_info *info);
AIMC_API const char *aimc_noise_model_get_kind(const aimc_noise_model *model);
AIMC_API size_t aimc_noise_model_count_extrapolations(const aimc_noise_model *model, double t_s);
AIMC_API aimc_status aimc_noise_model_get_extrapolation(const aimc_noise_model *model, double t_s,
                                                        size_t i,
                                                        aimc_extrapolation *extrapolation);
AIMC_API aimc_status aimc_noise_table_load(aimc_config *cfg, const char *path);
AIMC_API aimc_status aimc_noise_table_set(aimc_config *cfg, const aimc_table *table);
typedef struct aimc_population aimc_population;
AIMC_API aimc_status aimc_population_create(aimc_noise_model *model, size_t n, uint64_t seed,
                                            aimc_population **out);
AIMC_API void aimc_population_destroy(aimc_population *cells);
AIMC_API aimc_status aimc_population_program(aimc_population *cells, const float *g_target_us);
AIMC_API aimc_status aimc_population_read(aimc_population *cells, double t_s, float *g_us);
AIMC_API aimc_status aimc_population_get(const aimc_population *cells, const char *what,
                                         float *value);
typedef struct aimc_inference_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t n_weights;
    uint64_t n_devices;
    uint64_t n_faulty;
    uint64_t pulses;
    uint64_t verify_reads;
    uint64_t iterations;
    uint64_t unconverged;
    double write_time_s;
    double t_s;
    double weight_error;
    double gain_mean;
    double gain_min;
    double gain_max;
    uint64_t extrapolated;
} aimc_inference_report;
AIMC_API aimc_status aimc_tile_program(aimc_tile *tile, const aimc_config *config,
                                       aimc_inference_report *report);
AIMC_API aimc_status aimc_tile_drift_programmed(aimc_tile *tile, double t_s,
                                                aimc_inference_report *report);
AIMC_API aimc_status aimc_tile_compensate(aimc_tile *tile, size_t n, const float *x, size_t ld_x,
                                          aimc_inference_report *report);
AIMC_API aimc_status aimc_tile_unprogram(aimc_tile *tile);
typedef struct aimc_conductance_info {
    uint32_t struct_size;
    uint32_t n_devices;
    uint32_t has_shared;
    uint32_t is_given;
    uint64_t n_conductances;
    double g_min_us;
    double g_max_us;
    double most_us;
} aimc_conductance_info;
AIMC_API aimc_status aimc_tile_get_conductance_info(const aimc_tile *tile,
                                                    aimc_conductance_info *info);
AIMC_API aimc_status aimc_tile_get_conductances(const aimc_tile *tile, float *g_us, size_t n);
AIMC_API aimc_status aimc_tile_set_conductances(aimc_tile *tile, const float *g_us, size_t n);
AIMC_API aimc_status aimc_matrix_program(aimc_matrix *matrix, const aimc_config *config,
                                         aimc_inference_report *report);
AIMC_API aimc_status aimc_matrix_drift_programmed(aimc_matrix *matrix, double t_s,
                                                  aimc_inference_report *report);
AIMC_API aimc_status aimc_matrix_compensate(aimc_matrix *matrix, size_t n, const float *x,
                                            size_t ld_x, aimc_inference_report *report);
AIMC_API aimc_status aimc_matrix_unprogram(aimc_matrix *matrix);
AIMC_API aimc_status aimc_tile_write(aimc_tile *tile, const float *w, size_t ld_w,
                                     const aimc_config *config, aimc_inference_report *report);
AIMC_API aimc_status aimc_noise_model_optimize_programming(aimc_noise_model *model, size_t n,
                                                           const float *w,
                                                           const aimc_config *config,
                                                           aimc_config **encoding,
                                                           double *loss_pair, double *loss);
typedef struct aimc_storage_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t codes;
    uint64_t flips;
    uint64_t corrected;
    uint64_t detected;
    uint64_t wrong;
    double bit_error_rate;
    double bits_per_bit;
} aimc_storage_report;
AIMC_API aimc_status aimc_matrix_modify(aimc_matrix *matrix);
AIMC_API aimc_status aimc_matrix_unmodify(aimc_matrix *matrix);
AIMC_API aimc_status aimc_matrix_differentiate(aimc_matrix *matrix, size_t n_batch, const float *x,
                                               size_t ld_x, const float *d, size_t ld_d, float *z,
                                               size_t ld_z);
AIMC_API double aimc_matrix_get_input_range(const aimc_matrix *matrix);
AIMC_API aimc_status aimc_matrix_set_input_range(aimc_matrix *matrix, double range);
AIMC_API aimc_status aimc_matrix_watch_inputs(aimc_matrix *matrix, const aimc_config *config);
AIMC_API aimc_status aimc_matrix_take_input_range(aimc_matrix *matrix);
AIMC_API aimc_status aimc_matrix_watch_outputs(aimc_matrix *matrix, const aimc_config *config);
AIMC_API aimc_status aimc_matrix_take_output_ranges(aimc_matrix *matrix);
AIMC_END_DECLS
#endif
#ifndef AIMC_NETWORK_H
#define AIMC_NETWORK_H
AIMC_BEGIN_DECLS
typedef struct aimc_network aimc_network;
typedef uint32_t aimc_value;
typedef enum aimc_activation { AIMC_TANH = 1, AIMC_RELU = 2, AIMC_SIGMOID = 3 } aimc_activation;
typedef struct aimc_network_info {
    uint32_t struct_size;
    uint32_t n_layers;
    uint64_t n_in;
    uint64_t n_out;
    uint64_t n_parameters;
    uint64_t n_analog;
    uint64_t n_tiles;
    uint64_t n_batches;
    uint64_t n_samples;
} aimc_network_info;
AIMC_API aimc_status aimc_network_create(aimc_context *ctx, aimc_network **out);
AIMC_API void aimc_network_destroy(aimc_network *net);
AIMC_API aimc_status aimc_network_add_input(aimc_network *net, const char *name,
                                            const size_t *shape, size_t n_dims, aimc_value *out);
AIMC_API aimc_status aimc_network_add(aimc_network *net, const char *op, const aimc_config *config,
                                      size_t n_inputs, const aimc_value *inputs, aimc_value *out);
AIMC_API aimc_status aimc_network_add_named(aimc_network *net, const char *name, const char *op,
                                            const aimc_config *config, size_t n_inputs,
                                            const aimc_value *inputs, aimc_value *out);
AIMC_API aimc_status aimc_network_set_name(aimc_network *net, aimc_value value, const char *name);
AIMC_API aimc_status aimc_network_add_output(aimc_network *net, aimc_value value);
AIMC_API size_t aimc_network_count_inputs(const aimc_network *net);
AIMC_API size_t aimc_network_count_outputs(const aimc_network *net);
AIMC_API aimc_status aimc_network_get_input(const aimc_network *net, size_t k, aimc_value *value);
AIMC_API aimc_status aimc_network_get_output(const aimc_network *net, size_t k, aimc_value *value);
AIMC_API aimc_status aimc_network_get_shape(const aimc_network *net, aimc_value value,
                                            size_t *shape, size_t *n_dims);
AIMC_API aimc_status aimc_network_add_linear(aimc_network *net, size_t n_out, size_t n_in,
                                             const aimc_config *config);
AIMC_API aimc_status aimc_network_add_activation(aimc_network *net, aimc_activation activation);
AIMC_API aimc_status aimc_network_create_from_json(aimc_context *ctx, const char *json,
                                                   aimc_network **out);
AIMC_API size_t aimc_network_to_json(const aimc_network *net, char *buf, size_t size);
AIMC_API aimc_status aimc_network_set_loss(aimc_network *net, const aimc_config *loss);
AIMC_API aimc_status aimc_network_set_loss_weights(aimc_network *net, size_t n,
                                                   const double *weights);
AIMC_API int aimc_network_get_class_axis(const aimc_network *net);
AIMC_API aimc_status aimc_network_set_optimizer(aimc_network *net, const aimc_config *optimizer);
AIMC_API aimc_status aimc_schedule_get_rate(const aimc_config *schedule, double lr, uint64_t step,
                                            double *rate);
AIMC_API aimc_status aimc_network_train_batch(aimc_network *net, size_t n, const float *x,
                                              const uint32_t *labels, double lr, float *loss);
AIMC_API aimc_status aimc_network_train_targets(aimc_network *net, size_t n, const float *x,
                                                const float *targets, double lr, float *loss);
AIMC_API aimc_status aimc_network_forward(aimc_network *net, size_t n, const float *x, float *y);
AIMC_API aimc_status aimc_network_backward(aimc_network *net, size_t n, const float *dy, float *dx);
AIMC_API aimc_status aimc_network_run_forward(aimc_network *net, size_t n, const float *const *x,
                                              float *const *y);
AIMC_API aimc_status aimc_network_run_backward(aimc_network *net, size_t n, const float *const *dy,
                                               float *const *dx);
AIMC_API aimc_status aimc_network_want_input_gradients(aimc_network *net, int on);
AIMC_API aimc_status aimc_network_step(aimc_network *net, double lr);
AIMC_API aimc_status aimc_network_zero_gradients(aimc_network *net);
AIMC_API aimc_status aimc_network_run(aimc_network *net, size_t n, const float *const *x,
                                      float *const *y);
AIMC_API aimc_status aimc_network_predict(aimc_network *net, size_t n, const float *x,
                                          float *logits);
#define AIMC_NETWORK_BATCH 256
AIMC_API aimc_status aimc_network_evaluate(aimc_network *net, size_t n, const float *x,
                                           const uint32_t *labels, double *accuracy);
AIMC_API aimc_status aimc_network_evaluate_repeat(aimc_network *net, size_t n, const float *x,
                                                  const uint32_t *labels, size_t repeat,
                                                  double *mean, double *std_error);
AIMC_API aimc_status aimc_network_set_note(aimc_network *net, const char *note);
AIMC_API const char *aimc_network_get_note(const aimc_network *net);
AIMC_API aimc_status aimc_network_get_matrix_shape(const aimc_network *net, size_t k, size_t *n_out,
                                                   size_t *n_in);
AIMC_API aimc_matrix *aimc_network_get_matrix(aimc_network *net, size_t k);
AIMC_API size_t aimc_network_count_matrices(const aimc_network *net);
AIMC_API aimc_status aimc_network_get_info(const aimc_network *net, aimc_network_info *info);
typedef struct aimc_layer_info {
    uint32_t struct_size;
    uint32_t is_analog;
    const char *op;
    uint64_t n_out;
    uint64_t n_in;
    uint64_t n_parameters;
    uint64_t n_tiles;
    const char *name;
    uint64_t n_matrices;
    uint64_t n_macs;
    uint32_t input;
    uint32_t output;
} aimc_layer_info;
AIMC_API aimc_status aimc_network_get_layer(const aimc_network *net, size_t k,
                                            aimc_layer_info *info);
AIMC_API aimc_status aimc_network_get_counters(const aimc_network *net, aimc_counters *counters);
typedef enum aimc_quantity {
    AIMC_QUANTITY_INPUT = 0,
    AIMC_QUANTITY_OUTPUT = 1,
    AIMC_QUANTITY_WEIGHT = 2,
    AIMC_QUANTITY_CONDUCTANCE = 3
} aimc_quantity;
AIMC_API aimc_status aimc_network_get_histograms(aimc_network *net, aimc_quantity what, size_t n,
                                                 const float *const *x, size_t n_bins, double *low,
                                                 double *high, uint64_t *counts);
AIMC_API size_t aimc_network_describe(const aimc_network *net, char *buf, size_t size);
AIMC_END_DECLS
#endif
#ifndef AIMC_NETWORK_STATE_H
#define AIMC_NETWORK_STATE_H
AIMC_BEGIN_DECLS
AIMC_API aimc_status aimc_network_get_weights(const aimc_network *net, size_t k, float *w,
                                              float *b);
AIMC_API aimc_status aimc_network_set_weights(aimc_network *net, size_t k, const float *w,
                                              const float *b);
typedef struct aimc_tensor_info {
    uint32_t struct_size;
    uint32_t n_dims;
    uint64_t shape[6];
    uint64_t size;
    uint32_t is_analog;
    uint32_t is_trained;
    char name[160];
} aimc_tensor_info;
AIMC_API size_t aimc_network_count_tensors(const aimc_network *net);
AIMC_API aimc_status aimc_network_get_tensor_info(const aimc_network *net, size_t k,
                                                  aimc_tensor_info *info);
AIMC_API aimc_status aimc_network_get_tensor(const aimc_network *net, const char *name, size_t n,
                                             float *values);
AIMC_API aimc_status aimc_network_get_gradient(const aimc_network *net, const char *name, size_t n,
                                               float *values);
AIMC_API aimc_status aimc_network_set_tensor(aimc_network *net, const char *name, size_t n,
                                             const float *values);
AIMC_API aimc_status aimc_network_load_weights(aimc_network *net, const char *path);
AIMC_API aimc_status aimc_network_save(const aimc_network *net, const char *path);
AIMC_API aimc_status aimc_network_load(aimc_context *ctx, const char *path, aimc_network **out);
AIMC_API aimc_status aimc_network_open(aimc_context *ctx, const char *path, const char *json,
                                       aimc_network **out);
AIMC_API aimc_status aimc_network_save_bytes(const aimc_network *net, void *bytes, size_t size,
                                             size_t *n);
AIMC_API aimc_status aimc_network_load_bytes(aimc_context *ctx, const void *bytes, size_t size,
                                             aimc_network **out);
AIMC_END_DECLS
#endif
#ifndef AIMC_NETWORK_LIFE_H
#define AIMC_NETWORK_LIFE_H
AIMC_BEGIN_DECLS
AIMC_API aimc_status aimc_network_fold(aimc_network *net, size_t *n_folded);
AIMC_API aimc_status aimc_network_convert(aimc_network *net, const char *patterns,
                                          const aimc_config *config);
AIMC_API aimc_status aimc_network_convert_to_analog(aimc_network *net, const aimc_config *config);
AIMC_API aimc_status aimc_network_program(aimc_network *net, const aimc_config *config,
                                          aimc_inference_report *report);
AIMC_API aimc_status aimc_network_drift_programmed(aimc_network *net, double t_s,
                                                   aimc_inference_report *report);
AIMC_API aimc_status aimc_network_compensate(aimc_network *net, size_t n, const float *x,
                                             aimc_inference_report *report);
AIMC_API aimc_status aimc_network_save_conductances(const aimc_network *net, const char *folder,
                                                    const char *format);
AIMC_API aimc_status aimc_network_load_conductances(aimc_network *net, const char *folder);
AIMC_API aimc_status aimc_network_unprogram(aimc_network *net);
AIMC_API aimc_status aimc_network_calibrate(aimc_network *net, size_t n, const float *x,
                                            const aimc_config *config);
AIMC_API aimc_status aimc_network_store(aimc_network *net, const aimc_config *config,
                                        aimc_storage_report *report);
AIMC_END_DECLS
#endif
#ifndef AIMC_ENERGY_H
#define AIMC_ENERGY_H
AIMC_BEGIN_DECLS
typedef struct aimc_cost_model aimc_cost_model;
AIMC_API aimc_status aimc_cost_model_create(aimc_context *ctx, const char *name,
                                            const aimc_config *config, aimc_cost_model **out);
AIMC_API void aimc_cost_model_destroy(aimc_cost_model *model);
typedef struct aimc_converter_cost {
    uint32_t struct_size;
    int32_t below_floor;
    double energy_j;
    double time_s;
    double area_m2;
    double floor_j;
} aimc_converter_cost;
AIMC_API aimc_status aimc_cost_model_get_adc(const aimc_cost_model *model,
                                             aimc_converter_cost *cost);
AIMC_API aimc_status aimc_cost_model_get_dac(const aimc_cost_model *model,
                                             aimc_converter_cost *cost);
AIMC_API aimc_status aimc_cost_model_get_pulse(const aimc_cost_model *model, double g_s, double v,
                                               double t_s, double *energy_j);
AIMC_API double aimc_cost_model_get_schottky_beta(const aimc_cost_model *model);
AIMC_API aimc_status aimc_cost_model_get_activity(const aimc_cost_model *model, size_t n_out,
                                                  size_t n_in, const float *g, size_t ld_g,
                                                  size_t n_batch, const float *x, size_t ld_x,
                                                  double *active_conductance_s);
typedef struct aimc_cost_events {
    uint32_t struct_size;
    uint32_t reserved;
    double macs;
    double reads;
    double active_conductance_s;
    double rows_charged;
    double columns_charged;
    double read_steps;
    double dac_conversions;
    double adc_conversions;
    double adc_steps;
    double digital_adds;
    double buffer_bytes;
    double moved_bits;
    double dram_bytes;
    double pulses_up;
    double pulses_down;
    double write_steps;
    double accumulations;
    double gradient_macs;
    double verify_reads;
    double tiles;
    double cells;
    double dacs;
    double accumulators;
    double devices;
} aimc_cost_events;
typedef enum aimc_cost_part {
    AIMC_COST_ARRAY = 0,
    AIMC_COST_LINES = 1,
    AIMC_COST_DAC = 2,
    AIMC_COST_ADC = 3,
    AIMC_COST_DIGITAL = 4,
    AIMC_COST_BUFFER = 5,
    AIMC_COST_INTERCONNECT = 6,
    AIMC_COST_WRITE_UP = 7,
    AIMC_COST_WRITE_DOWN = 8,
    AIMC_COST_ACCUMULATOR = 9,
    AIMC_COST_VERIFY = 10,
    AIMC_COST_GRADIENT = 11,
    AIMC_COST_DRAM = 12,
    AIMC_COST_LEAKAGE = 13,
    AIMC_COST_PARTS = 14
} aimc_cost_part;
typedef struct aimc_cost_item {
    const char *name;
    double count;
    double unit_j;
    double energy_j;
    double time_s;
    double area_m2;
} aimc_cost_item;
typedef struct aimc_cost_report {
    uint32_t struct_size;
    int32_t adc_below_floor;
    aimc_cost_item parts[AIMC_COST_PARTS];
    double energy_j;
    double time_s;
    double area_m2;
    double j_per_mac;
    double ops_per_j;
    double ops_per_s_m2;
    double co2_kg;
    double pulses_per_device;
    double endurance_used;
    double endurance;
    double devices;
} aimc_cost_report;
typedef struct aimc_cost_shape {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t n_out;
    uint64_t n_in;
    uint64_t tiles_out;
    uint64_t tiles_in;
} aimc_cost_shape;
AIMC_API aimc_status aimc_cost_model_add_counters(const aimc_cost_model *model,
                                                  const aimc_counters *counters,
                                                  const aimc_cost_shape *shape,
                                                  aimc_cost_events *events);
AIMC_API aimc_status aimc_cost_model_account(const aimc_cost_model *model,
                                             const aimc_cost_events *events,
                                             aimc_cost_report *report);
AIMC_API const char *aimc_cost_model_get_assumption(const aimc_cost_model *model, size_t i);
AIMC_API size_t aimc_cost_model_count_extrapolations(const aimc_cost_model *model);
AIMC_API aimc_status aimc_cost_model_get_extrapolation(const aimc_cost_model *model, size_t i,
                                                       aimc_extrapolation *extrapolation);
typedef struct aimc_cost_baseline {
    uint32_t struct_size;
    int32_t assumed;
    const char *name;
    const char *source;
    double j_per_mac;
} aimc_cost_baseline;
AIMC_API aimc_status aimc_cost_baseline_get(size_t i, aimc_cost_baseline *baseline);
AIMC_API double aimc_cost_get_voltage_for_saving(double v0, double saving);
typedef enum aimc_memory_code {
    AIMC_CODE_NONE = 0,
    AIMC_CODE_PARITY = 1,
    AIMC_CODE_SECDED = 2,
    AIMC_CODE_TMR = 3
} aimc_memory_code;
typedef struct aimc_cost_supply {
    uint32_t struct_size;
    uint32_t reserved;
    double v0;
    double energy;
    double delay;
    double bits_per_bit;
    double bit_error_rate;
    double uncorrected;
    double unnoticed;
} aimc_cost_supply;
AIMC_API aimc_status aimc_cost_model_get_at_supply(const aimc_cost_model *model, double v,
                                                   aimc_memory_code code, aimc_cost_supply *supply);
AIMC_API double aimc_cost_model_get_bit_error_rate(const aimc_cost_model *model, double v);
AIMC_END_DECLS
#endif
