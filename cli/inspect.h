/*
 * inspect.h: what `elman inspect` shows, and where: on the terminal, as JSON,
 * as tables of numbers (--csv), as figures (--svg).
 */
#ifndef INSPECT_H
#define INSPECT_H

#include "network.h"

typedef struct inspect_view {
    const network *net;
    const elman_inspection *in;
    const char *data;   /* its path, or NULL */
    const char *source; /* "the beginning of input.txt" */
    bool whole;         /* it was not stopped before its end */
} inspect_view;

/* A section by the word that --only takes for it; the table ends with a NULL
 * word. */
typedef struct section_word {
    const char *word;
    elman_section section;
    const char *title;
} section_word;

extern const section_word section_words[];

/* "RNN 32" of the level that a name such as "layer0_reverse" stands for; in a
 * static buffer. */
const char *cell_describe(const elman_model *model, size_t level);

/* A token or class in few characters, as it can be shown: quotes, and control
 * characters by their names in C; in one of a few static buffers. */
const char *token_describe(const network *net, int32_t token);

/* What options name: "flow,gates" as bits, where the empty list is all; the
 * constant input of --input; the output of --class from 1, 0 for all. Return 0
 * or an exit code after an error line. */
int inspect_read_only(const char *list, unsigned *sections);
int inspect_read_input(const network *net, const char *word,
                       elman_inspection_config *config);
int inspect_read_class(const network *net, const char *word, size_t *output);

/* Each shows an inspection, all that is there of it. */
void inspect_show(const inspect_view *view);
void inspect_record(const inspect_view *view);

/* Write one file per table, or per figure, into folder, which is made if it is
 * missing. A file that is there and was not made by elman inspect is not
 * overwritten. Return 0 or an exit code after an error line. */
int inspect_write_tables(const inspect_view *view, const char *folder);
int inspect_write_figures(const inspect_view *view, const char *folder);

/* Parts of inspect_show: inspect_sections.c. */
void show_section(const inspect_view *view, elman_section section);

#endif
