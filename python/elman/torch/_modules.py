"""The classes: torch's modules, whose passes elman computes.

A class is torch's own. Its `forward` hands the common case, a tensor of three
dimensions and plain parameters, to the extension in one call. All else goes
through torch's own code of `forward`, in which only the operators are others:
every check, every message, packing and state_dict are torch's, in each of its
versions.
"""

import functools
import types

import torch

from elman.torch import _operator as op
from elman.torch import _private
from elman.torch._engine import GATES


class _Operators:
    """What torch's modules call `_VF`: its operators, by overload."""

    def __init__(self):
        for kind in GATES:
            torchs = getattr(torch._VF, kind)
            given = functools.partial(op.layer, kind, torchs)
            packed = functools.partial(op.packed, kind, torchs)
            setattr(self, kind, functools.partial(_layer, given, packed))
            torchs = getattr(torch._VF, f"{kind}_cell")
            setattr(self, f"{kind}_cell", functools.partial(op.cell, kind, torchs))

    def __getattr__(self, name):
        return getattr(torch._VF, name)


def _layer(given, packed, *args):
    # (input, hx, ...) has nine arguments, and so has (data, sizes, ...), in which
    # a tensor of sizes stands second and the hidden state third
    third = args[2]
    if isinstance(third, torch.Tensor):
        return packed(*args)
    if (
        isinstance(third, (tuple, list))
        and isinstance(args[1], torch.Tensor)
        and args[1].dtype is torch.int64
        and args[1].dim() == 1
    ):
        return packed(*args)
    return given(*args)


_operators = _Operators()


def _with_ours(function):
    """torch's function, with elman's operators where it says `_VF`."""
    names = {**function.__globals__, "_VF": _operators}
    made = types.FunctionType(
        function.__code__.replace(), names, function.__name__,
        function.__defaults__, function.__closure__,
    )  # fmt: skip
    made.__kwdefaults__ = function.__kwdefaults__
    return functools.update_wrapper(_private.not_compiled(made), function)


def _fast(torchs):
    """`torchs`, a forward of torch's, that first asks the extension.

    It keeps torch's names and source, from which TorchScript compiles a module.
    """

    def forward(self, input, hx=None):
        made = _elman_module(self, input, hx)  # noqa: F821
        if made is NotImplemented:
            return _elman_torchs(self, input, hx)  # noqa: F821
        return made

    names = {
        **torchs.__globals__,
        "_elman_module": op.glue.module,
        "_elman_torchs": torchs,
    }
    code = forward.__code__.replace()
    made = types.FunctionType(code, names, "forward", (None,))
    return functools.update_wrapper(_private.not_compiled(made), torchs)


def forwards():
    """torch's layers with a forward of theirs that first asks the extension."""
    return [(c, _fast(c.forward)) for c in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)]


def _class(base, forward):
    return type(
        base.__name__,
        (base,),
        {
            "forward": forward,
            "__doc__": f"`torch.nn.{base.__name__}`, computed by elman.",
            "__module__": "elman.torch",
        },
    )


RNN, LSTM, GRU = (
    _class(base, _fast(_with_ours(base.forward)))
    for base in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)
)
RNNCell, LSTMCell, GRUCell = (
    _class(base, _with_ours(base.forward))
    for base in (torch.nn.RNNCell, torch.nn.LSTMCell, torch.nn.GRUCell)
)
