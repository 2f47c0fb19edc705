/*
 * torch_quantized.c: weights of quantized modules, as the floats that PyTorch's
 * dequantize() gives. What quantized modules save, by the keys of their dict:
 *
 *   PREFIX._packed_params._packed_params   (weight, bias) of a linear layer
 *   PREFIX._packed_weight_ih, _hh          the same of a cell, packed
 *   PREFIX._all_weight_values.N.param      of a level and a direction, packed:
 *                                          (kind, ..., [input, recurrent])
 *
 * Packed is an object of the engine, a torch.ScriptObject whose attributes are
 * (what, "__torch__.torch.classes....").
 */
#include "format/torch_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- Tensors ------------------------------------------------------------ */

/* Scale and zero point of the slice of one channel. */
typedef struct channels {
    size_t axis; /* rank, if there is one scale alone */
    named_tensor scale, zero;
} channels;

static elman_status bad_scales(const named_tensor *tensor)
{
    return failure(ELMAN_BAD_FORMAT,
                   "tensor \"%.80s\": how it is quantized is not per tensor or "
                   "per channel; save it with dequantize()",
                   tensor->name);
}

/* The scales of (per_channel_affine, scales, zero points, axis). */
static elman_status read_channels(torch_source *source, const pickle_value *how,
                                  const named_tensor *tensor, channels *c)
{
    torch_call scale, zero;
    if (how->count < 4 || !call_find(how->is.items[1], &scale) ||
        !call_find(how->is.items[2], &zero))
        return bad_scales(tensor);

    c->scale.name = c->zero.name = tensor->name;
    TRY(call_read(source, &scale, &c->scale));
    TRY(call_read(source, &zero, &c->zero));
    TRY(value_size(how->is.items[3], "the axis of its scales", &c->axis));
    scale.value->seen = zero.value->seen = true;

    bool fits = c->axis < tensor->rank && c->scale.rank == 1 &&
                c->zero.rank == 1 && c->scale.count == tensor->shape[c->axis] &&
                c->zero.count == c->scale.count;
    return fits ? ELMAN_OK : bad_scales(tensor);
}

static void fill(const named_tensor *tensor, const channels *c, float scale,
                 float zero, float *made)
{
    size_t inner = 1;
    for (size_t k = c->axis + 1; k < tensor->rank; k++)
        inner *= tensor->shape[k];

    for (size_t i = 0; i < tensor->count; i++) {
        double whole, number;
        tensor_doubles(tensor, i, 1, &whole);
        if (c->axis < tensor->rank) {
            size_t channel = i / inner % tensor->shape[c->axis];
            tensor_doubles(&c->scale, channel, 1, &number);
            scale = (float)number;
            tensor_doubles(&c->zero, channel, 1, &number);
            zero = (float)number;
        }
        made[i] = ((float)whole - zero) * scale;
    }
}

elman_status quantized_read(torch_source *source, const torch_call *call,
                            named_tensor *tensor)
{
    const pickle_value *a = call->arguments;
    const pickle_value *how = a->count > 4 ? a->is.items[4] : NULL;
    channels c = {.axis = tensor->rank};
    float scale = 0, zero = 0;
    if (!how || how->kind != PICKLE_TUPLE || how->count < 3)
        return bad_scales(tensor);

    /* one scale for all, or one for each slice of an axis */
    const pickle_row *row = row_of(how->is.items[0]);
    if (!row || row->what != TORCH_SCHEME) return bad_scales(tensor);
    if (row->type) {
        TRY(read_channels(source, how, tensor, &c));
    } else {
        const pickle_value *s = how->is.items[1], *z = how->is.items[2];
        if (s->kind != PICKLE_FLOAT || z->kind != PICKLE_WHOLE)
            return bad_scales(tensor);
        scale = (float)s->is.number;
        zero = (float)z->is.whole;
    }

    float *made = tensor->count < SIZE_MAX / sizeof *made
                      ? source_keep(source, tensor->count * sizeof *made)
                      : NULL;
    if (!made) return ELMAN_NO_MEMORY;
    fill(tensor, &c, scale, zero, made);

    /* the floats take the place of the whole numbers */
    source->dequantized++;
    tensor->type = ELEMENT_F32;
    tensor->data = made;
    tensor->swapped = tensor->strided = false;
    return ELMAN_OK;
}

/* ---- Modules ------------------------------------------------------------ */

/* What a packed object holds: its attributes, without the name of its class. */
static const pickle_value *unpack(const pickle_value *value)
{
    const pickle_row *row = row_of(value);
    const pickle_value *state = pickle_item(value, 1);
    if (!state || state->kind != PICKLE_TUPLE) return NULL;

    /* inside a program the class is in front */
    if (value->kind == PICKLE_OPAQUE) return state;
    if (!row || row->what != TORCH_PACKED || state->count != 2) return NULL;
    state = state->is.items[0];
    return state->kind == PICKLE_TUPLE ? state : NULL;
}

/* Adds PREFIX.weight and, unless it is None, PREFIX.bias of (weight, bias);
 * what follows both names is tail. */
static elman_status add_pair(torch_making *m, const torch_name *prefix,
                             const char *which, const pickle_value *pair)
{
    char name[PATH_ROOM];
    torch_call call;
    bool fits = pair && pair->kind == PICKLE_TUPLE && pair->count >= 1 &&
                call_find(pair->is.items[0], &call);
    if (!fits)
        return failure(ELMAN_BAD_FORMAT,
                       "\"%.*s\" has packed weights of a kind that elman does "
                       "not read; save the state_dict() of the model before it "
                       "was quantized",
                       (int)(prefix->bytes < 80 ? prefix->bytes : 80),
                       prefix->text);

    if (prefix->bytes > PATH_ROOM / 2)
        return failure(ELMAN_BAD_FORMAT, "a name of %zu bytes", prefix->bytes);
    int bytes = snprintf(name, sizeof name, "%.*sweight%s", (int)prefix->bytes,
                         prefix->text, which);
    TRY(tensor_add(m, name, (size_t)bytes, &call));

    if (pair->count < 2 || !call_find(pair->is.items[1], &call))
        return ELMAN_OK;
    bytes = snprintf(name, sizeof name, "%.*sbias%s", (int)prefix->bytes,
                     prefix->text, which);
    return tensor_add(m, name, (size_t)bytes, &call);
}

/* The packed weights of a level and direction: input's, then recurrent. */
static bool find_level(const pickle_value *value, const pickle_value *pairs[2])
{
    const pickle_value *state = unpack(value);
    if (!state || state->count < 5) return false;

    /* a program writes the type of a list around it */
    const pickle_value *packed = state->is.items[4];
    const pickle_value *given = pickle_item(packed, 0);
    if (given && given->kind == PICKLE_TUPLE && given->count)
        packed = given->is.items[0];
    if (packed->kind != PICKLE_LIST || packed->count != 2) return false;
    for (size_t i = 0; i < 2; i++) {
        torch_call call;
        pairs[i] = unpack(packed->is.items[i]);
        if (!pairs[i] || pairs[i]->count == 0 ||
            !call_find(pairs[i]->is.items[0], &call))
            return false;
    }
    return true;
}

/* The columns of a pair's weight; 0 if it is no matrix. */
static size_t columns_of(const pickle_value *pair)
{
    torch_call call;
    size_t rank = 0, shape[TENSOR_MAX_RANK];
    if (!call_find(pair->is.items[0], &call) || call.arguments->count < 4 ||
        read_sizes(call.arguments->is.items[2], "", &rank, shape))
        return 0;
    return rank == 2 ? shape[1] : 0;
}

/* Whether a dict has a packed linear layer that reads so many features. */
static bool has_reader(const pickle_value *dict, size_t features)
{
    enum { MOST = 2000 };
    for (size_t i = 0; i + 1 < dict->count && i < MOST; i += 2) {
        const pickle_value *value = dict->is.items[i + 1];
        if (value->kind == PICKLE_TUPLE && value->count == 2 &&
            columns_of(value) == features)
            return true;
    }
    return false;
}

enum { MOST_LEVELS = 64 };

/* 1 or 2 directions; 0 if the shapes do not tell. */
static int count_directions(const pickle_value *dict,
                            const pickle_value *pairs[][2], size_t count)
{
    size_t input = columns_of(pairs[0][0]), hidden = columns_of(pairs[0][1]);
    if (count % 2) return 1;

    /* the second reads the input again, or what the first gives */
    size_t second = columns_of(pairs[1][0]);
    if (input != hidden) return second == input ? 2 : 1;
    if (count > 2) return columns_of(pairs[2][0]) == 2 * hidden ? 2 : 1;

    bool one = has_reader(dict, hidden), two = has_reader(dict, 2 * hidden);
    return one == two ? 0 : two ? 2 : 1;
}

/* Adds all levels and directions of a module, whose first entry is at. */
static elman_status add_levels(torch_making *m, const pickle_value *dict,
                               size_t at, const torch_name *prefix,
                               size_t *taken)
{
    const pickle_value *pairs[MOST_LEVELS][2];
    size_t count = 0;
    for (; at + 2 * count + 1 < dict->count && count < MOST_LEVELS; count++) {
        const pickle_value *key = dict->is.items[at + 2 * count];
        if (key->kind != PICKLE_TEXT || key->count <= prefix->bytes ||
            memcmp(key->is.text, prefix->text, prefix->bytes) ||
            !find_level(dict->is.items[at + 2 * count + 1], pairs[count]))
            break;
    }

    int directions = count ? count_directions(dict, pairs, count) : 0;
    if (directions == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "\"%.*s\" is packed, and its shapes do not tell levels "
                       "from directions; save the state_dict() of the model "
                       "before it was quantized",
                       (int)(prefix->bytes < 80 ? prefix->bytes : 80),
                       prefix->text);

    torch_name module = *prefix;
    module.bytes -= strlen("_all_weight_values.");
    for (size_t i = 0; i < count; i++)
        for (int part = 0; part < 2; part++) {
            char which[40];
            snprintf(which, sizeof which, "_%s_l%zu%s", part ? "hh" : "ih",
                     i / (size_t)directions,
                     directions == 2 && i % 2 ? "_reverse" : "");
            TRY(add_pair(m, &module, which, pairs[i][part]));
        }

    *taken = count;
    return ELMAN_OK;
}

/* Whether text ends so; bytes is then without the end. */
static bool cut(torch_name *name, const char *end)
{
    size_t tail = strlen(end);
    if (name->bytes < tail ||
        memcmp(name->text + name->bytes - tail, end, tail))
        return false;
    name->bytes -= tail;
    return true;
}

/* Whether the entry belongs to a packed linear layer, of whose outputs it is
 * the scale: an entry near by holds the weights. */
static bool is_output_scale(const pickle_value *dict, size_t at)
{
    enum { NEAR = 4 };
    const pickle_value *key = dict->is.items[at];
    torch_name name = {.text = key->is.text, .bytes = key->count};
    if (!cut(&name, "scale") && !cut(&name, "zero_point")) return false;

    for (size_t k = 1; k <= NEAR && at + 2 * k < dict->count; k++) {
        const pickle_value *other = dict->is.items[at + 2 * k];
        size_t bytes = name.bytes + strlen("_packed_params");
        if (other->kind == PICKLE_TEXT && other->count > bytes &&
            !memcmp(other->is.text, name.text, name.bytes) &&
            !memcmp(other->is.text + name.bytes, "_packed_params", 14))
            return true;
    }
    return false;
}

elman_status packed_read(torch_making *m, const pickle_value *dict, size_t at,
                         size_t *taken)
{
    const pickle_value *key = dict->is.items[at];
    const pickle_value *value = dict->is.items[at + 1];
    torch_name name = {.text = key->is.text, .bytes = key->count};
    *taken = 1;

    /* of what a layer gives, which no weight needs */
    if (is_output_scale(dict, at)) {
        torch_call scale;
        if (call_find(dict->is.items[at + 1], &scale)) scale.value->seen = true;
        return ELMAN_OK;
    }
    if (cut(&name, "_packed_params._packed_params"))
        return add_pair(m, &name, "",
                        value->kind == PICKLE_TUPLE ? value : unpack(value));
    if (cut(&name, "_packed_weight_ih"))
        return add_pair(m, &name, "_ih", unpack(value));
    if (cut(&name, "_packed_weight_hh"))
        return add_pair(m, &name, "_hh", unpack(value));
    if (cut(&name, "0.param") && name.bytes >= 19 &&
        !memcmp(name.text + name.bytes - 19, "_all_weight_values.", 19))
        return add_levels(m, dict, at, &name, taken);

    *taken = 0;
    return ELMAN_OK;
}
