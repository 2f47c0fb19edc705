/*
 * explain_classifier.c: the experiment classifier: a network learns to say at
 * the end what came first; see experiment.h and examples/classify.c.
 */
#include "experiment.h"
#include "explain.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>

enum { CLASSES = 2, LESSONS = 5 }; /* rows of the table, after the first */

/* One training run. */
typedef struct course {
    elman_model *model;
    elman_state *state;
    elman_optimizer *adam;
    uint32_t noise;
    size_t T, B;
    float *x, *dx, *y, *dy;
    int32_t *classes;
} course;

/* Noise in [-1, 1) from a generator that any C library runs alike. */
static float next_noise(course *c)
{
    c->noise = c->noise * 1664525u + 1013904223u;
    return (float)(c->noise >> 16) / 32768 - 1;
}

/* Weights as PyTorch draws them, uniform in +-1/sqrt(H), but from that
 * generator, so that any program can begin with the same. */
static elman_status draw_weights(course *c, size_t H)
{
    elman_const_tensor shown;
    const char *name;
    elman_status status = ELMAN_OK;
    for (size_t n = 0; status == ELMAN_OK &&
                       (name = elman_model_parameter(c->model, n, &shown));
         n++) {
        size_t count = 1;
        for (size_t k = 0; k < shown.rank; k++)
            count *= shown.shape[k];
        float *drawn = calloc(count, sizeof *drawn);
        if (!drawn) return ELMAN_NO_MEMORY;
        for (size_t k = 0; k < count; k++)
            drawn[k] = (float)((double)next_noise(c) / sqrt((double)H));
        status = elman_model_write(c->model, name, count, drawn);
        free(drawn);
    }
    return status;
}

/* Noise, but the first value of each sequence says its class. */
static void make_batch(course *c)
{
    for (size_t n = 0; n < c->T * c->B; n++)
        c->x[n] = next_noise(c);
    for (size_t b = 0; b < c->B; b++)
        c->x[b] = (c->classes[b] = next_noise(c) < 0) ? -1 : 1;
}

static void course_close(course *c)
{
    elman_optimizer_destroy(c->adam);
    elman_state_destroy(c->state);
    elman_model_destroy(c->model);
    free(c->x);
    free(c->classes);
}

static int course_open(const trial *numbers, course *c)
{
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = numbers->kind, .hidden_size = numbers->H},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = CLASSES}}};

    /* memory for a pass, then what runs it */
    elman_state_config training = {
        .T = numbers->T, .B = numbers->B, .training = true};
    elman_optimizer_config rule = {.rule = ELMAN_RULE_ADAM,
                                   .learning_rate = numbers->rate};
    *c = (course){.T = numbers->T, .B = numbers->B};
    c->noise = (uint32_t)numbers->seed + 1;
    size_t rows = c->T * c->B;
    c->x = calloc(2 * rows + 2 * c->B * CLASSES, sizeof *c->x);
    c->classes = calloc(c->B, sizeof *c->classes);
    if (!c->x || !c->classes) return failed("out of memory");
    c->dx = c->x + rows;
    c->y = c->dx + rows;
    c->dy = c->y + c->B * CLASSES;
    if (elman_model_create(&config, &c->model) != ELMAN_OK ||
        elman_state_create(c->model, &training, &c->state) != ELMAN_OK ||
        elman_optimizer_create(c->model, &rule, &c->adam) != ELMAN_OK)
        return library_failed();

    elman_status status = draw_weights(c, numbers->H);
    if (status == ELMAN_NO_MEMORY) return failed("out of memory");
    return status == ELMAN_OK ? 0 : library_failed();
}

/* How much of the gradient at x of the last step is left at the first. */
static double reach(const course *c)
{
    double first = 0, last = 0;
    for (size_t b = 0; b < c->B; b++) {
        double here = (double)c->dx[b];
        double there = (double)c->dx[(c->T - 1) * c->B + b];
        first += here * here;
        last += there * there;
    }
    return sqrt(first / last);
}

/* A test on new data, and the lesson from it; what came of it goes to cells:
 * loss, right, reach. */
static int take_lesson(course *c, double *cells)
{
    elman_loss_config kind = {.kind = ELMAN_LOSS_CROSS_ENTROPY};
    elman_batch batch = {.T = c->T, .B = c->B, .x = c->x};
    elman_batch rows = {.T = 1, .B = c->B};
    elman_target wanted = {.classes = c->classes};
    make_batch(c);

    /* forward, the loss, backward, and the step */
    elman_state_reset(c->model, c->state);
    elman_state_zero_gradients(c->state);
    elman_status status = elman_model_forward(c->model, c->state, &batch, c->y);
    if (status == ELMAN_OK)
        status = elman_loss_forward(&kind, &rows, CLASSES, c->y, &wanted,
                                    &cells[0], c->dy);
    if (status == ELMAN_OK)
        status = elman_model_backward(c->model, c->state, c->dy, c->dx);
    if (status == ELMAN_OK)
        status = elman_optimizer_step(c->adam, c->model, c->state, -1, NULL);
    if (status != ELMAN_OK) return library_failed();

    cells[1] = 0;
    for (size_t b = 0; b < c->B; b++)
        cells[1] += (c->y[2 * b + 1] > c->y[2 * b]) == c->classes[b];
    cells[2] = reach(c);
    return 0;
}

/* The same training: the same generator draws weights and data. */
static void torch_classifier(const trial *numbers, const char *title,
                             uint64_t every, story *told)
{
    size_t T = numbers->T, B = numbers->B, H = numbers->H;
    story_torch(told,
                "import torch; from torch import nn; s = %zu; net = "
                "nn.%s(1, %zu); head = nn.Linear(%zu, 2); weights = "
                "[*net.parameters(), *head.parameters()]; adam = "
                "torch.optim.Adam(weights, lr=%s)",
                (size_t)((numbers->seed + 1) & UINT32_MAX), title, H, H,
                number_text(numbers->rate));
    story_torch(told, "def noise(): global s; s = (s * 1664525 + 1013904223) "
                      "%% 2**32; return (s >> 16) / 32768 - 1");
    story_torch(told,
                "for w in weights: w.data = torch.tensor([noise() / %zu**0.5 "
                "for _ in range(w.numel())]).view_as(w)",
                H);
    story_torch(told, "for n in range(%zu):", (size_t)numbers->updates + 1);
    story_torch(told,
                "    x = torch.tensor([noise() for _ in range(%zu)])"
                ".view(%zu, %zu, 1)",
                T * B, T, B);
    story_torch(told,
                "    classes = torch.tensor([int(noise() < 0) for _ in "
                "range(%zu)]); x[0, :, 0] = 1 - 2 * classes; "
                "x.requires_grad_()",
                B);
    story_torch(told, "    y = head(net(x)[0][-1]); loss = "
                      "nn.functional.cross_entropy(y, classes); "
                      "adam.zero_grad(); loss.backward(); adam.step()");
    story_torch(told,
                "    if n %% %zu == 0 or n == %zu: print(n, loss.item(), "
                "(y.argmax(1) == classes).sum().item(), (x.grad[0].norm() / "
                "x.grad[-1].norm()).item())",
                (size_t)every, (size_t)numbers->updates);
}

static void tell(const trial *numbers, const elman_kind_info *info,
                 uint64_t every, story *told)
{
    const double *first = told->cells, *last = first + 4 * (told->rows - 1);
    double B = (double)numbers->B;
    story_say(told,
              "Guessing has a loss of log 2 = 0.693. After %zu updates it is "
              "%s, and %.0f of %.0f answers are right.",
              (size_t)numbers->updates, number_text(last[1]), last[2], B);

    bool learned = last[2] >= 0.9 * B;
    story_say(told,
              "Of the gradient at x of the last step, %s times as much reached "
              "step 0 at the beginning, and %s times at the end.",
              number_text(first[3]), number_text(last[3]));
    if (learned && last[3] > 100 * first[3])
        story_say(told,
                  "The loss hardly moves until the gradient has found its way "
                  "through %zu steps.",
                  numbers->T);
    if (learned)
        story_say(told, "When that happens is luck of the beginning: with "
                        "another --seed it may not have happened yet.");
    else
        story_say(told, "It has not learned it yet: try more --updates, fewer "
                        "--steps, or another --cell or --seed.");
    if (numbers->kind <= ELMAN_GRU) /* torch.nn has no other */
        torch_classifier(numbers, info->title, every, told);
}

int classifier_run(const trial *numbers, story *told)
{
    elman_kind_info info = {.title = "?"};
    (void)!elman_kind_read(numbers->kind, &info);
    course c;
    int code = course_open(numbers, &c);
    snprintf(told->title, STORY_LINE,
             "%s with %zu units: it reads %zu values, of which the first is 1 "
             "or -1 and the rest noise, and must say which it was",
             info.title, numbers->H, numbers->T);
    told->columns = 4;
    told->log = true;
    told->heads[0] = (story_column){"update", "%.0f", false};
    told->heads[1] = (story_column){"loss", "%.4f", false};
    told->heads[2] = (story_column){"right", "%.0f", false};
    told->heads[3] = (story_column){"reach of the gradient", NULL, true};
    if (!code && !story_rows(told, LESSONS + 1, false)) code = EXIT_FAILED;

    /* a row at the beginning, after each fifth of the updates, and at the
     * end */
    uint64_t every = (numbers->updates + LESSONS - 1) / LESSONS;
    if (every == 0) every = 1;
    size_t row = 0;
    for (uint64_t n = 0; !code && n <= numbers->updates; n++) {
        double cells[3];
        code = take_lesson(&c, cells);
        if (n % every != 0 && n != numbers->updates) continue;
        double *kept = told->cells + 4 * row++;
        kept[0] = (double)n;
        for (size_t k = 0; k < 3; k++)
            kept[k + 1] = cells[k];
    }
    told->rows = row;
    if (!code) tell(numbers, &info, every, told);
    course_close(&c);
    return code;
}
