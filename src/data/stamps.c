/* stamps.c: see stamps.h. */
#include "data/stamps.h"

#include "format/number.h"

#include <math.h>
#include <string.h>

void stamps_begin(stamps *s)
{
    s->seen = 0;
    s->odd = false;
}

/* Days since 1970 of a date of the Gregorian calendar (H. Hinnant). */
static double days_of(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (double)era * 146097 + days - 719468;
}

/* Reads a number of digits behind one of the marks, if there have to be any;
 * false if it is not there. */
static bool take_field(const char **at, const char *marks, int *field)
{
    const char *c = *at;
    if (*marks && (!*c || !strchr(marks, *c++))) return false;

    int digits = 0, value = 0;
    for (; *c >= '0' && *c <= '9' && digits < 4; digits++)
        value = value * 10 + (*c++ - '0');
    if (digits == 0) return false;
    *field = value;
    *at = c;
    return true;
}

/* The seconds of a date and time; false if text is none. */
static bool read_date(const char *text, double *seconds)
{
    static const char *const marks[] = {"", "-/", "-/", " T", ":-", ":-"};
    int field[6] = {0}, found = 0;
    while (found < 6 && take_field(&text, marks[found], &field[found]))
        found++;
    if (found < 3 || field[1] < 1 || field[1] > 12) return false;

    *seconds = days_of(field[0], field[1], field[2]) * 86400 + field[3] * 3600 +
               field[4] * 60 + field[5];
    return true;
}

void stamps_add(stamps *s, const char *text, size_t bytes)
{
    char copy[48];
    double time = NAN;
    if (bytes < sizeof copy) {
        memcpy(copy, text, bytes);
        copy[bytes] = 0;
        bool number = number_parse(copy, &time) == NUMBER_VALUE;
        if (!number && read_date(copy, &time)) s->dates = true;
    }

    /* the first step of a series is what its others must be */
    double step = time - s->last;
    if (s->seen == 0) s->series++;
    if (s->seen == 1) {
        s->own = step;
        if (s->step == 0) s->step = step;
    }

    bool odd = s->seen > 0 &&
               !(fabs(step - s->own) <= 1e-6 * fabs(s->own) && step > 0);
    if (odd && !s->odd) s->uneven++;
    s->odd = s->odd || odd;
    s->last = time;
    s->seen++;
}

elman_status stamps_describe(const stamps *s, facts *told)
{
    if (s->series == 0) return ELMAN_OK;
    if (s->uneven)
        return facts_add(told, "time", false,
                         "the times of %zu of %zu series are not even steps; "
                         "their values are taken as if they were",
                         s->uneven, s->series);
    return facts_add(told, "time", false, "even steps of %g%s", s->step,
                     s->dates ? " seconds" : "");
}
