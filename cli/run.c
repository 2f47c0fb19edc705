/*
 * run.c: `elman run`: an ONNX graph as it is, arrays in and arrays out.
 */
#include "commands.h"
#include "graph.h"
#include "network.h"
#include "screen.h"

#include <string.h>

typedef struct run_values {
    option_list inputs;
    const char *output_dir;
    uint64_t steps, threads;
    bool list;
} run_values;

#define AT(field) offsetof(run_values, field)

static const option_row options[] = {
    {.name = "input",
     .letter = 'i',
     .type = OPTION_LIST,
     .value = "NAME=FILE.npy",
     .field = AT(inputs),
     .common = true,
     .help = "give the graph's input NAME an array; once for each input"},
    {.name = "output-dir",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "DIR",
     .field = AT(output_dir),
     .fallback = "(none)",
     .common = true,
     .help = "folder where each output becomes NAME.npy; created if missing"},
    {.name = "list",
     .type = OPTION_FLAG,
     .field = AT(list),
     .common = true,
     .help = "show the graph's inputs and outputs and stop"},
    {.name = "steps",
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(steps),
     .fallback = "all",
     .range = {1, 1e9},
     .help = "run the sequences in chunks of this many steps"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "1",
     .range = {1, MOST_THREADS},
     .common = true,
     .help = "number of threads"},
    {0},
};

/* Says what the graph rounds and the run does not. */
static void say_rounding(const char *path)
{
    elman_import *import = NULL;
    size_t count = 0;
    if (elman_import_look(&path, 1, &import) != ELMAN_OK) return;

    const elman_fact *facts = elman_import_facts(import, &count);
    for (size_t n = 0; n < count; n++)
        if (!strcmp(facts[n].name, "rounding")) note("%s", facts[n].text);
    elman_import_close(import);
}

static int run_graph(const graph_run *run, const run_values *values)
{
    if (values->list || (!values->inputs.count && !values->output_dir))
        return graph_show(run);

    if (!values->output_dir)
        return misused("--input requires --output-dir, where the outputs go");

    /* whatever would fail at the end is checked before the run */
    int code = graph_check_folder(run, values->output_dir);
    if (!code) code = graph_give(run, &values->inputs);
    if (code) return code;

    if (elman_graph_forward(run->graph, (size_t)values->steps,
                            threads_to_use(values->threads)) != ELMAN_OK)
        return library_failed();
    say_rounding(run->path);
    return graph_write_outputs(run, values->output_dir);
}

/* What is no graph may be a model, which another command runs. */
static int no_graph(const char *path)
{
    char reason[1024];
    elman_model *model = NULL;
    snprintf(reason, sizeof reason, "%s", elman_message());
    if (elman_model_load(path, &model) != ELMAN_OK) return failed("%s", reason);

    elman_model_destroy(model);
    return misused("'%s' is a model and no ONNX graph: 'elman predict %s x.npy "
                   "--output y.npy' runs it",
                   path, shell_quoted(path));
}

static int run(const parsed_line *arguments)
{
    graph_run run = {.path = arguments->operands[0]};
    if (elman_graph_open(run.path, &run.graph) != ELMAN_OK)
        return no_graph(run.path);

    run.ports = elman_graph_ports(run.graph, &run.count);
    int code = run_graph(&run, arguments->values);
    elman_graph_close(run.graph);
    return code;
}

static const example examples[] = {
    {"elman run tagger.onnx", "what goes in, and what comes out"},
    {"elman run tagger.onnx --input x=x.npy --output-dir out",
     "out/NAME.npy for each output"},
    {"elman run tagger.onnx -i x=x.npy -i h0=h0.npy -o out --steps 1",
     "one step at a time: the same numbers"},
    {NULL, NULL},
};

const command_row run_command = {
    .name = "run",
    .surplus = "; --input NAME=FILE.npy gives an input",
    .summary = "run an ONNX file as it is, arrays in and arrays out",
    .operands = "MODEL.onnx",
    .description =
        "Runs the graph of MODEL.onnx on arrays for its named inputs, and "
        "writes each of its outputs to DIR in the type and shape of the graph. "
        "Inputs that have a default may be left out. Without --input and "
        "--output-dir it shows the graph's inputs and outputs.\nA file is "
        "named after its output, with '/', '%', control characters and a "
        "leading dot written like %2F. Nothing is written before the whole run "
        "has succeeded; then all outputs are written or none.",
    .json = true,
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(run_values),
    .run = run,
};
