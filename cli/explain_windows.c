/*
 * explain_windows.c: the experiments truncated and backward, with one unit; see
 * experiment.h and examples/truncated.c, examples/backward_by_hand.c.
 */
#include "experiment.h"
#include "explain.h"
#include "explain_chain.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Truncated ---------------------------------------------------------- */

enum { WAYS = 3 }; /* fresh, carried, whole: columns behind the step */

/* Windows one after the other, each back-propagated alone; the state is
 * carried over or begins from zero. The gradients at x go to every fourth
 * number of dx. */
static int run_windows(chain *c, size_t window, bool carry, double *dx,
                       double *dw_hh)
{
    elman_state_reset(c->model, c->state);
    elman_state_zero_gradients(c->state);
    for (size_t t = 0; t < c->T; t += window) {
        size_t steps = c->T - t < window ? c->T - t : window;
        elman_batch part = {.T = steps, .B = 1, .x = c->x + t};
        memset(c->dy, 0, c->T * sizeof *c->dy);
        c->dy[steps - 1] = 1;
        if (!carry) elman_state_reset(c->model, c->state);
        if (elman_model_forward(c->model, c->state, &part, NULL) != ELMAN_OK ||
            elman_model_backward(c->model, c->state, c->dy, c->dx + t) !=
                ELMAN_OK)
            return library_failed();
    }
    for (size_t t = 0; t < c->T; t++)
        dx[(WAYS + 1) * t] = (double)c->dx[t];
    *dw_hh = chain_value(c, "rnn.weight_hh_l0.grad", 0);
    return 0;
}

/* The same losses in one pass, whose gradients nothing cuts. */
static int run_whole(chain *c, size_t window, double *dx, double *dw_hh)
{
    elman_state_reset(c->model, c->state);
    elman_state_zero_gradients(c->state);
    memset(c->dy, 0, c->T * sizeof *c->dy);
    for (size_t t = 0; t < c->T; t += window)
        c->dy[c->T - t < window ? c->T - 1 : t + window - 1] = 1;
    int code = chain_run(c);
    for (size_t t = 0; t < c->T; t++)
        dx[(WAYS + 1) * t] = (double)c->dx[t];
    *dw_hh = chain_value(c, "rnn.weight_hh_l0.grad", 0);
    return code;
}

/* What the windows lose, of the gradients of weight_hh. */
static void say_loss(size_t window, size_t T, double carried, double whole,
                     story *told)
{
    if (window >= T) {
        story_say(told, "Here there is one window, so nothing is cut.");
        return;
    }
    if (fabs(whole) < 1e-6) {
        story_say(told, "There is next to no gradient of weight_hh, cut or "
                        "not: try another --weight.");
        return;
    }
    double part = 100 * carried / whole;
    story_say(told,
              "Of the gradient that the same losses give weight_hh where "
              "nothing is cut (whole), carried windows of %zu keep %s %%%s.",
              window, significant(part, 3),
              fabs(part - 100) < 5
                  ? ": this network's gradient has vanished within them anyway"
                  : "");
    if (window > 1)
        story_say(told, "Try --window %zu.",
                  window > 2 ? (size_t)2 : (size_t)1);
}

/* The gradients of all ways into the table. */
static int tell_truncated(chain *c, const trial *numbers, story *told)
{
    double fresh = 0, carried = 0, whole = 0;
    size_t window = numbers->window;

    /* the ways beside each other */
    int code = run_windows(c, window, false, told->cells + 1, &fresh);
    if (!code) code = run_windows(c, window, true, told->cells + 2, &carried);
    if (!code) code = run_whole(c, window, told->cells + 3, &whole);
    if (code) return code;
    for (size_t t = 0; t < c->T; t++) {
        told->cells[(WAYS + 1) * t] = (double)t;
        if (t % window == 0)
            snprintf(told->names[t], sizeof told->names[t], "window");
    }

    story_number_add(told, "gradient of weight_hh, fresh", fresh, "%.4f");
    story_number_add(told, "gradient of weight_hh, carried", carried, "%.4f");
    story_number_add(told, "gradient of weight_hh, whole", whole, "%.4f");
    story_say(told,
              "Every window of %zu step%s has a loss at its end and a gradient "
              "that stops at its beginning.",
              window, window == 1 ? "" : "s");
    story_say(told, "A window may begin from zero (fresh), or with the state "
                    "that the one before left (carried): its value comes "
                    "along, its gradient never.");
    say_loss(window, c->T, carried, whole, told);
    story_say(told, "Texts are learned in this way. How much a window loses "
                    "'elman inspect' measures for a model of yours.");
    return 0;
}

static void torch_truncated(const trial *numbers, size_t window, story *told)
{
    story_torch(told,
                "import torch; net = torch.nn.RNN(1, 1, bias=False); "
                "[w.data.fill_(%s) for w in net.parameters()]",
                number_text(numbers->weight));
    story_torch(told,
                "x = torch.ones(%zu, 1, requires_grad=True); sum(y[-1].sum() "
                "for y in net(x)[0].split(%zu)).backward(); print(x.grad.T, "
                "net.weight_hh_l0.grad)",
                numbers->T, window);
    story_torch(told, "for carry in (0, 1):");
    story_torch(told, "    net.zero_grad(); h = torch.zeros(1, 1)");
    story_torch(told,
                "    for part in torch.ones(%zu, 1).split(%zu):", numbers->T,
                window);
    story_torch(told, "        part.requires_grad_(); y, h = net(part, carry * "
                      "h.detach()); y[-1].sum().backward(); "
                      "print(part.grad.T)");
    story_torch(told, "    print(net.weight_hh_l0.grad)");
}

int truncated_run(const trial *numbers, story *told)
{
    chain c;
    size_t window = numbers->window < numbers->T ? numbers->window : numbers->T;
    trial settled = *numbers;
    settled.window = window;

    int code = chain_open(ELMAN_RNN, false, numbers->weight, numbers->T, &c);
    snprintf(told->title, STORY_LINE,
             "%zu tanh steps with all weights %s in windows of %zu, each "
             "back-propagated alone from a gradient of 1 at its last h",
             numbers->T, number_text(numbers->weight), window);
    told->columns = WAYS + 1;
    told->heads[0] = (story_column){"step", "%.0f", false};
    told->heads[1] = (story_column){"gradient at x: fresh", "%.4f", false};
    told->heads[2] = (story_column){"carried", "%.4f", true};
    told->heads[3] = (story_column){"whole", "%.4f", false};
    if (!code && !story_rows(told, numbers->T, true)) code = EXIT_FAILED;
    if (!code) code = tell_truncated(&c, &settled, told);
    torch_truncated(numbers, window, told);
    chain_close(&c);
    return code;
}

/* ---- Backward by hand --------------------------------------------------- */

enum { BY_HAND = 5 }; /* step, dh, da, what it adds to dw_hh and dw_ih */

/* The library's gradients beside those by hand, in float64. */
static double tell_by_hand(chain *c, double w_hh, story *told)
{
    double dh = 1, worst = 0, dw_hh = 0, dw_ih = 0;

    /* from the last step to the first */
    for (size_t row = 0; row < c->T; row++) {
        size_t t = c->T - 1 - row;
        double h = (double)c->y[t], before = t ? (double)c->y[t - 1] : 0;
        double da = dh * (1 - h * h);
        double *cells = told->cells + BY_HAND * row;
        cells[0] = (double)t;
        cells[1] = chain_value(c, "layer0.dh", t);
        cells[2] = chain_value(c, "layer0.da", t);
        cells[3] = cells[2] * before;
        cells[4] = cells[2] * (double)c->x[t];
        worst = fmax(worst, fmax(fabs(cells[1] - dh), fabs(cells[2] - da)));
        dw_hh += da * before;
        dw_ih += da * (double)c->x[t];
        dh = da * w_hh;
    }

    story_number_add(told, "dw_hh of the library",
                     chain_value(c, "rnn.weight_hh_l0.grad", 0), "%.5f");
    story_number_add(told, "dw_hh by hand", dw_hh, "%.5f");
    story_number_add(told, "dw_ih of the library",
                     chain_value(c, "rnn.weight_ih_l0.grad", 0), "%.5f");
    story_number_add(told, "dw_ih by hand", dw_ih, "%.5f");
    return worst;
}

int backward_run(const trial *numbers, story *told)
{
    static const float pattern[] = {1, -0.5f, 0.25f};
    const float w_ih = 0.8f, w_hh = (float)numbers->weight;
    chain c;
    int code = chain_open(ELMAN_RNN, false, numbers->weight, numbers->T, &c);

    /* its own weight and input */
    if (!code &&
        elman_model_write(c.model, "rnn.weight_ih_l0", 1, &w_ih) != ELMAN_OK)
        code = library_failed();
    for (size_t t = 0; !code && t < c.T; t++)
        c.x[t] = pattern[t % 3];
    if (!code) code = chain_run(&c);
    snprintf(told->title, STORY_LINE,
             "back-propagation through %zu tanh step%s by hand: w_ih = 0.8, "
             "w_hh = %s, x = 1, -0.5, 0.25, and a gradient of 1 at the last h",
             numbers->T, numbers->T == 1 ? "" : "s",
             number_text(numbers->weight));
    told->columns = BY_HAND;
    told->heads[0] = (story_column){"step", "%.0f", false};
    told->heads[1] = (story_column){"dh", "%.5f", true};
    told->heads[2] = (story_column){"da", "%.5f", false};
    told->heads[3] = (story_column){"dw_hh +=", "%.5f", false};
    told->heads[4] = (story_column){"dw_ih +=", "%.5f", false};
    if (!code && !story_rows(told, numbers->T, false)) code = EXIT_FAILED;
    if (code) {
        chain_close(&c);
        return code;
    }

    double worst = tell_by_hand(&c, (double)w_hh, told);
    story_say(told,
              "da = dh (1 - h^2): the slope of tanh follows from h alone. "
              "dw_hh += da h_prev, dw_ih += da x: each step adds its "
              "part. dh = da w_hh, and on to the step before.");
    story_say(told,
              "The library's dh and da are those by hand within %s. 'elman "
              "explain rnn' shows the same for any size.",
              significant(worst, 1));
    story_torch(told,
                "import torch; net = torch.nn.RNNCell(1, 1, bias=False); "
                "net.weight_ih.data.fill_(0.8); net.weight_hh.data.fill_(%s)",
                number_text(numbers->weight));
    story_torch(told,
                "h = torch.zeros(1); x = torch.tensor([[1.], [-0.5], "
                "[0.25]]); states = [h := net(x[t %% 3], h) for t in "
                "range(%zu)]",
                numbers->T);
    story_torch(told, "[h.retain_grad() for h in states]; h.backward(); "
                      "print(*(h.grad for h in states[::-1]), "
                      "net.weight_hh.grad, net.weight_ih.grad)");
    chain_close(&c);
    return 0;
}
