"""Eigenvalues and norms, by NumPy where the library was built without LAPACK."""

import numpy as np

from elman import _core
from elman.measurement import Measurement


def spectrum(model):
    """Eigenvalues and norms of the recurrent matrices of a model, gate by gate.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Measurement
        matrices, each with name, n, real and imaginary (n) with the largest
        modulus first, radius and norm.

    Examples
    --------
    >>> model = Model([RNN(2)], inputs=1)
    >>> model["rnn.weight_hh_l0"] = [[0.5, 0], [0, -0.9]]
    >>> round(spectrum(model).matrices[0].radius, 3)
    0.9
    """
    found = _core.spectrum(model)
    for row in found["matrices"]:
        if row["real"] is None:
            values, row["norm"] = _eigenvalues(model, row["name"], row["n"])
            row["real"], row["imaginary"] = values.real, values.imag
            row["radius"] = float(np.abs(values[0])) if len(values) else 0.0
    if found["matrices"]:
        found["absent"] = None
    return Measurement("spectrum", found)


def _eigenvalues(model, name, n):
    """Those of a matrix by NumPy, where the library was built without LAPACK:
    "rnn.weight_hh_l0 f" names a parameter and a gate."""
    parameter, _, gate = name.partition(" ")
    matrix = np.asarray(model[parameter], np.float64)
    layer = next(k for k in _core.kinds() if k["word"] == _kind_of(model, parameter))
    index = layer["gate_names"].index(gate) if gate else 0
    block = matrix[index * (len(matrix) // layer["gates"]) :][: len(matrix) // layer["gates"]]
    projection = parameter.replace("weight_hh", "weight_hr")
    if projection in model:
        block = np.asarray(model[projection], np.float64) @ block
    if not np.isfinite(block).all():
        return np.full(n, np.nan + 0j), float("nan")
    return _ordered(np.linalg.eigvals(block)), float(np.linalg.norm(block, 2))


def _ordered(values):
    """Eigenvalues as the library has them: the largest modulus first, then real
    and imaginary part, where a difference of 1e-10 of the largest is none."""
    values = values.astype(complex)
    part = max(np.abs(values).max(initial=0.0) * 1e-10, np.finfo(float).tiny)
    keys = [np.round(v / part) for v in (values.imag, values.real, np.abs(values))]
    return values[np.lexsort([-key for key in keys])]


def judge(found, index, jacobian):
    """What happens around a fixed point, where the library has no LAPACK."""
    row = found["points"][index]
    if row["real"] is not None or not np.isfinite(jacobian).all():
        return
    values = _ordered(np.linalg.eigvals(jacobian))
    row["real"], row["imaginary"] = values.real.copy(), values.imag.copy()
    moduli = np.abs(values)
    row["radius"], row["unstable"] = float(moduli.max(initial=0.0)), int((moduli > 1).sum())
    row["stable"] = row["radius"] < 1


def _kind_of(model, parameter):
    """The kind of the layer that a parameter belongs to."""
    prefix = parameter.rpartition(".")[0]
    return next(c["kind"] for c in model.config["layers"] if c["name"] == prefix)
