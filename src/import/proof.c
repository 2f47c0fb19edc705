/* proof.c: what is known of whether an import computes as its source did. */
#include "import/proof.h"

#include "base/kind.h"
#include "format/safetensors.h"

#include <stdio.h>

/* The shape of an input of seven steps and two sequences. */
static void shape_of_input(const elman_config *c, size_t room, char *text)
{
    const char *order = c->batch_first ? "2, 7" : "7, 2";
    if (c->layers[0].kind == ELMAN_EMBEDDING)
        snprintf(text, room, "(%s)", order);
    else snprintf(text, room, "(%s, %zu)", order, c->input_size);
}

/* What takes the place of a proof where the model was none of PyTorch's: whose
 * names its tensors have is all that says how they are computed with. */
static const char *other_tool(elman_import *im, const char *shape)
{
    const elman_config *c = &im->config;
    const char *order = c->batch_first ? "B,T" : "T,B";
    const char *features = c->layers[0].kind == ELMAN_EMBEDDING ? "" : ",I";
    const char *first = c->batch_first ? "sequences" : "steps";

    if (!im->tool)
        return import_text(im,
                           "not proved: no reference was given; --reference "
                           "x.npy y.npy takes x (%s%s), %s first, such as %s, "
                           "and what the model gives for it where it comes "
                           "from",
                           order, features, first, shape);
    return import_text(im,
                       "not proved: the tensors have names and shapes as in "
                       "%s, and no reference was given; --reference x.npy "
                       "y.npy takes x (%s%s), %s first, such as %s, and what "
                       "the model gives for it there",
                       im->tool, order, features, first, shape);
}

/* The lines of Python that draw an input and keep what a model gives for it. */
static const char *lines_for(elman_import *im, bool mapped)
{
    const elman_config *c = &im->config;
    char shape[80], draw[120];
    shape_of_input(c, sizeof shape, shape);
    if (mapped || im->tool) return other_tool(im, shape);

    if (c->layers[0].kind == ELMAN_EMBEDDING)
        snprintf(draw, sizeof draw, "torch.randint(%zu, %s)",
                 c->layers[0].num_embeddings, shape);
    else snprintf(draw, sizeof draw, "torch.randn%s", shape);
    /* a recurrent module gives its states as well */
    size_t count = 1;
    while (count < ELMAN_MAX_LAYERS && c->layers[count].kind)
        count++;
    bool pair = kind_is_recurrent(c->layers[count - 1].kind);
    return import_text(im,
                       "not proved: no reference was given; --reference x.npy "
                       "y.npy, in PyTorch: x = %s; numpy.save(\"x.npy\", x); "
                       "numpy.save(\"y.npy\", model.eval()(x)%s.detach())",
                       draw, pair ? "[0]" : "");
}

const char *import_doubt(const elman_import *im)
{
    if (im->own || im->computes || im->reference_x != NOWHERE) return NULL;
    return "not proved: no reference was given";
}

/* Of a file of elman's own what it says itself: where its model came from
 * nothing was proved, and nothing has been since. */
static const char *own_proof(const elman_import *im)
{
    const char *doubt = safetensors_text(im->source, "proof");
    return doubt ? doubt
                 : "as the file says: a model of elman's own records how it is "
                   "computed";
}

elman_status import_make_proof(elman_import *im, bool mapped)
{
    if (im->own) im->proof = own_proof(im);
    else if (im->computes)
        im->proof = import_text(im,
                                "as the file says: %s records how it is "
                                "computed%s; --reference x.npy y.npy checks "
                                "it",
                                im->format ? im->format : "the file",
                                im->unlike ? im->unlike : "");
    else if (im->reference_x != NOWHERE)
        im->proof = "checked: it gives reference.output for reference.input, "
                    "tensors of the file";
    else im->proof = lines_for(im, mapped);
    return im->proof ? ELMAN_OK : ELMAN_NO_MEMORY;
}
