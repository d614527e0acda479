/* SPDX-License-Identifier: MIT */
#ifndef AIMC_CONFIG_H
#define AIMC_CONFIG_H
/**
 * @file config.h
 * Self-describing parameters: named, typed fields with unit, range, default, meaning and source;
 * JSON in and out.
 *
 * A configuration belongs to a kind: a device model ("soft_bounds"), "periphery" (the read-out of
 * one direction), "mapping", "tile", "layer", an optimizer ("sgd"), "converter". Nested
 * configurations are reached with dots: "forward.out_noise". A preset is a named document of values
 * of one kind.
 */

#include <aimc/context.h>

AIMC_BEGIN_DECLS

/** Parameters of one object. @since 0.1 */
typedef struct aimc_config aimc_config;

/** Type of a field. @since 0.1 */
typedef enum aimc_field_type {
    AIMC_FIELD_NUMBER = 0,  /**< double */
    AIMC_FIELD_INTEGER = 1, /**< integer of at most 53 bits */
    AIMC_FIELD_FLAG = 2,    /**< false or true (0 or 1) */
    AIMC_FIELD_CHOICE = 3,  /**< one of a list of words */
    AIMC_FIELD_LIST = 4,    /**< up to 64 numbers, or 4096 where the field's meaning says so */
    AIMC_FIELD_CONFIG = 5   /**< a nested configuration */
} aimc_field_type;

/** Everything known about one field. Strings are constant. @since 0.1 */
typedef struct aimc_field_info {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t type;         /**< aimc_field_type */
    const char *name;     /**< snake_case name within its configuration */
    const char *unit;     /**< unit, "1" for pure numbers */
    const char *doc;      /**< one line of meaning */
    const char *source;   /**< paper, standard or convention the field comes from */
    const char *choices; /**< CHOICE: words separated by '|'; CONFIG: kind or "device", "optimizer";
                            else "" */
    double default_value; /**< default (CHOICE: its index; LIST: its one number, 0 when it is empty;
                             CONFIG: 0) */
    double min;           /**< smallest allowed value */
    double max;           /**< largest allowed value */
} aimc_field_info;

/** What a number rests on. @since 0.1 */
typedef enum aimc_basis {
    AIMC_BASIS_NONE = 0,      /**< the document does not say; the field names the source */
    AIMC_BASIS_PUBLISHED = 1, /**< printed in the source */
    AIMC_BASIS_DERIVED = 2,   /**< follows from what is printed there */
    AIMC_BASIS_ASSUMED = 3    /**< an order of magnitude that nobody measured for this purpose */
} aimc_basis;

/** Where the value of a number is from, and between which values it may lie. @since 0.1 */
typedef struct aimc_evidence {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t basis;        /**< aimc_basis */
    double low;           /**< smallest value that it may have; the value when nobody said */
    double high;          /**< largest value that it may have; the value when nobody said */
    const char *source;   /**< valid as long as the configuration and until the field is set */
} aimc_evidence;

/** A kind of configuration or a preset of one. Strings are constant. @since 0.1 */
typedef struct aimc_preset_info {
    uint32_t struct_size; /**< sizeof of the caller's struct */
    int32_t is_preset;    /**< 1: a preset; 0: a kind (model, algorithm, ...) with its defaults */
    const char *name;     /**< what aimc_config_create() takes */
    const char *category; /**< "device", "optimizer", "layer", "tile", "periphery", "mapping",
                             "converter", "drift" */
    const char *kind;     /**< kind of configuration it makes; equals name for a kind */
    const char *doc;      /**< one line of meaning */
    const char *source;   /**< citation */
    const char *aliases;  /**< other accepted names, separated by '|'; "" when none */
} aimc_preset_info;

/**
 * Make a configuration of a kind or from a preset.
 * @param ctx   context
 * @param name  kind ("soft_bounds"), preset ("reram_sb") or alias ("ReRamSBPresetDevice")
 * @param[out] out  the configuration; NULL on failure
 * @retval AIMC_ERR_INVALID  unknown name; the sentence offers the nearest known one
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_create(aimc_context *ctx, const char *name, aimc_config **out);

/**
 * Deep copy.
 * @param[out] out  the copy, owned by the caller; NULL on failure
 * @retval AIMC_ERR_INVALID NULL argument.
 * @retval AIMC_ERR_NOMEM no memory.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_copy(const aimc_config *cfg, aimc_config **out);

/**
 * Destroy; NULL is fine.
 * @threads one thread: no other call may use the configuration.
 * @since 0.1
 */
AIMC_API void aimc_config_destroy(aimc_config *cfg);

/**
 * Kind of the configuration, for example "soft_bounds"; "" when cfg is NULL.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API const char *aimc_config_get_kind(const aimc_config *cfg);

/**
 * Set a number, integer, flag (0 or 1) or choice (its index).
 * @param cfg    configuration; unchanged on failure
 * @param name   field, nested by dots
 * @param value  new value
 * @retval AIMC_ERR_INVALID  unknown field (the nearest one is offered), wrong type, NaN, out of
 *                           range
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_set(aimc_config *cfg, const char *name, double value);

/**
 * Set any field from text: a number, true or false, a choice, a list "[1, 0.5]", or for a nested
 * configuration the name of a kind or preset ("device", "reram_sb").
 * @param name  field, nested by dots
 * @param text  the value
 * @retval AIMC_ERR_INVALID  as aimc_config_set(), or text that is not a value of the field's type
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_set_text(aimc_config *cfg, const char *name, const char *text);

/**
 * Set a list of numbers.
 * @param name    field, nested by dots
 * @param values  [n]; copied
 * @param n       0 ... 64, or 4096 where the field's meaning says so
 * @retval AIMC_ERR_INVALID as aimc_config_set().
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_set_list(aimc_config *cfg, const char *name, const double *values,
                                          size_t n);

/**
 * Read a number, integer, flag or choice (its index).
 * @param name  field, nested by dots
 * @param[out] value  its value, in the unit of the field
 * @retval AIMC_ERR_INVALID unknown field or type.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_get(const aimc_config *cfg, const char *name, double *value);

/**
 * Read any field as text, the way aimc_config_set_text() takes it (a nested configuration: its
 * JSON).
 * @param cfg   configuration
 * @param name  field, nested by dots
 * @param buf   receives the text, always terminated when size > 0
 * @param size  bytes at buf
 * @param[out] length  length of the full text; may be NULL
 * @retval AIMC_ERR_INVALID  unknown field.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_get_text(const aimc_config *cfg, const char *name, char *buf,
                                          size_t size, size_t *length);

/**
 * A nested configuration, to look at.
 * @param name  field of type AIMC_FIELD_CONFIG, nested by dots
 * @return the configuration, owned by cfg and valid until that field is replaced; NULL when there
 * is none.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API const aimc_config *aimc_config_get_nested(const aimc_config *cfg, const char *name);

/**
 * Number of fields of the configuration, nested ones counted once.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API size_t aimc_config_count_fields(const aimc_config *cfg);

/**
 * Describe field i.
 * @param i     below aimc_config_count_fields()
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID i out of range.
 * @retval AIMC_ERR_ABI struct_size is 0.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_get_field(const aimc_config *cfg, size_t i, aimc_field_info *info);

/**
 * Evidence of a number: what the document that gave it says, or else the source of its field.
 * @param name      field, nested by dots
 * @param evidence  struct_size set by the caller; the rest is written; low and high are NaN for a
 *                  field that is not a number
 * @retval AIMC_ERR_INVALID  NULL, unknown field
 * @retval AIMC_ERR_ABI      struct_size is 0
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_get_evidence(const aimc_config *cfg, const char *name,
                                              aimc_evidence *evidence);

/**
 * Merge a JSON object: fields named there are set, others keep their value. All or nothing.
 * "kind" names the kind or preset to start from; for a nested configuration it replaces that one.
 *
 * In the place of a number there may be one with its evidence, {"value": 2e-3, "low": 1.8e-3,
 * "high": 2.2e-3, "basis": "published", "source": "Table 1"}: basis is published, derived or
 * assumed, low and high are the value where they are left out, source is at most 239 bytes. It is
 * told by aimc_config_get_evidence() and kept in aimc_config_to_json() until the field is set
 * again.
 * @param json  NUL-terminated text
 * @retval AIMC_ERR_FORMAT   not JSON, or not an object
 * @retval AIMC_ERR_INVALID  unknown field, wrong type, out of range, "kind" of another category,
 *                           a value that is not within its low ... high
 * @retval AIMC_ERR_NOMEM    no memory.
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_parse(aimc_config *cfg, const char *json);

/**
 * Merge a JSON file, or what comes through a pipe: aimc_config_parse() of its content. UTF-8; a
 * byte-order mark is left out.
 * @param path  file or pipe
 * @retval AIMC_ERR_IO cannot read it.
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_load(aimc_config *cfg, const char *path);

/**
 * Read measured steps from a table (table.h) into a configuration of kind "table_step" or
 * "measured_step". All or nothing.
 *
 * "measured_step": columns g, v, width and the changes dg, or mean, std and skew, or q05, q50 ...,
 * a row for each sample or distribution, with units in brackets (docs/models/measured-step.md).
 * Device-to-device spreads that were not set become 0, the chosen pulses those of the first row of
 * each direction; what was chosen goes to the logger of the context (AIMC_LOG_INFO).
 *
 * "table_step": two columns, called up and down or without names: the state after each pulse of one
 * sweep up, and of one sweep down, in any unit. Their whole range becomes w_min ... w_max of the
 * configuration; dw_min is the mean step at mid-range, and 33 nodes are made. A sweep with noise is
 * replaced by the nearest one that does not turn back (isotonic regression), and there are fewer
 * nodes, at least 5, four times the noise apart. Or columns step_up, step_down and, where wanted,
 * state_up, noise_up, state_down, noise_down, in the units of those fields; columns may end before
 * others.
 * @param path  as aimc_table_read() takes it, as it looks
 * @retval AIMC_ERR_INVALID  NULL, or the configuration is of another kind
 * @retval AIMC_ERR_IO       cannot read the file
 * @retval AIMC_ERR_FORMAT   text, NaN, no column, a sweep with noise above a fifth of its range,
 *                           states that turn back, too few points; units that are mixed or not
 *                           known, quantiles that fall, a distribution that is there twice, one
 *                           direction or state alone; the sentence says where
 * @retval AIMC_ERR_NOMEM    no memory
 * @threads one thread per configuration.
 * @since 0.1
 */
AIMC_API aimc_status aimc_config_load_table(aimc_config *cfg, const char *path);

/**
 * The configuration as JSON that makes it again, every field written.
 * @param buf   receives the text, always terminated when size > 0; may be NULL with size 0
 * @param size  bytes at buf
 * @return length of the full text without the terminator; 0 when cfg is NULL.
 * @threads any number of readers of one configuration.
 * @since 0.1
 */
AIMC_API size_t aimc_config_to_json(const aimc_config *cfg, char *buf, size_t size);

/** Number of kinds and presets that aimc_config_create() knows. @threads any. @since 0.1 */
AIMC_API size_t aimc_preset_count(void);

/**
 * Describe kind or preset i; kinds come first, both in a fixed order.
 * @param i     below aimc_preset_count()
 * @param info  struct_size set by the caller; the rest is written
 * @retval AIMC_ERR_INVALID i out of range.
 * @retval AIMC_ERR_ABI struct_size is 0.
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_preset_get(size_t i, aimc_preset_info *info);

/**
 * Find a kind or preset by name or alias.
 * @param name  "reram_sb", "ReRamSBPresetDevice"
 * @param[out] i  its index
 * @retval AIMC_ERR_INVALID  unknown; the sentence offers the nearest known name.
 * @threads any.
 * @since 0.1
 */
AIMC_API aimc_status aimc_preset_find(const char *name, size_t *i);

AIMC_END_DECLS

#endif
