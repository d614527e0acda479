/* SPDX-License-Identifier: MIT */
/* Configurations: names, types, ranges, nesting, JSON, presets, and what is said when something is
 * wrong. */
#include "core/config.h"
#include "fail_alloc.h"
#include "test_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 0);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_config *make(const char *name)
{
    aimc_config *c = NULL;
    OK(aimc_config_create(ctx, name, &c));
    return c;
}

START_TEST(values_go_in_and_out)
{
    aimc_config *c = make("layer");
    double v;
    char text[64];
    OK(aimc_config_set(c, "forward.out_noise", 0.25));
    OK(aimc_config_get(c, "forward.out_noise", &v));
    ck_assert(v == 0.25);
    OK(aimc_config_set_text(c, "forward.noise_management", "MAX"));
    OK(aimc_config_get_text(c, "forward.noise_management", text, sizeof text, NULL));
    ck_assert_str_eq(text, "MAX");
    OK(aimc_config_set_text(c, "forward.is_perfect", "true"));
    OK(aimc_config_get(c, "forward.is_perfect", &v));
    ck_assert(v == 1);
    OK(aimc_config_set_text(c, "mapping.max_input_size", "64"));
    OK(aimc_config_get_text(c, "mapping.max_input_size", text, sizeof text, NULL));
    ck_assert_str_eq(text, "64");
    OK(aimc_config_set_text(c, "device", "soft_bounds"));
    OK(aimc_config_set_text(c, "device.dw_min", "1e-3"));
    ck_assert_str_eq(aimc_config_get_kind(aimc_config_get_nested(c, "device")), "soft_bounds");
    aimc_config_destroy(c);
}
END_TEST

START_TEST(mistakes_are_named)
{
    aimc_config *c = make("layer");
    FAILS(AIMC_ERR_INVALID, "did you mean 'forward'", aimc_config_set(c, "foward", 1));
    FAILS(AIMC_ERR_INVALID, "did you mean 'forward.out_noise'", aimc_config_set(c, "out_noise", 1));
    FAILS(AIMC_ERR_INVALID, "did you mean 'dw_min'", aimc_config_set(c, "device.dw_mim", 1));
    FAILS(AIMC_ERR_INVALID, "out of range [0,", aimc_config_set(c, "forward.out_noise", -1));
    FAILS(AIMC_ERR_INVALID, "out of range", aimc_config_set(c, "forward.out_noise", (double)NAN));
    FAILS(AIMC_ERR_INVALID, "out of range",
          aimc_config_set(c, "forward.out_noise", (double)INFINITY));
    FAILS(AIMC_ERR_INVALID, "an integer", aimc_config_set(c, "seed", 1.5));
    FAILS(AIMC_ERR_INVALID, "allowed are NONE|ABS_MAX",
          aimc_config_set_text(c, "forward.noise_management", "x"));
    FAILS(AIMC_ERR_INVALID, "not a value", aimc_config_set_text(c, "forward.out_noise", "12abc"));
    FAILS(AIMC_ERR_INVALID, "device: 'sgd' is an optimizer, not a device",
          aimc_config_set_text(c, "device", "sgd"));
    FAILS(AIMC_ERR_INVALID, "unknown name", aimc_config_set_text(c, "device", "nonsense_device"));
    FAILS(AIMC_ERR_INVALID, "not a number", aimc_config_set(c, "device", 1));
    FAILS(AIMC_ERR_INVALID, "is NULL", aimc_config_set(NULL, "x", 1));
    FAILS(AIMC_ERR_INVALID, "is NULL", aimc_config_set(c, NULL, 1));
    aimc_config *none = c;
    FAILS(AIMC_ERR_INVALID, "did you mean 'soft_bounds'",
          aimc_config_create(ctx, "soft_bonds", &none));
    ck_assert(none == NULL);
    aimc_config_destroy(c);
}
END_TEST

static char *json_of(const aimc_config *c)
{
    const size_t n = aimc_config_to_json(c, NULL, 0) + 1;
    char *text = malloc(n);
    ck_assert_uint_eq(aimc_config_to_json(c, text, n), n - 1);
    return text;
}

/* Every kind and preset: JSON makes it again, to the last bit; every field says what it is. */
START_TEST(every_kind_and_preset_survives_json)
{
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info = {.struct_size = sizeof info};
        OK(aimc_preset_get(i, &info));
        ck_assert(info.name[0] && info.doc[0] && info.source[0] && info.kind[0] &&
                  info.category[0]);
        size_t found;
        OK(aimc_preset_find(info.name, &found));
        ck_assert_uint_eq(found, i);
        aimc_config *a = make(info.name), *b = make(info.kind);
        char *json = json_of(a);
        OK(aimc_config_parse(b, json));
        char *again = json_of(b);
        ck_assert_str_eq(json, again);
        free(json);
        free(again);
        aimc_config_destroy(a);
        aimc_config_destroy(b);
    }
}
END_TEST

/* As text -0 is an integer, which has no sign: it came back as 0. */
START_TEST(minus_zero_is_zero)
{
    const double list[2] = {-0.0, 1};
    aimc_config *c = make("tiki_taka");
    double v;
    char text[64];
    OK(aimc_config_set(c, "gamma", -0.0));
    OK(aimc_config_get(c, "gamma", &v));
    ck_assert(v == 0 && !signbit(v));
    OK(aimc_config_set_list(c, "gamma_vec", list, 2));
    OK(aimc_config_get_text(c, "gamma_vec", text, sizeof text, NULL));
    ck_assert_str_eq(text, "[0, 1]");
    aimc_config_destroy(c);
}
END_TEST

START_TEST(every_field_is_documented)
{
    for (size_t k = 0; k < aimci_n_registered; k++)
        for (size_t i = 0; i < aimci_registry[k].kind->n_fields; i++) {
            const aimci_field *f = &aimci_registry[k].kind->fields[i];
            ck_assert_msg(f->name[0] && f->unit[0] && f->doc[0] && f->source[0], "%s.%s",
                          aimci_registry[k].kind->name, f->name);
            const bool empty = f->type == AIMC_FIELD_LIST && f->def == 0;
            ck_assert_msg(empty || (f->def >= f->min && f->def <= f->max),
                          "%s.%s: default out of range", aimci_registry[k].kind->name, f->name);
            char word[48];
            if (f->type == AIMC_FIELD_CHOICE) { /* as many words as the largest index says */
                ck_assert(aimci_choice_word(f->choices, (long)f->max, word, sizeof word));
                ck_assert(!aimci_choice_word(f->choices, (long)f->max + 1, word, sizeof word));
            }
            for (size_t j = 0; j < i; j++)
                ck_assert_str_ne(aimci_registry[k].kind->fields[j].name, f->name);
        }
}
END_TEST

START_TEST(merging_is_all_or_nothing)
{
    aimc_config *c = make("layer");
    char *before = json_of(c);
    FAILS(AIMC_ERR_INVALID, "unknown field 'nonsense'",
          aimc_config_parse(c, "{\"forward\": {\"out_noise\": 0.5}, \"nonsense\": 1}"));
    FAILS(AIMC_ERR_INVALID, "forward.out_noise = -1",
          aimc_config_parse(c, "{\"forward\": {\"out_noise\": -1}}"));
    FAILS(AIMC_ERR_FORMAT, "line 1", aimc_config_parse(c, "{\"forward\": "));
    FAILS(AIMC_ERR_FORMAT, "not a JSON object", aimc_config_parse(c, "[1]"));
    FAILS(AIMC_ERR_INVALID, "kind 'sgd'", aimc_config_parse(c, "{\"kind\": \"sgd\"}"));
    FAILS(AIMC_ERR_INVALID, "cannot take",
          aimc_config_parse(c, "{\"forward\": {\"out_noise\": null}}"));
    char *after = json_of(c);
    ck_assert_str_eq(before, after);
    OK(aimc_config_parse(c, "{\"forward\": {\"out_noise\": 0.5}, \"device\": {\"kind\": "
                            "\"soft_bounds\", \"dw_min\": 0.01}}"));
    double v;
    OK(aimc_config_get(c, "device.dw_min", &v));
    ck_assert(v == 0.01);
    free(before);
    free(after);
    aimc_config_destroy(c);
}
END_TEST

START_TEST(files_that_are_not_configurations_are_refused)
{
    aimc_config *c = make("layer");
    FAILS(AIMC_ERR_IO, "/nonexistent/x.json", aimc_config_load(c, "/nonexistent/x.json"));
    FAILS(AIMC_ERR_IO, "", aimc_config_load(c, "/"));
    aimc_config_destroy(c);
}
END_TEST

/* What was set replaces the preset's value; what was not keeps it. */
START_TEST(overrides_take_only_what_was_set)
{
    aimc_config *o = make("constant_step"), *c = NULL;
    aimc_device *device;
    OK(aimc_config_set(o, "dw_min_std", 0.5));
    OK(aimc_device_create(ctx, "gokmen_vlasov", o, &device));
    OK(aimc_device_get_config(device, &c));
    double v;
    OK(aimc_config_get(c, "dw_min_std", &v));
    ck_assert(v == 0.5);
    OK(aimc_config_get(c, "dw_min", &v));
    ck_assert(v == 0.0016);
    aimc_device *other = device;
    FAILS(AIMC_ERR_INVALID, "is of kind 'constant_step'",
          aimc_device_create(ctx, "soft_bounds", o, &other));
    ck_assert(other == NULL);
    aimc_config_destroy(c);
    aimc_config_destroy(o);
    aimc_device_unref(device);
}
END_TEST

START_TEST(fields_can_be_listed)
{
    aimc_config *c = make("soft_bounds");
    const size_t n = aimc_config_count_fields(c);
    ck_assert_uint_gt(n, 20);
    for (size_t i = 0; i < n; i++) {
        aimc_field_info info = {.struct_size = sizeof info};
        OK(aimc_config_get_field(c, i, &info));
        double v;
        if (info.type == AIMC_FIELD_CONFIG)
            continue;
        OK(aimc_config_get(c, info.name, &v));
        ck_assert(v == info.default_value);
    }
    aimc_field_info info = {.struct_size = sizeof info};
    FAILS(AIMC_ERR_INVALID, "fields", aimc_config_get_field(c, n, &info));
    info.struct_size = 0;
    FAILS(AIMC_ERR_ABI, "", aimc_config_get_field(c, 0, &info));
    aimc_config_destroy(c);
}
END_TEST

START_TEST(no_memory_changes_and_leaks_nothing)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *own;
    OK(aimc_context_create(&params, &own));
    const size_t live = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_config *c = NULL;
        aimc_status st = aimc_config_create(own, "layer", &c);
        if (!st)
            st = aimc_config_parse(c, "{\"device\": {\"kind\": \"soft_bounds\"}}");
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_config_destroy(c);
        ck_assert_uint_eq(heap.live_blocks, live);
    } while (heap.failed);
    ck_assert_uint_gt(n, 10);
    aimct_heap_fail_at(&heap, 0);
    aimc_context_destroy(own);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

/* ---- documents: everything is stored or refused --------------------------------------------- */

static aimc_config *layer_of(const char *json)
{
    aimc_config *c;
    OK(aimc_config_create(ctx, "layer", &c));
    OK(aimc_config_parse(c, json));
    return c;
}

static double number_of(const aimc_config *c, const char *name)
{
    double v;
    OK(aimc_config_get(c, name, &v));
    return v;
}

START_TEST(dotted_names_in_documents)
{
    aimc_config *c = layer_of("{\"forward.out_noise\": 0.5, \"device.dw_min\": 0.25,"
                              " \"optimizer\": {\"update.desired_bl\": 7}}");
    ck_assert_double_eq(number_of(c, "forward.out_noise"), 0.5);
    ck_assert_double_eq(number_of(c, "device.dw_min"), 0.25);
    ck_assert_double_eq(number_of(c, "optimizer.update.desired_bl"), 7);
    FAILS(AIMC_ERR_INVALID, "forward.out_noise",
          aimc_config_parse(c, "{\"forward.out_noise\": \"much\"}"));
    FAILS(AIMC_ERR_INVALID, "unknown field 'out_nose'",
          aimc_config_parse(c, "{\"forward.out_nose\": 0.5}"));
    FAILS(AIMC_ERR_INVALID, "kind is not a name", aimc_config_parse(c, "{\"kind\": 5}"));
    FAILS(AIMC_ERR_INVALID, "device.kind is not a name",
          aimc_config_parse(c, "{\"device\": {\"kind\": null}}"));
    aimc_config_destroy(c);
}
END_TEST

/* Members of an object have no order, so none may decide. */
START_TEST(order_in_a_document_does_not_matter)
{
    const char *const orders[] = {"{\"device\": \"soft_bounds\", \"device.dw_min\": 0.25}",
                                  "{\"device.dw_min\": 0.25, \"device\": \"soft_bounds\"}"};
    for (size_t k = 0; k < 2; k++) {
        aimc_config *c = layer_of(orders[k]);
        ck_assert_double_eq(number_of(c, "device.dw_min"), 0.25);
        ck_assert_str_eq(aimc_config_get_kind(aimc_config_get_nested(c, "device")), "soft_bounds");
        aimc_config_destroy(c);
    }
}
END_TEST

/* Every field of every kind, set by a document under its dotted name, is read back. */
static void check_fields(const aimci_kind *kind)
{
    for (size_t i = 0; i < kind->n_fields; i++) {
        const aimci_field *f = &kind->fields[i];
        if (f->type != AIMC_FIELD_NUMBER && f->type != AIMC_FIELD_INTEGER)
            continue;
        aimc_config *c;
        char json[192];
        const double v = f->def == f->min ? (f->max < 1 ? f->max : fmax(f->min, 1)) : f->min;
        OK(aimc_config_create(ctx, kind->name, &c));
        snprintf(json, sizeof json, "{\"%s\": %.17g}", f->name, v);
        OK(aimc_config_parse(c, json));
        ck_assert_msg(number_of(c, f->name) == v, "%s.%s", kind->name, f->name);
        aimc_config_destroy(c);
    }
}

START_TEST(what_is_set_is_read_back)
{
    for (size_t k = 0; k < aimci_n_registered; k++)
        check_fields(aimci_registry[k].kind);
}
END_TEST

/* ---- overrides of presets ------------------------------------------------------------------- */

START_TEST(overrides_go_into_nested_configurations)
{
    aimc_config *c, *made;
    aimc_device *d;
    OK(aimc_config_create(ctx, "vector_cell", &c)); /* its device is not that of the preset */
    OK(aimc_config_set(c, "device.dw_min", 0.01));
    OK(aimc_device_create(ctx, "reram_sb_2", c, &d));
    OK(aimc_device_get_config(d, &made));
    ck_assert_double_eq(number_of(made, "device.dw_min"), 0.01);
    ck_assert_str_eq(aimc_config_get_kind(aimc_config_get_nested(made, "device")),
                     "soft_bounds_reference");
    aimc_config_destroy(made);
    aimc_device_unref(d);
    OK(aimc_config_set_text(c, "device", "exp_step")); /* chosen: replaces the preset's */
    OK(aimc_device_create(ctx, "reram_sb_2", c, &d));
    OK(aimc_device_get_config(d, &made));
    ck_assert_str_eq(aimc_config_get_kind(aimc_config_get_nested(made, "device")), "exp_step");
    aimc_config_destroy(made);
    aimc_device_unref(d);
    aimc_config_destroy(c);
}
END_TEST

/* ---- evidence ------------------------------------------------------------------------------- */

static aimc_evidence evidence_of(const aimc_config *c, const char *name)
{
    aimc_evidence e = {.struct_size = sizeof e};
    OK(aimc_config_get_evidence(c, name, &e));
    return e;
}

START_TEST(numbers_rest_on_something)
{
    static const char told[] = "{\"adc_power\": {\"value\": 2e-3, \"low\": 1e-3, \"high\": 4e-3, "
                               "\"basis\": \"published\", \"source\": \"a \\\"paper\\\"\"}, "
                               "\"adc_bits\": {\"value\": 7, \"basis\": \"derived\"}}";
    aimc_config *c = make("technology"), *copy = NULL, *again = make("technology");
    char text[8192];
    double v;
    OK(aimc_config_parse(c, told));
    OK(aimc_config_get(c, "adc_power", &v));
    aimc_evidence e = evidence_of(c, "adc_power");
    ck_assert(v == 2e-3 && e.low == 1e-3 && e.high == 4e-3 && e.basis == AIMC_BASIS_PUBLISHED);
    ck_assert_str_eq(e.source, "a \"paper\"");
    e = evidence_of(c, "adc_bits");
    ck_assert(e.low == 7 && e.high == 7 && e.basis == AIMC_BASIS_DERIVED && e.source[0] == '\0');
    /* where nobody said anything, the source is that of the field */
    e = evidence_of(c, "v_read");
    ck_assert(e.basis == AIMC_BASIS_NONE && e.low == 0.2 && e.high == 0.2);
    ck_assert(strncmp(e.source, "assumed", 7) == 0);
    ck_assert(isnan(evidence_of(c, "adc_model").low));
    /* it goes through JSON and copies, and goes with the value */
    ck_assert_uint_lt(aimc_config_to_json(c, text, sizeof text), sizeof text);
    OK(aimc_config_parse(again, text));
    ck_assert_str_eq(evidence_of(again, "adc_power").source, "a \"paper\"");
    OK(aimc_config_copy(c, &copy));
    ck_assert(evidence_of(copy, "adc_power").high == 4e-3);
    OK(aimc_config_set(copy, "adc_power", 3e-3));
    ck_assert(evidence_of(copy, "adc_power").basis == AIMC_BASIS_NONE);
    ck_assert(evidence_of(c, "adc_power").basis == AIMC_BASIS_PUBLISHED);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_config_get_evidence(NULL, "adc_power", &e));
    FAILS(AIMC_ERR_INVALID, "adc_pover", aimc_config_get_evidence(c, "adc_pover", &e));
    aimc_config_destroy(again);
    aimc_config_destroy(copy);
    aimc_config_destroy(c);
}
END_TEST

START_TEST(evidence_that_is_none)
{
    static const struct {
        const char *field, *json, *part;
    } bad[] = {
        {"v_read", "{\"value\": 1}", "v_read has no basis"},
        {"v_read", "{\"basis\": \"assumed\"}", "v_read has no value"},
        {"v_read", "{\"value\": 1, \"basis\": \"guessed\"}", "allowed are published"},
        {"v_read", "{\"value\": 1, \"basis\": 3}", "not a word"},
        {"v_read", "{\"value\": 1, \"low\": 2, \"basis\": \"assumed\"}", "not within 2 ... 1"},
        {"v_read", "{\"value\": 1, \"hihg\": 2, \"basis\": \"assumed\"}", "'hihg'"},
        {"v_read", "{\"value\": \"1\", \"basis\": \"assumed\"}", "value of v_read"},
        {"v_read", "{\"value\": 1, \"basis\": \"assumed\", \"source\": 5}", "source of v_read"},
        {"v_read", "{\"value\": -1, \"basis\": \"assumed\"}", "out of range"},
        {"adc_bits", "{\"value\": 1.5, \"basis\": \"assumed\"}", "an integer"},
        {"input", "{\"value\": 1, \"basis\": \"assumed\"}", "not a configuration"},
    };
    aimc_config *c = make("technology");
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        char text[160];
        snprintf(text, sizeof text, "{\"%s\": %s}", bad[k].field, bad[k].json);
        FAILS(AIMC_ERR_INVALID, bad[k].part, aimc_config_parse(c, text));
        ck_assert(evidence_of(c, "v_read").basis == AIMC_BASIS_NONE);
    }
    aimc_config_destroy(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("config");
    TCase *t = aimct_case(s, "config");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, values_go_in_and_out);
    tcase_add_test(t, mistakes_are_named);
    tcase_add_test(t, every_kind_and_preset_survives_json);
    tcase_add_test(t, minus_zero_is_zero);
    tcase_add_test(t, every_field_is_documented);
    tcase_add_test(t, merging_is_all_or_nothing);
    tcase_add_test(t, files_that_are_not_configurations_are_refused);
    tcase_add_test(t, overrides_take_only_what_was_set);
    tcase_add_test(t, fields_can_be_listed);
    tcase_add_test(t, no_memory_changes_and_leaks_nothing);
    tcase_add_test(t, dotted_names_in_documents);
    tcase_add_test(t, order_in_a_document_does_not_matter);
    tcase_add_test(t, what_is_set_is_read_back);
    tcase_add_test(t, overrides_go_into_nested_configurations);
    tcase_add_test(t, numbers_rest_on_something);
    tcase_add_test(t, evidence_that_is_none);
    return aimct_main(s);
}
