/*
 * inspect_asked.c: words of options that are names of sections, inputs and
 * outputs: see inspect.h.
 */
#include "inspect.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

int inspect_read_only(const char *list, unsigned *sections)
{
    *sections = 0;
    while (list && *list) {
        size_t length = strcspn(list, ",");
        const section_word *row = section_words;
        while (row->word && (strlen(row->word) != length ||
                             strncmp(row->word, list, length) != 0))
            row++;
        if (!row->word)
            return misused("--only expects words out of flow, gates, errors, "
                           "truncation, attribution, units, training, data, "
                           "exponents, spectrum, fixed-points, contributions, "
                           "separated by commas, found '%.*s'",
                           (int)length, list);
        *sections |= (unsigned)row->section;
        list += length + (list[length] == ',');
    }
    return 0;
}

int inspect_read_input(const network *net, const char *word,
                       elman_inspection_config *config)
{
    config->input = ELMAN_CONSTANT_MEAN;
    if (!strcmp(word, "mean")) return 0;
    config->input = ELMAN_CONSTANT_ZERO;
    if (!strcmp(word, "zero") && !net->size.vocabulary) return 0;

    /* what is left is a token */
    config->input = ELMAN_CONSTANT_TOKEN;
    const elman_encoding *e = net->encoding;
    for (size_t n = 0; e && net->size.vocabulary && n < e->vocabulary; n++)
        if (e->token_bytes[n] == strlen(word) &&
            !memcmp(e->tokens[n], word, strlen(word))) {
            config->token = (int32_t)n;
            return 0;
        }
    return misused(net->size.vocabulary
                       ? "--input expects mean or a token of the model, found "
                         "'%s'"
                       : "--input expects zero or mean, found '%s'",
                   word);
}

int inspect_read_class(const network *net, const char *word, size_t *output)
{
    const elman_encoding *e = net->encoding;
    size_t count = e ? e->vocabulary ? e->vocabulary : e->class_count : 0;
    char *const *names = e && e->vocabulary ? e->tokens : e ? e->labels : NULL;
    *output = 0;
    if (!strcmp(word, "all")) return 0;
    for (size_t n = 0; n < count; n++)
        if (!strcmp(names[n], word)) {
            *output = n + 1;
            return 0;
        }

    /* what has no names has numbers */
    char *end;
    long number = strtol(word, &end, 10);
    if (count == 0 && *word && !*end && number >= 1 &&
        (size_t)number <= net->size.output_size) {
        *output = (size_t)number;
        return 0;
    }
    return count ? misused("--class expects a %s of the model, found '%s'",
                           e->vocabulary ? "token" : "class", word)
                 : misused("--class expects a number from 1 to %zu, found '%s'",
                           net->size.output_size, word);
}
