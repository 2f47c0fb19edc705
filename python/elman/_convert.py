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
    """`value` as NumPy sees it, without a copy where that can be."""
    if hasattr(value, "detach") and hasattr(value, "requires_grad"):
        value = value.detach()  # of torch: its numbers, not its graph
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        raise _core.BadValueError(
            f"{name} cannot be read as an array: {error}"
        ) from error


def _whole(array, dtype, name):
    """Whole numbers, also of a type of floating point, that fit."""
    if array.dtype.kind == "f" and not np.array_equal(array, np.trunc(array)):
        raise _core.BadValueError(f"{name} has numbers that are not whole")
    if array.size:
        limits = np.iinfo(dtype)
        least, most = array.min(), array.max()
        if int(least) < limits.min or int(most) > limits.max:
            raise _core.BadValueError(
                f"{name} has numbers from {least} to {most}, which {dtype} cannot hold"
            )
    return np.array(array, dtype, order="C", copy=True)
