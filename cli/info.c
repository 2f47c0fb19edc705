/*
 * info.c: `elman info`: what a model file contains.
 */
#include "info.h"
#include "arrays.h"
#include "commands.h"
#include "info_offer.h"
#include "plan.h"
#include "run_journal.h"
#include "screen.h"
#include "system.h"
#include "texts.h"

#include <string.h>

typedef struct info_values {
    foreign_values foreign; /* the first: see foreign.h */
    bool wide;
} info_values;

#define AT(field) offsetof(info_values, field)

static const option_row options[] = {
    {.name = "wide",
     .letter = 'w',
     .type = OPTION_FLAG,
     .field = AT(wide),
     .common = true,
     .help = "cut no name, however wide a table becomes; in a pipe none is cut "
             "anyway"},
    {0},
};

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

/* What goes in and what comes out. */
static void show_size(const network *net)
{
    const elman_model_info *size = &net->size;
    if (size->vocabulary) printf("reads     tokens of %zu\n", size->vocabulary);
    else
        printf("reads     %zu value%s a step%s\n", size->input_size,
               size->input_size == 1 ? "" : "s",
               elman_model_config(net->model)->batch_first
                   ? ", sequences first: (B,T,I)"
                   : "");
    char gives[80] = "at each step";
    if (size->per_sequence) snprintf(gives, sizeof gives, "for each sequence");
    if (size->output_steps)
        snprintf(gives, sizeof gives, "at each of %zu steps for each sequence",
                 size->output_steps);
    printf("gives     %zu value%s %s\n", size->output_size,
           size->output_size == 1 ? "" : "s", gives);
    if (size->streams) printf("streams   yes, one step at a time\n");
    else printf("streams   no, it %s\n", network_looks_ahead(net));
    printf("work      %s multiply-add operations a step\n",
           with_unit(elman_model_flops(net->model, 1, false) / 2));
}

/* What is to be known of an imported model. */
static void show_notes(const network *net)
{
    const char *padding = elman_model_note(net->model, "padding");
    const char *proof = elman_model_note(net->model, "proof");
    if (padding)
        printf("padding   steps that are %s are passed over\n",
               printable(padding));
    if (elman_model_note(net->model, "steps"))
        printf("steps     one, of an array without an axis of steps\n");
    texts_show(net);
    if (!net->encoding) states_show(net);
    if (proof) printf("proof     %s\n", printable(proof));
}

/* How the file was read, sentence by sentence, but for what is told. */
static void show_remarks(const file_facts *file)
{
    const elman_import_config config = foreign_config(file->foreign);
    elman_import *import = NULL;
    const char *remark;
    if (elman_import_open(&file->path, 1, &config, &import) != ELMAN_OK) return;
    for (size_t i = 0; (remark = elman_import_remark(import, i)); i++)
        if (!facts_tell(file, remark))
            printf("%-9s %s\n", "reading", printable(remark));
    elman_import_close(import);
}

static int show(const network *net, const file_facts *file)
{
    printf("%s%s%s, %s%s%s\n\n", paint(stdout, BOLD), printable(net->path),
           paint(stdout, PLAIN), with_bytes(file_bytes(net->path)),
           file->own ? "" : ", ", file->own ? "" : file->kind);

    /* what it is for, and who wrote it */
    if (net->encoding)
        printf("task      %s\n", encoding_describe(net->encoding));
    printf("layers    %s\n", model_describe(net->model));
    show_size(net);
    show_notes(net);
    if (!file->own) {
        facts_show(file);
        show_remarks(file);
        printf("converts  yes: elman convert %s OUT.safetensors%s\n",
               printable(shell_quoted(net->path)),
               foreign_words(file->foreign));
    }

    putchar('\n');
    int code = layers_show(net->model);
    if (!code && file->graph.graph) code = ports_show(file);
    show_plan(net);
    show_journal(net);

    /* files of other systems have names of their own */
    if (file->own) show_torch(net);
    return code;
}

static void record_model(record *out, const network *net)
{
    const elman_model_info *size = &net->size;
    if (net->encoding) record_text(out, "task", task_word(net->encoding->task));
    record_text(out, "layers", model_describe(net->model));

    record_count(out, "input_size", size->input_size);
    record_count(out, "vocabulary", size->vocabulary);
    record_count(out, "output_size", size->output_size);
    record_flag(out, "per_sequence", size->per_sequence);
    record_flag(out, "streams", size->streams);
    if (size->output_steps)
        record_count(out, "output_steps", size->output_steps);
    record_count(out, "weights", size->weight_count);
    layers_record(out, net->model);

    const char *padding = elman_model_note(net->model, "padding");
    const char *proof = elman_model_note(net->model, "proof");
    const char *steps = elman_model_note(net->model, "steps");
    if (padding) record_text(out, "padding", padding);
    if (steps) record_text(out, "steps", steps);
    if (!net->encoding) states_record(out, net);
    if (proof) record_text(out, "proof", proof);

    /* JSON itself, and checked to be when it was read */
    if (net->encoding) record_raw(out, "encoding", net->note);
    const char *plan = elman_model_note(net->model, plan_note);
    if (plan) plan_record(out, plan);
    record_journal(out, net);
}

/* The sentence without the name of the file, which stands above it. */
static const char *reason_alone(const char *reason, const char *path)
{
    size_t length = strlen(path);
    bool named =
        !strncmp(reason, path, length) && !strncmp(reason + length, ": ", 2);
    return named ? reason + length + 2 : reason;
}

static void show_record(const network *net, const file_facts *file,
                        const char *reason, const parsed_line *typed)
{
    offer made = {0};
    if (reason) offer_open(typed, file, &made);
    if (made.count) reason = made.question;

    record out = record_begin(stdout);
    record_text(&out, "model", file->path);
    record_number(&out, "bytes", file_bytes(file->path));
    record_text(&out, "file", file->kind);
    record_flag(&out, "converts", !reason);
    if (reason) record_text(&out, "why", reason_alone(reason, file->path));
    if (made.count) offer_record(&out, &made);
    facts_record(&out, file);
    if (file->graph.graph) ports_record(&out, file);
    if (reason) tensors_record(&out, file);
    else record_model(&out, net);
    record_end(&out);
    offer_close(&made);
}

/* A file that no model can be made of as it is: what it holds, and why. */
static int show_file(const file_facts *file, const char *reason,
                     const parsed_line *typed)
{
    offer made;
    offer_open(typed, file, &made);
    printf("%s%s%s, %s, %s\n\n", paint(stdout, BOLD), printable(file->path),
           paint(stdout, PLAIN), with_bytes(file_bytes(file->path)),
           file->kind);
    facts_show(file);
    if (facts_are_data(file))
        printf("converts  no: it is one array, as the data of a model are: "
               "elman predict MODEL %s\n",
               printable(shell_quoted(file->path)));
    else if (made.count) {
        printf("converts  no: %s; what fits:\n",
               printable(reason_alone(made.question, file->path)));
        offer_show(&made);
    } else
        printf("converts  no: %s\n",
               printable(reason_alone(reason, file->path)));
    offer_close(&made);

    int code = file->graph.graph ? ports_show(file) : 0;
    return code ? code : tensors_show(file);
}

/* True if a file begins as a text does. */
static bool is_text(const char *path)
{
    unsigned char head[512];
    FILE *file = file_open(path, "rb");
    size_t bytes = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);

    for (size_t n = 0; n < bytes; n++)
        if (head[n] < 32 && (head[n] < 9 || head[n] > 13)) return false;
    return bytes > 0;
}

/* What is no file of weights: in one sentence. */
static int show_nothing(const char *path, const char *reason)
{
    path_facts there;
    bool unknown = strstr(reason, ": unknown format") != NULL;
    if (unknown && path_look(path, &there) && there.file && is_text(path))
        return failed("'%s' is text and no model: 'elman train %s' learns from "
                      "it",
                      path, shell_quoted(path));
    return failed("%s", reason);
}

/* What elman reads as a model is shown as one, and the rest by what is in it.
 */
static int info(const parsed_line *arguments)
{
    const char *path = arguments->operands[0];
    char reason[1024];
    elman_model *model = NULL;
    network net = {0};
    file_facts file;
    const info_values *values = arguments->values;
    screen.wide = values->wide;

    /* the reason is lost with the next call */
    bool loads = network_load(path, &values->foreign, &model) == ELMAN_OK;
    if (!loads) snprintf(reason, sizeof reason, "%s", elman_message());
    int code = loads ? network_take(path, model, &net) : 0;
    if (code) return code;
    if (!facts_open(path, &file) && !loads) return show_nothing(path, reason);
    file.foreign = &values->foreign;

    if (!code && screen.json)
        show_record(&net, &file, loads ? NULL : reason, arguments);
    else if (!code)
        code = loads ? show(&net, &file) : show_file(&file, reason, arguments);
    if (loads) network_close(&net);
    facts_close(&file);
    return code;
}

static const example examples[] = {
    {"elman info input.safetensors", "layers, parameters, task"},
    {"elman info tagger.onnx",
     "the same of a file from elsewhere, who wrote it, "
     "and whether it converts"},
    {"elman info input.safetensors --json | jq .weights",
     "one number for a script"},
    {NULL, NULL},
};

const command_row info_command = {
    .name = "info",
    .summary = "show what a file of weights or a model contains",
    .operands = "FILE",
    .description =
        "Shows what a model reads and gives, its layers with the name, shape "
        "and number of weights of each parameter, and how it was trained. Of a "
        "file from elsewhere it says what it is, who wrote it, the inputs and "
        "outputs of a graph, and whether 'elman convert' makes a model of it "
        "as it is; if not, why, and all of its tensors.",
    .json = true,
    .options = {{"Options", options}, {foreign_title, foreign_options}},
    .examples = examples,
    .size = sizeof(info_values),
    .run = info,
};
