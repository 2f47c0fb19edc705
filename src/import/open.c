/*
 * open.c: from a file to an import. source.c recognizes the file's format by
 * its content and opens it.
 */
#include "import/open.h"

#include "format/file.h"
#include "import/create.h"
#include "import/layouts.h"
#include "import/mapping.h"
#include "import/names.h"
#include "import/proof.h"
#include "import/rows.h"
#include "import/source.h"

#include <stdlib.h>

static const elman_import_config plain = {0};

/* An empty import; path, NULL if there is none, is for its messages. */
static elman_status create(const char *path, elman_import **import)
{
    elman_import *im = calloc(1, sizeof *im);
    if (!im) return failure(ELMAN_NO_MEMORY, "no memory for an import");
    im->reference_x = im->reference_y = NOWHERE;
    if (path) im->path = import_text(im, "%s", path);
    if (path && !im->path) {
        import_close(im);
        return ELMAN_NO_MEMORY;
    }
    *import = im;
    return ELMAN_OK;
}

/* A state dict, or what others keep as one: their layouts become PyTorch's. */
static elman_status import_state(elman_import *im,
                                 const elman_import_config *config)
{
    elman_import_config known = *config;
    TRY(import_layouts(im, &known.batch_first));
    return import_names(im, &known);
}

/* Runs the importer that says what the tensors are, unless their format has. */
static elman_status name_tensors(elman_import *im,
                                 const elman_import_config *config)
{
    elman_status status = import_leave_out(im, config->ignore);

    /* a mapping file says what tensors are instead of their format */
    if (config->mapping) {
        im->known = NULL;
        im->computes = false;
    }
    if (!status)
        status = config->mapping ? import_mapping(im, config)
                 : im->known     ? im->known(im, config)
                                 : import_state(im, config);

    /* a bad value of a format's own was read from the file */
    if (status == ELMAN_BAD_VALUE && im->known) status = ELMAN_BAD_FORMAT;
    return status ? failure_in(status, im->path) : ELMAN_OK;
}

/* Makes what is told of it, when everything else is known. */
static elman_status make_rows(elman_import *im,
                              const elman_import_config *config)
{
    elman_status status = import_make_rows(im);
    if (!status) status = import_make_proof(im, config->mapping != NULL);
    return status ? failure_in(status, im->path) : ELMAN_OK;
}

/* Makes the import of what was opened with status, or closes it. */
static elman_status finish(elman_import *im, elman_status status, bool done,
                           const elman_import_config *config,
                           elman_import **import)
{
    if (!status && !done && !im->own) status = name_tensors(im, config);
    if (!status) status = make_rows(im, config);
    if (status) import_close(im);
    else *import = im;
    return status;
}

elman_status import_open(const char *const *paths, size_t count,
                         const elman_import_config *config,
                         elman_import **import)
{
    elman_import *im = NULL;
    bool done;
    if (!config) config = &plain;
    TRY(create(count ? paths[0] : NULL, &im));
    elman_status status = import_open_source(im, paths, count, config, &done);
    return finish(im, status, done, config, import);
}

elman_status import_look(const char *const *paths, size_t count,
                         elman_import **import)
{
    elman_import *im = NULL;
    bool done;
    TRY(create(count ? paths[0] : NULL, &im));
    im->looked = true;
    elman_status status = import_open_source(im, paths, count, &plain, &done);
    return finish(im, status, true, &plain, import);
}

elman_status import_open_memory(const void *data, size_t size,
                                const elman_import_config *config,
                                elman_import **import)
{
    const byte_source file = {MEMORY_NAME, data, size};
    elman_import *im = NULL;
    bool done;
    if (!config) config = &plain;
    TRY(create(file.name, &im));
    elman_status status = import_open_bytes(im, &file, config, &done);
    return finish(im, status, done, config, import);
}

elman_status import_load(foreign_file *file, elman_model **model)
{
    elman_import *im = NULL;
    bool done;
    TRY(create(file->source.name, &im));
    elman_status status = import_open_foreign(im, file, &done);
    if (!status && !done) status = name_tensors(im, &plain);
    if (!status) status = import_create(im, model);
    import_close(im);
    return status;
}
