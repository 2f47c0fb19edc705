/*
 * network_open.c: models from files, those of other systems with what such a
 * file does not record; see network.h.
 */
#include "cells.h"
#include "network.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <string.h>

bool network_is_own(const elman_import *import)
{
    size_t count = 0;
    const elman_fact *facts = elman_import_facts(import, &count);
    for (size_t n = 0; n < count; n++)
        if (!strcmp(facts[n].name, "note") &&
            !strcmp(facts[n].text, "format: elman"))
            return true;
    return false;
}

/* True of a file of another system, which can be looked at. */
static bool is_other_file(const char *path)
{
    elman_import *import = NULL;
    bool other = elman_import_look(&path, 1, &import) == ELMAN_OK &&
                 !network_is_own(import);
    elman_import_close(import);
    return other;
}

/* What stands for what the file does not record and no option said. */
static const char *assumptions(const foreign_values *foreign,
                               const elman_model *model)
{
    static char text[600];
    const elman_config *config = elman_model_config(model);
    const elman_layer *layer = config->layers;
    bool rnn = false, mapped = foreign->mapping != NULL;
    size_t used = 0;

    /* one layer has no order */
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        if (used > sizeof text - 200) break;
        rnn = rnn || layer[n].kind == ELMAN_RNN;
        if (!foreign->layers && !mapped && layer[1].kind)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 n ? ", then " : "nothing but ", layer[n].name);
    }
    if (rnn && !foreign->nonlinearity && !mapped)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%stanh in the RNN", used ? "; " : "");
    if (!foreign->batch_first && !foreign->steps_first)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%sx as (%s%s)", used ? "; " : "",
                                 config->batch_first ? "B,T" : "T,B",
                                 layer->kind == ELMAN_EMBEDDING ? "" : ",I");
    return used ? text : "";
}

bool network_is_assumed(const char *path, const foreign_values *foreign,
                        const elman_model *model)
{
    static const foreign_values plain = {0};
    if (!elman_model_note(model, "proof") || !is_other_file(path)) return false;
    if (!foreign) foreign = &plain;
    char file[1024];
    const char *assumed = assumptions(foreign, model);
    snprintf(file, sizeof file, "%s", shell_quoted(path));
    note("%s: not proved: it does not record how it is computed%s%s%s elman "
         "convert %s OUT.safetensors --reference x.npy y.npy%s checks it",
         path, *assumed ? "; assumed: " : ";", assumed,
         *assumed ? "; options say what differs, and" : "", file,
         foreign_words(foreign));
    return true;
}

elman_status network_load(const char *path, const foreign_values *foreign,
                          elman_model **model)
{
    bool plain = !foreign || !foreign_given(foreign);
    elman_status loaded = plain ? elman_model_load(path, model) : ELMAN_OK;

    /* folders of other tools are known where models are imported */
    if (plain && loaded != ELMAN_BAD_FILE) return loaded;
    const elman_import_config config =
        plain ? (elman_import_config){0} : foreign_config(foreign);
    elman_import *import = NULL;
    elman_status status = elman_import_open(&path, 1, &config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, model);
    elman_import_close(import);
    return status;
}

/* Texts are written by a model that knows their tokens, which no file from
 * elsewhere does. */
static int lacks_encoding(const char *path, const elman_model_info *size)
{
    if (!size->vocabulary)
        return failed("'%s' reads %zu value%s a step, and texts are written by "
                      "a language model, which reads tokens; 'elman predict' "
                      "runs it on numbers",
                      path, size->input_size, size->input_size == 1 ? "" : "s");
    return failed("'%s' does not say how data becomes its numbers; 'elman "
                  "convert %s OUT.safetensors --as language --encoding "
                  "VOCABULARY' adds that",
                  path, shell_quoted(path));
}

bool network_is_array(const char *path)
{
    unsigned char head[6] = {0};
    FILE *file = file_open(path, "rb");
    size_t bytes = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    return bytes == sizeof head && !memcmp(head, "\x93NUMPY", sizeof head);
}

/* No model: data may be in its place. */
static int load_failed(const char *path)
{
    char reason[1024];
    elman_tensor array = {0};
    snprintf(reason, sizeof reason, "%s", elman_message());
    if (strstr(reason, ": unknown format"))
        return failed("%s; the model comes first, its data behind it", reason);
    if (elman_array_load(path, &array) != ELMAN_OK) return failed("%s", reason);
    elman_array_destroy(&array);
    return failed("'%s' is an array, and a model was expected: the model comes "
                  "first, its data behind it",
                  path);
}

int network_open(const char *path, const foreign_values *foreign,
                 bool encoding_needed, network *net)
{
    elman_model *model = NULL;
    int code = foreign ? foreign_check(foreign) : 0;
    *net = (network){.path = path};
    if (code) return code;
    if (network_load(path, foreign, &model) != ELMAN_OK) {
        bool asks = strstr(elman_message(), "--key") != NULL;
        return encoding_needed && (asks || is_other_file(path))
                   ? lacks_encoding(path, &(elman_model_info){.vocabulary = 1})
                   : load_failed(path);
    }

    /* what its data is, and what is doubtful */
    code = network_take(path, model, net);
    if (code) return code;
    if (!net->encoding && encoding_needed) {
        code = lacks_encoding(path, &net->size);
        network_close(net);
        return code;
    }
    net->ordered = foreign && (foreign->steps_first || foreign->batch_first);
    net->assumed = network_is_assumed(path, foreign, model) && !net->ordered;
    return 0;
}
