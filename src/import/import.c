/* import.c: the lists of an import, and what is left out of it. */
#include "import/import.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists -------------------------------------------------------------- */

elman_status import_add_spare(elman_import *im, size_t from, const char *how)
{
    TRY(list_grow(&im->spares, im->spare_count, &im->spare_room,
                  sizeof *im->spares));
    im->spares[im->spare_count++] = (spare){.from = from, .how = how};
    return ELMAN_OK;
}

elman_status import_add_note(elman_import *im, size_t from, const char *how)
{
    TRY(list_grow(&im->notes, im->note_count, &im->note_room,
                  sizeof *im->notes));
    im->notes[im->note_count++] = (spare){.from = from, .how = how};
    return ELMAN_OK;
}

/* A block of zeros that lives as long as the import; its first bytes point to
 * the block before, and what is behind them is aligned as they are. */
static void *keep(elman_import *im, size_t bytes)
{
    size_t head =
        sizeof(double) > sizeof im->kept ? sizeof(double) : sizeof im->kept;
    char *block = bytes <= SIZE_MAX - head ? calloc(1, head + bytes) : NULL;
    if (!block) return NULL;

    memcpy(block, &im->kept, sizeof im->kept);
    im->kept = block;
    return block + head;
}

/* What is printed, as a text that lives as long as the import. */
static const char *print_kept(elman_import *im, const char *format,
                              va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) return NULL;

    char *text = keep(im, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, arguments);
    else (void)failure(ELMAN_NO_MEMORY, "no memory for the table of tensors");
    return text;
}

elman_status import_add_trait(elman_import *im, const layer_trait *trait)
{
    TRY(list_grow(&im->traits, im->trait_count, &im->trait_room,
                  sizeof *im->traits));
    im->traits[im->trait_count++] = *trait;
    return ELMAN_OK;
}

const layer_trait *import_trait(const elman_import *im, ptrdiff_t from)
{
    for (size_t i = 0; from != NOWHERE && i < im->trait_count; i++)
        if (im->traits[i].from == (size_t)from) return im->traits + i;
    return NULL;
}

const char *import_text(elman_import *im, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = print_kept(im, format, arguments);
    va_end(arguments);
    return text;
}

elman_status import_add_fact(elman_import *im, const char *name,
                             const char *format, ...)
{
    TRY(list_grow(&im->facts, im->fact_count, &im->fact_room,
                  sizeof *im->facts));
    va_list arguments;
    va_start(arguments, format);
    const char *text = print_kept(im, format, arguments);
    va_end(arguments);
    if (!text) return ELMAN_NO_MEMORY;
    im->facts[im->fact_count++] = (elman_fact){.name = name, .text = text};
    return ELMAN_OK;
}

/* ---- Tensors that are computed ------------------------------------------- */

/* Makes room for one more tensor, in a list of the import's own. */
static elman_status grow_tensors(elman_import *im)
{
    size_t count = im->weights.tensor_count;
    bool borrowed = im->weights.tensors != im->grown;
    named_tensor *grown =
        array_widen(im->grown, &im->grown_room, count + 1, sizeof *grown);
    if (!grown)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count + 1);

    /* the source's list is copied once */
    if (borrowed && count)
        memcpy(grown, im->weights.tensors, count * sizeof *grown);
    im->grown = grown;
    im->weights.tensors = grown;
    if (!im->left_out) return ELMAN_OK;

    /* what is made is not left out */
    bool *left_out = realloc(im->left_out, (count + 2) * sizeof *left_out);
    if (!left_out)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count + 1);
    im->left_out = left_out;
    left_out[count] = left_out[count + 1] = false;
    return ELMAN_OK;
}

float *import_make_tensor(elman_import *im, const char *name, size_t rank,
                          const size_t *shape, size_t *index)
{
    named_tensor t = {.name = import_text(im, "%s", name), .rank = rank};
    if (!t.name) return NULL;

    memcpy(t.shape, shape, rank * sizeof *shape);
    float *values = NULL;
    if (tensor_count_elements(&t)) values = keep(im, t.count * sizeof *values);

    if (!values) {
        (void)failure(ELMAN_NO_MEMORY, "no memory for the tensor %.80s", name);
        return NULL;
    }
    if (grow_tensors(im) != ELMAN_OK) return NULL;

    t.data = values;
    *index = im->weights.tensor_count++;
    im->grown[*index] = t;
    return values;
}

/* ---- What is left out --------------------------------------------------- */

/* Whether name matches a pattern of that many bytes, where * stands for any
 * text. After a mismatch the last * takes one byte more. */
static bool matches(const char *name, const char *pattern, size_t bytes)
{
    const char *end = pattern + bytes, *star = NULL, *from = NULL;

    while (*name || pattern < end) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            from = name;
        } else if (*name && pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star && *from) {
            pattern = star;
            name = ++from;
        } else {
            return false;
        }
    }
    return true;
}

/* The next text between commas, without spaces around; false at the end. */
bool list_next(const char **list, const char **text, size_t *bytes)
{
    if (!*list) return false;

    const char *first = *list, *end = first + strcspn(first, ",");
    *list = *end ? end + 1 : NULL;

    first += strspn(first, " ");
    while (end > first && end[-1] == ' ')
        end--;

    *text = first;
    *bytes = first < end ? (size_t)(end - first) : 0;
    return true;
}

static elman_status leave_out_matches(elman_import *im, const char *pattern,
                                      size_t bytes)
{
    size_t found = 0;
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        if (!matches(im->weights.tensors[i].name, pattern, bytes)) continue;

        found++;
        if (im->left_out[i]) continue;
        im->left_out[i] = true;
        TRY(import_add_spare(im, i, "ignored"));
    }

    if (found) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "no tensor is named %.*s, which was to be ignored",
                   bytes < 80 ? (int)bytes : 80, pattern);
}

static elman_status take_reference(elman_import *im, const char *name,
                                   ptrdiff_t *at)
{
    for (size_t i = 0; i < im->weights.tensor_count && *at == NOWHERE; i++) {
        if (im->left_out[i] || strcmp(im->weights.tensors[i].name, name) != 0)
            continue;
        *at = (ptrdiff_t)i;
        im->left_out[i] = true;
        TRY(import_add_spare(im, i, "reference"));
    }
    return ELMAN_OK;
}

elman_status import_leave_out(elman_import *im, const char *patterns)
{
    const char *pattern;
    size_t bytes;
    im->left_out = calloc(im->weights.tensor_count + 1, sizeof *im->left_out);
    if (!im->left_out)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors",
                       im->weights.tensor_count);

    /* what config ignores, then the reference, which needs both halves */
    while (list_next(&patterns, &pattern, &bytes))
        if (bytes) TRY(leave_out_matches(im, pattern, bytes));

    TRY(take_reference(im, "reference.input", &im->reference_x));
    TRY(take_reference(im, "reference.output", &im->reference_y));

    if ((im->reference_x == NOWHERE) == (im->reference_y == NOWHERE))
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "there is a tensor reference.%s but no reference.%s; "
                   "expected both or neither",
                   im->reference_x == NOWHERE ? "output" : "input",
                   im->reference_x == NOWHERE ? "input" : "output");
}

/* ---- The import --------------------------------------------------------- */

void import_close(elman_import *im)
{
    if (!im) return;
    if (im->close) im->close(im->source);

    for (char *block = im->kept, *next; block; block = next) {
        memcpy(&next, block, sizeof next);
        free(block);
    }

    free(im->grown);
    free(im->weights.slices);
    free(im->spares);
    free(im->traits);
    free(im->notes);
    free(im->left_out);
    free(im->rows);
    free(im->facts);
    free(im->proposals);
    free(im);
}

size_t import_extra(const elman_import *im) { return im->extra; }

const elman_fact *import_facts(const elman_import *im, size_t *count)
{
    *count = im->fact_count;
    return im->facts;
}

const elman_proposal *import_proposals(const elman_import *im,
                                       const char **question, size_t *count)
{
    *question = im->question ? im->question : "";
    *count = im->proposal_count;
    return im->proposals;
}

elman_status import_add_remark(elman_import *im, const char *text)
{
    if (!text) return ELMAN_NO_MEMORY;
    if (im->remark_count < IMPORT_REMARKS)
        im->remarks[im->remark_count++] = text;
    return ELMAN_OK;
}

const char *import_remark(const elman_import *im, size_t index)
{
    return index < im->remark_count ? im->remarks[index] : NULL;
}

const elman_import_row *import_rows(const elman_import *im, size_t *count)
{
    *count = im->row_count;
    return im->rows;
}

elman_status import_model(const elman_import *im, elman_model **model)
{
    return model_create_empty(
        &im->config,
        weight_limit(im->weights.tensors, im->weights.tensor_count), false,
        model);
}
