/*
 * graph_give.c: files for a graph's inputs.
 */
#include "graph.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_TEXT = 1024 };

/* The names of the inputs, "x, h0 (optional)", into text. */
static const char *list_inputs(const graph_run *run, char *text)
{
    size_t used = 0;
    *text = '\0';
    for (size_t n = 0; n < run->count && used < LIST_TEXT; n++)
        if (run->ports[n].input)
            used +=
                (size_t)snprintf(text + used, LIST_TEXT - used, "%s%s%s",
                                 used ? ", " : "", run->ports[n].name,
                                 run->ports[n].optional ? " (optional)" : "");
    return text;
}

/* The input that word "NAME=FILE" begins with, and where FILE begins. Either
 * may hold more '='. */
static const elman_port *find_input(const graph_run *run, const char *word,
                                    const char **file)
{
    for (const char *at = strchr(word, '='); at; at = strchr(at + 1, '='))
        for (size_t n = 0; n < run->count; n++) {
            const elman_port *port = &run->ports[n];
            size_t length = (size_t)(at - word);
            if (!port->input || strncmp(port->name, word, length) != 0 ||
                port->name[length])
                continue;

            *file = at + 1;
            return port;
        }
    return NULL;
}

static int unknown_input(const graph_run *run, const char *word)
{
    char name[256], list[LIST_TEXT];
    size_t length = strcspn(word, "=");
    if (!word[length])
        return misused("--input expects NAME=FILE.npy, found '%s'", word);

    snprintf(name, sizeof name, "%.*s", (int)length, word);

    /* the input that was probably meant */
    const char **names = calloc(run->count + 1, sizeof *names);
    size_t count = 0;
    if (!names) return failed("out of memory");
    for (size_t n = 0; n < run->count; n++)
        if (run->ports[n].input) names[count++] = run->ports[n].name;

    const char *near = nearest_name(name, names, count);
    free(names);
    if (near)
        return misused("'%s' has no input '%s', did you mean '%s'?", run->path,
                       name, near);
    return misused("'%s' has no input '%s'; it has: %s", run->path, name,
                   list_inputs(run, list));
}

static int check_missing(const graph_run *run, const bool *given)
{
    char list[LIST_TEXT];
    for (size_t n = 0; n < run->count; n++) {
        const elman_port *port = &run->ports[n];
        if (!port->input || port->optional || given[n]) continue;
        return misused("'%s' requires the input '%s': --input %s=FILE.npy; it "
                       "takes: %s",
                       run->path, port->name, port->name,
                       list_inputs(run, list));
    }
    return 0;
}

/* Finds the input of each word, and checks that none is missing. */
static int check_words(const graph_run *run, const option_list *words,
                       bool *given)
{
    for (size_t n = 0; n < words->count; n++) {
        const char *file;
        const elman_port *port = find_input(run, words->texts[n], &file);
        if (!port) return unknown_input(run, words->texts[n]);

        if (!*file)
            return misused("--input expects NAME=FILE.npy, found '%s'",
                           words->texts[n]);
        if (given[port - run->ports])
            return misused("the input '%s' is given twice", port->name);
        given[port - run->ports] = true;
    }

    return check_missing(run, given);
}

int graph_give(const graph_run *run, const option_list *words)
{
    bool *given = calloc(run->count + 1, sizeof *given);
    if (!given) return failed("out of memory");
    int code = check_words(run, words, given);

    for (size_t n = 0; n < words->count && !code; n++) {
        const char *file;
        const elman_port *port = find_input(run, words->texts[n], &file);
        if (elman_graph_load(run->graph, port->name, file) != ELMAN_OK)
            code = library_failed();
    }

    free(given);
    return code;
}
