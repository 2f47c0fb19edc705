/*
 * mapping.c: a file that says what tensors become. JSON:
 *
 *   {"config": the model's, as a model file's metadata has it,
 *    "tensors": {parameter: source, ...},
 *    "reference": {"x": name, "y": name}}
 *
 * A source is the name of a tensor, an object of fields (mapping_read), or a
 * list of them that is added up. docs/FORMATS.md has them all, with examples.
 */
#include "import/mapping.h"

#include "base/memory.h"
#include "format/file.h"
#include "import/mapping_read.h"
#include "model/config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parameters --------------------------------------------------------- */

/* The sources of a parameter must give each of its gates. */
static elman_status check_covered(const elman_import *im, const parameter *p,
                                  const bool *covered)
{
    gate_letters letters = gates_of(&im->config, p);
    for (size_t i = 0; i < letters.count; i++)
        if (!covered[i])
            return failure(ELMAN_BAD_FORMAT,
                           "no source gives the gate %c, expected all of %s",
                           letters.ours[i], letters.ours);
    return ELMAN_OK;
}

/* Adds the source of a parameter, or the list of them that are added up. */
static elman_status add_sources(elman_import *im, const json_node *node,
                                const parameter *target, mapping_source *room)
{
    bool covered[ELMAN_MAX_GATES] = {false};
    bool list = node->kind == JSON_KIND_LIST;
    if (list && !node->count)
        return failure(ELMAN_BAD_FORMAT, "it is an empty list");

    bool added = list && node->count > 1;
    for (const json_node *at = list ? node->is.first : node; at;
         at = list ? at->next : NULL) {
        TRY(mapping_read(im, at, room));
        TRY(source_fill(im, room, target, added, covered));
    }
    return check_covered(im, target, covered);
}

static elman_status add_parameter(elman_import *im, const json_node *node,
                                  const elman_model *m)
{
    const parameter *target = model_find(m, node->key);
    if (!target)
        return failure(ELMAN_BAD_FORMAT,
                       "the mapping has %.80s, which is not a parameter of its "
                       "config; the first is %s",
                       node->key,
                       m->info.parameter_count ? m->parameters[0].name
                                               : "none");

    /* what its sources are, told with the parameter if they are wrong */
    mapping_source *room = malloc(sizeof *room);
    if (!room) return failure(ELMAN_NO_MEMORY, "no memory for a mapping");
    elman_status status = add_sources(im, node, target, room);
    free(room);
    if (!status) return ELMAN_OK;

    char where[sizeof target->name + 30];
    snprintf(where, sizeof where, "the mapping of %s", target->name);
    return failure_in(status, where);
}

static elman_status add_tensors(elman_import *im, const json_node *tensors)
{
    elman_model *m = NULL;
    if (!tensors || tensors->kind != JSON_KIND_OBJECT)
        return failure(ELMAN_BAD_FORMAT, "there is no object \"tensors\"");

    /* a model of the config knows its parameters and their shapes */
    elman_status status = import_model(im, &m);
    for (const json_node *at = tensors->is.first; !status && at; at = at->next)
        status = add_parameter(im, at, m);

    for (size_t i = 0; !status && i < m->info.parameter_count; i++)
        if (!json_find(tensors, m->parameters[i].name))
            status =
                failure(ELMAN_BAD_FORMAT, "the mapping does not say what %s is",
                        m->parameters[i].name);

    model_destroy(m);
    return status;
}

static elman_status read_reference(elman_import *im, const json_node *node)
{
    static const char *const keys[] = {"x", "y"};
    ptrdiff_t *const at[] = {&im->reference_x, &im->reference_y};

    /* a reference is optional */
    if (!node) return ELMAN_OK;
    for (size_t i = 0; i < 2; i++) {
        const char *name = json_text(json_find(node, keys[i]));
        ptrdiff_t found = mapping_find(im, name);

        if (found == NOWHERE)
            return failure(ELMAN_BAD_FORMAT,
                           "the mapping's reference has as %s %.80s, which is "
                           "not a tensor of the file",
                           keys[i], name ? name : "no text");

        *at[i] = found;
        if (!im->left_out[*at[i]])
            TRY(import_add_spare(im, (size_t)*at[i], "reference"));
    }
    return ELMAN_OK;
}

static elman_status read_mapping(elman_import *im, const json_node *root,
                                 const elman_import_config *config)
{
    elman_config c;

    /* nothing besides these fields, of which the last two are a draft's */
    for (const json_node *at = json_find(root, "config") ? root->is.first
                                                         : NULL;
         at; at = at->next) {
        static const char *const known[] = {"config", "tensors", "reference",
                                            "file", "missing"};
        size_t i = 0, count = sizeof known / sizeof *known;
        while (i < count && strcmp(at->key, known[i]) != 0)
            i++;
        if (i == count)
            return failure(ELMAN_BAD_FORMAT,
                           "the field %.40s is not known, expected config, "
                           "tensors and reference",
                           at->key);
    }

    if (json_find(root, "missing"))
        return failure(ELMAN_BAD_FORMAT,
                       "this is still a draft: settle what its field missing "
                       "lists, then remove that field");

    if (!json_find(root, "config"))
        return failure(ELMAN_BAD_FORMAT, "there is no object \"config\"");

    TRY(config_from_json(json_find(root, "config"), &c));
    if (config->batch_first) c.batch_first = true;
    TRY(config_complete(&c, &im->config));

    TRY(add_tensors(im, json_find(root, "tensors")));
    return read_reference(im, json_find(root, "reference"));
}

elman_status import_mapping(elman_import *im, const elman_import_config *config)
{
    char *bytes = NULL;
    size_t size;
    json_tree *tree = NULL;
    TRY(file_read(config->mapping, &bytes, &size));

    elman_status status = json_read(bytes, size, false, &tree);
    if (!status) status = read_mapping(im, json_root(tree), config);

    json_close(tree);
    free(bytes);
    if (status == ELMAN_BAD_VALUE) status = ELMAN_BAD_FORMAT;
    return status ? failure_in(status, config->mapping) : ELMAN_OK;
}
