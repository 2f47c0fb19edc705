/*
 * journal.h: how a training run went; as elman_journal_... in elman_inspect.h.
 */
#ifndef LEARN_JOURNAL_H
#define LEARN_JOURNAL_H

#include "elman_inspect.h"

/* Bounds of what a journal keeps. JOURNAL_ROWS is what the manual says. */
enum {
    JOURNAL_ROWS = 500,
    JOURNAL_SETTINGS = 300,
    JOURNAL_NAME = 64,      /* bytes of a setting's name, the zero included */
    JOURNAL_VALUE = 1 << 16 /* and of its value */
};

struct elman_journal {
    uint64_t total; /* rows that were ever written */
    size_t count;
    elman_journal_row rows[JOURNAL_ROWS + 1]; /* one more while it is added */
    uint64_t numbers[JOURNAL_ROWS + 1];       /* of each among all, from 0 */
    size_t setting_count;
    elman_setting settings[JOURNAL_SETTINGS]; /* their texts are its own */
    char *note;                               /* NULL: to be written */
};

elman_status journal_create(const char *text, elman_journal **journal);
void journal_destroy(elman_journal *journal);
elman_status journal_write(elman_journal *journal,
                           const elman_journal_row *row);
elman_status journal_write_setting(elman_journal *journal, const char *name,
                                   const char *value);
const elman_journal_row *journal_rows(const elman_journal *journal,
                                      size_t *count);
const elman_setting *journal_settings(const elman_journal *journal,
                                      size_t *count);
const char *journal_note(elman_journal *journal);

/* Adds the row that was number among all. */
elman_status journal_append(elman_journal *journal,
                            const elman_journal_row *row, uint64_t number);

/* Reads text into an empty journal: journal_text.c. */
elman_status journal_read(const char *text, elman_journal *journal);

/* The text of a journal; free() it. */
elman_status journal_text(const elman_journal *journal, char **text);

#endif
