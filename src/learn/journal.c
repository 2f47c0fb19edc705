/*
 * journal.c: the rows of a run that are kept, and its settings.
 *
 * Which rows stay depends on their numbers alone: those that are multiples of a
 * power of two, the best so far, and the last. So a journal that was saved half
 * way and went on is the one that never stopped.
 */
#include "learn/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "format/utf8.h"

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for a journal");
}

elman_status journal_create(const char *text, elman_journal **journal)
{
    elman_journal *made = calloc(1, sizeof *made);
    if (!made) return no_memory();

    elman_status status = text ? journal_read(text, made) : ELMAN_OK;
    if (status) journal_destroy(made);
    else *journal = made;
    return status;
}

/* The text no longer says what the journal does. */
static void forget_note(elman_journal *journal)
{
    free(journal->note);
    journal->note = NULL;
}

static void release_setting(elman_setting *setting)
{
    free((char *)(uintptr_t)setting->name);
    free((char *)(uintptr_t)setting->value);
}

void journal_destroy(elman_journal *journal)
{
    if (!journal) return;
    for (size_t i = 0; i < journal->setting_count; i++)
        release_setting(&journal->settings[i]);
    free(journal->note);
    free(journal);
}

/* ---- Rows --------------------------------------------------------------- */

/* Of so many rows every how manieth stays, so that the best and the last still
 * have a place. */
static uint64_t stride_of(uint64_t total)
{
    uint64_t stride = 1;
    while ((total - 1) / stride + 1 > JOURNAL_ROWS - 2)
        stride *= 2;
    return stride;
}

/* Leaves out the rows that have no place any more. */
static void thin(elman_journal *journal)
{
    size_t kept = 0, best = 0;
    for (size_t i = 0; i < journal->count; i++)
        if (journal->rows[i].best) best = i;

    uint64_t stride = stride_of(journal->total);
    for (size_t i = 0; i < journal->count; i++) {
        bool stays = journal->numbers[i] % stride == 0 ||
                     (i == best && journal->rows[i].best) ||
                     i + 1 == journal->count;
        if (!stays) continue;
        journal->rows[kept] = journal->rows[i];
        journal->numbers[kept++] = journal->numbers[i];
    }
    journal->count = kept;
}

elman_status journal_append(elman_journal *journal,
                            const elman_journal_row *row, uint64_t number)
{
    size_t count = journal->count;
    if (row->step > INT64_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "the step of a row is %llu, expected less than 2^63",
                       (unsigned long long)row->step);
    if (count && row->step <= journal->rows[count - 1].step)
        return failure(ELMAN_BAD_VALUE,
                       "the step of a row is %llu, expected more than %llu, "
                       "that of the row before",
                       (unsigned long long)row->step,
                       (unsigned long long)journal->rows[count - 1].step);

    /* it has a place for now */
    forget_note(journal);
    journal->rows[count] = *row;
    journal->numbers[count] = number;
    journal->count++;
    journal->total = number + 1;
    thin(journal);
    return ELMAN_OK;
}

elman_status journal_write(elman_journal *journal, const elman_journal_row *row)
{
    return journal_append(journal, row, journal->total);
}

const elman_journal_row *journal_rows(const elman_journal *journal,
                                      size_t *count)
{
    if (count) *count = journal->count;
    return journal->rows;
}

/* ---- Settings ----------------------------------------------------------- */

/* The place of a setting; setting_count if it is not there. */
static size_t place_of(const elman_journal *journal, const char *name)
{
    size_t place = 0;
    while (place < journal->setting_count &&
           strcmp(journal->settings[place].name, name) != 0)
        place++;
    return place;
}

static elman_status check_setting(const char *name, const char *value)
{
    size_t length = strlen(name), bytes = strlen(value);
    if (length == 0 || length >= JOURNAL_NAME)
        return failure(ELMAN_BAD_VALUE,
                       "the name of a setting has %zu bytes, expected 1 to %d",
                       length, JOURNAL_NAME - 1);
    if (bytes >= JOURNAL_VALUE)
        return failure(ELMAN_BAD_VALUE,
                       "the setting %s has %zu bytes, expected at most %d",
                       name, bytes, JOURNAL_VALUE - 1);
    if (utf8_valid(name, length) < length || utf8_valid(value, bytes) < bytes)
        return failure(ELMAN_BAD_VALUE,
                       "the setting %.63s is not UTF-8, expected text", name);
    return ELMAN_OK;
}

static void remove_setting(elman_journal *journal, size_t place)
{
    if (place == journal->setting_count) return;
    forget_note(journal);
    release_setting(&journal->settings[place]);
    journal->setting_count--;
    memmove(journal->settings + place, journal->settings + place + 1,
            (journal->setting_count - place) * sizeof *journal->settings);
}

elman_status journal_write_setting(elman_journal *journal, const char *name,
                                   const char *value)
{
    size_t place = place_of(journal, name);
    if (!value) {
        remove_setting(journal, place);
        return ELMAN_OK;
    }
    TRY(check_setting(name, value));
    if (place == JOURNAL_SETTINGS)
        return failure(ELMAN_BAD_VALUE,
                       "the setting %s would be one more than %d, the most "
                       "that a journal keeps",
                       name, JOURNAL_SETTINGS);

    /* nothing is lost before there is memory for the new one */
    elman_setting made = {text_copy(name), text_copy(value)};
    if (!made.name || !made.value) {
        release_setting(&made);
        return no_memory();
    }
    forget_note(journal);
    if (place < journal->setting_count)
        release_setting(&journal->settings[place]);
    else journal->setting_count++;
    journal->settings[place] = made;
    return ELMAN_OK;
}

const elman_setting *journal_settings(const elman_journal *journal,
                                      size_t *count)
{
    if (count) *count = journal->setting_count;
    return journal->settings;
}

const char *journal_note(elman_journal *journal)
{
    if (!journal->note) (void)journal_text(journal, &journal->note);
    return journal->note;
}
