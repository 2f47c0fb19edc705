/* kind.c: the table of kinds. */
#include "base/kind.h"

#include <assert.h>
#include <string.h>

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const kind_row rows[] = {
#define CELL(value, NAME, word, title, ...)                                    \
    [value] = {ELMAN_FAMILY_RECURRENT, #word, title, "rnn",                    \
               FIELDS(__VA_ARGS__)},
#define LAYER(value, NAME, word, title, prefix, FAMILY, ...)                   \
    [value] = {ELMAN_FAMILY_##FAMILY, #word, title, prefix,                    \
               FIELDS(__VA_ARGS__)},
#include "base/kind.def"
};

/* elman.h and kind.def agree on every value */
#define CELL(value, NAME, ...)                                                 \
    static_assert(ELMAN_##NAME == value, "the value of ELMAN_" #NAME);
#define LAYER(value, NAME, ...)                                                \
    static_assert(ELMAN_##NAME == value, "the value of ELMAN_" #NAME);
#include "base/kind.def"

static_assert(sizeof rows / sizeof *rows == KIND_COUNT,
              "kinds are numbered from 1 without a gap");

size_t kind_count(void) { return KIND_COUNT; }

const kind_row *kind_at(elman_kind kind)
{
    size_t index = (size_t)kind;
    return index < kind_count() && rows[index].word ? rows + index : NULL;
}

const char *kind_title(elman_kind kind)
{
    const kind_row *row = kind_at(kind);
    return row ? row->title : "unknown";
}

bool kind_is_recurrent(elman_kind kind)
{
    const kind_row *row = kind_at(kind);
    return row && row->family == ELMAN_FAMILY_RECURRENT;
}

elman_kind kind_named(const char *word)
{
    for (size_t i = 0; i < kind_count(); i++)
        if (rows[i].word && strcmp(rows[i].word, word) == 0)
            return (elman_kind)i;
    return ELMAN_END;
}

bool kind_has_field(elman_kind kind, const char *field)
{
    const kind_row *row = kind_at(kind);
    for (size_t i = 0; row && row->fields[i]; i++)
        if (strcmp(row->fields[i], field) == 0) return true;
    return false;
}
