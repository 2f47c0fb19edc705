/* import.c: the lists of an import, and what is left out of it. */
#include "import/import.h"

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

const char *import_text(elman_import *im, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) return NULL;

    char *block = malloc(sizeof im->texts + (size_t)length + 1);
    if (!block) {
        (void)failure(ELMAN_NO_MEMORY, "no memory for the table of tensors");
        return NULL;
    }

    /* its first bytes point to the text before */
    memcpy(block, &im->texts, sizeof im->texts);
    im->texts = block;

    va_start(arguments, format);
    vsnprintf(block + sizeof im->texts, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return block + sizeof im->texts;
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

    for (char *text = im->texts, *next; text; text = next) {
        memcpy(&next, text, sizeof next);
        free(text);
    }

    free(im->weights.slices);
    free(im->spares);
    free(im->left_out);
    free(im->rows);
    free(im);
}

size_t import_extra(const elman_import *im) { return im->extra; }

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
