/*
 * nam.c: captures of Neural Amp Modeler. A .nam file has the sizes of its
 * network and one list of weights: for each level of an LSTM (W|R) row by row
 * with gates i f g o, one bias, the initial h and c; then the head's weight and
 * bias.
 */
#include "import/json_parts.h"
#include "import/members.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATES = 4 };

typedef struct nam_sizes {
    size_t input, hidden, levels, output;
} nam_sizes;

/* A size of the config; one that may be left out has a default. */
static elman_status read_size(const json_node *config, const char *key,
                              size_t fallback, size_t *size)
{
    const json_node *node = json_find(config, key);
    int64_t whole = (int64_t)fallback;
    if (node && !json_whole(node, &whole)) whole = 0;

    /* a network of such sizes is limited by its weights, these are no nonsense
     */
    if (whole >= 1 && whole <= 1 << 24 && size_narrow((uint64_t)whole, size))
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "config has no %s of at least 1, expected the size of an "
                   "LSTM",
                   key);
}

/* The versions of the format whose LSTM is known, without what may only add to
 * them. By its rules a change that an older reader would take for something
 * else changes one of these two numbers. */
static const char *const versions[] = {"0.5.", "0.6."};

static const char root_known[] =
    "version architecture config weights sample_rate metadata training";
static const char config_known[] =
    "input_size hidden_size num_layers in_channels out_channels";

static elman_status check_version(const json_node *root)
{
    const char *version = json_text(json_find(root, "version"));
    for (size_t i = 0; version && i < sizeof versions / sizeof *versions; i++)
        if (strncmp(version, versions[i], strlen(versions[i])) == 0)
            return ELMAN_OK;

    return failure(ELMAN_BAD_FORMAT,
                   "this is a capture of Neural Amp Modeler of the version "
                   "%.40s, expected 0.5 or 0.6; if its LSTM is still the same, "
                   "write \"0.5.4\" there and try it with --reference",
                   version ? version : "(none)");
}

static elman_status read_sizes(const json_node *root, nam_sizes *s)
{
    const json_node *config = json_find(root, "config");
    size_t inputs = 1;

    /* newer files count channels */
    if (json_find(config, "in_channels"))
        TRY(read_size(config, "in_channels", 0, &inputs));
    TRY(read_size(config, "input_size", inputs, &s->input));
    TRY(read_size(config, "hidden_size", 0, &s->hidden));
    TRY(read_size(config, "num_layers", 1, &s->levels));
    TRY(read_size(config, "out_channels", 1, &s->output));

    if (s->levels <= ELMAN_MAX_LEVELS) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "config has num_layers %zu, expected at most %d", s->levels,
                   ELMAN_MAX_LEVELS);
}

/* How many weights such a network has; false if no size can hold it. */
static bool count_weights(const nam_sizes *s, size_t *count)
{
    size_t head;
    if (!sizes_multiply(s->output, s->hidden + 1, 1, &head)) return false;
    *count = head;

    for (size_t k = 0; k < s->levels; k++) {
        size_t I = k ? s->hidden : s->input, level;
        if (!sizes_multiply(GATES * s->hidden, I + s->hidden + 1, 1, &level) ||
            level > SIZE_MAX / 2 - 2 * s->hidden - *count)
            return false;
        *count += level + 2 * s->hidden;
    }
    return true;
}

/* The weights that are next: count of them, as rows, of which some columns. */
static elman_status fill(elman_import *im, const elman_model *m,
                         const char *name, size_t first, size_t rows,
                         size_t columns, const slice_range *cols)
{
    mapping_source *source = malloc(sizeof *source);
    if (!source) return failure(ELMAN_NO_MEMORY, "no memory for a mapping");

    const parameter *target = model_find(m, name);
    const slice_range range = {first, first + rows * columns, 1};
    const size_t shape[] = {rows, columns};
    bool covered[ELMAN_MAX_GATES];
    tensor_part part;

    elman_status status = part_take(im, 0, &part);
    if (!status) status = part_range(&part, &range);
    if (!status && cols) status = part_reshape(&part, 2, shape);
    if (!status && cols) status = part_slice(&part, 1, "cols", cols);
    if (!status) status = source_take(&part, source);
    if (!status) status = source_fill(im, source, target, false, covered);
    free(source);
    return status;
}

static elman_status add_zero(elman_import *im, const char *name)
{
    tensor_slice p = {.from = FROM_NOTHING, .how = "zero: one bias is enough"};
    snprintf(p.parameter, sizeof p.parameter, "%s", name);
    return weights_add(&im->weights, &p);
}

static elman_status fill_level(elman_import *im, const elman_model *m,
                               const nam_sizes *s, size_t k, size_t *at)
{
    size_t H = s->hidden, I = k ? H : s->input, G = GATES * H;
    const slice_range input = {0, I, 1}, recurrent = {I, I + H, 1};
    char name[5][40];
    static const char *const roles[] = {"weight_ih", "weight_hh", "bias_ih",
                                        "h_0", "c_0"};

    for (size_t i = 0; i < 5; i++)
        snprintf(name[i], sizeof name[i], "rnn.%s_l%zu", roles[i], k);

    /* both weights are one matrix in the list */
    TRY(fill(im, m, name[0], *at, G, I + H, &input));
    TRY(fill(im, m, name[1], *at, G, I + H, &recurrent));
    *at += G * (I + H);

    TRY(fill(im, m, name[2], *at, G, 1, NULL));
    *at += G;
    for (size_t i = 3; i < 5; i++, *at += H)
        TRY(fill(im, m, name[i], *at, H, 1, NULL));

    snprintf(name[0], sizeof name[0], "rnn.bias_hh_l%zu", k);
    return add_zero(im, name[0]);
}

/* The capture is of sound at one rate, which the model does not keep. */
static elman_status note_rate(elman_import *im)
{
    double rate;
    tensor_slice *first = im->weights.slices;
    if (!json_number(json_find(json_root_of(im), "sample_rate"), &rate))
        return ELMAN_OK;

    first->how = import_text(im, "%s; for sound of %g samples a second",
                             first->how, rate);
    return first->how ? ELMAN_OK : ELMAN_NO_MEMORY;
}

/* Whether the file is one whose weights are known, as many as its sizes ask
 * for. */
static elman_status check_file(const elman_import *im, nam_sizes *s)
{
    const json_node *root = json_root_of(im);
    const char *architecture = json_text(json_find(root, "architecture"));
    size_t count = 0;
    if (strcmp(architecture, "LSTM") != 0)
        return failure(
            ELMAN_BAD_FORMAT,
            "this is a capture of Neural Amp Modeler of the "
            "architecture %.40s, which has no recurrent layer; elman "
            "reads LSTM",
            architecture);

    /* whatever could change the answers, by name */
    TRY(check_version(root));
    TRY(members_check(root, root_known, "the file"));
    TRY(members_check(json_find(root, "config"), config_known, "its config"));
    TRY(read_sizes(root, s));

    const named_tensor *t = im->weights.tensors;
    if (count_weights(s, &count) && t->rank == 1 && t->count == count)
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "this is a capture of Neural Amp Modeler with %zu "
                   "weights, expected %zu for an LSTM of %zu levels of %zu "
                   "that reads %zu and gives %zu",
                   t->count, count, s->levels, s->hidden, s->input, s->output);
}

static elman_status import_nam(elman_import *im,
                               const elman_import_config *config)
{
    nam_sizes s = {0};
    elman_config c = {.batch_first = config->batch_first};
    elman_model *m = NULL;
    TRY(check_file(im, &s));

    c.input_size = s.input;
    c.layers[0] = (elman_layer){.kind = ELMAN_LSTM,
                                .hidden_size = s.hidden,
                                .num_layers = s.levels,
                                .learned_state = true};
    c.layers[1] = (elman_layer){.kind = ELMAN_LINEAR, .output_size = s.output};
    TRY(config_complete(&c, &im->config));
    TRY(import_model(im, &m));

    /* level by level, then the head */
    size_t at = 0;
    elman_status status = ELMAN_OK;
    for (size_t k = 0; k < s.levels && !status; k++)
        status = fill_level(im, m, &s, k, &at);

    const slice_range all = {0, s.hidden, 1};
    if (!status)
        status = fill(im, m, "fc.weight", at, s.output, s.hidden, &all);
    at += s.output * s.hidden;
    if (!status) status = fill(im, m, "fc.bias", at, s.output, 1, NULL);
    model_destroy(m);
    return status ? status : note_rate(im);
}

elman_status nam_open(elman_import *im, const json_node *root)
{
    size_t index;
    TRY(json_add_tensor(im, "weights", json_find(root, "weights"), &index));
    im->computes = true;
    im->known = import_nam;

    const char *version = json_text(json_find(root, "version"));
    return import_add_fact(im, "producer",
                           "Neural Amp Modeler, format %.20s of architecture "
                           "%.40s",
                           version ? version : "unknown",
                           json_text(json_find(root, "architecture")));
}
