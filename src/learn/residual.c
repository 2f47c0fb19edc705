/*
 * residual.c: the text is JSON:
 *
 * {"version": 1, "count": 240, "levels": [0.01, ...], "quantiles": [[-3.5,
 *  ...], ...]}                           (a list for each output)
 *
 * In version 2 the quantiles are relative, as residuals_scale says.
 */
#include "learn/residual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/encoding.h"
#include "format/json.h"
#include "learn/evaluate.h"
#include "learn/residual_lists.h"
#include "share/share.h"

enum { LEVELS = 23 };

static const double levels[LEVELS] = {
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,   0.45, 0.5,
    0.55, 0.6,   0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99};

struct elman_residuals {
    bool relative; /* to how much a series changes from row to row */
    size_t outputs, level_count;
    uint64_t count;    /* residuals behind each, or about as many */
    double *levels;    /* (level_count) ascending */
    double *quantiles; /* (outputs,level_count) */
    char *note;
};

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for residuals");
}

void residuals_destroy(elman_residuals *residuals)
{
    if (!residuals) return;
    free(residuals->levels);
    free(residuals->quantiles);
    free(residuals->note);
    free(residuals);
}

const char *residuals_note(const elman_residuals *residuals)
{
    return residuals->note;
}

size_t residuals_size(const elman_residuals *residuals)
{
    return residuals->outputs;
}

static elman_status reserve(elman_residuals *r, size_t outputs, size_t count)
{
    size_t total = 0;
    if (!sizes_multiply(outputs, count, sizeof *r->quantiles, &total))
        return no_memory();
    r->outputs = outputs;
    r->level_count = count;
    r->levels = calloc(count + 1, sizeof *r->levels);
    r->quantiles = malloc(total + 1);
    return r->levels && r->quantiles ? ELMAN_OK : no_memory();
}

/* ---- Quantiles ---------------------------------------------------------- */

double quantile_of(const double *ascending, size_t count, double level)
{
    double place = level * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count) return ascending[count - 1];

    double part = place - (double)below;
    return ascending[below] + part * (ascending[below + 1] - ascending[below]);
}

elman_status residuals_read(const elman_residuals *residuals, size_t output,
                            double level, double *quantile)
{
    const elman_residuals *r = residuals;
    size_t last = r->level_count - 1;
    if (output >= r->outputs)
        return failure(ELMAN_BAD_VALUE,
                       "output %zu has no residuals, only %zu "
                       "have",
                       output, r->outputs);

    /* false for NaN too, which is refused */
    if (!(level >= r->levels[0] && level <= r->levels[last]))
        return failure(ELMAN_BAD_VALUE,
                       "quantile %g is not known; ask for one from %g to %g",
                       level, r->levels[0], r->levels[last]);

    size_t k = 0;
    while (k + 1 < last && r->levels[k + 1] < level)
        k++;
    const double *q = r->quantiles + output * r->level_count + k;
    double width = r->level_count > 1 ? r->levels[k + 1] - r->levels[k] : 0;
    double part = width > 0 ? (level - r->levels[k]) / width : 0;
    *quantile = part > 0 ? q[0] + part * (q[1] - q[0]) : q[0];
    return ELMAN_OK;
}

void residuals_scale(const elman_residuals *residuals,
                     const elman_dataset *dataset, uint64_t id, double *scale)
{
    const elman_encoding *e = dataset_encoding(dataset);
    bool relative = residuals->relative && e->task == ELMAN_TASK_FORECAST;
    for (size_t j = 0; j < e->target_count; j++)
        scale[j] = 1;
    if (relative) dataset_change(dataset, id, scale);
}

/* ---- Measuring ---------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static elman_status write_note(elman_residuals *r)
{
    json_writer w = {0};

    /* how many there were, and at which levels they are known */
    json_begin(&w, '{');
    json_write_key(&w, "version");
    json_write_whole(&w, r->relative ? 2 : 1);
    json_write_key(&w, "count");
    json_write_whole(&w, (int64_t)r->count);

    json_write_key(&w, "levels");
    json_begin(&w, '[');
    for (size_t i = 0; i < r->level_count; i++)
        json_write_number(&w, r->levels[i]);
    json_end(&w, ']');

    json_write_key(&w, "quantiles");
    json_begin(&w, '[');
    for (size_t k = 0; k < r->outputs; k++) {
        json_begin(&w, '[');
        for (size_t i = 0; i < r->level_count; i++)
            json_write_number(&w, r->quantiles[k * r->level_count + i]);
        json_end(&w, ']');
    }
    json_end(&w, ']');
    json_end(&w, '}');
    return json_finish(&w, &r->note);
}

/* Makes the table of what was measured. */
static elman_status summarize(const residual_lists *m, elman_residuals *r)
{
    TRY(reserve(r, m->outputs, LEVELS));
    r->relative = m->scale != NULL;
    memcpy(r->levels, levels, sizeof levels);
    for (size_t k = 0; k < m->outputs; k++) {
        double *list = m->lists + k * m->room;
        if (m->counts[k] == 0)
            return failure(ELMAN_BAD_VALUE,
                           "output %zu has no residual: the data says no truth "
                           "for it",
                           k + 1);

        qsort(list, m->counts[k], sizeof *list, compare);
        for (size_t i = 0; i < LEVELS; i++)
            r->quantiles[k * LEVELS + i] =
                quantile_of(list, m->counts[k], levels[i]);
        if (m->counts[k] > r->count) r->count = m->counts[k];
    }
    return write_note(r);
}

elman_status residuals_check(const elman_model *model,
                             const elman_dataset *dataset, elman_part part)
{
    static const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_encoding *e = dataset_encoding(dataset);
    if (!e->target_count)
        return failure(ELMAN_BAD_VALUE,
                       "residuals are of values, but the task is %s",
                       task_name(e->task));
    TRY(evaluate_check(model, dataset, &loss));
    return evaluate_check_part(dataset, part);
}

elman_status residuals_shared(const elman_model *model,
                              const elman_dataset *dataset, elman_part part,
                              const elman_trainer_config *config, share *s,
                              elman_residuals **residuals)
{
    /* the lists are needed until their quantiles are known */
    elman_residuals *made = calloc(1, sizeof *made);
    if (!made) return no_memory();
    residual_lists lists = {.dataset = dataset, .share = s};
    elman_status status = residual_lists_measure(&lists, model, part, config);
    if (!status) status = summarize(&lists, made);
    residual_lists_release(&lists);

    if (status == ELMAN_OK) *residuals = made;
    else residuals_destroy(made);
    return status;
}

elman_status residuals_measure(const elman_model *model,
                               const elman_dataset *dataset, elman_part part,
                               const elman_trainer_config *config,
                               elman_residuals **residuals)
{
    share *s = NULL;
    TRY(residuals_check(model, dataset, part));
    if (config->transport) TRY(share_create(config->transport, &s));
    elman_status status =
        s ? evaluate_check_ranks(s, model, dataset) : ELMAN_OK;
    if (!status)
        status = residuals_shared(model, dataset, part, config, s, residuals);
    share_destroy(s);
    return status;
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad(const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "residuals: %s", what);
}

/* Reads a list of as many numbers, none less than the one before. */
static elman_status read_ascending(const json_node *list, size_t count,
                                   double *into)
{
    if (!list || list->kind != JSON_KIND_LIST || list->count != count)
        return bad("a list of numbers has another length");

    size_t i = 0;
    for (const json_node *n = list->is.first; n; n = n->next, i++) {
        if (!json_number(n, &into[i])) return bad("a number is none");
        if (i && into[i] < into[i - 1])
            return bad("numbers are not in ascending order");
    }
    return ELMAN_OK;
}

static elman_status read_root(const json_node *root, elman_residuals *r)
{
    int64_t version = 0, count = 0;
    if (!json_whole(json_find(root, "version"), &version) || version < 1 ||
        version > 2)
        return bad("version is not 1 or 2");
    r->relative = version == 2;
    if (!json_whole(json_find(root, "count"), &count) || count < 1)
        return bad("count is not a whole number above 0");
    r->count = (uint64_t)count;

    /* levels, and a list of as many quantiles for each output */
    const json_node *known = json_find(root, "levels");
    const json_node *lists = json_find(root, "quantiles");
    if (!known || known->kind != JSON_KIND_LIST || !known->count || !lists ||
        lists->kind != JSON_KIND_LIST || !lists->count)
        return bad("no levels or no quantiles");

    TRY(reserve(r, lists->count, known->count));
    TRY(read_ascending(known, r->level_count, r->levels));
    if (r->levels[0] < 0 || r->levels[r->level_count - 1] > 1)
        return bad("a level is not from 0 to 1");

    size_t k = 0;
    for (const json_node *n = lists->is.first; n; n = n->next, k++)
        TRY(read_ascending(n, r->level_count,
                           r->quantiles + k * r->level_count));
    return write_note(r);
}

elman_status residuals_create(const char *text, elman_residuals **residuals)
{
    json_tree *tree = NULL;
    elman_residuals *made = calloc(1, sizeof *made);
    char *copy = text_copy(text); /* reading writes over it */
    elman_status status = made && copy ? ELMAN_OK : no_memory();

    if (status) goto done;
    status = json_read(copy, strlen(copy), false, &tree);
    if (status != ELMAN_OK) status = failure_in(status, "residuals");
    else status = read_root(json_root(tree), made);
done:
    json_close(tree);
    free(copy);

    if (status == ELMAN_OK) *residuals = made;
    else residuals_destroy(made);
    return status;
}
