/*
 * stamp_pattern.c: one stamp by a pattern. In patterns stand
 *   %Y year of four digits     %y of two (50 is 1950)   %o a number for it
 *   %m month, one or two digits  %n two digits          %b name
 *   %d day, one or two digits    %e two digits
 *   %q quarter  %V week of ISO 8601
 *   %H hour  %M minute  %S second  %f fraction  %p AM, PM  %z offset
 *   %s seconds since 1970 (ten digits)  %k milliseconds (thirteen)
 * and all else for itself.
 */
#include "format/stamp_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const stamp_pattern stamp_dates[STAMP_DATES] = {
    {"", STAMP_ANY, true},           {"%Y-%m-%d", STAMP_ANY, true},
    {"%Y/%m/%d", STAMP_ANY, true},   {"%Y.%m.%d", STAMP_ANY, true},
    {"%d.%m.%Y", STAMP_ANY, true},   {"%d/%m/%Y", STAMP_ANY, true},
    {"%m/%d/%Y", STAMP_ANY, true},   {"%d-%m-%Y", STAMP_ANY, true},
    {"%m-%d-%Y", STAMP_ANY, true},   {"%d.%m.%y", STAMP_ANY, true},
    {"%d/%m/%y", STAMP_ANY, true},   {"%m/%d/%y", STAMP_ANY, true},
    {"%d-%m-%y", STAMP_ANY, true},   {"%m-%d-%y", STAMP_ANY, true},
    {"%d %b %Y", STAMP_ANY, true},   {"%d-%b-%Y", STAMP_ANY, true},
    {"%d-%b-%y", STAMP_ANY, true},   {"%d %b %y", STAMP_ANY, true},
    {"%d/%b/%Y", STAMP_ANY, true},   {"%d. %b %Y", STAMP_ANY, true},
    {"%b %d, %Y", STAMP_ANY, true},  {"%b %d %Y", STAMP_ANY, true},
    {"%b %Y", STAMP_ANY, false},     {"%b-%Y", STAMP_ANY, false},
    {"%b-%y", STAMP_ANY, false},     {"%Y-%b", STAMP_ANY, false},
    {"%Y %b", STAMP_ANY, false},     {"%Y-%m", STAMP_ANY, false},
    {"%Y/%m", STAMP_ANY, false},     {"%m/%Y", STAMP_ANY, false},
    {"%YM%n", STAMP_ANY, false},     {"%Y-W%V", STAMP_ANY, false},
    {"%YQ%q", STAMP_ANY, false},     {"%Y-Q%q", STAMP_ANY, false},
    {"%Y Q%q", STAMP_ANY, false},    {"Q%q %Y", STAMP_ANY, false},
    {"%d-%b", STAMP_REGULAR, false}, {"%o-%b", STAMP_REGULAR, false},
    {"%o-%n", STAMP_REGULAR, false}, {"%Y%n%e", STAMP_REGULAR, false},
    {"%Y", STAMP_YEARS, false},      {"%Y%n", STAMP_REGULAR, false},
    {"%s", STAMP_EPOCH, false},      {"%k", STAMP_EPOCH, false}};

const char *const stamp_times[STAMP_TIMES] = {
    "",           "%H:%M",         "%H:%M:%S",    "%H:%M:%S.%f", "%H:%M%z",
    "%H:%M:%S%z", "%H:%M:%S.%f%z", "%H:%M:%S %z", "%H:%M %p",    "%H:%M:%S %p",
    "%H:%M%p",    "%H:%M:%S UTC",  "%H.%M.%S",    "%H:%M:%S,%f"};

const char *const stamp_joins[STAMP_JOINS] = {" ", "T", ", "};

const char *const stamp_months[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

const char *const stamp_weekdays[7] = {"Monday",   "Tuesday", "Wednesday",
                                       "Thursday", "Friday",  "Saturday",
                                       "Sunday"};

/* ---- The calendar ------------------------------------------------------- */

int64_t stamp_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = stamp_floor(year, 400), of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

stamp_day stamp_day_of(int64_t days)
{
    days += 719468;
    int64_t era = stamp_floor(days, 146097), of_era = days - era * 146097;
    int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t part = (5 * of_year + 2) / 153;

    int day = (int)(of_year - (153 * part + 2) / 5 + 1);
    int month = (int)(part < 10 ? part + 3 : part - 9);
    return (stamp_day){year + era * 400 + (month <= 2), month, day};
}

int stamp_month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap);
}

int64_t stamp_first_monday(int64_t year)
{
    int64_t fourth = stamp_days(year, 1, 4);
    return fourth - (fourth + 3 - 7 * stamp_floor(fourth + 3, 7));
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ---- Reading ------------------------------------------------------------ */

/* The parts of a stamp as read. */
typedef struct parts {
    int64_t year, micros;
    int month, day, hour, minute, second, quarter, week;
    int half;   /* 1 AM, 2 PM */
    int offset; /* minutes */
    bool whole; /* micros says it all */
} parts;

/* Reads least to most digits; how many there were, 0 if they do not fit. */
static int take_digits(const char **text, int least, int most, int64_t *value)
{
    int digits = 0;
    *value = 0;
    for (; digits < most && is_digit(**text); digits++)
        *value = *value * 10 + (*(*text)++ - '0');
    return digits < least || is_digit(**text) ? 0 : digits;
}

/* The same without looking at what follows. */
static bool take_exactly(const char **text, int digits, int64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(**text)) return false;
        *value = *value * 10 + (*(*text)++ - '0');
    }
    return true;
}

static bool take_name(stamp_style *style, const char **text, int *month)
{
    size_t bytes = 0;
    while (isalpha((unsigned char)(*text)[bytes]))
        bytes++;

    for (int i = 0; i < 12; i++) {
        bool whole = bytes == strlen(stamp_months[i]);
        bool part = bytes == 3 || (i == 8 && bytes == 4);
        if ((!whole && !part) || strncasecmp(*text, stamp_months[i], bytes))
            continue;

        /* May is both */
        if (whole && bytes > 3) style->long_name = true;
        style->upper_name = isupper((unsigned char)(*text)[1]) != 0;
        style->lower_name = islower((unsigned char)(*text)[0]) != 0;
        *text += bytes;
        *month = i + 1;
        return true;
    }
    return false;
}

/* Steps over a weekday's name; false if there is none. It is not compared with
 * the date. */
static bool take_weekday(stamp_style *style, const char **text)
{
    size_t bytes = 0;
    while (isalpha((unsigned char)(*text)[bytes]))
        bytes++;

    for (size_t i = 0; i < 7; i++) {
        bool whole = bytes == strlen(stamp_weekdays[i]);
        if ((!whole && bytes != 3) ||
            strncasecmp(*text, stamp_weekdays[i], bytes))
            continue;
        style->long_weekday = whole;
        *text += bytes;
        return true;
    }
    return false;
}

/* A weekday in front of a stamp or behind it, and what separates it. */
static void skip_weekday(stamp_style *style, const char **text, bool behind)
{
    static const char *const between[] = {", ", " "};

    for (size_t i = 0; i < 2; i++) {
        const char *c = *text;
        size_t bytes = strlen(between[i]);
        if (behind && strncmp(c, between[i], bytes)) continue;
        if (behind) c += bytes;
        if (!take_weekday(style, &c)) continue;
        if (!behind && strncmp(c, between[i], bytes)) continue;
        if (!behind) c += bytes;

        style->weekday = between[i];
        style->weekday_behind = behind;
        *text = c;
        return;
    }
}

static bool take_half(stamp_style *style, const char **text, int *half)
{
    bool pm = !strncasecmp(*text, "pm", 2);
    if (!pm && strncasecmp(*text, "am", 2)) return false;
    style->lower_half = islower((unsigned char)**text) != 0;
    *half = 1 + pm;
    *text += 2;
    return true;
}

/* Z, +hh:mm, +hhmm or +hh. */
static bool take_offset(stamp_style *style, const char **text, int *offset)
{
    const char *c = *text;
    int64_t hours, minutes = 0;
    if (*c == 'Z') {
        style->zone = 'Z';
        *text = c + 1;
        return true;
    }

    bool minus = *c == '-';
    if (*c != '+' && *c != '-') return false;
    c++;
    if (!take_exactly(&c, 2, &hours)) return false;
    style->zone = *c == ':' ? ':' : *c ? '4' : '2';
    c += *c == ':';
    if (*c && !take_exactly(&c, 2, &minutes)) return false;
    if (hours > 14 || minutes > 59) return false;

    *offset = (int)(hours * 60 + minutes) * (minus ? -1 : 1);
    *text = c;
    return true;
}

static bool take_fraction(stamp_style *style, const char **text,
                          int64_t *micros)
{
    int digits = 0;
    int64_t unit = STAMP_SECOND;
    *micros = 0;

    for (; is_digit(**text) && digits < 9; digits++, (*text)++) {
        unit /= 10;
        *micros += unit * (**text - '0');
    }
    if (digits > style->fraction) style->fraction = (unsigned char)digits;
    return digits > 0;
}

/* A number of one or two digits; notes whether one digit was enough, or a zero
 * put in front. */
static bool take_short(const char **text, bool *is_short, bool *padded,
                       int *value)
{
    int64_t number;
    if (**text == '0') *padded = true;
    int digits = take_digits(text, 1, 2, &number);
    if (digits == 1) *is_short = true;
    *value = (int)number;
    return digits > 0;
}

static bool take_number(char code, const char **text, parts *p)
{
    int64_t value = 0;
    int digits = code == 'Y' ? 4 : code == 'q' ? 1 : 2;
    if (!take_exactly(text, digits, &value)) return false;

    switch (code) {
    case 'Y':
        p->year = value;
        break;
    case 'y':
        p->year = value + (value < 50 ? 2000 : 1900);
        break;
    case 'n':
        p->month = (int)value;
        break;
    case 'e':
        p->day = (int)value;
        break;
    case 'q':
        p->quarter = (int)value;
        return value > 0;
    case 'V':
        p->week = (int)value;
        return value > 0;
    case 'M':
        p->minute = (int)value;
        break;
    default:
        p->second = (int)value;
    }
    return true;
}

static bool take_code(stamp_style *style, char code, const char **text,
                      parts *p)
{
    int year = 0;
    bool unused;

    switch (code) {
    case 'm':
        return take_short(text, &style->short_month, &style->padded_month,
                          &p->month);
    case 'd':
        return take_short(text, &style->short_day, &style->padded_day, &p->day);
    case 'H':
        return take_short(text, &style->short_hour, &style->padded_hour,
                          &p->hour);
    case 'b':
        return take_name(style, text, &p->month);
    case 'p':
        return take_half(style, text, &p->half);
    case 'z':
        return take_offset(style, text, &p->offset);
    case 'f':
        return take_fraction(style, text, &p->micros);
    case 'o':
        if (!take_short(text, &unused, &unused, &year)) return false;
        p->year = year;
        return true;
    case 's':
    case 'k':
        p->whole = true;
        if (!take_digits(text, code == 's' ? 10 : 13, code == 's' ? 10 : 13,
                         &p->micros))
            return false;
        p->micros *= code == 's' ? STAMP_SECOND : STAMP_SECOND / 1000;
        return true;
    default:
        return take_number(code, text, p);
    }
}

static bool take_pattern(stamp_style *style, const char *pattern,
                         const char **text, parts *p)
{
    for (; *pattern; pattern++) {
        if (*pattern == '%') {
            if (!take_code(style, *++pattern, text, p)) return false;
        } else if (*pattern == **text) (*text)++;
        else return false;
    }
    return true;
}

static bool between(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

/* The stamp of parts, if there is such a day and time. */
static bool compose(parts *p, bool dated, int64_t *stamp)
{
    if (p->whole) {
        *stamp = p->micros;
        return between(p->micros, STAMP_SECOND * 100000000,
                       STAMP_SECOND * 4000000000);
    }

    if (p->half) {
        if (!between(p->hour, 1, 12)) return false;
        p->hour = p->hour % 12 + (p->half == 2 ? 12 : 0);
    }
    if (p->quarter < 0 || p->quarter > 4) return false;
    if (p->quarter) p->month = 3 * p->quarter - 2;

    /* 24:00 is the end of a day */
    bool ends = dated && p->minute == 0 && p->second == 0 && p->micros == 0;
    bool valid = between(p->month, 1, 12) &&
                 between(p->hour, 0, ends ? 24 : 23) &&
                 between(p->minute, 0, 59) && between(p->second, 0, 59);
    if (!valid || !between(p->day, 1, stamp_month_length(p->year, p->month)))
        return false;

    int64_t days = stamp_days(p->year, p->month, p->day);
    if (p->week) {
        days = stamp_first_monday(p->year) + 7 * (p->week - 1);
        if (p->week < 1 || days >= stamp_first_monday(p->year + 1))
            return false;
    }
    *stamp = days * STAMP_DAY + p->micros +
             STAMP_SECOND *
                 (p->hour * 3600 + (p->minute - p->offset) * 60 + p->second);
    return true;
}

bool stamp_match(stamp_style *style, const char *text, int64_t *stamp)
{
    bool time_alone = !style->date[0];
    parts p = {.year = time_alone ? 1970 : 2000, .month = 1, .day = 1};

    while (*text == ' ')
        text++;
    if (!is_digit(*text)) skip_weekday(style, &text, false);
    if (!take_pattern(style, style->date, &text, &p)) return false;
    if (style->time[0]) {
        if (!time_alone && !take_pattern(style, style->join, &text, &p))
            return false;
        if (!take_pattern(style, style->time, &text, &p)) return false;
    }

    if (*text) skip_weekday(style, &text, true);
    while (*text == ' ')
        text++;
    if (*text) return false;
    style->offset = p.offset;
    return compose(&p, style->date[0] != 0, stamp);
}

bool stamp_read(const stamp_style *style, const char *text, int64_t *stamp)
{
    stamp_style copy = *style;
    return stamp_match(&copy, text, stamp);
}
