"""The switch: torch's own operators on the CPU, computed by elman.

The operators of `torch.nn.RNN`, `LSTM`, `GRU` and their cells are composite
ones of torch's dispatcher. Here they get an implementation for the CPU, which
takes the calls it can do and hands all others to torch's.
"""

import contextlib
import threading

import torch
from torch._C import DispatchKey

from elman.torch import _operator as op
from elman.torch._operator import GATES, MAX_LEVELS, Packing, Shape, counts, refuses

_KEYS = ("CPU", "AutogradCPU")
_lock = threading.RLock()
_library = None
_depth = 0  # of `use` blocks


def _overload(name, which):
    return getattr(getattr(torch.ops.aten, name), which)


def _back(operator, *args):
    """torch's own way to compute it."""
    return operator._op_dk(DispatchKey.CompositeImplicitAutograd, *args)


def _cannot(input, hx, params, num_layers):
    """Why a layer's call is torch's, or None."""
    why = refuses([input, *hx, *params])
    if why:
        return why
    if num_layers > MAX_LEVELS:
        return f"over {MAX_LEVELS} levels"
    if not all(input.shape) or not all(hx[0].shape):
        return "no elements"
    return None


def _shape(kind, width, hx, params, bias, levels, dropout, bidirectional, first):
    proj = hx[0].shape[-1] if kind == "lstm" and hx[0].shape[-1] != hx[1].shape[-1] else 0
    return Shape(
        kind, width, params[0].shape[0] // GATES[kind], proj, levels, bias,
        bidirectional, dropout, first,
    )  # fmt: skip


def _fits(shape, hx, params, B):
    """Whether all tensors have the sizes that the shape asks for; torch refuses
    those that have not in its own words."""
    D = 2 if shape.bidirectional else 1
    H, R, G = shape.hidden, shape.proj or shape.hidden, GATES[shape.kind]
    if hx[0].shape != (shape.levels * D, B, R):
        return False
    if len(hx) == 2 and hx[1].shape != (shape.levels * D, B, H):
        return False
    wanted = []
    for level in range(shape.levels):
        width = shape.inputs if level == 0 else D * R
        one = [(G * H, width), (G * H, R)]
        one += [(G * H,), (G * H,)] if shape.bias else []
        one += [(R, H)] if shape.proj else []
        wanted += one * D
    return len(params) == len(wanted) and all(
        tuple(p.shape) == w for p, w in zip(params, wanted)
    )


def _layer(kind):
    """The implementation of aten::<kind>.input."""
    operator = _overload(kind, "input")

    def call(input, hx, params, bias, levels, dropout, train, bidirectional, first):
        args = (input, hx, params, bias, levels, dropout, train, bidirectional, first)
        memory = list(hx) if kind == "lstm" else [hx]
        why = _cannot(input, memory, params, levels)
        if not why and (input.dim() != 3 or not params or memory[0].dim() != 3):
            why = "shapes"
        if not why:
            shape = _shape(
                kind, input.shape[-1], memory, params, bias, levels, dropout,
                bidirectional, first,
            )  # fmt: skip
            B = input.shape[0 if first else 1]
            if not _fits(shape, memory, params, B):
                why = "shapes"
        if why:
            counts["torch", why] += 1
            return _back(operator, *args)

        def again(x, *tensors):
            n = len(memory)
            h = list(tensors[:n]) if n == 2 else tensors[0]
            return _back(
                operator, x, h, list(tensors[n:]), bias, levels, dropout, train,
                bidirectional, first,
            )  # fmt: skip

        return op.run(shape, input, memory, params, train, again)

    return call


def _packed(kind):
    """The implementation of aten::<kind>.data, of packed sequences."""
    operator = _overload(kind, "data")

    def call(data, sizes, hx, params, bias, levels, dropout, train, bidirectional):
        args = (data, sizes, hx, params, bias, levels, dropout, train, bidirectional)
        memory = list(hx) if kind == "lstm" else [hx]
        why = _cannot(data, memory, params, levels)
        if not why and (data.dim() != 2 or not params or sizes.device.type != "cpu"):
            why = "shapes"
        if not why:
            shape = _shape(
                kind, data.shape[-1], memory, params, bias, levels, dropout,
                bidirectional, False,
            )  # fmt: skip
            packing = Packing(sizes)
            if not _fits(shape, memory, params, packing.B):
                why = "shapes"
        if why:
            counts["torch", why] += 1
            return _back(operator, *args)

        def again(x, *tensors):
            n = len(memory)
            h = list(tensors[:n]) if n == 2 else tensors[0]
            y, *rest = _back(
                operator, packing.gather(x), sizes, h, list(tensors[n:]), bias,
                levels, dropout, train, bidirectional,
            )  # fmt: skip
            return packing.spread(y), *rest

        y, *last = op.run(
            shape, packing.spread(data), memory, params, train, again, packing.lengths
        )
        return packing.gather(y), *last

    return call


def _cell(name, kind):
    """The implementation of aten::<name>, one step of one level."""
    operator = _overload(name, "default")

    def call(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
        memory = list(hx) if kind == "lstm" else [hx]
        bias = b_ih is not None and b_hh is not None
        params = [w_ih, w_hh, b_ih, b_hh] if bias else [w_ih, w_hh]
        why = _cannot(input, memory, params, 1)
        if not why and (b_ih is None) != (b_hh is None):
            why = "one bias"
        if not why and (input.dim() != 2 or memory[0].dim() != 2):
            why = "shapes"
        if not why:
            shape = Shape(
                kind, input.shape[1], w_ih.shape[0] // GATES[kind], 0, 1, bias,
                False, 0.0, False,
            )  # fmt: skip
            if not _fits(shape, [h[None] for h in memory], params, len(input)):
                why = "shapes"
        if why:
            counts["torch", why] += 1
            return _back(operator, input, hx, w_ih, w_hh, b_ih, b_hh)

        def again(x, *tensors):
            n = len(memory)
            h = [t[0] for t in tensors[:n]]
            out = _back(
                operator, x[0], h if n == 2 else h[0],
                *(tuple(tensors[n:]) + (None, None))[:4],
            )  # fmt: skip
            out = out if n == 2 else (out,)
            return (out[0][None], *(o[None] for o in out))

        last = op.run(
            shape, input[None], [h[None] for h in memory], params, False, again
        )[1:]
        return tuple(h[0] for h in last) if kind == "lstm" else last[0][0]

    return call


def implementations():
    """Every operator that is taken over: (name, function)."""
    for kind in GATES:
        yield f"{kind}.input", _layer(kind)
        yield f"{kind}.data", _packed(kind)
    for name, kind in (
        ("lstm_cell", "lstm"), ("gru_cell", "gru"),
        ("rnn_tanh_cell", "rnn_tanh"), ("rnn_relu_cell", "rnn_relu"),
    ):  # fmt: skip
        yield name, _cell(name, kind)


def install():
    """From now on torch's recurrent operators on the CPU are elman's, in the
    whole process; `uninstall` ends it."""
    global _library
    with _lock:
        if _library is not None:
            return
        library = torch.library.Library("aten", "IMPL")
        for name, function in implementations():
            for key in _KEYS:
                library.impl(name, function, key)
        _library = library


def uninstall():
    """torch's operators are torch's again."""
    global _library
    with _lock:
        if _library is not None:
            _library._destroy()
            _library = None


@contextlib.contextmanager
def use():
    """In this block torch's recurrent operators on the CPU are elman's, for all
    threads of the process.

    >>> with use():
    ...     y, h = torch.nn.GRU(3, 4)(torch.zeros(5, 2, 3))
    """
    global _depth
    with _lock:
        ours = _library is None
        _depth += 1
        install()
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if ours and not _depth:
                uninstall()


def installed():
    """Whether the operators are elman's now."""
    return _library is not None
