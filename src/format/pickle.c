/*
 * pickle.c: the opcodes that build, and the table of all.
 */
#include "format/pickle_parts.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- The stack ---------------------------------------------------------- */

static elman_status push_mark(pickle_reader *r, unsigned unused)
{
    (void)unused;
    return stack_push(r, NULL);
}

/* A mark may be dropped as well. */
static elman_status drop(pickle_reader *r, unsigned unused)
{
    (void)unused;
    if (r->depth == 0)
        return failure(ELMAN_BAD_FORMAT, "no value on the stack");
    r->depth--;
    return ELMAN_OK;
}

static elman_status drop_to_mark(pickle_reader *r, unsigned unused)
{
    (void)unused;
    size_t first;
    TRY(stack_mark(r, &first));
    r->depth = first - 1;
    return ELMAN_OK;
}

static elman_status push_again(pickle_reader *r, unsigned unused)
{
    (void)unused;
    pickle_value *value;
    TRY(stack_top(r, &value));
    return stack_push(r, value);
}

/* bytes is the width of the slot's number; 0 means a line. */
static elman_status take_slot(pickle_reader *r, unsigned bytes, uint64_t *slot)
{
    const char *line;
    size_t count;
    int64_t whole;
    if (bytes) return take_number(r, bytes, slot);

    TRY(take_line(r, &line, &count));
    if (!line_whole(line, count, &whole) || whole < 0)
        return failure(ELMAN_BAD_FORMAT, "a memo slot that is not a number");

    *slot = (uint64_t)whole;
    return ELMAN_OK;
}

static elman_status put(pickle_reader *r, unsigned bytes)
{
    uint64_t slot;
    TRY(take_slot(r, bytes, &slot));
    return memo_put(r, slot);
}

static elman_status put_next(pickle_reader *r, unsigned unused)
{
    (void)unused;
    return memo_put(r, r->memo_used);
}

static elman_status push_put(pickle_reader *r, unsigned bytes)
{
    uint64_t slot;
    pickle_value *value;
    TRY(take_slot(r, bytes, &slot));
    TRY(memo_read(r, slot, &value));
    return stack_push(r, value);
}

/* ---- Tuples, lists, dicts ----------------------------------------------- */

static elman_status push_empty(pickle_reader *r, unsigned kind)
{
    return stack_collect(r, (pickle_kind)kind, r->depth, r->depth);
}

static elman_status push_marked(pickle_reader *r, unsigned kind)
{
    size_t first;
    TRY(stack_mark(r, &first));
    return stack_collect(r, (pickle_kind)kind, first, first - 1);
}

static elman_status push_tuple(pickle_reader *r, unsigned count)
{
    for (size_t i = 0; i < count; i++)
        if (r->depth <= i || !r->stack[r->depth - 1 - i])
            return failure(ELMAN_BAD_FORMAT, "no value on the stack");
    return stack_collect(r, PICKLE_TUPLE, r->depth - count, r->depth - count);
}

/* Adds what is on the stack from first on to the value at holder. An opaque
 * value takes anything. */
static elman_status add_to(pickle_reader *r, pickle_kind kind, size_t holder,
                           size_t first)
{
    pickle_value *to = r->stack[holder];
    size_t count = r->depth - first;
    bool fits =
        to && (to->kind == PICKLE_OPAQUE ||
               (to->kind == kind && (kind != PICKLE_DICT || !(count % 2))));
    if (!fits)
        return failure(ELMAN_BAD_FORMAT, "items for something that is not a %s",
                       kind == PICKLE_DICT ? "dict" : "list");

    if (count) TRY(value_add(to, r->stack + first, count));
    r->depth = holder + 1;
    return ELMAN_OK;
}

/* One item, or a key and its value. */
static elman_status add_one(pickle_reader *r, unsigned kind)
{
    size_t count = kind == PICKLE_DICT ? 2 : 1;
    for (size_t i = 0; i <= count; i++)
        if (r->depth <= i || !r->stack[r->depth - 1 - i])
            return failure(ELMAN_BAD_FORMAT, "no value on the stack");

    size_t first = r->depth - count;
    return add_to(r, (pickle_kind)kind, first - 1, first);
}

static elman_status add_marked(pickle_reader *r, unsigned kind)
{
    size_t first;
    TRY(stack_mark(r, &first));
    if (first < 2) return failure(ELMAN_BAD_FORMAT, "no value on the stack");
    return add_to(r, (pickle_kind)kind, first - 2, first);
}

/* ---- The whole ---------------------------------------------------------- */

static elman_status check_version(pickle_reader *r, unsigned unused)
{
    (void)unused;
    uint64_t version;
    TRY(take_number(r, 1, &version));
    if (version > 5)
        return failure(ELMAN_BAD_FORMAT, "protocol %d; elman reads 0 to 5",
                       (int)version);
    return ELMAN_OK;
}

static elman_status check_frame(pickle_reader *r, unsigned unused)
{
    (void)unused;
    uint64_t bytes;
    TRY(take_number(r, 8, &bytes));
    if (bytes > (uint64_t)(r->end - r->at))
        return failure(ELMAN_BAD_FORMAT,
                       "a frame of %llu bytes where %zu are "
                       "left",
                       (unsigned long long)bytes, (size_t)(r->end - r->at));
    return ELMAN_OK;
}

static elman_status stop(pickle_reader *r, unsigned unused)
{
    (void)unused;
    TRY(stack_pop(r, &r->tree->root));
    if (r->depth)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu values are left on the stack at the end", r->depth);
    r->stopped = true;
    return ELMAN_OK;
}

/* Left out, and so refused: extension codes 0x82 to 0x84, which name what a
 * registry of the process has, and buffers outside the pickle, 0x97 and 0x98.
 */
static const struct {
    pickle_step *step;
    unsigned argument;
} steps[256] = {
    ['('] = {push_mark, 0},
    ['.'] = {stop, 0},
    ['0'] = {drop, 0},
    ['1'] = {drop_to_mark, 0},
    ['2'] = {push_again, 0},
    ['F'] = {push_float_line, 0},
    ['I'] = {push_int_line, 0},
    ['J'] = {push_whole, 4},
    ['K'] = {push_whole, 1},
    ['L'] = {push_long_line, 0},
    ['M'] = {push_whole, 2},
    ['N'] = {push_none, 0},
    ['P'] = {push_stored, true},
    ['Q'] = {push_stored, false},
    ['R'] = {push_reduced, false},
    ['S'] = {push_string_line, 0},
    ['T'] = {push_text, 4},
    ['U'] = {push_text, 1},
    ['V'] = {push_unicode_line, 0},
    ['X'] = {push_text, 4},
    ['a'] = {add_one, PICKLE_LIST},
    ['b'] = {push_built, 0},
    ['c'] = {push_global, 0},
    ['d'] = {push_marked, PICKLE_DICT},
    ['}'] = {push_empty, PICKLE_DICT},
    ['e'] = {add_marked, PICKLE_LIST},
    ['g'] = {push_put, 0},
    ['h'] = {push_put, 1},
    ['i'] = {push_instance, 0},
    ['j'] = {push_put, 4},
    ['l'] = {push_marked, PICKLE_LIST},
    [']'] = {push_empty, PICKLE_LIST},
    ['o'] = {push_object, 0},
    ['p'] = {put, 0},
    ['q'] = {put, 1},
    ['r'] = {put, 4},
    ['s'] = {add_one, PICKLE_DICT},
    ['t'] = {push_marked, PICKLE_TUPLE},
    [')'] = {push_empty, PICKLE_TUPLE},
    ['u'] = {add_marked, PICKLE_DICT},
    ['G'] = {push_float, 8},
    ['B'] = {push_bytes, 4},
    ['C'] = {push_bytes, 1},
    [0x80] = {check_version, 0},
    [0x81] = {push_reduced, false},
    [0x85] = {push_tuple, 1},
    [0x86] = {push_tuple, 2},
    [0x87] = {push_tuple, 3},
    [0x88] = {push_bool, true},
    [0x89] = {push_bool, false},
    [0x8A] = {push_long, 1},
    [0x8B] = {push_long, 4},
    [0x8C] = {push_text, 1},
    [0x8D] = {push_text, 8},
    [0x8E] = {push_bytes, 8},
    [0x8F] = {push_empty, PICKLE_LIST},
    [0x90] = {add_marked, PICKLE_LIST},
    [0x91] = {push_marked, PICKLE_LIST},
    [0x92] = {push_reduced, true},
    [0x93] = {push_stack_global, 0},
    [0x94] = {put_next, 0},
    [0x95] = {check_frame, 0},
    [0x96] = {push_bytes, 8},
};

static elman_status run_step(pickle_reader *r)
{
    if (r->at == r->end)
        return failure(ELMAN_BAD_FORMAT, "it ends without a stop");

    unsigned char code = (unsigned char)*r->at++;
    if (!steps[code].step)
        return failure(ELMAN_BAD_FORMAT, "opcode 0x%02X is not supported",
                       code);
    return steps[code].step(r, steps[code].argument);
}

static elman_status run(pickle_reader *r, bool all)
{
    while (!r->stopped) {
        size_t at = (size_t)(r->at - r->first);
        elman_status status = run_step(r);
        if (status == ELMAN_OK) continue;

        char where[60];
        snprintf(where, sizeof where, "byte %zu of the pickle", at);
        return failure_in(status, where);
    }

    if (all && r->at < r->end)
        return failure(ELMAN_BAD_FORMAT, "%zu bytes after the pickle's end",
                       (size_t)(r->end - r->at));
    return ELMAN_OK;
}

elman_status pickle_parse(const char *bytes, size_t size,
                          const pickle_table *table, size_t *used,
                          pickle **tree)
{
    pickle *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a pickle");

    made->table = table;
    made->none.kind = PICKLE_NONE;
    made->no.kind = made->yes.kind = PICKLE_BOOL;
    made->yes.is.truth = true;

    pickle_reader r = {
        .first = bytes, .at = bytes, .end = bytes + size, .tree = made};
    elman_status status = run(&r, !used);
    stack_free(&r);

    if (status != ELMAN_OK) {
        pickle_close(made);
        return status;
    }

    /* the file may have more after the pickle */
    if (used) *used = (size_t)(r.at - r.first);
    *tree = made;
    return ELMAN_OK;
}

pickle_value *pickle_root(const pickle *tree) { return tree->root; }
