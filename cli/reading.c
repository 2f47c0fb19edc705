/*
 * reading.c: see reading.h.
 */
#include "reading.h"
#include "screen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(reading_values, field)

const option_row reading_options[] = {
    {.name = "format",
     .type = OPTION_CHOICE,
     .value = "auto|text|table|series|ts|arff|tsf|array",
     .field = AT(format),
     .fallback = "auto",
     .help = "how the file is written: any text, a table (.csv), labelled "
             "series on lines (.tsv), the archives' .ts, .arff and .tsf, "
             "arrays (.npy, .npz); auto: by its name, and else by what is in "
             "it"},
    {.name = "target-file",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(target_file),
     .fallback = "(none)",
     .help = "arrays: the file with the targets y of x"},
    {.name = "encoding",
     .type = OPTION_TEXT,
     .value = "NAME",
     .field = AT(encoding),
     .fallback = "(UTF-8, or what the file begins with)",
     .help = "encoding of the characters: latin1, utf-16, or any name that "
             "iconv knows"},
    {.name = "bad-bytes",
     .type = OPTION_CHOICE,
     .value = "replace|refuse|bytes",
     .field = AT(bad_bytes),
     .fallback = "replace",
     .help = "bytes that are no character: replace each by U+FFFD, refuse the "
             "file, or read all of it as bytes"},
    {.name = "line-ends",
     .type = OPTION_CHOICE,
     .value = "normalize|keep",
     .field = AT(line_ends),
     .fallback = "normalize",
     .help = "text: make the line ends of Windows and of old Macs those of "
             "all others, or keep them"},
    {.name = "header",
     .type = OPTION_FLAG,
     .field = AT(header),
     .help = "table: the first row holds names, whatever they look like"},
    {.name = "no-header",
     .type = OPTION_FLAG,
     .field = AT(no_header),
     .help = "table: the first row holds data"},
    {.name = "labels",
     .type = OPTION_FLAG,
     .field = AT(labels),
     .help = "series: each has its label, or its target, in front or behind"},
    {.name = "no-labels",
     .type = OPTION_FLAG,
     .field = AT(no_labels),
     .help = "series: there are values only"},
    {.name = "decimal",
     .type = OPTION_TEXT,
     .value = "CHARACTER",
     .field = AT(decimal),
     .fallback = "(what the numbers show)",
     .help = "what stands before the fraction of a number: . or ,"},
    {.name = "thousands",
     .type = OPTION_TEXT,
     .value = "CHARACTER",
     .field = AT(thousands),
     .fallback = "(what the numbers show)",
     .help = "what stands between the thousands of a number: , or . or ' ' or "
             "an apostrophe"},
    {.name = "missing",
     .type = OPTION_CHOICE,
     .value = "refuse|drop|previous|mean",
     .field = AT(missing),
     .fallback = "refuse",
     .help = "missing values, as empty cells and NA: refuse the file, drop "
             "the row, take the last value before or the mean of the training "
             "data"},
    {.name = "channels-first",
     .type = OPTION_FLAG,
     .field = AT(channels_first),
     .help = "arrays: x is (N,I,T) instead of (N,T,I)"},
    {.name = "time",
     .type = OPTION_TEXT,
     .value = "COLUMN|none",
     .field = AT(time),
     .fallback = "(the column that looks like it)",
     .help = "table: the column of times, which puts the rows in order"},
    {.name = "by",
     .type = OPTION_TEXT,
     .value = "COLUMN,...|none",
     .field = AT(by),
     .fallback = "(none)",
     .help = "table: the columns that tell several series apart"},
    {0},
};

const option_row reading_memory_options[] = {
    {.name = "memory",
     .type = OPTION_BYTES,
     .value = "BYTES",
     .field = AT(memory),
     .fallback = "(8GiB)",
     .help = "a file of more than an eighth of so many bytes is read as it is "
             "needed, and rows of a table lie in files in TMPDIR: 512M or "
             "1.5GiB of 1024, 2GB of 1000, or a number. What eval computes "
             "with takes no more, either. The result does not depend on it"},
    {0},
};

/* ---- Options to config --------------------------------------------------- */

/* Of two flags that exclude each other. */
static int read_presence(bool yes, bool no, const char *name,
                         elman_presence *presence)
{
    if (yes && no)
        return misused("--%s and --no-%s are both given, expected one of them",
                       name, name);

    *presence = yes  ? ELMAN_PRESENCE_YES
                : no ? ELMAN_PRESENCE_NO
                     : ELMAN_PRESENCE_AUTO;
    return 0;
}

/* An option of one character, which is no part of a plain number. */
static int read_mark(const char *text, const char *name, char *mark)
{
    if (!text) return 0;
    bool plain = strlen(text) == 1 && !isalnum((unsigned char)*text) &&
                 !strchr("+-", *text);
    if (!plain)
        return misused("--%s expects one character, as in --%s ',', found '%s'",
                       name, name, text);

    *mark = *text;
    return 0;
}

/* Files of more bytes than an eighth of --memory stay where they are, as a text
 * takes three eighths while it is read. */
enum { FILE_SHARE = 8, LARGE_FILE = 1 << 30 };

static size_t memory_of(uint64_t asked)
{
    const uint64_t share = asked / FILE_SHARE;
    return asked && share < LARGE_FILE ? (size_t)share + 1 : LARGE_FILE;
}

int reading_fill(const reading_values *values, elman_dataset_config *config)
{
    int code = read_presence(values->header, values->no_header, "header",
                             &config->header);
    if (!code)
        code = read_presence(values->labels, values->no_labels, "labels",
                             &config->labels);
    if (!code) code = read_mark(values->decimal, "decimal", &config->decimal);
    if (!code)
        code = read_mark(values->thousands, "thousands", &config->thousands);
    if (code) return code;

    if (config->decimal && config->decimal == config->thousands)
        return misused("--decimal and --thousands are both '%c', expected two "
                       "characters",
                       config->decimal);

    /* the choices have the order of the library's */
    config->format = (elman_data_format)values->format;
    config->bad_bytes = (elman_bad_bytes)values->bad_bytes;
    config->missing = (elman_missing)values->missing;
    config->keep_line_ends = values->line_ends;

    config->target_path = values->target_file;
    config->text_encoding = values->encoding;
    config->channels_first = values->channels_first;
    config->time = values->time;
    config->by = values->by;
    config->memory = memory_of(values->memory);
    return 0;
}

/* ---- Messages ------------------------------------------------------------ */

/* A field as the library's messages name it, and its option. */
typedef struct field_row {
    const char *field, *option;
    bool word; /* an English word as well: named before " is given", and at
                  the beginning of a clause before " is " */
} field_row;

static const field_row fields[] = {
    {"task", "--task", true},
    {"unit", "--unit", true},
    {"validation_path", "--validation FILE", false},
    {"validation", "--validation", true},
    {"min_count", "--min-count", false},
    {"target_path", "--target-file", false},
    {"target", "--target", true},
    {"columns", "--columns", true},
    {"window", "--window", true},
    {"horizon", "--horizon", true},
    {"no_scaling", "--no-scaling", false},
    {"format", "--format", true},
    {"text_encoding", "--encoding", false},
    {"bad_bytes", "--bad-bytes", false},
    {"keep_line_ends", "--line-ends keep", false},
    {"header", "--header", true},
    {"labels", "--labels", true},
    {"decimal", "--decimal", true},
    {"thousands", "--thousands", true},
    {"missing", "--missing", true},
    {"channels_first", "--channels-first", false},
    {"time", "--time", true},
    {"by", "--by", true},
    {"transform", "--transform", true},
    {"test_path", "--test FILE", false},
    {"test", "--test", true},
    {"folds", "--cross-validate", true},
    {"frozen", "--freeze", false},
};

static bool is_part_of_word(char c)
{
    return isalnum((unsigned char)c) || strchr("_-\"'/.", c);
}

/* The field that is named at text, or NULL. clause: text begins one. */
static const field_row *field_at(const char *text, bool clause)
{
    for (size_t n = 0; n < sizeof fields / sizeof *fields; n++) {
        size_t length = strlen(fields[n].field);
        if (strncmp(text, fields[n].field, length) != 0) continue;

        /* the whole word, and not a word of the sentence */
        const char *end = text + length;
        bool whole = !*end || !is_part_of_word(*end);
        bool meant = !fields[n].word || !strncmp(end, " is given", 9) ||
                     !strncmp(end, " (--", 4) ||
                     (clause && !strncmp(end, " is ", 4));
        if (whole && meant) return &fields[n];
    }

    static const field_row bytes = {"unit bytes", "--unit bytes", false};
    return strncmp(text, bytes.field, strlen(bytes.field)) ? NULL : &bytes;
}

const char *with_options(const char *message)
{
    static char text[2048];
    size_t used = 0;
    text[0] = '\0';

    for (const char *at = message; *at && used < sizeof text - 64;) {
        bool begins = at == message || !is_part_of_word(at[-1]);
        bool clause =
            at == message || (at >= message + 2 && !memcmp(at - 2, ": ", 2));
        const field_row *field = begins ? field_at(at, clause) : NULL;
        /* the library's word for how a model reads data; in quotes that of
         * characters */
        static const char encoding[] = "the encoding", model[] = "the model";
        size_t word = sizeof encoding - 1;
        if (begins && !strncmp(at, encoding, word) && at[word] &&
            strncmp(at + word, " \"", 2) != 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, model);
            at += word;
            continue;
        }
        if (!field) {
            text[used++] = *at++;
            text[used] = '\0';
            continue;
        }

        /* "target_path (--target-file)" names the option already */
        used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                                 field->option);
        at += strlen(field->field);
        const char *end = strncmp(at, " (--", 4) ? NULL : strchr(at, ')');
        if (end) at = end + 1;
    }
    return text;
}

int data_failed(void)
{
    const char *message = elman_message();
    const char *hint = strstr(message, "; unit bytes");
    size_t length = hint ? (size_t)(hint - message) : strlen(message);

    char text[2048];
    snprintf(text, sizeof text, "%.*s", (int)length, message);
    return failed("%s", with_options(text));
}
