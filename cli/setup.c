/*
 * setup.c: turns the options of `elman train` into the configs of the library.
 */
#include "cells.h"
#include "train.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Indices of the choices of --loss. */
enum {
    LOSS_AUTO,
    LOSS_CROSS_ENTROPY,
    LOSS_SQUARED,
    LOSS_HUBER = 4,
    LOSS_BINARY
};

/* The library's message about data, with options where it names fields. */
static const char *with_options(const char *message)
{
    static const char *const names[][2] = {
        {"unit bytes", "--unit bytes"},
        {"unit is given", "--unit is given"},
        {"min_count is", "--min-count is"},
        {"validation_path is given", "--validation FILE is given"},
        {"target_path is given", "--target-file is given"},
        {"target is given", "--target is given"},
        {"columns is given", "--columns is given"},
        {"window is given", "--window is given"},
        {"horizon is given", "--horizon is given"},
        {"no_scaling is given", "--no-scaling is given"},
    };
    static char text[1024];

    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const char *at = strstr(message, names[n][0]);
        if (!at || (at > message && at[-1] != ' ')) continue;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - message), message,
                 names[n][1], at + strlen(names[n][0]));
        return text;
    }
    return message;
}

/* A value that the library refuses is wrong use, everything else a failure. */
static int refused(elman_status status)
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

int setup_data(const parsed_line *arguments, elman_dataset **dataset)
{
    train_values *values = arguments->values;
    elman_dataset_config config = {
        .task = (elman_task)values->task,
        .unit = (elman_unit)values->unit,
        .seed = values->seed,
        .min_count = given_count(arguments, "min-count", values->min_count),
        .target_path = values->target_file,
        .target = values->target,
        .columns = values->columns,
        .window = given_count(arguments, "window", values->window),
        .horizon = given_count(arguments, "horizon", values->horizon),
        .no_scaling = values->no_scaling,
    };

    /* a share of the data, or a file of its own */
    char *end;
    double part = strtod(values->validation, &end);
    if (*end) config.validation_path = values->validation;
    else if (!(part >= 0 && part < 1))
        return misused("--validation expects a share from 0 to below 1, or a "
                       "file, found '%s'",
                       values->validation);
    else config.validation = part > 0 ? part : -1;

    elman_dataset *opened = NULL;
    elman_status status =
        elman_dataset_open(arguments->operands[0], &config, &opened);
    if (status != ELMAN_OK) return refused(status);

    /* the data settles what was left open */
    const elman_encoding *encoding = elman_dataset_encoding(opened);
    values->task = (int)encoding->task;
    char task[32];
    snprintf(task, sizeof task, "%s", choice_of(arguments, "task"));
    options_settle(arguments, task);
    values->task = (int)encoding->task;
    values->unit = (int)encoding->unit;

    int code = setup_loss(arguments);
    if (!code) code = options_check(arguments);
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

/* embedding, recurrent, last, norm, dropout, linear: those the task needs. */
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
    bool ends_early = values->reverse || values->bidirectional;
    if (one)
        *layer++ = (elman_layer){.kind = ELMAN_LAST,
                                 .last = ends_early ? ELMAN_LAST_FINAL
                                                    : ELMAN_LAST_STEP};

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
    if (values->bidirectional && values->merge != ELMAN_MERGE_CONCAT && one)
        return misused("--merge %s joins the directions step by step, but the "
                       "task %s takes where each of them ends; only concat "
                       "keeps that",
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

    /* the model file records how data is encoded, and the loss */
    elman_model *made = NULL;
    elman_status status = elman_model_create(&config, &made);
    if (status == ELMAN_OK)
        status = elman_model_write_note(made, "encoding",
                                        elman_dataset_note(dataset));
    if (status == ELMAN_OK)
        status =
            elman_model_write_note(made, "loss", choice_of(arguments, "loss"));
    if (status == ELMAN_OK) {
        *model = made;
        return 0;
    }

    code = refused(status);
    elman_model_destroy(made);
    return code;
}

/* "1,2,0.5" into one weight per class. */
static int setup_class_weights(const train_values *values, size_t classes,
                               const float **class_weights)
{
    float *weights = calloc(classes + 1, sizeof *weights);
    if (!weights) return failed("out of memory");

    /* each number ends at a comma or at the end */
    size_t count = 0;
    const char *at = values->class_weights;
    for (bool more = true; more; count++) {
        char *end;
        double weight = strtod(at, &end);
        more = *end == ',';
        if (end == at || (*end && !more) || !(weight >= 0 && weight < 1e30)) {
            free(weights);
            return misused(
                "--class-weights expects numbers of at least 0 separated by "
                "commas, found '%s'",
                values->class_weights);
        }
        if (count < classes) weights[count] = (float)weight;
        at = end + more;
    }

    if (count != classes) {
        free(weights);
        return misused("--class-weights expects %zu numbers, one for each "
                       "class, found %zu",
                       classes, count);
    }

    *class_weights = weights; /* lives as long as the process */
    return 0;
}

/* What the library could not tell from an option that was not given. */
static int check_optimizer(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    if (option_given(arguments, "initial-accumulator") &&
        values->initial_accumulator == 0 &&
        values->flavour == ELMAN_FLAVOUR_KERAS)
        return misused("--initial-accumulator expects a number above 0 with "
                       "--flavour keras, whose default is 0.1");
    return 0;
}

/* Whether the backward passes fit the windows. */
static int check_truncation(const train_values *values)
{
    unsigned long long k1 = values->k1, k2 = values->k2;
    if (k1 == 0 || k2 <= k1) return 0;
    if (k2 % k1)
        return misused("--k2 is %llu, expected at most --k1 %llu or a multiple "
                       "of it",
                       k2, k1);
    if (values->fresh_state)
        return misused("--k2 %llu goes back beyond a window of --k1 %llu "
                       "steps, but --fresh-state starts each window anew",
                       k2, k1);
    return 0;
}

static elman_optimizer_config optimizer_config(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    elman_rule rule = (elman_rule)values->optimizer;
    double rate = values->lr;
    if (rate == 0 && (rule == ELMAN_RULE_ADAM || rule == ELMAN_RULE_ADAMW))
        rate = 0.002;

    /* an option that the rule does not have is 0: a given one was refused */
    return (elman_optimizer_config){
        .rule = rule,
        .flavour = (elman_flavour)values->flavour,
        .learning_rate = rate,
        .momentum = values->momentum,
        .dampening = values->dampening,
        .nesterov = values->nesterov,
        .beta1 = values->beta1,
        .beta2 = values->beta2,
        .alpha = values->alpha,
        .epsilon = values->epsilon,
        .weight_decay = values->weight_decay,
        .no_weight_decay = rule == ELMAN_RULE_ADAMW &&
                           option_given(arguments, "weight-decay") &&
                           values->weight_decay == 0,
        .lr_decay = values->lr_decay,
        .initial_accumulator = values->initial_accumulator,
        .centered = values->centered,
        .amsgrad = values->amsgrad,
        .clip_norm = values->clip_norm,
        .clip_value = values->clip_value,
    };
}

/* Optimizer steps of an epoch: a batch of whole sequences is cut into windows
 * of k1 steps. */
static int epoch_steps(const train_values *values, const elman_dataset *dataset,
                       uint64_t *steps)
{
    elman_loader_config config = {.part = ELMAN_PART_TRAIN,
                                  .batch_size = (size_t)values->batch,
                                  .steps = (size_t)values->k1};
    elman_loader *loader = NULL;
    if (elman_loader_create(dataset, &config, &loader) != ELMAN_OK)
        return library_failed();
    *steps = elman_loader_size(loader);
    elman_loader_destroy(loader);

    uint64_t longest = elman_dataset_longest(dataset);
    if (values->k1 && longest > values->k1)
        *steps *= (longest + values->k1 - 1) / values->k1;
    return 0;
}

static int setup_schedule(const train_values *values,
                          const elman_dataset *dataset,
                          elman_schedule_config *schedule)
{
    *schedule = (elman_schedule_config){
        .kind = (elman_schedule_kind)values->schedule,
        .warmup = (size_t)values->warmup,
        .period = (size_t)values->period,
        .patience = (size_t)values->plateau_patience,
        .gamma = values->gamma,
        .minimum = values->minimum_lr,
    };

    if (schedule->kind == ELMAN_SCHEDULE_PLATEAU && values->gamma >= 1)
        return misused("--gamma is %g, expected less than 1 with --schedule "
                       "plateau",
                       values->gamma);

    /* a period that was left open */
    if (values->period) return 0;
    if (schedule->kind == ELMAN_SCHEDULE_STEP) schedule->period = 10;
    if (schedule->kind != ELMAN_SCHEDULE_COSINE) return 0;

    /* cosine: what is left of the whole run after the warmup */
    uint64_t steps = 0;
    int code = epoch_steps(values, dataset, &steps);
    if (code) return code;
    steps *= values->epochs;
    if (values->steps && (!steps || values->steps < steps))
        steps = values->steps;
    if (steps == 0)
        return misused(
            "--schedule cosine requires --period, --epochs or --steps");

    bool rises = steps > values->warmup;
    schedule->period = (size_t)(rises ? steps - values->warmup : steps);
    return 0;
}

int setup_trainer(const parsed_line *arguments, const elman_dataset *dataset,
                  elman_trainer_config *config)
{
    train_values *values = arguments->values;
    int code = check_optimizer(arguments);
    if (!code) code = check_truncation(values);
    if (code) return code;
    values->threads = (uint64_t)threads_to_use(values->threads);

    *config = (elman_trainer_config){
        .optimizer = optimizer_config(arguments),
        .loss = {.kind = (elman_loss_kind)(values->loss - 1),
                 .has_ignored = option_given(arguments, "ignore-index"),
                 .ignore_index = (int32_t)values->ignore_index,
                 .label_smoothing = values->label_smoothing,
                 .delta = values->loss == LOSS_HUBER ? values->huber_delta : 0},
        .batch_size = (size_t)values->batch,
        .k1 = (size_t)values->k1,
        .k2 = (size_t)values->k2,
        .fresh_state = values->fresh_state,
        .in_order = values->no_shuffle,
        .no_buckets = values->no_buckets,
        .epochs = values->epochs,
        .steps = values->steps,
        .evaluate_every = values->evaluate_every,
        .patience = values->patience,
        .threads = (int)values->threads,
        .seed = values->seed,
        .profile = values->profile,
    };

    /* the schedule needs to know how long the run is */
    code = setup_schedule(values, dataset, &config->schedule);
    if (code || !values->class_weights) return code;
    size_t classes =
        elman_encoding_outputs(elman_dataset_encoding(dataset), NULL);
    return setup_class_weights(values, classes, &config->loss.class_weights);
}
