/* answer_array.c: see answer_array.h. */
#include "answer_array.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 128, NUMBER = sizeof(float) }; /* bytes; the shape fits */

static size_t numbers_of(const answer_array *a)
{
    return (a->T ? a->T : 1) * a->O;
}

/* Little endian, as the header says. */
static void put_number(unsigned char *at, float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (int k = 0; k < NUMBER; k++)
        at[k] = (unsigned char)(bits >> (8 * k));
}

/* The header of so many sequences. */
static void write_header(const answer_array *a)
{
    char text[HEADER + 1] = "\x93NUMPY\1", steps[24] = "";
    char *words = text + 10;
    text[8] = HEADER - 10;
    if (a->T) snprintf(steps, sizeof steps, "%zu, ", a->T);
    int count = snprintf(words, HEADER - 10,
                         "{'descr': '<f4', 'fortran_order': False, 'shape': "
                         "(%zu, %s%zu), }",
                         a->sequences, steps, a->O);
    memset(words + count, ' ', (size_t)(HEADER - 11 - count));
    text[HEADER - 1] = '\n';
    fwrite(text, 1, HEADER, a->file);
}

/* Writes what is known of the last sequence, and the header before the first.
 */
static void write_last(const answer_array *a)
{
    if (a->sequences) fwrite(a->bytes, NUMBER, numbers_of(a), a->file);
    else write_header(a);
}

/* Writes the last sequence, and begins one without any answer. */
static bool begin_sequence(answer_array *a)
{
    size_t T = a->T ? a->T : 1, most = SIZE_MAX / NUMBER / (a->O + 1);
    if (!a->bytes && T < most) a->bytes = malloc(numbers_of(a) * NUMBER + 1);
    if (!a->bytes) return false;

    write_last(a);
    a->sequences++;
    for (size_t n = 0; n < numbers_of(a); n++)
        put_number(a->bytes + n * NUMBER, NAN);
    return true;
}

bool answer_array_add(answer_array *a, size_t step, const float *y)
{
    bool begins = step == 0 || a->sequences == 0;
    if (begins && !begin_sequence(a)) return false;
    for (size_t n = 0; n < a->O; n++)
        put_number(a->bytes + (step * a->O + n) * NUMBER, y[n]);
    return true;
}

bool answer_array_end(answer_array *a)
{
    write_last(a);
    if (ferror(a->file) || fseek(a->file, 0, SEEK_SET) != 0) return false;
    write_header(a);
    return !ferror(a->file);
}

void answer_array_release(answer_array *a) { free(a->bytes); }
