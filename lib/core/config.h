/* SPDX-License-Identifier: MIT */
/* Self-describing configurations: one table of fields per kind maps names onto a plain C
 * struct. */
#ifndef AIMCI_CONFIG_H
#define AIMCI_CONFIG_H

#include <aimc/config.h>

#include "core/core.h"

#define AIMCI_LIST_MAX      64
#define AIMCI_LONG_LIST_MAX 4096

typedef struct aimci_list {
    size_t n;
    double v[AIMCI_LIST_MAX];
} aimci_list;

typedef struct aimci_long_list {
    size_t n;
    double v[AIMCI_LONG_LIST_MAX];
} aimci_long_list;

/* The numbers of a list, whichever of the two it is. */
static inline double *aimci_list_numbers(void *list)
{
    return (double *)(void *)((char *)list + offsetof(aimci_list, v));
}

/* One field. Its value lies at offset in the kind's struct: NUMBER double, INTEGER int64_t, FLAG
 * bool, CHOICE int32_t, LIST aimci_list or, of more numbers, aimci_long_list. A CONFIG has no value
 * there; offset is its index among the children. A LIST starts as the one number def, or empty when
 * that is 0; min and max hold for each of its numbers. */
typedef struct aimci_field {
    const char *name;
    aimc_field_type type;
    size_t offset;
    double def, min, max;
    const char *unit;
    const char *choices; /* CHOICE: "A|B"; CONFIG: category of what may stand there */
    const char *kind;    /* CONFIG: the default kind */
    const char *doc;
    const char *source;
    size_t most; /* LIST: numbers at most; 0: AIMCI_LIST_MAX */
} aimci_field;

static inline size_t aimci_field_most(const aimci_field *f)
{
    return f->most ? f->most : AIMCI_LIST_MAX;
}

#define AIMCI_NUMBER(type, field, def, min, max, unit, doc, source)                                \
    {                                                                                              \
#field, AIMC_FIELD_NUMBER, offsetof(type, field), def, min, max, unit, "", "", doc,        \
            source, 0                                                                              \
    }
#define AIMCI_INTEGER(type, field, def, min, max, unit, doc, source)                               \
    {                                                                                              \
#field, AIMC_FIELD_INTEGER, offsetof(type, field), def, min, max, unit, "", "", doc,       \
            source, 0                                                                              \
    }
#define AIMCI_FLAG(type, field, def, doc, source)                                                  \
    {                                                                                              \
#field, AIMC_FIELD_FLAG, offsetof(type, field), def, 0, 1, "1", "", "", doc, source, 0     \
    }
#define AIMCI_CHOICE(type, field, def, last, words, doc, source)                                   \
    {                                                                                              \
#field, AIMC_FIELD_CHOICE, offsetof(type, field), def, 0, last, "1", words, "", doc,       \
            source, 0                                                                              \
    }
#define AIMCI_NUMBERS(type, field, def, min, max, unit, doc, source)                               \
    {                                                                                              \
#field, AIMC_FIELD_LIST, offsetof(type, field), def, min, max, unit, "", "", doc, source,  \
            0                                                                                      \
    }
#define AIMCI_LONG_NUMBERS(type, field, def, min, max, unit, doc, source)                          \
    {                                                                                              \
#field, AIMC_FIELD_LIST, offsetof(type, field), def, min, max, unit, "", "", doc, source,  \
            AIMCI_LONG_LIST_MAX                                                                    \
    }
#define AIMCI_CHILD(name, index, category, kind, doc, source)                                      \
    {                                                                                              \
        name, AIMC_FIELD_CONFIG, index, 0, 0, 0, "1", category, kind, doc, source, 0               \
    }

/* A kind of configuration. One kind may extend another: its values struct begins with the other's,
 * and its first children are the other's, so that it can stand wherever the other is asked for. */
typedef struct aimci_kind {
    const char *name;
    const char *category;
    const char *doc;
    const char *source;
    const aimci_field *fields;
    size_t n_fields;
    size_t size; /* of the values struct */
    size_t n_children;
    const struct aimci_kind *extends; /* NULL: none */
    bool tacit; /* numbers alone, and documents say nothing of it while all have their defaults */
    /* Contradictions between fields, told at creation of the object; may be NULL. */
    aimc_status (*check)(const void *values);
} aimci_kind;

/* Define a kind: its name, category, one line of meaning, source, table of fields, the struct that
 * holds their values, and the members that are left (.n_children, .extends, .tacit, .check). */
#define AIMCI_DEFINE_KIND(id, group, meaning, origin, table, type, ...)                            \
    const aimci_kind aimci_kind_##id = {.name = #id,                                               \
                                        .category = group,                                         \
                                        .doc = meaning,                                            \
                                        .source = origin,                                          \
                                        .fields = table,                                           \
                                        .n_fields = sizeof table / sizeof table[0],                \
                                        .size = sizeof(type),                                      \
                                        __VA_ARGS__}

#define AIMCI_KIND(name) extern const aimci_kind aimci_kind_##name;
#include "kinds.def"

/* A kind, and the table of operations that the objects of its category are made of; NULL: none. The
 * type of the table follows from the category. */
typedef struct aimci_registration {
    const aimci_kind *kind;
    const void *ops;
} aimci_registration;

/* All kinds, in the order they are listed: the composition root lib/kinds.c. */
extern const aimci_registration aimci_registry[];
extern const size_t aimci_n_registered;

/* The operations of a kind of this category; NULL: it is of another one. */
const void *aimci_ops_of(const aimci_kind *kind, const char *category);

typedef struct aimci_evidence aimci_evidence; /* evidence.h */

/* A preset document, generated from lib/presets by embed.py. */
typedef struct aimci_preset {
    const char *name, *kind, *category, *doc, *source, *aliases;
    const char *assumed; /* "a|b": parameters that nobody measured */
    const char *json;    /* the parameters, an object without "kind" */
} aimci_preset;
extern const aimci_preset aimci_presets[];
extern const size_t aimci_n_presets;

struct aimc_config {
    aimc_context *ctx;
    const aimci_kind *kind;
    void *values;
    unsigned char *set; /* per field: set by the caller, not a default or a preset's value */
    aimc_config **children;
    aimci_evidence **evidence;  /* per field, what its number rests on; NULL: of none */
    const aimci_preset *preset; /* whose values it began with, or NULL */
};

/* What a name means: a kind, and the preset of it or NULL. */
typedef struct aimci_named {
    const aimci_kind *kind;
    const aimci_preset *preset;
} aimci_named;
aimc_status aimci_find_kind(const char *caller, const char *name, aimci_named *out);

/* Is name one of "A|B|C"? */
bool aimci_among(const char *words, const char *name);

/* AIMC_OK when cfg is NULL or of this kind; else a sentence that says what it is. */
aimc_status aimci_config_expect(const char *caller, const aimc_config *cfg, const aimci_kind *kind);

/* AIMC_ERR_INVALID: name is of another category than what is asked for; the sentence says what
 * would do. */
aimc_status aimci_wrong_category(const char *caller, const char *name, const aimci_kind *kind,
                                 const char *wanted);

/* The part of cfg that the kind which it extends has, as a configuration of that kind. */
aimc_status aimci_config_narrow(const aimc_config *cfg, const aimci_kind *kind, aimc_config **out);

/* A configuration's values when it is of this kind, else NULL. cfg NULL: NULL. */
const void *aimci_config_values(const aimc_config *cfg, const aimci_kind *kind);

/* Copy a configuration's values when it is of this kind, else the kind's defaults. */
void aimci_config_read(const aimc_config *cfg, const aimci_kind *kind, void *values);

/* Nested configuration by field name; NULL when there is no such field. */
const aimc_config *aimci_config_child(const aimc_config *cfg, const char *name);

/* Defaults of a kind into its values struct. */
void aimci_kind_defaults(const aimci_kind *kind, void *values);

/* Make a configuration of a kind with its defaults, or of a preset. */
aimc_status aimci_config_make(aimc_context *ctx, aimci_named named, aimc_config **out);

/* What creation functions take: a name, overrides of it, or either alone. The caller owns the
 * result. */
aimc_status aimci_config_resolve(aimc_context *ctx, const char *caller, const char *name,
                                 const aimc_config *overrides, aimc_config **out);

/* A field by its (undotted) name, or NULL. */
const aimci_field *aimci_kind_field(const aimci_kind *kind, const char *name);

/* Where a field's value lies, and a value put there unchecked. */
void *aimci_field_at(void *values, const aimci_field *field);
void aimci_field_put(void *values, const aimci_field *field, double v);

/* "a number", "a list" ... */
const char *aimci_field_type_name(aimc_field_type type);

/* Store a value in a field after checking type and range; path is what the caller wrote, for the
 * sentence. */
aimc_status aimci_field_store(aimc_config *cfg, const aimci_field *field, const char *path,
                              double v);
aimc_status aimci_field_store_word(aimc_config *cfg, const aimci_field *field, const char *path,
                                   const char *word);
aimc_status aimci_field_store_list(aimc_config *cfg, const aimci_field *field, const char *path,
                                   const double *v, size_t n);
double aimci_field_load(const aimc_config *cfg, const aimci_field *field);

/* The word at an index of "A|B|C" into buf (which is always terminated); false when index is out of
 * range. */
bool aimci_choice_word(const char *choices, long index, char *buf, size_t size);

/* Replace a nested configuration by one of another kind or preset of the field's category. */
aimc_status aimci_config_replace_child(aimc_config *cfg, const aimci_field *field, const char *path,
                                       const char *kind);

/* A copy of a configuration in the place of a nested one, of the field's category. */
aimc_status aimci_config_set_child(aimc_config *cfg, const char *field, const aimc_config *child);

/* Another kind in the place of cfg, at path, drops fields that were set one by one: say so. */
void aimci_config_warn_of_loss(const aimc_config *cfg, const char *path, const char *kind);

/* Follow a dotted name: the configuration that holds the field, and the field. */
aimc_status aimci_config_find(const char *caller, aimc_config *cfg, const char *path,
                              aimc_config **holder, const aimci_field **field);

/* The same where nothing is changed. */
aimc_status aimci_config_look(const char *caller, const aimc_config *cfg, const char *path,
                              const aimc_config **holder, const aimci_field **field);

/* Value of a field as JSON text. */
void aimci_field_emit(const aimc_config *cfg, const aimci_field *field, aimci_text *text);

/* Set a field from a JSON value in text (numbers, true, "word", [1, 2], {...}). */
aimc_status aimci_field_parse(aimc_config *cfg, const aimci_field *field, const char *path,
                              const char *text);
/* A configuration from its own JSON, {"kind": "soft_bounds", ...}; of this category ("device"). */
aimc_status aimci_config_from_json(aimc_context *ctx, const char *category, const char *json,
                                   aimc_config **out);
aimc_status aimci_config_merge_json(aimc_config *cfg, const char *json, bool mark_set);

/* Best match of a name among candidates: keeps the nearest so far. */
typedef struct aimci_nearest {
    const char *name;
    size_t distance;
} aimci_nearest;
void aimci_nearest_try(aimci_nearest *nearest, const char *wanted, const char *candidate);
/* "; did you mean 'x'?" or "" */
void aimci_nearest_hint(const aimci_nearest *nearest, const char *wanted, char *buf, size_t size);

#endif
