/* leftover.c: what a tensor seems to be that no layer takes. */
#include "import/leftover.h"

#include "base/real.h"

#include <stdio.h>
#include <string.h>

enum { MOST_COMPARED = 4096 };

/* ---- Names --------------------------------------------------------------- */

/* A last part of a name, or what it begins with, and what that is. */
typedef struct known_name {
    const char *text;
    bool begins; /* else it is the whole last part */
    leftover_kind kind;
    const char *is;
} known_name;

static const known_name known[] = {
    {"num_batches_tracked", false, LEFTOVER_NOTHING,
     "a count of training "
     "steps"},
    {"position_ids", false, LEFTOVER_NOTHING, "numbers of positions"},
    {"exp_avg", true, LEFTOVER_NOTHING, "an optimizer's"},
    {"momentum_buffer", false, LEFTOVER_NOTHING, "an optimizer's"},
    {"max_exp_avg_sq", false, LEFTOVER_NOTHING, "an optimizer's"},
    {"log_std", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"logstd", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"action_std", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"running_mean", false, LEFTOVER_STATISTICS, NULL},
    {"running_var", false, LEFTOVER_STATISTICS, NULL},
    {"mean", true, LEFTOVER_STATISTICS, NULL},
    {"_mean", false, LEFTOVER_STATISTICS, NULL},
    {"var", false, LEFTOVER_STATISTICS, NULL},
    {"_var", false, LEFTOVER_STATISTICS, NULL},
    {"std", false, LEFTOVER_STATISTICS, NULL},
    {"_std", false, LEFTOVER_STATISTICS, NULL},
    {"scale", true, LEFTOVER_SCALE, NULL},
    {"gamma", false, LEFTOVER_SCALE, NULL},
    {"alpha", false, LEFTOVER_SCALE, NULL},
    {"transition", true, LEFTOVER_DECODER, NULL},
    {"start_trans", true, LEFTOVER_DECODER, NULL},
    {"end_trans", true, LEFTOVER_DECODER, NULL},
    {"trans_matrix", true, LEFTOVER_DECODER, NULL},
    {"_constraint_mask", true, LEFTOVER_DECODER, NULL},
    {"weight_ci", false, LEFTOVER_PEEPHOLE, NULL},
    {"weight_cf", false, LEFTOVER_PEEPHOLE, NULL},
    {"weight_co", false, LEFTOVER_PEEPHOLE, NULL},
    {"w_ci", true, LEFTOVER_PEEPHOLE, NULL},
    {"w_cf", true, LEFTOVER_PEEPHOLE, NULL},
    {"w_co", true, LEFTOVER_PEEPHOLE, NULL},
    {"peephole", true, LEFTOVER_PEEPHOLE, NULL},
    {"h0", true, LEFTOVER_STATE, NULL},
    {"c0", true, LEFTOVER_STATE, NULL},
    {"h_0", true, LEFTOVER_STATE, NULL},
    {"c_0", true, LEFTOVER_STATE, NULL},
    {"init_h", true, LEFTOVER_STATE, NULL},
    {"init_c", true, LEFTOVER_STATE, NULL},
    {"initial_", true, LEFTOVER_STATE, NULL},
    {"hidden", true, LEFTOVER_STATE, NULL},
    {"state", true, LEFTOVER_STATE, NULL},
};

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static const known_name *find_known(const char *name)
{
    const char *last = last_part(name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const known_name *k = known + i;
        if (k->begins ? !strncmp(last, k->text, strlen(k->text))
                      : !strcmp(last, k->text))
            return k;
    }
    return NULL;
}

/* Names of counters, which count as such where they hold one whole number. */
static bool is_counter(const named_tensor *t)
{
    static const char *const words[] = {"count", "counter", "step",
                                        "steps", "epoch",   "updates"};
    const char *last = last_part(t->name);
    double value;
    if (t->count != 1) return false;

    /* the word may stand alone, or behind an underscore */
    tensor_doubles(t, 0, 1, &value);
    if (value != real_floor(value)) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(last), end = strlen(words[i]);
        if (bytes < end || strcmp(last + bytes - end, words[i]) != 0) continue;
        if (bytes == end || last[bytes - end - 1] == '_') return true;
    }
    return !strncmp(last, "num_batches", 11);
}

/* ---- Numbers ------------------------------------------------------------- */

static bool same_numbers(const named_tensor *a, const named_tensor *b)
{
    enum { SOME = 256 };
    double x[SOME], y[SOME];
    if (a->type != b->type || a->rank != b->rank || a->count != b->count ||
        a->count == 0 ||
        (a->rank && memcmp(a->shape, b->shape, a->rank * sizeof *a->shape)))
        return false;

    for (size_t done = 0; done < a->count; done += SOME) {
        size_t some = a->count - done < SOME ? a->count - done : SOME;
        tensor_doubles(a, done, some, x);
        tensor_doubles(b, done, some, y);
        if (memcmp(x, y, some * sizeof *x) != 0) return false;
    }
    return true;
}

ptrdiff_t leftover_copy_of(const elman_import *im, size_t index)
{
    const named_tensor *t = im->weights.tensors + index;

    /* a number alone may be the same by chance, and a file of very many tensors
     * is not worth the time */
    if (im->weights.tensor_count > MOST_COMPARED) return NOWHERE;
    for (size_t i = 0; t->count > 1 && i < index; i++)
        if (same_numbers(im->weights.tensors + i, t)) return (ptrdiff_t)i;
    return NOWHERE;
}

/* What TensorFlow 1 keeps beside a weight, as kernel/Adam_1, and its powers. */
static bool is_optimizers(const char *name)
{
    static const char *const words[] = {"Adam",    "Momentum", "RMSProp",
                                        "Adagrad", "Adadelta", "Ftrl"};
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    if (!strncmp(last, "beta1_power", 11) || !strncmp(last, "beta2_power", 11))
        return true;

    /* the word alone, or with a number */
    for (size_t i = 0; slash && i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(words[i]);
        if (!strncmp(last, words[i], bytes) &&
            (!last[bytes] || last[bytes] == '_' || last[bytes] == ':'))
            return true;
    }
    return false;
}

/* ---- What a cell has ----------------------------------------------------- */

/* The weight_hh of the module that a vector is of, if its numbers are so many
 * for each unit; or NULL. */
static const named_tensor *cell_of(const elman_import *im,
                                   const named_tensor *t)
{
    size_t bytes = (size_t)(last_part(t->name) - t->name);
    if (t->rank != 1 || im->weights.tensor_count > MOST_COMPARED) return NULL;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *w = im->weights.tensors + i;
        if (w->rank != 2 || !w->shape[1] ||
            strncmp(w->name, t->name, bytes) != 0 ||
            strncmp(w->name + bytes, "weight_hh", 9) != 0)
            continue;
        if (t->count % w->shape[1] == 0 && t->count <= 2 * w->shape[0])
            return w;
    }
    return NULL;
}

/* As many numbers in a row as a module has, beside what says how wide it is. */
static bool is_flat(const elman_import *im, const named_tensor *t)
{
    enum { FEWEST = 64, TIMES = 4 };
    if (t->rank != 1) return false;
    if (strstr(last_part(t->name), "flat")) return true;

    size_t most = 0;
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *o = im->weights.tensors + i;
        for (size_t k = 0; o != t && k < o->rank; k++)
            if (o->shape[k] > most) most = o->shape[k];
    }
    return t->count >= FEWEST && most > 1 && t->count / TIMES > most;
}

/* ---- What it is ---------------------------------------------------------- */

/* A policy has std beside its networks; a mean beside it makes it a scaler. */
static bool is_noise(const elman_import *im, const char *name)
{
    const char *last = last_part(name);
    if (strcmp(last, "std") != 0) return false;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *other = im->weights.tensors[i].name;
        if (strncmp(other, name, (size_t)(last - name)) == 0 &&
            strstr(last_part(other), "mean"))
            return false;
    }
    return true;
}

/* The tensors that torch.nn.MultiheadAttention alone has. */
static bool is_attention(const char *name)
{
    static const char *const words[] = {
        "in_proj_weight", "in_proj_bias", "q_proj_weight", "k_proj_weight",
        "v_proj_weight",  "bias_k",       "bias_v"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(last_part(name), words[i])) return true;
    return false;
}

/* The weight that a bias belongs to, which has one for each of its rows. */
static ptrdiff_t weight_beside(const elman_import *im, const named_tensor *bias)
{
    const char *last = last_part(bias->name);
    size_t bytes = (size_t)(last - bias->name);
    if (strcmp(last, "bias") != 0 || bias->rank != 1 ||
        im->weights.tensor_count > MOST_COMPARED)
        return NOWHERE;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (t->rank > 1 && !strncmp(t->name, bias->name, bytes) &&
            !strcmp(t->name + bytes, "weight"))
            return (ptrdiff_t)i;
    }
    return NOWHERE;
}

leftover_kind leftover_of(const elman_import *im, size_t index)
{
    const named_tensor *t = im->weights.tensors + index;
    const known_name *k = find_known(t->name);
    ptrdiff_t weight = weight_beside(im, t);

    /* a bias is of the layer whose weight stands beside it, which may be a copy
     * of another where the bias is not */
    if (weight != NOWHERE) {
        leftover_kind kind = leftover_of(im, (size_t)weight);
        bool alone = leftover_copy_of(im, index) == NOWHERE;
        return kind == LEFTOVER_NOTHING && alone ? LEFTOVER_WEIGHT : kind;
    }
    if (is_counter(t) || is_optimizers(t->name)) return LEFTOVER_NOTHING;
    if (is_noise(im, t->name)) return LEFTOVER_NOISE;
    if (is_attention(t->name)) return LEFTOVER_ATTENTION;
    if (k && k->kind == LEFTOVER_NOTHING &&
        !strcmp(k->is, "numbers of "
                       "positions") &&
        element_is_float(t->type))
        return LEFTOVER_WEIGHT;
    if (k && k->kind != LEFTOVER_STATE && k->kind != LEFTOVER_SCALE)
        return k->kind;
    if (k && k->kind == LEFTOVER_STATE && t->rank <= 3) return k->kind;
    if (leftover_copy_of(im, index) != NOWHERE) return LEFTOVER_NOTHING;
    if (t->type == ELEMENT_BOOL) return LEFTOVER_MASK;
    if (!element_is_float(t->type)) return LEFTOVER_WHOLE;
    if (t->count == 1) return LEFTOVER_SCALE;
    if (k && t->rank != 1) return LEFTOVER_WEIGHT;
    const named_tensor *w = cell_of(im, t);
    if (w)
        return t->count == 3 * w->shape[1] && w->shape[0] == 4 * w->shape[1]
                   ? LEFTOVER_PEEPHOLE
                   : LEFTOVER_GATES;
    if (is_flat(im, t)) return LEFTOVER_FLAT;
    if (t->rank == 1) return LEFTOVER_VECTOR;
    return t->rank > 2 ? LEFTOVER_CONVOLUTION : LEFTOVER_WEIGHT;
}

/* What to do with each kind. */
static const char *const advice[] = {
    [LEFTOVER_WEIGHT] = "of a layer that is not named: --layers with its "
                        "prefix, or a mapping file (--mapping-draft begins "
                        "one), says what it is",
    [LEFTOVER_STATE] =
        "it seems to be a learned initial state: initial(h0,c0):lstm "
        "in --layers takes tensors h0 and c0 for the module lstm, or a mapping "
        "file with \"learned_state\": true for its layer",
    [LEFTOVER_STATISTICS] = "it seems to be a statistic that scales numbers: "
                            "batch_norm(EPS):PREFIX in --layers takes "
                            "running_mean and running_var; other ones are the "
                            "work of whoever gives the input",
    [LEFTOVER_VECTOR] = "one number for each feature or class: a scale (a "
                        "linear layer of a mapping file), or what the model "
                        "does without, as a loss or a decoder of its outputs",
    [LEFTOVER_DECODER] =
        "of a CRF, which chooses the best sequence of the scores that it "
        "reads: no layer of elman; --ignore with its names converts the scores",
    [LEFTOVER_PEEPHOLE] =
        "it seems to be what a gate reads of the cell: a mapping file takes "
        "rows for i, f and o as peephole_l0 of its layer (--mapping-draft "
        "begins one)",
    [LEFTOVER_NOISE] = "it seems to be the noise of a policy's actions, which "
                       "their mean does without",
    [LEFTOVER_ATTENTION] = "of attention between the steps "
                           "(MultiheadAttention), which no layer of elman is",
    [LEFTOVER_MASK] = "a mask of true and false, which no layer has: what "
                      "reads it is part of the model, or is left out with it",
    [LEFTOVER_WHOLE] = "whole numbers, which no layer has as weights: a count, "
                       "a table or a metric, if the model does without",
};

/* The bias of a cell that has one, or something else of its units. */
static void print_gates(const elman_import *im, const named_tensor *t,
                        size_t room, char *text)
{
    const named_tensor *w = cell_of(im, t);
    if (w && t->count == w->shape[0])
        snprintf(text, room,
                 "it seems to be the one bias of the cell beside it, without "
                 "which the model is another: a mapping file takes it, "
                 "\"rnn.bias_ih_l0\": \"%.80s\" and {\"zero\": true} for "
                 "rnn.bias_hh_l0, and --mapping-draft map.json begins one",
                 t->name);
    else
        snprintf(text, room,
                 "it has %zu numbers for each unit of the cell beside it, "
                 "which computes with them, as with a bias or a norm inside "
                 "it: --mapping-draft map.json begins a mapping file, which "
                 "takes what nn.RNN, nn.GRU or nn.LSTM has",
                 w ? t->count / w->shape[1] : 0);
}

/* Weights in a row are cut by their rows. */
static void print_flat(const named_tensor *t, size_t room, char *text)
{
    snprintf(text, room,
             "as long as all weights of a module in a row, without which the "
             "model is another: a mapping file cuts them out, each as "
             "{\"from\": \"%.80s\", \"range\": [BEGIN,END], \"shape\": "
             "[ROWS,COLUMNS]}, in PyTorch's order weight_ih, weight_hh, "
             "bias_ih, bias_hh; --mapping-draft map.json begins one",
             t->name);
}

/* A vector may be a norm's, if its name says weight. */
static void print_vector(const named_tensor *t, size_t room, char *text)
{
    const char *last = last_part(t->name);
    int bytes = (int)(last - t->name) - 1;
    if (strcmp(last, "weight") != 0 || bytes < 1 || bytes > 80) {
        snprintf(text, room, "%s", advice[LEFTOVER_VECTOR]);
        return;
    }
    snprintf(text, room,
             "one number for each feature or class: a LayerNorm without bias "
             "(layer_norm:%.*s in --layers), a scale (a linear layer of a "
             "mapping file), an RMSNorm (no layer of elman is one), or the "
             "weights of a loss, which the model does without",
             bytes, t->name);
}

/* A convolution that sees one step is linear. */
static void print_convolution(const named_tensor *t, size_t room, char *text)
{
    const char *last = last_part(t->name);
    int bytes = last - t->name < 80 ? (int)(last - t->name) : 0;
    if (t->rank == 3 && t->shape[2] == 1)
        snprintf(text, room,
                 "of a convolution that is one step wide, which a mapping file "
                 "makes a linear layer: {\"from\": \"%.80s\", \"shape\": "
                 "[%zu,%zu]}",
                 t->name, t->shape[0], t->shape[1]);
    else
        snprintf(text, room,
                 "of a convolution or a Bilinear, which no layer of elman is; "
                 "--ignore='%.*s%s' converts the rest alone, as a model that "
                 "reads what this gives: no more than a part of the one in the "
                 "file",
                 bytes ? bytes : 80, t->name, bytes ? "*" : "");
}

/* One number is a scale, or a PReLU's slope; which, and where, nothing says. */
static void print_number(const named_tensor *t, size_t room, char *text)
{
    double value;
    char number[32];
    tensor_doubles(t, 0, 1, &value);
    snprintf(number, sizeof number, "%.9g", value);
    snprintf(text, room,
             "one number, %s: affine(%s,0) in --layers where it is a factor, "
             "leaky_relu(%s) where it is a PReLU's slope, both with "
             "--ignore='%.80s'",
             number, number, number, t->name);
}

void leftover_print(const elman_import *im, size_t index, size_t room,
                    char *text)
{
    const known_name *k = find_known(im->weights.tensors[index].name);
    leftover_kind kind = leftover_of(im, index);

    /* a bias is as the weight beside it */
    const named_tensor *t = im->weights.tensors + index;
    ptrdiff_t weight = weight_beside(im, t);
    if (weight != NOWHERE) t = im->weights.tensors + weight;
    if (kind == LEFTOVER_SCALE) print_number(t, room, text);
    else if (kind == LEFTOVER_VECTOR) print_vector(t, room, text);
    else if (kind == LEFTOVER_GATES) print_gates(im, t, room, text);
    else if (kind == LEFTOVER_FLAT) print_flat(t, room, text);
    else if (kind == LEFTOVER_CONVOLUTION) print_convolution(t, room, text);
    else if (kind != LEFTOVER_NOTHING) snprintf(text, room, "%s", advice[kind]);
    else if (k && k->is) snprintf(text, room, "it is %s", k->is);
    else if (is_counter(t)) snprintf(text, room, "it is a count");
    else if (is_optimizers(t->name))
        snprintf(text, room, "it is an optimizer's");
    else
        snprintf(text, room, "it is the same as %.80s",
                 im->weights.tensors[leftover_copy_of(im, index)].name);
}

/* An adapter beside a layer's own weight: W + (alpha/r) B A, and no state dict
 * has alpha. */
static elman_status check_adapters(const elman_import *im)
{
    static const char mark[] = ".lora_";
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *name = im->weights.tensors[i].name;
        const char *at = strstr(name, mark);
        if (im->left_out[i] || !at) continue;
        return failure(ELMAN_BAD_FORMAT,
                       "%.80s is of an adapter (LoRA) of %.*s, whose weight is "
                       "W + (alpha/r) B A, and the file does not say alpha; in "
                       "Python model = model.merge_and_unload() puts it into "
                       "the weight, and the state dict of that converts",
                       name, at - name < 60 ? (int)(at - name) : 60, name);
    }
    return ELMAN_OK;
}

elman_status leftover_check(const elman_import *im)
{
    TRY(check_adapters(im));
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *name = im->weights.tensors[i].name;
        if (im->left_out[i] || !is_attention(name)) continue;

        /* the module that has it */
        size_t bytes = (size_t)(last_part(name) - name);
        return failure(ELMAN_BAD_FORMAT,
                       "%.*s is attention between the steps, a "
                       "torch.nn.MultiheadAttention (it has %.80s), which no "
                       "layer of elman is: a model that uses it does not "
                       "convert",
                       bytes ? (int)(bytes - 1 < 60 ? bytes - 1 : 60) : 1,
                       bytes ? name : ".", last_part(name));
    }
    return ELMAN_OK;
}
