/*
 * decode_survey.h: what decode.h would make of a file, without its text: for
 * files that are read in parts. Where they are read as UTF-8, bad places are
 * found and counted as there.
 */
#ifndef FORMAT_DECODE_SURVEY_H
#define FORMAT_DECODE_SURVEY_H

#include "format/decode.h"
#include "format/file.h"

typedef struct decode_survey {
    decoded found;     /* as decode_text has it; text is NULL */
    size_t begin;      /* where the text begins in the file, after its mark */
    size_t returns;    /* how many \r there are, */
    size_t with_feeds; /* and how many of those have \n behind them */
} decode_survey;

/* Goes through a file once, and again as far as its first bad place. An
 * encoding that is not UTF-8, a zero byte and whatever decode_text refuses are
 * ELMAN_BAD_FORMAT or ELMAN_BAD_VALUE; messages do not name the file. */
elman_status decode_survey_file(const file_reader *reader,
                                const decode_config *config,
                                decode_survey *survey);

/* Turns bytes of such a file, from its begin or from where another call ended,
 * into text: whole characters, U+FFFD for bad places, and line ends as \n
 * unless they are kept. Unless it is the last part, what may go on behind it is
 * left. text has room for three times as many bytes; used becomes how many were
 * read, and the result is how many were written, at most `most`. */
size_t decode_part(const char *bytes, size_t size, bool last,
                   bool keep_line_ends, size_t most, char *text, size_t *used);

#endif
