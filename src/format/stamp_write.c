/* stamp_write.c: stamps and their patterns as text. */
#include "format/stamp_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text that grows up to STAMP_ROOM. */
typedef struct writer {
    char *text;
    size_t at;
} writer;

__attribute__((format(printf, 2, 3))) static void put(writer *w,
                                                      const char *format, ...);

static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int bytes =
        vsnprintf(w->text + w->at, STAMP_ROOM - w->at, format, arguments);
    va_end(arguments);
    w->at += (size_t)bytes;
    if (w->at > STAMP_ROOM - 1) w->at = STAMP_ROOM - 1;
}

static void put_name(writer *w, const stamp_style *style, int month)
{
    char name[12];
    snprintf(name, sizeof name, "%.*s", style->long_name ? 11 : 3,
             stamp_months[month - 1]);
    for (char *c = name; *c; c++) {
        if (style->upper_name) *c = (char)toupper((unsigned char)*c);
        if (style->lower_name) *c = (char)tolower((unsigned char)*c);
    }
    put(w, "%s", name);
}

static void put_offset(writer *w, const stamp_style *style)
{
    int offset = style->offset < 0 ? -style->offset : style->offset;
    char sign = style->offset < 0 ? '-' : '+';

    if (style->zone == 'Z') put(w, "Z");
    else if (style->zone == '2') put(w, "%c%02d", sign, offset / 60);
    else
        put(w, "%c%02d%s%02d", sign, offset / 60, style->zone == ':' ? ":" : "",
            offset % 60);
}

static void put_fraction(writer *w, int64_t micros, int digits)
{
    char text[16];
    snprintf(text, sizeof text, "%06lld000", (long long)micros);
    put(w, "%.*s", digits, text);
}

/* A stamp in parts, to be written. */
typedef struct fields {
    stamp_day day;
    int64_t second, micros, stamp; /* second of the day */
    int64_t week_year, week;
} fields;

static void put_date(writer *w, const stamp_style *style, char code,
                     const fields *f)
{
    bool weeks = strstr(style->date, "%V") != NULL;
    long long year = weeks ? f->week_year : f->day.year;

    /* one of the two that never was below 10 goes like the other */
    bool is_short = style->short_month || style->short_day;
    bool bare_month = is_short && !style->padded_month;
    bool bare_day = is_short && !style->padded_day;

    switch (code) {
    case 'Y':
        put(w, "%04lld", year);
        break;
    case 'y':
        put(w, "%02lld", year % 100);
        break;
    case 'o':
        put(w, "%lld", year);
        break;
    case 'm':
        put(w, bare_month ? "%d" : "%02d", f->day.month);
        break;
    case 'n':
        put(w, "%02d", f->day.month);
        break;
    case 'b':
        put_name(w, style, f->day.month);
        break;
    case 'd':
        put(w, bare_day ? "%d" : "%02d", f->day.day);
        break;
    case 'e':
        put(w, "%02d", f->day.day);
        break;
    case 'q':
        put(w, "%d", (f->day.month + 2) / 3);
        break;
    case 'V':
        put(w, "%02d", (int)f->week);
        break;
    case 's':
        put(w, "%lld", (long long)stamp_floor(f->stamp, STAMP_SECOND));
        break;
    default:
        put(w, "%lld", (long long)stamp_floor(f->stamp, 1000));
    }
}

static void put_time(writer *w, const stamp_style *style, char code,
                     const fields *f)
{
    int hour = (int)(f->second / 3600);
    if (strstr(style->time, "%p") && code == 'H')
        hour = hour % 12 ? hour % 12 : 12;
    bool bare =
        style->short_hour ||
        ((style->short_month || style->short_day) && !style->padded_hour);

    switch (code) {
    case 'H':
        put(w, bare ? "%d" : "%02d", hour);
        break;
    case 'M':
        put(w, "%02d", (int)(f->second / 60 % 60));
        break;
    case 'S':
        put(w, "%02d", (int)(f->second % 60));
        break;
    case 'f':
        put_fraction(w, f->micros, style->fraction);
        break;
    case 'z':
        put_offset(w, style);
        break;
    default:
        put(w, "%s",
            style->lower_half ? hour < 12 ? "am" : "pm"
            : hour < 12       ? "AM"
                              : "PM");
    }
}

static void put_pattern(writer *w, const stamp_style *style,
                        const char *pattern, const fields *f)
{
    for (; *pattern; pattern++) {
        if (*pattern != '%') put(w, "%c", *pattern);
        else if (strchr("HMSfzp", *++pattern)) put_time(w, style, *pattern, f);
        else put_date(w, style, *pattern, f);
    }
}

static void put_weekday(writer *w, const stamp_style *style, int64_t days)
{
    int64_t day = days + 3 - 7 * stamp_floor(days + 3, 7);
    int bytes = style->long_weekday ? 9 : 3;
    bool behind = style->weekday_behind;
    put(w, "%s%.*s%s", behind ? style->weekday : "", bytes, stamp_weekdays[day],
        behind ? "" : style->weekday);
}

void stamp_write(const stamp_style *style, int64_t stamp, char text[STAMP_ROOM])
{
    int64_t local = stamp + style->offset * 60 * STAMP_SECOND;
    int64_t days = stamp_floor(local, STAMP_DAY);
    int64_t rest = local - days * STAMP_DAY;
    fields f = {.day = stamp_day_of(days),
                .second = rest / STAMP_SECOND,
                .micros = rest % STAMP_SECOND,
                .stamp = stamp};

    /* a week belongs to the year of its Thursday */
    int64_t thursday = days - (days + 3 - 7 * stamp_floor(days + 3, 7)) + 3;
    f.week_year = stamp_day_of(thursday).year;
    f.week = (thursday - stamp_first_monday(f.week_year)) / 7 + 1;

    writer w = {.text = text};
    text[0] = 0;
    if (style->weekday && !style->weekday_behind) put_weekday(&w, style, days);
    put_pattern(&w, style, style->date, &f);
    if (style->date[0] && style->time[0])
        put_pattern(&w, style, style->join, &f);
    put_pattern(&w, style, style->time, &f);
    if (style->weekday && style->weekday_behind) put_weekday(&w, style, days);
}

void stamp_describe_style(const stamp_style *style, char text[STAMP_ROOM])
{
    static const struct {
        char code;
        const char *words;
    } names[] = {{'Y', "YYYY"},
                 {'y', "YY"},
                 {'o', "Y"},
                 {'m', "MM"},
                 {'n', "MM"},
                 {'b', "Mon"},
                 {'d', "DD"},
                 {'e', "DD"},
                 {'q', "Q"},
                 {'V', "WW"},
                 {'H', "hh"},
                 {'M', "mm"},
                 {'S', "ss"},
                 {'f', "fff"},
                 {'p', "AM"},
                 {'z', "zone"},
                 {'s', "seconds since 1970"},
                 {'k', "milliseconds since 1970"}};
    const char *parts_of[] = {
        style->date, style->date[0] && style->time[0] ? style->join : "",
        style->time};
    writer w = {.text = text};
    text[0] = 0;

    for (size_t i = 0; i < 3; i++)
        for (const char *c = parts_of[i]; *c; c++) {
            if (*c != '%') {
                put(&w, "%c", *c);
                continue;
            }
            c++;
            for (size_t k = 0; k < sizeof names / sizeof *names; k++)
                if (names[k].code == *c) put(&w, "%s", names[k].words);
        }
}
