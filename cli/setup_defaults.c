/*
 * setup_defaults.c: defaults of `elman train` that depend on the task and on
 * how much data there is. docs/studies/defaults.md tells how they were found.
 */
#include "train.h"

/* Sequences from which on a step takes more of them: many small steps learn
 * more from little data, large ones use the processor better. */
enum { MANY_SEQUENCES = 1000, SMALL_BATCH = 8 };

/* Up to this many steps the last one remembers the whole sequence. */
enum { SHORT_SEQUENCE = 50 };

/* The longer the sequences are to classify, the longer a run takes to learn:
 * optimizer steps for each step of the longest one, within bounds. */
enum { STEPS_A_STEP = 20, FEWEST_STEPS = 600, MOST_STEPS = 3000 };

/* What a task starts from. */
typedef struct task_defaults {
    uint64_t least_steps;
    double rate, decay;
    bool whole; /* one answer for a whole sequence, which may be read from both
                   ends, by small steps */
} task_defaults;

/* The row of a task, the first where it is still open. */
static const task_defaults *defaults_of(elman_task task)
{
    static const task_defaults list[] = {
        [ELMAN_TASK_AUTO] = {1000, 0.002, 0, false},
        [ELMAN_TASK_LANGUAGE] = {1000, 0.004, 0, false},
        [ELMAN_TASK_CLASSIFY] = {FEWEST_STEPS, 0.003, 0.1, true},
        [ELMAN_TASK_TAG] = {1000, 0.002, 0, false},
        [ELMAN_TASK_FORECAST] = {600, 0.004, 1, false},
        [ELMAN_TASK_REGRESS] = {300, 0.003, 0.1, true},
        [ELMAN_TASK_TRACK] = {1000, 0.002, 0, false},
    };
    return &list[task];
}

uint64_t least_steps(elman_task task, size_t longest)
{
    uint64_t least = defaults_of(task)->least_steps;
    if (task != ELMAN_TASK_CLASSIFY) return least;

    size_t capped = longest < MOST_STEPS ? longest : MOST_STEPS;
    uint64_t wanted = (uint64_t)capped * STEPS_A_STEP;
    if (wanted > MOST_STEPS) return MOST_STEPS;
    return wanted > least ? wanted : least;
}

double task_rate(elman_task task) { return defaults_of(task)->rate; }

double task_decay(elman_task task) { return defaults_of(task)->decay; }

void settle_direction(const parsed_line *arguments)
{
    train_values *values = arguments->values;
    if (option_given(arguments, "bidirectional")) return;

    /* both ways, unless something else is asked for */
    values->bidirectional = defaults_of((elman_task)values->task)->whole &&
                            !values->reverse && !values->no_bidirectional;
}

void settle_pool(const parsed_line *arguments, const elman_dataset *dataset)
{
    train_values *values = arguments->values;
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    if (encoding->task != ELMAN_TASK_CLASSIFY ||
        option_given(arguments, "pool"))
        return;

    if (encoding->input_size > 1) values->pool = POOL_MAX;
    else if (elman_dataset_longest(dataset) <= SHORT_SEQUENCE)
        values->pool = POOL_LAST;
}

void settle_batch(const parsed_line *arguments, const elman_dataset *dataset)
{
    train_values *values = arguments->values;
    if (option_given(arguments, "batch")) return;

    /* small steps for little data */
    size_t sequences = elman_dataset_size(dataset, ELMAN_PART_TRAIN);
    if (defaults_of((elman_task)values->task)->whole &&
        sequences < MANY_SEQUENCES)
        values->batch = SMALL_BATCH;
}
