/*
 * options.h: command lines as tables. An option is one row: its name, type,
 * value, default, what it needs, its help. From the rows come parsing, checks,
 * -h and --help, man pages and completion; there is no second list.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elman.h"

typedef enum option_type {
    OPTION_FLAG,    /* bool */
    OPTION_CHOICE,  /* int: index into value, "one|two|three" */
    OPTION_COUNT,   /* uint64_t */
    OPTION_INTEGER, /* int64_t */
    OPTION_REAL,    /* double */
    OPTION_TEXT,    /* const char * */
    OPTION_SIZES,   /* option_sizes: "128" or "128,64" */
    OPTION_INIT,    /* elman_init: KIND or KIND:VALUE */
    OPTION_SPAN,    /* option_span: "100" steps or "60s" */
    OPTION_WAIT,    /* option_wait: "20", "500steps" or both, with a comma */
    OPTION_LIST,    /* option_list: may be given any number of times */
    OPTION_PAIR,    /* option_pair: two words follow, "--name X Y" */
    OPTION_BYTES    /* uint64_t: "512M", "1.5GB": see bytes.h */
} option_type;

typedef struct option_sizes {
    size_t count;
    size_t sizes[ELMAN_MAX_LEVELS];
} option_sizes;

typedef struct option_span {
    uint64_t steps; /* one of the two is set */
    double seconds;
} option_span;

typedef struct option_wait {
    uint64_t evaluations, steps; /* 0: does not count */
} option_wait;

typedef struct option_list {
    size_t count;
    const char **texts; /* (count), freed by options_close */
} option_list;

typedef struct option_pair {
    const char *first, *second; /* NULL: not on the command line */
} option_pair;

/* The smallest low bound: stands for "above 0". */
#define ABOVE_ZERO 1e-30

/* The largest number below 1: stands for "below 1". */
#define BELOW_ONE (1 - 0x1p-53)

/* What --threads takes: the library's limit. */
enum { MOST_THREADS = 64 };

typedef struct option_range {
    double low, high; /* both included */
} option_range;

/* A row without a name ends a table. */
typedef struct option_row {
    const char *name;
    char letter; /* short form, 0 none */
    option_type type;
    const char *value;    /* shown for the value: "N", or "N|none" if the word
                             may stand for 0, or for NAN in a range with 0;
                             the words of OPTION_CHOICE */
    size_t field;         /* offset in the command's values */
    const char *fallback; /* default as it would be typed, NULL for zero;
                             "64 language:256" has one for a variant, "(...)"
                             only describes what happens without it */
    const char *needs;    /* "cell=lstm,gru": fits these choices of another
                             option; "dropout": only with it; NULL: always */
    option_range range;   /* of numbers; {0} any */
    bool common;          /* -h shows it too */
    const char *help;
} option_row;

/* A table under its heading; without a title it ends a command's list. */
typedef struct option_group {
    const char *title;
    const option_row *rows;
} option_group;

enum { OPTION_GROUPS = 12 };

typedef struct example {
    const char *line, *meaning;
} example;

struct parsed_line;

typedef struct command_row {
    const char *name;
    const char *summary;     /* half a line, no stop */
    const char *operands;    /* "DATA", "MODEL [FILE]": in brackets if they
                                may be left out; "[NAME]...": any number */
    const char *description; /* paragraphs, a newline between */
    const char *surplus;     /* what a word too many may be meant as, behind the
                                sentence that refuses it; NULL: nothing */
    bool json;               /* takes --json */
    const char *ranks; /* what several processes (ranks) do with it, a sentence
                          or more; NULL: the first alone runs it */
    option_group options[OPTION_GROUPS];
    const example *examples; /* ends with a NULL line */
    size_t size;             /* of its values */
    int (*run)(const struct parsed_line *arguments);
} command_row;

/* One parsed command line. */
typedef struct parsed_line {
    const command_row *command;
    void *values;    /* command->size bytes, as the rows' offsets say */
    bool *given;     /* by row of command_option: was on the command line */
    int count;       /* operands */
    char **operands; /* then NULL */
    int argc;        /* the line as it was typed */
    char **argv;
} parsed_line;

/* --help --version --quiet --json: before or after any command's name. */
extern const option_group global_options;
typedef struct global_values {
    bool help, version, quiet, json;
    bool short_help; /* it was asked for by -h */
} global_values;

/* The n-th option of command, through all its groups; NULL past the end. */
const option_row *command_option(const command_row *command, size_t n);

/* True if command (NULL: the program) takes this global option. */
bool command_takes(const command_row *command, const option_row *global);

/* The n by which command_option gives this option. */
size_t option_index(const command_row *command, const option_row *option);

/* The option of this name (length bytes), or NULL. */
const option_row *option_named(const command_row *command, const char *name,
                               size_t length);

/* Parses argv[1] and on by command's table (NULL: global options only, up to
 * the first operand) and fills in the defaults. Returns 0, or EXIT_MISUSED
 * after an error line. options_close frees what it holds, either way; the
 * words stay argv's. */
int options_parse(int argc, char **argv, const command_row *command,
                  global_values *global, parsed_line *arguments);

void options_close(parsed_line *arguments);

/* Gives every option that was not on the command line its default for
 * variant, NULL for the general one. */
void options_settle(const parsed_line *arguments, const char *variant);

/* Checks what the given options need. Returns 0 or EXIT_MISUSED. */
int options_check(const parsed_line *arguments);

/* True if the option was on the command line. */
bool option_given(const parsed_line *arguments, const char *name);

/* Reads text as row's type into value, the row's field. False after an error
 * line. */
bool option_read(const option_row *row, const char *text, void *value);

/* The text that option_read would make this value of, as short as it can be.
 * False if it has none: a text that was left out, a list, a pair. */
bool option_write(const option_row *row, const void *value, char *text,
                  size_t size);

/* The word that may stand for zero in a value like "N|none", or NULL; and what
 * it becomes for a real option: zero, or NAN where zero is a value of its
 * own. */
const char *option_zero_word(const option_row *row);
double option_zero(const option_row *row);

/* True if what the option needs is there. */
bool option_applies(const parsed_line *arguments, const option_row *row);

/* What is shown between the option's name and its value: "=", " " where more
 * than one word or value can follow, "" for a flag. */
const char *option_joint(const option_row *row);

/* The default of row for variant into text (size bytes); NULL if the row has
 * none that could be typed. */
const char *option_fallback(const option_row *row, const char *variant,
                            char *text, size_t size);

/* The kinds of OPTION_INIT, "one|two|three" in the order of elman_init_kind. */
extern const char init_words[];

/* Word index of "one|two|three" into text; the index of a word, or -1. */
const char *choice_word(const char *choices, int index, char *text,
                        size_t size);
int choice_index(const char *choices, const char *word);

/* The name in names (count) that was probably meant by word, or NULL. */
const char *nearest_name(const char *word, const char *const *names,
                         size_t count);

/* A word as a shell needs it, in quotes only where it must be; in one of two
 * static buffers. Text as a string of Python, in a static buffer. Control
 * characters become '?'. */
const char *shell_quoted(const char *word);
const char *python_quoted(const char *text);

/* The command line that would repeat this one, quoted for a shell: program (as
 * name.h says it), and the words, with extra behind the command's unless it is
 * there already. In a static buffer. */
const char *command_line(const char *program, const parsed_line *arguments,
                         const char *extra);

#endif
