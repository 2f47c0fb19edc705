/*
 * pickle_call.c: the opcodes that name globals and call them: only rows of the
 * table are known, and a call is recorded, never made.
 */
#include "format/pickle_parts.h"

#include <string.h>

static bool same(const char *text, size_t count, const char *want)
{
    return strlen(want) == count && !memcmp(text, want, count);
}

static elman_status push_row(pickle_reader *r, const char *module,
                             size_t module_count, const char *name,
                             size_t name_count)
{
    pickle_value *value;
    const pickle_table *table = r->tree->table;
    const pickle_row *rows = table->rows;

    /* only rows of the table are known, and some only to be refused */
    size_t k = 0;
    while (k < table->row_count &&
           !(same(module, module_count, rows[k].module) &&
             same(name, name_count, rows[k].name)))
        k++;

    if (k == table->row_count)
        return failure(ELMAN_BAD_FORMAT,
                       "it names %.*s.%.*s, which is "
                       "refused: %s",
                       (int)(module_count < 80 ? module_count : 80), module,
                       (int)(name_count < 80 ? name_count : 80), name,
                       table->advice);

    if (rows[k].refusal)
        return failure(ELMAN_BAD_FORMAT, "%s", rows[k].refusal);

    TRY(value_new(r, PICKLE_GLOBAL, &value));
    value->row = (uint16_t)k;
    return stack_push(r, value);
}

elman_status push_global(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *module, *name;
    size_t module_count, name_count;
    TRY(take_line(r, &module, &module_count));
    TRY(take_line(r, &name, &name_count));
    return push_row(r, module, module_count, name, name_count);
}

elman_status push_stack_global(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *module, *name;
    TRY(stack_pop(r, &name));
    TRY(stack_pop(r, &module));

    if (name->kind != PICKLE_TEXT || module->kind != PICKLE_TEXT)
        return failure(ELMAN_BAD_FORMAT, "a global without a name");

    return push_row(r, module->is.text, module->count, name->is.text,
                    name->count);
}

/* Items of a dict that is made from a list of pairs, as in Python 2. Nothing
 * else copies values, so the same list may not be copied over and over. */
static elman_status add_pairs(pickle_reader *r, pickle_value *dict,
                              const pickle_value *list)
{
    if (list->kind != PICKLE_LIST)
        return failure(ELMAN_BAD_FORMAT, "a dict made from something unknown");

    /* no more pairs than the pickle has bytes so far */
    r->copied += list->count;
    if (r->copied > (size_t)(r->at - r->first))
        return failure(ELMAN_BAD_FORMAT, "too many dicts made from one list");

    for (size_t i = 0; i < list->count; i++) {
        const pickle_value *pair = list->is.items[i];
        bool two = (pair->kind == PICKLE_LIST || pair->kind == PICKLE_TUPLE) &&
                   pair->count == 2;
        if (!two)
            return failure(ELMAN_BAD_FORMAT,
                           "a dict made from something other than pairs");

        TRY(value_add(dict, pair->is.items, 2));
    }
    return ELMAN_OK;
}

/* Pushes what a row of the table would make of a tuple. */
static elman_status push_call(pickle_reader *r, const pickle_value *callee,
                              pickle_value *arguments)
{
    pickle_value *value;
    if (callee->kind != PICKLE_GLOBAL || arguments->kind != PICKLE_TUPLE)
        return failure(ELMAN_BAD_FORMAT,
                       "a call of something that is not a global");

    bool dict = r->tree->table->rows[callee->row].dict;
    TRY(value_new(r, dict ? PICKLE_DICT : PICKLE_CALL, &value));
    value->row = callee->row;
    if (!dict) value->is.value = arguments;
    else if (arguments->count) TRY(add_pairs(r, value, arguments->is.items[0]));

    return stack_push(r, value);
}

elman_status push_reduced(pickle_reader *r, unsigned keywords)
{
    pickle_value *callee, *arguments, *named;
    if (keywords) {
        TRY(stack_pop(r, &named));
        if (named->kind != PICKLE_DICT || named->count)
            return failure(ELMAN_BAD_FORMAT, "a call with named arguments");
    }

    TRY(stack_pop(r, &arguments));
    TRY(stack_pop(r, &callee));
    return push_call(r, callee, arguments);
}

/* A class and its arguments, above the mark. */
elman_status push_object(pickle_reader *r, unsigned unused)
{
    (void)unused;
    size_t first;
    pickle_value *arguments;
    TRY(stack_mark(r, &first));
    if (first == r->depth)
        return failure(ELMAN_BAD_FORMAT, "no value on the stack");

    pickle_value *callee = r->stack[first];
    TRY(stack_collect(r, PICKLE_TUPLE, first + 1, first - 1));
    TRY(stack_pop(r, &arguments));

    return push_call(r, callee, arguments);
}

elman_status push_instance(pickle_reader *r, unsigned unused)
{
    size_t first;
    pickle_value *callee, *arguments;
    TRY(push_global(r, unused));
    TRY(stack_pop(r, &callee));
    TRY(stack_mark(r, &first));
    TRY(stack_collect(r, PICKLE_TUPLE, first, first - 1));
    TRY(stack_pop(r, &arguments));
    return push_call(r, callee, arguments);
}

/* Attributes, which no tensor needs, are left out. */
elman_status push_built(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *state, *of;
    TRY(stack_pop(r, &state));
    TRY(stack_top(r, &of));
    if (of->kind != PICKLE_DICT && of->kind != PICKLE_CALL)
        return failure(ELMAN_BAD_FORMAT,
                       "attributes for something that cannot have any");
    return ELMAN_OK;
}

elman_status push_stored(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *id, *value;
    TRY(stack_pop(r, &id));
    TRY(value_new(r, PICKLE_STORED, &value));
    value->is.value = id;
    return stack_push(r, value);
}

bool pickle_is(const pickle_value *value, const char *text)
{
    return value->kind == PICKLE_TEXT &&
           same(value->is.text, value->count, text);
}
