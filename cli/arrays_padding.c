/*
 * arrays_padding.c: sequences that are filled up to one length, where the
 * model's note says with what (a token, or a value that all numbers of a step
 * have): see arrays.h.
 */
#include "arrays.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

/* What pads. */
typedef struct padding {
    bool token;
    double value;
} padding;

/* "token 0" or "value -1"; false if the model has no such note. */
static bool read_note(const array_pass *pass, padding *pad)
{
    const char *note = elman_model_note(pass->net->model, "padding");
    const char *number = note ? strchr(note, ' ') : NULL;
    if (!number) return false;

    char *end = NULL;
    pad->token = strncmp(note, "token ", 6) == 0;
    pad->value = strtod(number, &end);
    return !*end && pad->token == (pass->tokens != NULL);
}

/* Which row of x step t of sequence b is. */
static size_t row_of(const array_pass *pass, size_t b, size_t t)
{
    bool first = elman_model_config(pass->net->model)->batch_first;
    return first ? b * pass->T + t : t * pass->B + b;
}

static bool is_padding(const array_pass *pass, const padding *pad, size_t b,
                       size_t t)
{
    size_t row = row_of(pass, b, t);
    if (pass->tokens) return pass->tokens[row] == (int32_t)pad->value;
    for (size_t n = 0; n < pass->I; n++)
        if (pass->x[row * pass->I + n] != (float)pad->value) return false;
    return true;
}

bool arrays_pads(const network *net, float *x, int32_t *token)
{
    padding pad;
    const array_pass step = {.net = net,
                             .T = 1,
                             .B = 1,
                             .I = net->size.input_size,
                             .x = x,
                             .tokens = net->size.vocabulary ? token : NULL};
    return read_note(&step, &pad) && is_padding(&step, &pad, 0, 0);
}

/* Steps [begin, end) of a sequence that are not padding, the rest is. */
static int find_steps(const array_pass *pass, const padding *pad, size_t b,
                      size_t *begin, size_t *end)
{
    *begin = 0;
    *end = pass->T;
    while (*begin < *end && is_padding(pass, pad, b, *begin))
        (*begin)++;
    while (*end > *begin && is_padding(pass, pad, b, *end - 1))
        (*end)--;

    for (size_t t = *begin; t < *end; t++)
        if (is_padding(pass, pad, b, t))
            return failed("%s: step %zu of sequence %zu is padding (%s), but "
                          "steps behind it are not; take it out: padding is "
                          "in front of a sequence or behind it",
                          pass->name, t + 1, b + 1,
                          elman_model_note(pass->net->model, "padding"));
    return 0;
}

/* Moves steps to the front of their sequence. */
static void shift(array_pass *pass, size_t b, size_t by)
{
    for (size_t t = 0; t + by < pass->T; t++) {
        size_t to = row_of(pass, b, t), from = row_of(pass, b, t + by);
        if (pass->tokens) pass->tokens[to] = pass->tokens[from];
        else
            memcpy(pass->x + to * pass->I, pass->x + from * pass->I,
                   pass->I * sizeof *pass->x);
    }
}

int arrays_find_padding(array_pass *pass)
{
    padding pad;
    bool padded = false, in_front = false;
    if (!read_note(pass, &pad) || !pass->T) return 0;
    pass->lengths = calloc(pass->B + 1, sizeof *pass->lengths);
    pass->before = calloc(pass->B + 1, sizeof *pass->before);
    if (!pass->lengths || !pass->before) return failed("out of memory");

    for (size_t b = 0; b < pass->B; b++) {
        size_t begin, end;
        int code = find_steps(pass, &pad, b, &begin, &end);
        if (code) return code;

        /* what a model gives for nothing is no answer */
        if (begin == end)
            return failed("%s: sequence %zu is padding alone (%s); take it out",
                          pass->name, b + 1,
                          elman_model_note(pass->net->model, "padding"));
        pass->lengths[b] = end - begin;
        pass->before[b] = begin;
        if (pass->before[b]) shift(pass, b, begin);
        padded = padded || pass->lengths[b] < pass->T;
        in_front = in_front || pass->before[b];
    }

    /* without padding all is as if nothing had been said of it */
    if (!in_front) {
        free(pass->before);
        pass->before = NULL;
    }
    if (padded) return 0;
    free(pass->lengths);
    pass->lengths = NULL;
    return 0;
}

void arrays_restore(array_pass *pass)
{
    const elman_tensor *y = &pass->y;
    if (!pass->before || array_has_own_steps(pass)) return;
    size_t O = y->shape[y->rank - 1], part = pass->T * pass->B * O;

    /* directions that are not joined lie one behind the other */
    for (size_t n = 0; n < pass->net->size.output_size / O; n++)
        for (size_t b = 0; b < pass->B; b++)
            for (size_t t = pass->T; t-- > 0 && pass->before[b];) {
                float *to = y->data + n * part + row_of(pass, b, t) * O;
                if (t < pass->before[b]) memset(to, 0, O * sizeof *to);
                else
                    memcpy(to,
                           y->data + n * part +
                               row_of(pass, b, t - pass->before[b]) * O,
                           O * sizeof *to);
            }
}
