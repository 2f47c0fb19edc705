/* journal.c: a journal is written as it was read, and goes on from there. */
#include "fuzz.h"

#include "learn/journal.h"

#include <stdlib.h>
#include <string.h>

static void run(const uint8_t *data, size_t size)
{
    elman_journal *first = NULL, *second = NULL;
    char *text = fuzz_copy(data, size);
    if (journal_create(text, &first) != ELMAN_OK) {
        fuzz_refused("journal");
        free(text);
        return;
    }

    const char *note = journal_note(first);
    MUST(note != NULL);
    MUST_OK(journal_create(note, &second));
    MUST(!strcmp(journal_note(second), note));

    size_t count = 0;
    const elman_journal_row *rows = journal_rows(second, &count);
    MUST(count <= JOURNAL_ROWS);
    uint64_t last = count ? rows[count - 1].step : 0;
    elman_journal_row next = {.step = last + 1, .best = true};
    if (journal_write(second, &next) != ELMAN_OK) fuzz_refused("2^63");
    MUST(journal_note(second) != NULL);

    journal_destroy(second);
    journal_destroy(first);
    free(text);
}

const fuzz_target target = {.run = run};
