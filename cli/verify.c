/*
 * verify.c: `elman verify`: checks this build on this machine and prints a page
 * to attach to a bug report; or checks a model against reference outputs.
 */
#include "commands.h"
#include "network.h"
#include "reference.h"
#include "screen.h"
#include "system.h"

#include <inttypes.h>

typedef struct verify_values {
    reference_values reference; /* the first: see reference.h */
    uint64_t seed, cases;
} verify_values;

#define AT(field) offsetof(verify_values, field)

static const option_row options[] = {
    {.name = "seed",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seed),
     .fallback = "1",
     .range = {1, 9e18},
     .help = "random seed of the configurations"},
    {.name = "cases",
     .letter = 'n',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(cases),
     .fallback = "40",
     .range = {1, 1e6},
     .common = true,
     .help = "number of configurations to check"},
    {0},
};

#if defined(__clang__)
static const char compiler[] = "clang " __clang_version__;
#elif defined(__GNUC__)
static const char compiler[] = "gcc " __VERSION__;
#else
static const char compiler[] = "unknown";
#endif

static void show_checks(const elman_verify_report *report)
{
    printf("  %zu configurations checked\n", report->cases);
    show_check("double reference against finite differences",
               significant(report->reference_error, 2), "of 1e-5",
               report->reference_error <= 1e-5);
    show_check("outputs against the reference",
               significant(report->forward_error, 2), "of 1",
               report->forward_error <= 1);
    show_check("gradients against the reference",
               significant(report->gradient_error, 2), "of 1",
               report->gradient_error <= 1);
    show_check("the same bits on any threads, ranks and budget",
               report->same_bits ? "yes" : "no", "", report->same_bits);

    printf("  (1 stands for a relative error of 1e-4, or 1e-5 near zero)\n");
}

static void show_page(const verify_values *values, const elman_machine *machine,
                      const elman_verify_report *report)
{
    char host[256];
    system_describe(sizeof host, host);
    printf("elman %s verify --seed %" PRIu64 " --cases %" PRIu64 "\n\n",
           elman_version(), values->seed, values->cases);

    /* the machine and the build */
    printf("  machine   %s\n", host);
    printf("  CPU       %s, %d thread%s, %.1f GFLOP/s each\n", machine->cpu,
           machine->threads, machine->threads == 1 ? "" : "s",
           machine->peak / 1e9);
    printf("  kernels   %s (compared: %s)\n", machine->isa, report->isas);
    printf("  compiler  %s\n\n", compiler);

    /* what was checked, and the number to compare */
    show_checks(report);
    printf("\n  hash of a training run  %016" PRIx64
           "  (equal on every machine)\n",
           report->hash);
    if (report->failure[0])
        printf("\n  first failure: %s\n", printable(report->failure));

    printf("\n%s%s%s\n", paint(stdout, report->passed ? GREEN : RED),
           report->passed ? "passed" : "FAILED", paint(stdout, PLAIN));
}

static void show_record(const elman_machine *machine,
                        const elman_verify_report *report)
{
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, report->hash);
    record out = record_begin(stdout);

    /* the machine and the build */
    record_text(&out, "version", elman_version());
    record_text(&out, "cpu", machine->cpu);
    record_text(&out, "isa", machine->isa);
    record_text(&out, "compiler", compiler);
    record_count(&out, "threads", (uint64_t)machine->threads);
    record_text(&out, "isas_compared", report->isas);

    /* what was checked, and the number to compare */
    record_count(&out, "cases", report->cases);
    record_number(&out, "reference_error", report->reference_error);
    record_number(&out, "forward_error", report->forward_error);
    record_number(&out, "gradient_error", report->gradient_error);
    record_flag(&out, "same_bits", report->same_bits);
    record_text(&out, "hash", hash);
    record_text(&out, "failure", report->failure);
    record_flag(&out, "passed", report->passed);
    record_end(&out);
}

static int verify_model(const parsed_line *arguments)
{
    const verify_values *values = arguments->values;
    const char *path = arguments->operands[0];
    if (!path) return misused("--reference requires a MODEL to check");
    if (option_given(arguments, "seed") || option_given(arguments, "cases"))
        return misused("--seed and --cases are for checking this build, not "
                       "for --reference");

    elman_model *model = NULL;
    if (network_load(path, &values->reference.foreign, &model) != ELMAN_OK)
        return library_failed();
    int code = reference_verify(model, path, &values->reference);

    /* what is not met may be due to what was assumed */
    if (code) (void)network_is_assumed(path, &values->reference.foreign, model);
    elman_model_destroy(model);
    return code;
}

static int verify(const parsed_line *arguments)
{
    const verify_values *values = arguments->values;
    int code = options_check(arguments);
    if (code) return code;
    if (values->reference.files.first) return verify_model(arguments);
    const elman_verify_config config = {.seed = values->seed,
                                        .cases = (size_t)values->cases,
                                        .path = arguments->operands[0]};

    /* this build on this machine */
    elman_machine machine;
    elman_verify_report report;
    if (elman_machine_read(&machine) != ELMAN_OK) return library_failed();
    if (!screen.quiet) live_line("checking ...");
    if (elman_verify(&config, &report) != ELMAN_OK) return library_failed();
    live_line("");

    if (screen.json) show_record(&machine, &report);
    else show_page(values, &machine, &report);
    return report.passed ? EXIT_DONE : EXIT_FAILED;
}

static const example examples[] = {
    {"elman verify > report.txt", "the page to attach to a bug report"},
    {"elman verify input.safetensors", "check a model of your own as well"},
    {"elman verify lstm.pt --reference x.npy y.npy",
     "does a model give what PyTorch gave?"},
    {"ELMAN_ISA=base elman verify --cases 200",
     "with the plainest kernels, more cases"},
    {NULL, NULL},
};

const command_row verify_command = {
    .name = "verify",
    .surplus = "; --reference X.npy Y.npy compares",
    .summary = "check this build, or a model against reference outputs",
    .operands = "[MODEL]",
    .description =
        "Checks forward and backward passes of random configurations against a "
        "plain double-precision reference, that reference against finite "
        "differences, and that all kernels, 1 to 4 threads, 1 to 8 ranks, "
        "budgets of bytes, batches and chunks of time give the same bits. The "
        "hash is that of small training runs and is the same on every machine; "
        "another one is a failed check.\nWith --reference only "
        "MODEL, in any format that elman reads, is checked: that it gives Y "
        "for X, for whole sequences at once and one step at a time. X is an "
        "array (T,I), (T,B,I) or (B,T,I) as the model takes it, or tokens "
        "without I; Y is what the model gave where it came from.\nExits with 1 "
        "if a check fails.",
    .json = true,
    .options = {{"Options", options},
                {reference_title, reference_options},
                {foreign_title, foreign_options}},
    .examples = examples,
    .size = sizeof(verify_values),
    .run = verify,
};
