/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "study.h"
#include "train.h"

/* ---- networks ------------------------------------------------------------------------------- */

static int copy_tensors(const aimc_network *from, aimc_network *to)
{
    int rc = EXIT_GO_ON;
    for (size_t k = 0; k < aimc_network_count_tensors(from) && rc == EXIT_GO_ON; k++) {
        aimc_tensor_info info = {.struct_size = (uint32_t)sizeof info};
        float *w = NULL;
        if (aimc_network_get_tensor_info(from, k, &info) != AIMC_OK)
            return fail_library();
        w = malloc((size_t)info.size * sizeof *w);
        if (w == NULL)
            return fail("no memory");
        if (aimc_network_get_tensor(from, info.name, (size_t)info.size, w) != AIMC_OK ||
            aimc_network_set_tensor(to, info.name, (size_t)info.size, w) != AIMC_OK)
            rc = fail_library();
        free(w);
    }
    return rc;
}

/* From the document and the tensors: the copy was not trained yet, and draws of its own. */
int study_copy(struct study *s, aimc_network **net)
{
    const size_t length = aimc_network_to_json(s->digital, NULL, 0);
    char *text = malloc(length + 1);
    if (text == NULL)
        return fail("no memory");
    aimc_network_to_json(s->digital, text, length + 1);
    const aimc_status st = aimc_network_create_from_json(s->ctx, text, net);
    free(text);
    return st == AIMC_OK ? copy_tensors(s->digital, *net) : fail_library();
}

static int apply(aimc_config *config, study_settings settings)
{
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        char field[96];
        const char *equals = strchr(settings[i], '=');
        snprintf(field, sizeof field, "%.*s", (int)(equals - settings[i]), settings[i]);
        if (aimc_config_set_text(config, field, equals + 1) != AIMC_OK)
            return fail_library();
    }
    return EXIT_GO_ON;
}

enum { CALIBRATION = 1024 };

int study_on_tiles(struct study *s, const char *preset, study_settings settings, bool calibrate,
                   aimc_network **net)
{
    aimc_config *layer = NULL;
    int rc = study_copy(s, net);
    if (rc == EXIT_GO_ON && aimc_config_create(s->ctx, preset, &layer) != AIMC_OK)
        rc = fail_library();
    if (rc == EXIT_GO_ON)
        rc = apply(layer, settings);
    if (rc == EXIT_GO_ON && aimc_network_convert_to_analog(*net, layer) != AIMC_OK)
        rc = fail_library();
    const size_t n = s->data->train.n < CALIBRATION ? s->data->train.n : CALIBRATION;
    if (rc == EXIT_GO_ON && calibrate &&
        aimc_network_calibrate(*net, n, s->data->train.x, NULL) != AIMC_OK)
        rc = fail_library();
    aimc_config_destroy(layer);
    return rc;
}

int study_retrain(struct study *s, aimc_network *net, const char *label)
{
    struct run run = s->run;
    run.epochs = s->epochs;
    run.lr = s->lr;
    struct training t = {
        .net = net, .run = &run, .data = s->data, .label = label, .quiet = s->quiet};
    const int rc = train(&t);
    train_free(&t);
    return rc;
}

/* ---- rows ----------------------------------------------------------------------------------- */

void study_add(struct study *s, const char *name, double t, struct estimate accuracy)
{
    if (s->n_rows == STUDY_MAX_ROWS)
        return;
    s->rows[s->n_rows].name = name;
    s->rows[s->n_rows].t = t;
    s->rows[s->n_rows++].accuracy = accuracy;
    if (s->quiet)
        return;
    char time[32] = "";
    if (WAS_GIVEN(t))
        text_of_number(time, t);
    fprintf(stderr, "  %-44s %10s  %.4f", name, time, accuracy.mean);
    if (WAS_GIVEN(accuracy.error))
        fprintf(stderr, " +- %.4f", accuracy.error);
    fputc('\n', stderr);
}

int study_measure(struct study *s, aimc_network *net, const char *name)
{
    double accuracy;
    if (aimc_network_evaluate(net, s->test.n, s->test.x, s->test.labels, &accuracy) != AIMC_OK)
        return fail_library();
    study_add(s, name, NOT_GIVEN, (struct estimate){accuracy, NOT_GIVEN});
    return EXIT_GO_ON;
}

static bool was_told(const struct study *s, const aimc_extrapolation *e)
{
    for (size_t i = 0; i < s->n_outside; i++)
        if (strcmp(s->outside[i].constant, e->constant) == 0 &&
            strcmp(s->outside[i].variable, e->variable) == 0 && s->outside[i].value == e->value)
            return true;
    return s->n_outside == STUDY_MAX_OUTSIDE;
}

/* What of the noise model is used outside the range of its fit, once each. */
static int note_outside(struct study *s, const aimc_config *config, double t)
{
    aimc_noise_model *model = NULL;
    if (aimc_noise_model_create(s->ctx, NULL, aimc_config_get_nested(config, "noise_model"),
                                &model) != AIMC_OK)
        return fail_library();
    for (size_t i = 0; i < aimc_noise_model_count_extrapolations(model, t); i++) {
        aimc_extrapolation e = {.struct_size = (uint32_t)sizeof e};
        if (aimc_noise_model_get_extrapolation(model, t, i, &e) == AIMC_OK && !was_told(s, &e))
            s->outside[s->n_outside++] = e;
    }
    aimc_noise_model_destroy(model);
    return EXIT_GO_ON;
}

int study_program(struct study *s, aimc_network *net, study_settings settings, double t,
                  const char *name)
{
    struct deployment d = {.repeat = s->repeat, .seed = 1, .n_times = 1, .quiet = s->quiet};
    const struct samples none = {0};
    struct deploy_result *result = calloc(1, sizeof *result);
    aimc_config *config = NULL;
    d.times[0] = t;
    int rc = result != NULL ? deploy_config(s->ctx, &d, &config) : fail("no memory");
    if (rc == EXIT_GO_ON)
        rc = apply(config, settings);
    if (rc == EXIT_GO_ON)
        rc = note_outside(s, config, t);
    if (rc == EXIT_GO_ON)
        rc = deploy_run(net, &d, config, &s->test, &none, result);
    if (rc == EXIT_GO_ON)
        study_add(s, name, t, result->rows[0].compensated); /* without one: the plain accuracy */
    aimc_config_destroy(config);
    free(result);
    return rc;
}
