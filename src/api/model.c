/* model.c: elman.h: machine, model, state, passes, loss, optimizer. */
#include "api/foreign.h"
#include "api/need.h"
#include "base/thread.h"
#include "learn/loss.h"
#include "learn/model_loss.h"
#include "learn/model_update.h"
#include "learn/optimizer.h"
#include "learn/optimizer_save.h"
#include "learn/rule.h"
#include "learn/schedule.h"
#include "model/model.h"
#include "proof/machine.h"
#include "proof/roof.h"

#include <string.h>

#define TEXT(number)                 #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *elman_version(void)
{
    return VERSION(ELMAN_VERSION_MAJOR, ELMAN_VERSION_MINOR,
                   ELMAN_VERSION_PATCH);
}

elman_status elman_machine_read(elman_machine *machine)
{
    NEED(machine);
    machine_read(machine);
    return ELMAN_OK;
}

elman_status elman_roof_read(int threads, elman_roof *roof)
{
    NEED(roof);
    return roof_read(threads, roof);
}

elman_status elman_threads_limit(int threads)
{
    if (threads < 0)
        return failure(ELMAN_BAD_VALUE,
                       "threads is %d, expected 1 or more, or 0 for no limit",
                       threads);
    thread_limit(threads);
    return ELMAN_OK;
}

void elman_threads_end(void) { thread_end_all(); }

elman_status elman_kind_read(elman_kind kind, elman_kind_info *info)
{
    NEED(info);
    return cell_read_kind(kind, info);
}

/* ---- Model -------------------------------------------------------------- */

elman_status elman_model_create(const elman_config *config, elman_model **model)
{
    NEED(config, model);
    return model_create(config, model);
}

void elman_model_destroy(elman_model *model) { model_destroy(model); }

elman_status elman_model_load(const char *path, elman_model **model)
{
    NEED(path, model);
    const byte_source source = {.name = path};
    return model_load(&source, read_foreign, model);
}

elman_status elman_model_load_memory(const void *data, size_t size,
                                     elman_model **model)
{
    NEED(data, model);
    const byte_source source = {MEMORY_NAME, data, size};
    return model_load(&source, read_foreign, model);
}

elman_status elman_model_save(const elman_model *model, const char *path)
{
    NEED(model, path);
    return model_save(model, path);
}

elman_status elman_model_open_memory(const void *data, size_t size,
                                     elman_model **model)
{
    NEED(data, model);
    const byte_source source = {MEMORY_NAME, data, size};
    return model_open(&source, read_foreign, model);
}

elman_status elman_model_save_memory(const elman_model *model, size_t room,
                                     void *data, size_t *size)
{
    NEED(model, size);
    return model_save_memory(model, room, data, size);
}

elman_status elman_model_copy(const elman_model *from, elman_model **copy)
{
    NEED(from, copy);
    return model_copy(from, copy);
}

size_t elman_model_size(const elman_model *model)
{
    return model ? model_size(model) : 0;
}

const elman_config *elman_model_config(const elman_model *model)
{
    return model ? &model->config : NULL;
}

elman_model_info elman_model_read_info(const elman_model *model)
{
    return model ? model->info : (elman_model_info){0};
}

const char *elman_model_parameter(const elman_model *model, size_t index,
                                  elman_const_tensor *view)
{
    if (!model || index >= model->info.parameter_count) return NULL;
    const parameter *p = model->parameters + index;

    if (view) {
        view->data = parameter_view(model, p);
        view->rank = p->rank;
        memcpy(view->shape, p->shape, sizeof view->shape);
    }
    return p->name;
}

elman_status elman_model_read(const elman_model *model, const char *name,
                              size_t count, float *values)
{
    NEED(model, name, values);
    return model_read(model, name, count, values);
}

elman_status elman_model_write(elman_model *model, const char *name,
                               size_t count, const float *values)
{
    NEED(model, name, values);
    return model_write(model, name, count, values);
}

elman_status elman_model_read_all(const elman_model *model, size_t count,
                                  float *values)
{
    NEED(model, values);
    return model_read_all(model, count, values);
}

elman_status elman_model_write_all(elman_model *model, size_t count,
                                   const float *values)
{
    NEED(model, values);
    return model_write_all(model, count, values);
}

const char *elman_model_note(const elman_model *model, const char *key)
{
    return model && key ? model_note_text(model, key) : NULL;
}

elman_status elman_model_write_note(elman_model *model, const char *key,
                                    const char *text)
{
    NEED(model, key);
    return model_write_note(model, key, text);
}

double elman_model_flops(const elman_model *model, uint64_t steps,
                         bool backward)
{
    return model ? model_flops(model, steps, backward) : 0;
}

/* ---- State -------------------------------------------------------------- */

size_t elman_state_size(const elman_model *model,
                        const elman_state_config *config)
{
    if (MISSING(model, config)) return 0;
    return state_size(model, config);
}

elman_status elman_state_init(const elman_model *model,
                              const elman_state_config *config, size_t bytes,
                              void *memory, elman_state **state)
{
    NEED(model, config, memory, state);
    return state_init(model, config, bytes, memory, state);
}

elman_status elman_state_create(const elman_model *model,
                                const elman_state_config *config,
                                elman_state **state)
{
    NEED(model, config, state);
    return state_create(model, config, state);
}

void elman_state_destroy(elman_state *state) { state_destroy(state); }

void elman_state_reset(const elman_model *model, elman_state *state)
{
    if (model && state && state->model == model) state_reset(model, state);
}

elman_status elman_state_reset_one(const elman_model *model, elman_state *state,
                                   size_t b)
{
    NEED(model, state);
    return state_reset_one(model, state, b);
}

elman_status elman_state_join(const elman_model *model, elman_state *state,
                              size_t *b)
{
    NEED(model, state, b);
    return state_join(model, state, b);
}

elman_status elman_state_leave(const elman_model *model, elman_state *state,
                               size_t b)
{
    NEED(model, state);
    return state_leave(model, state, b);
}

void elman_state_zero_gradients(elman_state *state)
{
    if (state) gradients_zero(state);
}

elman_status elman_state_copy(elman_state *to, const elman_state *from)
{
    NEED(to, from);
    return state_copy(to, from);
}

elman_status elman_state_copy_gradients(elman_state *to,
                                        const elman_state *from)
{
    NEED(to, from);
    return gradients_copy(to, from);
}

elman_status elman_state_save(const elman_model *model,
                              const elman_state *state, const char *path)
{
    NEED(model, state, path);
    return state_save(model, state, path);
}

elman_status elman_state_load(const elman_model *model, elman_state *state,
                              const char *path)
{
    NEED(model, state, path);
    return state_load(model, state, &(byte_source){.name = path});
}

elman_status elman_state_save_memory(const elman_model *model,
                                     const elman_state *state, size_t room,
                                     void *data, size_t *size)
{
    NEED(model, state, size);
    return state_save_memory(model, state, room, data, size);
}

elman_status elman_state_load_memory(const elman_model *model,
                                     elman_state *state, const void *data,
                                     size_t size)
{
    NEED(model, state, data);
    return state_load(
        model, state,
        &(byte_source){.name = MEMORY_NAME, .data = data, .size = size});
}

elman_status elman_state_move(const elman_model *model, size_t bytes,
                              void *memory, elman_state **state)
{
    NEED(model, memory, state);
    return state_move(model, bytes, memory, state);
}

elman_status elman_state_view(const elman_model *model, elman_state *state,
                              const char *name, elman_tensor *view)
{
    NEED(model, state, name, view);
    return state_view(model, state, name, view);
}

/* ---- Passes ------------------------------------------------------------- */

elman_status elman_model_forward(const elman_model *model, elman_state *state,
                                 const elman_batch *batch, float *y)
{
    NEED(model, state, batch);
    return model_forward(model, state, batch, y);
}

elman_status elman_model_step(const elman_model *model, elman_state *state,
                              const float *x, float *y)
{
    NEED(model, state, x);
    return model_step(model, state, x, y);
}

elman_status elman_model_step_tokens(const elman_model *model,
                                     elman_state *state, const int32_t *tokens,
                                     float *y)
{
    NEED(model, state, tokens);
    return model_step_tokens(model, state, tokens, y);
}

elman_status elman_cell_step(const elman_model *model, elman_state *state,
                             const float *x, const float *h, const float *c,
                             float *h_out, float *c_out)
{
    NEED(model, state, x, h_out);
    return cell_step(model, state, x, h, c, h_out, c_out);
}

/* ---- Loss, optimizer, schedule ------------------------------------------ */

elman_status elman_loss_forward(const elman_loss_config *config,
                                const elman_batch *shape, size_t O,
                                const float *y, const elman_target *target,
                                double *loss, float *dy)
{
    NEED(config, shape, y, target, loss);
    return loss_forward(config, shape, O, y, target, loss, dy);
}

elman_status elman_model_loss(const elman_model *model, elman_state *state,
                              const elman_loss_config *config,
                              const elman_target *target, double *loss,
                              float *dy)
{
    NEED(model, state, config, target, loss);
    return model_loss(model, state, config, target, loss, dy);
}

elman_status elman_model_loss_sum(const elman_model *model, elman_state *state,
                                  const elman_loss_config *config,
                                  const elman_target *target,
                                  elman_loss_sum *sum, float *dy)
{
    NEED(model, state, config, target, sum);
    return model_loss_sum(model, state, config, target, sum, dy);
}

elman_status elman_model_loss_weight(const elman_model *model,
                                     const elman_batch *batch,
                                     const elman_loss_config *config,
                                     const elman_target *target, double *weight)
{
    NEED(model, batch, config, target, weight);
    return model_loss_weight(model, batch, config, target, weight);
}

elman_status elman_loss_weight(const elman_loss_config *config,
                               const elman_batch *shape, size_t O,
                               const elman_target *target, double *weight)
{
    NEED(config, shape, target, weight);
    const loss_rows rows = {.shape = shape, .O = O};
    return loss_weight(config, &rows, target, weight);
}

elman_status elman_loss_sum_forward(const elman_loss_config *config,
                                    const elman_batch *shape, size_t O,
                                    const float *y, const elman_target *target,
                                    elman_loss_sum *sum, float *dy)
{
    NEED(config, shape, y, target, sum);
    const loss_rows rows = {.shape = shape, .O = O, .y = y, .dy = dy};
    return loss_sum_take(config, &rows, target, sum);
}

double elman_loss_sum_read(const elman_loss_sum *sum)
{
    return sum ? loss_sum_read(sum) : 0;
}

elman_status elman_rule_read(elman_rule rule, elman_rule_info *info)
{
    NEED(info);
    return rule_read(rule, info);
}

elman_status elman_optimizer_create(const elman_model *model,
                                    const elman_optimizer_config *config,
                                    elman_optimizer **optimizer)
{
    NEED(model, config, optimizer);
    TRY(model_make_flat(model));
    return optimizer_create_for(config, model, NULL, optimizer);
}

void elman_optimizer_destroy(elman_optimizer *optimizer)
{
    optimizer_destroy(optimizer);
}

elman_status elman_optimizer_step(elman_optimizer *optimizer,
                                  elman_model *model, elman_state *state,
                                  double learning_rate, double *norm)
{
    NEED(optimizer, model, state);
    return model_update(optimizer, model, state, learning_rate, norm, NULL);
}

elman_status elman_optimizer_norm(const elman_optimizer *optimizer,
                                  const elman_model *model, elman_state *state,
                                  double *norm)
{
    NEED(optimizer, model, state, norm);
    return model_norm(optimizer, model, state, norm);
}

elman_status elman_optimizer_step_norm(elman_optimizer *optimizer,
                                       elman_model *model, elman_state *state,
                                       double learning_rate, double norm)
{
    NEED(optimizer, model, state);
    return model_update_by(optimizer, model, state, learning_rate, norm);
}

elman_status elman_optimizer_save(const elman_optimizer *optimizer,
                                  const elman_model *model, const char *path)
{
    NEED(optimizer, model, path);
    return optimizer_save(optimizer, model, path);
}

elman_status elman_optimizer_save_memory(const elman_optimizer *optimizer,
                                         const elman_model *model, size_t room,
                                         void *data, size_t *size)
{
    NEED(optimizer, model, size);
    return optimizer_save_memory(optimizer, model, room, data, size);
}

elman_status elman_optimizer_load(elman_optimizer *optimizer,
                                  const elman_model *model, const char *path)
{
    NEED(optimizer, model, path);
    const byte_source source = {.name = path};
    return optimizer_load(optimizer, model, &source);
}

elman_status elman_optimizer_load_memory(elman_optimizer *optimizer,
                                         const elman_model *model,
                                         const void *data, size_t size)
{
    NEED(optimizer, model, data);
    const byte_source source = {MEMORY_NAME, data, size};
    return optimizer_load(optimizer, model, &source);
}

double elman_schedule_rate(const elman_schedule_config *config,
                           const elman_schedule *schedule, double learning_rate)
{
    static const elman_schedule_config constant;
    static const elman_schedule start;
    return schedule_rate(config ? config : &constant,
                         schedule ? schedule : &start, learning_rate);
}

void elman_schedule_step(const elman_schedule_config *config,
                         elman_schedule *schedule, double loss)
{
    if (config && schedule) schedule_seen(config, schedule, loss);
}
