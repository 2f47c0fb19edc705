/* activation.c: the table of activation functions. */
#include "base/activation.h"

#include <assert.h>

static const struct {
    const char *word;
    int parameters;
} rows[] = {
    [0] = {"default", 0},
#define FUNCTION(value, NAME, word, parameters) [value] = {#word, parameters},
#include "base/activation.def"
};

#define FUNCTION(value, NAME, word, parameters)                                \
    static_assert(ELMAN_ACTIVATION_##NAME == value,                            \
                  "the value of " #NAME " is pinned");
#include "base/activation.def"

const char *activation_word(elman_activation_kind kind)
{
    return rows[kind].word;
}

int activation_parameters(elman_activation_kind kind)
{
    return rows[kind].parameters;
}
