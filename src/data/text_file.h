/*
 * text_file.h: a text that stays in its file and is read where it is needed, by
 * any number of readers at once. It is the text that it would be in memory. A
 * file that was written to since it was opened is refused, not read otherwise.
 */
#ifndef DATA_TEXT_FILE_H
#define DATA_TEXT_FILE_H

#include "format/decode_survey.h"

typedef struct text_file text_file;

/* Where somebody reads; all zero is the beginning. */
typedef struct text_reader {
    size_t token;      /* the next one, where tokens are read */
    size_t at;         /* where it begins, from the first byte of the text */
    char *raw, *text;  /* a part of the file, and the text that it is */
    size_t room;       /* of raw */
    size_t used, size; /* of both */
} text_reader;

void text_reader_clear(text_reader *reader);

/* The text of a reader, which it closes, also if this fails; bytes until it is
 * settled otherwise. */
elman_status text_file_open(file_reader *reader, text_file **file);
void text_file_close(text_file *file);        /* NULL is fine */
size_t text_file_size(const text_file *file); /* in bytes */
const file_reader *text_file_reader(const text_file *file);

/* Makes it a text of characters or words from survey->begin on, or of bytes. */
void text_file_settle(text_file *file, const decode_survey *survey,
                      const elman_dataset_config *config, elman_unit unit);

/* The next part of the text: whole tokens, of about `bytes` or more; size 0:
 * the end. text is good until the next call. */
elman_status text_file_next(const text_file *file, text_reader *reader,
                            size_t bytes, const char **text, size_t *size);

/* How often each byte is in the file. */
elman_status text_file_bytes(const text_file *file, uint64_t counts[256]);

/* Settles what the tokens are: those of the encoding, which must stay as it is.
 * count becomes how many there are, and unknown how many places are left out.
 * From then on tokens can be read. */
elman_status text_file_index(text_file *file, const elman_encoding *encoding,
                             size_t *count, size_t *unknown);

/* Tokens from first on. */
elman_status text_file_tokens(const text_file *file, text_reader *reader,
                              size_t first, size_t count, int32_t *tokens);

/* Adds how often each token occurs from first to end. */
elman_status text_file_count(const text_file *file, size_t first, size_t end,
                             uint64_t *counts);

#endif
