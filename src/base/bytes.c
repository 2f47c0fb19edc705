/* bytes.c: see bytes.h. */
#include "base/bytes.h"

#include <stdatomic.h>
#include <stdio.h>

static _Atomic uint64_t counted;

void bytes_count(uint64_t bytes)
{
    atomic_fetch_add_explicit(&counted, bytes, memory_order_relaxed);
}

uint64_t bytes_counted(void)
{
    return atomic_load_explicit(&counted, memory_order_relaxed);
}

byte_words bytes_in_words(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB",
                                        "TB",    "PB", "EB"};
    double number = (double)bytes;
    int unit = 0;
    while (number >= 999.5 && unit < 6) {
        number /= 1000;
        unit++;
    }

    byte_words words;
    int digits = unit && number < 99.95;
    snprintf(words.text, sizeof words.text, "%.*f %s", digits, number,
             units[unit]);
    return words;
}

byte_words bytes_at_least(uint64_t bytes)
{
    uint64_t unit = 1;
    while (bytes / unit >= 1000 && unit <= UINT64_MAX / 1000)
        unit *= 1000;

    /* up to the next multiple of the last digit that is shown */
    uint64_t step = unit > 1 && bytes / unit < 100 ? unit / 10 : unit;
    uint64_t over = bytes % step;
    return bytes_in_words(over ? bytes + (step - over) : bytes);
}
