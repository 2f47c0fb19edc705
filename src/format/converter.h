/*
 * converter.h: text of any encoding to UTF-8, by the system: converter_posix.c
 * or converter_windows.c. What uses it is decode.c.
 */
#ifndef FORMAT_CONVERTER_H
#define FORMAT_CONVERTER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct converter converter;

/* NULL if the system knows no encoding of that name, or without memory. */
converter *converter_open(const char *name);
void converter_close(converter *c);

/* Where a conversion stands; each call moves it on. */
typedef struct conversion_place {
    const char *from; /* what is left to read */
    size_t left;      /* its bytes */
    char *to;         /* room to write */
    size_t room;      /* its bytes */
} conversion_place;

typedef enum conversion_end {
    CONVERSION_DONE,    /* everything is read */
    CONVERSION_NO_ROOM, /* the next character needs more */
    CONVERSION_BAD      /* what is next is no character, or half of one */
} conversion_end;

/* Converts as far as it can. After CONVERSION_BAD the caller skips what he
 * likes and goes on; every character is then read from its beginning. */
conversion_end converter_run(converter *c, conversion_place *at);

#endif
