/* array.c: the files of x and y, and x; see array.h. */
#include "data/array.h"

#include "data/case.h"
#include "data/case_file.h"
#include "data/encoding.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "format/npy.h"
#include "format/npz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header of a file is in its first bytes. */
enum { HEAD = 1 << 17 };

/* A file of one array or several. */
typedef struct array_file {
    named_tensor one;
    char *bytes;       /* of one in memory */
    npz *many;         /* several */
    file_reader *file; /* where the numbers of one stay, */
    size_t begin;      /* from there on */
} array_file;

/* The sequences of a file that are read again where they are needed. */
typedef struct array_cases {
    case_file base;
    array_file file, target; /* target: of y, if that is in one of its own */
    named_tensor x, y;
    pair p;
} array_cases;

/* ---- x ------------------------------------------------------------------ */

/* One step is nothing to remember; it is what (N,1,T) looks like. */
static elman_status one_step(const pair *p)
{
    const size_t *shape = p->x->shape;
    return failure(
        ELMAN_BAD_FORMAT,
        "x has shape (%zu,%zu,%zu), which is %zu sequences of 1 step "
        "with %zu values: nothing to remember; if it is %zu steps of "
        "1 value%s",
        shape[0], shape[1], shape[2], p->N, p->I, p->I,
        p->channels_first ? ", leave --channels-first out"
                          : ", say --channels-first, as Conv1d has them");
}

/* Whether the channels of x come before its steps: as asked or as learned,
 * unless only the other order has the inputs that were learned. */
static elman_status settle_order(elman_dataset *dataset,
                                 const elman_dataset_config *config, pair *p)
{
    elman_encoding *e = dataset->encoding;
    const named_tensor *x = p->x;
    bool first = config->channels_first || e->channels_first;

    /* what was learned has one number of inputs */
    if (dataset->learned) {
        bool fits = x->shape[first ? 1 : 2] == e->input_size;
        bool other = x->shape[first ? 2 : 1] == e->input_size;
        if (!fits && other) {
            first = !first;
            TRY(facts_add(&dataset->facts, "note", false,
                          "x is read as (N,%s), as the model has %zu input%s",
                          first ? "I,T" : "T,I", e->input_size,
                          e->input_size == 1 ? "" : "s"));
        }
    } else e->channels_first = first;

    p->channels_first = first;
    p->T = x->shape[first ? 2 : 1];
    p->I = x->shape[first ? 1 : 2];
    return ELMAN_OK;
}

static elman_status settle_x(elman_dataset *dataset,
                             const elman_dataset_config *config, pair *p)
{
    const named_tensor *x = p->x;
    if (x->text)
        return failure(ELMAN_BAD_FORMAT, "x holds texts, expected numbers");
    if (x->rank != 2 && x->rank != 3)
        return failure(ELMAN_BAD_FORMAT,
                       "x has %zu dimensions, expected (N,T,I) or (N,T)",
                       x->rank);

    p->N = x->shape[0];
    p->T = x->shape[1];
    p->I = 1;
    if (x->rank == 3) TRY(settle_order(dataset, config, p));
    if (p->N == 0 || p->T == 0 || p->I == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "x is empty: its shape is (%zu,%zu,%zu)", p->N, p->T,
                       p->I);

    /* the two axes may have been mistaken for each other */
    if (!dataset->learned && p->T == 1 && p->I > 1) return one_step(p);
    if (!dataset->learned && p->T < p->I)
        TRY(facts_add(&dataset->facts, "note", false,
                      "fewer steps (%zu) than values a step (%zu)%s", p->T,
                      p->I, p->channels_first ? "" : "; --channels-first?"));

    return case_inputs(dataset, p->I);
}

/* Where values of a sequence go, (T,I), behind as many as they are in x. */
static elman_status make_room(const pair *p, case_reader *r, double **block,
                              double **values)
{
    size_t bytes = 0;
    if (!sizes_multiply(p->T, p->I, 2 * sizeof(double), &bytes))
        return failure(ELMAN_NO_MEMORY, "no memory for a sequence");
    TRY(numbers_reserve(&r->scratch, bytes / sizeof(double)));
    *block = r->scratch.values;
    *values = *block + p->T * p->I;
    return ELMAN_OK;
}

elman_status array_numbers(const named_tensor *array, const array_place *at,
                           size_t first, size_t count, case_reader *r,
                           double *values)
{
    size_t width = element_bytes(array->type), got;
    if (!at->file) {
        tensor_doubles(array, first, count, values);
        return ELMAN_OK;
    }

    named_tensor part = *array;
    TRY(case_reader_room(r, count * width));
    TRY(file_reader_span(at->file, at->begin + first * width, r->bytes,
                         count * width, count * width, &got));
    part.data = r->bytes;
    tensor_doubles(&part, 0, count, values);
    return ELMAN_OK;
}

/* Reads sequence n into values (T,I), which are the reader's. */
static elman_status read_values(const pair *p, size_t n, case_reader *r,
                                double **values)
{
    double *block;
    size_t all = p->T * p->I;
    TRY(make_room(p, r, &block, values));
    TRY(array_numbers(p->x, &p->x_at, n * all, all, r, block));

    for (size_t t = 0; t < p->T; t++)
        for (size_t i = 0; i < p->I; i++) {
            double value =
                block[p->channels_first ? i * p->T + t : t * p->I + i];
            if (isinf(value))
                return failure(ELMAN_BAD_FORMAT, "x[%zu,%zu,%zu] is %g", n, t,
                               i, value);
            (*values)[t * p->I + i] = value;
        }
    return ELMAN_OK;
}

static elman_status read_sequences(elman_dataset *dataset, const pair *p,
                                   case_reader *r)
{
    double *values;
    if (dataset->per_step && dataset->encoding->missing == ELMAN_MISSING_DROP)
        return failure(ELMAN_BAD_VALUE,
                       "missing is drop, which would part steps from their "
                       "targets; use previous or mean");

    for (size_t n = 0; n < p->N; n++) {
        TRY(read_values(p, n, r, &values));
        TRY(case_add(dataset, values, p->T, (case_place){.number = n}));

        size_t length = dataset->sequences[dataset->sequence_count - 1].length;
        TRY(target_read(dataset, p, n, length));
    }
    return ELMAN_OK;
}

/* p has the arrays, and their sizes afterwards. */
static elman_status read_pair(elman_dataset *dataset,
                              const elman_dataset_config *config, pair *p)
{
    const named_tensor *x = p->x;
    char shape[100];

    TRY(case_begin(dataset, config));
    shape_print(x->rank, x->shape, sizeof shape, shape);
    TRY(facts_add(&dataset->facts, "file", false, "an array x %s of %s", shape,
                  element_name(x->type)));
    if (p->x_at.file) TRY(facts_add_reading(&dataset->facts));

    TRY(settle_x(dataset, config, p));
    TRY(target_settle(dataset, p));
    dataset->kept_targets =
        dataset->kept && p->y && dataset->encoding->task == ELMAN_TASK_TRACK;
    case_reader reader = {0};
    elman_status status = read_sequences(dataset, p, &reader);
    case_reader_clear(&reader);
    return status;
}

/* ---- Files -------------------------------------------------------------- */

static void close_file(array_file *f)
{
    free(f->bytes);
    npz_close(f->many);
    file_reader_close(f->file); /* which the archive reads */
    *f = (array_file){0};
}

/* Reads a whole file into memory. */
static elman_status hold_file(const input *in, array_file *f)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(input_read(in, &bytes, &size));

    bool zip = size > 3 && !memcmp(bytes, "PK", 2);
    if (!zip) f->bytes = bytes;
    elman_status status = zip ? npz_parse_texts(bytes, size, &f->many)
                              : npy_view_texts(bytes, size, &f->one);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

/* Reads the header of the one array of a file, or those of an archive. */
static elman_status look_at_file(array_file *f)
{
    size_t size = file_reader_size(f->file), have = size < HEAD ? size : HEAD;
    char *head = malloc(have + 1);
    if (!head) return failure(ELMAN_NO_MEMORY, "no memory for a header");

    elman_status status = file_reader_read(f->file, 0, head, have);
    bool zip = !status && have > 3 && !memcmp(head, "PK", 2);
    if (!status)
        status = zip ? npz_look(f->file, &f->many)
                     : npy_look(head, have, size, &f->one, &f->begin);
    free(head);
    return status;
}

/* Opens a file whose numbers stay where they are. */
static elman_status open_file(elman_dataset *dataset, const input *in,
                              array_file *f)
{
    if (!dataset->kept || in->bytes) return hold_file(in, f);
    TRY(input_open(in, &f->file));
    elman_status status = look_at_file(f);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

/* The array of an archive with one of two names; NULL if there is none. */
static const named_tensor *find_array(const npz *many, const char *name,
                                      const char *other)
{
    for (size_t i = 0; i < many->tensor_count; i++)
        if (!strcmp(many->tensors[i].name, name) ||
            !strcmp(many->tensors[i].name, other))
            return &many->tensors[i];
    return NULL;
}

static elman_status no_array(const npz *many, const char *name)
{
    char list[200] = "";
    size_t at = 0;
    for (size_t i = 0; i < many->tensor_count && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.40s",
                               i ? ", " : "", many->tensors[i].name);
    return failure(ELMAN_BAD_FORMAT,
                   "no array is called %s: there %s %s%s; save it with "
                   "numpy.savez(file, x=x, y=y)",
                   name, many->tensor_count == 1 ? "is" : "are", list,
                   at < sizeof list ? "" : "...");
}

/* Finds x and y of an archive by name; else the only array is x, and of two
 * the one of more dimensions. */
static elman_status find_pair(const npz *many, const named_tensor **x,
                              const named_tensor **y)
{
    *x = find_array(many, "x", "X");
    *y = find_array(many, "y", "Y");
    if (*x) return ELMAN_OK;

    const named_tensor *list = many->tensors;
    size_t count = many->tensor_count;
    if (count == 1 && !*y) *x = list;
    if (count == 2 && !*y && list[0].rank != list[1].rank) {
        *x = list[0].rank > list[1].rank ? &list[0] : &list[1];
        *y = list[0].rank > list[1].rank ? &list[1] : &list[0];
    }
    if (count == 2 && *y) *x = *y == list ? &list[1] : &list[0];
    return *x ? ELMAN_OK : no_array(many, "x");
}

/* The y of a file of its own: that of an archive, or its only array. */
static elman_status find_target(const array_file *f, const named_tensor **y)
{
    if (!f->many) *y = &f->one;
    else {
        *y = find_array(f->many, "y", "Y");
        if (!*y && f->many->tensor_count == 1) *y = f->many->tensors;
    }
    return *y ? ELMAN_OK : no_array(f->many, "y");
}

/* ---- Sequences that are read again ----------------------------------------
 */

static elman_status read_again(const case_file *file,
                               const elman_dataset *dataset, size_t number,
                               case_reader *r)
{
    const array_cases *c = (const array_cases *)file;
    case_counts counts = {0};
    double *values;
    TRY(read_values(&c->p, number, r, &values));
    return case_clean(dataset, values, c->p.T, (case_place){.number = number},
                      &counts, &r->rows);
}

static elman_status read_targets(const case_file *file,
                                 const elman_dataset *dataset, size_t number,
                                 size_t step, size_t steps, case_reader *r)
{
    (void)dataset;
    const array_cases *c = (const array_cases *)file;
    const pair *p = &c->p;
    TRY(numbers_reserve(&r->rows, steps * p->O));
    r->rows.count = steps * p->O;
    return array_numbers(p->y, &p->y_at, (number * p->T + step) * p->O,
                         steps * p->O, r, r->rows.values);
}

static void close_cases(case_file *file)
{
    array_cases *c = (array_cases *)file;
    close_file(&c->file);
    close_file(&c->target);
    free(c);
}

/* Keeps a file whose sequences from first on were added, and that of y where it
 * is read again. */
static elman_status keep_file(elman_dataset *dataset, array_file *file,
                              array_file *target, const pair *p, size_t first)
{
    array_cases *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "no memory for a file of arrays");
    *c = (array_cases){.file = *file, .x = *p->x, .p = *p};
    c->p.x = &c->x;
    c->p.y = &c->y;
    c->p.page = NULL;
    *file = (array_file){0};
    if (dataset->kept_targets) {
        c->y = *p->y;
        c->target = *target;
        *target = (array_file){0};
    }

    c->base = (case_file){.file = c->file.file,
                          .beside = c->target.file,
                          .first = first,
                          .read = read_again,
                          .targets = read_targets,
                          .close = close_cases};
    dataset->files[dataset->reading] = &c->base;
    return ELMAN_OK;
}

/* ---- All together ---------------------------------------------------------
 */

/* Leaves an array in its file, where it is in order, or else reads it. noun: x
 * or y. */
static elman_status settle_place(const input *in,
                                 const elman_dataset_config *config,
                                 array_file *file, const named_tensor *array,
                                 const char *noun, array_place *at)
{
    size_t bytes = array->count * element_bytes(array->type);
    size_t index = file->many ? (size_t)(array - file->many->tensors) : 0;
    bool text = array->text;
    if (array->data) return ELMAN_OK; /* packed, so that it was read */

    /* an array in another order has no sequence in one piece */
    if (array->strided && bytes > config->memory)
        return failure(ELMAN_BAD_FORMAT,
                       "the %s of %s are more than are read into "
                       "memory, and it is in column-major order "
                       "(fortran_order), in which no sequence is in one piece; "
                       "save it again as numpy.ascontiguousarray(%s)",
                       bytes_in_words(bytes).text, noun, noun);
    if ((array->strided || text) && file->many)
        return npz_load(file->many, index);
    if (array->strided || text) {
        close_file(file);
        return hold_file(in, file);
    }

    at->file = file->file;
    at->begin = file->many ? file->many->begins[index] : file->begin;
    return file->many ? npz_check(file->many, index) : ELMAN_OK;
}

/* Finds the y of a file of its own, which comes before what lies beside x. */
static elman_status find_own_target(elman_dataset *dataset,
                                    const elman_dataset_config *config,
                                    array_file *target, pair *p)
{
    const input in = dataset_input(dataset, config->target_path);
    TRY(open_file(dataset, &in, target));
    elman_status status = find_target(target, &p->y);
    p->y_at = (array_place){0};
    if (!status && dataset->kept)
        status = settle_place(&in, config, target, p->y, "y", &p->y_at);
    return status == ELMAN_OK ? status : failure_in(status, in.name);
}

/* Finds x, and y if it lies beside x. */
static elman_status find_arrays(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config,
                                array_file *file, pair *p)
{
    if (file->many) TRY(find_pair(file->many, &p->x, &p->y));
    if (!dataset->kept) return ELMAN_OK;
    TRY(settle_place(in, config, file, p->x, "x", &p->x_at));
    if (!p->y || config->target_path) return ELMAN_OK;
    return settle_place(in, config, file, p->y, "y", &p->y_at);
}

static elman_status read_files(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config,
                               array_file *file, array_file *target, pair *p)
{
    size_t first = dataset->sequence_count;
    elman_status status = find_arrays(dataset, in, config, file, p);
    if (status != ELMAN_OK) return failure_in(status, in->name);
    if (config->target_path) TRY(find_own_target(dataset, config, target, p));

    if (!p->y && !dataset->answers)
        return failure(ELMAN_BAD_VALUE,
                       "%.200s: the array of y is missing; give its file "
                       "as target_path (--target-file)%s",
                       in->name,
                       file->many ? ", or save it into this one as y" : "");
    status = read_pair(dataset, config, p);
    if (!status && target->file) status = file_reader_check(target->file);
    if (!status && dataset->kept)
        status = keep_file(dataset, file, target, p, first);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

static elman_status array_read(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config)
{
    array_file file = {0}, target = {0};
    pair p = {.x = &file.one, .page = calloc(1, sizeof *p.page)};
    elman_status status =
        p.page ? open_file(dataset, in, &file)
               : failure(ELMAN_NO_MEMORY, "no memory for a page of targets");
    if (status == ELMAN_OK)
        status = read_files(dataset, in, config, &file, &target, &p);
    free(p.page);
    close_file(&file);
    close_file(&target);
    return status;
}

static elman_status array_open(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config)
{
    case_files_settle(dataset, in, config);
    return sequences_open(dataset, in, config, array_read, case_split);
}

const dataset_kind kind_array = {
    .name = "arrays",
    .extensions = {"npy", "npz"},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_TAG |
             1u << ELMAN_TASK_REGRESS | 1u << ELMAN_TASK_TRACK,
    .options = 1u << OPTION_TARGET_PATH | 1u << OPTION_NO_SCALING |
               1u << OPTION_CHANNELS_FIRST | 1u << OPTION_TRANSFORM,
    .open = array_open};
