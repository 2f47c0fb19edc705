/* machine.c: instruction set, processor, threads and peak. */
#include "proof/machine.h"

#include "base/clock.h"
#include "base/system.h"
#include "base/thread.h"
#include "kernel/kernel.h"

/* The best of several runs of about a millisecond: a clock that rises and a
 * neighbour that interrupts only ever make a run slower. */
static double measure_peak(void)
{
    const double run = 1e-3, total = 20e-3;
    const kernels *k = kernels_here();
    size_t rounds = 1000;
    double best = 0, begin = clock_seconds(), last = begin;

    while (k && last - begin < total) {
        double operations = kernels_train(k)->peak(rounds),
               now = clock_seconds();
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
    system_processor_name(sizeof machine->cpu, machine->cpu);
}
