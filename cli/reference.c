/*
 * reference.c: see reference.h.
 */
#include "reference.h"
#include "arrays.h"
#include "screen.h"

#include <math.h>

#define AT(field) offsetof(reference_values, field)

const char reference_title[] = "What the model gave where it comes from";

const option_row reference_options[] = {
    {.name = "reference",
     .letter = 'r',
     .type = OPTION_PAIR,
     .value = "X.npy Y.npy",
     .field = AT(files),
     .fallback = "(none)",
     .common = true,
     .help = "the model must give Y for X, in whole and step by step, or it "
             "is not the one that was meant"},
    {.name = "lengths",
     .type = OPTION_TEXT,
     .value = "FILE.npy",
     .field = AT(lengths),
     .fallback = "(whole sequences)",
     .needs = "reference",
     .help = "how many steps of each sequence of X count"},
    {.name = "state",
     .type = OPTION_LIST,
     .value = "NAME=FILE.npy",
     .field = AT(states),
     .needs = "reference",
     .help = "begin from this memory, as rnn.h_0=h0.npy, or expect this one "
             "to be left, as rnn.h_n=hn.npy (levels and directions, "
             "sequences, units); once for each"},
    {0},
};

void show_check(const char *name, const char *found, const char *allowed,
                bool passed)
{
    printf("  %-46s%9s %-8s%s%s%s\n", name, found, allowed,
           paint(stdout, passed ? GREEN : RED), passed ? "ok" : "FAILED",
           paint(stdout, PLAIN));
}

void reference_show(const elman_check *check)
{
    show_check("outputs for whole sequences", significant(check->whole, 2),
               "of 1", check->whole <= 1);
    if (isnan(check->stream) && !isnan(check->whole))
        printf("  %-46s%9s\n", "outputs one step at a time", "looks ahead");
    else
        show_check("outputs one step at a time", significant(check->stream, 2),
                   "of 1", check->stream <= 1);

    printf("  (1 stands for a relative error of 1e-4, or 1e-5 near zero)\n");
    if (!check->passed) printf("\n  worst: %s\n", printable(check->failure));
}

void reference_record(record *out, const option_pair *files,
                      const elman_check *check)
{
    record_open(out, "reference", '{');
    record_text(out, "x", files->first);
    record_text(out, "y", files->second);
    record_count(out, "steps", check->T);
    record_count(out, "sequences", check->B);

    record_number(out, "whole", check->whole);
    record_number(out, "stream", check->stream);
    record_text(out, "failure", check->failure);
    record_flag(out, "passed", check->passed);
    record_close(out, '}');
}

static void show_page(const elman_model *model, const char *path,
                      const reference_values *values, const elman_check *check)
{
    const option_pair *files = &values->files;
    printf("%s%s%s\n\n", paint(stdout, BOLD), printable(path),
           paint(stdout, PLAIN));

    /* what is compared */
    printf("  layers    %s\n", model_describe(model));
    printf("  reads     %s, %zu step%s of %zu sequence%s\n",
           printable(files->first), check->T, check->T == 1 ? "" : "s",
           check->B, check->B == 1 ? "" : "s");
    const char *padding = elman_model_note(model, "padding");
    if (padding)
        printf("            steps that are padding (%s) are passed over\n",
               printable(padding));
    printf("  expected  %s\n", printable(files->second));
    for (size_t n = 0; n < values->states.count; n++)
        printf("  %s  %s\n", n ? "      " : "memory",
               printable(values->states.texts[n]));
    putchar('\n');

    reference_show(check);
    printf("\n%s%s%s\n", paint(stdout, check->passed ? GREEN : RED),
           check->passed ? "passed" : "FAILED", paint(stdout, PLAIN));
}

/* ---- Its memory ---------------------------------------------------------- */

/* How many sequences x has: the axis that the model says, if it has one. */
static int count_sequences(const network *net, const char *path, size_t *B)
{
    array_pass pass = {.net = net};
    int code = arrays_read(path, &pass);
    *B = pass.B;
    arrays_close(&pass);
    return code;
}

/* Two states of B sequences: what the words name of the memory in front, and of
 * that behind, where all else is NaN. */
static int make_states(const network *net, const reference_values *values,
                       elman_state **begin, elman_state **end)
{
    size_t B = 0;
    int code = count_sequences(net, values->files.first, &B);
    const elman_state_config room = {.T = 1, .B = B};
    if (code) return code;
    if (elman_state_create(net->model, &room, begin) != ELMAN_OK ||
        elman_state_create(net->model, &room, end) != ELMAN_OK)
        return library_failed();
    return states_expect(net, *begin, *end, B, &values->states);
}

int reference_check(elman_model *model, const char *path,
                    const reference_values *values, elman_check *check)
{
    const option_pair *files = &values->files;
    elman_state *begin = NULL, *end = NULL;
    const network net = {.path = path,
                         .model = model,
                         .ordered = true,
                         .size = elman_model_read_info(model)};
    int code = 0;
    if (values->states.count) code = make_states(&net, values, &begin, &end);

    /* whole, and one step at a time */
    if (!code && elman_model_check_states(model, files->first, files->second,
                                          values->lengths, begin, end,
                                          check) != ELMAN_OK)
        code = -1;
    if (!code) axes_tell_reference(&net, files->first, files->second, check);
    elman_state_destroy(begin);
    elman_state_destroy(end);
    return code;
}

int reference_verify(elman_model *model, const char *path,
                     const reference_values *values)
{
    elman_check check = {0};
    int code = reference_check(model, path, values, &check);
    if (code) return code < 0 ? library_failed() : code;

    if (screen.json) {
        record out = record_begin(stdout);
        record_text(&out, "model", path);
        record_text(&out, "layers", model_describe(model));
        reference_record(&out, &values->files, &check);
        record_flag(&out, "passed", check.passed);
        record_end(&out);
    } else show_page(model, path, values, &check);

    return check.passed ? EXIT_DONE : EXIT_FAILED;
}
