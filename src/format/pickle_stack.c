/* pickle_stack.c: values, the stack and the memo of a pickle being read. */
#include "format/pickle_parts.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_VALUES = 512, FEWEST = 2 };

struct value_block {
    value_block *next;
    size_t used;
    pickle_value values[BLOCK_VALUES];
};

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the values of a pickle");
}

/* ---- Values ------------------------------------------------------------- */

elman_status value_new(pickle_reader *r, pickle_kind kind, pickle_value **made)
{
    pickle *tree = r->tree;
    if (tree->value_count == MOST_VALUES)
        return failure(ELMAN_BAD_FORMAT, "more than %d values", MOST_VALUES);

    if (!tree->blocks || tree->blocks->used == BLOCK_VALUES) {
        value_block *block = calloc(1, sizeof *block);
        if (!block) return no_memory();
        block->next = tree->blocks;
        tree->blocks = block;
    }

    tree->value_count++;
    *made = &tree->blocks->values[tree->blocks->used++];
    (*made)->kind = (unsigned char)kind;
    return ELMAN_OK;
}

static bool has_items(const pickle_value *value)
{
    return value->kind == PICKLE_TUPLE || value->kind == PICKLE_LIST ||
           value->kind == PICKLE_DICT || value->kind == PICKLE_CALL ||
           value->kind == PICKLE_OPAQUE;
}

void pickle_close(pickle *tree)
{
    if (!tree) return;
    while (tree->blocks) {
        value_block *block = tree->blocks;
        for (size_t i = 0; i < block->used; i++)
            if (has_items(&block->values[i])) free(block->values[i].is.items);
        tree->blocks = block->next;
        free(block);
    }
    free(tree->classes);
    free(tree);
}

pickle_value *pickle_next(const pickle *tree, pickle_walk *walk)
{
    value_block *block = walk->block;
    if (!walk->begun) block = tree->blocks;
    walk->begun = true;

    if (block && walk->index == block->used) {
        block = block->next;
        walk->index = 0;
    }

    walk->block = block;
    return block ? &block->values[walk->index++] : NULL;
}

/* Room for count items: it follows from their number and is not stored. */
static size_t room_of(size_t count)
{
    size_t room = FEWEST;
    while (room < count)
        room *= 2;
    return count ? room : 0;
}

elman_status value_add(pickle_value *to, pickle_value *const *values,
                       size_t count)
{
    size_t have = to->count, room = room_of(have);

    if (count == 0) return ELMAN_OK;
    if (count > UINT32_MAX / 2 - have)
        return failure(ELMAN_BAD_FORMAT, "more than 2^31 items");

    /* a tuple takes no more room than it needs: it does not grow later */
    if (have + count > room) {
        room = to->kind == PICKLE_TUPLE ? count : room_of(have + count);
        pickle_value **items = realloc(to->is.items, room * sizeof(void *));
        if (!items) return no_memory();
        to->is.items = items;
    }

    memcpy(to->is.items + have, values, count * sizeof *values);
    to->count = (uint32_t)(have + count);
    return ELMAN_OK;
}

/* ---- The stack ---------------------------------------------------------- */

elman_status stack_push(pickle_reader *r, pickle_value *value)
{
    if (r->depth == MOST_VALUES)
        return failure(ELMAN_BAD_FORMAT, "more than %d values on the stack",
                       MOST_VALUES);

    if (r->depth == r->stack_room) {
        size_t room = r->stack_room ? 2 * r->stack_room : 64;
        pickle_value **stack = realloc(r->stack, room * sizeof(void *));
        if (!stack) return no_memory();
        r->stack = stack;
        r->stack_room = room;
    }

    r->stack[r->depth++] = value;
    return ELMAN_OK;
}

elman_status stack_top(pickle_reader *r, pickle_value **value)
{
    if (r->depth == 0 || !r->stack[r->depth - 1])
        return failure(ELMAN_BAD_FORMAT, "no value on the stack");
    *value = r->stack[r->depth - 1];
    return ELMAN_OK;
}

elman_status stack_pop(pickle_reader *r, pickle_value **value)
{
    TRY(stack_top(r, value));
    r->depth--;
    return ELMAN_OK;
}

elman_status stack_mark(pickle_reader *r, size_t *first)
{
    for (size_t i = r->depth; i > 0; i--)
        if (!r->stack[i - 1]) {
            *first = i;
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_FORMAT, "no mark on the stack");
}

elman_status stack_collect(pickle_reader *r, pickle_kind kind, size_t first,
                           size_t depth)
{
    pickle_value *value = NULL;
    size_t count = r->depth - first;
    if (kind == PICKLE_DICT && count % 2)
        return failure(ELMAN_BAD_FORMAT, "a dict has a key without a value");

    TRY(value_new(r, kind, &value));
    if (count) TRY(value_add(value, r->stack + first, count));

    r->depth = depth;
    return stack_push(r, value);
}

void stack_free(pickle_reader *r)
{
    free(r->stack);
    free(r->memo);
}

/* ---- The memo ----------------------------------------------------------- */

elman_status memo_put(pickle_reader *r, uint64_t slot)
{
    pickle_value *value = NULL;
    TRY(stack_top(r, &value));

    /* slots are numbered from 0, and each has cost at least one byte */
    if (slot >= (uint64_t)(r->at - r->first) || slot >= MOST_VALUES)
        return failure(ELMAN_BAD_FORMAT, "memo slot %llu is out of reach",
                       (unsigned long long)slot);

    if (slot >= r->memo_room) {
        size_t room = r->memo_room ? r->memo_room : 64;
        while (room <= slot)
            room *= 2;
        pickle_value **memo = realloc(r->memo, room * sizeof(void *));
        if (!memo) return no_memory();
        memset(memo + r->memo_room, 0, (room - r->memo_room) * sizeof(void *));
        r->memo = memo;
        r->memo_room = room;
    }

    r->memo_used += !r->memo[slot];
    r->memo[slot] = value;
    return ELMAN_OK;
}

elman_status memo_read(const pickle_reader *r, uint64_t slot,
                       pickle_value **value)
{
    if (slot >= r->memo_room || !r->memo[slot])
        return failure(ELMAN_BAD_FORMAT, "memo slot %llu is empty",
                       (unsigned long long)slot);
    *value = r->memo[slot];
    return ELMAN_OK;
}

/* ---- What follows an opcode --------------------------------------------- */

elman_status take_bytes(pickle_reader *r, uint64_t count, const char **bytes)
{
    size_t left = (size_t)(r->end - r->at);
    if (count > left)
        return failure(ELMAN_BAD_FORMAT, "%llu bytes where %zu are left",
                       (unsigned long long)count, left);
    *bytes = r->at;
    r->at += count;
    return ELMAN_OK;
}

elman_status take_number(pickle_reader *r, unsigned bytes, uint64_t *number)
{
    const char *from = NULL;
    TRY(take_bytes(r, bytes, &from));
    *number = 0;
    for (unsigned i = 0; i < bytes; i++)
        *number |= (uint64_t)(unsigned char)from[i] << 8 * i;
    return ELMAN_OK;
}

elman_status take_line(pickle_reader *r, const char **line, size_t *count)
{
    size_t left = (size_t)(r->end - r->at);
    const char *end = left ? memchr(r->at, '\n', left) : NULL;
    if (!end) return failure(ELMAN_BAD_FORMAT, "a line without an end");
    *line = r->at;
    *count = (size_t)(end - r->at);
    r->at = end + 1;
    return ELMAN_OK;
}
