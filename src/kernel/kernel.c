/*
 * kernel.c: selects the table in use. The default is chosen once, by the
 * processor and ELMAN_ISA; a test may replace it.
 */
#include "kernel/kernel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"

extern const kernels kernels_base, kernels_avx2, kernels_avx512, kernels_neon;

/* Whether this processor runs a table that is built. */
static bool always(void) { return true; }

#if defined __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw");
}
#endif

/* Slowest first; the build says which it leaves out (ELMAN_ISAS). */
static const struct built {
    const kernels *table;
    bool (*runs)(void);
} built[] = {
#if !defined ELMAN_WITHOUT_BASE
    {&kernels_base, always},
#endif
#if defined __x86_64__ && !defined ELMAN_WITHOUT_AVX2
    {&kernels_avx2, has_avx2},
#endif
#if defined __x86_64__ && !defined ELMAN_WITHOUT_AVX512
    {&kernels_avx512, has_avx512},
#endif
#if defined __aarch64__ && !defined ELMAN_WITHOUT_NEON
    {&kernels_neon, always},
#endif
};

enum { TABLES = sizeof built / sizeof *built };

static const kernels *tables[TABLES + 1]; /* slowest first, then NULL */
static const kernels *default_table;
static once chosen = ONCE_READY;
static _Atomic(const kernels *) forced;

static void choose(void)
{
    /* the fastest table that this processor runs */
    size_t count = 0;
    for (size_t i = 0; i < TABLES; i++)
        if (built[i].runs()) tables[count++] = built[i].table;
    if (count > 0) default_table = tables[count - 1];

    /* or the one that the environment names */
    const char *wanted = getenv("ELMAN_ISA");
    if (!wanted) return;
    if (strcmp(wanted, kernels_ref.isa) == 0) default_table = &kernels_ref;
    for (size_t i = 0; i < count; i++)
        if (strcmp(wanted, tables[i]->isa) == 0) default_table = tables[i];
}

const kernels *kernels_here(void)
{
    const kernels *table = atomic_load(&forced);
    if (table) return table;
    once_run(&chosen, choose);
    return default_table;
}

const kernels *const *kernels_all(void)
{
    once_run(&chosen, choose);
    return tables;
}

void kernels_use(const kernels *table) { atomic_store(&forced, table); }
