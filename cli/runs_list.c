/*
 * runs_list.c: see runs_list.h. The list is text: the command's line, then for
 * each run its name, a tab and its score.
 */
#include "runs_list.h"
#include "output.h"
#include "screen.h"
#include "system.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Settings ------------------------------------------------------------ */

/* Options that decide where things go and not what is trained. */
static bool can_be_swept(const char *name)
{
    static const char *const others[] = {
        "seeds",      "sweep",        "cross-validate", "output",
        "checkpoint", "resume",       "metrics",        "plan",
        "threads",    "profile",      "memory",         "seconds",
        "report",     "report-every", "tensorboard",    "keep-runs"};
    for (size_t n = 0; n < sizeof others / sizeof *others; n++)
        if (!strcmp(name, others[n])) return false;
    return true;
}

/* "1e-3:1e-2:3": values spaced evenly in the logarithm; false if text is no
 * such range. */
static bool read_range(const char *text, sweep_option *option)
{
    enum { DEFAULT_COUNT = 3 };
    char *end;
    double low = strtod(text, &end), high, count = DEFAULT_COUNT;
    if (end == text || *end != ':') return false;
    const char *at = end + 1;
    high = strtod(at, &end);
    if (end == at) return false;
    if (*end == ':') {
        at = end + 1;
        count = strtod(at, &end);
        if (end == at) return false;
    }
    if (*end ||
        !(low > 0 && high > low && count >= 2 && count <= (double)SWEEP_VALUES))
        return false;

    option->count = (size_t)count;
    bool whole =
        option->row->type == OPTION_COUNT || option->row->type == OPTION_SIZES;
    for (size_t n = 0; n < option->count; n++) {
        double value =
            low * pow(high / low, (double)n / ((double)option->count - 1));
        snprintf(option->values[n], SWEEP_TEXT, "%.*g", whole ? 15 : 4,
                 whole ? round(value) : value);
    }
    return true;
}

static int read_values(const char *text, sweep_option *option)
{
    if (read_range(text, option)) return 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        if (length == 0 || length >= SWEEP_TEXT ||
            option->count == SWEEP_VALUES)
            return misused("--sweep: %s expects values separated by commas, at "
                           "most %d, found '%s'",
                           option->row->name, SWEEP_VALUES, text);
        snprintf(option->values[option->count++], SWEEP_TEXT, "%.*s",
                 (int)length, text);
        text += length + (text[length] == ',');
    }
    return option->count
               ? 0
               : misused("--sweep: %s has no value", option->row->name);
}

/* Each value as the command line would take it, into a copy of the values. */
static int check_values(const parsed_line *arguments,
                        const sweep_option *option)
{
    char *copy = malloc(arguments->command->size);
    if (!copy) return failed("out of memory");
    bool fine = true;
    for (size_t n = 0; n < option->count && fine; n++) {
        memcpy(copy, arguments->values, arguments->command->size);
        fine = option->row->type == OPTION_FLAG
                   ? !strcmp(option->values[n], "yes") ||
                         !strcmp(option->values[n], "no")
                   : option_read(option->row, option->values[n],
                                 copy + option->row->field);
        if (!fine && option->row->type == OPTION_FLAG)
            misused("--sweep: %s expects yes or no, found '%s'",
                    option->row->name, option->values[n]);
    }
    free(copy);
    return fine ? 0 : EXIT_MISUSED;
}

/* One word of a sweep: NAME=VALUES. */
static int read_option(const parsed_line *arguments, char *word, sweep *s)
{
    char *equals = strchr(word, '=');
    const char *name = word + 2 * !strncmp(word, "--", 2);
    if (!equals || equals == name)
        return misused("--sweep expects NAME=VALUE,... for each option, found "
                       "'%s'",
                       word);
    if (s->options == SWEEP_OPTIONS)
        return misused("--sweep takes at most %d options", SWEEP_OPTIONS);

    sweep_option *option = &s->list[s->options++];
    option->row =
        option_named(arguments->command, name, (size_t)(equals - name));
    *equals = 0;
    if (!option->row || !can_be_swept(name))
        return misused("--sweep: '%s' is no option of a model or its training, "
                       "see 'elman train --help'",
                       name);

    int code = read_values(equals + 1, option);
    return code ? code : check_values(arguments, option);
}

int sweep_read(const parsed_line *arguments, const char *text, sweep *s)
{
    *s = (sweep){.count = 1};
    if (!text) return 0;

    char *copy = strdup(text), *rest = NULL;
    s->list = calloc(SWEEP_OPTIONS, sizeof *s->list);
    int code = copy && s->list ? 0 : failed("out of memory");
    for (char *word = code ? NULL : strtok_r(copy, " \t\n", &rest);
         word && !code; word = strtok_r(NULL, " \t\n", &rest))
        code = read_option(arguments, word, s);
    free(copy);

    if (!code && s->options == 0)
        code = misused("--sweep expects NAME=VALUE,..., found nothing");
    for (size_t n = 0; n < s->options && !code; n++)
        s->count *= s->list[n].count;
    if (!code && s->count > 100000)
        code = misused("--sweep asks for %zu settings, expected at most 100000",
                       s->count);
    return code;
}

void sweep_free(sweep *s) { free(s->list); }

/* The value of option n in a setting. */
static const char *value_in(const sweep *s, size_t setting, size_t n)
{
    for (size_t k = s->options; k-- > n + 1;)
        setting /= s->list[k].count;
    return s->list[n].values[setting % s->list[n].count];
}

void sweep_describe(const sweep *s, size_t setting, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t n = 0; n < s->options && used < size; n++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s=%s", n ? " " : "",
                             s->list[n].row->name, value_in(s, setting, n));
}

void sweep_apply(const sweep *s, size_t setting, const parsed_line *arguments)
{
    char *values = arguments->values;
    for (size_t n = 0; n < s->options; n++) {
        const option_row *row = s->list[n].row;
        const char *value = value_in(s, setting, n);
        arguments->given[option_index(arguments->command, row)] = true;
        if (row->type == OPTION_FLAG)
            *(bool *)(values + row->field) = !strcmp(value, "yes");
        else option_read(row, value, values + row->field);
    }
}

/* ---- The list ------------------------------------------------------------ */

enum { LINE = 8192 };

int runs_begin(const char *path, const char *command)
{
    char line[LINE];
    FILE *file = file_open(path, "r");
    if (file) {
        bool read = fgets(line, sizeof line, file);
        fclose(file);
        line[read ? strcspn(line, "\n") : 0] = 0;
        if (read && !strcmp(line, command)) return 0;
        return failed(
            "'%s' lists the runs of another command, '%.300s'; repeat "
            "that one, or delete the file",
            path, line);
    }

    /* the whole line, or no file that would be taken for another command's */
    output_file out;
    int code = output_open(path, &out);
    if (code) return code;
    fprintf(out.file, "%s\n", command);
    return output_save(&out);
}

int runs_append(const char *path, const char *run, const run_score *score)
{
    FILE *file = output_continue(path);
    if (!file) return unwritten(path);
    fprintf(file, "%s\t%.17g\t%.17g\t%.17g\t%.17g\t%d\t%.17g\t%llu\t%s\n", run,
            score->error, score->loss, score->headline, score->baseline,
            score->held, score->seconds, (unsigned long long)score->steps,
            score->word);
    return fclose(file) ? unwritten(path) : 0;
}

/* Reads what runs_append has written behind a run's name. */
static bool read_score(const char *text, run_score *score)
{
    double held = 0, steps = 0;
    double *const numbers[] = {&score->error,
                               &score->loss,
                               &score->headline,
                               &score->baseline,
                               &held,
                               &score->seconds,
                               &steps};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        char *end;
        if (*text++ != '\t') return false;
        *numbers[n] = strtod(text, &end);
        if (end == text) return false;
        text = end;
    }

    score->held = held > 0;
    score->steps = (uint64_t)steps;
    snprintf(score->word, sizeof score->word, "%.*s",
             (int)sizeof score->word - 1, *text ? text + 1 : text);
    return true;
}

bool runs_find(const char *path, const char *run, run_score *score)
{
    char line[LINE];
    size_t length = strlen(run);
    FILE *file = file_open(path, "r");
    bool found = false;

    /* a line that was cut short by a kill has no end */
    while (file && !found && fgets(line, sizeof line, file)) {
        size_t end = strcspn(line, "\n");
        if (!line[end] || strncmp(line, run, length) || line[length] != '\t')
            continue;
        line[end] = 0;
        found = read_score(line + length, score);
    }
    if (file) fclose(file);
    return found;
}
