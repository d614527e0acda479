/* SPDX-License-Identifier: MIT */
/* Runs every scenario and compares the hash of what it computed with tests/data/scenarios.txt, so
 * that work on the insides of the library is seen to change nothing.
 *
 * "t_scenarios --record FILE" writes the hashes, after a change that is meant to change results.
 *
 * Hashes hold for every machine, system and instruction set, but for those of fits, which take
 * functions of libm: they are compared where they were recorded, on x86_64 with glibc. */
#include "scenario.h"

#if defined(__GLIBC__) && defined(__x86_64__)
#define HAS_RECORDED_LIBM 1
#else
#define HAS_RECORDED_LIBM 0
#endif

enum { MAX_SCENARIOS = 2000 };

static const scenario_group *const parts[] = {scenario_devices,   scenario_optimizers,
                                              scenario_reads,     scenario_parts,
                                              scenario_inference, scenario_networks};

/* What is to be run, and what came out; expected is what the file says. */
static struct {
    char name[96], settings[2048];
    scenario_run run;
    uint64_t hash, expected;
    bool done, known;
} scenarios[MAX_SCENARIOS];
static size_t n_scenarios;
static bool comparing;

/* ---- list ----------------------------------------------------------------------------------- */

static void add(const scenario_group *g, const scenario_row *row, const scenario_row *variant)
{
    if (n_scenarios == MAX_SCENARIOS) {
        fprintf(stderr, "t_scenarios: more than %d scenarios\n", MAX_SCENARIOS);
        exit(EXIT_FAILURE);
    }
    snprintf(scenarios[n_scenarios].name, sizeof scenarios[0].name, "%s/%s%s%s", g->name, row->name,
             variant ? "/" : "", variant ? variant->name : "");
    snprintf(scenarios[n_scenarios].settings, sizeof scenarios[0].settings, "%s;%s;%s", g->base,
             row->settings, variant ? variant->settings : "");
    scenarios[n_scenarios++].run = g->run;
}

static void add_group(const scenario_group *g)
{
    for (const scenario_row *row = g->rows; row->name; row++) {
        if (g->variants == NULL)
            add(g, row, NULL);
        else
            for (const scenario_row *variant = g->variants; variant->name; variant++)
                add(g, row, variant);
    }
}

static void list_all(void)
{
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        for (const scenario_group *g = parts[k]; g->name; g++)
            add_group(g);
}

/* ---- file ----------------------------------------------------------------------------------- */

static void expect(const char *name, uint64_t hash)
{
    for (size_t k = 0; k < n_scenarios; k++) {
        if (strcmp(scenarios[k].name, name) == 0) {
            scenarios[k].expected = hash;
            scenarios[k].known = true;
            return;
        }
    }
    fprintf(stderr, "t_scenarios: %s is recorded, but no scenario\n", name);
    exit(EXIT_FAILURE);
}

static void read_expected(void)
{
    char path[512], line[256];
    const char *const folder = getenv("AIMC_TEST_DATA");
    snprintf(path, sizeof path, "%s/scenarios.txt", folder ? folder : "tests/data");
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "t_scenarios: cannot open %s (set AIMC_TEST_DATA to tests/data)\n", path);
        exit(EXIT_FAILURE);
    }
    while (fgets(line, sizeof line, f)) {
        char *const space = strchr(line, ' ');
        if (line[0] == '#' || space == NULL)
            continue;
        *space = '\0';
        expect(line, strtoull(space + 1, NULL, 16));
    }
    fclose(f);
}

static int record(const char *path)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        fprintf(stderr, "t_scenarios: cannot write %s\n", path);
        return EXIT_FAILURE;
    }
    fprintf(f,
            "# Hashes of what the scenarios of tests/scenarios compute, by name; made again with "
            "build/tests/t_scenarios --record tests/data/scenarios.txt\n");
    for (size_t k = 0; k < n_scenarios; k++)
        if (scenarios[k].done)
            fprintf(f, "%s %016llx\n", scenarios[k].name, (unsigned long long)scenarios[k].hash);
    return fclose(f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static aimc_context *open_context(const char *settings)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.flags = AIMC_FLAG_DETERMINISTIC;
    if (scenario_has(settings, "#uncounted"))
        params.flags |= AIMC_FLAG_UNCOUNTED;
    params.seed = (uint64_t)scenario_number(settings, "#seed", 20250);
    params.n_threads = (uint32_t)scenario_number(settings, "#threads", 1);
    aimc_context *ctx = NULL;
    OK(aimc_context_create(&params, &ctx));
    return ctx;
}

START_TEST(computes_what_was_recorded)
{
    const size_t k = (size_t)_i;
    digest d = {.value = 0xCBF29CE484222325u};
    aimc_context *ctx = open_context(scenarios[k].settings);
    scenarios[k].run(ctx, scenarios[k].settings, &d);
    aimc_context_destroy(ctx);
    scenarios[k].hash = d.value;
    scenarios[k].done = !d.skipped;
    const bool takes_libm = strncmp(scenarios[k].name, "fit/", 4) == 0;
    if (!comparing || d.skipped || (takes_libm && !HAS_RECORDED_LIBM))
        return;
    ck_assert_msg(scenarios[k].known, "%s is not recorded", scenarios[k].name);
    ck_assert_msg(d.value == scenarios[k].expected, "%s computes %016llx, recorded is %016llx",
                  scenarios[k].name, (unsigned long long)d.value,
                  (unsigned long long)scenarios[k].expected);
}
END_TEST

/* Two scenarios with the same result have a setting that is not looked at; but those with #same
 * must give what the one before them gives. */
START_TEST(each_setting_matters)
{
    size_t n_equal = 0;
    for (size_t k = 1; k < n_scenarios; k++) {
        const bool same = scenario_has(scenarios[k].settings, "#same");
        for (size_t j = 0; j < k && scenarios[k].done; j++) {
            if (!scenarios[j].done ||
                (scenarios[j].hash == scenarios[k].hash) == (same && j == k - 1))
                continue;
            if (same && scenarios[j].hash == scenarios[k - 1].hash)
                continue; /* the third of three that are the same */
            n_equal++;
            fprintf(stderr, "%s and %s: %s results\n", scenarios[j].name, scenarios[k].name,
                    same && j == k - 1 ? "different" : "same");
        }
    }
    ck_assert_uint_eq(n_equal, 0);
}
END_TEST

static int run_all(void)
{
    Suite *const s = suite_create("scenarios");
    TCase *const tcase = aimct_case(s, "scenarios");
    tcase_add_loop_test(tcase, computes_what_was_recorded, 0, (int)n_scenarios);
    tcase_add_test(tcase, each_setting_matters);
    SRunner *const runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK); /* hashes are kept here */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const bool recording = argc == 3 && strcmp(argv[1], "--record") == 0;
    if (argc != 1 && !recording) {
        fprintf(stderr, "usage: t_scenarios [--record FILE]\n");
        return EXIT_FAILURE;
    }
    list_all();
    comparing = !recording;
    if (comparing)
        read_expected();
    const int result = run_all();
    return result == EXIT_SUCCESS && recording ? record(argv[2]) : result;
}
