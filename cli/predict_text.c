/*
 * predict_text.c: how well a language model knows a line: its bits per token.
 */
#include "options.h"
#include "predict.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 }; /* steps of a pass */

/* The line's tokens after that of a line break, if the vocabulary has one, so
 * that the first token of the line is predicted too. */
static int read_tokens(const predictor *run, const line_source *source,
                       int32_t *tokens, size_t *count, size_t *left_out)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t first = 0, unknown = 0;
    if (elman_encoding_read(encoding, "\n", 1, 1, tokens, &first, NULL) !=
            ELMAN_OK ||
        first != 1)
        first = 0;

    if (elman_encoding_read(encoding, source->text, source->bytes,
                            source->bytes, tokens + first, count,
                            &unknown) != ELMAN_OK)
        return failed("line %llu of %s: %s", (unsigned long long)source->line,
                      source->name, elman_message());

    *count += first;
    *left_out += unknown;
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

/* Lines are read as UTF-8, as they may come from a pipe. */
static int check_encoding(const predictor *run, line_source *source)
{
    bool wide = source_begins(source, "\xFF\xFE", 2) ||
                source_begins(source, "\xFE\xFF", 2);
    if (!wide && !run->reading.text_encoding) return 0;
    return misused("%s%s, but lines are read as UTF-8; convert them: iconv -f "
                   "%s -t UTF-8 FILE | elman predict %s",
                   source->name, wide ? " is UTF-16" : ": --encoding is given",
                   wide ? "UTF-16" : run->reading.text_encoding,
                   shell_quoted(run->net->path));
}

int predict_text(predictor *run, line_source *source)
{
    size_t unknown = 0;
    int code = check_encoding(run, source);
    while (!code && source_next(source)) {
        int32_t *tokens = calloc(source->bytes + 2, sizeof *tokens);
        size_t count = 0;
        double bits = 0;

        code = tokens ? read_tokens(run, source, tokens, &count, &unknown)
                      : failed("out of memory");
        if (!code) code = sum_bits(run, tokens, count, &bits);
        if (!code)
            code = answer_write_bits(&run->style, bits, count ? count - 1 : 0);

        free(tokens);
    }
    if (!code && unknown)
        note("%zu characters are not in the vocabulary: neither read nor "
             "scored",
             unknown);
    return code;
}
