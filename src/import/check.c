/* check.c: runs a model on another's input and compares what it gives. */
#include "import/check.h"

#include "format/npy.h"
#include "import/check_axes.h"
#include "import/check_memory.h"
#include "import/padding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

/* An input with the output that it should give, and what the model gives. */
typedef struct sample {
    const elman_model *model;
    size_t T, B;
    bool batched;      /* x has an axis for sequences */
    bool one;          /* and none for steps, of which there is one */
    size_t row;        /* numbers that x has of one step of one sequence */
    float *x;          /* as forward takes it, or: */
    int32_t *tokens;   /* the same */
    size_t *lengths;   /* (B) of sequences that are filled up, or NULL */
    size_t *before;    /* (B) steps of padding that stood in front of them */
    size_t steps;      /* of y: T, or 1 if there is one vector per sequence */
    size_t directions; /* outputs side by side: 2 with merge none */
    size_t O;          /* features of one direction */
    size_t count;      /* elements of y */
    double *want;      /* (count) */
    float *got;        /* (count) */
    const elman_state *begin, *end; /* memory before and after, or NULL */
    memory_worst memory;            /* how far it is from end */
} sample;

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad_shape(const named_tensor *t, const char *expected)
{
    char shape[100];
    shape_print(t->rank, t->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT, "%.120s has shape %s, expected %s",
                   t->name, shape, expected);
}

/* Whether the model's note says that it was made of one step of sequences. */
static bool model_takes_one(const elman_model *m)
{
    const char *steps = model_note_text(m, "steps");
    return steps && !strcmp(steps, "one");
}

static elman_status measure_input(const named_tensor *x, sample *s)
{
    const elman_model *m = s->model;
    bool batch_first = m->config.batch_first, tokens = m->info.vocabulary > 0;
    size_t axes = tokens ? 1 : 2, I = m->info.input_size;

    char expected[120];
    const char *order = batch_first ? "B,T" : "T,B";
    const char *alone = model_takes_one(m) ? "B" : "T";
    if (tokens)
        snprintf(expected, sizeof expected, "(%s) or (%s)", order, alone);
    else
        snprintf(expected, sizeof expected, "(%s,%zu) or (%s,%zu)", order, I,
                 alone, I);

    /* with or without an axis of sequences, and others of one */
    size_t shape[ELMAN_MAX_RANK + 1], rank = axes_of_input(x, axes, I, shape);
    s->batched = rank == axes + 1;
    bool fits = s->batched || rank == axes;
    if (fits && !tokens) fits = shape[rank - 1] == I;

    if (!fits || x->count == 0) return bad_shape(x, expected);

    /* one axis beside the features is of steps, or of sequences of one step */
    s->one = !s->batched && model_takes_one(m);
    if (s->one) {
        s->batched = true;
        s->T = 1;
        s->B = shape[0];
        s->row = tokens ? 1 : I;
        return ELMAN_OK;
    }

    s->T = shape[s->batched && batch_first ? 1 : 0];
    s->B = s->batched ? shape[batch_first ? 0 : 1] : 1;
    s->row = tokens ? 1 : I;
    return ELMAN_OK;
}

static elman_status read_input(const named_tensor *x, sample *s)
{
    size_t V = s->model->info.vocabulary;
    s->x = malloc(x->count * sizeof *s->x);
    s->tokens = V ? malloc(x->count * sizeof *s->tokens) : NULL;
    if (!s->x || (V && !s->tokens))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", x->count);

    /* a token is a whole number below V */
    for (size_t i = 0; i < x->count; i++) {
        double value;
        tensor_doubles(x, i, 1, &value);
        s->x[i] = (float)value;

        if (!V) continue;
        if (!(value >= 0 && value < (double)V && real_floor(value) == value))
            return failure(ELMAN_BAD_FORMAT,
                           "%.120s has the token %g, expected 0 to %zu",
                           x->name, value, V - 1);
        s->tokens[i] = (int32_t)value;
    }
    return ELMAN_OK;
}

static elman_status read_lengths(const named_tensor *lengths, sample *s)
{
    char expected[60];
    snprintf(expected, sizeof expected, "(%zu), a length a sequence", s->B);
    if (lengths->rank != 1 || lengths->shape[0] != s->B)
        return bad_shape(lengths, expected);
    s->lengths = malloc(s->B * sizeof *s->lengths);
    if (!s->lengths)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu lengths", s->B);

    for (size_t b = 0; b < s->B; b++) {
        double length;
        tensor_doubles(lengths, b, 1, &length);
        if (!(length >= 1 && length <= (double)s->T &&
              real_floor(length) == length))
            return failure(ELMAN_BAD_FORMAT,
                           "%.120s has the length %g, expected 1 to %zu",
                           lengths->name, length, s->T);
        s->lengths[b] = (size_t)length;
    }
    return ELMAN_OK;
}

/* Where sequences end: as lengths say, or the model's note of what fills them
 * up. */
static elman_status read_ends(const named_tensor *x,
                              const named_tensor *lengths, sample *s)
{
    if (lengths) return read_lengths(lengths, s);
    padded_input in = {.name = x->name,
                       .T = s->T,
                       .B = s->B,
                       .row = s->row,
                       .x = s->x,
                       .tokens = s->tokens};
    return padding_find(s->model, &in, &s->lengths, &s->before);
}

/* The shape of y, with or without the axis of sequences; returns the rank. */
static size_t output_shape(const sample *s, bool batched, size_t *shape)
{
    size_t rank = 0;
    bool batch_first = s->model->config.batch_first;
    if (s->directions > 1) shape[rank++] = s->directions;
    if (batched && batch_first) shape[rank++] = s->B;
    bool one = s->one && !s->model->info.output_steps;
    if (!s->model->info.per_sequence && !one) shape[rank++] = s->steps;
    if (batched && !batch_first) shape[rank++] = s->B;
    shape[rank++] = s->O;
    return rank;
}

/* As view(-1, V) leaves it, a line makes y what is expected. */
static elman_status bad_output(const named_tensor *y, size_t rank,
                               const size_t *shape)
{
    char expected[100], text[250];
    size_t left = y->count;
    shape_print(rank, shape, sizeof expected, expected);

    /* as many numbers in fewer axes, the features last */
    bool flat = y->rank < rank &&
                (y->rank == 1 || y->shape[y->rank - 1] == shape[rank - 1]);
    for (size_t n = 0; flat && n < rank; n++) {
        flat = shape[n] && left % shape[n] == 0;
        left = flat ? left / shape[n] : 0;
    }
    flat = flat && left == 1;
    if (!flat) return bad_shape(y, expected);
    snprintf(text, sizeof text, "%s; y.reshape%s gives it that one", expected,
             expected);
    return bad_shape(y, text);
}

static elman_status read_output(const named_tensor *y, sample *s)
{
    const elman_model *m = s->model;
    size_t shape[ELMAN_MAX_RANK], rank;

    s->steps = model_steps(m, m->layer_count - 1, s->T);
    s->directions = model_outputs(m);
    s->O = m->info.output_size / s->directions;

    /* of one sequence, y may have an axis of sequences that x has not, or lack
     * it */
    bool fits = false;
    int first = s->batched && s->B != 1;
    for (int batched = first; batched < 2 && !fits; batched++) {
        rank = output_shape(s, batched, shape);
        fits = y->rank == rank &&
               memcmp(y->shape, shape, rank * sizeof *shape) == 0;
    }

    /* of one vector per sequence, features may have axes of their own */
    if (!fits && m->info.per_sequence && s->directions == 1 && y->rank > 2)
        fits = y->shape[0] == s->B && y->count == s->B * s->O;

    /* axes of one more or fewer leave the numbers as they lie */
    rank = output_shape(s, s->batched, shape);
    if (!fits && !axes_alike(y, shape, rank)) return bad_output(y, rank, shape);

    s->count = y->count;
    s->want = malloc(y->count * sizeof *s->want);
    s->got = malloc(y->count * sizeof *s->got);

    if (!s->want || !s->got)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", y->count);
    tensor_doubles(y, 0, y->count, s->want);
    return ELMAN_OK;
}

/* ---- Running ------------------------------------------------------------ */

static elman_status run_whole(sample *s)
{
    /* all of them, from the memory that is given */
    elman_state *state = NULL;
    TRY(state_create(s->model, &(elman_state_config){.T = s->T, .B = s->B},
                     &state));
    memory_begin(s->begin, state);

    elman_batch batch = {.T = s->T,
                         .B = s->B,
                         .x = s->x,
                         .tokens = s->tokens,
                         .lengths = s->lengths};
    elman_status status = model_forward(s->model, state, &batch, s->got);
    if (!status) s->memory = memory_compare(s->end, state);
    state_destroy(state);
    return status;
}

/* Step t of all sequences, from x; x_t and token_t are as wide. */
static void take_step(const sample *s, size_t t, float *x_t, int32_t *token_t)
{
    bool batch_first = s->model->config.batch_first;
    for (size_t b = 0; b < s->B; b++) {
        size_t from = batch_first ? b * s->T + t : t * s->B + b;

        memcpy(x_t + b * s->row, s->x + from * s->row, s->row * sizeof *x_t);
        if (s->tokens) token_t[b] = s->tokens[from];
    }
}

static bool has_step(const sample *s, size_t b, size_t t)
{
    return !s->lengths || t < s->lengths[b];
}

/* Whether y has the steps of the sequences. */
static bool is_by_step(const sample *s)
{
    const elman_model_info *info = &s->model->info;
    return !info->per_sequence && !info->output_steps;
}

/* What a step gave, where it belongs; of one vector per sequence the last
 * stays. */
static void keep_step(sample *s, size_t t, const float *y_t)
{
    bool batch_first = s->model->config.batch_first;
    for (size_t b = 0; b < s->B; b++) {
        size_t to = batch_first ? b * s->steps + t : t * s->B + b;
        if (s->steps == 1) to = b;
        if (!has_step(s, b, t)) continue;

        memcpy(s->got + to * s->O, y_t + b * s->O, s->O * sizeof *y_t);
    }
}

static elman_status run_stream(sample *s)
{
    elman_status status = ELMAN_NO_MEMORY;
    elman_state *state = NULL;
    float *x_t = malloc(s->B * s->row * sizeof *x_t);
    float *y_t = malloc(s->B * s->O * sizeof *y_t);
    int32_t *token_t = malloc(s->B * sizeof *token_t);
    size_t *more = malloc(s->B * sizeof *more);

    if (!x_t || !y_t || !token_t || !more) {
        status = failure(status, "no memory for a step of %zu sequences", s->B);
        goto done;
    }

    /* a state whose memory goes on from step to step */
    status = state_create(s->model, &(elman_state_config){.B = s->B}, &state);
    if (!status) memory_begin(s->begin, state);
    elman_batch batch = {.T = 1,
                         .B = s->B,
                         .x = x_t,
                         .tokens = s->tokens ? token_t : NULL,
                         .lengths = s->lengths ? more : NULL};

    for (size_t t = 0; !status && t < s->T; t++) {
        take_step(s, t, x_t, token_t);
        for (size_t b = 0; b < s->B; b++)
            more[b] = has_step(s, b, t);
        status = model_forward(s->model, state, &batch, y_t);
        if (!status) keep_step(s, t, y_t);
    }
    if (!status) s->memory = memory_compare(s->end, state);
done:
    state_destroy(state);
    free(x_t);
    free(y_t);
    free(token_t);
    free(more);
    return status;
}

/* ---- Comparing ---------------------------------------------------------- */

/* Where element i of what the model gives is. */
typedef struct place {
    size_t direction, t, b;
} place;

static place place_of(const sample *s, size_t i)
{
    bool batch_first = s->model->config.batch_first;
    size_t row = i / s->O, rows = s->steps * s->B;
    place p = {.direction = row / rows};
    row %= rows;
    p.t = batch_first ? row % s->steps : row / s->B;
    p.b = batch_first ? row / s->steps : row % s->B;
    return p;
}

/* What element i should be: padding that stood in front of a sequence has been
 * taken out of what was read, and stands in the reference still. */
static double wanted(const sample *s, size_t i)
{
    if (!s->before || !is_by_step(s)) return s->want[i];
    size_t step = s->model->config.batch_first ? s->O : s->B * s->O;
    return s->want[i + s->before[place_of(s, i).b] * step];
}

/* Whether there is something to compare: of padding Keras repeats what it gave
 * before, and elman gives 0. */
static bool counts(const sample *s, size_t i)
{
    if (!s->lengths || !is_by_step(s)) return true;
    place p = place_of(s, i);
    return has_step(s, p.b, p.t);
}

static double find_worst(const sample *s, size_t *worst)
{
    double most = 0;
    *worst = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (!counts(s, i)) continue;
        double far = check_distance((double)s->got[i], wanted(s, i));
        if (far <= most) continue;
        most = far;
        *worst = i;
    }
    return most;
}

/* Says where element i is. */
static void describe(const sample *s, size_t i, const char *how, size_t room,
                     char *text)
{
    const place p = place_of(s, i);
    double want = wanted(s, i);
    char step[40] = "", direction_text[40] = "";
    if (!s->model->info.per_sequence)
        snprintf(step, sizeof step, "step %zu, ",
                 p.t + (s->before && is_by_step(s) ? s->before[p.b] : 0));

    if (s->directions > 1)
        snprintf(direction_text, sizeof direction_text, "direction %zu, ",
                 p.direction);

    size_t used = (size_t)snprintf(text, room, "%s%ssequence %zu, output %zu ",
                                   direction_text, step, p.b, i % s->O);

    if (isnan(want))
        snprintf(text + used, room - used,
                 "is NaN in the reference, which nothing equals");
    else
        snprintf(text + used, room - used, "is %.7g%s, expected %.7g",
                 (double)s->got[i], how, want);
}

/* How far a run was off, in what it gave and in what it left; how says which
 * run, for the sentence on the first that failed. */
static double judge(const sample *s, const char *how, elman_check *c)
{
    size_t worst;
    double most = find_worst(s, &worst);
    if (most > 1 && !c->failure[0])
        describe(s, worst, how, sizeof c->failure, c->failure);
    if (s->memory.far > 1 && !c->failure[0])
        memory_describe(s->end, &s->memory, how, sizeof c->failure, c->failure);
    return most > s->memory.far ? most : s->memory.far;
}

static elman_status compare(sample *s, elman_check *check)
{
    elman_check c = {.T = s->T, .B = s->B, .stream = NAN};
    TRY(run_whole(s));
    c.whole = judge(s, "", &c);

    /* once more, one step at a time */
    if (s->model->info.streams) {
        TRY(run_stream(s));
        c.stream = judge(s, " one step at a time", &c);
    }

    c.passed = !c.failure[0];
    *check = c;
    return ELMAN_OK;
}

/* A state is of this model and has as many sequences as x. */
static elman_status check_state(const sample *s, const elman_state *state)
{
    if (!state) return ELMAN_OK;
    TRY(state_check(s->model, state));
    if (state->config.B == s->B) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the state has %zu sequences, expected %zu as the input has",
                   state->config.B, s->B);
}

elman_status check_tensors(const elman_model *m, const check_arrays *arrays,
                           elman_check *check)
{
    sample s = {.model = m, .begin = arrays->begin, .end = arrays->end};

    elman_status status = measure_input(arrays->x, &s);
    if (!status) status = check_state(&s, s.begin);
    if (!status) status = check_state(&s, s.end);
    if (!status) status = read_input(arrays->x, &s);
    if (!status) status = read_ends(arrays->x, arrays->lengths, &s);
    if (!status) status = read_output(arrays->y, &s);
    if (!status) status = compare(&s, check);

    free(s.x);
    free(s.tokens);
    free(s.lengths);
    free(s.before);
    free(s.want);
    free(s.got);
    return status;
}

elman_status model_check(const elman_model *m, const check_files *files,
                         elman_check *check)
{
    npy *x = NULL, *y = NULL, *lengths = NULL;
    elman_status status = npy_open(files->x, &x);
    if (!status) status = npy_open(files->y, &y);
    if (!status && files->lengths) status = npy_open(files->lengths, &lengths);
    if (!status) {
        x->tensor.name = files->x;
        y->tensor.name = files->y;
        if (lengths) lengths->tensor.name = files->lengths;

        const check_arrays arrays = {.x = &x->tensor,
                                     .y = &y->tensor,
                                     .lengths =
                                         lengths ? &lengths->tensor : NULL,
                                     .begin = files->begin,
                                     .end = files->end};
        status = check_tensors(m, &arrays, check);
    }
    npy_close(lengths);
    npy_close(x);
    npy_close(y);
    return status;
}
