"""Files of others: load, convert, run."""

import os
from dataclasses import dataclass

import numpy as np

from elman import _core, _files, _modules, references
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


class Proposal(dict):
    """Keyword arguments of `load` and `convert` that a file would be taken by.

    Attributes
    ----------
    of : str
        What they take of the file, "the actor alone"; "": all of it.
    """

    of = ""

    def __str__(self):
        said = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"{said} ({self.of})" if self.of else said


def _import(source, options):
    """(model, rows, remarks, proof) of a list of paths or bytes."""
    try:
        return _core.import_model(Model, source, **options)
    except (_core.BadValueError, _core.BadFormatError) as error:
        question, error.proposals = _proposals(source, options)
        if not error.proposals:
            raise
        asked = type(error)(_with_proposals(question, error.proposals))
        asked.proposals = error.proposals
    raise asked


def _proposals(source, options):
    """What a file leaves open, and the settings that answer it."""
    try:
        with _files.as_files(source) as paths:
            question, rows = _core.propose(paths, **options)
            if not isinstance(source, list):
                question = (question or "").replace(paths[0], "<memory>")
    except (_core.Error, OSError):
        return "", []  # the first error says more
    proposals = []
    for of, layers, ignore, key in rows:
        given = {"layers": layers, "ignore": ignore, "key": key}
        given = {name: value for name, value in given.items() if value is not None}
        proposals.append(Proposal({**options, **given}))
        proposals[-1].of = of
    return question, proposals


def _with_proposals(question, proposals, most=3):
    """The sentence of an error that has proposals."""
    more = len(proposals) - most
    rest = f" or {more} others, which error.proposals holds" if more > 0 else ""
    return f"{question}: what fits is {' or '.join(map(str, proposals[:most]))}{rest}"


def _first(source, options):
    """The model of weights, which reads batches first where they do not say."""
    found = _import(source, options)
    if not _is_open(found[0], options) or found[0].batch_first:
        return found
    try:
        return _core.import_model(Model, source, **options, batch_first=True)
    except _core.BadValueError:  # a file of elman's own, which says the order
        return found


def _is_open(model, options):
    """Whether nothing says in which order a model takes steps and sequences."""
    return "batch_first" not in options and bool(model.note("proof"))


def load(source, **options):
    """A model from any file that there is a reader for.

    Weights alone, as of a state dict, do not say in which order the model takes
    steps and sequences: here it is (B,T,I), unless ``batch_first=False``.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or torch module
        .safetensors, .pt, .pth, .onnx, .keras, .h5, .npz, .nam, JSON ...;
        docs/FORMATS.md has the list. Bytes are the content of one, a dict holds
        weights by name; a module of PyTorch is its state dict, and runs once on
        a small input, so that a forward which does more is noticed.
    **options
        What a file leaves open, as `elman.convert` takes it: layers, key,
        batch_first, ...

    Returns
    -------
    Model

    Raises
    ------
    BadFormatError
        Where the file needs a decision: ``error.proposals`` are the keyword
        arguments that it would be taken by.

    Examples
    --------
    >>> weights = Model([GRU(4)], inputs=2).state_dict()
    >>> load(weights)
    Model([GRU(4)], inputs=2)
    """
    given, known = _files.read(source)
    whole = given if isinstance(given, bytes) else given[0]
    alone = isinstance(given, bytes) or len(given) == 1 and not os.path.isdir(whole)
    if options or known or not alone:
        model = _first(given, {**known, **options})[0]
        _ask_for_the_unsaid(source, {**known, **options})
        _ask_for_the_undone(source, model)
        return model
    model = Model.loads(given) if isinstance(given, bytes) else _load(whole, given)
    _ask_for_the_unsaid(source, {})
    _ask_for_the_undone(source, model)
    return _first(given, {})[0] if model.note("proof") else model


def _unsaid(source, options):
    """The sentence for what weights of a module do not say, and the proposals."""
    found = _files.unsaid(source, options)
    if not found:
        return None, []
    sentence, layers = found
    return sentence, [Proposal({**options, "layers": layers})] if layers else []


def _ask_for_the_undone(source, model):
    """Whether a live module does more than its weights say."""
    found = _modules.difference(source, model)
    if found:
        raise _core.BadFormatError(
            f"source is a module whose forward gives {found}: say with layers= what it does, "
            "or take its weights alone by elman.load(module.state_dict())"
        )


def _ask_for_the_unsaid(source, options):
    sentence, proposals = _unsaid(source, options)
    if sentence:
        error = _core.BadFormatError(sentence)
        error.proposals = proposals
        raise error


def _load(path, source):
    """The model of a file, or an error with proposals."""
    try:
        return Model.load(path)
    except (_core.BadValueError, _core.BadFormatError):
        return _import(source, {})[0]


def convert(source, path=None, *, reference=None, lengths=None, states=None, **options):
    """A model from a file of others, with the options that its reading needs.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or torch module
        As of `load`.
    path : path, optional
        Where to write the model to as well, as `Model.save` does: an .onnx
        becomes an ONNX file.
    reference : pair of arrays or of paths of .npy files, optional
        x and the y that the model must give for it: a model that gives
        anything else is refused.
    lengths : array (B) of int, or path, optional
        Valid steps of each sequence of the reference.
    states : dict of arrays or paths, optional
        Memory that the reference begins with, "rnn.h_0" and "rnn.c_0", and that
        it must leave, "rnn.h_n", each (L*D,B,R) as PyTorch has it.
    **options
        mapping, key, layers, ignore, nonlinearity, batch_first, from_tensor,
        to_tensor, as docs/FORMATS.md has them.

    Returns
    -------
    Conversion

    Raises
    ------
    BadFormatError
        Where the file needs a decision: ``error.proposals`` are the keyword
        arguments that it would be taken by; and where the model does not give
        y.

    Examples
    --------
    >>> model = Model([LSTM(4)], inputs=2, batch_first=False)
    >>> x = np.ones((3, 1, 2), np.float32)
    >>> convert(model.state_dict(), reference=(x, model(x)), batch_first=False).proof
    'checked: it gives y for x'
    """
    if path is not None and _files.ending(path) != ".onnx":
        _files.check_own(path)
    given, known = _files.read(source)
    options = {**known, **options}
    if reference is None and (lengths is not None or states):
        raise _core.BadValueError("lengths and states are of a reference: give reference=(x, y)")
    model, rows, remarks, proof = _first(given, options)
    if reference is None:
        _ask_for_the_unsaid(source, options)
    else:
        model, proof = references.hold(
            model, reference, lengths, states,
            other=lambda: _core.import_model(Model, given, **options, batch_first=False)[0]
            if _is_open(model, options) else None,
        )  # fmt: skip
    if path is not None:
        model.save(path)
    return Conversion(model, [Row(*row) for row in rows], remarks, proof)


def propose(source, **options):
    """The keyword arguments by which a file would be taken that needs a decision.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or torch module
        As of `load`.
    **options
        Of `convert`, that are decided.

    Returns
    -------
    list of Proposal
        Dicts for `load` and `convert`. One that is as the options are, where
        nothing is left open; none where other arguments do not help.

    Examples
    --------
    >>> weights = Model([GRU(3)], inputs=3).state_dict()
    >>> two = {f"{a}.{k[4:]}": v for a in "ab" for k, v in weights.items()}
    >>> for proposal in propose(two):
    ...     print(proposal)
    layers='a,b'
    >>> load(two, **propose(two)[0])
    Model([GRU(3), GRU(3)], inputs=3)
    """
    given, known = _files.read(source)
    options = {**known, **options}
    try:
        _core.import_model(Model, given, **options)
    except (_core.BadValueError, _core.BadFormatError):
        return _proposals(given, options)[1]
    sentence, proposals = _unsaid(source, options)
    return proposals if sentence else [Proposal(options)]


def draft(source, path):
    """Begins a mapping file, for weights whose names or layout nothing knows.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or torch module
    path : path
        Of the JSON to write. What names and shapes do not say is listed in it
        under "missing"; when that is settled, ``load(source, mapping=path)``.
    """
    with _files.as_files(_files.read(source)[0]) as paths:
        _core.look(paths, path)


def describe(source):
    """What a file holds, without reading it as a model.

    Parameters
    ----------
    source : path, list of paths, bytes, file, dict of arrays, or torch module

    Returns
    -------
    facts : dict
        format, producer, ... by name.
    tensors : list of Row
        Every tensor, with its type and shape.

    Examples
    --------
    >>> facts, tensors = describe(Model([RNN(2)], inputs=1).dumps())
    >>> tensors[0].tensor, tensors[0].shape
    ('rnn.weight_ih_l0', (2, 1))
    """
    with _files.as_files(_files.read(source)[0]) as paths:
        facts, rows = _core.look(paths)
    return dict(facts), [Row(*row) for row in rows]


class Graph(_core.Graph):
    """An ONNX graph, run as it is.

    Parameters
    ----------
    source : path, bytes or file

    Examples
    --------
    >>> graph = Graph("model.onnx")             # doctest: +SKIP
    >>> graph({"x": x})["y"]                    # doctest: +SKIP
    """

    def __new__(cls, source):
        if hasattr(source, "keys") or hasattr(source, "state_dict"):
            raise _core.BadValueError(
                f"source is a {type(source).__name__}, expected an ONNX file, or its bytes"
            )
        given, _ = _files.read(source)
        if isinstance(given, list) and len(given) != 1:
            raise _core.BadValueError(f"source is {len(given)} files, expected one of a graph")
        return super().__new__(cls, given if isinstance(given, bytes) else given[0])

    def _named(self, inputs):
        """Inputs by name: a bare array is of the one input that has to be given."""
        if inputs is None:
            return {}
        if hasattr(inputs, "keys"):
            return dict(inputs)
        ports = [p for p in self.ports if p["input"]]
        needed = [p["name"] for p in ports if not p["optional"]] or [p["name"] for p in ports]
        if len(needed) != 1:
            raise _core.BadValueError(
                f"inputs is a {type(inputs).__name__}, expected a dict of arrays by name, as "
                f"there are several inputs: {', '.join(needed)}"
            )
        return {needed[0]: inputs}

    def __call__(self, inputs=None, *, steps=0, threads=0, **named):
        """Runs the graph on arrays by name.

        Parameters
        ----------
        inputs : dict of arrays, or array, optional
            By the names of the graph's inputs; inputs with a value of their own
            may be left out. One array is of the one input that has none.
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
        given = {**self._named(inputs), **named}
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
    source : path, bytes or file
    inputs : dict of arrays, or array, optional
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
    >>> x = np.zeros((1, 3, 1), np.float32)
    >>> run(path, x=x)["y"].shape
    (1, 3, 2)
    >>> bool((run(path, x)["y"] == run(path, {"x": x})["y"]).all())
    True
    """
    return Graph(source)(inputs, steps=steps, threads=threads, **named)
