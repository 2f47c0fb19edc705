"""What stands for files: paths to read and to write, and what is none."""

import os

from elman import _core

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
