/* create.c: from an import to a model. */
#include "import/create.h"

#include "import/check.h"
#include "import/ignored.h"
#include "import/leftover.h"
#include "import/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says of the tensors of one kind what they seem to be, the first by name;
 * returns how many there are. */
static size_t describe_kind(const elman_import *im, const bool *claimed,
                            leftover_kind kind, size_t room, char *said)
{
    enum { MOST_NAMED = 4 };
    char shape[100], what[LONGEST_ADVICE];
    size_t count = 0, first = 0, used = strlen(said);
    bool each = kind == LEFTOVER_SCALE; /* has a number of its own */

    /* the first of them by name and shape */
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (claimed[i] || leftover_of(im, i) != kind) continue;
        if (count++ == 0) first = i;
        if (count > MOST_NAMED || used >= room) continue;

        shape_print(t->rank, t->shape, sizeof shape, shape);
        used += (size_t)snprintf(said + used, room - used, "%s%.80s %s %s",
                                 count > 1 ? ", "
                                 : used    ? "; "
                                           : "",
                                 t->name, element_name(t->type), shape);
        leftover_print(im, i, sizeof what, what);
        if (each && used < room)
            used += (size_t)snprintf(said + used, room - used, ": %s", what);
    }
    if (count == 0) return 0;

    if (count > MOST_NAMED && used < room)
        used += (size_t)snprintf(said + used, room - used, " and %zu more",
                                 count - MOST_NAMED);
    leftover_print(im, first, sizeof what, what);
    if (!each && used < room) snprintf(said + used, room - used, ": %s", what);
    return count;
}

/* Proposes the rest without them, as far as that is a model: all but what a
 * mapping or --layers says. */
static elman_status propose_rest(const elman_import *im, const bool *claimed,
                                 proposal_list *list)
{
    const char *given = im->given.config.ignore, *of = "";
    long_text ignore = {0}, none = {0};
    if (given && *given) text_put(&ignore, "%s", given);

    /* by their names, beside what is ignored already */
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        leftover_kind kind = leftover_of(im, i);
        bool rest = kind == LEFTOVER_CONVOLUTION || kind == LEFTOVER_DECODER;
        if (claimed[i] ||
            (!rest && kind != LEFTOVER_NOTHING && kind != LEFTOVER_NOISE))
            continue;
        const char *name = im->weights.tensors[i].name;
        ignored_put_name(&ignore, name, strlen(name), false);
        if (rest) of = "the rest alone";
    }
    if (!ignore.lost && ignore.used == (given ? strlen(given) : 0)) {
        free(ignore.to);
        return ELMAN_OK;
    }
    TRY(proposal_add(list, of, none, ignore));
    return proposals_try(im, list);
}

/* Fails with what the tensors seem to be that no parameter takes. */
static elman_status fail_unclaimed(const elman_import *im, const bool *claimed,
                                   size_t lost)
{
    char said[1600] = "", shape[100], others[40] = "";
    size_t first = 0, matter = 0, cells = 0;
    while (claimed[first])
        first++;

    /* those that matter, each kind with what to do */
    for (leftover_kind kind = 0; kind < LEFTOVER_NOTHING; kind++) {
        size_t some = describe_kind(im, claimed, kind, sizeof said, said);
        bool cell = kind == LEFTOVER_GATES || kind == LEFTOVER_FLAT ||
                    kind == LEFTOVER_PEEPHOLE;
        matter += some;
        if (cell) cells += some;
    }

    const named_tensor *t = im->weights.tensors + first;
    shape_print(t->rank, t->shape, sizeof shape, shape);
    if (lost > 1) snprintf(others, sizeof others, " (and %zu more)", lost - 1);
    if (im->given.asked) {
        *im->given.asked = true;
        return failure(ELMAN_BAD_FORMAT, "%zu tensors are not mapped", lost);
    }

    long_text question = {0};
    proposal_list list = {0};
    text_put(&question,
             "the tensor %.80s, %s %s,%s cannot be mapped to the model%s%s%s",
             t->name, element_name(t->type), shape, others, matter ? ": " : "",
             said,
             matter && cells == matter ? ""
             : matter ? "; what else the model does without is named by elman "
                        "convert --ignore"
                      : ": it does not matter to the model (a count, an "
                        "optimizer's, positions, a copy of another)");

    elman_status status = propose_rest(im, claimed, &list);
    if (!status && question.lost)
        status = failure(ELMAN_NO_MEMORY, "no memory for a sentence");
    if (!status) status = proposals_fail(im, &list, question.to);
    proposals_free(&list);
    free(question.to);
    return status;
}

/* Checks that every tensor is used by a weight or left out. */
elman_status import_check_claimed(const elman_import *im)
{
    bool *claimed = calloc(im->weights.tensor_count + 1, sizeof *claimed);
    if (!claimed)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors",
                       im->weights.tensor_count);

    for (size_t i = 0; i < im->weights.slice_count; i++)
        if (im->weights.slices[i].from != FROM_NOTHING)
            claimed[im->weights.slices[i].from] = true;
    for (size_t i = 0; i < im->spare_count; i++)
        claimed[im->spares[i].from] = true;

    size_t lost = 0;
    for (size_t i = 0; i < im->weights.tensor_count; i++)
        lost += !claimed[i];
    elman_status status = lost ? fail_unclaimed(im, claimed, lost) : ELMAN_OK;
    free(claimed);
    return status ? failure_in(status, im->path) : ELMAN_OK;
}

static elman_status check_reference(const elman_import *im,
                                    const elman_model *m)
{
    elman_check check;
    if (im->reference_x == NOWHERE) return ELMAN_OK;

    const check_arrays arrays = {.x = im->weights.tensors + im->reference_x,
                                 .y = im->weights.tensors + im->reference_y};
    TRY(check_tensors(m, &arrays, &check));
    if (check.passed) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the model does not give the reference output: %s",
                   check.failure);
}

/* Messages do not name the file. */
static elman_status create(const elman_import *im, elman_model **model)
{
    elman_model *m = NULL;
    if (im->own) return model_parse(im->source, model);
    if (im->looked)
        return failure(ELMAN_BAD_VALUE, "it was opened to be looked at alone");

    elman_status status = import_model(im, &m);
    if (!status) status = weights_fill(&im->weights, m);
    if (!status && im->padding)
        status = model_write_note(m, "padding", im->padding);
    if (!status && im->steps) status = model_write_note(m, "steps", im->steps);
    if (!status) status = model_write_note(m, "proof", import_doubt(im));
    if (!status) status = check_reference(im, m);

    /* a bad value here was read from the file */
    if (status) {
        model_destroy(m);
        return status == ELMAN_BAD_VALUE ? ELMAN_BAD_FORMAT : status;
    }

    *model = m;
    return ELMAN_OK;
}

elman_status import_create(const elman_import *im, elman_model **model)
{
    if (!im->own && !im->looked) TRY(import_check_claimed(im));
    elman_status status = create(im, model);
    return status ? failure_in(status, im->path) : ELMAN_OK;
}
