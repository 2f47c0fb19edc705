/* create.c: from an import to a model. */
#include "import/create.h"

#include "import/check.h"

#include <stdio.h>
#include <stdlib.h>

/* Checks that every tensor is used by a weight or left out. */
static elman_status check_claimed(const elman_import *im)
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

    /* the first that is not, and how many there are */
    size_t first = im->weights.tensor_count, lost = 0;
    for (size_t i = im->weights.tensor_count; i-- > 0;) {
        if (claimed[i]) continue;
        first = i;
        lost++;
    }

    free(claimed);
    if (!lost) return ELMAN_OK;

    const named_tensor *t = im->weights.tensors + first;
    char shape[100], others[40] = "";
    shape_print(t->rank, t->shape, sizeof shape, shape);
    if (lost > 1) snprintf(others, sizeof others, " (and %zu more)", lost - 1);

    return failure(
        ELMAN_BAD_FORMAT,
        "the tensor %.80s, %s %s,%s cannot be mapped to the model; name "
        "it in elman convert --ignore to leave it out",
        t->name, element_name(t->type), shape, others);
}

static elman_status check_reference(const elman_import *im,
                                    const elman_model *m)
{
    elman_check check;
    if (im->reference_x == NOWHERE) return ELMAN_OK;

    TRY(check_tensors(m, im->weights.tensors + im->reference_x,
                      im->weights.tensors + im->reference_y, &check));
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

    TRY(check_claimed(im));

    elman_status status = import_model(im, &m);
    if (!status) status = weights_fill(&im->weights, m);
    if (!status) status = check_reference(im, m);
    if (!status && im->padding)
        status = model_write_note(m, "padding", im->padding);

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
    elman_status status = create(im, model);
    return status ? failure_in(status, im->path) : ELMAN_OK;
}
