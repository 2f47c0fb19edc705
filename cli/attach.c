/*
 * attach.c: see attach.h.
 */
#include "attach.h"
#include "attach_lists.h"
#include "cells.h"
#include "network.h"
#include "rebuild.h"
#include "screen.h"
#include "system.h"
#include "texts.h"

#include <stdlib.h>
#include <string.h>

const char attach_tasks[] = "none|language|classify|tag|forecast|regress|track";
const char attach_units[] = "auto|bytes|characters|words";

/* What is attached, and to what. */
typedef struct attachment {
    const attach_values *values;
    const char *source;
    elman_task task;
    elman_model_info size;
    text_list tokens, labels;
    scale_list inputs, targets;
    size_t target_count;
} attachment;

/* ---- What goes with what ------------------------------------------------- */

/* The model must read tokens or values, and give one answer or one each step.
 */
static int check_kind(const attachment *a)
{
    /* texts have tokens, as classes may, and one answer is not many */
    bool text = a->task == ELMAN_TASK_LANGUAGE;
    bool one = a->task == ELMAN_TASK_CLASSIFY ||
               a->task == ELMAN_TASK_FORECAST || a->task == ELMAN_TASK_REGRESS;
    const char *word = task_word(a->task);

    if (text && !a->size.vocabulary)
        return misused("--as language is for models that read tokens, and '%s' "
                       "reads %zu values a step; --as classify, tag, forecast, "
                       "regress or track are for values",
                       a->source, a->size.input_size);
    bool classes = a->task == ELMAN_TASK_CLASSIFY || a->task == ELMAN_TASK_TAG;
    if (!text && !classes && a->size.vocabulary)
        return misused("--as %s is for models that read values, and '%s' reads "
                       "tokens of %zu; 'elman predict' takes their numbers "
                       "without --as",
                       word, a->source, a->size.vocabulary);
    if (classes && a->values->encoding && !a->size.vocabulary)
        return misused("--encoding is for models that read tokens, and '%s' "
                       "reads %zu values a step",
                       a->source, a->size.input_size);
    if (classes && a->values->scaling && a->size.vocabulary)
        return misused("--scaling is for models that read values, and '%s' "
                       "reads tokens of %zu",
                       a->source, a->size.vocabulary);
    if (one != a->size.per_sequence)
        return misused(one ? "--as %s is for one answer to a sequence, and "
                             "'%s' gives one at each step; --as %s is for "
                             "those, or --layers with 'last' at its place"
                           : "--as %s is for an answer at each step, and '%s' "
                             "gives one to a sequence; --as %s is for those",
                       word, a->source,
                       a->task == ELMAN_TASK_CLASSIFY ? "tag"
                       : a->task == ELMAN_TASK_TAG    ? "classify"
                       : one                          ? "track"
                                                      : "regress");
    return 0;
}

/* A list must be as long as what it names. */
static int check_count(const attachment *a, const char *path, size_t count,
                       const char *what, size_t expected, const char *of)
{
    if (count == expected) return 0;
    return misused("'%s' has %zu %s, but %s of '%s' has %zu", path, count, what,
                   of, a->source, expected);
}

/* ---- What the files say -------------------------------------------------- */

static int read_tokens(attachment *a)
{
    const char *path = a->values->encoding;
    size_t V = a->size.vocabulary, O = a->size.output_size;
    if (!path)
        return misused(
            "--as %s%s requires --encoding FILE, "
            "one token a line in the order of the embedding's %zu "
            "rows, or --encoding bytes",
            task_word(a->task),
            a->task == ELMAN_TASK_LANGUAGE ? "" : " of a model of tokens", V);

    int code = strcmp(path, "bytes") == 0
                   ? bytes_list(&a->tokens)
                   : text_list_read(path, true, &a->tokens);
    if (!code)
        code =
            check_count(a, path, a->tokens.count, "tokens", V, "the embedding");
    if (!code && a->task == ELMAN_TASK_LANGUAGE)
        code = check_count(a, path, a->tokens.count, "tokens", O, "the output");
    return code;
}

static int read_labels(attachment *a)
{
    const char *path = a->values->labels;
    if (!path)
        return misused("--as %s requires --labels FILE, one class a line in "
                       "the order of the %zu outputs",
                       task_word(a->task), a->size.output_size);
    int code = text_list_read(path, false, &a->labels);
    return code ? code
                : check_count(a, path, a->labels.count, "labels",
                              a->size.output_size, "the output");
}

/* Means and scales of inputs and targets, 0 and 1 where no file has them. */
static int read_scales(attachment *a)
{
    const attach_values *values = a->values;
    size_t inputs = a->size.input_size;
    int code = scale_list_read(values->scaling, inputs, &a->inputs);
    if (!code && values->scaling)
        code = check_count(a, values->scaling, a->inputs.count, "lines", inputs,
                           "the input");
    if (code || !a->target_count) return code;

    code =
        scale_list_read(values->target_scaling, a->target_count, &a->targets);
    return code || !values->target_scaling
               ? code
               : check_count(a, values->target_scaling, a->targets.count,
                             "lines", a->target_count, "the output");
}

/* A forecast: how many steps, of columns that have names. */
static int read_window(attachment *a)
{
    const attach_values *values = a->values;
    size_t horizon = values->horizon ? (size_t)values->horizon : 1;
    size_t outputs = a->size.output_size;
    if (!values->window)
        return misused("--as forecast requires --window, the steps that '%s' "
                       "reads",
                       a->source);
    if (outputs % horizon)
        return misused("--horizon is %zu, and the %zu outputs of '%s' are no "
                       "multiple of it",
                       horizon, outputs, a->source);
    a->target_count = outputs / horizon;
    if (!values->scaling || !values->target_scaling)
        return misused("--as forecast requires --scaling and --target-scaling, "
                       "which name the columns: NAME,MEAN,SCALE on each line");
    return 0;
}

static int read_files(attachment *a)
{
    bool classes = a->task == ELMAN_TASK_CLASSIFY || a->task == ELMAN_TASK_TAG;
    if (a->task == ELMAN_TASK_LANGUAGE) return read_tokens(a);

    int code = classes ? read_labels(a) : 0;
    if (!code && a->size.vocabulary) return read_tokens(a);
    if (!classes) a->target_count = a->size.output_size;
    if (!code && a->task == ELMAN_TASK_FORECAST) code = read_window(a);
    if (!code) code = read_scales(a);
    if (code || a->task != ELMAN_TASK_FORECAST) return code;

    /* a table is read by the names of its columns */
    const scale_list *unnamed = !a->inputs.named    ? &a->inputs
                                : !a->targets.named ? &a->targets
                                                    : NULL;
    return unnamed ? misused("'%s' has no names of columns: NAME,MEAN,SCALE "
                             "on each line",
                             unnamed == &a->inputs ? a->values->scaling
                                                   : a->values->target_scaling)
                   : 0;
}

/* ---- The model ----------------------------------------------------------- */

/* Data comes steps first, and classes are read from what softmax is of. */
static int settle_model(const attachment *a, elman_model **model)
{
    elman_config config = *elman_model_config(*model);
    elman_layer *last = find_softmax(&config, false);
    bool classes = a->tokens.count || a->labels.count;
    if (classes && last) {
        note("the softmax at the end is left out, as what it is of is read");
        *last = (elman_layer){0};
    }
    if (!(classes && last) && !config.batch_first) return 0;
    config.batch_first = false;
    return model_rebuild(&config, model);
}

/* ---- The note ------------------------------------------------------------ */

static void write_texts(record *out, const char *key, const text_list *list)
{
    record_open(out, key, '[');
    for (size_t n = 0; n < list->count; n++)
        record_text(out, NULL, list->texts[n]);
    record_close(out, ']');
}

static void write_numbers(record *out, const char *key, const double *numbers,
                          size_t count)
{
    record_open(out, key, '[');
    for (size_t n = 0; n < count; n++) {
        char text[32];
        snprintf(text, sizeof text, "%.17g", numbers[n]);
        record_raw(out, NULL, text);
    }
    record_close(out, ']');
}

static void write_scales(record *out, const scale_list *list, bool target)
{
    write_numbers(out, target ? "target_mean" : "mean", list->mean,
                  list->count);
    write_numbers(out, target ? "target_scale" : "scale", list->scale,
                  list->count);
    if (list->named)
        write_texts(out, target ? "target_names" : "columns", &list->names);
}

static void write_language(record *out, const attachment *a)
{
    static const char *const units[] = {"auto", "bytes", "characters", "words"};
    bool bytes = a->values->encoding && !strcmp(a->values->encoding, "bytes");
    int unit = bytes                           ? 1
               : a->values->unit               ? a->values->unit
               : is_all_characters(&a->tokens) ? 2
                                               : 3;
    record_text(out, "unit", units[unit]);
    if (unit > 1) {
        write_texts(out, "tokens", &a->tokens);
        if (unit == 3 && !has_blanks(&a->tokens))
            record_flag(out, "bare", true);
        return;
    }

    /* bytes are numbers */
    record_open(out, "tokens", '[');
    for (size_t n = 0; n < a->tokens.count; n++)
        record_count(out, NULL, (unsigned char)a->tokens.texts[n][0]);
    record_close(out, ']');
}

static void write_note(FILE *file, const attachment *a)
{
    const attach_values *values = a->values;
    record out = record_begin(file);
    record_count(&out, "version", 1);
    record_text(&out, "task", task_word(a->task));
    if (a->task == ELMAN_TASK_LANGUAGE) write_language(&out, a);
    if (a->labels.count) write_texts(&out, "labels", &a->labels);
    if (a->inputs.count) write_scales(&out, &a->inputs, false);
    if (a->targets.count) write_scales(&out, &a->targets, true);

    if (a->task == ELMAN_TASK_FORECAST) {
        record_count(&out, "window", values->window);
        record_count(&out, "horizon", values->horizon ? values->horizon : 1);
    }
    record_end(&out);
}

/* The note must be one that the library reads. */
static int attach_note(const attachment *a, elman_model *model)
{
    text_stream stream;
    elman_encoding *encoding = NULL;
    if (!text_open(&stream)) return failed("out of memory");
    write_note(stream.file, a);
    if (!text_close(&stream)) return failed("out of memory");

    int code = 0;
    if (elman_encoding_create(stream.text, &encoding) != ELMAN_OK)
        code = failed("%s%s%s", a->values->encoding ? a->values->encoding : "",
                      a->values->encoding ? ": " : "", elman_message());
    else if (elman_model_write_note(model, "encoding", stream.text) != ELMAN_OK)
        code = library_failed();
    elman_encoding_destroy(encoding);
    free(stream.text);
    return code;
}

/* A model of tokens that gives classes: which tokens, and which classes. */
static int attach_texts(const attachment *a, elman_model *model)
{
    text_stream tokens, labels;
    if (!text_open(&tokens)) return failed("out of memory");
    record out = record_begin(tokens.file);
    record_count(&out, "version", 1);
    record_text(&out, "task", task_word(ELMAN_TASK_LANGUAGE));
    write_language(&out, a);
    record_end(&out);
    if (!text_close(&tokens)) return failed("out of memory");
    if (!text_open(&labels)) {
        free(tokens.text);
        return failed("out of memory");
    }
    for (size_t n = 0; n < a->labels.count; n++)
        fprintf(labels.file, "%s%s", n ? "\n" : "", a->labels.texts[n]);

    /* the tokens must be such as the library reads */
    elman_encoding *encoding = NULL;
    int code = text_close(&labels) ? 0 : failed("out of memory");
    if (!code && elman_encoding_create(tokens.text, &encoding) != ELMAN_OK)
        code = failed("%s: %s", a->values->encoding, elman_message());
    else if (!code && (elman_model_write_note(model, tokens_note,
                                              tokens.text) != ELMAN_OK ||
                       elman_model_write_note(model, labels_note,
                                              labels.text) != ELMAN_OK))
        code = library_failed();
    elman_encoding_destroy(encoding);
    free(tokens.text);
    free(labels.text);
    return code;
}

int attach(const attach_values *values, const char *source, elman_model **model)
{
    attachment a = {.values = values,
                    .source = source,
                    .task = (elman_task)values->task,
                    .size = elman_model_read_info(*model)};
    if (!values->task) return 0;

    int code = check_kind(&a);
    if (!code) code = read_files(&a);
    if (!code) code = settle_model(&a, model);
    bool texts = a.labels.count && a.tokens.count;
    if (!code)
        code = texts ? attach_texts(&a, *model) : attach_note(&a, *model);
    text_list_free(&a.tokens);
    text_list_free(&a.labels);
    scale_list_free(&a.inputs);
    scale_list_free(&a.targets);
    return code;
}
