/*
 * number.h: decimal numbers in text, the same under every locale.
 */
#ifndef FORMAT_NUMBER_H
#define FORMAT_NUMBER_H

typedef enum number_kind {
    NUMBER_VALUE,
    NUMBER_MISSING,   /* "nan" in any case, or "?" */
    NUMBER_TOO_LARGE, /* beyond double */
    NUMBER_NONE       /* no number */
} number_kind;

/* Reads the number that text begins with: sign, digits with a point, exponent;
 * correctly rounded. end is where it ends; value is NaN unless it is a value.
 * No hexadecimal, no infinity, no thousands separators. */
number_kind number_read(const char *text, const char **end, double *value);

/* The same of a whole text, spaces around it allowed. */
number_kind number_parse(const char *text, double *value);

#endif
