/*
 * eval_arrays.c: how far what a model gives for an array is from another array.
 */
#include "eval_arrays.h"
#include "rebuild.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char array_losses[] = "auto|cross-entropy|mse|mae|huber|bce";

enum { NO_CLASS = -100, CROSS_ENTROPY = ELMAN_LOSS_CROSS_ENTROPY + 1 };

/* How far off it is. */
typedef struct figures {
    bool classes;    /* the targets are numbers of classes */
    uint64_t count;  /* targets that count */
    uint64_t right;  /* classes */
    double absolute; /* values: sums, and the worst */
    double squared, worst;
    bool shares;     /* classes: y are their probabilities already */
    double surprise; /* the sum of -log of the right one's */
    elman_loss_kind kind;
    double loss;
} figures;

/* ---- Targets ------------------------------------------------------------- */

/* True if the array has that shape, apart from an axis of one sequence that it
 * may have besides. */
static bool has_shape(const elman_tensor *array, const size_t *shape,
                      size_t rank)
{
    size_t at = 0, found = 0;
    for (size_t n = 0; n < rank || at < array->rank;) {
        bool same =
            n < rank && at < array->rank && array->shape[at] == shape[n];
        if (!same && (at == array->rank || array->shape[at] != 1)) return false;
        n += same;
        at++;
        found += !same;
    }
    return found <= 1;
}

/* The rows of what the model gives: steps of sequences. */
static size_t row_count(const array_pass *pass)
{
    size_t rows = 1;
    for (size_t n = 0; n + 1 < pass->y.rank; n++)
        rows *= pass->y.shape[n];
    return rows;
}

static int bad_targets(const array_pass *pass, const char *path,
                       const elman_tensor *y)
{
    char text[128] = "(", rows[128];
    size_t used = 1, before = 1;
    for (size_t n = 0; n < pass->y.rank; n++) {
        before = used;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu",
                                 n ? "," : "", pass->y.shape[n]);
    }
    snprintf(rows, sizeof rows, "%.*s", (int)before, text);

    /* as view(-1, V) leaves it */
    bool values = y->rank == 2 &&
                  y->shape[1] == pass->y.shape[pass->y.rank - 1] &&
                  y->shape[0] == row_count(pass);
    bool flat = y->rank == 1 && y->shape[0] == row_count(pass);
    char advice[160] = "";
    if (values || flat)
        snprintf(advice, sizeof advice, "; y.reshape%s) gives it that shape",
                 values || pass->net->size.output_size == 1 ? text : rows);
    return failed("%s does not fit what '%s' gives for %s: expected values "
                  "%s), or classes %s)%s",
                  path, pass->net->path, pass->name, text, rows, advice);
}

/* The numbers of classes; -100 is none. */
static int read_classes(const array_pass *pass, const char *path,
                        const elman_tensor *y, size_t count, int32_t *classes)
{
    double most = (double)pass->net->size.output_size;
    for (size_t n = 0; n < count; n++) {
        double number = (double)y->data[n];
        bool none = number == NO_CLASS;
        if (!none && !(number >= 0 && number < most && floor(number) == number))
            return failed("%s has the class %.9g, expected 0 to %zu, or -100 "
                          "for none%s",
                          path, number, pass->net->size.output_size - 1,
                          floor(number) == number
                              ? ""
                              : "; values have the last axis as well");
        classes[n] = (int32_t)number;
    }
    return 0;
}

/* ---- Figures ------------------------------------------------------------- */

/* True if row n of y, as it lies, belongs to a sequence. */
static bool is_inside(const array_pass *pass, size_t n)
{
    bool first = elman_model_config(pass->net->model)->batch_first;
    size_t steps = array_steps(pass);
    size_t b = first ? n / steps : n % pass->B;
    size_t t = first ? n % steps : n / pass->B;
    if (!pass->lengths) return true;
    return array_has_own_steps(pass) ? pass->lengths[b] > 0
                                     : t < pass->lengths[b];
}

static size_t likeliest_of(const float *y, size_t count)
{
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (y[k] > y[best]) best = k;
    return best;
}

static void measure(const array_pass *pass, const elman_target *target,
                    size_t rows, figures *f)
{
    size_t O = pass->net->size.output_size;
    for (size_t n = 0; n < rows; n++) {
        const float *y = pass->y.data + n * O;
        if (!is_inside(pass, n)) continue;

        /* how often the likeliest class is right, or how far values are off */
        if (f->classes) {
            if (target->classes[n] == NO_CLASS) continue;
            f->count++;
            f->right += likeliest_of(y, O) == (size_t)target->classes[n];
            f->surprise -= log((double)y[target->classes[n]]);
            continue;
        }

        for (size_t k = 0; k < O; k++) {
            double off = (double)y[k] - (double)target->values[n * O + k];
            f->count++;
            f->absolute += fabs(off);
            f->squared += off * off;
            if (!(fabs(off) <= f->worst)) f->worst = fabs(off);
        }
    }
}

/* The loss that was asked for, the file names or the targets are for. */
static int choose_loss(const network *net, int wanted, figures *f)
{
    bool noted = elman_model_note(net->model, "loss") != NULL;
    f->kind = f->classes ? ELMAN_LOSS_CROSS_ENTROPY : ELMAN_LOSS_MEAN_SQUARED;
    if (!wanted && noted && !f->classes &&
        net->loss != ELMAN_LOSS_CROSS_ENTROPY)
        f->kind = net->loss;
    if (!wanted) return 0;

    f->kind = (elman_loss_kind)(wanted - 1);
    if (f->classes == (f->kind == ELMAN_LOSS_CROSS_ENTROPY)) return 0;
    return misused(f->classes ? "the targets are classes, whose --loss is "
                                "cross-entropy"
                              : "--loss cross-entropy is for classes, whole "
                                "numbers without the last axis of the values");
}

/* Where padding stood in front of a sequence and was taken out, its targets
 * follow. */
static void shift_targets(const array_pass *pass, const elman_tensor *y,
                          size_t rows, size_t width)
{
    if (!pass->before || array_has_own_steps(pass)) return;
    bool first = elman_model_config(pass->net->model)->batch_first;
    size_t T = pass->T, B = pass->B, next = first ? 1 : B;
    for (size_t part = 0; part < rows; part += T * B)
        for (size_t b = 0; b < B; b++)
            for (size_t t = 0; t + pass->before[b] < T; t++) {
                size_t to = part + (first ? b * T + t : t * B + b);
                size_t from = to + pass->before[b] * next;
                memmove(y->data + to * width, y->data + from * width,
                        width * sizeof *y->data);
            }
}

static int compare(array_pass *pass, const array_trial *trial,
                   const elman_tensor *y, figures *f)
{
    size_t rank = pass->y.rank, rows = row_count(pass);

    /* targets tell by their shape what they are; those of one output are
     * values, with or without an axis for it, as one class says nothing */
    bool one = pass->net->size.output_size == 1;
    bool values = has_shape(y, pass->y.shape, rank) ||
                  (one && trial->loss != CROSS_ENTROPY &&
                   array_axes_alike(y, pass->y.shape, rank));
    f->classes = !values && has_shape(y, pass->y.shape, rank - 1);
    elman_config config_of = *elman_model_config(pass->net->model);
    f->shares = find_softmax(&config_of, false) != NULL;
    if (!values && !f->classes) return bad_targets(pass, trial->y, y);

    shift_targets(pass, y, rows, values ? pass->net->size.output_size : 1);

    int32_t *classes = calloc(rows + 1, sizeof *classes);
    if (!classes) return failed("out of memory");
    int code = choose_loss(pass->net, trial->loss, f);
    if (!code && f->classes)
        code = read_classes(pass, trial->y, y, rows, classes);

    const elman_target target = {.classes = f->classes ? classes : NULL,
                                 .values = f->classes ? NULL : y->data};
    const elman_loss_config config = {.kind = f->kind};
    if (!code) measure(pass, &target, rows, f);
    if (!code && elman_model_loss(pass->net->model, pass->state, &config,
                                  &target, &f->loss, NULL) != ELMAN_OK)
        code = library_failed();
    if (!code && f->classes && f->shares && f->count)
        f->loss = f->surprise / (double)f->count;
    free(classes);
    return code;
}

/* ---- Showing ------------------------------------------------------------- */

static const char *loss_word(const figures *f, char *text, size_t size)
{
    return choice_word(array_losses, (int)f->kind + 1, text, size);
}

static void show_record(const array_pass *pass, const array_trial *trial,
                        const figures *f)
{
    char word[32];
    record out = record_begin(stdout);
    record_text(&out, "model", pass->net->path);
    record_text(&out, "data", trial->x);
    record_text(&out, "targets", trial->y);

    /* as for data, under metrics */
    record_count(&out, "count", f->count);
    record_open(&out, "metrics", '{');
    record_text(&out, "loss_kind", loss_word(f, word, sizeof word));
    record_number(&out, "loss", f->loss);
    if (f->classes)
        record_number(&out, "accuracy", (double)f->right / (double)f->count);
    else {
        record_number(&out, "mae", f->absolute / (double)f->count);
        record_number(&out, "rmse", sqrt(f->squared / (double)f->count));
        record_number(&out, "worst", f->worst);
    }
    record_close(&out, '}');
    record_end(&out);
}

static void show(const figures *f)
{
    char word[32];
    printf("%s %s", loss_word(f, word, sizeof word), significant(f->loss, 6));
    if (f->classes)
        printf(", accuracy %.2f %% of %s classes\n",
               100 * (double)f->right / (double)f->count,
               with_commas(f->count));
    else
        printf(", off by %s on average, %s in the root mean square, %s at "
               "worst, of %s values\n",
               significant(f->absolute / (double)f->count, 4),
               significant(sqrt(f->squared / (double)f->count), 4),
               significant(f->worst, 4), with_commas(f->count));
}

int eval_arrays(const network *net, const array_trial *trial)
{
    if (!trial->y)
        return misused("'%s' %s: 'elman eval %s X.npy Y.npy' compares what it "
                       "gives for X with Y",
                       net->path, no_encoding, shell_quoted(net->path));

    array_pass pass = {.net = net};
    elman_tensor y = {0};
    figures found = {0};
    int code = states_check(trial->values->state_output);
    if (!code) code = arrays_read(trial->x, &pass);
    if (!code) code = arrays_read_lengths(trial->values->lengths, &pass);
    if (!code) code = array_open(trial->y, &y);

    /* whole sequences, all of whose steps stay for the loss */
    if (!code)
        code =
            arrays_prepare(&pass, trial->values, trial->threads, true, false);
    if (!code) code = arrays_run(&pass, false);
    if (!code) code = compare(&pass, trial, &y, &found);
    if (!code && !found.count)
        code = failed("no target of %s counts", trial->y);
    if (!code && trial->values->state_output)
        code = states_write(net, pass.state, trial->values->state_output);

    if (!code && screen.json) show_record(&pass, trial, &found);
    else if (!code) show(&found);
    elman_array_destroy(&y);
    arrays_close(&pass);
    return code;
}
