/*
 * screen.h: what the program says, and where. Results go to standard output,
 * everything else to standard error; an error is one line "elman: sentence",
 * behind the name of the program (name.h). Colours and redrawn lines are for
 * terminals only.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2 };

typedef enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN } colour;

typedef struct screen_settings {
    bool quiet; /* --quiet: no progress, no notes */
    bool json;  /* --json: results as JSON */
    bool live;  /* standard error is a terminal whose line can be redrawn */
    bool utf8;  /* the locale can show more than ASCII */
    bool wide;  /* --wide: tables as wide as their texts */
} screen_settings;

extern screen_settings screen;

/* Reads the locale, the terminal and NO_COLOR. */
void screen_open(void);

/* Flushes standard output. Returns code, or EXIT_FAILED after an error line if
 * something written there was lost. If its reader has closed the pipe, says
 * nothing and dies of SIGPIPE. */
int screen_close(int code);

/* True if standard output no longer takes text: the first time after an error
 * line, unless its reader has only closed the pipe. */
bool screen_broken(void);

/* COLUMNS, or the columns of the terminal behind stream; 80 if neither. */
int screen_width(FILE *stream);

/* True if nothing need fit into a width there: a pipe or a file, unless COLUMNS
 * is set, or --wide. */
bool screen_is_free(FILE *stream);

/* The escape that turns a colour on, "" where stream shows none. PLAIN ends
 * every colour. */
const char *paint(FILE *stream, colour ink);

/* Print the error line; return EXIT_FAILED, EXIT_MISUSED. library_failed says
 * elman_message(). Control characters of names are shown as '?'. */
__attribute__((format(printf, 1, 2))) int failed(const char *format, ...);
__attribute__((format(printf, 1, 2))) int misused(const char *format, ...);
int library_failed(void);

/* A line on standard error, unless --quiet; the live line, if there is one, is
 * erased first. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

/* Shows text as the live line, in place of the last one; "" erases it. */
void live_line(const char *text);

/* Short forms for people, in one of a few static buffers: 1,234,567; 71.2k;
 * 1:02:03; 12.3 MB. */
const char *with_commas(uint64_t number);
const char *with_unit(double number);
const char *with_minutes(double seconds);
const char *with_bytes(double bytes);

/* number with digits significant digits; "-" if it is not a number. */
const char *significant(double number, int digits);

/* The text with control characters shown as '?', in one of two static
 * buffers. */
const char *printable(const char *text);

#endif
