/* leftover.c: what a tensor seems to be that no layer takes. */
#include "import/leftover.h"

#include <string.h>

/* ---- Names --------------------------------------------------------------- */

/* A last part of a name, or what it begins with, and what that is. */
typedef struct known_name {
    const char *text;
    bool begins; /* else it is the whole last part */
    leftover_kind kind;
    const char *is;
} known_name;

static const known_name known[] = {
    {"num_batches_tracked", false, LEFTOVER_NOTHING,
     "a count of training "
     "steps"},
    {"position_ids", false, LEFTOVER_NOTHING, "numbers of positions"},
    {"exp_avg", true, LEFTOVER_NOTHING, "an optimizer's"},
    {"momentum_buffer", false, LEFTOVER_NOTHING, "an optimizer's"},
    {"max_exp_avg_sq", false, LEFTOVER_NOTHING, "an optimizer's"},
    {"log_std", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"logstd", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"action_std", false, LEFTOVER_NOISE, "the noise of a policy's actions"},
    {"running_mean", false, LEFTOVER_STATISTICS, NULL},
    {"running_var", false, LEFTOVER_STATISTICS, NULL},
    {"mean", true, LEFTOVER_STATISTICS, NULL},
    {"_mean", false, LEFTOVER_STATISTICS, NULL},
    {"var", false, LEFTOVER_STATISTICS, NULL},
    {"_var", false, LEFTOVER_STATISTICS, NULL},
    {"std", false, LEFTOVER_STATISTICS, NULL},
    {"_std", false, LEFTOVER_STATISTICS, NULL},
    {"scale", true, LEFTOVER_SCALE, NULL},
    {"gamma", false, LEFTOVER_SCALE, NULL},
    {"alpha", false, LEFTOVER_SCALE, NULL},
    {"h0", true, LEFTOVER_STATE, NULL},
    {"c0", true, LEFTOVER_STATE, NULL},
    {"h_0", true, LEFTOVER_STATE, NULL},
    {"c_0", true, LEFTOVER_STATE, NULL},
    {"init_h", true, LEFTOVER_STATE, NULL},
    {"init_c", true, LEFTOVER_STATE, NULL},
    {"initial_", true, LEFTOVER_STATE, NULL},
    {"hidden", true, LEFTOVER_STATE, NULL},
    {"state", true, LEFTOVER_STATE, NULL},
};

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static const known_name *find_known(const char *name)
{
    const char *last = last_part(name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const known_name *k = known + i;
        if (k->begins ? !strncmp(last, k->text, strlen(k->text))
                      : !strcmp(last, k->text))
            return k;
    }
    return NULL;
}

/* ---- Numbers ------------------------------------------------------------- */

static bool same_numbers(const named_tensor *a, const named_tensor *b)
{
    enum { SOME = 256 };
    double x[SOME], y[SOME];
    if (a->type != b->type || a->rank != b->rank || a->count != b->count ||
        a->count == 0 ||
        (a->rank && memcmp(a->shape, b->shape, a->rank * sizeof *a->shape)))
        return false;

    for (size_t done = 0; done < a->count; done += SOME) {
        size_t some = a->count - done < SOME ? a->count - done : SOME;
        tensor_doubles(a, done, some, x);
        tensor_doubles(b, done, some, y);
        if (memcmp(x, y, some * sizeof *x) != 0) return false;
    }
    return true;
}

ptrdiff_t leftover_copy_of(const elman_import *im, size_t index)
{
    const named_tensor *t = im->weights.tensors + index;

    /* a number alone may be the same by chance */
    for (size_t i = 0; t->count > 1 && i < index; i++)
        if (same_numbers(im->weights.tensors + i, t)) return (ptrdiff_t)i;
    return NOWHERE;
}

/* ---- What it is ---------------------------------------------------------- */

/* A policy has std beside its networks; a mean beside it makes it a scaler. */
static bool is_noise(const elman_import *im, const char *name)
{
    const char *last = last_part(name);
    if (strcmp(last, "std") != 0) return false;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *other = im->weights.tensors[i].name;
        if (strncmp(other, name, (size_t)(last - name)) == 0 &&
            strstr(last_part(other), "mean"))
            return false;
    }
    return true;
}

leftover_kind leftover_of(const elman_import *im, size_t index)
{
    const named_tensor *t = im->weights.tensors + index;
    const known_name *k = find_known(t->name);

    if (is_noise(im, t->name)) return LEFTOVER_NOISE;
    if (k && k->kind == LEFTOVER_NOTHING &&
        !strcmp(k->is, "numbers of "
                       "positions") &&
        element_is_float(t->type))
        return LEFTOVER_WEIGHT;
    if (k && k->kind != LEFTOVER_STATE) return k->kind;
    if (leftover_copy_of(im, index) != NOWHERE) return LEFTOVER_NOTHING;
    if (k) return t->rank <= 3 ? k->kind : LEFTOVER_WEIGHT;
    return t->rank > 2 ? LEFTOVER_CONVOLUTION : LEFTOVER_WEIGHT;
}

const char *leftover_text(elman_import *im, size_t index)
{
    const named_tensor *t = im->weights.tensors + index;
    const known_name *k = find_known(t->name);
    ptrdiff_t copy = leftover_copy_of(im, index);

    /* what it is, and what takes such a tensor */
    switch (leftover_of(im, index)) {
    case LEFTOVER_NOTHING:
        if (k && k->is) return import_text(im, "%s", k->is);
        return import_text(im, "the same as %s",
                           im->weights.tensors[copy].name);
    case LEFTOVER_NOISE:
        return import_text(im, "it seems to be the noise of a policy's "
                               "actions, which their mean does without");
    case LEFTOVER_STATE:
        return import_text(
            im, "it seems to be a learned initial state: a mapping file takes "
                "it, with \"learned_state\": true for its layer");
    case LEFTOVER_STATISTICS:
        return import_text(
            im, "it seems to be a statistic that scales numbers: "
                "batch_norm(EPS):PREFIX in --layers takes running_mean and "
                "running_var; else scale the inputs as the model does");
    case LEFTOVER_SCALE:
        return import_text(
            im, "it seems to be a scale: affine(SCALE,0) in --layers is one "
                "number, a linear layer of a mapping file one for each "
                "feature");
    case LEFTOVER_CONVOLUTION:
        return import_text(im, "it seems to be of a convolution, which no "
                               "layer of elman is");
    default:
        return import_text(im, "it seems to be a weight: its prefix in "
                               "--layers or a mapping file says of what");
    }
}
