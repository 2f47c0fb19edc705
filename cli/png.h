/*
 * png.h: a picture of numbers as PNG, without compression: small pictures that
 * need no library.
 */
#ifndef PNG_H
#define PNG_H

#include <stddef.h>

/* A picture (height,width) of colours 0 to 255, from dark blue over green to
 * yellow; free() it. bytes becomes its size. NULL without memory. */
unsigned char *png_make(const unsigned char *pixels, size_t width,
                        size_t height, size_t *bytes);

#endif
