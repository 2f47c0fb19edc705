/*
 * npy.c: NumPy's arrays.
 *
 *   6 bytes   \x93NUMPY
 *   2 bytes   version
 *   2 or 4    length of the header, little-endian (4 from version 2)
 *   header    {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 *   the rest  the elements
 */
#include "format/npy.h"
#include "format/file.h"
#include "format/half.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";

enum { MAGIC = 6, PREFIX_1 = 10, PREFIX_2 = 12 };

/* ---- The header: a Python dictionary of three keys ---------------------- */

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_spaces(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
        c->at++;
}

/* Whether word comes next; steps over it. */
static bool take(cursor *c, const char *word)
{
    size_t bytes = strlen(word);
    skip_spaces(c);
    if ((size_t)(c->end - c->at) < bytes || memcmp(c->at, word, bytes))
        return false;
    c->at += bytes;
    return true;
}

/* A string in quotes, without escapes. */
static bool take_string(cursor *c, size_t room, char *text)
{
    skip_spaces(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"')) return false;
    char quote = *c->at++;
    const char *first = c->at;
    while (c->at < c->end && *c->at != quote)
        if (*c->at++ == '\\') return false;
    size_t bytes = (size_t)(c->at - first);
    if (c->at++ == c->end || bytes >= room) return false;
    memcpy(text, first, bytes);
    text[bytes] = 0;
    return true;
}

static bool take_size(cursor *c, size_t *size)
{
    skip_spaces(c);
    const char *first = c->at;
    *size = 0;
    for (; c->at < c->end && isdigit((unsigned char)*c->at); c->at++) {
        size_t digit = (size_t)(*c->at - '0');
        if (*size > (SIZE_MAX - digit) / 10) return false;
        *size = *size * 10 + digit;
    }
    return c->at > first;
}

static elman_status read_shape(cursor *c, npy *array)
{
    if (!take(c, "("))
        return failure(ELMAN_BAD_FORMAT, "header: shape is not a tuple");
    while (!take(c, ")")) {
        if (array->rank == ELMAN_MAX_RANK)
            return failure(ELMAN_BAD_FORMAT,
                           "more than %d dimensions, %d are read at most",
                           ELMAN_MAX_RANK, ELMAN_MAX_RANK);
        if (!take_size(c, &array->shape[array->rank++]))
            return failure(ELMAN_BAD_FORMAT,
                           "header: a dimension is not a whole number from 0");
        bool comma = take(c, ",");
        if (!comma && c->at < c->end && *c->at == ')' && array->rank > 1)
            continue;
        if (!comma)
            return failure(ELMAN_BAD_FORMAT, "header: shape is not a tuple");
    }
    return ELMAN_OK;
}

static elman_status read_descr(cursor *c, npy *array)
{
    char text[16];
    skip_spaces(c);
    if (c->at < c->end && *c->at == '[')
        return failure(ELMAN_BAD_FORMAT, "a structured array; save its fields "
                                         "as arrays of their own");
    if (!take_string(c, sizeof text, text))
        return failure(ELMAN_BAD_FORMAT, "header: descr is not a short string");
    if (strchr(text, 'O'))
        return failure(ELMAN_BAD_FORMAT, "an object array is a pickle, which "
                                         "is refused; save numbers");
    static const char *const known[] = {"f2", "f4", "f8", "i1", "i2", "i4",
                                        "i8", "u1", "u2", "u4", "u8", "b1"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text[0] && strchr("<>|=", text[0]) && !strcmp(text + 1, known[i])) {
            array->sort = known[i][0];
            array->width = (size_t)(known[i][1] - '0');
            array->swapped = text[0] == '>' && array->width > 1;
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_FORMAT,
                   "dtype '%s'; numbers of f2 f4 f8 i1 to i8 u1 to u8 b1 are "
                   "read",
                   text);
}

static elman_status read_order(cursor *c, npy *array)
{
    array->fortran = take(c, "True");
    if (array->fortran || take(c, "False")) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "header: fortran_order is neither True nor False");
}

static elman_status read_dictionary(cursor *c, npy *array)
{
    static const struct {
        const char *key;
        elman_status (*read)(cursor *, npy *);
    } rows[] = {{"descr", read_descr},
                {"fortran_order", read_order},
                {"shape", read_shape}};
    enum { ROWS = sizeof rows / sizeof *rows };
    bool seen[ROWS] = {false};

    if (!take(c, "{"))
        return failure(ELMAN_BAD_FORMAT, "header: not a dictionary");
    while (!take(c, "}")) {
        char key[16];
        size_t k = 0;
        if (!take_string(c, sizeof key, key) || !take(c, ":"))
            return failure(ELMAN_BAD_FORMAT, "header: no key where one should "
                                             "be");
        while (k < ROWS && strcmp(key, rows[k].key) != 0)
            k++;
        if (k == ROWS || seen[k])
            return failure(ELMAN_BAD_FORMAT, "header: key '%s' is %s", key,
                           k == ROWS ? "unknown" : "there twice");
        seen[k] = true;
        TRY(rows[k].read(c, array));
        if (!take(c, ",") && (c->at == c->end || *c->at != '}'))
            return failure(ELMAN_BAD_FORMAT, "header: no comma after '%s'",
                           key);
    }
    for (size_t k = 0; k < ROWS; k++)
        if (!seen[k])
            return failure(ELMAN_BAD_FORMAT, "header: '%s' is missing",
                           rows[k].key);
    skip_spaces(c);
    if (c->at != c->end)
        return failure(ELMAN_BAD_FORMAT, "header: text after the dictionary");
    return ELMAN_OK;
}

/* ---- The file ----------------------------------------------------------- */

/* Where the header begins and how long it is, within size bytes. */
static elman_status find_header(const char *bytes, size_t size, size_t *first,
                                size_t *length)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (size < PREFIX_1 || memcmp(bytes, magic, MAGIC))
        return failure(ELMAN_BAD_FORMAT, "%s",
                       size == 0 ? "the file is empty" : "no .npy file");
    if (b[6] < 1 || b[6] > 3 || b[7] != 0)
        return failure(ELMAN_BAD_FORMAT, "version %d.%d; 1.0 to 3.0 are read",
                       b[6], b[7]);
    *first = b[6] == 1 ? PREFIX_1 : PREFIX_2;
    *length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1 && size >= PREFIX_2)
        *length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (size < *first || *length > size - *first)
        return failure(ELMAN_BAD_FORMAT,
                       "a header of %zu bytes in a file of %zu", *length, size);
    return ELMAN_OK;
}

static elman_status check_room(size_t room, npy *array)
{
    size_t bytes = 0;
    bool fits = true;
    array->count = 1;
    for (size_t i = 0; i < array->rank; i++)
        fits = fits &&
               sizes_multiply(array->count, array->shape[i], 1, &array->count);
    if (!fits || !sizes_multiply(array->count, array->width, 1, &bytes))
        return failure(ELMAN_BAD_FORMAT, "the shape's bytes are over 64 bits");
    if (bytes != room)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu bytes of data, but the shape needs %zu", room,
                       bytes);
    return ELMAN_OK;
}

static elman_status read_file(const char *bytes, size_t size, npy *array)
{
    size_t first = 0, length = 0;
    TRY(find_header(bytes, size, &first, &length));
    cursor c = {bytes + first, bytes + first + length};
    TRY(read_dictionary(&c, array));
    array->data = bytes + first + length;
    return check_room(size - first - length, array);
}

elman_status npy_parse(char *bytes, size_t size, npy **array)
{
    npy *made = calloc(1, sizeof *made);
    if (!made) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for an array");
    }
    made->bytes = bytes;
    elman_status status = read_file(bytes, size, made);
    if (status == ELMAN_OK) *array = made;
    else npy_close(made);
    return status;
}

elman_status npy_open(const char *path, npy **array)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = npy_parse(bytes, size, array);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

void npy_close(npy *array)
{
    if (!array) return;
    free(array->bytes);
    free(array);
}

/* ---- Elements ----------------------------------------------------------- */

static uint64_t load_bits(const npy *array, size_t at)
{
    const unsigned char *b =
        (const unsigned char *)array->data + at * array->width;
    uint64_t bits = 0;
    for (size_t i = 0; i < array->width; i++) {
        size_t shift = 8 * (array->swapped ? array->width - 1 - i : i);
        bits |= (uint64_t)b[i] << shift;
    }
    return bits;
}

static double load_float(uint64_t bits, size_t width)
{
    uint32_t word = (uint32_t)bits;
    float single;
    double wide;
    if (width == 2) return (double)half_widen((uint16_t)bits);
    memcpy(&single, &word, sizeof single);
    memcpy(&wide, &bits, sizeof wide);
    return width == 4 ? (double)single : wide;
}

static double load_element(const npy *array, size_t at)
{
    uint64_t bits = load_bits(array, at);
    unsigned unused = 64 - 8 * (unsigned)array->width;
    switch (array->sort) {
    case 'f':
        return load_float(bits, array->width);
    case 'i':
        return (double)((int64_t)(bits << unused) >> unused);
    case 'b':
        return bits != 0;
    default:
        return (double)bits;
    }
}

/* Where the row-major element index lies in a Fortran file. */
static size_t fortran_place(const npy *array, size_t index)
{
    size_t place = 0, behind = array->count;
    for (size_t i = array->rank; i > 0; i--) {
        behind /= array->shape[i - 1];
        place += index % array->shape[i - 1] * behind;
        index /= array->shape[i - 1];
    }
    return place;
}

void npy_read(const npy *array, size_t first, size_t count, double *values)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = first + i;
        values[i] =
            load_element(array, array->fortran ? fortran_place(array, at) : at);
    }
}
