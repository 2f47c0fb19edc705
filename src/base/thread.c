/* thread.c: OpenMP, and nothing else of the project knows it. */
#include "base/thread.h"

#include <omp.h>

void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context)
{
    if (threads > 1 && parts > 1) {
        if ((size_t)threads > parts) threads = (int)parts;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
        for (size_t index = 0; index < parts; index++)
            part(context, index);
        return;
    }
    for (size_t index = 0; index < parts; index++)
        part(context, index);
}

int thread_count(void) { return omp_get_num_procs(); }
