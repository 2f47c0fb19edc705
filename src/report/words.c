/*
 * words.c: what a model reads and answers, in the words of its data.
 */
#include "data/dataset.h"
#include "model/model.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const elman_encoding *words_encoding(const elman_inspection *of)
{
    return of->dataset ? dataset_encoding(of->dataset) : NULL;
}

const elman_layer *words_layer(const elman_model *model, size_t i)
{
    const elman_layer *layers = model->config.layers;
    return i < ELMAN_MAX_LAYERS && layers[i].kind != ELMAN_END ? &layers[i]
                                                               : NULL;
}

/* Line ends and tabs get a mark that shows, and keep their effect; without it
 * spaces get one as well. */
static void write_visible(page *p, const char *text, size_t bytes, bool effect)
{
    for (size_t i = 0; i < bytes; i++) {
        size_t plain = i;
        while (plain < bytes && !memchr("\n\t ", text[plain], effect ? 2 : 3))
            plain++;
        page_text(p, text + i, plain - i);
        if (plain < bytes) {
            const char mark[] = {text[plain], 0};
            page_write(p, "@r@r",
                       mark[0] == '\n'   ? "↵"
                       : mark[0] == '\t' ? "⇥"
                                         : "␣",
                       effect ? mark : "");
        }
        i = plain;
    }
}

static void write_token(page *p, const elman_inspection *of, int32_t token,
                        bool effect)
{
    const elman_encoding *encoding = words_encoding(of);
    if (encoding && encoding->tokens && token >= 0 &&
        (size_t)token < encoding->vocabulary)
        write_visible(p, encoding->tokens[token], encoding->token_bytes[token],
                      effect);
    else if (token >= 0) page_write(p, "@u", (size_t)token);
    else page_write(p, "–");
}

void words_token(page *p, const elman_inspection *of, int32_t token)
{
    write_token(p, of, token, false);
}

void words_answer(page *p, const elman_inspection *of, elman_task task,
                  int32_t answer)
{
    const elman_encoding *encoding = words_encoding(of);
    if (task == ELMAN_TASK_LANGUAGE && answer >= 0) {
        page_write(p, "<span class=token>");
        words_token(p, of, answer);
        page_write(p, "</span>");
        return;
    }

    if (encoding && encoding->labels && answer >= 0 &&
        (size_t)answer < encoding->class_count)
        page_write(p, "@t", encoding->labels[answer]);
    else if (answer >= 0) page_write(p, "class @u", (size_t)answer);
    else page_write(p, "–");
}

void words_output(page *p, const elman_inspection *of, size_t output)
{
    const elman_encoding *encoding = words_encoding(of);
    bool classes = encoding && (encoding->task == ELMAN_TASK_LANGUAGE ||
                                encoding->class_count);
    if (classes && output <= INT32_MAX) {
        words_answer(p, of, encoding->task, (int32_t)output);
        return;
    }

    /* values: which one, and of which step ahead */
    size_t targets = encoding ? encoding->target_count : 0;
    if (!targets) {
        page_write(p, "output @u", output);
        return;
    }
    if (encoding->target_names)
        page_write(p, "@t", encoding->target_names[output % targets]);
    else page_write(p, "target @u", output % targets);
    if (encoding->task == ELMAN_TASK_FORECAST)
        page_write(p, ", @u ahead", output / targets + 1);
}

void words_target(const elman_inspection *of, size_t target,
                  char name[TARGET_ROOM])
{
    const elman_encoding *encoding = words_encoding(of);
    if (encoding && encoding->target_names && target < encoding->target_count)
        snprintf(name, TARGET_ROOM, "%.60s", encoding->target_names[target]);
    else snprintf(name, TARGET_ROOM, "target %zu", target);
}

/* Whether a whole sequence has one answer, about none of its steps. */
static bool answers_once(const elman_inspection *of)
{
    const elman_encoding *encoding = words_encoding(of);
    return of->model && of->model->info.per_sequence && encoding &&
           encoding->task != ELMAN_TASK_FORECAST;
}

void words_place(page *p, const elman_inspection *of, uint64_t id, size_t step)
{
    if (!of->dataset) {
        page_write(p, "sequence @u, step @u", (size_t)id, step);
        return;
    }

    if (words_encoding(of)->task == ELMAN_TASK_LANGUAGE) {
        page_write(p, "token @g", (size_t)id);
        return;
    }

    /* by its time if it has one, and by its line */
    elman_origin origin = {0};
    dataset_origin(of->dataset, id, step, &origin);
    if (origin.series) page_write(p, "@t, ", origin.series);
    if (origin.time[0]) page_write(p, "@t", origin.time);
    else if (answers_once(of)) {
        if (!origin.series) page_write(p, "sequence @u", origin.sequence);
    } else if (!origin.series)
        page_write(p, "sequence @u, step @u", origin.sequence, origin.step);
    else page_write(p, "step @u", origin.step);
    if (origin.line) page_write(p, " (line @u)", origin.line);
}

static size_t place_of(const elman_inspection *of, size_t sequence, size_t step)
{
    return step * of->batch->B + sequence;
}

int32_t words_read(const elman_inspection *of, size_t sequence, size_t step)
{
    return of->batch->tokens[place_of(of, sequence, step)];
}

double words_input(const elman_inspection *of, size_t sequence, size_t step,
                   size_t feature)
{
    size_t I = of->model->info.input_size;
    return (double)of->batch->x[place_of(of, sequence, step) * I + feature];
}

void words_tokens(page *p, const elman_inspection *of, const char *id,
                  size_t sequence, size_t T, const elman_attribution *shown)
{
    const double *shares = shown ? shown->steps : NULL;
    const elman_encoding *encoding = words_encoding(of);
    bool apart = !encoding || encoding->unit == ELMAN_UNIT_WORDS;
    double most = 0;
    for (size_t t = 0; t < T && shares; t++)
        if (fabs(shares[t]) > most) most = fabs(shares[t]);

    page_write(p, "<p class=tokens id=\"@t\">", id);
    for (size_t t = 0; t < T; t++) {
        double share = shares && most > 0 ? shares[t] / most : 0;
        bool asked = shown && t == shown->step;
        bool kept = shown && t < shown->first;
        page_write(p, "<b");
        if (shares && !kept)
            page_write(p, " title=\"step @u: @n\" style=\"--v:@n\"", t,
                       shares[t], fabs(share));
        if (share < 0 || asked || kept)
            page_write(p, " class=\"@r@r@r\"", share < 0 ? "less " : "",
                       kept ? "kept " : "", asked ? "asked" : "");

        /* the token itself */
        page_write(p, ">");
        write_token(p, of, words_read(of, sequence, t), true);
        page_write(p, "</b>@r", apart ? " " : "");
    }
    page_write(p, "</p>");
}

void words_mistake(page *p, const elman_inspection *of,
                   const elman_mistake *mistake)
{
    page_write(p, "<td class=before><span>");
    for (size_t t = 0; t < mistake->before_count; t++)
        write_token(p, of, mistake->before[t], false);
    page_write(p, "</span>");
}
