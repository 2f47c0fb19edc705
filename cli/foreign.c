/*
 * foreign.c: see foreign.h.
 */
#include "foreign.h"
#include "screen.h"

#include <stdio.h>

#define AT(field) offsetof(foreign_values, field)

const char foreign_title[] = "What a file from elsewhere does not record";

const option_row foreign_options[] = {
    {.name = "nonlinearity",
     .type = OPTION_CHOICE,
     .value = "auto|tanh|relu",
     .field = AT(nonlinearity),
     .fallback = "auto",
     .help = "activation of an nn.RNN; auto: tanh, but asked for where a "
             "file is of a tool that has no default"},
    {.name = "layers",
     .type = OPTION_TEXT,
     .value = "LIST",
     .field = AT(layers),
     .fallback = "(where only one fits)",
     .common = true,
     .help = "order of the layers: prefixes of tensor names, with functions "
             "between them, as in lstm,last,fc1,elu(1),fc2"},
    {.name = "ignore",
     .type = OPTION_TEXT,
     .value = "NAME,...",
     .field = AT(ignore),
     .fallback = "(none)",
     .help = "tensors that the model can do without; * matches any text"},
    {.name = "key",
     .type = OPTION_TEXT,
     .value = "PATH",
     .field = AT(key),
     .fallback = "(where there is only one)",
     .help = "checkpoints: where the state dict is, as in model.state_dict; of "
             "a file in a zip or tar file, policy.pth:model.state_dict"},
    {.name = "mapping",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(mapping),
     .fallback = "(PyTorch's names)",
     .help =
         "file that says which tensor is which parameter, where names differ"},
    {.name = "batch-first",
     .type = OPTION_FLAG,
     .field = AT(batch_first),
     .help = "the model takes (B,T,I) instead of (T,B,I)"},
    {.name = "steps-first",
     .type = OPTION_FLAG,
     .field = AT(steps_first),
     .help = "it does take (T,B,I): says so where a file is run as it is, "
             "which is asked for"},
    {.name = "from-tensor",
     .type = OPTION_TEXT,
     .value = "NAME",
     .field = AT(from_tensor),
     .fallback = "(the graph's input)",
     .help = "ONNX: the model begins with what this value is, and leaves out "
             "what makes it"},
    {.name = "to-tensor",
     .type = OPTION_TEXT,
     .value = "NAME",
     .field = AT(to_tensor),
     .fallback = "(the graph's outputs)",
     .help = "ONNX: the model ends with this value"},
    {0},
};

elman_import_config foreign_config(const foreign_values *values)
{
    static const elman_activation_kind functions[] = {
        ELMAN_ACTIVATION_DEFAULT, ELMAN_ACTIVATION_TANH, ELMAN_ACTIVATION_RELU};
    return (elman_import_config){
        .mapping = values->mapping,
        .key = values->key,
        .layers = values->layers,
        .ignore = values->ignore,
        .nonlinearity = functions[values->nonlinearity],
        .batch_first = values->batch_first,
        .from_tensor = values->from_tensor,
        .to_tensor = values->to_tensor,
    };
}

int foreign_check(const foreign_values *values)
{
    if (!values->batch_first || !values->steps_first) return 0;
    return misused("--batch-first and --steps-first are both given, expected "
                   "one of them");
}

bool foreign_given(const foreign_values *values)
{
    return values->layers || values->key || values->mapping || values->ignore ||
           values->from_tensor || values->to_tensor || values->nonlinearity ||
           values->batch_first || values->steps_first;
}

const char *foreign_words(const foreign_values *values)
{
    static char text[2048];
    size_t used = 0;
    *text = '\0';
    for (const option_row *row = foreign_options; row->name; row++) {
        const char *value = (const char *)values + row->field;
        char word[32] = "";
        if (used >= sizeof text - 64) break;

        /* a name, a word or nothing behind it */
        if (row->type == OPTION_TEXT && *(const char *const *)value)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     " --%s %s", row->name,
                                     shell_quoted(*(const char *const *)value));
        else if (row->type == OPTION_FLAG && *(const bool *)value)
            used += (size_t)snprintf(text + used, sizeof text - used, " --%s",
                                     row->name);
        else if (row->type == OPTION_CHOICE && *(const int *)value)
            used += (size_t)snprintf(
                text + used, sizeof text - used, " --%s %s", row->name,
                choice_word(row->value, *(const int *)value, word,
                            sizeof word));
    }
    return text;
}
