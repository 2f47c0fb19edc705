/* names.c: a model from the names that PyTorch gives to tensors. */
#include "import/names.h"

#include "import/handmade.h"
#include "import/initial.h"
#include "import/learned.h"
#include "import/leftover.h"
#include "import/module_check.h"
#include "import/module_config.h"
#include "import/norms.h"

#include <stdlib.h>

elman_status import_names(elman_import *im, const elman_import_config *config)
{
    module_list *list = malloc(sizeof *list);
    if (!list) return failure(ELMAN_NO_MEMORY, "no memory for the modules");
    elman_status status = learned_make(im);
    if (!status) status = leftover_check(im);
    if (!status) status = modules_find(im, list);
    if (!status) status = modules_check(im, list);

    if (!status && list->count == 0)
        status = failure(ELMAN_BAD_FORMAT,
                         "none of %zu tensors has a name as PyTorch's layers "
                         "have (weight_ih_l0, weight ...), nor as other tools "
                         "call theirs; elman convert --mapping-draft map.json "
                         "writes a file to fill in, --mapping takes it",
                         im->weights.tensor_count);

    /* linear layers that are a cell are no chain, unless a word says so */
    bool recurrent = false;
    for (size_t i = 0; !status && i < list->count; i++)
        recurrent = recurrent || module_is_recurrent(list->modules + i);
    if (!status && !recurrent && !config->layers) status = handmade_check(im);

    /* modules, their order, and what that makes of them */
    module_order order = {.count = 0};
    if (!status) status = modules_order(im, list, config->layers, &order);
    if (!status) status = initial_check(im, list, &order);
    if (!status) status = norms_fold(im, &order);
    if (!status) status = modules_build(im, &order, config);

    free(list);
    return status;
}
