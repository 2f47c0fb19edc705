/*
 * reference.c: see reference.h.
 */
#include "reference.h"
#include "network.h"
#include "screen.h"

#include <math.h>

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
                      const option_pair *files, const elman_check *check)
{
    printf("%s%s%s\n\n", paint(stdout, BOLD), printable(path),
           paint(stdout, PLAIN));

    printf("  layers    %s\n", model_describe(model));
    printf("  reads     %s, %zu step%s of %zu sequence%s\n",
           printable(files->first), check->T, check->T == 1 ? "" : "s",
           check->B, check->B == 1 ? "" : "s");
    const char *padding = elman_model_note(model, "padding");
    if (padding)
        printf("            steps that are padding (%s) are passed over\n",
               printable(padding));
    printf("  expected  %s\n\n", printable(files->second));

    reference_show(check);
    printf("\n%s%s%s\n", paint(stdout, check->passed ? GREEN : RED),
           check->passed ? "passed" : "FAILED", paint(stdout, PLAIN));
}

elman_status reference_check(const elman_model *model, const option_pair *files,
                             const char *lengths, elman_check *check)
{
    return lengths
               ? elman_model_check_lengths(model, files->first, files->second,
                                           lengths, check)
               : elman_model_check(model, files->first, files->second, check);
}

int reference_verify(const elman_model *model, const char *path,
                     const option_pair *files, const char *lengths)
{
    elman_check check = {0};
    if (reference_check(model, files, lengths, &check) != ELMAN_OK)
        return library_failed();

    if (screen.json) {
        record out = record_begin(stdout);
        record_text(&out, "model", path);
        record_text(&out, "layers", model_describe(model));
        reference_record(&out, files, &check);
        record_flag(&out, "passed", check.passed);
        record_end(&out);
    } else show_page(model, path, files, &check);

    return check.passed ? EXIT_DONE : EXIT_FAILED;
}
