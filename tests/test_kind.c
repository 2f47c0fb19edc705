/*
 * test_kind.c: the list of kinds is whole, every kind can be trained, saved and
 * described by it, and a kind that an exporter does not know is refused before
 * anything is written.
 */
#include "check.h"
#include "folder.h"

#include "base/kind.h"
#include "cell/cell.h"
#include "format/file.h"
#include "model/config_fields.h"
#include "model/model.h"

#include <unistd.h>

static bool next_kind(elman_kind_info *info)
{
    return elman_kind_read((elman_kind)(info->kind + 1), info) == ELMAN_OK;
}

/* A model of one layer of a kind that reads x, with as little set as it takes;
 * behind another where it needs one; NULL for an embedding. */
static elman_model *make(const elman_kind_info *info)
{
    elman_model *model = NULL;
    elman_config config = {.input_size = 3, .layers = {{.kind = info->kind}}};
    elman_layer *l = config.layers;
    if (info->family == ELMAN_FAMILY_EMBEDDING) return NULL;
    if (info->family == ELMAN_FAMILY_RECURRENT) l->hidden_size = 5;
    if (info->family == ELMAN_FAMILY_LINEAR) l->output_size = 2;
    if (info->kind == ELMAN_ACTIVATION)
        l->activation.kind = ELMAN_ACTIVATION_ELU;
    if (info->family == ELMAN_FAMILY_REPEAT) {
        l[1] = (elman_layer){.kind = info->kind, .repeats = 4};
        l[0].kind = ELMAN_LAST;
    }
    CHECK_OK(elman_model_create(&config, &model));
    return model;
}

TEST(kinds_are_numbered_without_a_gap_and_called_by_words_of_their_own)
{
    elman_kind_info info = {.kind = ELMAN_END};
    size_t count = 1;
    for (; next_kind(&info); count++) {
        CHECK(kind_named(info.word) == info.kind, "%s is two kinds", info.word);
        CHECK(info.title[0] && info.prefix[0], "%s has no name", info.word);
        CHECK(info.family >= ELMAN_FAMILY_RECURRENT &&
                  info.family <= ELMAN_FAMILY_REPEAT,
              "%s is of no family", info.word);
        CHECK((info.family == ELMAN_FAMILY_RECURRENT) == (info.gate_count > 0),
              "%s and its gates", info.word);
    }
    assert_int_equal(count, kind_count());
    assert_int_equal(kind_named("no such kind"), ELMAN_END);
}

TEST(what_is_not_a_kind_reports_the_range_and_leaves_info)
{
    elman_kind_info info = {.word = "mine"}, before = info;
    CHECK_FAILS(elman_kind_read(ELMAN_END, &info), ELMAN_BAD_VALUE,
                "kind is 0, expected 1 to ");
    CHECK_FAILS(elman_kind_read((elman_kind)1000, &info), ELMAN_BAD_VALUE,
                "kind is 1000, expected 1 to ");
    CHECK_FAILS(elman_kind_read((elman_kind)-1, &info), ELMAN_BAD_VALUE,
                "expected 1 to ");
    CHECK_FAILS(elman_kind_read(ELMAN_LSTM, NULL), ELMAN_BAD_VALUE, "info");
    assert_memory_equal(&info, &before, sizeof info);
}

TEST(kinds_read_fields_of_a_layer_and_each_field_has_a_reader)
{
    bool read[LAYER_FIELDS] = {false};
    elman_kind_info info = {.kind = ELMAN_END};
    while (next_kind(&info))
        for (const char *const *field = info.fields; *field; field++) {
            size_t i = 0;
            while (i < LAYER_FIELDS && strcmp(layer_fields[i].name, *field))
                i++;
            CHECK(i < LAYER_FIELDS, "%s reads %s", info.word, *field);
            read[i] = true;
        }
    for (size_t i = 2; i < LAYER_FIELDS; i++) /* after kind and name */
        CHECK(read[i], "no kind reads %s", layer_fields[i].name);
}

TEST(a_field_that_a_kind_does_not_read_is_refused_by_name)
{
    elman_kind_info info = {.kind = ELMAN_END};
    while (next_kind(&info))
        for (size_t i = 2; i < LAYER_FIELDS; i++) {
            const config_field *f = layer_fields + i;
            elman_config config = {.input_size = 3,
                                   .layers = {{.kind = info.kind}}};
            elman_model *model = NULL;
            char want[200];
            if (kind_has_field(info.kind, f->name)) continue;
            if (info.family == ELMAN_FAMILY_EMBEDDING) config.input_size = 0;
            memset((char *)config.layers + f->at, 1, 1);
            snprintf(want, sizeof want,
                     "(%s): %s is set, but the kind %s has none", info.title,
                     f->name, info.title);
            CHECK_FAILS(elman_model_create(&config, &model), ELMAN_BAD_VALUE,
                        want);
        }
}

TEST(gates_are_as_many_as_the_blocks_of_their_weights)
{
    elman_kind_info info = {.kind = ELMAN_END};
    while (next_kind(&info)) {
        if (info.family != ELMAN_FAMILY_RECURRENT) continue;
        elman_model *model = make(&info);
        elman_const_tensor weight;
        CHECK(elman_model_parameter(model, 0, &weight), "%s", info.word);
        assert_int_equal(weight.shape[0], 5 * info.gate_count);
        for (size_t g = 0; g < info.gate_count; g++)
            CHECK(info.gates[g] && info.gates[g][0], "%s: gate %zu", info.word,
                  g);

        /* weight_hh comes next, if there is one */
        const char *name = elman_model_parameter(model, 1, &weight);
        bool has_weight = name && strstr(name, "weight_hh");
        CHECK(has_weight == (info.recurrence != ELMAN_RECURRENCE_NONE),
              "%s: %s", info.word, name);
        if (has_weight)
            assert_int_equal(weight.rank,
                             info.recurrence == ELMAN_RECURRENCE_MATRIX ? 2
                                                                        : 1);
        elman_model_destroy(model);
    }
}

/* Exports to a path that must not come to be. */
static void check_refused(const elman_model *model, elman_export_format format,
                          const char *part)
{
    const char *path = in_folder("refused");
    char lines[1000];
    CHECK_FAILS(elman_model_export(model, format, path), ELMAN_BAD_VALUE, part);
    CHECK(access(path, F_OK) != 0, "%s was written", path);
    CHECK_FAILS(elman_export_lines(model, format, path, sizeof lines, lines),
                ELMAN_BAD_VALUE, part);
}

/* A kind that no exporter knows: planted in a model that was made. */
TEST(a_kind_that_no_exporter_knows_is_refused_before_anything_is_written)
{
    static const elman_kind planted[] = {(elman_kind)99, (elman_kind)63};
    elman_config config = {
        .input_size = 3,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .name = "first"}}};
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        elman_model *model = NULL;
        CHECK_OK(elman_model_create(&config, &model));
        model->config.layers[0].kind = planted[i];
        model->layers[0].config.kind = planted[i];
        check_refused(model, ELMAN_EXPORT_TORCH,
                      "the layer first is of the kind unknown");
        check_refused(model, ELMAN_EXPORT_ONNX,
                      "the layer first is of the kind unknown");
        elman_model_destroy(model);
    }
}

/* What torch.nn and ONNX have is exported; the rest is refused by its title,
 * and elman's own format keeps it. */
TEST(every_kind_is_exported_or_refused_and_always_saved)
{
    elman_kind_info info = {.kind = ELMAN_END};
    while (next_kind(&info)) {
        elman_model *model = make(&info), *back = NULL;
        const char *path = in_folder("own.safetensors");
        if (!model) continue;

        /* elman's own file */
        CHECK_OK(elman_model_save(model, path));
        CHECK_OK(elman_model_load(path, &back));
        const elman_layer *l = elman_model_config(back)->layers;
        assert_int_equal(l[l[1].kind != ELMAN_END].kind, info.kind);
        elman_model_destroy(back);

        /* the others: a file or a refusal, never both */
        for (int format = ELMAN_EXPORT_TORCH; format <= ELMAN_EXPORT_ONNX;
             format++) {
            const char *out = in_folder("out");
            elman_status status =
                elman_model_export(model, (elman_export_format)format, out);
            CHECK((status == ELMAN_OK) == (access(out, F_OK) == 0),
                  "%s: status %d", info.word, (int)status);
            unlink(out);
        }
        elman_model_destroy(model);
    }
}

/* ---- The page ------------------------------------------------------------ */

/* The row of the config's tables whose first cell has `word`, after a place;
 * NULL if there is none. */
static const char *find_row(const char *from, const char *word, char *row,
                            size_t room)
{
    char quoted[60];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    for (const char *at = from; (at = strstr(at, "\n| "));) {
        const char *line = ++at, *end = strchr(line, '\n');
        const char *cell = strstr(line, " | ");
        const char *found = strstr(line, quoted);
        if (!end || !cell || !found || found > cell) continue;
        snprintf(row, room, "%.*s", (int)(end - line), line);
        return line;
    }
    return NULL;
}

static void check_has(const char *row, const char *word, const char *of)
{
    char quoted[60];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    CHECK(strstr(row, quoted), "FORMATS.md lacks %s of %s", quoted, of);
}

/* Every field that a row names is one of the kind's. */
static void check_fields_are(const elman_kind_info *info, const char *row)
{
    const char *cell = strrchr(row, '|');
    while (cell > row && cell[-1] != '|')
        cell--;
    for (const char *at = strchr(cell, '`'); at; at = strchr(at, '`')) {
        char field[40];
        int bytes = (int)strcspn(at + 1, "`");
        snprintf(field, sizeof field, "%.*s", bytes, at + 1);
        CHECK(kind_has_field(info->kind, field), "%s has no field %s",
              info->word, field);
        at += bytes + 2;
    }
}

TEST(the_page_on_formats_lists_every_kind_field_and_word_of_a_config)
{
    char *page = NULL, row[800], every[800], path[500];
    size_t bytes;
    int folder = (int)(strlen(__FILE__) - strlen("tests/test_kind.c"));
    snprintf(path, sizeof path, "%.*sdocs/FORMATS.md", folder, __FILE__);
    CHECK_OK(file_read(path, &page, &bytes));
    const char *config = strstr(page, "### The config");
    const char *kinds = config ? strstr(config, "| `kind` | is") : NULL;
    const char *fields = kinds ? strstr(kinds, "| field | is;") : NULL;
    CHECK(fields, "FORMATS.md has no section on the config");
    const char *shared = strstr(kinds, "| every recurrent one");
    CHECK(shared && shared < fields, "no row of %s", "every recurrent kind");
    snprintf(every, sizeof every, "%.*s", (int)strcspn(shared, "\n"), shared);

    elman_kind_info info = {.kind = ELMAN_END};
    while (next_kind(&info)) {
        CHECK(find_row(kinds, info.word, row, sizeof row) < fields &&
                  find_row(kinds, info.word, row, sizeof row),
              "FORMATS.md lacks the kind %s", info.word);
        check_fields_are(&info, row);
        bool walks = info.family == ELMAN_FAMILY_RECURRENT;
        if (walks) check_fields_are(&info, every);
        for (const char *const *f = info.fields; *f; f++) {
            char both[1700];
            snprintf(both, sizeof both, "%s%s", row, walks ? every : "");
            check_has(both, *f, info.word);
        }
    }

    /* fields, and the words that they may be */
    for (size_t i = 1; i < LAYER_FIELDS; i++) {
        const config_field *f = layer_fields + i;
        CHECK(find_row(fields, f->name, row, sizeof row),
              "FORMATS.md lacks the field %s", f->name);
        bool listed = f->words && f->type != ACTIVATIONS;
        for (size_t n = 0; listed && f->words[n]; n++)
            if (*f->words[n] && (n || f->type != ACTIVATION))
                check_has(row, f->words[n], f->name);
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_page_on_formats_lists_every_kind_field_and_word_of_a_config),
        cmocka_unit_test(
            kinds_are_numbered_without_a_gap_and_called_by_words_of_their_own),
        cmocka_unit_test(what_is_not_a_kind_reports_the_range_and_leaves_info),
        cmocka_unit_test(
            kinds_read_fields_of_a_layer_and_each_field_has_a_reader),
        cmocka_unit_test(a_field_that_a_kind_does_not_read_is_refused_by_name),
        cmocka_unit_test(gates_are_as_many_as_the_blocks_of_their_weights),
        cmocka_unit_test(
            a_kind_that_no_exporter_knows_is_refused_before_anything_is_written),
        cmocka_unit_test(every_kind_is_exported_or_refused_and_always_saved),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
