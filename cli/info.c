/*
 * info.c: `elman info`: what a model file contains.
 */
#include "commands.h"
#include "network.h"
#include "record.h"
#include "plan.h"
#include "run_journal.h"
#include "screen.h"
#include "system.h"

#include <string.h>

typedef struct info_values {
    char unused;
} info_values;

static const char own_kind[] = "elman's own";

/* What wrote a file that has been read as a model; elman's own say so at their
 * beginning. */
static const char *file_kind(const char *path)
{
    static char head[1 << 16];
    static const char own[] = "\"format\":\"elman\"";
    FILE *file = file_open(path, "rb");
    size_t bytes = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);

    const size_t size = strlen(own);
    for (size_t at = 0; at + size <= bytes; at++)
        if (!memcmp(head + at, own, size)) return own_kind;
    if (bytes > 8 && head[8] == '{') return "safetensors";

    bool zip = bytes > 2 && !memcmp(head, "PK", 2);
    bool pickle = bytes > 2 && head[0] == '\x80';
    return zip || pickle ? "PyTorch" : "ONNX";
}

/* "(256,64)" into text. */
static const char *shape_text(const elman_const_tensor *tensor, char *text,
                              size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t n = 0; n < tensor->rank; n++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu",
                                 n ? "," : "", tensor->shape[n]);
    snprintf(text + used, size - used, ")");
    return text;
}

static size_t element_count(const elman_const_tensor *tensor)
{
    size_t count = 1;
    for (size_t n = 0; n < tensor->rank; n++)
        count *= tensor->shape[n];
    return count;
}

/* What torch.nn calls a kind of recurrent layer; NULL if it has none. */
static const char *torch_name(elman_kind kind)
{
    static const char *const names[] = {
        [ELMAN_RNN] = "RNN", [ELMAN_LSTM] = "LSTM", [ELMAN_GRU] = "GRU"};
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

/* True if torch.nn has this recurrent layer: its weights fit there, and it
 * computes the same with them. */
static bool is_torch_layer(const elman_layer *layer)
{
    bool sizes = !layer->hidden_sizes[0];
    for (size_t n = 1; n < ELMAN_MAX_LEVELS && !sizes; n++)
        if (layer->hidden_sizes[n] &&
            layer->hidden_sizes[n] != layer->hidden_sizes[0])
            return false;

    for (size_t n = 0; n < 6; n++)
        if (layer->activations[n / 3][n % 3].kind) return false;

    bool merged = layer->bidirectional && layer->merge != ELMAN_MERGE_CONCAT;
    bool noisy = layer->recurrent_dropout > 0 || layer->zoneout > 0 ||
                 layer->zoneout_cell > 0 || layer->variational;
    return torch_name(layer->kind) && !merged && !noisy && !layer->reverse &&
           !layer->peephole && !layer->coupled && layer->clip == 0 &&
           !layer->reset_before && !layer->learned_state;
}

static void show_torch_layer(const elman_layer *layer, size_t inputs)
{
    size_t hidden =
        layer->hidden_size ? layer->hidden_size : layer->hidden_sizes[0];
    printf("  %s = torch.nn.%s(%zu, %zu", layer->name, torch_name(layer->kind),
           inputs, hidden);

    if (layer->num_layers > 1) printf(", num_layers=%zu", layer->num_layers);
    if (layer->nonlinearity == ELMAN_ACTIVATION_RELU)
        printf(", nonlinearity='relu'");
    if (layer->no_bias) printf(", bias=False");
    if (layer->dropout > 0) printf(", dropout=%g", (double)layer->dropout);
    if (layer->bidirectional) printf(", bidirectional=True");
    if (layer->proj_size) printf(", proj_size=%zu", layer->proj_size);

    char prefix[ELMAN_MAX_NAME + 2];
    snprintf(prefix, sizeof prefix, "%s.", layer->name);
    printf(")\n  %s.load_state_dict({k[%zu:]: v for k, v in w.items() "
           "if k.startswith(%s)})\n",
           layer->name, strlen(layer->name) + 1, python_quoted(prefix));
}

/* The lines that load the recurrent layer elsewhere, where there is one like
 * it: its input size is the second axis of weight_ih. */
static void show_torch(const network *net)
{
    const elman_layer *layer = elman_model_config(net->model)->layers;
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        if (!is_torch_layer(&layer[n])) continue;

        /* the layer reads as many inputs as its first weight has columns */
        char first[ELMAN_MAX_NAME + 16];
        snprintf(first, sizeof first, "%s.weight_ih_l0", layer[n].name);
        elman_const_tensor shape;
        const char *name;
        size_t at = 0;
        while ((name = elman_model_parameter(net->model, at, &shape)) &&
               strcmp(name, first) != 0)
            at++;
        if (!name) continue;

        printf("\nin Python\n  import torch, safetensors.torch\n"
               "  w = safetensors.torch.load_file(%s)\n",
               python_quoted(net->path));
        show_torch_layer(&layer[n], shape.shape[1]);
        return;
    }
}

/* What was understood of the data when the model was trained. */
static void show_plan(const network *net)
{
    const char *plan = elman_model_note(net->model, plan_note);
    if (!plan || !*plan) return;
    printf("\n%strained on%s\n", paint(stdout, BOLD), paint(stdout, PLAIN));
    plan_show(stdout, plan, true);
}

/* How it was trained, where the file says so. */
static void show_journal(const network *net)
{
    const char *text = elman_model_note(net->model, journal_key);
    elman_journal *journal = NULL;
    if (!text) return;
    printf("\n%strained until%s\n", paint(stdout, BOLD), paint(stdout, PLAIN));
    if (elman_journal_create(text, &journal) != ELMAN_OK) {
        printf("%s\n", printable(elman_message()));
        return;
    }

    /* where it ended, and where it was best */
    size_t count, best = 0;
    const elman_journal_row *rows = elman_journal_rows(journal, &count);
    for (size_t n = 0; n < count; n++)
        if (rows[n].best) best = n;
    if (count) {
        printf("step %s, epoch %.5g; ", with_commas(rows[count - 1].step),
               rows[count - 1].epoch);
        printf("the best was step %s; 'elman compare' shows all\n",
               with_commas(rows[best].step));
    } else printf("less than one evaluation\n");
    elman_journal_destroy(journal);
}

/* The journal is JSON itself, once it is known to be one. */
static void record_journal(record *out, const network *net)
{
    const char *text = elman_model_note(net->model, journal_key);
    elman_journal *journal = NULL;
    if (!text) return;
    if (elman_journal_create(text, &journal) == ELMAN_OK)
        record_raw(out, "journal", text);
    else record_null(out, "journal");
    elman_journal_destroy(journal);
}

static void show(const network *net)
{
    const elman_model_info *size = &net->size;
    const char *kind = file_kind(net->path);
    printf("%s%s%s, %s%s%s\n\n", paint(stdout, BOLD), printable(net->path),
           paint(stdout, PLAIN), with_bytes(file_bytes(net->path)),
           kind == own_kind ? "" : ", ", kind == own_kind ? "" : kind);

    /* what it is for, what goes in and what comes out */
    if (net->encoding)
        printf("task      %s\n", encoding_describe(net->encoding));
    printf("layers    %s\n", model_describe(net->model));
    if (size->vocabulary) printf("reads     tokens of %zu\n", size->vocabulary);
    else
        printf("reads     %zu value%s a step\n", size->input_size,
               size->input_size == 1 ? "" : "s");
    printf("gives     %zu value%s %s\n", size->output_size,
           size->output_size == 1 ? "" : "s",
           size->per_sequence ? "for each sequence" : "at each step");
    printf("streams   %s\n", size->streams
                                 ? "yes, one step at a time"
                                 : "no, it reads a sequence from both ends");
    printf("work      %s multiply-add operations a step\n\n",
           with_unit(elman_model_flops(net->model, 1, false) / 2));

    /* its parameters */
    printf("%s%-32s%16s%14s%s\n", paint(stdout, BOLD), "parameter", "shape",
           "weights", paint(stdout, PLAIN));
    elman_const_tensor shape;
    const char *name;
    for (size_t n = 0; (name = elman_model_parameter(net->model, n, &shape));
         n++) {
        char text[64];
        printf("%-32s%16s%14s\n", printable(name),
               shape_text(&shape, text, sizeof text),
               with_commas(element_count(&shape)));
    }

    printf("%-32s%16s%14s\n", "together", "", with_commas(size->weight_count));
    show_plan(net);
    show_journal(net);

    /* files of other systems have names of their own */
    if (kind == own_kind) show_torch(net);
}

static void record_parameters(record *out, const elman_model *model)
{
    elman_const_tensor shape;
    const char *name;
    record_open(out, "parameters", '[');

    for (size_t n = 0; (name = elman_model_parameter(model, n, &shape)); n++) {
        record_open(out, NULL, '{');
        record_text(out, "name", name);

        record_open(out, "shape", '[');
        for (size_t k = 0; k < shape.rank; k++)
            record_count(out, NULL, shape.shape[k]);
        record_close(out, ']');
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void show_record(const network *net)
{
    const elman_model_info *size = &net->size;
    record out = record_begin(stdout);
    record_text(&out, "model", net->path);
    record_number(&out, "bytes", file_bytes(net->path));
    record_text(&out, "file", file_kind(net->path));
    if (net->encoding)
        record_text(&out, "task", task_word(net->encoding->task));
    record_text(&out, "layers", model_describe(net->model));

    record_count(&out, "input_size", size->input_size);
    record_count(&out, "vocabulary", size->vocabulary);
    record_count(&out, "output_size", size->output_size);
    record_flag(&out, "per_sequence", size->per_sequence);
    record_flag(&out, "streams", size->streams);
    record_count(&out, "weights", size->weight_count);

    record_parameters(&out, net->model);
    /* JSON itself, and checked to be when it was read */
    if (net->encoding) record_raw(&out, "encoding", net->note);
    const char *plan = elman_model_note(net->model, plan_note);
    if (plan) plan_record(&out, plan);
    record_journal(&out, net);
    record_end(&out);
}

static int info(const parsed_line *arguments)
{
    network net;
    int code = network_open(arguments->operands[0], false, &net);
    if (code) return code;
    if (screen.json) show_record(&net);
    else show(&net);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman info input.safetensors", "layers, parameters, task"},
    {"elman info tagger.onnx", "the same for a model from elsewhere"},
    {"elman info input.safetensors --json | jq .weights",
     "one number for a script"},
    {NULL, NULL},
};

const command_row info_command = {
    .name = "info",
    .summary = "show what a model file contains",
    .operands = "MODEL",
    .description = "Shows what a model reads and gives, its layers, and the "
                   "name and shape of each parameter. MODEL is elman's own or "
                   "any other that 'elman convert' reads without help.",
    .json = true,
    .examples = examples,
    .size = sizeof(info_values),
    .run = info,
};
