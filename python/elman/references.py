"""References: what a model must give for an input, as its source did."""

import os
import re
import tempfile

import numpy as np

from elman import _core
from elman._convert import as_array


def hold(model, reference, lengths=None, states=None, other=lambda: None):
    """Holds a model against a reference, of arrays or paths; see `elman.convert`.

    Parameters
    ----------
    model : Model
    reference : pair of arrays or paths
        x and y.
    lengths : array (B) or path, optional
    states : dict of arrays or paths, optional
        By "rnn.h_0" ... before, by "rnn.h_n" ... after the pass.
    other : callable, optional
        Gives the model that reads the other order of steps and sequences, or
        None, for weights that do not say it.

    Returns
    -------
    Model
        The one that passed.
    str
        What is proved.

    Raises
    ------
    BadFormatError
        If neither gives y.

    Examples
    --------
    >>> model = Model([GRU(2)], inputs=1)
    >>> x = np.ones((2, 5, 1))
    >>> y = model(x, lengths=[5, 3])
    >>> hold(model, (x, y), lengths=[5, 3])[1]
    'checked: it gives y for x'
    """
    if not isinstance(reference, (tuple, list)) or len(reference) != 2:
        raise _core.BadValueError(
            f"reference is {reference!r:.80}, expected a pair (x, y) of arrays or .npy files"
        )
    x, y = reference
    names = [part if _is_path(part) else name for part, name in ((x, "x"), (y, "y"))]
    with tempfile.TemporaryDirectory() as folder:
        files = {
            name: _file(folder, name, value)
            for name, value in (("x", x), ("y", y), ("lengths", lengths))
        }
        try:
            failure = _failure(model, files, states)
            turned = other() if failure is not None else None
            if turned is not None:
                second = _failure(turned, files, states)
                model = turned if second is None else model
                if second is None or isinstance(failure, Exception):
                    failure = second
        except _core.Error as error:
            failure = error
    if isinstance(failure, Exception):
        raise type(failure)(_by_name(str(failure), folder)) from None
    if failure is not None:
        raise _core.BadFormatError(
            f"the model does not give {names[1]} for {names[0]}: {failure}"
        )
    return model, f"checked: it gives {names[1]} for {names[0]}"


def _is_path(value):
    return isinstance(value, (str, bytes, os.PathLike))


def _file(folder, name, value):
    """The .npy file of an array; a path as it is."""
    if value is None or _is_path(value):
        return value
    array = as_array(value, name)
    if array.dtype.kind not in "fiub":
        raise _core.BadValueError(f"{name} has the type {array.dtype}, expected numbers")
    path = os.path.join(folder, name + ".npy")
    np.save(path, array)
    return path


def _by_name(sentence, folder):
    """A sentence that names arrays, and not the files they were in."""
    at = re.escape(folder + os.sep)
    return re.sub(rf"{at}(\w+)\.npy:?", r"\1", sentence)


def _failure(model, files, states):
    """Where the model gives something else, why it cannot be held against the
    reference, as where that is of another order, or None."""
    begin = end = None
    B = 0
    try:
        if states:
            B = _sequences(model, files["x"])
            begin, end = memories(model, B, states)
        found = _core.check(model, files["x"], files["y"], files["lengths"], B, begin, end)
    except _core.BadValueError as error:
        return error
    return None if found["passed"] else found["failure"]


def _sequences(model, path):
    """B of a file of x."""
    try:
        x = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise _core.BadFileError(f"{path} cannot be read as an array: {error}") from None
    if x.ndim <= (1 if model.info["vocabulary"] else 2):
        return 1
    return x.shape[0 if model.batch_first else 1]


# ---- memories ---------------------------------------------------------------


def memories(model, B, states):
    """The memory before a pass of B sequences, and after it, as bytes.

    What is not named is as the model begins before, and any number after.
    """
    before, after = model.state(T=1, B=B), model.state(T=1, B=B)
    known = _memories(model)
    for views in known.values():
        for view in views:
            after[view][...] = np.nan
    for name, value in states.items():
        base, _, when = name.rpartition("_l") if "_l" in name[-4:] else (name, "", "")
        state = before if base.endswith("_0") else after
        key = (base[:-2], when) if base[-2:] in ("_0", "_n") else None
        if key not in known:
            expected = ", ".join(f"{part}_0{level and '_l' + level}" for part, level in known)
            raise _core.BadValueError(
                f"states has {name!r}, expected {expected}, or with _n what is left"
            )
        _fill(state, known[key], name, value)
    return before.dumps(), after.dumps()


def _fill(state, views, name, value):
    """Writes (L*D,B,R) to the views of its levels and directions."""
    array = np.load(value, allow_pickle=False) if _is_path(value) else as_array(value, name)
    shape = (len(views), *state[views[0]].shape)
    if array.shape != shape:
        raise _core.BadValueError(f"{name} has the shape {array.shape}, expected {shape}")
    for view, part in zip(views, array):
        state[view][...] = part


def _memories(model):
    """The views of each memory by the names of an ONNX export: {("rnn.h", ""):
    ["layer0.h_n", ...]}; levels of different sizes are apart, ("rnn.h", "1")."""
    made, level = {}, 0
    cells = {kind["word"]: kind["has_cell"] for kind in _core.kinds() if kind["family"] == 1}
    layers = model.config["layers"]
    for layer in layers:
        if layer["kind"] == "repeat":
            break  # which begins anew behind it
        if layer["kind"] not in cells:
            continue
        sizes = [n for n in layer.get("hidden_sizes") or () if n]
        levels = layer.get("num_layers") or len(sizes) or 1
        apart = len(set(sizes)) > 1
        ways = ("", "_reverse") if layer.get("bidirectional") else ("",)
        for part in "hc" if cells[layer["kind"]] else "h":
            for k in range(levels):
                views = [f"layer{level + k}{way}.{part}_n" for way in ways]
                when = str(k) if apart else ""
                made.setdefault((f"{layer['name']}.{part}", when), []).extend(views)
        level += levels
    if len(layers) == 1:  # which an export does not name
        made.update({(name.rpartition(".")[2], k): v for (name, k), v in made.items()})
    return made
