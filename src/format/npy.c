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
#include "format/own.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";

enum {
    MAGIC = 6,
    PREFIX_1 = 10,
    PREFIX_2 = 12,
    ALIGNED = 64,
    LONGEST_HEADER = 384,
    CHUNK = 1024
};

/* ---- The header: a Python dictionary of three keys ---------------------- */

typedef struct cursor {
    const char *at, *end;
} cursor;

typedef struct header {
    bool fortran; /* column-major: the first index runs fastest */
    bool texts;   /* are taken */
    size_t width; /* characters of each text */
    named_tensor *tensor;
} header;

static const struct {
    const char *code;
    element_type type;
} types[] = {{"f2", ELEMENT_F16}, {"f4", ELEMENT_F32}, {"f8", ELEMENT_F64},
             {"i1", ELEMENT_I8},  {"i2", ELEMENT_I16}, {"i4", ELEMENT_I32},
             {"i8", ELEMENT_I64}, {"u1", ELEMENT_U8},  {"u2", ELEMENT_U16},
             {"u4", ELEMENT_U32}, {"u8", ELEMENT_U64}, {"b1", ELEMENT_BOOL}};

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

static elman_status take_size(cursor *c, size_t *size)
{
    skip_spaces(c);
    const char *first = c->at;
    *size = 0;

    for (; c->at < c->end && isdigit((unsigned char)*c->at); c->at++)
        if (!size_append(size, *c->at))
            return failure(ELMAN_BAD_FORMAT,
                           "header: a dimension is not " A_SIZE);

    if (c->at > first) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "header: a dimension is not a whole number from 0");
}

static elman_status read_shape(cursor *c, header *h)
{
    named_tensor *array = h->tensor;
    if (!take(c, "("))
        return failure(ELMAN_BAD_FORMAT, "header: shape is not a tuple");

    /* one dimension at a time, until the tuple closes */
    while (!take(c, ")")) {
        if (array->rank == TENSOR_MAX_RANK)
            return failure(ELMAN_BAD_FORMAT,
                           "more than %d dimensions, expected at most %d",
                           TENSOR_MAX_RANK, TENSOR_MAX_RANK);
        TRY(take_size(c, &array->shape[array->rank++]));

        /* (3,) needs its comma, (3,4) does not */
        bool comma = take(c, ",");
        if (!comma && c->at < c->end && *c->at == ')' && array->rank > 1)
            continue;
        if (!comma)
            return failure(ELMAN_BAD_FORMAT, "header: shape is not a tuple");
    }
    return ELMAN_OK;
}

/* Whether "<U4" or "|S4" is a text, and one that is taken. */
static bool read_text_type(const char *text, header *h)
{
    bool wide = text[0] && text[1] == 'U';
    if (!h->texts || !text[0] || !strchr("<>|=", text[0]) ||
        (!wide && text[1] != 'S'))
        return false;

    cursor digits = {text + 2, text + strlen(text)};
    if (take_size(&digits, &h->width) || digits.at != digits.end) return false;
    h->tensor->type = wide ? ELEMENT_U32 : ELEMENT_U8;
    h->tensor->swapped = wide && text[0] == '>';
    h->tensor->text = true;
    return true;
}

static elman_status read_descr(cursor *c, header *h)
{
    char text[16];
    skip_spaces(c);

    if (c->at < c->end && *c->at == '[')
        return failure(
            ELMAN_BAD_FORMAT,
            "a structured array; save its fields as separate arrays");
    if (!take_string(c, sizeof text, text))
        return failure(ELMAN_BAD_FORMAT, "header: descr is not a short string");

    if (strchr(text, 'O'))
        return failure(
            ELMAN_BAD_FORMAT,
            "an object array is a pickle, which elman refuses; a dict of "
            "arrays becomes a file of numbers by numpy.savez(\"w.npz\", "
            "**numpy.load(\"FILE\", allow_pickle=True).item())");

    /* the byte order, then the code of the type */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text[0] && strchr("<>|=", text[0]) &&
            !strcmp(text + 1, types[i].code)) {
            h->tensor->type = types[i].type;
            h->tensor->swapped =
                text[0] == '>' && element_bytes(types[i].type) > 1;
            return ELMAN_OK;
        }
    if (read_text_type(text, h)) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "dtype '%s'; elman reads f2 f4 f8 i1 to i8 u1 to u8 b1",
                   text);
}

static elman_status read_order(cursor *c, header *h)
{
    h->fortran = take(c, "True");
    if (h->fortran || take(c, "False")) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "header: fortran_order is neither True nor False");
}

static elman_status read_dictionary(cursor *c, header *h)
{
    static const struct {
        const char *key;
        elman_status (*read)(cursor *, header *);
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
            return failure(ELMAN_BAD_FORMAT, "header: expected a key");

        /* a known key, and only once */
        while (k < ROWS && strcmp(key, rows[k].key) != 0)
            k++;
        if (k == ROWS || seen[k])
            return failure(ELMAN_BAD_FORMAT, "header: key '%s' %s", key,
                           k == ROWS ? "is unknown" : "occurs twice");

        /* its value, which its row reads */
        seen[k] = true;
        TRY(rows[k].read(c, h));
        if (!take(c, ",") && (c->at == c->end || *c->at != '}'))
            return failure(ELMAN_BAD_FORMAT,
                           "header: expected a comma after '%s'", key);
    }

    /* all keys must be there, and nothing after them */
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
                       size == 0 ? "the file is empty" : "not an .npy file");

    if (b[6] < 1 || b[6] > 3 || b[7] != 0)
        return failure(ELMAN_BAD_FORMAT,
                       "version %d.%d; elman reads 1.0 to 3.0", b[6], b[7]);

    /* version 1 has a length of 2 bytes, later ones of 4 */
    *first = b[6] == 1 ? PREFIX_1 : PREFIX_2;
    *length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1 && size >= PREFIX_2)
        *length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;

    if (size < *first || *length > size - *first)
        return failure(ELMAN_BAD_FORMAT,
                       "a header of %zu bytes in a file of %zu", *length, size);
    return ELMAN_OK;
}

/* The data, of room bytes, is what the shape and type need. */
static elman_status check_room(size_t room, named_tensor *array)
{
    if (!tensor_count_elements(array))
        return failure(ELMAN_BAD_FORMAT,
                       "the shape's size in bytes exceeds " SIZE_BITS " bits");

    size_t bytes = array->count * element_bytes(array->type);
    if (bytes != room)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu bytes of data, but the shape needs %zu", room,
                       bytes);
    return ELMAN_OK;
}

/* The first index fastest: strides that grow from the left. */
static void stride_fortran(named_tensor *array)
{
    size_t stride = 1;
    for (size_t i = 0; i < array->rank; i++) {
        array->stride[i] = stride;
        stride *= array->shape[i];
    }
    array->strided = array->rank > 1;
}

/* The characters of texts are one more axis. */
static elman_status add_axis(const header *h)
{
    named_tensor *array = h->tensor;
    if (array->rank == TENSOR_MAX_RANK || (h->fortran && array->rank > 1))
        return failure(ELMAN_BAD_FORMAT,
                       "texts in column-major order, or of %zu dimensions",
                       array->rank);
    array->shape[array->rank++] = h->width;
    return ELMAN_OK;
}

/* have: bytes that are at hand, of all size. */
static elman_status look(const char *bytes, size_t have, size_t size,
                         bool texts, named_tensor *tensor, size_t *begin)
{
    size_t first = 0, length = 0;
    *tensor = (named_tensor){.name = tensor->name};
    header h = {.tensor = tensor, .texts = texts};

    TRY(find_header(bytes, have, &first, &length));
    cursor c = {bytes + first, bytes + first + length};
    TRY(read_dictionary(&c, &h));
    if (tensor->text) TRY(add_axis(&h));

    /* the elements follow the header */
    *begin = first + length;
    TRY(check_room(size - *begin, tensor));

    if (h.fortran && tensor->count && !tensor->text) stride_fortran(tensor);
    return ELMAN_OK;
}

static elman_status view(const char *bytes, size_t size, bool texts,
                         named_tensor *tensor)
{
    size_t begin = 0;
    TRY(look(bytes, size, size, texts, tensor, &begin));
    tensor->data = bytes + begin;
    return ELMAN_OK;
}

elman_status npy_look(const char *bytes, size_t have, size_t size,
                      named_tensor *tensor, size_t *begin)
{
    return look(bytes, have, size, true, tensor, begin);
}

elman_status npy_view(const char *bytes, size_t size, named_tensor *tensor)
{
    return view(bytes, size, false, tensor);
}

elman_status npy_view_texts(const char *bytes, size_t size,
                            named_tensor *tensor)
{
    return view(bytes, size, true, tensor);
}

elman_status npy_parse(char *bytes, size_t size, npy **array)
{
    npy *made = calloc(1, sizeof *made);
    if (!made) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for an array");
    }

    made->bytes = bytes;
    made->tensor.name = "";

    elman_status status = npy_view(bytes, size, &made->tensor);
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
    const byte_source source = {.name = path};
    return status ? own_explain(failure_in(status, path), &source, "an array")
                  : ELMAN_OK;
}

void npy_close(npy *array)
{
    if (!array) return;
    free(array->bytes);
    free(array);
}

/* ---- Writing ------------------------------------------------------------ */

/* Writes the header and returns its length. Spaces and a newline end it, so
 * that the data begins at a multiple of 64 bytes. */
static size_t print_header(const named_tensor *t, element_type type, char *text)
{
    const char *code = "";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type) code = types[i].code;

    memcpy(text, "\x93NUMPY\1\0", 8);

    size_t at = PREFIX_1, room = LONGEST_HEADER;
    at += (size_t)snprintf(text + at, room - at,
                           "{'descr': '%c%s', 'fortran_order': False, "
                           "'shape': (",
                           element_bytes(type) > 1 ? '<' : '|', code);

    for (size_t i = 0; i < t->rank; i++)
        at += (size_t)snprintf(text + at, room - at,
                               t->rank == 1 ? "%zu,"
                               : i          ? ", %zu"
                                            : "%zu",
                               t->shape[i]);
    at += (size_t)snprintf(text + at, room - at, "), }");

    /* pad to where the data may begin */
    size_t end = (at + 1 + ALIGNED - 1) / ALIGNED * ALIGNED;
    memset(text + at, ' ', end - at - 1);
    text[end - 1] = '\n';

    /* the prefix holds the length of what follows it */
    text[8] = (char)((end - PREFIX_1) & 255);
    text[9] = (char)((end - PREFIX_1) >> 8);

    return end;
}

/* In chunks: a copy of every element would double the memory. */
static elman_status write_elements(file_writer *writer, const named_tensor *t,
                                   element_type type)
{
    double wide[CHUNK];
    float narrow[CHUNK];

    for (size_t first = 0; first < t->count; first += CHUNK) {
        size_t left = t->count - first, count = left < CHUNK ? left : CHUNK;

        /* in its own type: the bytes as they are */
        if (type == t->type) {
            tensor_bytes(t, first, count, wide);
            TRY(file_writer_write(writer, wide, count * element_bytes(type)));
            continue;
        }

        /* bfloat16, which NumPy lacks, as float32 */
        tensor_doubles(t, first, count, wide);
        for (size_t i = 0; i < count; i++)
            narrow[i] = (float)wide[i];
        TRY(file_writer_write(writer, narrow, count * sizeof *narrow));
    }
    return ELMAN_OK;
}

elman_status npy_save(const char *path, const named_tensor *tensor)
{
    char text[LONGEST_HEADER];
    element_type type =
        tensor->type == ELEMENT_BF16 ? ELEMENT_F32 : tensor->type;

    size_t length = print_header(tensor, type, text);
    file_writer *writer = NULL;
    TRY(file_writer_open(path, &writer));
    elman_status status = file_writer_write(writer, text, length);
    if (status == ELMAN_OK) status = write_elements(writer, tensor, type);
    return file_writer_end(writer, status);
}
