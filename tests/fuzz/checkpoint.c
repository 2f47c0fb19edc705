/* checkpoint.c: a training run goes on from any bytes, or says why not. */
#include "fuzz.h"
#include "format/file.h"

#include <math.h>

static elman_dataset *dataset;
static elman_model *model;
static elman_trainer *trainer;
static char *beginning; /* where every input starts from, as a file */
static size_t beginning_bytes;

static void prepare(void)
{
    static const char table[] = "a,b\n1,2\n2,3\n3,1\n4,2\n5,4\n6,3\n7,5\n";
    static const elman_dataset_config reading = {.window = 2, .horizon = 1};
    static const elman_config network = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 1},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    static const elman_trainer_config training = {
        .loss.kind = ELMAN_LOSS_MEAN_SQUARED, .batch_size = 2};
    const char *path =
        fuzz_put("t.csv", (const uint8_t *)table, sizeof table - 1);
    MUST_OK(elman_dataset_open(path, &reading, &dataset));
    MUST_OK(elman_model_create(&network, &model));
    MUST_OK(elman_model_write_note(model, "journal", "{}"));
    MUST_OK(elman_trainer_create(model, dataset, &training, &trainer));
    MUST_OK(elman_trainer_step(trainer));
    path = fuzz_path("beginning");
    MUST_OK(elman_trainer_save(trainer, path));
    MUST_OK(file_read(path, &beginning, &beginning_bytes));
}

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("c.safetensors", data, size);
    if (elman_trainer_load(trainer, path) != ELMAN_OK) {
        fuzz_refused(path);
        return;
    }
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    if (elman_trainer_save(trainer, first) == ELMAN_OK) {
        MUST_OK(elman_trainer_load(trainer, first));
        MUST_OK(elman_trainer_save(trainer, second));
        fuzz_same(first, second);
    } else fuzz_refused("");
    if (elman_trainer_step(trainer) != ELMAN_OK) fuzz_refused("");

    /* back to the beginning, for a load also takes or drops the journal */
    path = fuzz_put("beginning", (uint8_t *)beginning, beginning_bytes);
    MUST_OK(elman_trainer_load(trainer, path));
}

static void seed(const char *path)
{
    MUST_OK(elman_trainer_save(trainer, path));
}

const fuzz_target target = {.run = run, .prepare = prepare, .seed = seed};
