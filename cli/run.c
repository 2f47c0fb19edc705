/*
 * run.c: `elman run`: an ONNX graph as it is, arrays in and arrays out.
 */
#include "commands.h"
#include "graph.h"
#include "network.h"
#include "screen.h"

typedef struct run_values {
    option_list inputs;
    const char *output_dir;
    uint64_t steps, threads;
    bool list;
} run_values;

#define AT(field) offsetof(run_values, field)

static const option_row options[] = {
    {OPTION_SECTION, 0, "Options", NULL, 0, NULL, NULL, 0, 0, NULL},
    {OPTION_LIST, 'i', "input", "NAME=FILE.npy", AT(inputs), NULL, NULL, 0, 0,
     "gives the graph's input NAME an array; once for each input"},
    {OPTION_TEXT, 'o', "output-dir", "DIR", AT(output_dir), "(none)", NULL, 0,
     0, "where each output becomes NAME.npy; made if it is not there"},
    {OPTION_FLAG, 0, "list", NULL, AT(list), NULL, NULL, 0, 0,
     "show the graph's inputs and outputs and stop"},
    {OPTION_COUNT, 0, "steps", "N|all", AT(steps), "all", NULL, 1, 1e9,
     "run the sequences in pieces of so many steps"},
    {OPTION_COUNT, 't', "threads", "N|all", AT(threads), "1", NULL, 1, 1024,
     "processors to use"},
    {OPTION_END, 0, NULL, NULL, 0, NULL, NULL, 0, 0, NULL}};

static int run_graph(const graph_run *run, const run_values *values)
{
    if (values->list || (!values->inputs.count && !values->output_dir))
        return graph_show(run);
    if (!values->output_dir)
        return misused("--input needs --output-dir as well, where the outputs "
                       "go");
    int code = graph_check_folder(run, values->output_dir);
    if (!code) code = graph_give(run, &values->inputs);
    if (code) return code;
    if (elman_graph_forward(run->graph, (size_t)values->steps,
                            threads_to_use(values->threads)) != ELMAN_OK)
        return library_failed();
    return graph_write(run, values->output_dir);
}

static int run(const parsed_line *arguments)
{
    graph_run run = {.path = arguments->operands[0]};
    if (elman_graph_open(run.path, &run.graph) != ELMAN_OK)
        return library_failed();
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
    {NULL, NULL}};

const command_row run_command = {
    .name = "run",
    .summary = "run an ONNX file as it is, arrays in and arrays out",
    .operands = "MODEL.onnx",
    .description =
        "Runs the graph of MODEL.onnx on arrays for its inputs, by their "
        "names, and writes each of its outputs to DIR in the graph's own type "
        "and shape. Inputs that have a default may be left out. Without "
        "--input and --output-dir it shows what there is.\nAn output's name "
        "is its file's, but '/', '%', control characters and a point at the "
        "beginning are written as in %2F. Nothing is written before the whole "
        "run has succeeded, and then all outputs or none.",
    .json = true,
    .options = options,
    .examples = examples,
    .size = sizeof(run_values),
    .run = run,
};
