/*
 * kernel.c: selects the table in use. The default is chosen once, by the
 * processor and ELMAN_ISA; a test may replace it.
 */
#include "kernel/kernel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"

#define ISA(name, runs) extern const kernels kernels_##name;
#include "kernel/isa.def"
#undef ISA

enum {
#define ISA(name, runs) HAS_##name,
#include "kernel/isa.def"
#undef ISA
    TABLES
};

static const kernels *tables[TABLES + 1]; /* slowest first, then NULL */
static const kernels *default_table;
static once chosen = ONCE_READY;
static _Atomic(const kernels *) forced;

atomic_size_t product_unaided;

/* Measured on two cores of Zen 5 (docs/PERFORMANCE.md); an Intel Xeon of the
 * same age wants every line fetched for it. The kernels of any processor are
 * too slow for that to count. */
static void choose_unaided(void)
{
#if defined __x86_64__ &&                                                      \
    !(defined ELMAN_WITHOUT_AVX2 && defined ELMAN_WITHOUT_AVX512)
    if (__builtin_cpu_is("amd"))
        atomic_store(&product_unaided, system_cache_size(3) / 2);
#endif
}

static void choose(void)
{
    choose_unaided();

    /* the fastest table that this processor runs */
    size_t count = 0;
#define ISA(name, runs)                                                        \
    if (runs) tables[count++] = &kernels_##name;
#include "kernel/isa.def"
#undef ISA
    if (count > 0) default_table = tables[count - 1];

    /* or the one that the environment names */
    const char *wanted = getenv("ELMAN_ISA");
    if (!wanted) return;
#if !defined ELMAN_WITHOUT_REF
    if (strcmp(wanted, kernels_ref.isa) == 0) default_table = &kernels_ref;
#endif
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
