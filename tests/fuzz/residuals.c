/* residuals.c: residuals are written as they were read, and give quantiles. */
#include "fuzz.h"

#include "learn/residual.h"

#include <stdlib.h>
#include <string.h>

static void run(const uint8_t *data, size_t size)
{
    elman_residuals *first = NULL, *second = NULL;
    char *text = fuzz_copy(data, size);
    if (residuals_create(text, &first) != ELMAN_OK) {
        fuzz_refused("residuals");
        free(text);
        return;
    }

    MUST_OK(residuals_create(residuals_note(first), &second));
    MUST(!strcmp(residuals_note(first), residuals_note(second)));
    for (size_t k = 0; k < residuals_size(first); k++)
        for (int level = 0; level <= 20; level++) {
            double quantile = 0;
            if (residuals_read(first, k, 0.05 * level, &quantile) != ELMAN_OK)
                fuzz_refused("quantile");
        }

    residuals_destroy(second);
    residuals_destroy(first);
    free(text);
}

const fuzz_target target = {.run = run};
