/*
 * measured.h: what an inspection consists of, and what its files share:
 * inspection.c drives, inspection_batch.c makes what is measured,
 * inspection_inputs.c looks at it, inspection_section.c is the table of
 * measurements, finding*.c turn them into sentences.
 */
#ifndef INSPECT_MEASURED_H
#define INSPECT_MEASURED_H

#include "base/memory.h"
#include "data/store.h"
#include "elman_inspect.h"
#include "inspect/property.h"
#include "learn/baseline.h"
#include "model/model.h"

enum {
    ABSENCES = 16,     /* at most: one for each section, and some to spare */
    SAMPLES = 3,       /* explained where the config says 0 */
    SEQUENCES = 8,     /* measured, likewise */
    TEXT_STEPS = 256,  /* of a text, likewise */
    RANDOM_STEPS = 128 /* without data */
};

/* Work that one section may take, in operations of a forward pass: about half a
 * second of a core. What is measured on more data than that allows takes the
 * first so many steps, so that the answer depends on no clock. */
static const double SECTION_FLOPS = 2e10;

typedef struct inspection {
    elman_inspection public;        /* the first: what a caller sees */
    elman_inspection_config config; /* completed; texts are the caller's */
    char *model_name, *data_name;

    /* what is measured; batches are time first */
    elman_model *model;     /* a view of the public one that reads them so */
    elman_loader *loader;   /* whose memory the batch is in, or NULL */
    float *x;               /* (T,B,I) random values, or NULL */
    int32_t *tokens;        /* (T,B) random ones, or NULL */
    elman_batch batch;      /* all of it */
    elman_target target;    /* what the data says; NULLs: nothing */
    size_t *lengths;        /* (3,B) of the batch where it is cut, and of: */
    elman_batch short_one;  /* no more steps than SECTION_FLOPS allows */
    elman_batch window_one; /* the same for what runs once for each window */
    elman_trainer_config training; /* as the measurements take it */
    elman_dataset part, train;     /* the dataset, with no more in the part
                                      than SECTION_FLOPS allows */
    elman_encoding *encoding;      /* of the model's note, or NULL */
    properties *properties;

    /* the measurements at work; finished ones are in public as well */
    size_t row; /* of the table of sections */
    bool begun; /* that row has begun */
    bool row_done;
    double row_progress;
    elman_flow *flow;
    elman_gates *gates;
    elman_errors *errors, *training_errors;
    elman_truncation *truncation;
    elman_attribution **samples; /* (config.samples) */
    size_t *sample_sequences, *sample_mistakes;
    size_t sample;     /* the one at work */
    bool tried;        /* it is the second try, with as many points as needed */
    float *worst_x;    /* (T,I) the inputs of the worst answer, or NULL */
    elman_batch worst; /* of them alone; B is 0 without one */
    elman_units *units;
    elman_spectrum *spectrum;
    elman_exponents *exponents;
    elman_fixed_points *fixed_points;
    elman_contributions *contributions;
    elman_input *inputs; /* (input_count) */
    elman_baseline baseline;
    bool has_baseline;
    uint64_t bad_weights; /* NaN or infinite, and where the first is */
    const char *bad_parameter;
    bool blown; /* a number in the model's answers is not finite */

    elman_absence absences[ABSENCES]; /* their texts are its own */
    elman_finding *findings;          /* their texts are its own */
    size_t finding_room;
} inspection;

/* ---- inspection_batch.c ---- */

/* Makes the batch, of the data or at random, and what goes with it. */
elman_status inspection_make_batch(inspection *in);
void inspection_free_batch(inspection *in);

/* Steps, of all sequences together, that SECTION_FLOPS pays for when each of
 * them costs so many forward passes. */
size_t inspection_steps(const inspection *in, double passes);

/* ---- inspection_inputs.c ---- */

/* Measures the inputs, the weights, and whether answers are finite. */
elman_status inspection_read_inputs(inspection *in);

/* ---- inspection_samples.c ---- */

/* The answers that are explained, as a section_row begins, steps and ends. */
elman_status inspection_begin_samples(inspection *in);
elman_status inspection_step_samples(inspection *in);
void inspection_end_samples(inspection *in);

/* ---- inspection_section.c ---- */

/* One measurement of an inspection. */
typedef struct section_row {
    elman_section section;
    const char *doing;
    double weight;                             /* its part of the progress */
    const char *(*lack)(const inspection *in); /* why it cannot be measured;
                                                  NULL: it can */
    elman_status (*begin)(inspection *in);
    elman_status (*step)(inspection *in); /* writes row_done, row_progress */
    void (*end)(inspection *in);
} section_row;

extern const section_row section_rows[];
extern const size_t section_count;

/* A setting as the journal has it; NULL: it is not there. As a number; NAN: it
 * is none. */
const char *inspection_setting_text(const inspection *in, const char *name);
double inspection_setting(const inspection *in, const char *name);

#endif
