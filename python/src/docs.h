/*
 * docs.h: what help() says of the methods that Python's users call by the
 * extension's types: numpydoc, shapes in the letters of elman.h.
 */
#ifndef ELMAN_DOCS_H
#define ELMAN_DOCS_H

#define DOC_MODEL_LOAD                                                         \
    "load($type, path, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "A model of a file; `elman.load` takes several, and bytes.\n"              \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "path : str, bytes or os.PathLike\n"                                       \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "Model\n"                                                                  \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "BadFileError\n"                                                           \
    "    If it cannot be read.\n"                                              \
    "BadFormatError\n"                                                         \
    "    If it is no model that there is a reader for; the text says what it " \
    "is."

#define DOC_MODEL_LOADS                                                        \
    "loads($type, data, /)\n"                                                  \
    "--\n"                                                                     \
    "\n"                                                                       \
    "A model of the bytes of a file.\n"                                        \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "data : bytes or any buffer\n"                                             \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "Model"

#define DOC_MODEL_COPY                                                         \
    "copy($self, /)\n"                                                         \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Another model of the same config, weights and notes.\n"                   \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "Model"

#define DOC_MODEL_SAVE                                                         \
    "save($self, path, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Writes the model file, safetensors with PyTorch's names, whole or not "   \
    "at all.\n"                                                                \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "path : str, bytes or os.PathLike"

#define DOC_MODEL_DUMPS                                                        \
    "dumps($self, /)\n"                                                        \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The bytes that `save` writes.\n"                                          \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "bytes"

#define DOC_MODEL_EXPORT                                                       \
    "export($self, format, path, /)\n"                                         \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Writes the model for PyTorch or as ONNX.\n"                               \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "format : str\n"                                                           \
    "    \"torch\", safetensors for load_state_dict, or \"onnx\".\n"           \
    "path : str, bytes or os.PathLike\n"                                       \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "str\n"                                                                    \
    "    The lines of Python that load it.\n"                                  \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "BadValueError\n"                                                          \
    "    If the format has no such layer; the text names it."

#define DOC_MODEL_FLOPS                                                        \
    "flops($self, steps, backward=False, /)\n"                                 \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Operations of a pass; a multiply-add is two.\n"                           \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "steps : int\n"                                                            \
    "    Of all sequences together.\n"                                         \
    "backward : bool, optional\n"                                              \
    "    With the way back.\n"                                                 \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "float"

#define DOC_MODEL_NOTE                                                         \
    "note($self, key, /)\n"                                                    \
    "--\n"                                                                     \
    "\n"                                                                       \
    "A text that is kept with the model, and in its file.\n"                   \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "key : str\n"                                                              \
    "    \"encoding\" is what fit leaves of its data.\n"                       \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "str or None"

#define DOC_MODEL_WRITE_NOTE                                                   \
    "write_note($self, key, text, /)\n"                                        \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Keeps a text with the model, and in its file.\n"                          \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "key : str\n"                                                              \
    "text : str or None\n"                                                     \
    "    None removes it."

#define DOC_MODEL_NAMES                                                        \
    "names($self, /)\n"                                                        \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The names of all parameters, in PyTorch's order.\n"                       \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "list of str"

#define DOC_MODEL_PARAMETER                                                    \
    "parameter($self, name, /)\n"                                              \
    "--\n"                                                                     \
    "\n"                                                                       \
    "A read-only array on a parameter; `model[name]` is the same.\n"           \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "name : str\n"                                                             \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array\n"                                                                  \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "KeyError\n"                                                               \
    "    If there is no such parameter."

#define DOC_MODEL_WRITE                                                        \
    "write($self, name, values, /)\n"                                          \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Replaces a parameter; `model[name] = values` is the same.\n"              \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "name : str\n"                                                             \
    "values : array\n"                                                         \
    "    In exactly its shape."

#define DOC_MODEL_READ_ALL                                                     \
    "read_all($self, /)\n"                                                     \
    "--\n"                                                                     \
    "\n"                                                                       \
    "A copy of all weights, one parameter behind the other.\n"                 \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array (weights)"

#define DOC_MODEL_WRITE_ALL                                                    \
    "write_all($self, weights, /)\n"                                           \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Replaces all weights.\n"                                                  \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "weights : array (weights)\n"                                              \
    "    In the order of `read_all`."

#define DOC_STATE_FORWARD                                                      \
    "forward($self, x, y=None, lengths=None, ids=None, draw=0, "               \
    "continues=False)\n"                                                       \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Runs a batch from the memory in the state, and leaves the final one "     \
    "there.\n"                                                                 \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "x : array (B,T,I), or tokens (B,T)\n"                                     \
    "    (T,B,.) if the model is not batch_first.\n"                           \
    "y : array (B,T,O) or (B,O), optional\n"                                   \
    "    To write the answer into.\n"                                          \
    "lengths : array (B), optional\n"                                          \
    "    Valid steps of each; x is not read behind them.\n"                    \
    "ids : array (B), optional\n"                                              \
    "    Of the sequences, which their random masks depend on.\n"              \
    "draw : int, optional\n"                                                   \
    "    Which draw of random masks: another for each step of training.\n"     \
    "continues : bool, optional\n"                                             \
    "    The backward that follows goes on with the one before it, which was " \
    "of\n"                                                                     \
    "    the chunk of time behind this one.\n"                                 \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array (B,T,O), or (B,O) for one vector per sequence\n"                    \
    "    Zeros behind the end of each sequence."

#define DOC_STATE_STEP                                                         \
    "step($self, x, y=None, /)\n"                                              \
    "--\n"                                                                     \
    "\n"                                                                       \
    "One step of each stream; calling the stream is the same.\n"               \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "x : array (I) or a token; (B,I) or (B) of several streams\n"              \
    "y : array (O) or (B,O), optional\n"                                       \
    "    To write the answer into: then nothing is allocated.\n"               \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array (O) or (B,O); zeros for a slot without a stream, or what y had"

#define DOC_STATE_BACKWARD                                                     \
    "backward($self, dy=None, dx=None)\n"                                      \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Goes back through the last forward, and adds to the gradients.\n"         \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "dy : array in the shape of y, optional\n"                                 \
    "    None: the gradient that `loss` left.\n"                               \
    "dx : bool or array in the shape of x, optional\n"                         \
    "    Whether the gradient of x is wanted, or where.\n"                     \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array in the shape of x, or None\n"                                       \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "BadValueError\n"                                                          \
    "    If the state is not for training, or there was no forward."

#define DOC_STATE_LOSS                                                         \
    "loss($self, target, config=None, class_weights=None, /)\n"                \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The loss of the last pass; backward then begins with its gradient.\n"     \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "target : array\n"                                                         \
    "    Classes (B,T) or (B), where -100 is none, or values in the shape of " \
    "y.\n"                                                                     \
    "config : dict, optional\n"                                                \
    "    As `elman_loss_config`: kind, reduction, ...\n"                       \
    "class_weights : array (O), optional\n"                                    \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "float"

#define DOC_STATE_LOSS_BACKWARD                                                \
    "loss_backward($self, target, config=None, class_weights=None, /)\n"       \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The loss of the last pass, and backward with its gradient in one call.\n" \
    "\n"                                                                       \
    "A state with a budget takes both some steps at a time, so that neither "  \
    "y\n"                                                                      \
    "nor its gradient is ever there for all steps.\n"                          \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "target : array\n"                                                         \
    "    As `loss` takes it.\n"                                                \
    "config : dict, optional\n"                                                \
    "    As `elman_loss_config`: kind, reduction, ...\n"                       \
    "class_weights : array (O), optional\n"                                    \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "float"

#define DOC_STATE_VIEW                                                         \
    "view($self, name, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The state's memory of that name, without a copy; `state[name]` is the "   \
    "same.\n"                                                                  \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "name : str\n"                                                             \
    "    \"h\", \"layer0.gate\", \"fc.weight.grad\", ...: elman_state_view "   \
    "has all.\n"                                                               \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array\n"                                                                  \
    "    Which keeps the state alive, and shows what later passes write "      \
    "there."

#define DOC_STATE_RESET                                                        \
    "reset($self, b=-1, /)\n"                                                  \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Forgets the memory.\n"                                                    \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "b : int, optional\n"                                                      \
    "    Of that stream; -1: of all."

#define DOC_STATE_JOIN                                                         \
    "join($self, /)\n"                                                         \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Lets a stream begin.\n"                                                   \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "int\n"                                                                    \
    "    Its slot, b.\n"                                                       \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "BadValueError\n"                                                          \
    "    If there is no room."

#define DOC_STATE_LEAVE                                                        \
    "leave($self, b, /)\n"                                                     \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Lets a stream go, and frees its slot.\n"                                  \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "b : int\n"                                                                \
    "    As join gave it; a slot without a stream is refused."

#define DOC_STATE_ZERO_GRADIENTS                                               \
    "zero_gradients($self, /)\n"                                               \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Clears the gradients of all parameters."

#define DOC_STATE_COPY_FROM                                                    \
    "copy_from($self, other, /)\n"                                             \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Becomes a copy of another state of the same model and config.\n"          \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "other : State"

#define DOC_STATE_SAVE                                                         \
    "save($self, path, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Writes the memory to a file.\n"                                           \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "path : str, bytes or os.PathLike"

#define DOC_STATE_LOAD                                                         \
    "load($self, path, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Reads what `save` wrote, of the same model.\n"                            \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "path : str, bytes or os.PathLike"

#define DOC_STATE_DUMPS                                                        \
    "dumps($self, /)\n"                                                        \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The bytes that `save` writes.\n"                                          \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "bytes"

#define DOC_STATE_LOADS                                                        \
    "loads($self, data, /)\n"                                                  \
    "--\n"                                                                     \
    "\n"                                                                       \
    "Takes up the memory of `dumps`, of the same model.\n"                     \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "data : bytes or any buffer"

#define DOC_DATA_OPEN                                                          \
    "open($type, path, /, **config)\n"                                         \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The data of a file, read as `elman train` reads it.\n"                    \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "path : str, bytes or os.PathLike\n"                                       \
    "**config\n"                                                               \
    "    As in `elman_dataset_config`: task, horizon, validation, ...\n"       \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "Dataset\n"                                                                \
    "\n"                                                                       \
    "Raises\n"                                                                 \
    "------\n"                                                                 \
    "BadFormatError\n"                                                         \
    "    That names the line and what to do."

#define DOC_DATA_INPUTS                                                        \
    "inputs($self, id, /)\n"                                                   \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The inputs of a sequence as a model reads them.\n"                        \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "id : int\n"                                                               \
    "    In the order of the data.\n"                                          \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "array (T,I)"

#define DOC_DATA_CLASS_OF                                                      \
    "class_of($self, id, /)\n"                                                 \
    "--\n"                                                                     \
    "\n"                                                                       \
    "The class of a sequence, or those of its steps; -1 is none.\n"            \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "id : int\n"                                                               \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "int, or array (T) of int32"

#define DOC_DATA_VALUES                                                        \
    "values($self, id, step, y, /)\n"                                          \
    "--\n"                                                                     \
    "\n"                                                                       \
    "An answer in the units of the data.\n"                                    \
    "\n"                                                                       \
    "Parameters\n"                                                             \
    "----------\n"                                                             \
    "id, step : int\n"                                                         \
    "    What it answers.\n"                                                   \
    "y : array (O)\n"                                                          \
    "\n"                                                                       \
    "Returns\n"                                                                \
    "-------\n"                                                                \
    "list of float"

#endif
