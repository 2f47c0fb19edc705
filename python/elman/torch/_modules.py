"""The classes: torch's modules, whose passes elman computes.

A class is torch's own, and its `forward` is torch's own code, in which only the
operators are others: every check, every message, packing and state_dict are
torch's, in each of its versions.
"""

import types

import torch

from elman.torch import _switch

_implementations = dict(_switch.implementations())


class _Operators:
    """What torch's modules call `_VF`: its operators, by overload."""

    def __getattr__(self, name):
        return getattr(torch._VF, name)

    def _layer(kind):  # noqa: N805
        given, packed = (
            _implementations[f"{kind}.input"],
            _implementations[f"{kind}.data"],
        )

        def call(self, *args):
            # (input, hx, ...) has nine arguments, and so has (data, sizes, ...),
            # in which a tensor of sizes stands second and the hidden state third
            second, third = args[1], args[2]
            is_packed = isinstance(third, torch.Tensor) or (
                isinstance(third, (tuple, list))
                and isinstance(second, torch.Tensor)
                and second.dtype is torch.int64
                and second.dim() == 1
            )
            return packed(*args) if is_packed else given(*args)

        return call

    lstm, gru = _layer("lstm"), _layer("gru")
    rnn_tanh, rnn_relu = _layer("rnn_tanh"), _layer("rnn_relu")

    def lstm_cell(self, *args):
        return _implementations["lstm_cell"](*args)

    def gru_cell(self, *args):
        return _implementations["gru_cell"](*args)

    def rnn_tanh_cell(self, *args):
        return _implementations["rnn_tanh_cell"](*args)

    def rnn_relu_cell(self, *args):
        return _implementations["rnn_relu_cell"](*args)


def _ours(function):
    """torch's function, with elman's operators where it says `_VF`."""
    names = {**function.__globals__, "_VF": _Operators()}
    made = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__,
        function.__closure__,
    )  # fmt: skip
    made.__kwdefaults__ = function.__kwdefaults__
    made.__doc__ = function.__doc__
    return made


def _module(base):
    return type(
        base.__name__,
        (base,),
        {
            "forward": _ours(base.forward),
            "__doc__": f"`torch.nn.{base.__name__}`, computed by elman.",
            "__module__": "elman.torch",
        },
    )


RNN = _module(torch.nn.RNN)
LSTM = _module(torch.nn.LSTM)
GRU = _module(torch.nn.GRU)
RNNCell = _module(torch.nn.RNNCell)
LSTMCell = _module(torch.nn.LSTMCell)
GRUCell = _module(torch.nn.GRUCell)
