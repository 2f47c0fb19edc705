"""torch's recurrent operators, computed by elman.

`run` has the arguments of torch's own operators in one form. What the engine
cannot do it leaves to torch: `refuses` says why.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import torch

from elman import _core
from elman.torch._engine import engines

MAX_LEVELS = 16  # of a layer of elman

counts = Counter()  # passes by who computed them: ("elman", "lstm"), ("torch", why)


class Shape(NamedTuple):
    """What an engine is built from."""

    kind: str  # "lstm", "gru", "rnn_tanh", "rnn_relu"
    inputs: int
    hidden: int
    proj: int
    levels: int
    bias: bool
    bidirectional: bool
    dropout: float
    batch_first: bool

    def layer(self):
        """The layer of elman's config."""
        layer = {
            "kind": self.kind.split("_")[0],
            "hidden_size": self.hidden,
            "num_layers": self.levels,
            "proj_size": self.proj,
            "no_bias": not self.bias,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "init_ih": ("constant", 0.0),  # no need to draw what is replaced
            "init_hh": ("constant", 0.0),
            "init_bias": ("constant", 0.0),
        }
        if self.kind == "rnn_relu":
            layer["nonlinearity"] = "relu"
        if self.kind != "lstm":
            del layer["proj_size"]
        return layer


GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


# ---- what is torch's ---------------------------------------------------------


def _is_plain(tensor):
    kind = type(tensor)
    return kind is torch.Tensor or kind is torch.nn.Parameter


def refuses(tensors):
    """Why a call is torch's, or None. Checked from the cheapest on."""
    for tensor in tensors:
        if not _is_plain(tensor):
            return "tensor subclass"
        if tensor.dtype is not torch.float32:
            return str(tensor.dtype).removeprefix("torch.")
        if tensor.device.type != "cpu":
            return tensor.device.type
        if tensor.layout is not torch.strided:
            return str(tensor.layout).removeprefix("torch.")
    if torch.compiler.is_compiling() or torch._C._get_tracing_state():
        return "tracing"
    if torch.is_autocast_enabled("cpu"):
        return "autocast"
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return "functorch"
    if torch._C._len_torch_dispatch_stack():
        return "dispatch mode"
    if torch.autograd.forward_ad._current_level >= 0:
        return "forward AD"
    return None


def _array(tensor):
    """A tensor's numbers, without a copy if they lie in a row."""
    return tensor.detach().contiguous().numpy()


# ---- a pass ----------------------------------------------------------------------


class Call:
    """One pass: its engine and state, until it is over or went back."""

    def __init__(self, shape, params, arrays, T, B, training, threads):
        self.params = params
        self.engine = engines.take(shape, params, arrays)
        self.key, self.state = self.engine.take(T, B, training, threads)
        self.engine.pending += 1

    def end(self):
        """Gives back what it used; may be called twice."""
        state, self.state = self.state, None
        if state is None:
            return
        self.engine.give(self.key, state)
        self.engine.pending -= 1

    __del__ = end


def _forward(call, x, hx, lengths, draw):
    """Runs a pass: y, and h_n (and c_n) as arrays of their own."""
    state = call.state
    state.reset()
    state.view("h")[...] = hx[0]
    if len(hx) == 2:
        state.view("c")[...] = hx[1]
    y = state.forward(x, lengths=lengths, draw=draw)
    return y, [np.array(state.view(name)) for name in ("h", "c")[: len(hx)]]


def _draw(shape, training):
    """The number of a draw of dropout masks, from torch's own generator."""
    if not (training and shape.dropout and shape.levels > 1):
        return 0
    return int(torch.randint(2**62, ()).item())


class Pass(torch.autograd.Function):
    """A pass with a way back."""

    @staticmethod
    def forward(ctx, shape, train, lengths, again, x, *tensors):
        states = 2 if shape.kind == "lstm" else 1
        hx, params = tensors[:states], tensors[states:]
        arrays = [_array(p) for p in params]
        numbers = _array(x)
        T, B = _steps(shape, numbers)
        call = Call(shape, params, arrays, T, B, True, torch.get_num_threads())
        engines.give(call.engine, params)
        try:
            y, last = _forward(
                call,
                numbers,
                [_array(h) for h in hx],
                lengths,
                _draw(shape, train),
            )
        except BaseException:
            call.end()
            raise
        ctx.call, ctx.again, ctx.states = call, again, states
        ctx.save_for_backward(x, *tensors)
        ctx.set_materialize_grads(False)
        return tuple(map(torch.from_numpy, [y, *last]))

    @staticmethod
    def backward(ctx, *grads):
        saved = ctx.saved_tensors
        needed = ctx.needs_input_grad[4:]
        if torch.is_grad_enabled():  # create_graph: once more, by torch
            counts["torch", "double backward"] += 1
            return (None,) * 4 + _again(ctx.again, saved, needed, grads)

        x, *tensors = saved
        state = ctx.call.state
        if grads[0] is None:
            dy = np.zeros(_output_shape(ctx.call, x), np.float32)
        else:
            dy = _array(grads[0])
        state.view("dh_n")[...] = 0 if grads[1] is None else _array(grads[1])
        if ctx.states == 2:
            state.view("dc_n")[...] = 0 if grads[2] is None else _array(grads[2])
        state.zero_gradients()
        dx = state.backward(dy, dx=True if needed[0] else None)

        # each gradient is an array of its own
        views = ["dh_0", "dc_0"][: ctx.states]
        views += [f"{name}.grad" for name in ctx.call.engine.names]
        made = [dx if needed[0] else None]
        made += [
            np.array(state.view(name)) if need else None
            for name, need in zip(views, needed[1:])
        ]
        return (None,) * 4 + tuple(
            None if array is None else torch.from_numpy(array) for array in made
        )


def _output_shape(call, x):
    shape = call.engine.shape
    width = (shape.proj or shape.hidden) * (2 if shape.bidirectional else 1)
    return (*x.shape[:2], width)


def _again(again, saved, needed, grads):
    """The gradients by torch's own operator, which can be differentiated."""
    with torch.enable_grad():
        outputs = again(*saved)
        pairs = [(o, g) for o, g in zip(outputs, grads) if g is not None]
        wanted = [t for t, need in zip(saved, needed) if need]
        found = iter(
            torch.autograd.grad(
                [o for o, _ in pairs],
                wanted,
                [g for _, g in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return tuple(next(found) if need else None for need in needed)


def _steps(shape, x):
    return (x.shape[1], x.shape[0]) if shape.batch_first else x.shape[:2]


def run(shape, x, hx, params, train, again, lengths=None):
    """A pass over x, (T,B,I) or (B,T,I), from hx: (y, h_n) or (y, h_n, c_n).

    `again` is torch's own operator on (x, *hx, *params), for gradients of
    gradients.
    """
    counts["elman", shape.kind] += 1
    if torch.is_grad_enabled() and any(t.requires_grad for t in (x, *hx, *params)):
        return Pass.apply(shape, train, lengths, again, x, *hx, *params)

    # dropout is of training states alone
    arrays = [_array(p) for p in params]
    numbers = _array(x)
    T, B = _steps(shape, numbers)
    masked = bool(train and shape.dropout and shape.levels > 1)
    call = Call(shape, params, arrays, T, B, masked, torch.get_num_threads())
    try:
        y, last = _forward(
            call, numbers, [_array(h) for h in hx], lengths, _draw(shape, train)
        )
    finally:
        call.end()
        engines.give(call.engine, params)
    return tuple(map(torch.from_numpy, [y, *last]))


# ---- packed sequences -------------------------------------------------------------


class Packing:
    """Where each row of a PackedSequence stands in (T,B,.), and back."""

    def __init__(self, batch_sizes):
        sizes = np.asarray(batch_sizes.numpy(), np.int64)
        self.T, self.B = len(sizes), int(sizes[0])
        self.lengths = np.array(
            [(sizes > b).sum() for b in range(self.B)], np.uintp
        )
        rows = np.concatenate(
            [t * self.B + np.arange(n) for t, n in enumerate(sizes)]
        )
        self.rows = torch.from_numpy(rows)

    def spread(self, data):
        """(rows,I) as (T,B,I), zeros behind the ends."""
        padded = data.new_zeros(self.T * self.B, data.shape[1])
        return padded.index_copy(0, self.rows, data).view(self.T, self.B, -1)

    def gather(self, padded):
        """(T,B,O) as (rows,O)."""
        return padded.reshape(self.T * self.B, -1).index_select(0, self.rows)
