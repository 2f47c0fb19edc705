/*
 * experiment.h: small experiments with recurrent networks, each with the
 * numbers that it began with, which can be changed. What comes of one is a
 * story: a table, a few numbers, what it shows in words, and the lines of
 * PyTorch that give the same.
 */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#include "elman.h"

/* The numbers of an experiment. */
typedef struct trial {
    double weight;
    size_t T, H, I, B, window;
    elman_kind kind;  /* of the recurrent layer */
    uint64_t seed;    /* of weights and data */
    double rate;      /* of learning */
    uint64_t updates; /* optimizer steps */
} trial;

enum {
    STORY_COLUMNS = 8,
    STORY_LINES = 12, /* sentences, and lines of PyTorch */
    STORY_NUMBERS = 16,
    STORY_LINE = 400
};

/* A column of numbers. */
typedef struct story_column {
    const char *head;
    const char *format; /* of a number; NULL: as number_text */
    bool plotted;       /* as bars beside the table */
} story_column;

typedef struct story_number {
    char name[48];
    double value;
    const char *format;
} story_number;

typedef struct story {
    char title[STORY_LINE];
    size_t columns, rows;
    story_column heads[STORY_COLUMNS];
    char (*names)[48]; /* (rows) a text before each row, or NULL */
    double *cells;     /* (rows,columns); NaN: nothing */
    bool log;          /* bars by the logarithm */
    size_t number_count;
    story_number numbers[STORY_NUMBERS];
    char says[STORY_LINES][STORY_LINE];  /* ends with an empty one */
    char torch[STORY_LINES][STORY_LINE]; /* the same */
} story;

typedef struct experiment {
    const char *name;
    const char *asks;  /* the question, half a line */
    const char *takes; /* the options that change its numbers: "weight,steps" */
    trial usual;       /* its own numbers */
    /* Tells the story; 0 or an exit code after an error line. */
    int (*run)(const trial *numbers, story *told);
} experiment;

extern const experiment experiments[]; /* ends with a NULL name */

/* Makes room for rows of names and cells, all NaN; false after an error
 * line. */
bool story_rows(story *told, size_t rows, bool named);

/* Adds a sentence, a line of PyTorch, or a number. */
__attribute__((format(printf, 2, 3))) void story_say(story *told,
                                                     const char *format, ...);
__attribute__((format(printf, 2, 3))) void story_torch(story *told,
                                                       const char *format, ...);
void story_number_add(story *told, const char *name, double value,
                      const char *format);

void story_show(const story *told);
void story_record(const story *told, const char *name, const trial *numbers);
void story_close(story *told);

/* What the files of experiments offer. */
int exploding_run(const trial *numbers, story *told);
int vanishing_run(const trial *numbers, story *told);
int truncated_run(const trial *numbers, story *told);
int lstm_run(const trial *numbers, story *told);
int shapes_run(const trial *numbers, story *told);
int classifier_run(const trial *numbers, story *told);
int backward_run(const trial *numbers, story *told);

#endif
