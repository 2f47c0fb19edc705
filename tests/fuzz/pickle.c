/* pickle.c: one pickle under a table of a few names; every value that it made
 * is inspected, and the tree from its root as deep as it may be. */
#include "fuzz.h"

#include "format/pickle.h"

#include <stdlib.h>

static const pickle_row rows[] = {
    {.module = "collections", .name = "OrderedDict", .dict = true},
    {.module = "torch._utils", .name = "_rebuild_tensor_v2"},
    {.module = "torch", .name = "FloatStorage"},
    {.module = "torch.serialization", .name = "load"}};

static const pickle_table table = {.row_count = sizeof rows / sizeof *rows,
                                   .rows = rows,
                                   .advice = "save tensors"};

/* Touches what a value holds; how many items. */
static size_t inspect(const pickle_value *v, size_t class_count)
{
    volatile unsigned char last = 0;
    switch ((pickle_kind)v->kind) {
    case PICKLE_TEXT:
    case PICKLE_BYTES:
    case PICKLE_HUGE:
        for (size_t i = 0; i < v->count; i++)
            last = (unsigned char)v->is.text[i];
        (void)last;
        return 0;
    case PICKLE_TUPLE:
    case PICKLE_LIST:
    case PICKLE_DICT:
        for (size_t i = 0; i < v->count; i++)
            MUST(v->is.items[i]);
        MUST(v->kind != PICKLE_DICT || v->count % 2 == 0);
        return v->count;
    case PICKLE_GLOBAL:
        MUST(v->row < table.row_count);
        return 0;
    case PICKLE_CALL:
        MUST(v->row < table.row_count && v->count && pickle_item(v, 0));
        return v->count;
    case PICKLE_OPAQUE:
        MUST(v->row < class_count);
        for (size_t i = 0; i < v->count; i++)
            MUST(pickle_item(v, i));
        return v->count;
    default:
        return 0;
    }
}

static void run(const uint8_t *data, size_t size)
{
    pickle *tree = NULL;
    pickle_walk walk = {0};
    size_t used = 0, items = 0;
    /* a block of just its size: no byte behind it may be read */
    char *bytes = fuzz_copy(data, size), *exact = realloc(bytes, size + !size);
    if (!exact) abort();
    if (pickle_parse(exact, size, &table, &used, &tree) == ELMAN_OK) {
        MUST(used <= size && pickle_root(tree));
        size_t class_count;
        const pickle_class *classes = pickle_classes(tree, &class_count);
        for (size_t i = 0; i < class_count; i++) {
            char text[PICKLE_NAME_ROOM];
            pickle_class_print(classes + i, text);
        }
        for (pickle_value *v; (v = pickle_next(tree, &walk));)
            items += inspect(v, class_count);
        MUST(items <= 4 * size);
        pickle_close(tree);
    } else {
        MUST(!tree);
        fuzz_refused("");
    }
    free(exact);
}

const fuzz_target target = {.run = run};
