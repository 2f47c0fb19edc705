/*
 * open.c: from a file to an import. source.c recognizes the file's format by
 * its content and opens it.
 */
#include "import/open.h"

#include "format/file.h"
#include "format/torch.h"
#include "import/create.h"
#include "import/layouts.h"
#include "import/mapping.h"
#include "import/names.h"
#include "import/proof.h"
#include "import/proposal.h"
#include "import/rows.h"
#include "import/source.h"

#include <stdlib.h>
#include <string.h>

static const elman_import_config plain = {0};

/* An empty import of files, for messages by their paths; none of memory. */
static elman_status create(const char *const *paths, size_t count,
                           const char *name, elman_import **import)
{
    elman_import *im = calloc(1, sizeof *im);
    if (!im) return failure(ELMAN_NO_MEMORY, "no memory for an import");
    im->reference_x = im->reference_y = NOWHERE;
    if (name) im->path = import_text(im, "%s", name);

    elman_status status = name && !im->path ? ELMAN_NO_MEMORY : ELMAN_OK;
    if (!status) status = proposals_name_files(im, paths, count);
    if (status) import_close(im);
    else *import = im;
    return status;
}

/* A state dict, or what others keep as one: their layouts become PyTorch's. */
static elman_status import_state(elman_import *im,
                                 const elman_import_config *config)
{
    elman_import_config known = *config;
    TRY(import_layouts(im, &known));
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

/* ---- Other ways ---------------------------------------------------------- */

/* Keeps what the caller gave, for commands that are proposed later. */
static elman_status keep_given(elman_import *im,
                               const elman_import_config *config)
{
    const char **texts[] = {&im->given.config.key, &im->given.config.layers,
                            &im->given.config.ignore};
    im->given.config = *config;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!*texts[i]) continue;
        *texts[i] = import_text(im, "%s", *texts[i]);
        if (!*texts[i]) return ELMAN_NO_MEMORY;
    }
    return ELMAN_OK;
}

/* Another import of the same tensors, which start owns and none has named. */
static elman_import *begin_again(const elman_import *start)
{
    elman_import *im = calloc(1, sizeof *im);
    if (!im) return NULL;
    im->path = start->path;
    im->given = start->given;
    im->weights.tensor_count = start->weights.tensor_count;
    im->weights.tensors = start->weights.tensors;
    im->known = start->known;
    im->format = start->format;
    im->reference_x = im->reference_y = NOWHERE;
    return im;
}

/* Names the tensors once more, and sees whether the model has them all. */
static elman_status name_again(elman_import *im,
                               const elman_import_config *config)
{
    elman_status status = name_tensors(im, config);
    return status ? status : import_check_claimed(im);
}

/* Tries the same tensors with other settings. */
static elman_status retry(const elman_import *start,
                          const elman_import_config *config, bool *asked)
{
    elman_import *im = begin_again(start);
    if (!im) return failure(ELMAN_NO_MEMORY, "no memory for an import");
    im->given.asked = asked;
    im->given.wanted = NULL;
    elman_status status = name_again(im, config);
    import_close(im);
    return status;
}

/* Names the tensors, with what they were before at hand to try others. */
static elman_status name_first(elman_import *im,
                               const elman_import_config *config)
{
    elman_import start = *im;
    TRY(keep_given(im, config));
    start.given = im->given;
    im->given.start = &start;
    im->given.retry = retry;
    elman_status status = name_tensors(im, config);
    im->given.start = NULL;
    return status;
}

/* Moves proposals into memory of the import. */
static elman_status keep_proposals(elman_import *im, proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        elman_proposal *p = list->items + i;
        char *texts[] = {(char *)p->layers, (char *)p->ignore};
        if (p->layers) p->layers = import_text(im, "%s", texts[0]);
        if (p->ignore) p->ignore = import_text(im, "%s", texts[1]);

        bool lost = (texts[0] && !p->layers) || (texts[1] && !p->ignore);
        free(texts[0]);
        free(texts[1]);
        if (!lost) continue;

        /* the rest is still the list's */
        list->count -= i + 1;
        memmove(list->items, p + 1, list->count * sizeof *p);
        proposals_free(list);
        return ELMAN_NO_MEMORY;
    }
    im->proposals = list->items;
    im->proposal_count = list->count;
    return ELMAN_OK;
}

/* Looks for settings by which what was opened would be taken. */
static elman_status propose(elman_import *im, const elman_import_config *config)
{
    proposal_list found = {0};
    failure_text before = failure_keep();
    TRY(keep_given(im, config));
    elman_import *again = begin_again(im);
    if (!again) return failure(ELMAN_NO_MEMORY, "no memory for an import");

    /* what would be said, and with what proposals */
    again->given.start = im;
    again->given.retry = retry;
    again->given.wanted = &found;
    elman_status status = name_again(again, config);
    if (status) im->question = import_text(im, "%s", elman_message());
    bool lost = status == ELMAN_NO_MEMORY || (status && !im->question);
    import_close(again);

    if (lost) {
        proposals_free(&found);
        return ELMAN_NO_MEMORY;
    }
    failure_restore(&before);
    return keep_proposals(im, &found);
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
    if (!status && !done && !im->own) status = name_first(im, config);
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
    TRY(create(paths, count, count ? paths[0] : NULL, &im));
    elman_status status = import_open_source(im, paths, count, config, &done);
    return finish(im, status, done, config, import);
}

elman_status import_look(const char *const *paths, size_t count,
                         elman_import **import)
{
    elman_import *im = NULL;
    bool done;
    TRY(create(paths, count, count ? paths[0] : NULL, &im));
    im->looked = true;
    elman_status status = import_open_source(im, paths, count, &plain, &done);
    return finish(im, status, true, &plain, import);
}

/* ---- Keys ---------------------------------------------------------------- */

/* Whether the files are taken, or asked about further, with that key. */
static elman_status try_key(const char *const *paths, size_t count,
                            const elman_import_config *config, bool *works)
{
    elman_import *im = NULL;
    bool done, asked = false;
    TRY(create(paths, count, paths[0], &im));
    im->given.asked = &asked;

    elman_status status = import_open_source(im, paths, count, config, &done);
    if (!status && !done && !im->known) status = name_again(im, config);
    *works = !status || asked;
    import_close(im);
    return status == ELMAN_NO_MEMORY ? status : ELMAN_OK;
}

/* Proposes the keys that a file of several dicts may be read by. */
static elman_status propose_keys(elman_import *im, const char *const *paths,
                                 size_t count,
                                 const elman_import_config *config,
                                 const torch_keys *keys)
{
    im->proposals = calloc(TORCH_KEYS, sizeof *im->proposals);
    if (!im->proposals)
        return failure(ELMAN_NO_MEMORY, "no memory for the keys of a file");
    for (size_t i = 0; i < keys->count; i++) {
        elman_import_config other = *config;
        bool works = false;
        other.key = keys->keys[i];
        TRY(try_key(paths, count, &other, &works));
        if (!works) continue;

        /* one by which something is read */
        const char *key = import_text(im, "%s", keys->keys[i]);
        if (!key) return ELMAN_NO_MEMORY;
        im->proposals[im->proposal_count++] =
            (elman_proposal){.of = "", .key = key};
    }
    return ELMAN_OK;
}

/* Opens them, or finds the keys that they ask for. */
static elman_status propose_open(elman_import *im, const char *const *paths,
                                 size_t count,
                                 const elman_import_config *config, bool *done)
{
    failure_text before = failure_keep();
    torch_keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return failure(ELMAN_NO_MEMORY, "no memory for the keys of a file");
    im->given.keys = keys;
    elman_status status = import_open_source(im, paths, count, config, done);
    im->given.keys = NULL;

    if (status == ELMAN_BAD_FORMAT && keys->count) {
        im->question = import_text(im, "%s", elman_message());
        status = im->question ? propose_keys(im, paths, count, config, keys)
                              : ELMAN_NO_MEMORY;
        *done = true;
        if (!status) failure_restore(&before);
    }
    free(keys);
    return status;
}

elman_status import_propose(const char *const *paths, size_t count,
                            const elman_import_config *config,
                            elman_import **import)
{
    elman_import *im = NULL;
    bool done;
    if (!config) config = &plain;
    TRY(create(paths, count, count ? paths[0] : NULL, &im));
    elman_status status = propose_open(im, paths, count, config, &done);
    if (!status && !done && !im->own && !im->known && !config->mapping)
        status = propose(im, config);

    im->looked = true;
    if (status) import_close(im);
    else *import = im;
    return status;
}

elman_status import_open_memory(const void *data, size_t size,
                                const elman_import_config *config,
                                elman_import **import)
{
    const byte_source file = {MEMORY_NAME, data, size};
    elman_import *im = NULL;
    bool done;
    if (!config) config = &plain;
    TRY(create(NULL, 0, file.name, &im));
    elman_status status = import_open_bytes(im, &file, config, &done);
    return finish(im, status, done, config, import);
}

elman_status import_load(foreign_file *file, elman_model **model)
{
    elman_import *im = NULL;
    bool done;
    TRY(create(&file->source.name, file->source.data ? 0 : 1, file->source.name,
               &im));
    elman_status status = import_open_foreign(im, file, &done);
    if (!status && !done) status = name_first(im, &plain);
    if (!status) status = import_create(im, model);
    import_close(im);
    return status;
}
