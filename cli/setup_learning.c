/*
 * setup_learning.c: turns the options of `elman train` that say how it learns
 * into the trainer's config: loss, optimizer, schedule, length.
 */
#include "ranks.h"
#include "train.h"
#include "classes.h"
#include "network.h"
#include "screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each class's share of all: n / (classes n_c) of n targets, n_c of them of the
 * class; 0 of a class that does not occur. */
static int balance(const train_values *values, const elman_dataset *dataset,
                   size_t classes, float *weights)
{
    uint64_t *counts = calloc(classes + 1, sizeof *counts), all = 0;
    if (!counts) return failed("out of memory");
    int code =
        classes_count(dataset, ELMAN_PART_TRAIN, (size_t)values->batch, counts);

    for (size_t k = 0; k < classes; k++)
        all += counts[k];
    for (size_t k = 0; k < classes; k++)
        if (counts[k])
            weights[k] =
                (float)((double)all / (double)classes / (double)counts[k]);
    free(counts);
    return code;
}

/* "1,2,0.5" or "balanced" into one weight per class. */
static int setup_class_weights(const train_values *values,
                               const elman_dataset *dataset,
                               const float **class_weights)
{
    size_t classes =
        elman_encoding_outputs(elman_dataset_encoding(dataset), NULL);
    float *weights = calloc(classes + 1, sizeof *weights);
    if (!weights) return failed("out of memory");
    if (!strcmp(values->class_weights, "balanced")) {
        *class_weights = weights; /* lives as long as the process */
        return balance(values, dataset, classes, weights);
    }

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
                "commas, or balanced, found '%s'",
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

/* A number that may be 0, for the library, whose 0 is the default. */
static double number_or_default(double number)
{
    return isnan(number) ? 0 : number;
}

static elman_optimizer_config optimizer_config(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    elman_rule rule = (elman_rule)values->optimizer;
    double rate = values->lr;
    if (rate == 0 && (rule == ELMAN_RULE_ADAM || rule == ELMAN_RULE_ADAMW))
        rate = task_rate((elman_task)values->task);
    double decay = values->weight_decay;
    if (rule == ELMAN_RULE_ADAMW && values->flavour == ELMAN_FLAVOUR_TORCH &&
        !option_given(arguments, "weight-decay"))
        decay = task_decay((elman_task)values->task);

    /* an option that the rule does not have is 0: a given one was refused */
    return (elman_optimizer_config){
        .rule = rule,
        .flavour = (elman_flavour)values->flavour,
        .learning_rate = rate,
        .momentum = values->momentum,
        .dampening = values->dampening,
        .nesterov = values->nesterov,
        .beta1 = number_or_default(values->beta1),
        .beta2 = number_or_default(values->beta2),
        .alpha = number_or_default(values->alpha),
        .epsilon = number_or_default(values->epsilon),
        .no_beta1 = values->beta1 == 0,
        .no_beta2 = values->beta2 == 0,
        .no_alpha = values->alpha == 0,
        .no_epsilon = values->epsilon == 0,
        .weight_decay = decay,
        .no_weight_decay = rule == ELMAN_RULE_ADAMW &&
                           option_given(arguments, "weight-decay") &&
                           values->weight_decay == 0,
        .lr_decay = values->lr_decay,
        .initial_accumulator = values->initial_accumulator,
        .no_initial_accumulator =
            option_given(arguments, "initial-accumulator") &&
            values->initial_accumulator == 0,
        .centered = values->centered,
        .amsgrad = values->amsgrad,
        .no_bias_decay = values->no_bias_decay,
        .clip_norm = values->clip_norm,
        .clip_value = values->clip_value,
    };
}

/* Whether there is a decay for --no-bias-decay to leave anything out of. */
static int check_decay(const elman_optimizer_config *c)
{
    bool own = c->rule == ELMAN_RULE_ADAMW && !c->no_weight_decay;
    if (!c->no_bias_decay || c->weight_decay > 0 || own) return 0;
    return misused("--no-bias-decay is given, but no weight decays: expected "
                   "--weight-decay above 0");
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

/* How long the run is, where that was left open. */
static int setup_length(const parsed_line *arguments,
                        const elman_dataset *dataset)
{
    train_values *values = arguments->values;

    /* a text has no sequences: whole are the streams that it is cut into */
    bool is_text = values->task == ELMAN_TASK_LANGUAGE;
    size_t tokens = elman_dataset_size(dataset, ELMAN_PART_TRAIN);
    if (is_text && values->k1 == 0 && tokens > values->batch)
        values->k1 = (tokens - 1) / values->batch;

    /* little data makes few steps an epoch, and learning takes steps */
    bool given =
        option_given(arguments, "epochs") || option_given(arguments, "steps");
    uint64_t steps = 0;
    int code = epoch_steps(values, dataset, &steps);
    if (code) return code;
    uint64_t least =
        least_steps((elman_task)values->task, elman_dataset_longest(dataset));
    if (!given && steps && values->epochs * steps < least)
        values->epochs = (least + steps - 1) / steps;

    /* a length that was asked for is run out */
    if (option_given(arguments, "steps") && !option_given(arguments, "epochs"))
        values->epochs = 0;

    /* a rate that falls to the end needs one */
    if (!values->epochs && !values->steps && !values->period &&
        !option_given(arguments, "schedule"))
        values->schedule = ELMAN_SCHEDULE_CONSTANT;
    bool whole = values->schedule == ELMAN_SCHEDULE_COSINE &&
                 !option_given(arguments, "period");
    if ((given || whole) && !option_given(arguments, "patience"))
        values->patience = (option_wait){0};
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

    if (steps > values->warmup) steps -= values->warmup;
    if (steps > SIZE_MAX)
        return misused("--schedule cosine over %" PRIu64 " steps is more than "
                       "a machine of 32 bits can count: use --period",
                       steps);
    schedule->period = (size_t)steps;
    return 0;
}

int setup_trainer(const parsed_line *arguments, const elman_dataset *dataset,
                  elman_trainer_config *config)
{
    train_values *values = arguments->values;
    int code = check_truncation(values);
    if (code) return code;
    values->threads = (uint64_t)threads_to_use(values->threads);
    settle_batch(arguments, dataset);
    code = setup_length(arguments, dataset);
    if (code) return code;

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
        .patience = values->patience.evaluations,
        .patience_steps = values->patience.steps,
        .frozen = values->freeze,
        .threads = (int)values->threads,
        .seed = values->seed,
        .profile = values->profile,
        .transport = rank_transport(),
        .budget = (size_t)values->memory,
    };

    /* the schedule needs to know how long the run is */
    code = check_decay(&config->optimizer);
    if (!code) code = setup_schedule(values, dataset, &config->schedule);
    if (code || !values->class_weights) return code;
    return setup_class_weights(values, dataset, &config->loss.class_weights);
}
