/*
 * convert.c: `elman convert`: imports models from other systems and exports to
 * them. Nothing is written before everything has been checked.
 */
#include "convert.h"
#include "commands.h"
#include "reference.h"
#include "safe.h"
#include "screen.h"
#include "system.h"

#include <string.h>

#define AT(field) offsetof(convert_values, field)

static const option_row options[] = {
    {.name = "to",
     .type = OPTION_CHOICE,
     .value = "auto|elman|torch|onnx",
     .field = AT(to),
     .fallback = "auto",
     .common = true,
     .help = "format of OUT: elman's own, a state dict for PyTorch, ONNX; "
             "auto: elman's own if it ends in .safetensors, ONNX if in .onnx"},
    {.name = "wide",
     .letter = 'w',
     .type = OPTION_FLAG,
     .field = AT(wide),
     .help = "cut no name, however wide the table becomes; in a pipe none is "
             "cut anyway"},
    {.name = "mapping-draft",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(draft),
     .fallback = "(none)",
     .help = "no OUT: write a mapping file to fill in, with every tensor of IN "
             "and what its names and shapes suggest"},
    {0},
};

static const option_row data_options[] = {
    {.name = "as",
     .type = OPTION_CHOICE,
     .value = attach_tasks,
     .field = AT(attached.task),
     .fallback = "none",
     .common = true,
     .help = "the task of the model, so that train, eval, predict, sample and "
             "inspect take people's data; none: numbers as they are"},
    {.name = "encoding",
     .type = OPTION_TEXT,
     .value = "FILE|bytes",
     .field = AT(attached.encoding),
     .fallback = "(none)",
     .needs = "as=language,classify,tag",
     .help = "the tokens, one a line in the order of the embedding; \\n, \\t, "
             "\\s (a blank) and \\\\ stand for what a line cannot hold"},
    {.name = "unit",
     .type = OPTION_CHOICE,
     .value = attach_units,
     .field = AT(attached.unit),
     .fallback = "auto",
     .needs = "as=language,classify,tag",
     .help = "what a text is cut into; auto: characters, if all tokens are "
             "single ones"},
    {.name = "labels",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(attached.labels),
     .fallback = "(none)",
     .needs = "as=classify,tag",
     .help = "the classes, one a line in the order of the outputs"},
    {.name = "scaling",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(attached.scaling),
     .fallback = "(as they are)",
     .needs = "as=classify,tag,forecast,regress,track",
     .help = "of each input a line NAME,MEAN,SCALE or MEAN,SCALE: the model "
             "reads (value - mean) / scale"},
    {.name = "target-scaling",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(attached.target_scaling),
     .fallback = "(as they are)",
     .needs = "as=forecast,regress,track",
     .help = "the same of what the model gives"},
    {.name = "window",
     .type = OPTION_COUNT,
     .value = "STEPS",
     .field = AT(attached.window),
     .needs = "as=forecast",
     .range = {1, 1e9},
     .help = "rows of a table that a forecast reads"},
    {.name = "horizon",
     .type = OPTION_COUNT,
     .value = "STEPS",
     .field = AT(attached.horizon),
     .fallback = "1",
     .needs = "as=forecast",
     .range = {1, 1e9},
     .help = "steps that a forecast gives"},
    {0},
};

static bool ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), most = strlen(end);
    return length > most && !strcmp(path + length - most, end);
}

/* Decides the format of OUT, and that it overwrites nothing that is read. */
static int check_out(conversion *run)
{
    const convert_values *values = run->values;

    /* the format, by the name of OUT where --to leaves it open */
    run->to = (convert_to)values->to;
    if (run->to == TO_AUTO)
        run->to = ends_with(run->out, ".safetensors") ? TO_ELMAN
                  : ends_with(run->out, ".onnx")      ? TO_ONNX
                                                      : TO_AUTO;
    if (run->to == TO_AUTO)
        return misused(
            "OUT should end in .safetensors or .onnx, found '%s'%s", run->out,
            ends_with(run->out, ".pt") || ends_with(run->out, ".pth")
                ? "; PyTorch takes .safetensors: see --to=torch"
                : "; else --to=elman, torch or onnx says what it is");

    /* nor may the name say something else than --to */
    static const char *const words[] = {"auto", "elman", "torch", "onnx"};
    bool onnx = run->to == TO_ONNX;
    const char *other = onnx ? ".safetensors" : ".onnx";
    if (ends_with(run->out, other))
        return misused("'%s' ends in %s, but --to is %s", run->out, other,
                       words[run->to]);

    /* OUT must not be a file that is still to be read */
    for (size_t n = 0; n < run->count; n++)
        if (path_same(run->paths[n], run->out))
            return misused("OUT would overwrite IN, '%s'", run->paths[n]);
    const char *others[] = {
        values->reference.foreign.mapping, values->reference.files.first,
        values->reference.files.second,    values->attached.encoding,
        values->attached.labels,           values->attached.scaling,
        values->attached.target_scaling};
    for (size_t n = 0; n < sizeof others / sizeof *others; n++)
        if (others[n] && path_same(others[n], run->out))
            return misused("OUT would overwrite '%s'", others[n]);
    return check_writable(run->out);
}

/* A conversion that fails first shows what became of the tensors. */
static int show_failed(const conversion *run)
{
    if (screen.quiet || screen.json) return 0;
    int code = conversion_show_table(run, stderr);
    if (!code) fputc('\n', stderr);
    return code;
}

/* How a file's weights were rounded, which may be all that a reference differs
 * by: "" if they were not. */
static const char *rounding_of(const conversion *run)
{
    const char *remark;
    for (size_t i = 0; (remark = elman_import_remark(run->import, i)); i++)
        if (strncmp(remark, "dequantized", 11) == 0)
            return "; its weights are quantized, and PyTorch rounds what its "
                   "layers read as well: only a reference made with the "
                   "dequantized weights in float32 can be met";

    size_t count;
    const elman_import_row *rows = elman_import_rows(run->import, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].type, "float16") == 0 ||
            strcmp(rows[i].type, "bfloat16") == 0)
            return "; its weights are rounded to 16 bits (float16 or "
                   "bfloat16): a reference made before that, or computed in "
                   "16 bits, differs; make it again with the weights of this "
                   "file in float32 (in PyTorch model.float())";
    return "";
}

/* What the file does not say and the command line has not, which a reference
 * that is not met may be due to. */
static const char *advice_of(const conversion *run)
{
    static char text[600];
    const convert_values *values = run->values;
    const elman_config *config = elman_model_config(run->model);
    bool rnn = false, own = !elman_model_note(run->model, "proof");
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && config->layers[n].kind; n++)
        rnn = rnn || config->layers[n].kind == ELMAN_RNN;

    /* a reference begins from nothing, and has lengths only by a file */
    const struct {
        bool holds;
        const char *text;
    } reasons[] = {
        {!values->reference.states.count,
         "without --state a reference is run from states of 0"},
        {!values->reference.lengths, "without --lengths to the last step"},
        {!own && rnn && !values->reference.foreign.nonlinearity &&
             !values->reference.foreign.mapping,
         "an nn.RNN may need --nonlinearity relu"},
        {!own && !config->batch_first && !values->reference.foreign.mapping,
         "where sequences come first, --batch-first"},
        {!own && !values->reference.foreign.mapping,
         "--layers says which functions stand between the layers"}};

    *text = '\0';
    for (size_t n = 0; n < sizeof reasons / sizeof *reasons; n++) {
        size_t used = strlen(text);
        if (reasons[n].holds)
            snprintf(text + used, sizeof text - used, "; %s", reasons[n].text);
    }
    return text;
}

/* A reference whose shape is another. */
static int shape_failed(const conversion *run)
{
    char reason[1024], begin[160];
    snprintf(reason, sizeof reason, "%s", elman_message());
    snprintf(begin, sizeof begin, "%.120s has shape ",
             run->values->reference.files.second);
    if (strncmp(reason, begin, strlen(begin)) != 0 ||
        !elman_model_note(run->model, "proof") ||
        run->values->reference.foreign.mapping)
        return failed("%s", reason);

    /* what the shape of an answer depends on */
    bool one = elman_model_read_info(run->model).per_sequence;
    return failed(
        "%s; %s%s", reason,
        one ? "the model gives one answer to a sequence: for one to each step "
              "take last, final, mean or max out of --layers"
            : "an answer to a sequence as a whole takes last, final, mean or "
              "max in --layers",
        elman_model_config(run->model)->batch_first
            ? ""
            : "; where sequences come first, --batch-first");
}

static int check_reference(conversion *run)
{
    const option_pair *files = &run->values->reference.files;
    elman_check *check = &run->check;
    if (!files->first) return 0;

    int code = reference_check(run->model, conversion_source(run),
                               &run->values->reference, check);
    if (code) return code < 0 ? shape_failed(run) : code;
    if (check->passed) return 0;

    code = show_failed(run);
    if (code) return code;
    /* further off than rounding can be, it is something else as well */
    enum { MOST_ROUNDING = 1000 };
    const char *rounding = rounding_of(run);
    bool alone = *rounding && check->whole < MOST_ROUNDING;
    return failed(
        "%s: the model does not give '%s' for '%s', and was not converted: "
        "%s%s%s",
        conversion_source(run), files->second, files->first, check->failure,
        rounding, alone ? "" : advice_of(run));
}

static int write_out(const conversion *run)
{
    elman_status status =
        run->to == TO_ELMAN ? elman_model_save(run->model, run->out)
        : run->to == TO_ONNX
            ? elman_model_export(run->model, ELMAN_EXPORT_ONNX, run->out)
            : elman_model_export(run->model, ELMAN_EXPORT_TORCH, run->out);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* A file that is refused, with the commands that would take it. */
static int refused(const conversion *run, const elman_import_config *config)
{
    elman_import *import = NULL;
    const char *question;
    size_t count = 0;
    if (elman_import_propose(run->paths, run->count, config, &import) !=
        ELMAN_OK)
        return library_failed();

    /* where other settings do not help, the sentence alone */
    const elman_proposal *proposals =
        elman_import_proposals(import, &question, &count);
    int code = count ? conversion_propose(run, question, proposals, count)
                     : library_failed();
    elman_import_close(import);
    return code;
}

static int convert_import(conversion *run, const elman_import *import,
                          const elman_import_config *config)
{
    run->rows = elman_import_rows(import, &run->row_count);
    run->extra = elman_import_extra(import);
    run->import = import;
    run->proof = elman_import_proof(import);

    int code = 0;
    if (elman_import_create(import, &run->model) != ELMAN_OK) {
        code = show_failed(run);
        return code ? code : refused(run, config);
    }

    code = check_reference(run);
    /* what was not proved stays so in what is written, and what was no longer
     */
    if (!code && run->values->reference.files.first &&
        elman_model_write_note(run->model, "proof", NULL) != ELMAN_OK)
        code = library_failed();
    if (!code)
        code =
            attach(&run->values->attached, conversion_source(run), &run->model);
    if (!code) code = write_out(run);
    if (!code) code = conversion_show(run);
    elman_model_destroy(run->model);
    return code;
}

/* Writes what a mapping file could begin with. */
static int write_draft(const parsed_line *arguments)
{
    const convert_values *values = arguments->values;
    const char *const *paths = (const char *const *)arguments->operands;
    size_t count = (size_t)arguments->count;

    if (!strcmp(values->draft, "-"))
        return misused("--mapping-draft writes a file, and - is none: give it "
                       "a name, as in draft.json");
    for (size_t n = 0; n < count; n++)
        if (path_same(paths[n], values->draft))
            return misused("the draft would overwrite IN, '%s'", paths[n]);
    int code = check_writable(values->draft);
    if (code) return code;

    elman_import *import = NULL;
    if (elman_import_look(paths, count, &import) != ELMAN_OK)
        return library_failed();
    if (elman_import_draft(import, values->draft) != ELMAN_OK)
        code = library_failed();
    elman_import_close(import);
    if (!code && !screen.quiet)
        printf("%s: fill in what its field missing lists, remove that field, "
               "then: elman convert %s OUT --mapping %s\n",
               printable(values->draft), shell_quoted(paths[0]), values->draft);
    return code;
}

static int convert(const parsed_line *arguments)
{
    const convert_values *values = arguments->values;
    if (values->draft) return write_draft(arguments);
    if (arguments->count < 2)
        return misused(
            "'elman convert' requires IN and OUT, see 'elman convert "
            "--help'");
    screen.wide = values->wide;
    size_t inputs = (size_t)arguments->count - 1;
    conversion run = {
        .values = values,
        .line = arguments,
        .paths = (const char *const *)arguments->operands,
        .count = inputs,
        .out = arguments->operands[inputs],
    };

    int code = options_check(arguments);
    if (!code) code = foreign_check(&values->reference.foreign);
    if (!code) code = check_out(&run);
    if (!code && values->attached.task && run.to != TO_ELMAN)
        code = misused("--as is kept in a file of elman's own, and '%s' is to "
                       "be another",
                       run.out);
    if (code) return code;

    /* what the files themselves do not say */
    const elman_import_config config =
        foreign_config(&values->reference.foreign);
    elman_import *import = NULL;
    if (elman_import_open(run.paths, run.count, &config, &import) != ELMAN_OK)
        return refused(&run, &config);
    code = convert_import(&run, import, &config);
    elman_import_close(import);
    return code;
}

static const example examples[] = {
    {"elman convert lstm.pt lstm.safetensors --reference x.npy y.npy",
     "from PyTorch, checked against what the model gave there"},
    {"elman convert lstm.onnx lstm.safetensors", "from ONNX"},
    {"elman convert lstm.safetensors lstm.onnx", "to ONNX"},
    {"elman convert lstm.safetensors torch.safetensors --to torch",
     "to PyTorch, with the lines that load it"},
    {"elman convert net.pt net.safetensors --layers "
     "embed,lstm,last,fc1,relu,fc2",
     "a state dict does not record what stands between its layers"},
    {"elman convert lm.pt lm.safetensors --as language --encoding vocab.txt",
     "with its tokens, so that eval, predict and sample take texts"},
    {"elman convert net.h5 net.safetensors --as classify --labels labels.txt",
     "with its classes, so that predict answers in their names"},
    {NULL, NULL},
};

const command_row convert_command = {
    .name = "convert",
    .summary =
        "import a model of PyTorch, ONNX, Keras and others, or export one",
    .operands = "IN... [OUT]",
    .description =
        "Reads the model IN and writes it as OUT. IN is .safetensors, a "
        "PyTorch .pt or .pth (a state dict, or a checkpoint that holds one), "
        ".onnx, Keras's .keras or .h5, .npz, a .nam, JSON of RTNeural, all "
        "parts of one model, or several .npy; its content decides which, and "
        "no code in it is ever run. OUT is replaced at once after everything "
        "has been "
        "checked, or stays as it was.\nPrints every tensor of IN, what it "
        "became and how. Every tensor must become something or be named by "
        "--ignore. If IN holds the tensors reference.input and "
        "reference.output, the model must give the second for the first, as "
        "with --reference.",
    .json = true,
    .options = {{"Options", options},
                {reference_title, reference_options},
                {foreign_title, foreign_options},
                {"What a model needs to take people's data", data_options}},
    .examples = examples,
    .size = sizeof(convert_values),
    .run = convert,
};
