/* SPDX-License-Identifier: MIT */
/* Tables as people have them: which are read as what, and what is said about the others. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "check_main.h"
#include "comma_locale.h"
#include "fail_alloc.h"
#include "io/table_text.h"
#include "portable.h"

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static char path[] = "/tmp/t_table_XXXXXX";

static void set_up(void)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    aimct_heap_fail_at(&heap, 0);
    ck_assert_int_eq(aimc_context_create(&p, &ctx), AIMC_OK);
    strcpy(path + strlen(path) - 6, "XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void tear_down(void)
{
    remove(path);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}

static aimc_status read_bytes(const void *bytes, size_t size, const aimc_table_params *params,
                              aimc_table **out)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
    return aimc_table_read(ctx, path, params, out);
}

/* "delimiter=comma decimal=point", in any order, as parameters. */
static aimc_table_params params_of(const char *text, char buffer[128])
{
    aimc_table_params p = {.struct_size = (uint32_t)sizeof p};
    snprintf(buffer, 128, "%s", text);
    for (char *word = strtok(buffer, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=') + 1;
        if (strncmp(word, "columns", 7) == 0)
            p.columns = value;
        else if (strncmp(word, "delimiter", 9) == 0)
            p.delimiter = value;
        else
            p.decimal = value;
    }
    return p;
}

/* "1 2 | 3 4", or the sentence. */
static void describe(aimc_status st, const aimc_table *t, char *text, size_t size)
{
    const size_t rows = aimc_table_count_rows(t), cols = aimc_table_count_columns(t);
    static double v[1000];
    size_t n = 0;
    text[0] = '\0';
    ck_assert(t == NULL || rows * cols <= 1000);
    if (st == AIMC_OK)
        st = aimc_table_get_values(t, v, cols);
    if (st != AIMC_OK)
        snprintf(text, size, "%s", aimc_get_last_error());
    for (size_t k = 0; k < rows * cols && st == AIMC_OK; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%.10g",
                              k == 0          ? ""
                              : k % cols == 0 ? " | "
                                              : " ",
                              v[k]);
}

typedef struct example {
    const char *text, *options, *expected; /* numbers, or a part of the sentence */
} example;

static void try_example(const example *e, bool is_good)
{
    char buffer[128], found[2000];
    const aimc_table_params p = params_of(e->options, buffer);
    aimc_table *t;
    const aimc_status st = read_bytes(e->text, strlen(e->text), &p, &t);
    describe(st, t, found, sizeof found);
    aimc_table_destroy(t);
    if (is_good)
        ck_assert_msg(strcmp(found, e->expected) == 0, "'%s' %s: %s; %s expected", e->text,
                      e->options, found, e->expected);
    else
        ck_assert_msg(strstr(found, e->expected) != NULL, "'%s' %s: %s; %s expected", e->text,
                      e->options, found, e->expected);
}

static const example good[] = {
    /* delimiters */
    {"1.5,2\n3,4\n", "", "1.5 2 | 3 4"},
    {"1;2;3\n4;5;6\n", "", "1 2 3 | 4 5 6"},
    {"1\t2\n3\t4", "", "1 2 | 3 4"},
    {"1 2   3\n 4  5 6  \n", "", "1 2 3 | 4 5 6"},
    {"1, 2\n3 ,4\n", "", "1 2 | 3 4"},
    {"1 ; 2\n3;\t4\n", "", "1 2 | 3 4"},
    {"1\n2\n3\n", "", "1 | 2 | 3"},
    {"7\n", "", "7"},
    {"1,2,3\n", "", "1 2 3"},
    /* decimal commas */
    {"0,247\t-0,414\n", "", "0.247 -0.414"},
    {"1\t20,715\n2\t3,5\n", "", "1 20.715 | 2 3.5"},
    {"0,5;1\n1;2,25\n", "", "0.5 1 | 1 2.25"},
    {"0,247 -0,414\n1 2\n", "", "0.247 -0.414 | 1 2"},
    {"1,2 3,4\n", "", "1.2 3.4"},
    {"\"0,5\",\"1,25\"\n\"2\",\"3\"\n", "", "0.5 1.25 | 2 3"},
    {"1,5e-3;2\n", "", "0.0015 2"},
    {"1,05\n2,5\n", "", "1.05 | 2.5"},
    {"0,05\n2\n", "", "0.05 | 2"},
    {"-0,5\n2\n", "", "-0.5 | 2"},
    {"1,5\n2\n", "decimal=comma", "1.5 | 2"},
    {"G\n0,247\n0,414\n", "", "0.247 | 0.414"},
    {"12000;1,234\n", "", "12000 1.234"},
    {"1,215\t-1,087\n", "", "1.215 -1.087"}, /* three digits everywhere: with a warning */
    {"G\n1,234\n2,345\n", "", "1.234 | 2.345"},
    /* what decides */
    {"0,247\n", "delimiter=comma", "0 247"},
    {"0,247\n", "decimal=point", "0 247"},
    {"0,247\n", "decimal=comma", "0.247"},
    {"0,247\n", "delimiter=none", "0.247"},
    {"1 234,5\n", "delimiter=blanks", "1 234.5"},
    {"1 234,5\n2 34,5\n", "", "1 234.5 | 2 34.5"},
    {"1,234;5\n", "decimal=comma", "1.234 5"},
    {"1,05\n", "delimiter=,", "1 5"},
    {"1;2\n", "delimiter=;", "1 2"},
    {"1\t2\n", "delimiter=\\t", "1 2"},
    {"1\t 2\n", "delimiter=blanks", "1 2"},
    {"a,b\n1,2\n", "", "1 2"},
    {"1,-2\n", "", "1 -2"},
    {"1,2\n3,4.5\n", "", "1 2 | 3 4.5"},
    {"1,2\n\"3\",4\n", "", "1 2 | 3 4"},
    /* marks, line ends, remarks, blank lines */
    {"\357\273\2771,2.5\n3,4\n", "", "1 2.5 | 3 4"},
    {"1,2.5\r\n3,4\r\n", "", "1 2.5 | 3 4"},
    {"1,2.5\r3,4\r", "", "1 2.5 | 3 4"},
    {"# 1, 2\n% 3\n\n  # x\n1,2.5\n\n   \n3,4\n#end", "", "1 2.5 | 3 4"},
    {"# a remark; with, delimiters\n1\t2\n", "", "1 2"},
    /* headers */
    {"up,down\n1,2\n", "", "1 2"},
    {"G (uS);t (s)\n1,5;2\n", "", "1.5 2"},
    {"G (uS) t (s)\n1 2\n", "", "1 2"},
    {"G [\xC2\xB5S], t\n1,2\n", "", "1 2"},
    {"\"up, first\",\"say \"\"down\"\"\"\n1,2\n", "", "1 2"},
    {"\"G\n(uS)\",t\n1,2\n", "", "1 2"},
    {"conductance in uS\n1.5\n2\n", "", "1.5 | 2"},
    {"a,b,\n1,2,\n3,4,\n", "", "1 2 | 3 4"},
    {"a,b,\n1,2\n", "", "1 2"},
    {"a,b\n1,2,\n3,4,\n", "", "1 2 | 3 4"},
    {"1,2,\n3,4,\n", "", "1 2 | 3 4"},
    {"1\t2\t\n3\t4\t\n", "", "1 2 | 3 4"},
    {"1;2;\n", "", "1 2"},
    {"1;2;;;\n3;4;;;\n", "", "1 2 | 3 4"},
    {"a;b;;;\n1;2;;;\n", "", "1 2"},
    {"a;b\n1;2;;\n", "", "1 2"},
    {"a;b;;\n1;2\n", "", "1 2"},
    {"a;b;\n1;2;3\n", "", "1 2 3"}, /* the third column has no name */
    /* an index */
    {",a,b\n0,1,2\n1,3,4\n", "", "1 2 | 3 4"},
    {",0,1\n0,1,2\n1,3,4\n", "", "1 2 | 3 4"},
    {",a,b\nfirst,1,2\nsecond,3,4\n", "", "1 2 | 3 4"},
    {"index,0,1\n0,1,2\n1,3,4\n", "", "1 2 | 3 4"},
    {"index;up;down\n1;0,5;2\n2;1;1\n", "", "0.5 2 | 1 1"},
    {"Pulse,up,down\n1,5,2\n2,6,1\n", "", "5 2 | 6 1"},
    {"index,up\n5,1\n5,2\n", "", "5 1 | 5 2"}, /* no index: it does not count */
    {"up,index\n1,0\n2,1\n", "", "1 0 | 2 1"},
    {"Pulse #,up\n1,5\n2,6\n", "", "5 | 6"},
    /* the line that spreadsheets begin with, units without brackets */
    {"sep=;\n1,5;2\n3;4\n", "", "1.5 2 | 3 4"},
    {"sep=,\r\nG_uS,width ns\r\n1,2\r\n3,4\r\n", "columns=width,g", "2 1 | 4 3"},
    /* columns */
    {"1,2,3\n4,5,6\n", "columns=2", "2 | 5"},
    {"1,2,3\n4,5,6\n", "columns=3,1", "3 1 | 6 4"},
    {"1,2,3\n4,5,6\n", "columns=2-3", "2 3 | 5 6"},
    {"t (s),G (uS),remark\n1,2,good\n3,4,bad one\n", "columns=G,t", "2 1 | 4 3"},
    {"date;G\n2026-11-30 12:00;0,5\n2026-12-01 12:00;0,25\n", "columns=g", "0.5 | 0.25"},
    {",a,b\n0,1,2\n1,3,4\n", "columns=1,3", "0 2 | 1 4"},
    {"0,247\n1,5\n", "columns=2", "247 | 5"},
    /* numbers */
    {"+1,.5\n-1e3,5.\n", "", "1 0.5 | -1000 5"},
    {"1E+2,1e-2\n0.0,-0.0\n", "", "100 0.01 | 0 -0"},
    {"0.1000000000000000055511151231257827021181583404541015625\n", "", "0.1"},
};

static const example bad[] = {
    /* two readings */
    {"0,247\n", "",
     "line 1, column 1: '0,247' may be two cells or one number with a decimal comma, and "
     "nothing in the file tells which; say delimiter=comma or decimal=comma"},
    {"# x\n1,2\n3,4\n", "", "line 2, column 1: '1,2' may be two cells"},
    {"1,2\n3\n", "", "line 1, column 1: '1,2' may be two cells"}, /* one of them left out? */
    {"1.234,5\n1.300,7\n", "", "'1.234,5' may be two cells"},
    {"1,234;5\n", "",
     "line 1, column 1: the comma of '1,234' may be a decimal comma or stand between "
     "thousands"},
    {"1\t20,715\n", "", "line 1, column 2: the comma of '20,715'"},
    {"\"1,234\",\"5\"\n", "", "the comma of '1,234'"},
    {"1 234,5\n2 345,6\n", "", "line 1, column 2: '234,5' may be a number, or the end of one"},
    {"\"1,234\",\"5,678\"\n", "", "the comma of '1,234'"},
    {"0,5;1.5\n", "", "'0,5' has a decimal comma, but '1.5' in line 1 a decimal point"},
    {"0,5;1\n2;1.5\n", "decimal=comma",
     "line 2, column 2: '1.5' is not a number: it has a decimal point"},
    {"0,5;1\n", "decimal=point", "'0,5' is not a number: it has a decimal comma"},
    {"1,05,3\n", "", "line 1, column 2: '05' looks like a piece of a number with a decimal comma"},
    {"0,247,-0,414\n", "", "line 1, column 3: '-0' looks like a piece"},
    {"1,2,3\n", "decimal=comma", "a comma cannot be the delimiter, too"},
    /* mixed delimiters */
    {"1;2\t3\n", "", "'1;2' is not a number (read with delimiter=tab, decimal=point)"},
    {"1 2\t3\n", "", "'1 2' is not a number"},
    {"1,2;3,4\n5;6;7\n", "",
     "line 2 has 3 columns, those before have 2 (read with delimiter=semicolon)"},
    {"1.5, 2 3\n", "", "'2 3' is not a number (read with delimiter=comma"},
    {"1,2,3\n4;5;6\n", "", "line 2 has"},
    /* rows */
    {"1,2,3\n4,5\n", "", "line 2 has 2 columns, those before have 3 (read with delimiter=comma)"},
    {"1 2\n3 4 5\n", "", "line 2 has 3 columns, those before have 2"},
    {"1,2,\n3,4\n", "", "line 2 has 2 columns, those before have 3"},
    {"1;2;;\n3;4;\n", "", "line 2 has 3 columns, those before have 4"},
    {"a;b;c;\n1;2;;\n", "", "line 2, column 3: '' is not a number: the cell is empty"},
    {"1,2.5\n3,4,\n", "", "line 2 has 3 columns"},
    {"a,b\n1,2,3\n", "", "the header has 2 names, but there are 3 columns"},
    {"a,b,c\n1,2\n", "", "the header has 3 names, but there are 2 columns"},
    {"up,down\n1.5\n2.5\n", "", "the header has 2 names, but there are 1 columns"},
    /* cells */
    {"1,2,three\n", "", "line 1, column 3: 'three' is not a number"},
    {"1.5,2\n3,4x\n", "", "line 2, column 2: '4x' is not a number"},
    {"0.5x\n0.7\n", "", "line 1, column 1: '0.5x' is not a number"},
    {"1.5,\n3,4\n", "", "line 1, column 2: '' is not a number: the cell is empty"},
    {"1.5,2\n,4\n", "", "line 2, column 1: '' is not a number: the cell is empty"},
    {"1.5,2\nNA,4\n", "", "line 2, column 1: 'NA' is not a number, but a word for a missing one"},
    {"nan,2\n1,2.5\n", "", "line 1, column 1: 'nan' is not a number"},
    {"1.5,inf\n", "", "'inf' is not a number"},
    {"1.5,-Infinity\n", "", "'-Infinity' is not a number"},
    {"1.5,1e39\n", "", "'1e39' is not a number that a float holds"},
    {"1.5,1e999\n", "", "'1e999' is not a number that a float holds"},
    {"1.5,0x10\n", "", "'0x10' is not a number"},
    {"1.5,5%\n", "", "'5%' is not a number"},
    {"1.5,2 # two\n", "", "'2 # two' is not a number"},
    {"1.5,\342\210\2222\n", "", "is not a number"},
    {"1.5,1e\n", "", "'1e' is not a number"},
    {"1.5,--2\n", "", "'--2' is not a number"},
    {"1.5,1.2.3\n", "", "'1.2.3' is not a number"},
    {"1.5,\"2\n", "", "is not a number"},
    {"1.5,\"2\"3\n", "", "is not a number"},
    {"1;1,234,567\n", "", "'1,234,567' is not a number"},
    {"up,down\nuS,uS\n1,2\n", "", "line 2, column 1: 'uS' is not a number"},
    {"g,1,10\n2,3,4\n", "", "line 1, column 1: 'g' is not a number"},
    {"", "", "holds no numbers"},
    {"# nothing\n\n", "", "holds no numbers"},
    {"up,down\n", "", "holds no numbers"},
    {"nan\n", "", "'nan' is not a number"},
    /* an index that is none */
    {",a,b\n3,1,2\n7,3,4\n", "", "column 1 has no name, and is no index that counts up"},
    {",a,b\n0.5,1,2\n1.5,3,4\n", "", "column 1 has no name"},
    /* columns that are not there */
    {"1,2,3\n", "columns=4", "columns=4, but there are 3 columns"},
    {"1,2,3\n", "columns=0", "columns count from 1"},
    {"1,2,3\n", "columns=3-2", "columns count from 1, upwards"},
    {"1,2,3\n", "columns=2,1-2", "names column 2 twice"},
    {"1,2,3\n", "columns=a", "the file has no header"},
    {"a,b\n1,2\n", "columns=c", "no column has this name"},
    {"a,A\n1,2\n", "columns=a", "columns 1 and 2 have this name"},
    {"1,2,3\n", "columns=1,,2", "columns= is a list"},
    {"1,2,3\n", "delimiter=x", "delimiter=x: comma, semicolon, tab, blanks or none"},
    {"1,2,3\n", "decimal=x", "decimal=x: point or comma"},
    {"PK\3\4....", "", "is an archive (.npz, .xlsx)"},
    {"\377\3761", "", "is text in UTF-16"},
};

START_TEST(files_that_are_read)
{
    try_example(&good[_i], true);
}
END_TEST

START_TEST(files_that_are_refused)
{
    try_example(&bad[_i], false);
}
END_TEST

START_TEST(zero_bytes_are_no_text)
{
    aimc_table *t;
    ck_assert_int_eq(read_bytes("1,2\0003", 5, NULL, &t), AIMC_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), "is not text"));
    ck_assert_ptr_null(t);
}
END_TEST

START_TEST(names_are_those_of_the_header)
{
    aimc_table *t;
    const char text[] = ",\"say \"\"up\"\"\",G (uS)\n0,1,2\n1,3,4\n";
    ck_assert_int_eq(read_bytes(text, sizeof text - 1, NULL, &t), AIMC_OK);
    ck_assert_str_eq(aimc_table_get_name(t, 0), "say \"up\"");
    ck_assert_str_eq(aimc_table_get_name(t, 1), "G (uS)");
    ck_assert_ptr_null(aimc_table_get_name(t, 2));
    ck_assert_ptr_null(aimc_table_get_name(NULL, 0));
    double v[2][3];
    ck_assert_int_eq(aimc_table_get_values(t, &v[0][0], 1), AIMC_ERR_SHAPE);
    ck_assert_int_eq(aimc_table_get_values(t, NULL, 3), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_table_get_values(NULL, &v[0][0], 3), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_table_get_values(t, &v[0][0], 3), AIMC_OK);
    ck_assert(v[1][0] == 3 && v[1][1] == 4);
    aimc_table_destroy(t);
}
END_TEST

START_TEST(arguments_are_checked)
{
    aimc_table *t;
    const aimc_table_params p = {.struct_size = 4};
    ck_assert_int_eq(aimc_table_read(ctx, path, NULL, NULL), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_table_read(NULL, path, NULL, &t), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_table_read(ctx, NULL, NULL, &t), AIMC_ERR_INVALID);
    ck_assert_int_eq(aimc_table_read(ctx, path, &p, &t), AIMC_ERR_ABI);
    ck_assert_int_eq(aimc_table_read(ctx, "/no/such/file", NULL, &t), AIMC_ERR_IO);
    ck_assert_ptr_null(t);
    ck_assert_uint_eq(aimc_table_count_rows(NULL) + aimc_table_count_columns(NULL), 0);
    aimc_table_destroy(NULL);
}
END_TEST

/* Numbers mean the same where the program's own decimal sign is a comma. */
static char warning[512];

static void take_warning(void *user, aimc_log_level level, const char *text)
{
    (void)user;
    (void)level;
    snprintf(warning, sizeof warning, "%s", text);
}

/* Three digits after every comma: read as what they are likely to be, but not in silence. */
START_TEST(doubtful_commas_are_told)
{
    static const struct {
        const char *text, *options, *words;
    } files[] = {{"1,215\t-1,087\n", "", "line 1, column 1: '1,215' is read with a decimal comma"},
                 {"1,215\t-1,087\n", "decimal=comma", ""},
                 {"1,215\t-0,087\n", "", ""},
                 {"1,215\t-1,08\n", "", ""},
                 {"0,1,2\n0.5,1.5,2.5\n", "", "the first row, 0, 1, 2 ..., is read as numbers"},
                 {"0,1,2\n3,4,5\n", "", ""},
                 {"a,b,c\n0,1,2\n3,4,5.5\n", "", ""}};
    aimc_context *const quiet = ctx;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.logger.log = take_warning;
    ck_assert_int_eq(aimc_context_create(&p, &ctx), AIMC_OK);
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        aimc_table *t;
        char buffer[128];
        const aimc_table_params params = params_of(files[k].options, buffer);
        warning[0] = '\0';
        ck_assert_int_eq(read_bytes(files[k].text, strlen(files[k].text), &params, &t), AIMC_OK);
        ck_assert_msg(strstr(warning, files[k].words) != NULL, "%s", warning);
        ck_assert_int_eq(warning[0] == '\0', files[k].words[0] == '\0');
        aimc_table_destroy(t);
    }
    aimc_context_destroy(ctx);
    ctx = quiet;
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    if (!aimct_comma_locale())
        return;
    for (size_t k = 0; k < sizeof good / sizeof good[0]; k++) {
        aimc_table *t;
        char buffer[128], found[2000];
        const aimc_table_params p = params_of(good[k].options, buffer);
        const aimc_status st = read_bytes(good[k].text, strlen(good[k].text), &p, &t);
        describe(st, t, found, sizeof found); /* printed with commas */
        for (char *at = found; (at = strchr(at, ',')) != NULL;)
            *at = '.';
        ck_assert_str_eq(found, good[k].expected);
        aimc_table_destroy(t);
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(failing_allocations_leave_nothing)
{
    const char text[] = ",a,\"b\"\n0,1,2.5\n1,3,4\n";
    aimc_table *t;
    aimc_status st = AIMC_ERR_NOMEM;
    ck_assert_int_eq(read_bytes(text, sizeof text - 1, NULL, &t), AIMC_OK);
    aimc_table_destroy(t);
    const size_t live = heap.live_blocks;
    for (size_t n = 1; st == AIMC_ERR_NOMEM; n++) {
        ck_assert_uint_lt(n, 100);
        aimct_heap_fail_at(&heap, n);
        st = aimc_table_read(ctx, path, NULL, &t);
        aimct_heap_fail_at(&heap, 0);
        aimc_table_destroy(t);
        ck_assert_uint_eq(heap.live_blocks, live);
    }
    ck_assert_int_eq(st, AIMC_OK);
}
END_TEST

/* A million rows take one pass over the text for each reading, not for each row. */
START_TEST(long_tables_are_read)
{
    enum { N = 200000 };
    char *const text = malloc((size_t)N * 20);
    size_t n = 0;
    ck_assert_ptr_nonnull(text);
    for (int k = 0; k < N; k++)
        n += (size_t)sprintf(text + n, "%d;%d,%03d\n", k, k % 7, k % 1000);
    aimc_table *t;
    ck_assert_int_eq(read_bytes(text, n, NULL, &t), AIMC_OK);
    ck_assert_uint_eq(aimc_table_count_rows(t), N);
    ck_assert_uint_eq(aimc_table_count_columns(t), 2);
    aimc_table_destroy(t);
    free(text);
}
END_TEST

/* ---- .npy ----------------------------------------------------------------------------------- */

/* A file with this version, header and data. */
static aimc_status read_npy(int version, const char *header, const void *data, size_t size,
                            const char *options, aimc_table **t)
{
    unsigned char bytes[1024] = "\x93NUMPY";
    char buffer[128];
    const aimc_table_params p = params_of(options, buffer);
    const size_t n = strlen(header), start = version == 1 ? 10 : 12;
    bytes[6] = (unsigned char)version;
    bytes[8] = (unsigned char)n;
    memcpy(bytes + start, header, n);
    memcpy(bytes + start + n, data, size);
    return read_bytes(bytes, start + n + size, &p, t);
}

#define HEADER(descr, order, shape)                                                                \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }   \n"

static const struct {
    int version;
    const char *header, *data;
    size_t size;
    const char *options, *expected;
} arrays[] = {
    {1, HEADER("<f4", "False", "(1, 2)"), "\0\0\x80\x3F\0\0\0\xC0", 8, "", "1 -2"},
    {2, HEADER("<f4", "False", "(2,)"), "\0\0\x80\x3F\0\0\0\xC0", 8, "", "1 -2"},
    {3, HEADER(">f4", "False", "(2, 1)"), "\x3F\x80\0\0\xC0\0\0\0", 8, "", "1 | -2"},
    {1, HEADER("<f8", "False", "(1, 1)"), "\0\0\0\0\0\0\xF8\x3F", 8, "", "1.5"},
    {1, HEADER(">f8", "False", "(1, 1)"), "\x3F\xF8\0\0\0\0\0\0", 8, "", "1.5"},
    {1, HEADER("<f2", "False", "(1, 4)"), "\0\x3C\0\xC0\xFF\x7B\x01\0", 8, "",
     "1 -2 65504 5.960464478e-08"},
    {1, HEADER(">f2", "False", "(1, 1)"), "\x35\x55", 2, "", "0.3332519531"},
    {1, HEADER("|i1", "True", "(2, 2)"), "\x01\x02\x03\xFC", 4, "", "1 3 | 2 -4"},
    {1, HEADER("|u1", "False", "(2, 2)"), "\x01\x02\x03\xFC", 4, "", "1 2 | 3 252"},
    {1, HEADER("|b1", "False", "(1, 2)"), "\x01\x00", 2, "", "1 0"},
    {1, HEADER("<i2", "False", "(1, 2)"), "\xFF\xFF\x00\x80", 4, "", "-1 -32768"},
    {1, HEADER(">u2", "False", "(1, 2)"), "\xFF\xFF\x00\x80", 4, "", "65535 128"},
    {1, HEADER("<i4", "False", "(1, 1)"), "\xFE\xFF\xFF\xFF", 4, "", "-2"},
    {1, HEADER(">i8", "False", "(1, 1)"), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE", 8, "", "-2"},
    {1, HEADER("<i8", "False", "(1, 1)"), "\0\0\0\0\0\0\0\x80", 8, "", "-9.223372037e+18"},
    {1, HEADER("<u8", "False", "(1, 1)"), "\0\0\0\0\0\0\0\x80", 8, "", "9.223372037e+18"},
    {1, HEADER("|u1", "False", "(2, 3)"), "\1\2\3\4\5\6", 6, "columns=3,1", "3 1 | 6 4"},
    {1, "{\"shape\": (2L, 1L), \"fortran_order\": False, \"descr\": \"|u1\"}\n", "\1\2", 2, "",
     "1 | 2"},
    /* refused */
    {1, HEADER("<f4", "False", "(1, 2)"), "\0\0\x80\x3F\0\0\0", 7, "", "truncated: 7 bytes"},
    {1, HEADER("<f4", "False", "(1, 1)"), "\0\0\x80\x3F\0", 5, "",
     "1 bytes more than 1 x 1 of <f4"},
    {1, HEADER("<f4", "False", "(9999999999, 9999999999)"), "", 0, "", "truncated"},
    {1, HEADER("<f4", "False", "(99999999999999999999999, 1)"), "", 0, "", "header is not"},
    {1, HEADER("<f4", "False", "(0, 4)"), "", 0, "", "holds no numbers"},
    {1, HEADER("<f4", "False", "()"), "\0\0\0\0", 4, "", "has 0 dimensions"},
    {1, HEADER("<f4", "False", "(1, 1, 1)"), "\0\0\0\0", 4, "", "has 3 dimensions"},
    {1, HEADER("<f4", "False", "(1, 2)"), "\0\0\x80\x3F\0\0\xC0\x7F", 8, "",
     "row 1, column 2: nan"},
    {1, HEADER("<f8", "False", "(1, 1)"), "\0\0\0\0\0\0\xF0\x7E", 8, "", "row 1, column 1"},
    {1, HEADER("<c8", "False", "(1, 1)"), "\0\0\0\0\0\0\0\0", 8, "", "complex numbers (dtype <c8)"},
    {1, HEADER("|O", "False", "(1, 1)"), "", 0, "", "objects (dtype |O)"},
    {1, HEADER("<U3", "False", "(1, 1)"), "", 0, "", "text (dtype <U3)"},
    {1, HEADER("|S3", "False", "(1, 1)"), "", 0, "", "text (dtype |S3)"},
    {1, HEADER("<M8[ns]", "False", "(1, 1)"), "", 0, "", "times (dtype <M8[ns])"},
    {1, HEADER("<f16", "False", "(1, 1)"), "", 0, "", "(dtype <f16)"},
    {1, HEADER("|V4", "False", "(1, 1)"), "", 0, "", "records (dtype |V4)"},
    {1, "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (3,), }\n", "", 0,
     "", "records (dtype [('a', '<f4'), ('b', '<i4')])"},
    {1, "{'descr': '<f4', 'shape': (3,), }\n", "", 0, "", "header is not what numpy writes"},
    {1, "not a dictionary\n", "", 0, "", "header is not what numpy writes"},
    {4, HEADER("<f4", "False", "(1, 1)"), "\0\0\0\0", 4, "", "version 4.0"},
    {1, HEADER("|u1", "False", "(1, 1)"), "\1", 1, "columns=2", "there are 1 columns"},
    {1, HEADER("|u1", "False", "(1, 1)"), "\1", 1, "columns=a", "no header"},
};

START_TEST(arrays_are_read_or_refused)
{
    aimc_table *t;
    char found[2000];
    const aimc_status st = read_npy(arrays[_i].version, arrays[_i].header, arrays[_i].data,
                                    arrays[_i].size, arrays[_i].options, &t);
    describe(st, t, found, sizeof found);
    aimc_table_destroy(t);
    if (st == AIMC_OK)
        ck_assert_str_eq(found, arrays[_i].expected);
    else
        ck_assert_msg(strstr(found, arrays[_i].expected) != NULL, "%s", found);
}
END_TEST

START_TEST(cut_arrays_are_refused)
{
    const char header[] = HEADER("<f4", "False", "(1, 2)");
    char bytes[10 + sizeof header - 1 + 8] = "\x93NUMPY\1";
    bytes[8] = (char)(sizeof header - 1);
    memcpy(bytes + 10, header, sizeof header - 1);
    for (size_t n = 6; n <= sizeof bytes; n++) {
        aimc_table *t;
        const aimc_status st = read_bytes(bytes, n, NULL, &t);
        ck_assert_int_eq(st, n == sizeof bytes ? AIMC_OK : AIMC_ERR_FORMAT);
        aimc_table_destroy(t);
    }
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("table");
    TCase *const t = aimct_case(s, "table");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, files_that_are_read, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(t, files_that_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(t, zero_bytes_are_no_text);
    tcase_add_test(t, names_are_those_of_the_header);
    tcase_add_test(t, arguments_are_checked);
    tcase_add_test(t, doubtful_commas_are_told);
    tcase_add_test(t, the_locale_does_not_matter);
    tcase_add_test(t, failing_allocations_leave_nothing);
    tcase_add_test(t, long_tables_are_read);
    tcase_add_loop_test(t, arrays_are_read_or_refused, 0, sizeof arrays / sizeof arrays[0]);
    tcase_add_test(t, cut_arrays_are_refused);
    return aimct_main(s);
}
