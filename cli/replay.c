/*
 * replay.c: `elman replay`: a training run that broke, done again from its last
 * checkpoint to the step that broke, to the same bits.
 */
#include "replay.h"
#include "commands.h"
#include "record.h"
#include "screen.h"
#include "source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct replay_values {
    const char *data;
    uint64_t until, threads;
} replay_values;

#define AT(field) offsetof(replay_values, field)

static const option_row options[] = {
    {.name = "data",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(data),
     .common = true,
     .help = "where the run's data is now, if not where it was"},
    {.name = "until",
     .type = OPTION_COUNT,
     .value = "STEP",
     .field = AT(until),
     .range = {1, 1e15},
     .common = true,
     .help = "show that optimizer step, of those behind the checkpoint, "
             "instead of how the run broke"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(threads),
     .fallback = "(as in the run)",
     .range = {1, MOST_THREADS},
     .help = "threads, which change no bit"},
    {0},
};

/* A run that is done again. */
typedef struct replaying {
    const replay_values *values;
    const char *path;
    elman_replay *replay;
    char **words;
    parsed_line line; /* of the run */
    elman_dataset *dataset;
    elman_model *model;
    elman_trainer_config config;
    elman_trainer *trainer;
    elman_updates *updates;
    elman_trace *trace;
} replaying;

/* ---- The run, made once more --------------------------------------------- */

/* Parses the words of the run as they were typed then. */
static int read_words(replaying *r)
{
    global_values ignored = {0};
    size_t count = r->replay->word_count;
    r->words = calloc(count + 1, sizeof *r->words);
    if (!r->words) return failed("out of memory");
    for (size_t n = 0; n < count; n++)
        r->words[n] = (char *)(uintptr_t)r->replay->words[n];
    if (count < 2 || strcmp(r->words[0], "train") != 0)
        return failed("'%s' does not say by which 'elman train' it began",
                      r->path);

    r->line.argc = (int)count;
    r->line.argv = r->words;
    return options_parse((int)count, r->words, &train_command, &ignored,
                         &r->line);
}

/* Opens the data, which must be that of the run. */
static int open_data(replaying *r)
{
    train_values *values = r->line.values;
    if (r->values->threads) values->threads = r->values->threads;
    if (r->values->data)
        r->line.operands[0] = (char *)(uintptr_t)r->values->data;
    const char *path = r->line.operands[0];
    if (source_is_pipe(path) && !r->values->data)
        return misused("the run read its data from a pipe; give it again, as a "
                       "file, by --data");

    int code = setup_data(&r->line, &r->dataset);
    if (code) {
        if (!r->values->data)
            note("if the data is somewhere else now: elman replay %s --data "
                 "FILE",
                 shell_quoted(r->path));
        return code;
    }

    /* what is read of it decides, not its name */
    uint64_t hash;
    if (elman_dataset_read_hash(r->dataset, &hash) != ELMAN_OK)
        return library_failed();
    if (hash == r->replay->data) return 0;
    return failed("'%s' is not the data of the run: what is read of it has the "
                  "hash %016llx, but had %016llx; give the data as it was then "
                  "by --data",
                  path, (unsigned long long)hash,
                  (unsigned long long)r->replay->data);
}

static int open_run(replaying *r)
{
    if (elman_replay_open(r->path, &r->replay) != ELMAN_OK)
        return library_failed();
    const elman_replay *replay = r->replay;
    uint64_t until = r->values->until;
    if (until && (until <= replay->begin || until > replay->step + 1))
        return misused("--until is %llu, expected %llu to %llu: a step behind "
                       "the checkpoint, up to the one in which the run broke",
                       (unsigned long long)until,
                       (unsigned long long)replay->begin + 1,
                       (unsigned long long)replay->step + 1);

    /* as the run was made, but with the weights of its checkpoint */
    int code = read_words(r);
    if (!code) code = open_data(r);
    if (!code) code = setup_trainer(&r->line, r->dataset, &r->config);
    if (code) return code;
    if (elman_replay_create_model(replay, &r->model) != ELMAN_OK)
        return failed("%s: %s", r->path, elman_message());
    if (elman_trainer_create(r->model, r->dataset, &r->config, &r->trainer) !=
            ELMAN_OK ||
        elman_trainer_load(r->trainer, r->path) != ELMAN_OK)
        return library_failed();
    return 0;
}

static void close_run(replaying *r)
{
    elman_trace_destroy(r->trace);
    elman_updates_end(r->updates);
    elman_trainer_destroy(r->trainer);
    elman_model_destroy(r->model);
    elman_dataset_close(r->dataset);
    free((void *)(uintptr_t)r->config.loss.class_weights);
    if (r->line.command) options_close(&r->line);
    free(r->words);
    elman_replay_close(r->replay);
}

/* ---- Its steps ----------------------------------------------------------- */

/* Takes steps until the trainer has done so many, or until the one that broke,
 * which is traced. The last one is measured. */
static int run_until(replaying *r, uint64_t step)
{
    const elman_progress *progress = elman_trainer_progress(r->trainer);
    uint64_t broke = r->replay->step;
    while (progress->step < step) {
        bool last = progress->step + 1 == step;
        if (progress->step % 16 == 0 && screen.live && !screen.quiet) {
            char line[100];
            snprintf(line, sizeof line, "step %s of %s",
                     with_commas(progress->step), with_commas(broke));
            live_line(line);
        }

        /* the one that is to be shown is measured */
        if (last && step <= broke &&
            elman_updates_begin(r->trainer, &r->updates) != ELMAN_OK)
            return library_failed();
        elman_status status = r->updates ? elman_updates_step(r->updates)
                                         : elman_trainer_step(r->trainer);
        if (status == ELMAN_OK) continue;
        if (status != ELMAN_NOT_FINITE || progress->step != broke)
            return library_failed();
        if (elman_trace_create(r->trainer, &r->trace) != ELMAN_OK)
            return library_failed();
        break;
    }
    live_line("");
    return 0;
}

/* Whether the run broke as it did then. */
static int check_trace(const replaying *r)
{
    const elman_replay *replay = r->replay;
    uint64_t step = replay->step + 1;

    /* neither can happen if 'elman verify' finds nothing wrong */
    if (!r->trace)
        return failed("step %s did not fail again, although its data is the "
                      "same; the bits of this machine differ: elman verify",
                      with_commas(step));
    if (r->trace->weights != replay->weights)
        return failed("step %s failed again, but with other weights: their "
                      "hash is %016llx and was %016llx; the bits of this "
                      "machine differ: elman verify",
                      with_commas(step), (unsigned long long)r->trace->weights,
                      (unsigned long long)replay->weights);
    return 0;
}

/* ---- Output -------------------------------------------------------------- */

static const char *begin_describe(const replaying *r)
{
    static char text[80];
    if (r->replay->begin == 0) return "its first weights";
    snprintf(text, sizeof text, "the checkpoint of step %s",
             with_commas(r->replay->begin));
    return text;
}

static void show_run(const replaying *r)
{
    printf("%-12selman", "run");
    for (size_t n = 0; n < r->replay->word_count; n++)
        printf(" %s", shell_quoted(r->replay->words[n]));
    printf("\n%-12s%s, whose hash is %016llx as then\n", "data",
           printable(r->line.operands[0]), (unsigned long long)r->replay->data);
    printf("%-12s%s\n", "from", begin_describe(r));
}

static void show_trace(const replaying *r)
{
    show_run(r);

    /* what is as it was, and the chain */
    printf("%-12sstep %s, epoch %s, from weights whose hash is %016llx as "
           "then\n\n",
           "broke in", with_commas(r->trace->step + 1),
           with_commas(r->trace->epoch + 1),
           (unsigned long long)r->trace->weights);
    for (size_t n = 0; n < r->trace->count; n++)
        printf("%3zu  %s\n", n + 1, printable(r->trace->links[n].text));

    /* and where to look next */
    if (r->replay->step == r->replay->begin) return;
    printf("\nthe step before: elman replay %s --until %llu",
           shell_quoted(r->path), (unsigned long long)r->replay->step);
    if (r->values->data) printf(" --data %s", shell_quoted(r->values->data));
    putchar('\n');
}

static void record_trace(const replaying *r)
{
    /* hashes are texts: no number of JSON holds 64 bits */
    char hash[20];
    record out = record_begin(stdout);
    record_text(&out, "replay", r->path);
    record_count(&out, "begin", r->replay->begin);
    record_count(&out, "step", r->trace->step + 1);
    record_count(&out, "epoch", r->trace->epoch + 1);
    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)r->trace->weights);
    record_text(&out, "weights", hash);

    record_open(&out, "norms", '[');
    for (size_t n = 0; n < r->trace->norm_count; n++)
        record_number(&out, NULL, r->trace->norms[n]);
    record_close(&out, ']');
    record_open(&out, "links", '[');
    for (size_t n = 0; n < r->trace->count; n++)
        record_text(&out, NULL, r->trace->links[n].text);
    record_close(&out, ']');
    record_end(&out);
}

/* What one step did. */
static void show_step(const replaying *r)
{
    const elman_progress *p = elman_trainer_progress(r->trainer);
    const elman_updates *u = r->updates;

    /* the step as a whole */
    show_run(r);
    printf("%-12s%s of %s, loss %s, learning rate %s\n", "step",
           with_commas(p->step), with_commas(r->replay->step + 1),
           significant(p->last.loss, 6), significant(p->learning_rate, 4));
    printf("%-12s%s%s%s\n", "|gradient|", significant(u->norm, 6),
           u->clipped ? ", clipped to " : "",
           u->clipped ? significant(u->limit, 4) : "");
    if (u->level[0])
        printf("%-12s%s at the sum of gate %s of %s, unit %zu, step %zu of "
               "sequence %zu\n",
               "largest", significant(u->largest, 4), u->gate, u->level,
               u->unit, u->step, u->sequence);
    printf("%-12s%016llx after the step\n", "weights",
           (unsigned long long)elman_model_read_hash(r->model));

    /* level by level, parameter by parameter */
    printf("\n%-28s%12s%12s\n", "level", "|gradient|", "saturated");
    for (size_t n = 0; n < u->level_count; n++)
        printf("%-28s%12s%11s%s\n", u->levels[n].name,
               significant(u->levels[n].norm, 4),
               significant(100 * u->levels[n].saturation, 3),
               isnan(u->levels[n].saturation) ? "" : "%");
    printf("\n%-28s%12s%12s%12s\n", "parameter", "|gradient|", "share",
           "change");
    for (size_t n = 0; n < u->count; n++)
        printf("%-28s%12s%11.1f%%%12s\n", printable(u->updates[n].name),
               significant(u->updates[n].norm, 4), 100 * u->updates[n].share,
               significant(u->updates[n].ratio, 3));
}

static void record_step(const replaying *r)
{
    char hash[20];
    const elman_progress *p = elman_trainer_progress(r->trainer);
    const elman_updates *u = r->updates;
    record out = record_begin(stdout);
    record_text(&out, "replay", r->path);
    record_count(&out, "step", p->step);
    record_number(&out, "loss", p->last.loss);
    record_number(&out, "learning_rate", p->learning_rate);
    record_number(&out, "norm", u->norm);
    record_flag(&out, "clipped", u->clipped);

    /* as in record_trace */
    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)elman_model_read_hash(r->model));
    record_text(&out, "weights", hash);

    record_open(&out, "levels", '[');
    for (size_t n = 0; n < u->level_count; n++) {
        record_open(&out, NULL, '{');
        record_text(&out, "name", u->levels[n].name);
        record_number(&out, "norm", u->levels[n].norm);
        record_number(&out, "saturation", u->levels[n].saturation);
        record_close(&out, '}');
    }
    record_close(&out, ']');
    record_open(&out, "parameters", '[');
    for (size_t n = 0; n < u->count; n++) {
        record_open(&out, NULL, '{');
        record_text(&out, "name", u->updates[n].name);
        record_number(&out, "norm", u->updates[n].norm);
        record_number(&out, "share", u->updates[n].share);
        record_number(&out, "ratio", u->updates[n].ratio);
        record_close(&out, '}');
    }
    record_close(&out, ']');
    record_end(&out);
}

/* ---- The command --------------------------------------------------------- */

static int replay_run(replaying *r)
{
    int code = open_run(r);
    if (code) return code;
    uint64_t until = r->values->until;
    bool step = until && until <= r->replay->step;
    code = run_until(r, step ? until : r->replay->step + 1);
    if (code) return code;

    if (step) {
        if (screen.json) record_step(r);
        else show_step(r);
        return EXIT_DONE;
    }
    code = check_trace(r);
    if (code) return code;
    if (screen.json) record_trace(r);
    else show_trace(r);
    return EXIT_DONE;
}

static int replay(const parsed_line *arguments)
{
    replaying r = {.values = arguments->values, .path = arguments->operands[0]};
    int code = replay_run(&r);
    close_run(&r);
    return code;
}

static const example examples[] = {
    {"elman replay input.safetensors.replay",
     "how a loss that is NaN or infinite came about"},
    {"elman replay input.safetensors.replay --until 120",
     "what step 120 did to each parameter"},
    {"elman replay input.safetensors.replay --data ../input.txt",
     "the same on another machine"},
    {NULL, NULL},
};

const command_row replay_command = {
    .name = "replay",
    .summary = "repeat a training run that broke, and show why",
    .operands = "FILE",
    .description =
        "When the loss or the gradient of a run is no longer finite, 'elman "
        "train' stops and writes FILE, named after the model with .replay at "
        "its end: the last checkpoint or, if there was none, the first "
        "weights; the command; and hashes of the data and of the weights "
        "before the step that broke. 'elman replay' trains from there again, "
        "to the same bits on any machine and with any number of threads, and "
        "prints the chain of values that led to the loss: how gradients grew, "
        "the first value that was NaN or infinite, and what it spoilt after "
        "that.\n"
        "Data is looked for where it was, from the same folder; --data says "
        "where it is now. Data of another hash is refused, and so is a file "
        "that another version of elman wrote. Of many runs (--sweep, --seeds, "
        "--folds) none writes such a file; train the one that broke alone.",
    .json = true,
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(replay_values),
    .run = replay,
};
