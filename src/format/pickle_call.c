/*
 * pickle_call.c: the opcodes that name globals, call them and give attributes
 * to what they made: all is recorded, and nothing is called.
 */
#include "format/pickle_parts.h"

#include <string.h>

elman_status push_global(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *module, *name;
    size_t module_count, name_count;
    TRY(take_line(r, &module, &module_count));
    TRY(take_line(r, &name, &name_count));
    return push_named(r, module, module_count, name, name_count);
}

elman_status push_stack_global(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *module, *name;
    TRY(stack_pop(r, &name));
    TRY(stack_pop(r, &module));

    if (name->kind != PICKLE_TEXT || module->kind != PICKLE_TEXT)
        return failure(ELMAN_BAD_FORMAT, "a global without a name");

    return push_named(r, module->is.text, module->count, name->is.text,
                      name->count);
}

/* Items of a dict that is made from a list of pairs, as in Python 2. Nothing
 * else copies values, so the same list may not be copied over and over. */
static elman_status add_pairs(pickle_reader *r, pickle_value *dict,
                              const pickle_value *arguments)
{
    if (arguments->count == 0) return ELMAN_OK;
    const pickle_value *list = arguments->is.items[0];

    /* what a missing item of a defaultdict would be made by */
    if (list->kind == PICKLE_OPAQUE || list->kind == PICKLE_GLOBAL ||
        list->kind == PICKLE_NONE)
        return ELMAN_OK;
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

/* A call of which only a mark is left, and what it was given. The helpers of
 * old protocols make an object of their first argument. */
static elman_status push_opaque(pickle_reader *r, const pickle_value *callee,
                                pickle_value *const *given, size_t count)
{
    pickle_value *value;
    pickle_class *classes = r->tree->classes;
    const pickle_value *class = callee;
    const pickle_class *named = classes + callee->row;
    bool helper =
        named->module_bytes >= 7 && (!memcmp(named->module, "copyreg", 7) ||
                                     !memcmp(named->module, "copy_reg", 7));

    if (helper && given[0]->count && given[0]->kind == PICKLE_TUPLE &&
        given[0]->is.items[0]->kind == PICKLE_OPAQUE)
        class = given[0]->is.items[0];

    TRY(value_new(r, PICKLE_OPAQUE, &value));
    value->row = class->row;
    classes[class->row].objects++;
    TRY(value_add(value, given, count));
    return stack_push(r, value);
}

/* Pushes what a callee would make of a tuple; named, NULL if there are none,
 * are the named arguments. */
static elman_status push_call(pickle_reader *r, const pickle_value *callee,
                              pickle_value *arguments, pickle_value *named)
{
    pickle_value *value;
    if ((callee->kind != PICKLE_GLOBAL && callee->kind != PICKLE_OPAQUE) ||
        arguments->kind != PICKLE_TUPLE)
        return failure(ELMAN_BAD_FORMAT,
                       "a call of something that is not a global");

    /* of a class that is no row only a mark is left */
    if (callee->kind == PICKLE_OPAQUE)
        return push_opaque(r, callee, (pickle_value *[]){arguments, named},
                           named ? 2 : 1);
    if (named && (named->kind != PICKLE_DICT || named->count))
        return failure(ELMAN_BAD_FORMAT, "a call with named arguments");

    bool dict = r->tree->table->rows[callee->row].dict;
    TRY(value_new(r, dict ? PICKLE_DICT : PICKLE_CALL, &value));
    value->row = callee->row;
    if (!dict) TRY(value_add(value, &arguments, 1));
    else TRY(add_pairs(r, value, arguments));

    return stack_push(r, value);
}

elman_status push_reduced(pickle_reader *r, unsigned keywords)
{
    pickle_value *callee, *arguments, *named = NULL;
    if (keywords) TRY(stack_pop(r, &named));
    TRY(stack_pop(r, &arguments));
    TRY(stack_pop(r, &callee));
    return push_call(r, callee, arguments, named);
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

    return push_call(r, callee, arguments, NULL);
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
    return push_call(r, callee, arguments, NULL);
}

/* Attributes belong to what they are given to; those of a dict, which no tensor
 * needs, are left out. */
elman_status push_built(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *state, *of;
    TRY(stack_pop(r, &state));
    TRY(stack_top(r, &of));
    if (of->kind == PICKLE_DICT) return ELMAN_OK;
    if (of->kind == PICKLE_CALL || of->kind == PICKLE_OPAQUE)
        return value_add(of, &state, 1);

    return failure(ELMAN_BAD_FORMAT,
                   "attributes for something that cannot have any");
}

/* In the stream of old files the id of a class says where its source text was:
 * ("module", class, file, text). */
static pickle_value *class_of_id(const pickle_value *id)
{
    bool module = id->kind == PICKLE_TUPLE && id->count >= 2 &&
                  pickle_is(id->is.items[0], "module");
    return module && id->is.items[1]->kind == PICKLE_OPAQUE ? id->is.items[1]
                                                            : NULL;
}

elman_status push_stored(pickle_reader *r, unsigned line)
{
    pickle_value *id, *value;
    if (line) TRY(push_unicode_line(r, 0));
    TRY(stack_pop(r, &id));
    if (class_of_id(id)) return stack_push(r, class_of_id(id));

    TRY(value_new(r, PICKLE_STORED, &value));
    value->is.value = id;
    return stack_push(r, value);
}

bool pickle_is(const pickle_value *value, const char *text)
{
    return value->kind == PICKLE_TEXT && strlen(text) == value->count &&
           !memcmp(value->is.text, text, value->count);
}

pickle_value *pickle_item(const pickle_value *value, size_t at)
{
    bool holds = value->kind == PICKLE_CALL || value->kind == PICKLE_OPAQUE;
    return holds && at < value->count ? value->is.items[at] : NULL;
}
