/*
 * import.c: from a file to an import and from there to a model. The file's
 * format is told by its content; import_source.c opens it.
 */
#include "exchange/import.h"

#include "exchange/check.h"
#include "exchange/import_source.h"
#include "format/safetensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists -------------------------------------------------------------- */

/* Makes room for one more in a list of count, room of which is there. */
static elman_status grow(void *list, size_t count, size_t *room, size_t bytes)
{
    void *old, *larger;
    if (count < *room) return ELMAN_OK;
    size_t more = *room ? 2 * *room : 64, size;
    memcpy(&old, list, sizeof old);
    if (!sizes_multiply(more, bytes, 1, &size) ||
        !(larger = realloc(old, size)))
        return failure(ELMAN_NO_MEMORY, "no memory for the table of tensors");
    memcpy(list, &larger, sizeof larger);
    *room = more;
    return ELMAN_OK;
}

elman_status import_add_piece(elman_import *im, const piece *p)
{
    TRY(grow(&im->piece, im->pieces, &im->piece_room, sizeof *im->piece));
    im->piece[im->pieces++] = *p;
    return ELMAN_OK;
}

elman_status import_add_spare(elman_import *im, size_t from, const char *how)
{
    TRY(grow(&im->spare, im->spares, &im->spare_room, sizeof *im->spare));
    im->spare[im->spares++] = (spare){.from = from, .how = how};
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
    memcpy(block, &im->texts, sizeof im->texts);
    im->texts = block;
    va_start(arguments, format);
    vsnprintf(block + sizeof im->texts, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return block + sizeof im->texts;
}

/* ---- What is left out --------------------------------------------------- */

/* Whether name is what pattern, of so many bytes, says; * stands for any text.
 * After a mismatch the last * takes one byte more. */
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
    for (size_t i = 0; i < im->tensors; i++) {
        if (!matches(im->tensor[i].name, pattern, bytes)) continue;
        found++;
        if (im->left_out[i]) continue;
        im->left_out[i] = true;
        TRY(import_add_spare(im, i, "ignored"));
    }
    if (found) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "no tensor is named %.*s, which is to be ignored",
                   bytes < 80 ? (int)bytes : 80, pattern);
}

static elman_status take_reference(elman_import *im, const char *name,
                                   ptrdiff_t *at)
{
    for (size_t i = 0; i < im->tensors && *at == NOWHERE; i++) {
        if (im->left_out[i] || strcmp(im->tensor[i].name, name) != 0) continue;
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
    im->left_out = calloc(im->tensors + 1, sizeof *im->left_out);
    if (!im->left_out)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors",
                       im->tensors);
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

/* ---- Opening ------------------------------------------------------------ */

static elman_status read_source(elman_import *im, const char *const *paths,
                                size_t count, const elman_import_config *config)
{
    bool done;
    TRY(import_open_source(im, paths, count, config, &done));
    if (done || im->own) return ELMAN_OK;
    elman_status status = import_leave_out(im, config->ignore);
    if (!status)
        status = config->mapping ? import_mapping(im, config)
                                 : import_names(im, config);
    return status ? failure_in(status, paths[0]) : ELMAN_OK;
}

/* All but the table. */
static elman_status open_bare(const char *const *paths, size_t count,
                              const elman_import_config *config,
                              elman_import **import)
{
    static const elman_import_config plain = {0};
    elman_import *im = calloc(1, sizeof *im);
    if (!im) return failure(ELMAN_NO_MEMORY, "no memory for an import");
    im->reference_x = im->reference_y = NOWHERE;
    if (count) im->path = import_text(im, "%s", paths[0]);
    elman_status status = count && !im->path ? ELMAN_NO_MEMORY : ELMAN_OK;
    if (!status)
        status = read_source(im, paths, count, config ? config : &plain);
    if (status) import_close(im);
    else *import = im;
    return status;
}

elman_status import_open(const char *const *paths, size_t count,
                         const elman_import_config *config,
                         elman_import **import)
{
    elman_import *im = NULL;
    TRY(open_bare(paths, count, config, &im));
    elman_status status = import_make_rows(im);
    if (status) {
        import_close(im);
        return failure_in(status, paths[0]);
    }
    *import = im;
    return ELMAN_OK;
}

void import_close(elman_import *im)
{
    if (!im) return;
    if (im->close) im->close(im->source);
    for (char *text = im->texts, *next; text; text = next) {
        memcpy(&next, text, sizeof next);
        free(text);
    }
    free(im->piece);
    free(im->spare);
    free(im->left_out);
    free(im->row);
    free(im);
}

size_t import_beside(const elman_import *im) { return im->beside; }

const elman_import_row *import_rows(const elman_import *im, size_t *count)
{
    *count = im->rows;
    return im->row;
}

/* ---- The model ---------------------------------------------------------- */

/* Every tensor is a weight's or left out. */
static elman_status check_claimed(const elman_import *im)
{
    bool *claimed = calloc(im->tensors + 1, sizeof *claimed);
    if (!claimed)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors",
                       im->tensors);
    for (size_t i = 0; i < im->pieces; i++)
        if (im->piece[i].from != FROM_NOTHING)
            claimed[im->piece[i].from] = true;
    for (size_t i = 0; i < im->spares; i++)
        claimed[im->spare[i].from] = true;
    size_t first = im->tensors, lost = 0;
    for (size_t i = im->tensors; i-- > 0;) {
        if (claimed[i]) continue;
        first = i;
        lost++;
    }
    free(claimed);
    if (!lost) return ELMAN_OK;
    const named_tensor *t = im->tensor + first;
    char shape[100], others[40] = "";
    shape_print(t->rank, t->shape, sizeof shape, shape);
    if (lost > 1) snprintf(others, sizeof others, " (and %zu more)", lost - 1);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s, %s %s,%s has no place in the model; name "
                   "it in elman convert --ignore to leave it out",
                   t->name, element_name(t->type), shape, others);
}

/* Floats that the config may ask for before its pieces are looked at: as
 * src/model/save.c has it. */
static size_t weight_limit(const elman_import *im)
{
    enum { TIMES = 4, ROOM = 1 << 16 };
    size_t count = ROOM;
    for (size_t i = 0; i < im->tensors; i++)
        count += TIMES * (im->tensor[i].count + LANES);
    return count;
}

static elman_status check_reference(const elman_import *im,
                                    const elman_model *m)
{
    elman_check check;
    if (im->reference_x == NOWHERE) return ELMAN_OK;
    TRY(check_tensors(m, im->tensor + im->reference_x,
                      im->tensor + im->reference_y, &check));
    if (check.passed) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the model does not give the reference output: %s",
                   check.failure);
}

static elman_status fill_model(const elman_import *im, elman_model *m)
{
    size_t bytes;
    double *weights = NULL;
    if (sizes_multiply(m->weight_count, sizeof *weights, 1, &bytes))
        weights = malloc(bytes + 1);
    if (!weights)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu weights",
                       m->weight_count);
    elman_status status = import_fill(im, m, weights);
    for (size_t i = 0; !status && i < m->weight_count; i++)
        m->weights[i] = (float)weights[i];
    free(weights);
    return status;
}

elman_status import_model(const elman_import *im, elman_model **model)
{
    return model_create_empty(&im->config, weight_limit(im), model);
}

/* Messages do not name the file. */
static elman_status create(const elman_import *im, elman_model **model)
{
    elman_model *m = NULL;
    if (im->own) return model_parse(im->source, model);
    TRY(check_claimed(im));
    elman_status status = import_model(im, &m);
    if (!status) status = fill_model(im, m);
    if (!status) {
        model_repack(m, 1);
        status = check_reference(im, m);
    }
    if (status) {
        model_destroy(m);
        return status == ELMAN_BAD_VALUE ? ELMAN_BAD_FORMAT : status;
    }
    *model = m;
    return ELMAN_OK;
}

elman_status import_create(const elman_import *im, elman_model **model)
{
    elman_status status = create(im, model);
    return status ? failure_in(status, im->path) : ELMAN_OK;
}

elman_status import_load(const char *path, elman_model **model)
{
    elman_import *im = NULL;
    TRY(open_bare(&path, 1, NULL, &im));
    elman_status status = import_create(im, model);
    import_close(im);
    return status;
}
