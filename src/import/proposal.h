/*
 * proposal.h: other settings by which a file would be taken, as commands that
 * can be pasted. Each is tried before it is told.
 */
#ifndef IMPORT_PROPOSAL_H
#define IMPORT_PROPOSAL_H

#include "import/import.h"

/* A text that grows; lost: without memory. */
typedef struct long_text {
    char *to; /* or NULL: nothing yet */
    size_t used, room;
    bool lost;
} long_text;

void text_put(long_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A word as a shell takes it. */
void text_put_quoted(long_text *t, const char *word);

struct proposal_list {
    size_t count, room;
    elman_proposal *items; /* whose texts are the list's own, but for of */
    char *question;        /* or NULL */
};

/* Appends one and takes its texts, which are freed even without memory. */
elman_status proposal_add(proposal_list *list, const char *of, long_text layers,
                          long_text ignore);

/* Keeps those by which the file is taken, or asked about further. */
elman_status proposals_try(const elman_import *import, proposal_list *list);

/* Fails with the question, and the commands that answer it: into the import's
 * own list where one is wanted, else as many as a sentence holds. Takes the
 * list. */
elman_status proposals_fail(const elman_import *import, proposal_list *list,
                            const char *question);

void proposals_free(proposal_list *list);

/* The files as a command names them, and what it would write. */
elman_status proposals_name_files(elman_import *import,
                                  const char *const *paths, size_t count);

#endif
