/*
 * info_offer.c: how a file converts that does not as it is: the commands of
 * `elman convert` that take it.
 */
#include "info_offer.h"
#include "convert.h"

#include <stdlib.h>
#include <string.h>

/* Whether a word is of this command alone. */
static bool is_look(const char *word)
{
    static const char *const words[] = {"--json", "--wide", "-w", "--quiet",
                                        "-q"};
    for (size_t n = 0; n < sizeof words / sizeof *words; n++)
        if (!strcmp(word, words[n])) return true;
    return false;
}

/* The line that was typed as one of `elman convert`, with an OUT. */
static bool make_line(const parsed_line *typed, parsed_line *line)
{
    static char convert[] = "convert", out[] = "OUT.safetensors";
    bool named = false;
    *line = (parsed_line){
        .argv = calloc((size_t)typed->argc + 2, sizeof *line->argv)};
    if (!line->argv) return false;

    for (int n = 0; n < typed->argc; n++) {
        char *word = typed->argv[n];
        if (n && is_look(word)) continue;
        bool name = n && !named && !strcmp(word, typed->command->name);
        named = named || name;
        line->argv[line->argc++] = name ? convert : word;
    }
    line->argv[line->argc++] = out;
    return true;
}

void offer_open(const parsed_line *typed, const file_facts *file, offer *made)
{
    const elman_import_config config = foreign_config(file->foreign);
    *made = (offer){0};
    if (elman_import_propose(&file->path, 1, &config, &made->import) !=
        ELMAN_OK)
        return;
    made->proposals =
        elman_import_proposals(made->import, &made->question, &made->count);
    if (made->count && !make_line(typed, &made->line)) made->count = 0;
}

void offer_close(offer *made)
{
    free(made->line.argv);
    elman_import_close(made->import);
    *made = (offer){0};
}

void offer_show(const offer *made)
{
    proposals_show(stdout, &made->line, made->proposals, made->count);
}

void offer_record(record *out, const offer *made)
{
    proposals_record(out, &made->line, made->proposals, made->count);
}
