"""What stands for files: paths to read and to write, and what is none."""

import contextlib
import json
import os
import tempfile

import numpy as np

from elman import _core
from elman._convert import as_array

# endings of files that are of one tool, and what writes them
_TORCH = (
    "a file of PyTorch's pickles, which elman does not write: "
    'model.export("torch", "NAME.safetensors") writes weights for load_state_dict, '
    'model.save("NAME.safetensors") the model itself'
)
_KERAS = (
    "a file of Keras, which elman does not write: "
    'model.save("NAME.safetensors") keeps the model, model.export("onnx", '
    '"NAME.onnx") writes it for other tools'
)
_NUMPY = (
    'a file of NumPy: numpy.savez("NAME.npz", **model.state_dict()) writes the '
    'weights, model.save("NAME.safetensors") the model itself'
)
_PICKLE = (
    'a pickle: pickle.dump(model, file) writes one, model.save("NAME.safetensors") '
    "a file that C and the command line read as well"
)
_OTHERS = {
    ".pt": _TORCH, ".pth": _TORCH, ".pt2": _TORCH,
    ".keras": _KERAS, ".h5": _KERAS, ".hdf5": _KERAS,
    ".npz": _NUMPY, ".npy": _NUMPY,
    ".pkl": _PICKLE, ".pickle": _PICKLE, ".joblib": _PICKLE,
}  # fmt: skip
_STATE = (
    "a file of another tool, and this is one of elman's own: name it NAME.elman, "
    "or NAME.safetensors"
)


def ending(path):
    """The ending of a path in small letters, ".pt"; "" of what is no path."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return ""  # which the extension refuses
    return os.path.splitext(os.fsdecode(path))[1].lower()


def _name(path):
    """The name of a path's file, without its ending."""
    return os.path.splitext(os.path.basename(os.fsdecode(path)))[0]


def _refuse(path, sentence):
    shown = os.fsdecode(path)
    raise _core.BadValueError(f"{shown} is {sentence.replace('NAME', _name(path))}")


def check_own(path, model=True):
    """Refuses a path whose ending says that its file is of another tool.

    Parameters
    ----------
    path : path
        Of a file that is written in elman's own format.
    model : bool, optional
        Whether it is a model, rather than a stream or a run.
    """
    end = ending(path)
    if not model and (end in _OTHERS or end == ".onnx"):
        _refuse(path, _STATE)
    if end in _OTHERS:
        _refuse(path, _OTHERS[end])


def check_export(format, path):
    """Refuses a path whose ending says another format than the one written."""
    end = ending(path)
    if format == "onnx":
        if end in _OTHERS or end == ".safetensors":
            _refuse(path, 'no name of an ONNX file: model.export("onnx", "NAME.onnx")')
    elif end == ".onnx":
        _refuse(path, 'no name of weights for PyTorch: model.export("torch", "NAME.safetensors")')
    elif format == "torch":
        check_own(path)


def check_page(path):
    """Refuses a path that is no page."""
    end = ending(path)
    if end not in ("", ".html", ".htm", ".xhtml"):
        _refuse(
            path,
            "no page: the report is one HTML file, NAME.html; figures are of plot(), "
            'as in found.flow.plot()[0].figure.savefig("NAME.pdf")',
        )


# ---- what is read -----------------------------------------------------------

_EXPECTED = "expected a path, a list of paths, bytes, or a dict of arrays"
_TYPES = {"f2": "F16", "f4": "F32", "f8": "F64", "b1": "BOOL", "i1": "I8", "i2": "I16",
          "i4": "I32", "i8": "I64", "u1": "U8", "u2": "U16", "u4": "U32", "u8": "U64"}  # fmt: skip


def read(source):
    """What a source is: a list of paths, or bytes; and what it says of itself.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or module of torch

    Returns
    -------
    list of paths or bytes
    dict
        Options of an import that a module knows.
    """
    if isinstance(source, (str, os.PathLike)):
        return _paths([source]), {}
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), {}
    if isinstance(source, _core.Model):
        raise _core.BadValueError("source is a model already: model.copy() makes another")
    if hasattr(source, "read"):
        return _content(source), {}
    if isinstance(source, type):
        raise _core.BadValueError(
            f"source is the class {source.__name__}, {_EXPECTED}, or a module made of it"
        )
    if callable(getattr(source, "state_dict", None)):
        return safetensors(source.state_dict()), _settings(source)
    if hasattr(source, "keys"):
        return safetensors(source), {}
    if hasattr(source, "get_weights"):
        raise _core.BadValueError(
            f"source is a {type(source).__name__} of Keras, expected its file: "
            'source.save("model.keras"), then elman.load("model.keras")'
        )
    if not isinstance(source, np.ndarray) and hasattr(source, "__iter__"):
        return _paths(source), {}
    raise _core.BadValueError(f"source is {source!r:.80}, {_EXPECTED}")


def _content(file):
    """The bytes of a file that is open."""
    content = file.read()
    if isinstance(content, str):
        raise _core.BadValueError(
            'source is a file that was opened as text, expected bytes: open(path, "rb")'
        )
    if not content:
        raise _core.BadValueError("source is a file with nothing left to read")
    return bytes(content)


def _paths(source):
    paths = list(source)
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise _core.BadValueError(f"source holds {path!r:.80}, expected paths")
        if "\0" in os.fsdecode(path):
            raise _core.BadValueError(f"source is {path!r:.80}, which no file is called")
    if not paths:
        raise _core.BadValueError(f"source is empty, {_EXPECTED}")
    return paths


def _settings(module):
    """What a module of PyTorch knows that its weights do not say."""
    recurrent = [m for m in module.modules() if hasattr(m, "mode") and hasattr(m, "batch_first")]
    found = {}
    if len({m.batch_first for m in recurrent}) == 1:
        found["batch_first"] = recurrent[0].batch_first
    if {m.mode for m in recurrent} & {"RNN_RELU", "RNN_TANH"} == {"RNN_RELU"}:
        found["nonlinearity"] = "relu"
    return found


def unsaid(source, options):
    """What neither weights nor options tell of a module of PyTorch, and the order
    of its layers with it, as far as that is known: (sentence, layers), or None.

    Functions, such as a Softmax, have no weights; that an RNN is one of relu or
    of tanh is said for all of them.
    """
    if not callable(getattr(source, "named_modules", None)) or "mapping" in options:
        return None
    modes = {getattr(module, "mode", "") for module in source.modules()}
    if modes >= {"RNN_RELU", "RNN_TANH"}:
        return "source has RNNs of relu and of tanh, expected one kind: load each by itself", None

    if "layers" in options:
        return None

    # in the order in which they were written down
    found, order = None, []
    for name, module in source.named_modules():
        weights = next(iter(module.parameters(recurse=False)), None) is not None
        if weights and name:
            order.append(name)
        elif not weights and type(module).__module__ == "torch.nn.modules.activation":
            word = _function(module)
            found = found or (name, type(module).__name__, word)
            order.append(word)
    if not found:
        return None
    name, kind, word = found
    layers = ",".join(part for part in order if part)
    if not word:
        return (
            f"source has {name!r}, a {kind}, which elman does not have; if it takes no part, "
            f"give the order of the layers without it, such as layers={layers!r}"
        ), None
    return (
        f"source has {name!r}, a {kind}, and weights do not say where it stands: give the "
        f"order of the layers, such as layers={layers!r}"
    ), layers


def _function(module):
    """The word of `layers` for a function of PyTorch, or None."""
    kind = type(module).__name__
    words = {
        "Tanh": "tanh", "Sigmoid": "sigmoid", "ReLU": "relu", "Softmax": "softmax",
        "LogSoftmax": "log_softmax", "Softsign": "softsign",
    }  # fmt: skip
    if kind == "LeakyReLU":
        return f"leaky_relu({module.negative_slope})"
    if kind == "ELU":
        return f"elu({module.alpha})"
    if kind == "Softplus" and module.beta == 1:
        return "softplus"
    return words.get(kind)


def safetensors(tensors):
    """A dict of arrays, or tensors, as the bytes of a safetensors file."""
    header, chunks, end = {}, [], 0
    for name, value in tensors.items():
        array = _tensor(name, value, tensors)
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": _TYPES[array.dtype.str[1:]], "shape": list(array.shape),
                        "data_offsets": [begin, end]}  # fmt: skip
        chunks.append(array.tobytes())
    if not header:
        raise _core.BadValueError("source is a dict without arrays, expected weights by name")
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *chunks])


def _tensor(name, value, tensors):
    """One of them as an array that safetensors has a type for."""
    if not isinstance(name, str):
        raise _core.BadValueError(f"source has the name {name!r:.80}, expected a str")
    if hasattr(value, "keys") or callable(getattr(value, "state_dict", None)):
        inner = [k for k, v in tensors.items() if hasattr(v, "keys")]
        raise _core.BadValueError(
            f"source[{name!r}] is a {type(value).__name__}, expected an array: give the one "
            f"that holds the weights, source[{(inner or [name])[0]!r}]"
        )
    if getattr(value, "is_meta", False):
        raise _core.BadValueError(
            f"source[{name!r}] is on PyTorch's device meta, which holds no numbers: load the "
            "weights onto a device first"
        )
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    array = np.asarray(as_array(value, f"source[{name!r}]"), order="C")
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype.str[1:] not in _TYPES:
        raise _core.BadValueError(
            f"source[{name!r}] has the type {array.dtype}, expected numbers"
        )
    return array


@contextlib.contextmanager
def as_files(source):
    """A list of paths, as it is or of a file that has the bytes as long as it is
    looked at."""
    if isinstance(source, list):
        yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "memory")
        with open(path, "wb") as file:
            file.write(source)
        try:
            yield [path]
        except _core.Error as error:  # of which nobody knows the file
            raise type(error)(str(error).replace(path, "<memory>")) from None
