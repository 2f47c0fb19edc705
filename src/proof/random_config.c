/* random_config.c: draws configs, and writes them in one line. */
#include "proof/random_config.h"
#include "base/activation.h"
#include "base/kind.h"
#include "cell/cell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Draws: splitmix64 (Steele, Lea & Flood 2014) ----------------------- */

draws draws_from(uint64_t seed, uint64_t which)
{
    draws d = {seed * 0x9E3779B97F4A7C15u + which * 1000003};
    return d;
}

uint64_t draw_next(draws *d)
{
    uint64_t z = (d->s += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t draw_size(draws *d, size_t first, size_t last)
{
    return first + (size_t)(draw_next(d) % (last - first + 1));
}

bool draw_chance(draws *d, unsigned percent)
{
    return draw_next(d) % 100 < percent;
}

float draw_real(draws *d, float low, float high)
{
    return low + (high - low) * (float)(draw_next(d) >> 40) * 0x1p-24f;
}

/* ---- Layers ------------------------------------------------------------- */

/* Activation functions by their range: from 0 to 1, bounded, unbounded. */
static const elman_activation_kind functions[] = {
    ELMAN_ACTIVATION_SIGMOID,
    ELMAN_ACTIVATION_HARD_SIGMOID,
    ELMAN_ACTIVATION_TANH,
    ELMAN_ACTIVATION_SCALED_TANH,
    ELMAN_ACTIVATION_SOFTSIGN,
    ELMAN_ACTIVATION_RELU,
    ELMAN_ACTIVATION_AFFINE,
    ELMAN_ACTIVATION_LEAKY_RELU,
    ELMAN_ACTIVATION_THRESHOLDED_RELU,
    ELMAN_ACTIVATION_ELU,
    ELMAN_ACTIVATION_SOFTPLUS};
enum {
    UNIT_COUNT = 2,    /* the first ones: from 0 to 1 */
    BOUNDED_COUNT = 5, /* bounded, with those */
    FUNCTION_COUNT = sizeof functions / sizeof *functions
};

/* Draws one of the first count functions; returns its index. */
static size_t draw_activation(draws *d, size_t count, elman_activation *a)
{
    size_t which = draw_size(d, 0, count - 1);
    *a = (elman_activation){.kind = functions[which]};

    /* with its parameters, if it has any */
    int takes = activation_parameters(a->kind);
    if (takes > 0) a->alpha = draw_real(d, 0.2f, 0.9f);
    if (takes > 1) a->beta = draw_real(d, 0.2f, 0.9f);
    return which;
}

/* Draws some or all functions of each direction. A cell must not explode, which
 * would magnify rounding errors: so its gates are bounded, without a cell state
 * by 0 and 1; at most one function is unbounded, and none if the gates can be
 * negative. */
static void draw_activations(draws *d, elman_layer *l)
{
    const cell_kind *cell = cell_for(l);
    size_t count = cell->function_count;
    size_t gates = cell->has_cell ? BOUNDED_COUNT : UNIT_COUNT;
    bool relu = l->nonlinearity == ELMAN_ACTIVATION_RELU;
    if (relu || !draw_chance(d, 30)) return;

    for (size_t i = 0; i < 1 + (size_t)l->bidirectional; i++)
        for (size_t k = 0, allowed = FUNCTION_COUNT; k < count; k++) {
            bool gate = k == FUNCTION_F && cell->gate_count > 1;
            if (!draw_chance(d, 70)) continue;

            size_t which = draw_activation(d, gate ? gates : allowed,
                                           &l->activations[i][k]);
            if (which >= (size_t)(gate ? UNIT_COUNT : BOUNDED_COUNT))
                allowed = BOUNDED_COUNT;
        }
}

static void draw_directions(draws *d, bool ends, elman_layer *l)
{
    l->reverse = draw_chance(d, 15);
    l->bidirectional = !l->reverse && draw_chance(d, 35);
    if (!l->bidirectional) return;

    /* only a last layer of one level can leave its directions unmerged */
    l->merge = (elman_merge)draw_size(d, ELMAN_MERGE_CONCAT, ELMAN_MERGE_NONE);
    if (l->merge == ELMAN_MERGE_NONE && (!ends || l->num_layers > 1))
        l->merge = ELMAN_MERGE_CONCAT;
}

/* One of the recurrent kinds. */
static elman_kind draw_kind(draws *d)
{
    size_t count = 0;
    elman_kind kinds[64];

    for (size_t i = 0; i < kind_count() && count < 64; i++)
        if (kind_is_recurrent((elman_kind)i)) kinds[count++] = (elman_kind)i;

    return kinds[draw_size(d, 0, count - 1)];
}

/* Whether to set a field: never if the kind does not read it. */
static bool draw_field(draws *d, const elman_layer *l, const char *field,
                       unsigned percent)
{
    return kind_has_field(l->kind, field) && draw_chance(d, percent);
}

static void draw_recurrent(draws *d, size_t most, bool ends, elman_layer *l)
{
    l->kind = draw_kind(d);

    /* one size for all levels, or one for each */
    l->num_layers = draw_size(d, 1, 6) / 2; /* mostly 1 or 2 */
    if (l->num_layers == 0) l->num_layers = 1;
    l->hidden_size = draw_size(d, 2, most);
    if (draw_chance(d, 20)) {
        l->hidden_size = 0;
        for (size_t k = 0; k < l->num_layers; k++)
            l->hidden_sizes[k] = draw_size(d, 2, most);
    }

    /* what every kind reads */
    l->no_bias = draw_chance(d, 25);
    l->learned_state = draw_chance(d, 25);
    if (draw_field(d, l, "clip", 25)) l->clip = draw_real(d, 0.3f, 1.5f);
    if (draw_chance(d, 30)) l->dropout = draw_real(d, 0.1f, 0.6f);
    l->variational = draw_chance(d, 50);
    if (draw_field(d, l, "recurrent_dropout", 30))
        l->recurrent_dropout = draw_real(d, 0.1f, 0.6f);
    if (draw_chance(d, 30)) l->zoneout = draw_real(d, 0.1f, 0.6f);

    /* and what only some do */
    size_t least = l->hidden_size ? l->hidden_size : 2;
    if (draw_field(d, l, "nonlinearity", 40))
        l->nonlinearity = ELMAN_ACTIVATION_RELU;
    l->reset_before = draw_field(d, l, "reset_before", 50);
    l->peephole = draw_field(d, l, "peephole", 40);
    l->coupled = draw_field(d, l, "coupled", 30);
    if (draw_field(d, l, "proj_size", 30))
        l->proj_size = draw_size(d, 1, least - 1);
    if (draw_field(d, l, "zoneout_cell", 30))
        l->zoneout_cell = draw_real(d, 0.1f, 0.6f);

    draw_directions(d, ends, l);
    if (kind_has_field(l->kind, "activations")) draw_activations(d, l);

    /* a unit that adds up its own past without a bound would magnify rounding
     */
    bool by_itself = cell_for(l)->recurrence == ELMAN_RECURRENCE_VECTOR;
    if (by_itself && (l->nonlinearity || cell_is_custom(l)))
        l->init_hh = (elman_init){ELMAN_INIT_UNIFORM, 0.5};
}

/* A layer without weights that maps each feature to one. */
static void draw_function(draws *d, elman_layer *l)
{
    l->kind = (elman_kind)draw_size(d, ELMAN_TANH, ELMAN_SOFTMAX + 3);
    if (l->kind == ELMAN_SOFTMAX + 1) l->kind = ELMAN_LOG_SOFTMAX;
    else if (l->kind > ELMAN_SOFTMAX) {
        l->kind = ELMAN_ACTIVATION;
        (void)draw_activation(d, FUNCTION_COUNT, &l->activation);
    }
}

/* At most one layer that keeps the number of steps; returns how many. */
static size_t draw_between(draws *d, size_t most, elman_layer *l)
{
    switch (draw_size(d, 0, 5)) {
    case 0:
        l->kind = ELMAN_DROPOUT;
        l->dropout = draw_real(d, 0.1f, 0.6f);
        l->variational = draw_chance(d, 50);
        return 1;

    case 1:
        /* PyTorch's eps would magnify rounding where features are alike */
        l->kind = ELMAN_LAYER_NORM;
        l->eps = 0.05f;
        if (draw_chance(d, 40)) {
            l->kind = ELMAN_L2_NORM;
            l->eps = draw_real(d, 0.2f, 0.8f); /* steps are longer or shorter */
        }
        return 1;

    case 2:
        l->kind = ELMAN_LINEAR;
        l->output_size = draw_size(d, 1, most);
        l->no_bias = draw_chance(d, 50);
        return 1;

    case 3:
        draw_function(d, l);
        return 1;

    default:
        return 0;
    }
}

/* The layers after the last recurrent one, which is l[-1]. */
static void draw_head(draws *d, size_t most, elman_layer *l)
{
    bool mixed = l[-1].bidirectional && l[-1].merge != ELMAN_MERGE_CONCAT;

    if (draw_chance(d, 40)) {
        l->kind = ELMAN_LAST;
        if (!mixed && draw_chance(d, 50)) l->last = ELMAN_LAST_FINAL;
        if (draw_chance(d, 50))
            *l = (elman_layer){
                .kind = ELMAN_POOL,
                .pool = (elman_pool)draw_size(d, 0, ELMAN_POOL_ATTENTION)};
        l++;
    }

    if (draw_chance(d, 30)) l += draw_between(d, most, l);
    if (draw_chance(d, 60)) {
        l->kind = ELMAN_LINEAR;
        l->output_size = draw_size(d, 1, most);
        l++;
    }

    if (draw_chance(d, 40)) draw_function(d, l);
}

elman_config random_config(draws *d, size_t most)
{
    elman_config config = {.input_size = draw_size(d, 1, most),
                           .batch_first = draw_chance(d, 30),
                           .seed = draw_next(d)};
    elman_layer *l = config.layers;

    /* tokens rather than numbers */
    if (draw_chance(d, 20)) {
        config.input_size = 0;
        *l = (elman_layer){.kind = ELMAN_EMBEDDING,
                           .num_embeddings = draw_size(d, 1, 6),
                           .embedding_dim = draw_size(d, 1, most)};
        l++;
    }

    /* one recurrent layer, or two with something between them */
    if (draw_chance(d, 30)) l += draw_between(d, most, l);
    size_t recurrent = draw_size(d, 1, 4) / 4 + 1; /* mostly 1 */
    for (size_t i = 0; i < recurrent; i++) {
        bool ends = i + 1 == recurrent;
        draw_recurrent(d, most, ends, l++);
        if (l[-1].merge == ELMAN_MERGE_NONE) return config;
        if (!ends) l += draw_between(d, most, l);
    }

    draw_head(d, most, l);
    return config;
}

elman_config random_repeating(draws *d, size_t most)
{
    elman_config config = {.input_size = draw_size(d, 1, most),
                           .batch_first = draw_chance(d, 30),
                           .seed = draw_next(d)};
    elman_layer *l = config.layers;

    /* from a sequence to a vector */
    draw_recurrent(d, most, false, l++);
    l->kind = ELMAN_LAST;
    if (draw_chance(d, 40))
        *l = (elman_layer){
            .kind = ELMAN_POOL,
            .pool = (elman_pool)draw_size(d, 0, ELMAN_POOL_ATTENTION)};
    l++;
    if (draw_chance(d, 30)) l += draw_between(d, most, l);

    /* and to another sequence */
    *l++ = (elman_layer){.kind = ELMAN_REPEAT, .repeats = draw_size(d, 0, 7)};
    if (draw_chance(d, 20)) l += draw_between(d, most, l);
    if (draw_chance(d, 80)) draw_recurrent(d, most, true, l++);
    if (l[-1].merge != ELMAN_MERGE_NONE) draw_head(d, most, l);
    return config;
}

/* ---- One line ----------------------------------------------------------- */

/* used may exceed bytes: then the text is cut. */
typedef struct writer {
    char *text;
    size_t bytes, used;
} writer;

__attribute__((format(printf, 2, 3))) static void put(writer *w,
                                                      const char *format, ...)
{
    if (w->used >= w->bytes) return;

    va_list list;
    va_start(list, format);
    int n = vsnprintf(w->text + w->used, w->bytes - w->used, format, list);
    va_end(list);
    if (n > 0) w->used += (size_t)n;
}

static void put_number(writer *w, const char *name, float value)
{
    if (value != 0) put(w, " %s %.3g", name, (double)value);
}

static void put_flag(writer *w, const char *name, bool set)
{
    if (set) put(w, " %s", name);
}

/* "elu(0.5)", "affine(0.5, 0.2)". */
static void put_activation(writer *w, const elman_activation *a)
{
    put(w, " %s", activation_word(a->kind));
    if (a->beta != 0) put(w, "(%.3g, %.3g)", (double)a->alpha, (double)a->beta);
    else if (a->alpha != 0) put(w, "(%.3g)", (double)a->alpha);
}

/* All up to the last that is not the default. */
static void put_activations(writer *w, const elman_layer *l)
{
    size_t count = 6;
    while (count > 0 && !l->activations[(count - 1) / 3][(count - 1) % 3].kind)
        count--;

    if (count > 0) put(w, " by");
    for (size_t i = 0; i < count; i++)
        put_activation(w, &l->activations[i / 3][i % 3]);
}

static void put_recurrent(writer *w, const elman_layer *l)
{
    static const char *const merges[] = {"concat", "sum", "mul", "average",
                                         "none"};

    /* sizes: 7-5 for two levels, 7x2 for two of one size */
    put(w, " %zu", l->hidden_sizes[0] ? l->hidden_sizes[0] : l->hidden_size);
    for (size_t k = 1; k < ELMAN_MAX_LEVELS && l->hidden_sizes[k]; k++)
        put(w, "-%zu", l->hidden_sizes[k]);
    if (l->num_layers > 1 && !l->hidden_sizes[0]) put(w, "x%zu", l->num_layers);
    if (l->proj_size) put(w, " proj %zu", l->proj_size);

    /* options, where they are not the default */
    put_flag(w, "relu", l->nonlinearity == ELMAN_ACTIVATION_RELU);
    put_activations(w, l);
    put_flag(w, "no_bias", l->no_bias);
    put_flag(w, "reverse", l->reverse);
    put_flag(w, "bidirectional", l->bidirectional);
    put_flag(w, merges[l->merge], l->bidirectional);

    put_flag(w, "peephole", l->peephole);
    put_flag(w, "coupled", l->coupled);
    put_flag(w, "reset_before", l->reset_before);
    put_flag(w, "learned_state", l->learned_state);

    put_number(w, "clip", l->clip);
    put_number(w, "recurrent_dropout", l->recurrent_dropout);
    put_number(w, "zoneout", l->zoneout);
    put_number(w, "zoneout_cell", l->zoneout_cell);
}

static void put_layer(writer *w, const elman_layer *l)
{
    static const char *const pools[] = {"mean", "max", "attention", "sum"};
    const kind_row *kind = kind_at(l->kind);
    bool recurrent = kind->family == ELMAN_FAMILY_RECURRENT;

    /* what it is, and its sizes */
    put(w, "%s", recurrent ? kind->title : kind->word);
    if (recurrent) put_recurrent(w, l);
    if (l->num_embeddings)
        put(w, " %zux%zu", l->num_embeddings, l->embedding_dim);
    if (l->output_size) put(w, " %zu", l->output_size);
    if (l->repeats) put(w, " %zu", l->repeats);
    if (!recurrent) put_flag(w, "no_bias", l->no_bias);

    if (l->kind == ELMAN_ACTIVATION) put_activation(w, &l->activation);
    if (l->kind == ELMAN_POOL) put(w, " %s", pools[l->pool]);
    put_flag(w, "final", l->last == ELMAN_LAST_FINAL);
    put_number(w, "dropout", l->dropout);
    put_flag(w, "variational", l->variational && l->dropout > 0);
}

void config_write_line(const elman_config *config, size_t bytes, char *line)
{
    writer w = {line, bytes, 0};

    if (config->batch_first) put(&w, "batch_first ");
    put(&w, "I %zu: ", config->input_size);
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && config->layers[i].kind; i++) {
        if (i > 0) put(&w, ", ");
        put_layer(&w, config->layers + i);
    }

    if (w.used >= bytes && bytes > 4) memcpy(line + bytes - 4, "...", 4);
}
