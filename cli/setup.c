/*
 * setup.c: turns the options of `elman train` into the configs of the library.
 */
#include "first_pass.h"
#include "cells.h"
#include "continued.h"
#include "train.h"
#include "network.h"
#include "reading.h"
#include "screen.h"
#include "system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value that the library refuses is wrong use, everything else a failure. */
int setup_refused(elman_status status)
{
    const char *message = with_options(elman_message());
    return status == ELMAN_BAD_VALUE ? misused("%s", message)
                                     : failed("%s", message);
}

/* The word of a choice option's value. */
static const char *choice_of(const parsed_line *arguments, const char *name)
{
    static char words[2][32];
    static int turn;
    const option_row *row =
        option_named(arguments->command, name, strlen(name));
    const char *values = arguments->values;
    turn = !turn;
    return choice_word(row->value, *(const int *)(values + row->field),
                       words[turn], sizeof words[turn]);
}

static bool has_classes(elman_task task)
{
    return task == ELMAN_TASK_LANGUAGE || task == ELMAN_TASK_CLASSIFY ||
           task == ELMAN_TASK_TAG;
}

/* Settles and checks the loss for the task. */
static int setup_loss(const parsed_line *arguments)
{
    train_values *values = arguments->values;
    bool classes = has_classes((elman_task)values->task);
    if (values->loss == LOSS_AUTO)
        values->loss = classes ? LOSS_CROSS_ENTROPY : LOSS_SQUARED;

    if (classes != (values->loss == LOSS_CROSS_ENTROPY))
        return misused("--loss %s is for %s, but the task is %s",
                       choice_of(arguments, "loss"),
                       classes ? "values" : "classes",
                       choice_of(arguments, "task"));

    if (values->loss == LOSS_BINARY && !values->no_scaling)
        return misused(
            "--loss bce requires --no-scaling, as its targets are from 0 to 1");
    return 0;
}

/* The data refuses what does not apply to it, so it gets only what was on the
 * command line. */
static size_t given_count(const parsed_line *arguments, const char *name,
                          uint64_t value)
{
    return option_given(arguments, name) ? (size_t)value : 0;
}

/* A part of the data, as --name gives it: a share of all, or a file of its
 * own. */
static int read_part(const char *text, const char *name, double *share,
                     const char **path)
{
    if (!text) return 0;
    char *end;
    double part = strtod(text, &end);
    bool percent = end > text && !strcmp(end, "%");
    if (percent && !path_exists(text))
        return misused("--%s expects a share from 0 to below 1, or a file, "
                       "found '%s'; as a share it is --%s %g",
                       name, text, name, part / 100);
    if (*end) *path = text;
    else if (!(part >= 0 && part < 1))
        return misused("--%s expects a share from 0 to below 1, or a file, "
                       "found '%s'",
                       name, text);
    else *share = part;
    return 0;
}

int setup_data(const parsed_line *arguments, elman_dataset **dataset)
{
    train_values *values = arguments->values;
    elman_dataset_config config = {
        .task = (elman_task)values->task,
        .unit = (elman_unit)values->unit,
        .seed = values->seed,
        .min_count = given_count(arguments, "min-count", values->min_count),
        .target = values->target,
        .columns = values->columns,
        .window = given_count(arguments, "window", values->window),
        .horizon = given_count(arguments, "horizon", values->horizon),
        .no_scaling = values->no_scaling,
        .folds = (size_t)values->folds,
        .fold = (size_t)values->fold,
    };

    /* zero of an option that was not given leaves the choice to the data */
    values->reading.memory = values->memory;
    int code = reading_fill(&values->reading, &config);
    config.transform = values->transform;
    if (!code)
        code = read_part(values->validation, "validation", &config.validation,
                         &config.validation_path);
    if (!code)
        code = read_part(values->test, "test", &config.test, &config.test_path);
    if (code) return code;
    if (option_given(arguments, "validation") && !config.validation_path &&
        config.validation == 0)
        config.validation = -1;

    elman_dataset *opened = NULL;
    elman_status status = data_open(arguments->operands[0], &config, &opened);
    if (status != ELMAN_OK) return setup_refused(status);

    /* the data settles what was left open */
    const elman_encoding *encoding = elman_dataset_encoding(opened);
    values->task = (int)encoding->task;
    char task[32];
    snprintf(task, sizeof task, "%s", choice_of(arguments, "task"));
    options_settle(arguments, task);
    values->task = (int)encoding->task;
    values->unit = (int)encoding->unit;

    settle_direction(arguments);
    settle_pool(arguments, opened);
    code = setup_loss(arguments);
    if (!code) code = options_check(arguments);
    if (!code) code = inherit_check(arguments);
    if (code) elman_dataset_close(opened);
    else *dataset = opened;
    return code;
}

static elman_layer recurrent_layer(const train_values *values)
{
    elman_layer layer = {
        .kind = cell_at(values->cell),
        .num_layers = (size_t)values->layers,
        .proj_size = (size_t)values->proj,
        .nonlinearity = values->nonlinearity ? ELMAN_ACTIVATION_RELU
                                             : ELMAN_ACTIVATION_DEFAULT,
        .no_bias = values->no_bias,
        .reverse = values->reverse,
        .bidirectional = values->bidirectional,
        .merge = (elman_merge)values->merge,
        .peephole = values->peephole,
        .coupled = values->coupled,
        .clip = (float)values->clip_gates,
        .reset_before = values->reset_before,
        .learned_state = values->learned_state,
        .variational = values->variational,
        .recurrent_dropout = (float)values->recurrent_dropout,
        .zoneout = (float)values->zoneout,
        .zoneout_cell = (float)values->zoneout_cell,
        .init_ih = values->init,
        .init_hh = values->init_hidden,
        .init_bias = values->init_bias,
        .forget_bias = (float)values->forget_bias,
        .chrono = (float)values->chrono,
    };

    /* one size for all levels, or one for each */
    const option_sizes *hidden = &values->hidden;
    if (hidden->count > 1) {
        layer.num_layers = hidden->count;
        for (size_t n = 0; n < hidden->count; n++)
            layer.hidden_sizes[n] = hidden->sizes[n];
    } else layer.hidden_size = hidden->sizes[0];
    /* a single level has no output between levels */
    if (layer.num_layers > 1) layer.dropout = (float)values->dropout;
    else layer.variational = false;
    return layer;
}

/* Before a large file is read: the gradients of the recurrent weights alone are
 * more than --memory. Of a small one the number that is enough is told at once,
 * when it has been read. */
int setup_check_memory(const parsed_line *arguments)
{
    static const double LARGE = 64e6;
    const train_values *values = arguments->values;
    const char *data = arguments->operands[0];
    path_facts file;
    if (!values->memory || values->init_from || !path_look(data, &file) ||
        !file.file || file.bytes < LARGE)
        return 0;

    /* what cannot be made is refused with the data, by its own sentence */
    elman_model *least = NULL;
    const elman_config config = {
        .input_size = 1,
        .layers = {recurrent_layer(values),
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    if (elman_model_create(&config, &least) != ELMAN_OK) return 0;
    double bytes = (double)elman_model_read_info(least).weight_count * 4;
    elman_model_destroy(least);
    if ((double)values->memory >= bytes) return 0;
    return misused("--memory is %s, but the gradients of this network alone "
                   "take %s, whatever is in '%s', which was not read: expected "
                   "some times as many, or a smaller network (--hidden)",
                   with_bytes((double)values->memory), with_bytes(bytes), data);
}

/* One vector from all steps of a sequence. */
static elman_layer pool_layer(const train_values *values)
{
    static const elman_pool pools[] = {[POOL_MEAN] = ELMAN_POOL_MEAN,
                                       [POOL_MAX] = ELMAN_POOL_MAX,
                                       [POOL_ATTENTION] = ELMAN_POOL_ATTENTION};
    bool ends_early = values->reverse || values->bidirectional;
    elman_last last = ends_early ? ELMAN_LAST_FINAL : ELMAN_LAST_STEP;
    if (values->pool == POOL_LAST)
        return (elman_layer){.kind = ELMAN_LAST, .last = last};

    elman_layer layer = {.kind = ELMAN_POOL, .pool = pools[values->pool]};
    if (layer.pool == ELMAN_POOL_ATTENTION) {
        layer.init_ih = values->init;
        layer.init_bias = values->init_bias;
    }
    return layer;
}

/* embedding, recurrent, last or pool, norm, dropout, linear: those the task
 * needs. */
static void fill_layers(const train_values *values,
                        const elman_encoding *encoding, elman_layer *layer)
{
    elman_task task = encoding->task;
    if (task == ELMAN_TASK_LANGUAGE)
        *layer++ = (elman_layer){.kind = ELMAN_EMBEDDING,
                                 .num_embeddings = encoding->vocabulary,
                                 .embedding_dim = (size_t)values->embedding};

    *layer++ = recurrent_layer(values);

    /* what the task asks for: the end of a sequence, or each of its steps */
    bool one = false; /* output for a whole sequence */
    size_t outputs = elman_encoding_outputs(encoding, &one);
    if (one) *layer++ = pool_layer(values);

    if (values->layer_norm) *layer++ = (elman_layer){.kind = ELMAN_LAYER_NORM};
    if (values->dropout > 0)
        *layer++ = (elman_layer){.kind = ELMAN_DROPOUT,
                                 .dropout = (float)values->dropout,
                                 .variational = values->variational && !one};
    *layer = (elman_layer){.kind = ELMAN_LINEAR,
                           .output_size = outputs,
                           .no_bias = values->no_bias};
}

/* What the options ask for and the task cannot have. */
static int check_fit(const parsed_line *arguments,
                     const elman_encoding *encoding)
{
    const train_values *values = arguments->values;
    bool one = false;
    elman_encoding_outputs(encoding, &one);

    if (values->bidirectional && values->no_bidirectional)
        return misused("--bidirectional and --no-bidirectional are both given");

    if (values->hidden.count > 1 && option_given(arguments, "layers") &&
        values->layers != values->hidden.count)
        return misused("--layers %llu does not fit --hidden, which lists %zu "
                       "sizes",
                       (unsigned long long)values->layers,
                       values->hidden.count);

    if (encoding->task == ELMAN_TASK_LANGUAGE &&
        (values->bidirectional || values->reverse))
        return misused(
            "--%s does not fit the task language: the model would see the "
            "next token",
            values->reverse ? "reverse" : "bidirectional");

    for (size_t n = 0; values->proj && n < values->hidden.count; n++)
        if (values->proj >= values->hidden.sizes[n])
            return misused("--proj is %llu, expected less than --hidden %zu",
                           (unsigned long long)values->proj,
                           values->hidden.sizes[n]);

    /* each direction ends at another step: once merged they cannot be told
     * apart, and at the last step the reverse one has read that step only */
    if (values->bidirectional && values->merge != ELMAN_MERGE_CONCAT && one &&
        values->pool == POOL_LAST)
        return misused("--merge %s joins the directions step by step, but the "
                       "task %s takes where each of them ends; expected "
                       "--merge concat, or --pool mean, which takes all steps",
                       choice_of(arguments, "merge"),
                       task_word(encoding->task));
    return 0;
}

int setup_model(const parsed_line *arguments, const elman_dataset *dataset,
                elman_model **model)
{
    const train_values *values = arguments->values;
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    int code = check_fit(arguments, encoding);
    if (code) return code;

    elman_config config = {.seed = values->seed};
    if (encoding->task != ELMAN_TASK_LANGUAGE)
        config.input_size = encoding->input_size;

    fill_layers(values, encoding, config.layers);
    network from = {0};
    if (values->init_from)
        code = inherit_layers(arguments, dataset, &from, &config);
    if (code) {
        network_close(&from);
        return code;
    }

    /* the model file records how data is encoded, and the loss */
    elman_model *made = NULL;
    elman_status status = elman_model_create(&config, &made);
    if (status == ELMAN_OK)
        status = elman_model_write_note(made, "encoding",
                                        elman_dataset_note(dataset));
    if (status == ELMAN_OK)
        status =
            elman_model_write_note(made, "loss", choice_of(arguments, "loss"));
    if (status != ELMAN_OK) code = setup_refused(status);
    if (!code && values->init_from)
        code = inherit_weights(&from, encoding, made);

    network_close(&from);
    if (code) elman_model_destroy(made);
    else *model = made;
    return code;
}
