/*
 * verify.c: draws networks, checks them against the reference and the reference
 * against finite differences, and compares their results bit by bit; then
 * trains a few and compares one hash.
 */
#include "proof/verify.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"
#include "proof/gradients.h"
#include "proof/same_bits.h"
#include "proof/training.h"

#include "import/open.h"

/* Small enough that 40 cases take seconds without hardware FMA, large enough
 * for whole vectors, tails, two chains of rows, three blocks of 8 sequences and
 * several threads */
enum { CASES = 40, MOST_H = 20, MOST_T = 18, MOST_B = 20 };

/* How often a network whose sums are near a kink is given other inputs. */
enum { ATTEMPTS = 50 };

/* How many networks that have no such inputs are replaced, and one in 100. */
enum { MOST_SKIPPED = 10 };

/* What a case is called in the report. */
typedef struct subject {
    const char *name;
    const elman_config *config;
    size_t T, B;
} subject;

static void note_failure(elman_verify_report *report, const subject *s,
                         const char *what)
{
    char line[sizeof report->failure];
    if (report->failure[0]) return;

    config_write_line(s->config, sizeof line, line);
    int n =
        snprintf(report->failure, sizeof report->failure,
                 "%s: %s; T %zu B %zu, %s", s->name, what, s->T, s->B, line);
    if (n >= (int)sizeof report->failure)
        memcpy(report->failure + sizeof report->failure - 4, "...", 4);
}

/* ---- One case ----------------------------------------------------------- */

/* Checks the results against the reference, and that against differences. */
static elman_status check_reference(const trial *t, const subject *s, draws *d,
                                    elman_verify_report *report, bool *found)
{
    outcome got = {0};
    gradient_errors errors = {0};
    elman_status status = outcome_create(t, &got);
    if (!status) status = trial_run(t, &(split){.threads = 1}, &got);
    if (!status) status = gradients_check(t, &got, d, &errors, found);
    outcome_destroy(&got);
    if (status || !*found) return status;

    report->reference_error =
        real_max(report->reference_error, errors.reference);
    report->forward_error = real_max(report->forward_error, errors.forward);
    report->gradient_error = real_max(report->gradient_error, errors.gradient);
    if (errors.worst[0]) {
        char what[sizeof errors.worst + 16];
        snprintf(what, sizeof what, "%s is wrong", errors.worst);
        note_failure(report, s, what);
    }
    return ELMAN_OK;
}

static elman_status check_bits(const trial *t, const subject *s,
                               elman_verify_report *report)
{
    char difference[160], what[200];

    TRY(bits_check(t, sizeof difference, difference));
    if (!difference[0]) return ELMAN_OK;
    report->same_bits = false;
    snprintf(what, sizeof what, "different bits in %s", difference);
    note_failure(report, s, what);
    return ELMAN_OK;
}

/* Checks a model with inputs that are drawn once. */
static elman_status attempt(const elman_model *m, subject *s, draws *d,
                            elman_verify_report *report, bool *found)
{
    trial t;
    TRY(trial_create(m, s->T, s->B, d, &t));
    elman_status status = check_reference(&t, s, d, report, found);
    if (!status && *found) status = check_bits(&t, s, report);
    trial_destroy(&t);
    return status;
}

/* found says whether there were inputs that the model could be checked with. */
static elman_status check_model(const elman_model *m, subject *s, draws *d,
                                elman_verify_report *report, bool *found)
{
    size_t most_T = s->T, most_B = s->B;

    *found = false;
    for (int i = 0; i < ATTEMPTS && !*found; i++) {
        s->T = draw_size(d, 1, most_T);
        s->B = draw_size(d, 1, most_B);
        TRY(attempt(m, s, d, report, found));
    }
    report->cases += *found;
    return ELMAN_OK;
}

static elman_status refuse_kinks(const char *name)
{
    return failure(ELMAN_BAD_VALUE,
                   "%s: no inputs found that keep every sum away from the "
                   "kinks of relu and clip",
                   name);
}

static elman_status check_random(uint64_t seed, size_t which,
                                 elman_verify_report *report, bool *found)
{
    draws d = draws_from(seed, which);
    elman_config config = random_config(&d, MOST_H);
    elman_model *m = NULL;
    char name[48];

    snprintf(name, sizeof name, "seed %llu case %zu", (unsigned long long)seed,
             which);

    TRY(model_create(&config, &m));
    subject s = {name, &config, MOST_T, MOST_B};
    elman_status status = trial_move_weights(m, &d);
    if (!status) status = check_model(m, &s, &d, report, found);
    model_destroy(m);
    return status;
}

/* Checks that many networks. In place of one whose sums stand near a kink for
 * all inputs, as rarely happens, another is drawn. */
static elman_status check_all_random(uint64_t seed, size_t cases,
                                     elman_verify_report *report)
{
    size_t skipped = 0;

    for (size_t which = 0; report->cases < cases; which++) {
        bool found;
        TRY(check_random(seed, which, report, &found));
        skipped += !found;
        if (skipped > MOST_SKIPPED + cases / 100)
            return refuse_kinks("random networks");
    }
    return ELMAN_OK;
}

static elman_status check_file(const char *path, uint64_t seed,
                               elman_verify_report *report)
{
    /* a large model is checked with fewer rows, so that it takes seconds */
    const size_t large = 100000;
    draws d = draws_from(seed, UINT64_MAX);
    elman_model *m = NULL;
    const byte_source source = {.name = path};
    TRY(model_load(&source, import_load, &m));

    bool small = m->info.weight_count < large;
    subject s = {path, &m->config, small ? MOST_T : 4, small ? MOST_B : 3};
    bool found = true;
    elman_status status = check_model(m, &s, &d, report, &found);
    model_destroy(m);
    return status || found ? status : refuse_kinks(path);
}

/* ---- Training ----------------------------------------------------------- */

static elman_status check_way(const char *isa, const training_way *way,
                              elman_verify_report *report)
{
    char words[100];
    uint64_t hash = 0;
    TRY(training_hash_all(way, &hash));
    if (hash == report->hash) return ELMAN_OK;

    report->same_bits = false;
    training_way_write(way, sizeof words, words);
    if (!report->failure[0])
        snprintf(report->failure, sizeof report->failure,
                 "training: different bits on %s, %s", isa, words);
    return ELMAN_OK;
}

/* Trains in every way with the instruction set in use, and in an eighth of them
 * with each other one, which may be slow. */
static elman_status check_training(elman_verify_report *report)
{
    const kernels *const *tables = kernels_all(), *own = kernels_here();
    elman_status status = training_hash_all(&(training_way){0}, &report->hash);

    for (size_t i = 0; tables[i] && !status; i++) {
        kernels_use(tables[i]);
        for (size_t w = 0; w < training_way_count() && !status; w++)
            if (tables[i] == own || w % 8 == i % 8)
                status = check_way(tables[i]->isa, training_way_at(w), report);
    }
    kernels_use(NULL);

    /* as on every other machine */
    if (status || report->hash == TRAINING_HASH) return status;
    report->same_bits = false;
    if (!report->failure[0])
        snprintf(report->failure, sizeof report->failure,
                 "training: the hash is %016" PRIx64 ", expected %016" PRIx64,
                 report->hash, TRAINING_HASH);
    return ELMAN_OK;
}

elman_status verify(const elman_verify_config *config,
                    elman_verify_report *report)
{
    elman_verify_report made = {.same_bits = true};
    uint64_t seed = config->seed ? config->seed : 1;
    size_t cases = config->cases ? config->cases : CASES;

    bits_write_isas(sizeof made.isas, made.isas);
    TRY(check_all_random(seed, cases, &made));
    if (config->path) TRY(check_file(config->path, seed, &made));
    TRY(check_training(&made));

    made.passed = made.same_bits && !made.failure[0];
    *report = made;
    return ELMAN_OK;
}
