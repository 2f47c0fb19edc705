/*
 * axis.c: from values to places on paper, and the ticks between them.
 */
#include "report/axis.h"

#include "base/real.h"

#include <math.h>
#include <stdio.h>

/* 10^power, exact where a double can be. */
static double power_of_ten(int power)
{
    double value = 1;
    for (int i = 0; i < (power < 0 ? -power : power); i++)
        value *= 10;
    return power < 0 ? 1 / value : value;
}

static double log_10(double value)
{
    return real_log(value) / 2.302585092994045684;
}

/* The whole power of ten at or below 10^exponent, within what a double holds.
 */
static int whole_power(double exponent)
{
    double power = real_floor(exponent);
    if (!(power > -307)) return -307;
    return power < 307 ? (int)power : 307;
}

static bool can_show(const axis *a, double value)
{
    return isfinite(value) && fabs(value) < 1e300 &&
           (!a->log || value > 1e-300);
}

void axis_see(axis *a, double value)
{
    if (!can_show(a, value)) return;
    a->parts = a->parts || value != real_floor(value);
    if (value < a->low) a->low = value;
    if (value > a->high) a->high = value;
}

/* Ticks at 1, 2 or 5 times a power of ten. */
static void settle_plain(axis *a, size_t wanted, bool rounded)
{
    static const double steps[] = {1, 2, 5, 10};

    /* a single value gets some room around it */
    if (a->low == 0 && a->high == 0) a->high = 1;
    if (a->low == a->high) {
        double room = a->parts ? fabs(a->low) * 0.1 : 1;
        a->low -= room;
        a->high += room;
    }

    double rough = (a->high - a->low) / (double)wanted;
    double unit = power_of_ten(whole_power(log_10(rough)));
    size_t k = 0;
    while (k < 3 && steps[k] * unit < rough * 0.999)
        k++;
    double step = steps[k] * unit;
    if (!a->parts && step < 1) step = 1;

    double first = rounded ? real_floor(a->low / step + 1e-9)
                           : real_ceil(a->low / step - 1e-9);
    double last = rounded ? real_ceil(a->high / step - 1e-9)
                          : real_floor(a->high / step + 1e-9);
    if (rounded) {
        a->low = first * step;
        a->high = last * step;
    }

    for (size_t i = 0; i < AXIS_TICKS && first + (double)i <= last; i++)
        a->ticks[a->tick_count++] = (first + (double)i) * step;
}

/* Ticks at powers of ten; where there are few, at 2 and 5 times them. */
static void settle_log(axis *a, size_t wanted, bool rounded)
{
    static const double parts[] = {1, 2, 5};
    int low = (int)real_floor(log_10(a->low) + 1e-9);
    int high = (int)real_ceil(log_10(a->high) - 1e-9);
    if (high == low) high++;
    if (rounded || a->low == a->high) {
        a->low = power_of_ten(low);
        a->high = power_of_ten(high);
    }

    int every = (high - low + (int)wanted - 1) / (int)wanted;
    size_t share = log_10(a->high / a->low) <= 2.2 ? 3 : 1;
    for (int power = low; power <= high; power += every)
        for (size_t k = 0; k < share; k++) {
            double tick = parts[k] * power_of_ten(power);
            if (tick < a->low * 0.999 || tick > a->high * 1.001) continue;
            if (a->tick_count < AXIS_TICKS) a->ticks[a->tick_count++] = tick;
        }
}

void axis_settle(axis *a, size_t wanted, bool rounded)
{
    a->tick_count = 0;
    if (a->low > a->high) {
        a->low = a->log ? 0.1 : 0;
        a->high = 1;
    }
    if (a->log) settle_log(a, wanted, rounded);
    else settle_plain(a, wanted, rounded);
}

double axis_place(const axis *a, double value)
{
    if (!can_show(a, value)) return NAN;
    double part = a->log ? log_10(value / a->low) / log_10(a->high / a->low)
                         : (value - a->low) / (a->high - a->low);
    return a->from + part * (a->to - a->from);
}

void axis_tick_text(const axis *a, size_t tick, char text[NUMBER_ROOM])
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴",
                                         "⁵", "⁶", "⁷", "⁸", "⁹"};
    double value = a->ticks[tick];
    if (!a->log || (value > 0.0009 && value < 20000)) {
        number_label(value, 6, text);
        return;
    }

    /* powers of ten, and multiples of them */
    int power = whole_power(log_10(value) + 1e-6);
    int lead = (int)(value / power_of_ten(power) + 0.5);
    int size = power < 0 ? -power : power;
    int bytes = lead > 1 ? snprintf(text, NUMBER_ROOM, "%d·", lead) : 0;
    bytes += snprintf(text + bytes, NUMBER_ROOM - (size_t)bytes, "10%s",
                      power < 0 ? "⁻" : "");
    for (int unit = 100; unit; unit /= 10)
        if (size >= unit)
            bytes += snprintf(text + bytes, NUMBER_ROOM - (size_t)bytes, "%s",
                              raised[size / unit % 10]);
}
