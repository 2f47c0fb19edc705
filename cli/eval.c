/*
 * eval.c: `elman eval`: how good a model is on data it may not have seen.
 */
#include "commands.h"
#include "network.h"
#include "report.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>

typedef struct eval_values {
    const char *target_file;
    uint64_t batch, k1, threads;
    bool fresh_state, confusion;
} eval_values;

#define AT(field) offsetof(eval_values, field)

static const option_row options[] = {
    {.name = "target-file",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(target_file),
     .fallback = "(none)",
     .common = true,
     .help = "arrays: the .npy file with the targets y of x"},
    {.name = "confusion",
     .type = OPTION_FLAG,
     .field = AT(confusion),
     .common = true,
     .help = "show the whole confusion matrix, true classes in rows"},
    {.name = "batch",
     .letter = 'b',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(batch),
     .fallback = "32",
     .range = {1, 1e6},
     .help = "sequences per pass; text: streams it is cut into"},
    {.name = "k1",
     .type = OPTION_COUNT,
     .value = "STEPS|auto",
     .field = AT(k1),
     .fallback = "auto",
     .range = {1, 1e9},
     .help = "steps per pass; auto: 64 for text, otherwise whole sequences"},
    {.name = "fresh-state",
     .type = OPTION_FLAG,
     .field = AT(fresh_state),
     .help = "text: start each pass from the initial state"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "all",
     .range = {1, MOST_THREADS},
     .common = true,
     .help = "number of threads"},
    {0},
};

static int show(const network *net, const eval_values *values, const char *data,
                size_t sequences, const elman_metrics *metrics,
                const uint64_t *confusion)
{
    const elman_encoding *encoding = net->encoding;

    /* one record */
    if (screen.json) {
        record out = record_begin(stdout);
        record_text(&out, "model", net->path);
        record_text(&out, "data", data);
        record_text(&out, "task", task_word(encoding->task));
        results_record(&out, encoding, metrics, confusion);
        record_end(&out);
        return EXIT_DONE;
    }

    /* or a line, and tables where a class or a value has its own */
    printf("%s on %s %s%s\n", metrics_describe(encoding, metrics),
           with_commas(sequences),
           encoding->task == ELMAN_TASK_LANGUAGE   ? unit_name(encoding)
           : encoding->task == ELMAN_TASK_FORECAST ? "window"
                                                   : "sequence",
           sequences == 1 ? "" : "s");
    if (encoding->task == ELMAN_TASK_LANGUAGE) return EXIT_DONE;
    putchar('\n');
    metrics_show(encoding, metrics, confusion);
    if (confusion && values->confusion) {
        putchar('\n');
        confusion_show(encoding, confusion);
    }
    return EXIT_DONE;
}

static int evaluate(const network *net, const eval_values *values,
                    const char *data, elman_dataset *dataset)
{
    size_t classes = net->encoding->class_count;
    uint64_t *confusion = NULL;
    if (classes && !(confusion = calloc(classes * classes, sizeof *confusion)))
        return failed("out of memory");

    /* passes as in training, with the same loss */
    elman_trainer_config config = {
        .loss = {.kind = net->loss},
        .batch_size = (size_t)values->batch,
        .k1 = (size_t)values->k1,
        .fresh_state = values->fresh_state,
        .threads = threads_to_use(values->threads),
    };

    elman_metrics metrics;
    elman_status status =
        elman_model_evaluate(net->model, dataset, ELMAN_PART_VALIDATION,
                             &config, &metrics, confusion);
    int code = status == ELMAN_OK
                   ? show(net, values, data,
                          elman_dataset_size(dataset, ELMAN_PART_VALIDATION),
                          &metrics, confusion)
                   : library_failed();

    free(confusion);
    return code;
}

static int eval(const parsed_line *arguments)
{
    const eval_values *values = arguments->values;
    const char *data = arguments->operands[1];
    network net;
    int code = network_open(arguments->operands[0], true, &net);
    if (code) return code;

    elman_dataset_config config = {.encoding = net.note,
                                   .target_path = values->target_file};
    elman_dataset *dataset = NULL;
    if (elman_dataset_open(data, &config, &dataset) == ELMAN_OK)
        code = evaluate(&net, values, data, dataset);
    else code = data_failed();

    elman_dataset_close(dataset);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman eval input.safetensors other.txt",
     "bits per character on another text"},
    {"elman eval GunPoint_TRAIN.safetensors GunPoint_TEST.tsv --confusion",
     "accuracy, a table of classes, and which are mistaken for which"},
    {"elman eval power.safetensors new.csv --json | jq .metrics.mae",
     "one number for a script"},
    {NULL, NULL},
};

const command_row eval_command = {
    .name = "eval",
    .summary = "evaluate a model on data",
    .operands = "MODEL DATA",
    .description =
        "Evaluates a model on all of DATA, which must have the format the "
        "model was trained on and is prepared in the same way.",
    .json = true,
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(eval_values),
    .run = eval,
};
