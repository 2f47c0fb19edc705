/* own.c: see own.h. */
#include "format/own.h"

#include <stdio.h>
#include <string.h>

#include "format/detect.h"

static const struct {
    const char *format; /* the note */
    const char *name;
    const char *readers; /* "... reads it" */
} kinds[OWN_COUNT] = {
    [OWN_NONE] = {"", "a file that this library did not write", ""},
    [OWN_MODEL] = {"elman", "a model", "elman_model_load reads it"},
    [OWN_STATE] = {"elman state", "the state of a model",
                   "elman_state_load reads it"},
    [OWN_OPTIMIZER] = {"elman optimizer", "what an optimizer remembers",
                       "elman_optimizer_load reads it"},
    [OWN_CHECKPOINT] = {"elman checkpoint", "the checkpoint of a training run",
                        "elman_trainer_load and elman train --resume read it"},
    [OWN_REPLAY] = {"elman checkpoint", "the replay of a training run",
                    "elman_replay_open and elman replay read it"}};

const char *own_format(own_kind kind) { return kinds[kind].format; }

own_kind own_kind_of(const safetensors *file)
{
    const char *format = safetensors_text(file, OWN_KEY);
    own_kind kind = OWN_MODEL;
    if (!format) return OWN_NONE;
    while (kind < OWN_COUNT && strcmp(format, kinds[kind].format) != 0)
        kind++;
    if (kind == OWN_COUNT) return OWN_NONE;
    bool replay = kind == OWN_CHECKPOINT && safetensors_text(file, "replay");
    return replay ? OWN_REPLAY : kind;
}

static elman_status refuse(own_kind kind, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT, "this is %s, expected %s%s%s",
                   kinds[kind].name, expected, kind ? "; " : "",
                   kinds[kind].readers);
}

elman_status own_expect(const safetensors *file, own_kind wanted)
{
    own_kind kind = own_kind_of(file);
    if (kind == wanted || (kind == OWN_REPLAY && wanted == OWN_CHECKPOINT))
        return ELMAN_OK;
    return refuse(kind, kinds[wanted].name);
}

/* What the header says; anything that is wrong with it is nobody's concern. */
static own_kind look(const byte_source *source)
{
    safetensors *file = NULL;
    own_kind kind = OWN_NONE;
    if (!safetensors_begin(source, &file)) kind = own_kind_of(file);
    safetensors_close(file);
    return kind;
}

elman_status own_explain(elman_status status, const byte_source *source,
                         const char *expected)
{
    if (status != ELMAN_BAD_FORMAT && status != ELMAN_BAD_VALUE) return status;

    /* looking may leave a message of its own */
    failure_text kept = failure_keep();
    own_kind kind = look(source);
    if (kind) return failure_in(refuse(kind, expected), source->name);
    failure_restore(&kept);
    return status;
}
