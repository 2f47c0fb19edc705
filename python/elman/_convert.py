"""What is no plain array yet becomes one, with one copy."""

import numpy as np

from elman import _core


def convert(value, dtype, name):
    """Returns `value` as a C-contiguous array of `dtype`.

    Takes whatever NumPy reads, and tensors that come by DLPack. Numbers that
    the type cannot hold, complex numbers and text are refused: nothing is lost
    in silence.
    """
    dtype = np.dtype(dtype)
    array = as_array(value, name)
    if array.dtype == object or array.dtype.kind not in "fiub":
        raise _core.BadValueError(
            f"{name} has the type {array.dtype}, expected numbers that fit {dtype}"
        )
    if dtype.kind in "iu":
        return _whole(array, dtype, name)

    # what was finite stays finite
    with np.errstate(over="ignore"):
        made = np.array(array, dtype, order="C", copy=True)
    if array.dtype.itemsize > 4 and array.dtype.kind == "f" and not np.array_equal(
        np.isfinite(made), np.isfinite(array)
    ):
        raise _core.BadValueError(f"{name} has numbers that are too large for {dtype}")
    return made


def as_array(value, name):
    """`value` as NumPy sees it, without a copy where that can be.

    What an array's numbers alone do not say is refused: a mask that hides some,
    as of `numpy.ma`. So are lists of different lengths.
    """
    if hasattr(value, "detach") and hasattr(value, "requires_grad"):
        value = value.detach()  # of torch: its numbers, not its graph
    refuse_mask(value, name)
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        if "inhomogeneous" in str(error):
            raise _core.BadValueError(
                f"{name} has parts of different shapes, expected one array; sequences of "
                "different lengths are a list of arrays"
            ) from None
        said = str(error).split("\n")[0]
        raise _core.BadValueError(f"{name} cannot be read as an array: {said}") from error


def is_list_of_arrays(value):
    """Whether it is a list with parts that have a length of their own."""
    return isinstance(value, (list, tuple)) and any(map(_has_length, value))


def _has_length(value):
    if hasattr(value, "ndim"):
        return value.ndim > 0
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes, dict))


def joined(arrays, name, join=np.concatenate):
    """Arrays of a list as one, where they fit together."""
    try:
        return join(arrays)
    except (ValueError, TypeError) as error:
        parts = {f"the shape {a.shape}" for a in arrays}
        parts = parts if len(parts) > 1 else {f"the type {a.dtype}" for a in arrays}
        raise _core.BadValueError(
            f"{name} has parts of {' and '.join(sorted(parts)[:2])}, expected one that fits all"
        ) from error


def refuse_mask(value, name):
    """Refuses numbers that a mask hides."""
    if _has_mask(value, name):
        raise _core.BadValueError(
            f"{name} has masked values, expected numbers: {name}.filled(numpy.nan) says what "
            "they are, lengths how much of a sequence counts"
        )


def _has_mask(value, name, around=()):
    """Whether a mask hides numbers, of an array or of one in a list, which may
    not stand in itself (`around`: the lists that it is in)."""
    if isinstance(value, np.ma.MaskedArray):
        return bool(np.ma.is_masked(value))
    if not isinstance(value, (list, tuple)):
        return False
    around = (*around, value)
    found = False
    for part in value:
        if not isinstance(part, (list, tuple, np.ma.MaskedArray)):
            continue
        if any(part is one for one in around):
            raise _core.BadValueError(
                f"{name} is a list that holds itself, expected numbers: a list of them, "
                "or of such lists"
            )
        found = found or _has_mask(part, name, around)
    return found


def _whole(array, dtype, name):
    """Whole numbers, also of a type of floating point, that fit."""
    if array.dtype.kind == "f" and not (
        np.isfinite(array).all() and np.array_equal(array, np.trunc(array))
    ):
        raise _core.BadValueError(f"{name} has numbers that are not whole")
    if array.size:
        limits = np.iinfo(dtype)
        least, most = array.min(), array.max()
        if int(least) < limits.min or int(most) > limits.max:
            raise _core.BadValueError(
                f"{name} has numbers from {least} to {most}, which {dtype} cannot hold"
            )
    return np.array(array, dtype, order="C", copy=True)
