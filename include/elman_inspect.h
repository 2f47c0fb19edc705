/*
 * elman_inspect.h: a further part of elman.h, which includes it: what happens
 * inside a network. Include elman.h.
 *
 * A measurement is a struct that begin makes, step fills a little further and
 * end frees, so that a program can show how far it is, and stop:
 *
 *     elman_flow *flow;
 *     TRY(elman_flow_begin(model, &batch, NULL, &flow));
 *     while (!flow->done)
 *         TRY(elman_flow_step(flow));
 *     printf("%zu steps\n", flow->levels[0].horizon.hundredth);
 *     elman_flow_end(flow);
 *
 * Until done is true, only done and progress mean anything. All that a struct
 * points to is its own. What begin was given, with the arrays that it names,
 * must outlive the measurement and stay as it is; a config may be NULL, and is
 * borrowed for the call alone. A batch, its target and its properties are in
 * the model's own order, as elman_model_forward and elman_model_loss take them:
 * what a loader makes is time first, and is turned first where the model is
 * batch_first. An inspection does so itself. Everything is measured as in
 * evaluation, without random masks, from the initial state; a model without a
 * recurrent level is ELMAN_BAD_VALUE where only such a level could be measured.
 * After a step that failed a measurement can only be ended.
 */
#include "elman.h" /* first: it brings the parts in their order */

#ifndef ELMAN_INSPECT_H
#define ELMAN_INSPECT_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Gradients through time --------------------------------------------- */

/* How far back a gradient reaches. Runs batch from the initial state without
 * dropout, puts a gradient of 1 or -1 (fixed random signs) on each output where
 * its sequence ends, and goes back. norms[k] (T) receives the norm of the
 * gradient at the h of level (its forward direction) k steps before that end,
 * averaged over the sequences of more than k steps; 0 if there are none. Of a
 * model that gives one vector per sequence it goes back from the last step
 * alone (of a reverse level from step 0), as if nothing else had been pooled.
 */
ELMAN_CHECKED elman_status elman_flow_read(const elman_model *model,
                                           const elman_batch *batch,
                                           size_t level, double *norms);

/* What becomes of a gradient on its way back. The manual of `elman inspect` has
 * the limits and their reasons. */
typedef enum elman_verdict {
    ELMAN_VERDICT_UNKNOWN = 0, /* nothing arrived, or one step alone */
    ELMAN_VERDICT_VANISHING = 1,
    ELMAN_VERDICT_STEADY = 2,
    ELMAN_VERDICT_EXPLODING = 3
} elman_verdict;

/* How a norm changes with the steps that a gradient has travelled. */
typedef struct elman_horizon {
    size_t T;            /* lags, from 0 to T - 1, at most the steps */
    const double *norms; /* (T) the mean over the loss steps that have that lag
                            of the norm there */
    size_t half, tenth, hundredth; /* the first lag from which on norms stay
                                      under that part of norms[0]; T: none */
    double rate; /* factor a step, from lag 1 up to hundredth; NaN: unknown */
    elman_verdict verdict;
} elman_horizon;

/* What the gradient that goes back begins with, at each step t. With merge none
 * the outputs of both directions are outputs, one after the other, and there is
 * no loss of them. */
typedef enum elman_flow_source {
    ELMAN_FLOW_SIGNS = 0, /* 1 or -1 (fixed random signs) on each output */
    ELMAN_FLOW_LOSS = 1,  /* the loss of step t alone */
    ELMAN_FLOW_OUTPUT = 2 /* 1 on one output: a class, or a value */
} elman_flow_source;

/* Which gradients are measured, and where. */
typedef struct elman_flow_config {
    size_t sequence; /* of the batch, the one that is measured */
    elman_flow_source source;
    size_t output;                 /* ELMAN_FLOW_OUTPUT: which, from 0 */
    const elman_target *target;    /* ELMAN_FLOW_LOSS: of the batch */
    const elman_loss_config *loss; /* ELMAN_FLOW_LOSS */
    int threads;                   /* 0 means 1, at most 64 */
} elman_flow_config;

/* The norms of one direction of one recurrent level. Maps are (T,T) at [t][s]:
 * of the gradient of step t's loss at the state of step s, both in the order of
 * time; 0 where none can flow, and where less than 2^-90 is left. A map is NULL
 * if the cell has no c. With zoneout of c its gradient is that at the new c,
 * before units kept the old one, as "layer0.dc" of a view. */
typedef struct elman_flow_level {
    char name[64];       /* "layer0", "layer0_reverse" */
    size_t level;        /* from 0, as in its name */
    size_t H;            /* units of the cell */
    bool reverse;        /* it reads backwards */
    const float *h;      /* d loss_t / d h_s, the whole of it */
    const float *c;      /* d loss_t / d c_s, the whole of it */
    const float *c_path; /* the part of that which, since it came from the layer
                            above, went from c to c alone */
    const float *h_path; /* the rest: it went through some h of this level */
    elman_horizon horizon;   /* of h */
    elman_horizon c_horizon; /* of c; T is 0 without one. Both have the level's
                                one verdict: that of the one that reaches
                                further, but exploding where either explodes */
} elman_flow_level;

/* Gradients from each step to each earlier one, exactly: src/inspect/flow.c has
 * the method. Of a model that gives one vector per sequence, row t of the maps
 * is the part of that vector's gradient which step t's output gets directly, by
 * pooling or as the last: rows of steps that get nothing are 0, and a horizon
 * has the lags of the others. ELMAN_FLOW_LOSS: the gradients of one sequence
 * are those of its steps' parts in the loss of the batch. */
typedef struct elman_flow {
    bool done;                      /* all is measured */
    double progress;                /* 0 to 1 */
    size_t T;                       /* steps of the sequence */
    size_t count;                   /* directions of levels */
    const elman_flow_level *levels; /* (count) forward before reverse */
} elman_flow;

/* Measures the gradients through time of one sequence of batch. */
ELMAN_CHECKED elman_status elman_flow_begin(const elman_model *model,
                                            const elman_batch *batch,
                                            const elman_flow_config *config,
                                            elman_flow **flow);
ELMAN_CHECKED elman_status elman_flow_step(elman_flow *flow);
ELMAN_API void elman_flow_end(elman_flow *flow);

/* What each step of a sequence adds to the gradient of one parameter. */
typedef struct elman_contribution {
    const char *name;     /* of the parameter */
    double norm;          /* of the gradient */
    const double *norms;  /* (T) of what each step adds */
    const double *shares; /* (T) what it adds in the gradient's direction, as a
                             part of it: they sum to 1, or are 0 */
} elman_contribution;

/* The gradient of the loss of a batch, step by step. Step t's part is what its
 * gradients at the sums, times what it read, add. An initial state belongs to
 * the first step that reads it; layers after a last or pool layer to the last
 * step of each sequence. */
typedef struct elman_contributions {
    bool done;                            /* all is measured */
    double progress;                      /* 0 to 1 */
    size_t T;                             /* steps of the batch */
    size_t count;                         /* parameters */
    const elman_contribution *parameters; /* (count) */
} elman_contributions;

/* Measures what each step adds to the gradient of each parameter. */
ELMAN_CHECKED elman_status elman_contributions_begin(
    const elman_model *model, const elman_batch *batch,
    const elman_target *target, const elman_loss_config *loss,
    elman_contributions **contributions);
ELMAN_CHECKED elman_status
elman_contributions_step(elman_contributions *contributions);
ELMAN_API void elman_contributions_end(elman_contributions *contributions);

/* What step t adds to the gradient of parameter number index, in values of its
 * shape. */
ELMAN_CHECKED elman_status
elman_contributions_read(const elman_contributions *contributions, size_t index,
                         size_t t, float *values);

/* What a shorter window would lose. */
typedef struct elman_truncation_window {
    size_t steps;  /* of each loss, the last ones */
    double cosine; /* of the truncated gradient with the exact one; 0 if nothing
                      is left of it */
    double ratio;  /* of their norms */
} elman_truncation_window;

/* The gradient of a loss at each step, of recurrent weights, cut off after so
 * many steps of every loss, against the exact one: it has the steps that are
 * less than so many from the loss. Of a cell without recurrent weights those of
 * the input are looked at. NaN, and enough is T, if there is no gradient. T is
 * the longest sequence. */
typedef struct elman_truncation {
    bool done;                              /* all is measured */
    double progress;                        /* 0 to 1 */
    size_t count;                           /* windows that were tried */
    const elman_truncation_window *windows; /* (count) 8, 16 ... T */
    size_t enough; /* the shortest whose cosine stays over 0.95 */
} elman_truncation;

/* Measures what truncated back-propagation would lose of the gradient. */
ELMAN_CHECKED elman_status elman_truncation_begin(
    const elman_model *model, const elman_batch *batch,
    const elman_target *target, const elman_loss_config *loss,
    elman_truncation **truncation);
ELMAN_CHECKED elman_status elman_truncation_step(elman_truncation *truncation);
ELMAN_API void elman_truncation_end(elman_truncation *truncation);

/* ---- Dynamics ----------------------------------------------------------- */

/* One square matrix that the state is multiplied by. */
typedef struct elman_spectrum_matrix {
    char name[96]; /* "rnn.weight_hh_l0 f": the parameter, and the gate */
    size_t n;      /* rows and columns */
    const double *real, *imaginary; /* (n) eigenvalues, the largest modulus
                                       first; NULL without LAPACK */
    double radius;   /* the largest modulus; without LAPACK to a thousandth */
    double norm;     /* the largest singular value; the same */
    double residual; /* max |A v - lambda v| over n |A|; NaN without LAPACK */
} elman_spectrum_matrix;

/* The recurrent matrices of a model, each gate by itself: of a projected LSTM
 * weight_hr times that of the gate, and of a weight for each unit (IndRNN) a
 * diagonal, which needs no LAPACK. All is NaN of a matrix that holds NaN or
 * infinities. Levels without a weight on h (minGRU) have no matrix; if there is
 * none at all, absent says so. */
typedef struct elman_spectrum {
    bool done;                             /* all is measured */
    double progress;                       /* 0 to 1 */
    size_t count;                          /* matrices */
    const elman_spectrum_matrix *matrices; /* (count) */
    const char *absent; /* why there are no eigenvalues, or NULL */
} elman_spectrum;

/* Measures the eigenvalues and norms of the recurrent matrices. */
ELMAN_CHECKED elman_status elman_spectrum_begin(const elman_model *model,
                                                elman_spectrum **spectrum);
ELMAN_CHECKED elman_status elman_spectrum_step(elman_spectrum *spectrum);
ELMAN_API void elman_spectrum_end(elman_spectrum *spectrum);

/* What is measured, and how much of it. */
typedef struct elman_exponents_config {
    size_t sequence; /* of the batch */
    size_t count;    /* exponents of each level, 0 means 16, at most 64, and at
                        most the numbers of a state */
    size_t window;   /* steps of a finite-time exponent, 0 means 10 */
    int threads;     /* 0 means 1, at most 64 */
} elman_exponents_config;

/* Lyapunov exponents of one direction of one level: how fast states that begin
 * close together part along the trajectory, in nats a step. */
typedef struct elman_exponents_level {
    char name[64];        /* "layer0", "layer0_reverse" */
    size_t count;         /* exponents */
    const double *values; /* (count) the largest first; -INFINITY: a direction
                             that a step loses altogether (a unit that is off,
                             a gate that is shut) */
    double dimension;     /* Kaplan and Yorke's; NaN if more exponents than
                             count would be needed */
    size_t windows;       /* stretches of time, for exponents of each */
    const double *finite; /* (windows,count) over window steps each, in the
                             order in which the direction reads */
} elman_exponents_level;

/* The levels of a stack only feed each other upwards, so the exponents of the
 * whole are those of its levels together. */
typedef struct elman_exponents {
    bool done;                           /* all is measured */
    double progress;                     /* 0 to 1 */
    size_t T;                            /* steps of the sequence */
    size_t window;                       /* steps of a finite-time exponent */
    size_t count;                        /* directions of levels */
    const elman_exponents_level *levels; /* (count) forward before reverse */
    double largest;                      /* of all */
    size_t skipped; /* of the T steps, the last ones read, which only turn
                       the directions in: a tenth, at most 100 */
} elman_exponents;

/* Measures Lyapunov exponents along one sequence of batch. */
ELMAN_CHECKED elman_status elman_exponents_begin(
    const elman_model *model, const elman_batch *batch,
    const elman_exponents_config *config, elman_exponents **exponents);
ELMAN_CHECKED elman_status elman_exponents_step(elman_exponents *exponents);
ELMAN_API void elman_exponents_end(elman_exponents *exponents);

/* The constant input under which fixed points are sought. */
typedef enum elman_constant {
    ELMAN_CONSTANT_ZERO = 0,
    ELMAN_CONSTANT_MEAN = 1, /* of the batch */
    ELMAN_CONSTANT_TOKEN = 2 /* models that read tokens */
} elman_constant;

/* Where fixed points are sought. */
typedef struct elman_fixed_points_config {
    elman_constant input; /* models that read tokens: in place of an embedding
                             zeros, the mean of the batch's, or that of token */
    int32_t token;        /* ELMAN_CONSTANT_TOKEN: which */
    size_t starts; /* states of the batch to begin from, spread over it; 0 means
                      32, and at most as many as it has */
    uint64_t seed; /* of their choice */
} elman_fixed_points_config;

/* A state that one step leaves where it is, and what happens around it. */
typedef struct elman_fixed_point {
    const double *h;                /* (R) of each level, one after the other */
    const double *c;                /* (H) the same, or NULL */
    double speed;                   /* |F(h) - h| there */
    double distance;                /* to the nearest state of the batch */
    size_t starts;                  /* that led to it */
    const double *real, *imaginary; /* (n) eigenvalues of the Jacobian, the
                                       largest modulus first; NULL without
                                       LAPACK. Right to five digits */
    double radius;   /* the largest modulus; without LAPACK to a thousandth */
    size_t unstable; /* eigenvalues of modulus over 1; without LAPACK 1 for any
                        number of them */
    bool stable;     /* all are under 1 */
} elman_fixed_point;

/* States that a constant input leaves where they are (Sussillo & Barak 2013),
 * of a model whose recurrent levels all run forward and whose state has at most
 * 2048 numbers. */
typedef struct elman_fixed_points {
    bool done;       /* all is measured */
    double progress; /* 0 to 1 */
    size_t n;        /* numbers of a state: h, and c, of all levels */
    size_t count;    /* points that were found */
    const elman_fixed_point *points; /* (count) most starts first */
    size_t starts, lost;             /* lost: those that led to none */
    const char *absent;              /* as in elman_spectrum */
} elman_fixed_points;

/* Seeks states that do not change, from states that batch leads to. */
ELMAN_CHECKED elman_status elman_fixed_points_begin(
    const elman_model *model, const elman_batch *batch,
    const elman_fixed_points_config *config, elman_fixed_points **points);
ELMAN_CHECKED elman_status elman_fixed_points_step(elman_fixed_points *points);
ELMAN_API void elman_fixed_points_end(elman_fixed_points *points);

/* The Jacobian (n,n) of one step at point number index, once all are found:
 * element (i,j), at i * n + j, is what number j of the state does to number i
 * of the next one. Numbers are in the order of the levels, of each h, then c;
 * they are right to about six digits. It uses memory of points: one call at a
 * time. */
ELMAN_CHECKED elman_status elman_fixed_points_jacobian(
    const elman_fixed_points *points, size_t index, double *jacobian);

/* ---- Gates and units ---------------------------------------------------- */

enum { ELMAN_GATE_BINS = 40, ELMAN_TIME_BINS = 8 };

/* One gate of a level, over all steps and sequences of a batch. */
typedef struct elman_gate {
    const char *name;   /* "i" "f" "g" "o", "r" "z" "n", "h" */
    double least, most; /* what the histogram spans: the range of the gate's
                           function, 0 to 1, -1 to 1 or that of a scaled tanh;
                           of one without bounds what occurs */
    uint64_t histogram[ELMAN_GATE_BINS]; /* equal parts of that */
    double low, high; /* the share of values within 2.5 % of the span of its
                         end: a sigmoid under 0.025 or over 0.975 */
    double mean;      /* values that are not finite are in none of these */
    const double *unit_low, *unit_high, *unit_mean; /* (H) of each unit */
} elman_gate;

/* Two units of a level that always say the same. */
typedef struct elman_unit_pair {
    size_t first, second; /* their numbers, from 0 */
    double correlation;   /* over 0.999, or under -0.999 */
} elman_unit_pair;

/* The gates and units of one direction of one recurrent level. */
typedef struct elman_gates_level {
    char name[64];             /* "layer0", "layer0_reverse" */
    size_t H;                  /* units of the cell */
    size_t gate_count;         /* of each unit */
    const elman_gate *gates;   /* (gate_count) */
    const double *unit_spread; /* (H) standard deviation of h, or of c before a
                                  projection, over the batch */
    size_t dead;               /* units whose spread is under 1e-4, or that are
                                  0 (relu) at all steps but less than one in
                                  1,000 */
    const bool *unit_dead;     /* (H) */
    size_t duplicates;         /* pairs of units */
    const elman_unit_pair *pairs; /* (duplicates) of units that are not dead */
    const double *time_constant;  /* (H) -1 / mean(log f), in steps, where f is
                                     the part of the unit that its gates keep:
                                     src/inspect/gates_units.c; INFINITY if it
                                     does not fade; NULL: no gate keeps */
    double time_share[ELMAN_TIME_BINS]; /* of units under 1, 3, 10, 30, 100,
                                           300, 1000 steps, and over */
    double saturation; /* the share of values that are low or high, of gates
                          whose function has bounds */
} elman_gates_level;

/* The gates and units of a model over a batch. */
typedef struct elman_gates {
    bool done;                       /* all is measured */
    double progress;                 /* 0 to 1 */
    size_t count;                    /* directions of levels */
    const elman_gates_level *levels; /* (count) forward before reverse */
} elman_gates;

/* Measures gates and units over batch. */
ELMAN_CHECKED elman_status elman_gates_begin(const elman_model *model,
                                             const elman_batch *batch,
                                             elman_gates **gates);
ELMAN_CHECKED elman_status elman_gates_step(elman_gates *gates);
ELMAN_API void elman_gates_end(elman_gates *gates);

/* What a unit is compared with. */
typedef struct elman_property {
    const char *name;    /* "inside quotes" */
    const float *values; /* (T,B) as the batch is laid out; NaN: unknown */
} elman_property;

/* The unit that tells most of a property. */
typedef struct elman_unit_match {
    char name[96];      /* of the property */
    size_t level, unit; /* from 0 */
    bool reverse;       /* of the direction that reads backwards */
    double correlation; /* on the first half of the steps, which chose it */
    double held_out;    /* on the second half */
} elman_unit_match;

/* What every unit says at every step. */
typedef struct elman_units_level {
    char name[64];  /* "layer0", "layer0_reverse" */
    size_t R;       /* numbers of its h */
    const float *h; /* (T,R) of the sequence shown */
} elman_units_level;

/* What the units of a model say of a sequence, and of properties. */
typedef struct elman_units {
    bool done;                       /* all is measured */
    double progress;                 /* 0 to 1 */
    size_t T;                        /* steps of the sequence shown */
    size_t sequence;                 /* of the batch, the one shown */
    size_t count;                    /* directions of levels */
    const elman_units_level *levels; /* (count) */
    size_t match_count;              /* properties that a unit tells of */
    const elman_unit_match *matches; /* (match_count) the best held out first */
} elman_units;

/* Finds the unit that tells most of each of properties (count), which may be
 * NULL, and keeps what all units say of one sequence of batch. */
ELMAN_CHECKED elman_status elman_units_begin(const elman_model *model,
                                             const elman_batch *batch,
                                             size_t sequence,
                                             const elman_property *properties,
                                             size_t count, elman_units **units);
ELMAN_CHECKED elman_status elman_units_step(elman_units *units);
ELMAN_API void elman_units_end(elman_units *units);

/* ---- Answers ------------------------------------------------------------ */

/* How an answer is explained. */
typedef enum elman_attribution_kind {
    ELMAN_ATTRIBUTION_INTEGRATED = 0, /* integrated gradients (Sundararajan et
                                         al. 2017) */
    ELMAN_ATTRIBUTION_GRADIENT = 1,   /* gradient times input */
    ELMAN_ATTRIBUTION_OCCLUSION = 2   /* what the answer loses without it */
} elman_attribution_kind;

/* Which answer is explained, and how. */
typedef struct elman_attribution_config {
    elman_attribution_kind kind; /* the method */
    size_t sequence;             /* of the batch */
    size_t step;           /* the answer at that step, from 1; 0: the last. A
                              model with one vector per sequence does not read
                              it */
    size_t output;         /* the logit or value that is explained, from 1; 0:
                              the largest */
    size_t points;         /* of the integral, at most 4,096; 0: as many, up to
                              1,024, and over as many of the last steps, as a
                              gap of a hundredth asks for */
    const float *baseline; /* (I) what an input is compared with; NULL: zeros.
                              Tokens: (embedding_dim), NULL: the mean of the
                              embeddings */
    int threads;           /* 0 means 1, at most 64 */
} elman_attribution_config;

/* What each step and feature of the input did for one number of the answer.
 * A token has one feature. Of occlusion each value, and each step, is what the
 * answer loses without it alone, so that steps are no sums; values of several
 * features are NaN where T times I is more than 4,096. */
typedef struct elman_attribution {
    bool done;              /* all is measured */
    double progress;        /* 0 to 1 */
    size_t T, I;            /* T: of the sequence */
    size_t step, output;    /* that was explained, from 0; of a model with one
                               vector per sequence its last step */
    const double *values;   /* (T,I) */
    const double *steps;    /* (T) their sums */
    const double *features; /* (I) mean of |values| over steps */
    double answer, baseline_answer; /* that number, given the input and
                                       given the baseline in its place */
    double gap;   /* answer - baseline_answer - sum of steps: 0 if complete */
    size_t first; /* steps before it stayed as they are, and have 0: further
                     back the integral could not be had (points 0) */
} elman_attribution;

/* Explains one answer by the steps and inputs that led to it. */
ELMAN_CHECKED elman_status elman_attribution_begin(
    const elman_model *model, const elman_batch *batch,
    const elman_attribution_config *config, elman_attribution **attribution);
ELMAN_CHECKED elman_status
elman_attribution_step(elman_attribution *attribution);
ELMAN_API void elman_attribution_end(elman_attribution *attribution);

enum { ELMAN_CALIBRATION_BINS = 10 };

/* One answer that was far off. */
typedef struct elman_mistake {
    uint64_t id; /* of the sequence; text: of the token, from 0 in its part */
    size_t step; /* of the sequence that it was about, as in
                    elman_dataset_origin; text: of its stream, of which a batch
                    reads several at once */
    double loss; /* of this answer alone: a mean over its values, without class
                    weights */
    int32_t truth, answer; /* classes, tokens; negative for values */
    double probability;    /* of the answer; NaN for values */
    double wanted, given;  /* values: the worst target, in the data's units;
                              else NaN */
    size_t target;         /* values: which that is */
    const int32_t *before; /* (before_count) text: the tokens that its stream
                              had read, at most the last 40; of the dataset */
    size_t before_count;   /* 0 for all else */
} elman_mistake;

/* Where a model is wrong on a part of a dataset. Targets that the loss ignores
 * count nowhere. */
typedef struct elman_errors {
    bool done;             /* all is measured */
    double progress;       /* 0 to 1 */
    elman_task task;       /* of the dataset */
    uint64_t targets;      /* answers that were judged */
    double loss, accuracy; /* as in elman_metrics; accuracy: NaN for values */
    double largest_share;  /* of the largest class in this part; else NaN */
    size_t class_count;    /* 0: values, and of a vocabulary over 100 */
    const uint64_t *confusion; /* (class_count,class_count) [truth][answer] */
    uint64_t calibration_counts[ELMAN_CALIBRATION_BINS];   /* answers by their
                                        probability, in equal parts of 0 to 1 */
    double calibration_accuracy[ELMAN_CALIBRATION_BINS];   /* NaN: no answer */
    double calibration_confidence[ELMAN_CALIBRATION_BINS]; /* the mean
                                                             probability */
    double calibration_error; /* expected: the mean of |accuracy - confidence|
                                 over all answers; NaN for values */
    size_t mistake_count;     /* worst answers */
    const elman_mistake *mistakes; /* (mistake_count) worst first, at most 20 */
    size_t positions; /* 0 where a sequence has one answer; at most 50 */
    const double *position_loss;  /* (positions) mean loss, by step in the
                                     sequence, in equal parts of the longest;
                                     NaN: no step there */
    size_t position_steps;        /* steps of a part */
    size_t target_count, horizon; /* values: horizon 1 unless a forecast */
    const double *residual_mean; /* (horizon,target_count) truth less answer, in
                                    the data's units; NaN: no truth */
    const double *residual_rms;  /* (horizon,target_count) */
    const double *naive_rms;     /* forecast: of repeating the last value; else
                                    NULL */
    const double *correlation;   /* (target_count) of answer and truth; NaN if
                                    either never changes */
    size_t shown;                /* values: answers to plot, at most 500 */
    const double *truth, *answer; /* (shown,target_count) the first in order; of
                                     a forecast the first step of its horizon */
} elman_errors;

/* A step runs one batch. config gives the loss, the batch size and the threads;
 * NULL: the task's usual loss, 32 sequences and one thread. The loss, accuracy
 * and confusion have the bits of elman_model_evaluate. */
ELMAN_CHECKED elman_status elman_errors_begin(
    const elman_model *model, const elman_dataset *dataset, elman_part part,
    const elman_trainer_config *config, elman_errors **errors);
ELMAN_CHECKED elman_status elman_errors_step(elman_errors *errors);
ELMAN_API void elman_errors_end(elman_errors *errors);

/* ---- While training ----------------------------------------------------- */

/* What is cheap enough to look at with every evaluation. Where a level explodes
 * (the verdict), horizon, rate and level are those of the one that does so
 * most. NaN and ELMAN_VERDICT_UNKNOWN if no gradient arrives anywhere. */
typedef struct elman_pulse {
    double horizon; /* steps until 1 % is left of a gradient at the level where
                       it fades first, at most those of the batch */
    double rate;    /* factor a step there */
    elman_verdict verdict;
    double saturation; /* share of gate values at an end, at the level with the
                          most */
    size_t level, saturated_level; /* of the horizon, of the saturation; from
                                      0 */
} elman_pulse;

/* Measures it by one pass over batch, forward and backward; of a model that
 * gives one vector per sequence and has reverse directions backward twice, from
 * either end. What is pooled counts as if the step where a direction ends were
 * the only one. */
ELMAN_CHECKED elman_status elman_pulse_read(const elman_model *model,
                                            const elman_batch *batch,
                                            int threads, elman_pulse *pulse);

/* One parameter in one optimizer step. */
typedef struct elman_update {
    const char *name; /* of the parameter */
    double norm;      /* of its gradient, before clipping; 0 of a frozen one */
    double share;     /* of the whole squared norm; 0 if that is 0 */
    double ratio;     /* |change| / |weight|; NaN for a weight of 0 */
} elman_update;

/* One direction of a recurrent level in one optimizer step. */
typedef struct elman_update_level {
    char name[64];     /* "layer0", "layer0_reverse" */
    double norm;       /* of the gradient at the sums of its gates, all steps */
    double saturation; /* share of gate values within 2.5 % of the span of their
                          function of its end, a sigmoid under 0.025 or over
                          0.975; NaN if no function has ends */
} elman_update_level;

/* What training steps do to each parameter, and what made the norm. */
typedef struct elman_updates {
    bool done;          /* a limit of the trainer was reached */
    double progress;    /* 0 to 1 */
    bool clipped;       /* the last step's gradient was longer than limit */
    double norm, limit; /* limit 0: nothing clips */
    size_t count;       /* parameters */
    const elman_update *updates; /* (count) by parameter */
    double ratio;                /* the median of the ratios of those that are
                                    not frozen; NaN: none has one */
    char level[64];              /* whose gradient at the sums was largest; ""
                                    if there is none */
    size_t step, unit, sequence; /* and where in it: step counts from the
                                    beginning of the sequence, which is called
                                    as in elman_batch.ids */
    char gate[16];               /* and at which gate */
    double largest;              /* how large it was */
    double value_limit;          /* of each number, after clipping by the norm;
                                    0: none */
    uint64_t limited;            /* numbers of the gradient that exceeded it */
    size_t level_count;          /* directions of levels */
    const elman_update_level *levels; /* (level_count) forward before reverse */
} elman_updates;

/* step takes one step of the trainer, as elman_trainer_step does, to the same
 * bits, and measures it. Where windows are cut (k2 below k1) levels are those
 * of the part that went backward. The trainer must outlive it. */
ELMAN_CHECKED elman_status elman_updates_begin(elman_trainer *trainer,
                                               elman_updates **updates);
ELMAN_CHECKED elman_status elman_updates_step(elman_updates *updates);
ELMAN_API void elman_updates_end(elman_updates *updates);

/* ---- First bad value ---------------------------------------------------- */

/* One value on the way from where numbers went bad to the loss. */
typedef struct elman_trace_link {
    const char *text; /* a sentence without its full stop */
    const char *what; /* "norm", "weight", "input", "target", "gate", "c",
                         "output", "loss", "gradient at the output",
                         "gradient" */
    const char *name; /* of the layer or parameter, or "the data" */
    char level[64];   /* "layer0", "layer0_reverse"; "" where there is none */
    const char *gate; /* or NULL */
    uint64_t sequence, step; /* as in elman_batch.ids, and from the beginning of
                                that sequence; 0 for weights and norms */
    size_t unit;             /* of a weight: the element */
    double value;            /* what stands there */
} elman_trace_link;

/* Why a step of training failed with ELMAN_NOT_FINITE. From the first bad value
 * on, links follow its sequence through the arrays in the order in which they
 * were computed: the first bad value of each. Before it may come how gradients
 * grew, if the last norm was ten times the least of those before it, and the
 * largest weight, if that is over 100. */
typedef struct elman_trace {
    uint64_t epoch, step;          /* of the training, from 0, that failed */
    size_t count;                  /* links */
    const elman_trace_link *links; /* (count) from the cause to the loss, or to
                                      the norm of the gradient */
    size_t norm_count;             /* steps before it that are known */
    const double *norms; /* (norm_count) of the gradients of the steps before,
                            the oldest first; at most 8 */
    uint64_t weights;    /* elman_model_read_hash, before that step */
} elman_trace;

/* Traces the last step of a trainer, which must have failed so; nothing may
 * have been done with the trainer since. The trace is the caller's own, but
 * points to names of the model. */
ELMAN_CHECKED elman_status elman_trace_create(const elman_trainer *trainer,
                                              elman_trace **trace);
ELMAN_API void elman_trace_destroy(elman_trace *trace);

/* FNV-1a in 64 bits: of all weights, parameter by parameter; and of what
 * training reads of a dataset, each part in order. The same on every machine,
 * it tells whether two are equal, but not by whom one was changed. */
ELMAN_API uint64_t elman_model_read_hash(const elman_model *model);
ELMAN_CHECKED elman_status elman_dataset_read_hash(const elman_dataset *dataset,
                                                   uint64_t *hash);

/* A run that broke, to be done again from a checkpoint: docs/DATA.md. */
typedef struct elman_replay {
    const char *version; /* of the library that wrote it */
    uint64_t begin;      /* optimizer steps done at the checkpoint */
    uint64_t step;       /* the one that failed, from 0 */
    uint64_t data;       /* elman_dataset_read_hash */
    uint64_t weights;    /* elman_model_read_hash before the step that failed */
    size_t word_count;   /* of the command */
    const char *const *words; /* (word_count) the command that began the run */
    size_t link_count;        /* of the trace */
    const char *const *links; /* (link_count) the sentences of its trace */
} elman_replay;

/* Writes one, at once or not at all: trainer is where the replay is to begin,
 * at most at the step that trace tells of. It is a checkpoint as well, which
 * elman_trainer_load takes. */
ELMAN_CHECKED elman_status elman_replay_save(const elman_trainer *trainer,
                                             const elman_trace *trace,
                                             const char *const *words,
                                             size_t count, const char *path);

/* Opens one; ELMAN_BAD_VALUE if another version wrote it, whose bits may be
 * others. create_model makes the model of its checkpoint, all weights 0 until
 * elman_trainer_load. */
ELMAN_CHECKED elman_status elman_replay_open(const char *path,
                                             elman_replay **replay);
ELMAN_CHECKED elman_status elman_replay_create_model(const elman_replay *replay,
                                                     elman_model **model);
ELMAN_API void elman_replay_close(elman_replay *replay);

/* ---- Journal ------------------------------------------------------------ */

/* One evaluation of a training run. NaN: not measured. */
typedef struct elman_journal_row {
    uint64_t step;  /* optimizer steps done */
    double epoch;   /* passes over the data done, with the part of this one */
    double seconds; /* since the run began; NaN in a journal that was read, so
                       that equal runs have equal texts */
    double train_loss, loss; /* loss: of the validation data */
    double score;            /* the task's: accuracy, bits, MAE */
    double learning_rate;    /* of the last step */
    double norm;             /* of the gradient, the mean since the last row */
    double clipped;          /* share of the steps that clipping shortened */
    double horizon, rate, saturation; /* as elman_pulse */
    double update; /* median of |change| / |weight| of the parameters */
    bool best;     /* of all rows so far */
} elman_journal_row;

/* One setting of a run. */
typedef struct elman_setting {
    const char *name, *value; /* as the command line or its journal has them */
} elman_setting;

/* How a run went, as the model's note "journal" keeps it. */
typedef struct elman_journal elman_journal;

/* create reads the text of a journal; NULL makes an empty one. */
ELMAN_CHECKED elman_status elman_journal_create(const char *text,
                                                elman_journal **journal);
ELMAN_API void elman_journal_destroy(elman_journal *journal);

/* Adds a row, whose step must be greater than that of the row before; or a
 * setting: one of the same name is replaced, and NULL removes it. Names have up
 * to 63 bytes, values up to 65,535, both UTF-8; there are at most 300. */
ELMAN_CHECKED elman_status elman_journal_write(elman_journal *journal,
                                               const elman_journal_row *row);
ELMAN_CHECKED elman_status elman_journal_write_setting(elman_journal *journal,
                                                       const char *name,
                                                       const char *value);

/* Rows, settings and the text; owned by the journal until it changes. At most
 * 500 rows are kept: of more, every second, fourth, eighth ... one, the best
 * and the last, so that a journal that was saved half way and goes on is the
 * same in the end. The text is NULL if there is no memory for it. */
ELMAN_API const elman_journal_row *
elman_journal_rows(const elman_journal *journal, size_t *count);
ELMAN_API const elman_setting *
elman_journal_settings(const elman_journal *journal, size_t *count);
ELMAN_API const char *elman_journal_note(elman_journal *journal);

/* ---- All of it ---------------------------------------------------------- */

/* What can be measured, as bits. */
typedef enum elman_section {
    ELMAN_SECTION_FLOW = 1,
    ELMAN_SECTION_GATES = 2,
    ELMAN_SECTION_ERRORS = 4,
    ELMAN_SECTION_TRUNCATION = 8,
    ELMAN_SECTION_ATTRIBUTION = 16,
    ELMAN_SECTION_UNITS = 32,
    ELMAN_SECTION_SPECTRUM = 64,
    ELMAN_SECTION_EXPONENTS = 128,
    ELMAN_SECTION_FIXED_POINTS = 256,
    ELMAN_SECTION_CONTRIBUTIONS = 512,
    ELMAN_SECTION_TRAINING = 1024, /* the journal */
    ELMAN_SECTION_DATA = 2048      /* the inputs themselves */
} elman_section;

/* How much a finding matters. */
typedef enum elman_severity {
    ELMAN_SEVERITY_FINE = 0,
    ELMAN_SEVERITY_NOTE = 1, /* worth knowing */
    ELMAN_SEVERITY_ALARM = 2 /* what to mend first */
} elman_severity;

/* One answer: a sentence with a number. */
typedef struct elman_finding {
    const char *name; /* "vanishing", "dead units", "overfitting" ... */
    elman_severity severity;
    elman_section section; /* where to see it */
    double value;          /* the number */
    const char *text;      /* the sentence */
    const char *advice;    /* what to do about it, or NULL */
} elman_finding;

/* What is inspected, and how much of it. */
typedef struct elman_inspection_config {
    unsigned sections; /* 0: all that the model and the data allow */
    elman_part part;   /* of the dataset; without a config, or if it is empty,
                          one that is not, validation first */
    size_t sequences;  /* of the batch that is measured, 0 means 8 */
    size_t steps;      /* at most so many of each; 0: 256 of a text, else all,
                          128 without data */
    uint64_t seed;     /* of the input without data */
    size_t samples;    /* answers to explain, 0 means 3 */
    size_t exponents;  /* as in elman_exponents_config */
    elman_constant input;         /* as in elman_fixed_points_config */
    int32_t token;                /* the same */
    elman_loss_kind loss;         /* that it was trained with */
    const elman_journal *journal; /* or NULL; must outlive the inspection */
    const char *model_name, *data_name; /* for titles; copied */
    int threads;                        /* 0 means 1, at most 64 */
    const char *trouble; /* why the data that should have been inspected could
                            not be read for NaN or infinity in it: a finding;
                            or NULL. Must outlive the inspection */
    size_t output; /* flow: of this output alone, from 1, as ELMAN_FLOW_OUTPUT;
                      0: of all, by random signs */
} elman_inspection_config;

/* A section that could not be measured, and why. */
typedef struct elman_absence {
    elman_section section;
    const char *why; /* a sentence without its full stop */
} elman_absence;

/* What is known of one input feature. */
typedef struct elman_input {
    const char *name;                    /* of the column, or NULL */
    double mean, deviation, least, most; /* as the model reads it */
    double missing;                      /* share that is NaN or infinite */
    double importance; /* share of all attribution; NaN: not measured */
} elman_input;

/* A model and its data, inspected. Sections that were not measured are NULL. */
typedef struct elman_inspection {
    bool done;                          /* all is measured */
    double progress;                    /* 0 to 1 */
    const char *doing;                  /* what the next step measures */
    const elman_model *model;           /* that was given */
    const elman_dataset *dataset;       /* or NULL */
    const elman_batch *batch;           /* that was measured: as loaders make
                                           it, time first whatever the model */
    const char *model_name, *data_name; /* as the config gives them, or NULL */
    const elman_journal *journal;       /* the same */
    size_t finding_count;               /* answers in sentences */
    const elman_finding *findings; /* (finding_count) most important first */
    size_t absence_count;          /* sections that could not be measured */
    const elman_absence *absences; /* (absence_count) */
    size_t input_count;            /* known features of the input */
    const elman_input *inputs;     /* (input_count) features; 0: tokens */
    const elman_flow *flow;        /* of the first sequence */
    const elman_gates *gates;      /* of the whole batch */
    const elman_errors *errors;    /* of the part, or its first batches */
    const elman_errors *training_errors;      /* of the training part */
    const elman_truncation *truncation;       /* of the batch */
    size_t sample_count;                      /* answers that were explained */
    const elman_attribution *const *samples;  /* (sample_count) */
    const size_t *sample_sequences;           /* (sample_count) of the batch */
    const elman_units *units;                 /* and properties of texts */
    const elman_spectrum *spectrum;           /* of the weights alone */
    const elman_exponents *exponents;         /* of the first sequence */
    const elman_fixed_points *fixed_points;   /* near states of the batch */
    const elman_contributions *contributions; /* of the batch */
    const size_t *sample_mistakes; /* (sample_count) the number, from 1, of the
                                      mistake of errors that a sample explains:
                                      its sequence is none of the batch; 0:
                                      one of the batch is explained */
} elman_inspection;

/* Inspects a model on a part of a dataset; without one (NULL), on random
 * input. What a step has finished is there at once, and the findings are those
 * of what is there, so that an inspection can be stopped and shown at any time.
 * A section that fails is an absence. What would take more than about half a
 * second of a core takes the first steps or sequences of the part alone. */
ELMAN_CHECKED elman_status elman_inspection_begin(
    const elman_model *model, const elman_dataset *dataset,
    const elman_inspection_config *config, elman_inspection **inspection);
ELMAN_CHECKED elman_status elman_inspection_step(elman_inspection *inspection);
ELMAN_API void elman_inspection_end(elman_inspection *inspection);

/* ---- Pages and figures -------------------------------------------------- */

/* Writes the page of an inspection: one self-contained HTML file. */
ELMAN_CHECKED elman_status elman_report_save(const elman_inspection *inspection,
                                             const char *path);

/* Writes a page that holds runs (count) side by side. */
ELMAN_CHECKED elman_status elman_report_save_runs(
    const elman_journal *const *journals, const char *const *names,
    size_t count, const char *path);

/* A line of a figure; a y of NaN leaves a gap. */
typedef struct elman_line {
    const char *name;    /* for the legend */
    size_t count;        /* points */
    const double *x, *y; /* (count) */
} elman_line;

/* A figure of lines. */
typedef struct elman_figure {
    const char *title, *x_label, *y_label; /* texts; NULL: none */
    size_t count;                          /* lines */
    const elman_line *lines;               /* (count) */
    bool log_x, log_y;                     /* logarithmic scales */
    size_t width, height;                  /* pixels; 0: 640 and 360 */
} elman_figure;

/* Writes it as SVG. */
ELMAN_CHECKED elman_status elman_figure_save(const elman_figure *figure,
                                             const char *path);

#ifdef __cplusplus
}
#endif
#endif
