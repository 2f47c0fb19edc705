/*
 * plot.c: see plot.h.
 */
#include "plot.h"

#include <math.h>

int plot_room(int taken, int most)
{
    int room = screen_width(stdout) - taken;
    if (room > most) room = most;
    return room < 10 ? 10 : room;
}

const char *shade(double part)
{
    static const char *const blocks[] = {" ", "░", "▒", "▓", "█"};
    static const char *const ascii[] = {" ", ".", "+", "*", "#"};
    int n = part > 0 ? (int)(part * 4 + 0.999) : 0;
    if (n > 4) n = 4;
    return screen.utf8 ? blocks[n] : ascii[n];
}

/* A column of part (0 to 1) of a line's height; negative: a gap. */
static const char *column(double part)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    if (!(part >= 0)) return " ";
    int n = (int)(part * 8);
    if (n > 7) n = 7;
    return screen.utf8 ? blocks[n] : ascii[n];
}

/* The mean of the values from begin to before end that are numbers. */
static double mean_of(const double *values, size_t begin, size_t end)
{
    double sum = 0, count = 0;
    for (size_t n = begin; n < end; n++) {
        if (isnan(values[n])) continue;
        sum += values[n];
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

static void print(const double *values, size_t count, double low, double high,
                  int columns, bool logs)
{
    size_t shown = count < (size_t)columns ? count : (size_t)columns;
    for (size_t n = 0; n < shown; n++) {
        double value =
            mean_of(values, n * count / shown, (n + 1) * count / shown);
        double part = logs ? log(value / low) / log(high / low)
                           : (value - low) / (high - low);
        if (isnan(value)) part = -1;
        else if (!(part > 0)) part = 0;
        fputs(column(part), stdout);
    }
}

void spark_print(const double *values, size_t count, double low, double high,
                 int columns)
{
    print(values, count, low, high, columns, false);
}

void spark_print_log(const double *values, size_t count, double low,
                     double high, int columns)
{
    print(values, count, low, high, columns, true);
}

void bar_print(double part, int columns)
{
    static const char *const tips[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(part > 0)) return;
    int eighths = (int)(fmin(part, 1) * columns * 8 + 0.5);
    for (int n = 0; n < eighths / 8; n++)
        fputs(screen.utf8 ? "█" : "#", stdout);
    if (screen.utf8) fputs(tips[eighths % 8], stdout);
}
