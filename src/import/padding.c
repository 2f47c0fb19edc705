/* padding.c: see padding.h. */
#include "import/padding.h"

#include "format/number.h"

#include <stdlib.h>
#include <string.h>

/* What pads; false if the model does not say so of such an input. */
static bool read_note(const elman_model *m, const padded_input *in, double *pad)
{
    const char *note = model_note_text(m, "padding");
    const char *number = note ? strchr(note, ' ') : NULL;
    if (!number) return false;
    bool tokens = strncmp(note, "token ", 6) == 0;
    return tokens == (in->tokens != NULL) &&
           number_parse(number, pad) == NUMBER_VALUE;
}

static size_t row_of(const elman_model *m, const padded_input *in, size_t b,
                     size_t t)
{
    return m->config.batch_first ? b * in->T + t : t * in->B + b;
}

static bool pads(const elman_model *m, const padded_input *in, double pad,
                 size_t b, size_t t)
{
    size_t row = row_of(m, in, b, t);
    if (in->tokens) return (double)in->tokens[row] == pad;
    for (size_t i = 0; i < in->row; i++)
        if (in->x[row * in->row + i] != (float)pad) return false;
    return true;
}

/* Steps [begin, end) of a sequence, around which all is padding. */
static elman_status find_steps(const elman_model *m, const padded_input *in,
                               double pad, size_t b, size_t *begin, size_t *end)
{
    *begin = 0;
    *end = in->T;
    while (*begin < *end && pads(m, in, pad, b, *begin))
        (*begin)++;
    while (*end > *begin && pads(m, in, pad, b, *end - 1))
        (*end)--;
    if (*begin == *end)
        return failure(ELMAN_BAD_FORMAT,
                       "%.120s: sequence %zu is padding alone (%s), which "
                       "proves nothing; take it out",
                       in->name, b, model_note_text(m, "padding"));

    for (size_t t = *begin; t < *end; t++)
        if (pads(m, in, pad, b, t))
            return failure(ELMAN_BAD_FORMAT,
                           "%.120s: step %zu of sequence %zu is padding (%s), "
                           "but steps behind it are not; take it out: padding "
                           "is in front of a sequence or behind it",
                           in->name, t, b, model_note_text(m, "padding"));
    return ELMAN_OK;
}

static void move_steps(const elman_model *m, padded_input *in, size_t b,
                       size_t by)
{
    for (size_t t = 0; t + by < in->T; t++) {
        size_t to = row_of(m, in, b, t), from = row_of(m, in, b, t + by);
        if (in->tokens) in->tokens[to] = in->tokens[from];
        memmove(in->x + to * in->row, in->x + from * in->row,
                in->row * sizeof *in->x);
    }
}

elman_status padding_find(const elman_model *m, padded_input *in,
                          size_t **lengths, size_t **before)
{
    double pad;
    bool found = false;
    elman_status status = ELMAN_OK;
    *lengths = *before = NULL;
    if (!read_note(m, in, &pad)) return ELMAN_OK;

    size_t *length = malloc(in->B * sizeof *length);
    size_t *front = malloc(in->B * sizeof *front);
    if (!length || !front)
        status = failure(ELMAN_NO_MEMORY, "no memory for %zu lengths", in->B);
    for (size_t b = 0; b < in->B && !status; b++) {
        size_t end;
        status = find_steps(m, in, pad, b, front + b, &end);
        if (status) break;
        length[b] = end - front[b];
        found = found || length[b] < in->T;
        if (front[b]) move_steps(m, in, b, front[b]);
    }

    /* without padding all is as if nothing had been said of it */
    if (!status && found) {
        *lengths = length;
        *before = front;
        return ELMAN_OK;
    }
    free(length);
    free(front);
    return status;
}
