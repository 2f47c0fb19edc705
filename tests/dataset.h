/*
 * dataset.h: datasets that must open or be refused.
 */
#ifndef TESTS_DATASET_H
#define TESTS_DATASET_H

#include "folder.h"

#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"

static inline elman_dataset *must_open(const char *path,
                                       const elman_dataset_config *config)
{
    elman_dataset *dataset = NULL;
    CHECK_OK(dataset_open(path, config, &dataset));
    return dataset;
}

/* All of a part in one batch, in order. */
static inline elman_loader *must_load(const elman_dataset *dataset,
                                      elman_part part, elman_batch *batch,
                                      elman_target *target)
{
    elman_loader *loader = NULL;
    elman_loader_config config = {.part = part, .batch_size = 100000};
    if (dataset_encoding(dataset)->task == ELMAN_TASK_LANGUAGE) {
        config.batch_size = 1;
        config.steps = 100000;
    }
    CHECK_OK(loader_create(dataset, &config, &loader));
    CHECK_OK(loader_read(loader, batch, target));
    return loader;
}

static inline void check_refused(const char *path,
                                 const elman_dataset_config *config,
                                 elman_status status, const char *message)
{
    elman_dataset *dataset = NULL;
    CHECK_FAILS(dataset_open(path, config, &dataset), status, message);
    assert_null(dataset);
}

/* A part as text: "label:value,value label:...", in order. */
static inline const char *show_part(const elman_dataset *d, elman_part part)
{
    static char shown[2000];
    size_t at = 0;
    elman_loader *loader = NULL;
    elman_batch batch;
    elman_target target;
    const elman_encoding *e = dataset_encoding(d);
    elman_loader_config config = {.part = part, .batch_size = 1};

    CHECK_OK(loader_create(d, &config, &loader));
    for (;;) {
        CHECK_OK(loader_read(loader, &batch, &target));
        if (batch.B == 0) break;

        /* the label or the value */
        bool none = target.classes && target.classes[0] < 0;
        at += (size_t)sprintf(shown + at, "%s%s:", at ? " " : "",
                              none             ? "none"
                              : target.classes ? e->labels[target.classes[0]]
                                               : "");
        if (target.values)
            at += (size_t)sprintf(shown + at, "%g:", (double)target.values[0]);

        /* steps between commas, dimensions between slashes */
        for (size_t i = 0; i < batch.T * e->input_size; i++)
            at += (size_t)sprintf(shown + at, "%s%g",
                                  !i                  ? ""
                                  : i % e->input_size ? "/"
                                                      : ",",
                                  (double)batch.x[i]);
    }

    loader_destroy(loader);
    return shown;
}

/* Whether there is a fact of that name whose text holds part. */
static inline bool has_fact(const elman_dataset *d, const char *name,
                            const char *part)
{
    size_t count = 0;
    const elman_fact *facts = dataset_facts(d, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(facts[i].name, name) && strstr(facts[i].text, part))
            return true;
    return false;
}

/* The facts of data that stays in its file, but for those that say so. */
static inline void check_same_facts(const elman_dataset *want,
                                    const elman_dataset *got)
{
    size_t n, m, same = 0;
    const elman_fact *a = dataset_facts(want, &n), *b = dataset_facts(got, &m);
    for (size_t i = 0; i < m; i++) {
        if (!strcmp(b[i].name, "reading")) continue;
        assert_true(same < n);
        assert_string_equal(a[same++].text, b[i].text);
    }
    assert_int_equal(same, n);
}

#define CHECK_FACT(d, name, part)                                              \
    CHECK(has_fact(d, name, part), "no fact %s with \"%s\"", name, part)

#endif
