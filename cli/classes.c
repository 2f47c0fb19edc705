/*
 * classes.c: see classes.h.
 */
#include "classes.h"
#include "screen.h"

#include <stdlib.h>

int classes_count(const elman_dataset *dataset, elman_part part, size_t batch,
                  uint64_t *counts)
{
    elman_loader_config config = {.part = part, .batch_size = batch};
    elman_loader *loader = NULL;
    bool one = false;
    size_t classes =
        elman_encoding_outputs(elman_dataset_encoding(dataset), &one);

    elman_status status = elman_loader_create(dataset, &config, &loader);
    for (size_t n = 0; !status && n < elman_loader_size(loader); n++) {
        elman_batch in;
        elman_target target;
        status = elman_loader_read(loader, &in, &target);
        if (status) break;

        /* one target of each sequence, or of each of its steps */
        for (size_t r = 0; r < (one ? 1 : in.T) * in.B; r++) {
            bool past = in.lengths && !one && r / in.B >= in.lengths[r % in.B];
            int32_t class = target.classes[r];
            if (past || class < 0 || (size_t) class >= classes) continue;
            counts[class]++;
        }
    }
    elman_loader_destroy(loader);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* ---- Classes that a part lacks ------------------------------------------- */

enum { PARTS = 3, NAMED = 3 };

/* counts (PARTS,classes); false if there is nothing to count. */
static bool count_parts(const elman_dataset *dataset, size_t classes,
                        uint64_t *counts)
{
    for (int part = 0; part < PARTS; part++) {
        if (elman_dataset_size(dataset, (elman_part)part) == 0) continue;
        if (classes_count(dataset, (elman_part)part, 0,
                          counts + (size_t)part * classes))
            return false;
    }
    return true;
}

/* Whether a part has hardly any of a class: shares and sizes are of the class
 * and of all. */
static bool is_lacking(double here, double part, double in_all, double all,
                       bool trains)
{
    double expected = part * in_all / all;
    if (trains && here == 0 && in_all > 0) return true;
    return expected >= 5 && here < expected / 5;
}

/* "'a', 'b' and 3 more" of those that lack. */
static size_t name_lacking(const elman_encoding *encoding, elman_part part,
                           const uint64_t *counts, char *text, size_t size)
{
    size_t classes = encoding->class_count, lacking = 0, used = 0;
    double sizes[PARTS] = {0}, all = 0;
    for (size_t n = 0; n < PARTS * classes; n++) {
        sizes[n / classes] += (double)counts[n];
        all += (double)counts[n];
    }

    for (size_t k = 0; k < classes; k++) {
        double here = (double)counts[(size_t)part * classes + k], in_all = 0;
        for (size_t p = 0; p < PARTS; p++)
            in_all += (double)counts[p * classes + k];
        if (!is_lacking(here, sizes[part], in_all, all,
                        part == ELMAN_PART_TRAIN) ||
            lacking++ >= NAMED)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s'%.60s'",
                                 lacking > 1 ? ", " : "",
                                 printable(encoding->labels[k]));
    }
    if (lacking > NAMED)
        snprintf(text + used, size - used, " and %zu more", lacking - NAMED);
    return lacking;
}

const char *classes_describe_lack(const elman_dataset *dataset, elman_part part)
{
    static const char *const words[PARTS] = {"to train on", "to validate",
                                             "to test"};
    static char text[400];
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    size_t classes = encoding->class_count;
    text[0] = '\0';
    if (classes == 0 || elman_dataset_size(dataset, part) == 0) return text;

    uint64_t *counts = calloc(PARTS * classes, sizeof *counts);
    char names[260] = "";
    if (counts && count_parts(dataset, classes, counts) &&
        name_lacking(encoding, part, counts, names, sizeof names))
        snprintf(text, sizeof text,
                 "none or hardly any of %s %s; mix rows that are in the order "
                 "of their classes, or give --validation FILE",
                 names, words[part]);
    free(counts);
    return text;
}
