/* machine.c: instruction set, processor, threads and peak. */
#include "proof/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "kernel/kernel.h"

/* The value of a line "key : value", without white space around it; NULL if the
 * line has another key or no value. Writes a zero into line. */
static const char *value_of(char *line, const char *key)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0) return NULL;

    /* white space, the colon, white space */
    char *at = line + n;
    while (isspace((unsigned char)*at))
        at++;
    if (*at != ':') return NULL;
    do
        at++;
    while (isspace((unsigned char)*at));

    size_t length = strlen(at);
    while (length && isspace((unsigned char)at[length - 1]))
        length--;
    at[length] = 0;
    return length ? at : NULL;
}

/* x86 calls it "model name"; ARM kernels say "Hardware" or "Model" of the
 * board, if anything. */
static void read_cpu(size_t bytes, char *cpu)
{
    static const char *const keys[] = {"model name", "Processor", "Hardware",
                                       "Model"};
    enum { KEYS = sizeof keys / sizeof *keys };
    char line[512];
    size_t best = KEYS;

    snprintf(cpu, bytes, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;

    /* the earliest key of the list counts, wherever in the file it is */
    while (best > 0 && fgets(line, sizeof line, file))
        for (size_t i = 0; i < best; i++) {
            const char *value = value_of(line, keys[i]);
            if (!value) continue;
            snprintf(cpu, bytes, "%s", value);
            best = i;
        }

    fclose(file);
}

/* The best of several runs of about a millisecond: a clock that rises and a
 * neighbour that interrupts only ever make a run slower. */
static double measure_peak(void)
{
    const double run = 1e-3, total = 20e-3;
    const kernels *k = kernels_here();
    size_t rounds = 1000;
    double best = 0, begin = clock_seconds(), last = begin;

    while (k && last - begin < total) {
        double operations = k->peak(rounds), now = clock_seconds();
        double taken = now - last;
        last = now;

        if (taken > 0 && operations / taken > best) best = operations / taken;
        if (taken < run / 2) rounds *= 2;
    }
    return best;
}

void machine_read(elman_machine *machine)
{
    const kernels *k = kernels_here();
    *machine = (elman_machine){
        .isa = k ? k->isa : "none",
        .threads = thread_count(),
        .peak = measure_peak(),
    };
    read_cpu(sizeof machine->cpu, machine->cpu);
}
