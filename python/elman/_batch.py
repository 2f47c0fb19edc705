"""A batch and its targets, as a measurement takes them: checked at once."""

import os

import numpy as np

from elman import _core, _files
from elman._convert import as_array, convert, is_list_of_arrays


def read(model, x, y=None, lengths=None):
    """x, target, loss and lengths as the library takes them, all of which fit the
    model; target and loss are None without y."""
    if is_list_of_arrays(x) and not _is_even(x):
        if lengths is not None:
            raise _core.BadValueError(
                "lengths go with an array; each array of a list has its own"
            )
        x, y, lengths = _padded(model, x, y)
    x = as_array(x, "x")
    alone = x.ndim == (1 if model.info["vocabulary"] else 2)
    if alone:
        x = np.expand_dims(x, 0 if model.batch_first else 1)
    x = _converted(x, "int32" if model.info["vocabulary"] else "float32", "x")
    lengths = None if lengths is None else _converted(lengths, "uintp", "lengths")
    target, loss = (None, None) if y is None else _target(model, as_array(y, "y"), alone)
    _core.check_batch(model, x, lengths, target, loss)
    _check_numbers(model, x, target, loss, lengths)
    return x, target, loss, lengths


def load(value, name):
    """The array of an .npy file; anything else as it is."""
    if not isinstance(value, (str, os.PathLike)):
        return value
    if _files.ending(value) != ".npy":
        raise _core.BadValueError(
            f"{name} is {os.fspath(value)!r}, expected an .npy file, as the model does not say "
            "how other data becomes its numbers; or a Dataset of it"
        )
    try:
        return np.load(value, allow_pickle=False)
    except OSError as error:
        raise _core.BadFileError(f"{name} cannot be read: {error}") from error
    except ValueError as error:
        said = str(error).split("\n")[0]
        raise _core.BadFormatError(f"{os.fspath(value)} is no array: {said}") from error


def _target(model, y, alone):
    """Targets as the library takes them, and their loss."""
    info = model.info
    classes = y.dtype.kind in "iub"
    loss = {"kind": "cross_entropy" if classes else "mse"}
    rank = 3 - info["per_sequence"] - classes
    if not classes and info["output_size"] == 1 and y.ndim == rank - 1 - alone:
        y = y[..., None]
    if alone and y.ndim < rank:
        y = np.expand_dims(y, 0 if model.batch_first or info["per_sequence"] else 1)
    if classes and (y == -100).any():
        loss.update(has_ignored=True, ignore_index=-100)
    return _converted(y, "int32" if classes else "float32", "y"), loss


def _check_numbers(model, x, target, loss, lengths):
    """Refuses lengths, tokens and classes that the model cannot have."""
    B, T = x.shape[:2] if model.batch_first else x.shape[1::-1]
    if not B or not T:
        raise _core.BadValueError(
            f"x has the shape {x.shape}, expected one step of one sequence or more"
        )
    info, checks = model.info, []
    if lengths is not None:
        checks.append((lengths, T, "lengths", "steps"))
    if info["vocabulary"]:
        checks.append((x, info["vocabulary"] - 1, "x", "the token"))
    if loss and loss["kind"] == "cross_entropy":
        checks.append((target[target != -100], info["output_size"] - 1, "y", "the class"))
    for values, most, name, what in checks:
        wrong = values[(values < 0) | (values > most)]
        if wrong.size:
            raise _core.BadValueError(f"{name} has {what} {wrong.flat[0]}, expected 0 to {most}")


def _converted(value, dtype, name):
    """An array as the library reads it, where it is if it can be."""
    array = as_array(value, name)
    plain = array.dtype == np.dtype(dtype) and array.flags.c_contiguous and array.flags.aligned
    return array if plain else convert(array, dtype, name)


def _is_even(arrays):
    """Whether a list is one array written as lists, or, with numbers among them,
    nothing else."""
    if not all(hasattr(a, "__len__") for a in arrays):
        return True
    return not any(hasattr(a, "ndim") for a in arrays) and len({len(a) for a in arrays}) == 1


def _padded(model, arrays, targets):
    """A list of sequences as a batch, with their lengths."""
    arrays = [np.atleast_1d(as_array(a, "x")) for a in arrays]
    lengths = np.array([len(a) for a in arrays], np.uintp)
    order = 0 if model.batch_first else 1

    def batch(rows, name):
        made = np.zeros((len(rows), max(map(len, rows)), *rows[0].shape[1:]), rows[0].dtype)
        for to, row in zip(made, rows):
            if row.shape[1:] != rows[0].shape[1:]:
                raise _core.BadValueError(
                    f"{name} has parts of {row.shape[1:]} and {rows[0].shape[1:]} features, "
                    "expected the same"
                )
            to[: len(row)] = row
        return np.moveaxis(made, 0, order)

    if is_list_of_arrays(targets) and not model.info["per_sequence"]:
        targets = [np.atleast_1d(as_array(t, "y")) for t in targets]
        if [len(t) for t in targets] != lengths.tolist():
            raise _core.BadValueError("y has other lengths than x, expected one of each step")
        targets = batch(targets, "y")
    return batch(arrays, "x"), targets, lengths
