/*
 * continued_resume.c: a checkpoint that does not fit: see continued.h.
 */
#include "continued.h"
#include "screen.h"

#include <string.h>

/* The library's names of settings, and the options behind them. */
static const char *const options[][2] = {
    {"batch_size", "--batch"},
    {"k1", "--k1"},
    {"k2", "--k2"},
    {"fresh_state", "--fresh-state"},
    {"in_order", "--no-shuffle"},
    {"no_buckets", "--no-buckets"},
    {"seed", "--seed"},
    {"optimizer", "--optimizer"},
    {"flavour", "--flavour"},
    {"loss", "--loss"},
    {"label_smoothing", "--label-smoothing"},
    {"delta", "--huber-delta"},
    {"ignore_index", "--ignore-index"},
    {"class_weights", "--class-weights"},
    {"time", "--time"},
    {"by", "--by"},
    {"decimal", "--decimal"},
    {"thousands", "--thousands"},
    {"missing", "--missing"},
    {"transform", "--transform"},
    {"window", "--window"},
    {"horizon", "--horizon"},
    {"hidden_size", "--hidden"},
    {"hidden_sizes", "--hidden"},
    {"num_layers", "--layers"},
    {"kind", "--cell"},
    {"embedding_dim", "--embedding"},
    {"proj_size", "--proj"},
    {"nonlinearity", "--nonlinearity"},
    {"merge", "--merge"},
    {"clip", "--clip-gates"},
    {"dropout", "--dropout"},
    {"recurrent_dropout", "--recurrent-dropout"},
    {"zoneout", "--zoneout"},
    {"zoneout_cell", "--zoneout-cell"},
    {"bidirectional", "--bidirectional"},
    {"no_bias", "--no-bias"},
};

static const char *option_of(const char *key, size_t length)
{
    for (size_t n = 0; n < sizeof options / sizeof *options; n++)
        if (!strncmp(options[n][0], key, length) && !options[n][0][length])
            return options[n][1];
    return NULL;
}

#define MAY_CHANGE                                                             \
    "--lr, clipping, schedule, limits, --patience, --freeze, --threads and "   \
    "--memory may change"

int resume_failed(const char *model_path)
{
    static const char begins[] = "the run had ", model[] = "another model: ";
    const char *message = elman_message();
    const char *at = strstr(message, begins);
    if (!at) {
        bool data = strstr(message, "the data has changed") != NULL;
        return misused("%s%s%s%s", message, data ? ": --init-from " : "",
                       data ? shell_quoted(model_path) : "",
                       data ? " without --resume" : "");
    }

    /* the file, the setting, and both values up to the end of the sentence */
    int file = (int)(at - message);
    at += strlen(begins);
    bool of_model = !strncmp(at, model, strlen(model));
    if (of_model) at += strlen(model);
    bool absent = of_model && !strncmp(at, "no ", 3);
    if (absent) at += 3;
    size_t key = strcspn(at, " "), values = strcspn(at, ";");
    const char *option = option_of(at, key);
    if (!option) return misused("%s", message);

    static const char now[] = ", now it is ", where[] = " where now is ";
    const char *had = at + key + 1;
    const char *joint = strstr(at, of_model ? where : now);
    if (!joint) return misused("%s", message);
    const char *has = joint + strlen(of_model ? where : now);
    bool gone = of_model && !strncmp(has, "no ", 3);
    if (of_model && !strncmp(has, at, key + 1)) has += key + 1;

    /* a flag has no value to go on with, nor has what was not there */
    const char *layer = of_model ? strstr(at, " in layer ") : NULL;
    int value = (int)((layer && layer < joint ? layer : joint) - had);
    int new_value = (int)(at + values - has);
    if (value < 0) value = 0;
    char was[80], is[80];
    bool flag = !strncmp(had, "no,", 3) || !strncmp(had, "yes,", 4) ||
                (of_model && (!strncmp(absent ? has : had, "true", 4)));
    bool off = absent || (flag && *had == 'n');
    snprintf(was, sizeof was, flag || off ? "%s" : "%s %.*s", option, value,
             had);
    snprintf(is, sizeof is, "%.*s", new_value, has);
    return misused(
        "%.*sthe run had %s%s, now it is %s; go on %s %s, or begin anew "
        "without --resume; " MAY_CHANGE,
        file, message, off ? "no " : "", was,
        flag   ? off ? "on" : "off"
        : gone ? "none"
               : is,
        off ? "without" : "with", was);
}
