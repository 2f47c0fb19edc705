/* ranks.c: see ranks.h. */
#include "ranks.h"
#include "screen.h"

#include <stdio.h>

static struct {
    const elman_transport *transport;
    int here, machines;
    bool bound;
} all = {NULL, 1, 1, false};

void ranks_open(const elman_transport *transport, int here, int machines,
                bool bound)
{
    all.transport = transport;
    all.here = here;
    all.machines = machines;
    all.bound = bound;
}

const elman_transport *ranks_transport(void) { return all.transport; }

bool ranks_follow(void) { return all.transport && all.transport->rank != 0; }

int ranks_count(void) { return all.transport ? all.transport->size : 1; }

int ranks_threads(int threads)
{
    int share = all.bound ? threads : threads / all.here;
    return share > 0 ? share : 1;
}

const char *ranks_describe(void)
{
    static char text[80];
    if (!all.transport) return "";
    snprintf(text, sizeof text, "%d rank%s on %d machine%s, ", ranks_count(),
             ranks_count() == 1 ? "" : "s", all.machines,
             all.machines == 1 ? "" : "s");
    return text;
}

void ranks_note_idle(size_t batch)
{
    enum { BLOCK = 8 }; /* elman_state_config's */
    size_t ranks = (size_t)ranks_count(), block = BLOCK;
    size_t blocks = batch / block + (batch % block > 0);
    if (blocks >= ranks) return;
    note("a batch of %zu is %zu block%s of %zu sequences, so %zu of %zu ranks "
         "have none of it; --batch %zu gives each rank one",
         batch, blocks, blocks == 1 ? "" : "s", block, ranks - blocks, ranks,
         ranks * block);
}
