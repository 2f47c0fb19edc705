/*
 * screen.c: all that the program writes for people; see screen.h.
 */
#include "screen.h"
#include "elman.h"
#include "name.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

screen_settings screen;

static bool coloured[3]; /* by descriptor */
static bool live_shown;
static bool broken_said; /* standard output takes no more */
static bool reader_gone; /* nobody reads it any more */

void screen_open(void)
{
    screen.utf8 = terminal_is_utf8();
    screen.live = terminal_is_there(2);
    const char *no_color = getenv("NO_COLOR");
    bool colours = !no_color || !*no_color;
    for (int d = 1; d <= 2; d++)
        coloured[d] = colours && terminal_is_there(d);
}

bool screen_broken(void)
{
    errno = 0;
    bool broken = fflush(stdout) != 0 || ferror(stdout);
    if (broken && !broken_said) {
        /* an earlier write may have failed, and its reason is lost */
        const int reason = errno ? errno : EIO;
        broken_said = true;
        if (reason == EPIPE || terminal_reader_is_gone()) reader_gone = true;
        else failed("cannot write to standard output: %s", strerror(reason));
    }
    return broken;
}

int screen_close(int code)
{
    live_line("");
    if (screen_broken()) {
        if (!reader_gone) return code ? code : EXIT_FAILED;
        /* the end that other programs meet at once */
        system_end_unread();
    }

    if (fclose(stdout) != 0 && errno != EBADF) {
        int reason = errno;
        return failed("cannot write to standard output: %s", strerror(reason));
    }
    return code;
}

int screen_width(FILE *stream)
{
    /* who sets COLUMNS knows better, also of a pager behind a pipe */
    const char *columns = getenv("COLUMNS");
    long wanted = columns ? strtol(columns, NULL, 10) : 0;
    if (wanted > 0 && wanted <= 10000) return (int)wanted;

    const int found = terminal_columns(fileno(stream));
    return found > 0 ? found : 80;
}

bool screen_is_free(FILE *stream)
{
    const char *columns = getenv("COLUMNS");
    return screen.wide ||
           ((!columns || !*columns) && terminal_columns(fileno(stream)) <= 0);
}

const char *paint(FILE *stream, colour ink)
{
    static const char *const escapes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                          "\033[31m", "\033[32m", "\033[33m",
                                          "\033[36m"};
    return coloured[fileno(stream)] ? escapes[ink] : "";
}

const char *printable(const char *text)
{
    static char lines[2][4096];
    static int turn;
    char *line = lines[turn = !turn];
    size_t n = 0;
    for (; text[n] && n < sizeof lines[0] - 1; n++) {
        unsigned char c = (unsigned char)text[n];
        line[n] = c < 32 || c == 127 ? '?' : (char)c;

        /* U+0080 to U+009F are control characters too */
        bool second = n > 0 && (unsigned char)text[n - 1] == 0xC2;
        if (second && c < 0xA0) line[n - 1] = line[n] = '?';
    }
    line[n] = '\0';
    return line;
}

static void say_error(const char *format, va_list arguments)
{
    char text[4096];
    vsnprintf(text, sizeof text, format, arguments);
    live_line("");
    fflush(stdout);
    fprintf(stderr, "%s%s:%s %s\n", paint(stderr, RED), name_short(),
            paint(stderr, PLAIN), printable(text));
}

int failed(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_error(format, arguments);
    va_end(arguments);
    return EXIT_FAILED;
}

int misused(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_error(format, arguments);
    va_end(arguments);
    return EXIT_MISUSED;
}

int library_failed(void) { return failed("%s", elman_message()); }

void note(const char *format, ...)
{
    if (screen.quiet) return;
    live_line("");
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void live_line(const char *text)
{
    if (!screen.live || (!*text && !live_shown)) return;
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
    live_shown = *text != '\0';
}

/* The next of a few buffers, so that one printf can hold several numbers. */
static char *next_buffer(void)
{
    static char buffers[16][32];
    static unsigned turn;
    return buffers[turn++ % 16];
}

const char *with_commas(uint64_t number)
{
    char *text = next_buffer(), digits[24];
    int count =
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *end = text;

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) *end++ = ',';
        *end++ = digits[i];
    }
    *end = '\0';
    return text;
}

const char *with_unit(double number)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    int unit = 0;
    while (fabs(number) >= 999.5 && unit < 4) {
        number /= 1000;
        unit++;
    }

    char *text = next_buffer();
    snprintf(text, 32, unit && fabs(number) < 99.95 ? "%.1f%s" : "%.0f%s",
             number, units[unit]);
    return text;
}

const char *with_minutes(double seconds)
{
    char *text = next_buffer();
    if (!(seconds < 359999)) return "-";

    unsigned s = (unsigned)(seconds + 0.5);
    if (s < 3600) snprintf(text, 32, "%u:%02u", s / 60, s % 60);
    else snprintf(text, 32, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    return text;
}

const char *with_bytes(double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    while (bytes >= 999.5 && unit < 4) {
        bytes /= 1000;
        unit++;
    }

    char *text = next_buffer();
    snprintf(text, 32, unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes,
             units[unit]);
    return text;
}

const char *significant(double number, int digits)
{
    if (isnan(number)) return "-";
    char *text = next_buffer();
    double size = fabs(number);
    if (size != 0 && (size < 1e-4 || size >= 1e7)) {
        snprintf(text, 32, "%.*e", digits - 1, number);
        return text;
    }

    int after = digits - 1 - (size > 0 ? (int)floor(log10(size)) : 0);
    snprintf(text, 32, "%.*f", after < 0 ? 0 : after, number);
    return text;
}
