/*
 * predict_text.c: how well a language model knows a line: its bits per token.
 */
#include "predict.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 }; /* steps of a pass */

/* The line's tokens after that of a line break, if the vocabulary has one, so
 * that the first token of the line is predicted too. */
static int read_tokens(const predictor *run, const line_source *source,
                       int32_t *tokens, size_t *count)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t first = 0;
    if (elman_encoding_read(encoding, "\n", 1, 1, tokens, &first) != ELMAN_OK ||
        first != 1)
        first = 0;

    if (elman_encoding_read(encoding, source->text, source->bytes,
                            source->bytes, tokens + first, count) != ELMAN_OK)
        return failed("line %llu of %s: %s", (unsigned long long)source->line,
                      source->name, elman_message());

    *count += first;
    return 0;
}

/* Adds up the bits of tokens 1 to count-1, each predicted from those before. */
static int sum_bits(predictor *run, const int32_t *tokens, size_t count,
                    double *bits)
{
    size_t O = run->net->size.output_size;
    int code = predictor_reserve(run, CHUNK, 1);
    *bits = 0;

    for (size_t at = 0; at + 1 < count && !code; at += CHUNK) {
        size_t T = count - 1 - at < CHUNK ? count - 1 - at : CHUNK;
        const elman_batch batch = {.T = T, .B = 1, .tokens = tokens + at};
        if (elman_model_forward(run->net->model, run->state, &batch, run->y) !=
            ELMAN_OK)
            return library_failed();

        for (size_t t = 0; t < T; t++)
            *bits -=
                log2_softmax(run->y + t * O, O, (size_t)tokens[at + t + 1]);
    }
    return code;
}

int predict_text(predictor *run, line_source *source)
{
    int code = 0;
    while (!code && source_read(source)) {
        int32_t *tokens = calloc(source->bytes + 2, sizeof *tokens);
        size_t count = 0;
        double bits = 0;

        code = tokens ? read_tokens(run, source, tokens, &count)
                      : failed("out of memory");
        if (!code) code = sum_bits(run, tokens, count, &bits);
        if (!code)
            code = answer_write_bits(&run->style, bits, count ? count - 1 : 0);

        free(tokens);
    }
    return code;
}
