"""Files of others: load, convert, run."""

import os
from dataclasses import dataclass

import numpy as np

from elman import _core
from elman._convert import as_array
from elman._convert import convert as convert_array
from elman.model import Model


@dataclass(frozen=True)
class Row:
    """What a tensor of a file became (elman_import_row)."""

    tensor: str
    type: str
    shape: tuple
    parameter: str | None
    how: str


@dataclass(frozen=True)
class Conversion:
    """A model of a file, and what is known of how it was read.

    Attributes
    ----------
    model : Model
    table : list of Row
        What each tensor became.
    remarks : list of str
        What was skipped, dequantized, left out.
    proof : str
        "checked: ...", "as the file says: ..." or "not proved: ...".
    """

    model: Model
    table: list
    remarks: list
    proof: str

    def __repr__(self):
        return f"{self.model!r}\n{self.proof}"


def _paths(source):
    """The paths of an argument: one, or several of one model."""
    if isinstance(source, (str, bytes, os.PathLike)):
        return [source]
    return list(source)


def _first(paths, options):
    """The model of files, which reads batches first where they do not say."""
    found = _core.import_model(Model, paths, **options)
    if "batch_first" in options or found[0].batch_first or not found[0].note("proof"):
        return found
    try:
        return _core.import_model(Model, paths, **options, batch_first=True)
    except _core.BadValueError:  # a file of elman's own, which says the order
        return found


def load(source, **options):
    """A model from any file that there is a reader for.

    Weights alone, as of a state dict, do not say in which order the model takes
    steps and sequences: here it is (B,T,I), unless ``batch_first=False``.

    Parameters
    ----------
    source : path, list of paths, or bytes
        .safetensors, .pt, .pth, .onnx, .keras, .h5, .npz, .nam, JSON ...;
        docs/FORMATS.md has the list.
    **options
        What a file leaves open, as `elman.convert` takes it: layers, key,
        batch_first, ...

    Returns
    -------
    Model
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Model.loads(source)
    paths = _paths(source)
    if len(paths) != 1 or options:
        return convert(paths, **options).model
    model = Model.load(paths[0])
    return _first(paths, {})[0] if model.note("proof") else model


def convert(source, path=None, *, reference=None, **options):
    """A model from a file of others, with the options that its reading needs.

    Parameters
    ----------
    source : path or list of paths
    path : path, optional
        Where to write the model to as well.
    reference : pair of paths of .npy files, optional
        x and the y that the model must give for it: a model that gives
        anything else is refused.
    **options
        mapping, key, layers, ignore, nonlinearity, batch_first, from_tensor,
        to_tensor, as `elman convert` has them.

    Returns
    -------
    Conversion
    """
    if reference is None:
        model, rows, remarks, proof = _first(_paths(source), options)
    else:  # of which the order is known, and checked
        model, rows, remarks, proof = _core.import_model(Model, _paths(source), **options)
    if reference is not None:
        x, y = reference
        check = _core.check(model, x, y)
        if not check["passed"]:
            raise _core.BadFormatError(
                f"{source}: the model does not give {y} for {x}: {check['failure']}"
            )
        proof = f"checked: it gives {y} for {x}"
    if path is not None:
        model.save(path)
    return Conversion(model, [Row(*row) for row in rows], remarks, proof)


def describe(source):
    """What a file holds, without reading it as a model.

    Parameters
    ----------
    source : path or list of paths

    Returns
    -------
    facts : dict
        format, producer, ... by name.
    tensors : list of Row
        Every tensor, with its type and shape.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "m.safetensors")
    >>> Model([RNN(2)], inputs=1).save(path)
    >>> facts, tensors = describe(path)
    >>> tensors[0].tensor, tensors[0].shape
    ('rnn.weight_ih_l0', (2, 1))
    """
    facts, rows = _core.look(_paths(source))
    return dict(facts), [Row(*row) for row in rows]


class Graph(_core.Graph):
    """An ONNX graph, run as it is.

    Parameters
    ----------
    source : path or bytes

    Examples
    --------
    >>> graph = Graph("model.onnx")             # doctest: +SKIP
    >>> graph({"x": x})["y"]                    # doctest: +SKIP
    """

    def __call__(self, inputs=None, *, steps=0, threads=0, **named):
        """Runs the graph on arrays by name.

        Parameters
        ----------
        inputs : dict of arrays, optional
            By the names of the graph's inputs; inputs with a value of their own
            may be left out.
        steps : int, optional
            How many steps free axes have, where no input says it.
        threads : int, optional
        **named
            Inputs as keyword arguments.

        Returns
        -------
        dict of arrays
            The outputs by their names.

        Raises
        ------
        BadValueError
            If there is no such input, or an array does not fit.
        """
        given = {**(inputs or {}), **named}
        types = {p["name"]: p["type"] for p in self.ports if p["input"]}
        for name, value in given.items():
            if name not in types:
                raise _core.BadValueError(
                    f"no input '{name}': there are {', '.join(types)}"
                )
            self.write(name, _input(value, types[name], name))
        self.forward(steps, threads)
        outputs = {}
        for port in self.ports:
            if not port["input"]:
                made = np.empty(port["shape"], port["type"])
                self.read(port["name"], made)
                outputs[port["name"]] = made
        return outputs

    def __repr__(self):
        ports = self.ports
        inputs = ", ".join(p["name"] for p in ports if p["input"])
        outputs = ", ".join(p["name"] for p in ports if not p["input"])
        return f"Graph({inputs} -> {outputs})"


def _input(value, kind, name):
    """An array as a graph declares it; numbers that it cannot hold are refused."""
    try:
        dtype = np.dtype(kind)
    except TypeError:
        raise _core.BadValueError(
            f"{name} is of {kind}, which NumPy has not: `elman run` takes .npy files "
            "of float32 for it"
        ) from None
    array = as_array(value, name)
    if array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    return convert_array(array, dtype, name)


def run(source, inputs=None, *, steps=0, threads=0, **named):
    """Runs an ONNX graph as it is, once.

    Parameters
    ----------
    source : path or bytes
    inputs : dict of arrays, optional
    steps, threads : int, optional
        As of `Graph`.
    **named
        Inputs as keyword arguments.

    Returns
    -------
    dict of arrays
        The outputs by their names.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "m.onnx")
    >>> lines = Model([GRU(2)], inputs=1).export("onnx", path)
    >>> run(path, x=np.zeros((1, 3, 1), np.float32))["y"].shape
    (1, 3, 2)
    """
    return Graph(source)(inputs, steps=steps, threads=threads, **named)
