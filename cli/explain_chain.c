/*
 * explain_chain.c: experiments with one unit that hands its state from step to
 * step: exploding, vanishing, lstm; see experiment.h and the examples of these
 * names.
 */
#include "explain_chain.h"
#include "experiment.h"
#include "explain.h"
#include "screen.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void chain_close(chain *c)
{
    elman_state_destroy(c->state);
    elman_model_destroy(c->model);
    free(c->x);
    *c = (chain){0};
}

int chain_open(elman_kind kind, bool relu, double number, size_t T, chain *c)
{
    elman_init same = {ELMAN_INIT_CONSTANT, number};
    elman_config config = {.input_size = 1};
    elman_layer *layer = &config.layers[0];
    layer->kind = kind;
    layer->hidden_size = 1;
    layer->init_ih = layer->init_hh = same;
    if (kind == ELMAN_RNN) layer->no_bias = true;
    else layer->init_bias = (elman_init){ELMAN_INIT_CONSTANT, 0};
    if (relu) layer->nonlinearity = ELMAN_ACTIVATION_RELU;

    /* the model, and a pass that keeps its gradients */
    elman_state_config training = {
        .T = T, .training = true, .keep_gradients = true};
    *c = (chain){.T = T};
    if (elman_model_create(&config, &c->model) != ELMAN_OK ||
        elman_state_create(c->model, &training, &c->state) != ELMAN_OK)
        return library_failed();
    c->x = calloc(4 * T, sizeof *c->x);
    if (!c->x) return failed("out of memory");
    c->y = c->x + T;
    c->dy = c->x + 2 * T;
    c->dx = c->x + 3 * T;
    for (size_t t = 0; t < T; t++)
        c->x[t] = 1;
    c->dy[T - 1] = 1;
    return 0;
}

int chain_run(chain *c)
{
    elman_batch batch = {.T = c->T, .B = 1, .x = c->x};
    if (elman_model_forward(c->model, c->state, &batch, c->y) != ELMAN_OK ||
        elman_model_backward(c->model, c->state, c->dy, c->dx) != ELMAN_OK)
        return library_failed();
    return 0;
}

double chain_value(chain *c, const char *view, size_t n)
{
    elman_tensor tensor;
    if (elman_state_view(c->model, c->state, view, &tensor) != ELMAN_OK)
        return NAN;
    return (double)tensor.data[n];
}

/* The factor of the gradient at step t: what a step back makes of it; NaN
 * where a float has too few digits left to tell. */
static double factor_at(const chain *c, size_t t)
{
    if (t + 1 >= c->T || fabsf(c->dx[t]) < FLT_MIN) return NAN;
    return (double)c->dx[t] / (double)c->dx[t + 1];
}

/* Of the gradient at the last step, the part that is left at the first. */
static double part_left(const chain *c)
{
    return (double)c->dx[0] / (double)c->dx[c->T - 1];
}

static const char *verdict(double part, size_t T)
{
    if (T < 2 || isnan(part)) return "there is nothing to compare";
    if (fabs(part) > 2) return "it explodes";
    return fabs(part) < 0.5 ? "it vanishes" : "it stays about what it was";
}

/* How many of the last steps make 99 % of all gradients at x. */
static size_t steps_that_count(const chain *c)
{
    double all = 0, sum = 0;
    for (size_t t = 0; t < c->T; t++)
        all += fabs((double)c->dx[t]);
    size_t count = 0;
    while (count < c->T && sum < 0.99 * all)
        sum += fabs((double)c->dx[c->T - ++count]);
    return count;
}

static void say_gradients(chain *c, story *told)
{
    story_number_add(told, "gradient of weight_hh",
                     chain_value(c, "rnn.weight_hh_l0.grad", 0), NULL);
    story_number_add(told, "gradient of weight_ih",
                     chain_value(c, "rnn.weight_ih_l0.grad", 0), NULL);
}

static void torch_chain(story *told, const trial *numbers, bool relu)
{
    story_torch(told,
                "import torch; net = torch.nn.RNN(1, 1, %sbias=False); "
                "[w.data.fill_(%s) for w in net.parameters()]",
                relu ? "nonlinearity=\"relu\", " : "",
                number_text(numbers->weight));
    story_torch(told,
                "x = torch.ones(%zu, 1, requires_grad=True); y = net(x)[0]; "
                "y[-1].sum().backward(); print(torch.cat([y.detach(), x.grad], "
                "1), net.weight_hh_l0.grad, net.weight_ih_l0.grad)",
                numbers->T);
}

/* ---- Exploding ---------------------------------------------------------- */

/* What clipping makes of the gradient: a step of SGD at rate 1. */
static int clip(chain *c, story *told)
{
    elman_optimizer *optimizer = NULL;
    elman_optimizer_config clipped = {
        .rule = ELMAN_RULE_SGD, .learning_rate = 1, .clip_norm = 1};
    double norm = 0;
    float w_hh = 0, w_ih = 0;
    elman_status status =
        elman_optimizer_create(c->model, &clipped, &optimizer);
    if (status == ELMAN_OK)
        status = elman_optimizer_step(optimizer, c->model, c->state, -1, &norm);
    elman_optimizer_destroy(optimizer);

    /* no step without a number; else what it did */
    if (status == ELMAN_NOT_FINITE) {
        story_say(told, "The gradient is no longer a number in float32: no "
                        "clipping mends that.");
        return 0;
    }
    if (status != ELMAN_OK ||
        elman_model_read(c->model, "rnn.weight_hh_l0", 1, &w_hh) != ELMAN_OK ||
        elman_model_read(c->model, "rnn.weight_ih_l0", 1, &w_ih) != ELMAN_OK)
        return library_failed();

    story_number_add(told, "norm of both", norm, NULL);
    story_number_add(told, "weight_hh after a step clipped to 1", (double)w_hh,
                     NULL);
    story_number_add(told, "weight_ih after a step clipped to 1", (double)w_ih,
                     NULL);
    if (norm > 1)
        story_say(told,
                  "A step of SGD at rate 1 would move the weights by %s; with "
                  "the norm clipped to 1 (clip_norm) it keeps its direction "
                  "and moves them by 1.",
                  number_text(norm));
    return 0;
}

int exploding_run(const trial *numbers, story *told)
{
    chain c;
    int code = chain_open(ELMAN_RNN, true, numbers->weight, numbers->T, &c);
    if (!code) code = chain_run(&c);
    snprintf(told->title, STORY_LINE,
             "%zu relu step%s with all weights %s, x = 1 at each, and a "
             "gradient of 1 at the last h",
             numbers->T, numbers->T == 1 ? "" : "s",
             number_text(numbers->weight));
    told->columns = 3;
    told->heads[0] = (story_column){"step", "%.0f", false};
    told->heads[1] = (story_column){"h", NULL, false};
    told->heads[2] = (story_column){"gradient at x", NULL, true};
    told->log = true;
    if (code || !story_rows(told, c.T, false)) {
        chain_close(&c);
        return code ? code : EXIT_FAILED;
    }
    for (size_t t = 0; t < c.T; t++) {
        told->cells[3 * t] = (double)t;
        told->cells[3 * t + 1] = (double)c.y[t];
        told->cells[3 * t + 2] = (double)c.dx[t];
    }
    say_gradients(&c, told);

    /* what it shows, whatever the weight */
    double w = numbers->weight, part = part_left(&c);
    if (w > 0)
        story_say(told,
                  "Each step back multiplies the gradient by the weight, %s: "
                  "relu's slope is 1 where h is above 0. Over %zu steps that "
                  "is a factor of %s, so %s.",
                  number_text(w), c.T - 1, number_text(part),
                  verdict(part, c.T));
    else
        story_say(told,
                  "With a weight of %s no unit is ever above 0, where "
                  "relu has no slope: nothing comes back at all.",
                  number_text(w));
    if (w > 1)
        story_say(told, "What is above 1 explodes, and only 1 itself stays: "
                        "try --weight 1, or --weight 0.9 --steps 40.");
    code = clip(&c, told);
    torch_chain(told, numbers, true);
    story_torch(told, "print(torch.nn.utils.clip_grad_norm_(net.parameters(), "
                      "1)); torch.optim.SGD(net.parameters(), 1).step(); "
                      "print(net.weight_hh_l0.data, net.weight_ih_l0.data)");
    chain_close(&c);
    return code;
}

/* ---- Vanishing ---------------------------------------------------------- */

/* What part_left would be without the limits of a float: the product of the
 * factors, of which each is a weight and a slope. */
static double product_left(const chain *c, double number)
{
    double product = 1;
    for (size_t t = 0; t + 1 < c->T; t++)
        product *= number * (1 - (double)c->y[t] * (double)c->y[t]);
    return product;
}

static void tell_vanishing(chain *c, const trial *numbers, story *told)
{
    double part = product_left(c, numbers->weight);
    size_t count = steps_that_count(c);

    /* the factor of a step, what is left, and what hides it */
    if (c->T > 1) {
        double slope = 1 - pow((double)c->y[c->T - 2], 2);
        story_say(told,
                  "Each step back multiplies the gradient by the weight and by "
                  "the slope of tanh, 1 - h^2: by %s x %s = %s at the end.",
                  number_text(numbers->weight), number_text(slope),
                  number_text(numbers->weight * slope));
    }
    story_say(told,
              "Of the gradient at the last step, %s is left at step 0: "
              "%s.",
              number_text(part), verdict(part, c->T));
    if (part != 0 && fabsf(c->dx[0]) < FLT_MIN)
        story_say(told, "That is less than a float of full precision holds, "
                        "1.2e-38: the first rows have lost digits, or are 0.");

    /* the same number forward */
    if (fabs(part) < 0.5)
        story_say(told, "The gradient at x is also what a change of x does to "
                        "the last h: what does not come back from there never "
                        "got there.");
    double sum = chain_value(c, "rnn.weight_ih_l0.grad", 0);
    if (fabs(part) < 0.5 && fabs(sum) > 1e-6)
        story_say(told,
                  "The sums over the steps hide it: the gradients of the "
                  "weights are no smaller for it, but the last %zu step%s made "
                  "99 %% of that of weight_ih. The distant past teaches "
                  "nothing.",
                  count, count == 1 ? "" : "s");
    if (numbers->weight > 0.9)
        story_say(told, "A larger weight makes h larger, and tanh flatter "
                        "there: the factor stays below 1 as long as x pushes "
                        "the unit to its end.");
}

int vanishing_run(const trial *numbers, story *told)
{
    chain c;
    int code = chain_open(ELMAN_RNN, false, numbers->weight, numbers->T, &c);
    if (!code) code = chain_run(&c);
    snprintf(told->title, STORY_LINE,
             "%zu tanh step%s with all weights %s, x = 1 at each, and a "
             "gradient of 1 at the last h",
             numbers->T, numbers->T == 1 ? "" : "s",
             number_text(numbers->weight));
    told->columns = 4;
    told->heads[0] = (story_column){"step", "%.0f", false};
    told->heads[1] = (story_column){"h", "%.4f", false};
    told->heads[2] = (story_column){"gradient at x", "%.4e", true};
    told->heads[3] = (story_column){"to the step after", "%.3f", false};
    told->log = true;
    if (code || !story_rows(told, c.T, false)) {
        chain_close(&c);
        return code ? code : EXIT_FAILED;
    }

    /* from the last step to the first, as the gradient travels */
    for (size_t row = 0; row < c.T; row++) {
        size_t t = c.T - 1 - row;
        double *cells = told->cells + 4 * row;
        cells[0] = (double)t;
        cells[1] = (double)c.y[t];
        cells[2] = (double)c.dx[t];
        cells[3] = factor_at(&c, t);
    }
    say_gradients(&c, told);
    tell_vanishing(&c, numbers, told);
    torch_chain(told, numbers, false);
    chain_close(&c);
    return 0;
}

/* ---- The remedy --------------------------------------------------------- */

enum { LSTM_COLUMNS = 6 };

/* A cell by hand, as torch.nn.LSTM shows no c but the last. */
static void torch_lstm(story *told, const trial *numbers)
{
    story_torch(told,
                "import torch; net = torch.nn.LSTMCell(1, 1); "
                "[w.data.fill_(%s if \"weight\" in n else 0) for n, w in "
                "net.named_parameters()]",
                number_text(numbers->weight));
    story_torch(told,
                "x = torch.ones(%zu, 1, 1, requires_grad=True); state = "
                "(torch.zeros(1, 1),) * 2",
                numbers->T);
    story_torch(told, "cells = [state[1] for step in x if (state := net(step, "
                      "state))]; [c.retain_grad() for c in cells]; "
                      "state[0].sum().backward()");
    story_torch(told, "print(torch.tensor([(c.item(), c.grad, g) for c, g "
                      "in zip(cells, x.grad)]).flip(0), net.weight_hh.grad)");
}

static void tell_lstm(chain *c, chain *tanh_chain, const trial *numbers,
                      story *told)
{
    static const char *const gates[] = {"i", "f", "g", "o"};
    for (size_t gate = 0; gate < 4; gate++) {
        char name[48];
        snprintf(name, sizeof name, "gradient of weight_hh %s", gates[gate]);
        story_number_add(told, name,
                         chain_value(c, "rnn.weight_hh_l0.grad", gate), "%.4f");
    }

    /* along the cell, and with what takes the way through h */
    size_t half = c->T / 2;
    story_say(told,
              "The cell is carried on by a product with the forget gate alone, "
              "so along c alone a step back costs the factor f, %s at the end, "
              "but no slope of tanh and no weight.",
              number_text(chain_value(c, "layer0.gate", 4 * (c->T - 1) + 1)));
    if (c->T > 2 && told->cells[LSTM_COLUMNS * (c->T - 1) + 3] != 0)
        story_say(told,
                  "To this comes what goes back through h, by weights and "
                  "slopes. Together a step back leaves %s of the gradient at c "
                  "(step %zu to %zu), and of the %s that arrive at step 0, %s "
                  "went along c alone.",
                  number_text(chain_value(c, "layer0.dc", half - 1) /
                              chain_value(c, "layer0.dc", half)),
                  half, half - 1, number_text(chain_value(c, "layer0.dc", 0)),
                  number_text(told->cells[LSTM_COLUMNS * (c->T - 1) + 5]));

    /* beside the chain without gates */
    double here = (double)c->dx[0], there = (double)tanh_chain->dx[0];
    if (here == 0)
        story_say(told, "At x of step 0 nothing of the gradient is left.");
    else if (there != 0)
        story_say(told,
                  "At x of step 0 the gradient is %s here and %s in a tanh "
                  "chain of the same weights: %s times as much.",
                  number_text(here), number_text(there),
                  number_text(here / there));
    else
        story_say(told,
                  "At x of step 0 the gradient is %s here, and less than a "
                  "float holds in a tanh chain of the same weights.",
                  number_text(here));
    story_say(told, "A forget gate near 1 keeps more: that is what a forget "
                    "bias and the chrono rule begin with.");
    torch_lstm(told, numbers);
}

int lstm_run(const trial *numbers, story *told)
{
    /* the cell, and the same without gates */
    chain c, other = {0};
    int code = chain_open(ELMAN_LSTM, false, numbers->weight, numbers->T, &c);
    if (!code) code = chain_run(&c);
    if (!code)
        code =
            chain_open(ELMAN_RNN, false, numbers->weight, numbers->T, &other);
    if (!code) code = chain_run(&other);
    snprintf(told->title, STORY_LINE,
             "an LSTM over %zu step%s with all weights %s, x = 1 at each, and "
             "a gradient of 1 at the last h",
             numbers->T, numbers->T == 1 ? "" : "s",
             number_text(numbers->weight));
    told->columns = LSTM_COLUMNS;
    told->heads[0] = (story_column){"step", "%.0f", false};
    told->heads[1] = (story_column){"forget gate", "%.4f", false};
    told->heads[2] = (story_column){"cell", "%.4f", false};
    told->heads[3] = (story_column){"gradient at c", "%.4f", true};
    told->heads[4] = (story_column){"at x", "%.4f", false};
    told->heads[5] = (story_column){"c alone", "%.4f", false};
    told->log = true;
    if (!code && !story_rows(told, c.T, false)) code = EXIT_FAILED;

    /* from the last step to the first; f of a step takes its c to the one
     * before */
    double alone = 0;
    for (size_t row = 0; !code && row < c.T; row++) {
        size_t t = c.T - 1 - row;
        double *cells = told->cells + LSTM_COLUMNS * row;
        cells[0] = (double)t;
        cells[1] = chain_value(&c, "layer0.gate", 4 * t + 1);
        cells[2] = chain_value(&c, "layer0.c", t);
        cells[3] = chain_value(&c, "layer0.dc", t);
        cells[4] = (double)c.dx[t];
        cells[5] = alone = row ? alone * cells[1 - LSTM_COLUMNS] : cells[3];
    }
    if (!code) tell_lstm(&c, &other, numbers, told);
    chain_close(&c);
    chain_close(&other);
    return code;
}
