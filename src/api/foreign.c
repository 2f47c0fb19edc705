/* foreign.c: elman_model_load and the models of others. */
#include "api/foreign.h"
#include "import/open.h"

#if defined ELMAN_STATIC && defined __ELF__

/* The member of the archive, or NULL; and what it calls. */
extern foreign_reader elman__foreign
    __attribute__((weak, visibility("hidden")));
foreign_reader elman__import;

elman_status elman__import(foreign_file *file, elman_model **model)
{
    return import_load(file, model);
}

elman_status read_foreign(foreign_file *file, elman_model **model)
{
    if (elman__foreign) return elman__foreign(file, model);
    return failure(ELMAN_BAD_FORMAT,
                   "%.120s: not a model file of elman's own, and this program "
                   "was linked without the readers of others: link "
                   "elman::exchange (CMake), or add -Wl,-u,elman__foreign",
                   file->source.name);
}

#else

elman_status read_foreign(foreign_file *file, elman_model **model)
{
    return import_load(file, model);
}

#endif
