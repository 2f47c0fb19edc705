"""torch's recurrent operators, computed by elman.

`layer`, `packed` and `cell` take the arguments of torch's own operators. What
the engine cannot do they leave to torch, by the function that is given to them,
and count it under the reason.
"""

from collections import Counter

import numpy as np
import torch

from elman import _core
from elman.torch import _engine, _private
from elman.torch._engine import GATES, KINDS

MAX_LEVELS = 16  # of a layer of elman

left = Counter()  # calls that were left to torch, by the reason


# ---- what is torch's ---------------------------------------------------------


def _tensor_reason(tensor):
    if type(tensor) is not torch.Tensor and type(tensor) is not torch.nn.Parameter:
        return "tensor subclass"
    if tensor.dtype is not torch.float32:
        return str(tensor.dtype).removeprefix("torch.")
    if tensor.device.type != "cpu":
        return tensor.device.type
    if tensor.layout is not torch.strided:
        return str(tensor.layout).removeprefix("torch.")
    return None


def reason(tensors, levels=1, dropout=0.0):
    """Why a call was torch's, in a word or two."""
    if _private.compiling():
        return "tracing"
    for why, holds in _private.GUARDS.items():
        if holds():
            return why
    if _private.forward_ad["_current_level"] >= 0:
        return "forward AD"
    for tensor in tensors:
        why = _tensor_reason(tensor)
        if why:
            return why
    if levels > MAX_LEVELS:
        return f"over {MAX_LEVELS} levels"
    if not all(all(tensor.shape) for tensor in tensors):
        return "no elements"
    if dropout >= 1:
        return "dropout of 1"
    return "shapes"


def _memory(hx):
    return list(hx) if isinstance(hx, (tuple, list)) else [hx]


# ---- passes with a way back ------------------------------------------------------


class Pass(torch.autograd.Function):
    """A pass that autograd can go back through."""

    @staticmethod
    def forward(ctx, engine, cell, lengths, draw, memories, *tensors):
        made = glue.record(engine, cell, lengths, draw, memories, tensors)
        while made is None:  # another thread has it, with other weights
            engine = _engine.make(glue, engine.key, tensors[0], False, *engine.shape)
            made = glue.record(engine, cell, lengths, draw, memories, tensors)
        ctx.run, outputs = made
        ctx.engine, ctx.cell, ctx.draw = engine, cell, draw
        ctx.lengths, ctx.memories = lengths, memories
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    def backward(ctx, *given):
        saved = ctx.saved_tensors
        needed = ctx.needs_input_grad[5:]
        none = (None,) * 5
        if torch.is_grad_enabled():  # create_graph: once more, by torch
            left["double backward"] += 1
            return none + _again(ctx, saved, needed, given)
        made = ctx.run.backward(given, saved, needed, ctx.memories)
        if not _private.keeps_graph():
            ctx.run.end()
        return none + made


@_private.not_compiled
def _graph(engine, cell, lengths, draw, x, memory, params):
    """A pass of the extension's that needs a way back."""
    made = Pass.apply(engine, cell, lengths, draw, len(memory), x, *memory, *params)
    return made[0] if len(made) == 1 else made


# ---- gradients of gradients ------------------------------------------------------


def _again(ctx, saved, needed, given):
    """The gradients by torch's own operator, which can be differentiated."""
    if ctx.engine.shape[-1]:
        raise _core.BadValueError(
            "a gradient of a gradient goes through dropout, whose mask torch would "
            "draw anew: set dropout to 0, or compute this layer with torch"
        )
    with torch.enable_grad():
        outputs = _by_torch(ctx, *saved)
        pairs = [(o, g) for o, g in zip(outputs, given) if g is not None]
        wanted = [t for t, need in zip(saved, needed) if need]
        found = iter(
            torch.autograd.grad(
                [o for o, _ in pairs], wanted, [g for _, g in pairs],
                create_graph=True, allow_unused=True,
            )  # fmt: skip
        )
    return tuple(next(found) if need else None for need in needed)


def _by_torch(ctx, x, *tensors):
    """The outputs of a pass, by torch's own operators."""
    inputs, hidden, proj, levels, bits, bidirectional, first, _ = ctx.engine.shape
    kind, bias = list(GATES)[bits & 3], bool(bits >> 2)
    memory, params = list(tensors[: ctx.memories]), list(tensors[ctx.memories :])
    B = x.shape[0 if first or ctx.cell else 1]
    if ctx.cell:
        h = memory if kind == "lstm" else memory[0]
        made = back(f"{kind}_cell", "default", x, h, *params)
        return made if kind == "lstm" else (made,)

    if not memory:
        LD = levels * (2 if bidirectional else 1)
        memory = [x.new_zeros(LD, B, proj or hidden), x.new_zeros(LD, B, hidden)]
    h = memory[:2] if kind == "lstm" else memory[0]
    rest = params, bias, levels, 0.0, False, bool(bidirectional)
    if ctx.lengths is None:
        return back(kind, "input", x, h, *rest, bool(first))
    packing = ctx.lengths[1]
    y, *last = back(kind, "data", packing.gather(x), packing.sizes, h, *rest)
    return packing.spread(y), *last


def back(name, overload, *args):
    """torch's own operator."""
    operator = getattr(getattr(torch.ops.aten, name), overload)
    return operator._op_dk(_private.DispatchKey.CompositeImplicitAutograd, *args)


# ---- the operators -----------------------------------------------------------------


@_private.not_compiled
def layer(kind, torchs, input, hx, params, bias, levels, dropout, train, both, first):
    """aten::<kind>.input; `torchs` is torch's, for what is left to it."""
    made = glue.layer(
        KINDS[kind], input, hx, params, bias, levels, dropout, train, both, first, None
    )
    if made is NotImplemented:
        left[reason([input, *_memory(hx), *params], levels, dropout)] += 1
        return torchs(
            input, hx, params, bias, levels, dropout, train, both, first
        )
    return made


@_private.not_compiled
def packed(kind, torchs, data, sizes, hx, params, bias, levels, dropout, train, both):
    """aten::<kind>.data, of packed sequences."""
    made = NotImplemented
    if (
        type(data) is torch.Tensor
        and type(sizes) is torch.Tensor
        and data.dtype is torch.float32
        and data.dim() == 2
        and _are_sizes(sizes, len(data))
        and not _private.GUARDS["functorch"]()
        and not _private.GUARDS["dispatch mode"]()
        and not _private.GUARDS["tracing"]()
    ):
        packing = Packing(sizes)
        made = glue.layer(
            KINDS[kind], packing.spread(data), hx, params, bias, levels, dropout,
            train, both, False, (packing.lengths, packing),
        )  # fmt: skip
    if made is NotImplemented:
        left[reason([data, *_memory(hx), *params], levels, dropout)] += 1
        return torchs(data, sizes, hx, params, bias, levels, dropout, train, both)
    return packing.gather(made[0]), *made[1:]


@_private.not_compiled
def cell(kind, torchs, input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """aten::<kind>_cell, one step of one level."""
    made = glue.cell(KINDS[kind], input, hx, w_ih, w_hh, b_ih, b_hh)
    if made is NotImplemented:
        weights = [w for w in (w_ih, w_hh, b_ih, b_hh) if w is not None]
        left[reason([input, *_memory(hx), *weights])] += 1
        return torchs(input, hx, w_ih, w_hh, b_ih, b_hh)
    return made


# ---- packed sequences -------------------------------------------------------------


def _are_sizes(sizes, rows):
    """Whether they are those of so many packed rows: of each step as many as of
    the one before, or fewer, but some. What torch says of others it says best."""
    counts = sizes.numpy()
    return (
        len(counts) > 0
        and counts[-1] > 0
        and bool((counts[:-1] >= counts[1:]).all())
        and int(counts.sum()) == rows
    )


class Packing:
    """Where each row of a PackedSequence stands in (T,B,.), and back."""

    def __init__(self, sizes):
        self.sizes = sizes
        counts = np.asarray(sizes.numpy(), np.int64)
        self.T, self.B = len(counts), int(counts[0])
        self.lengths = (counts[:, None] > np.arange(self.B)).sum(0).astype(np.uintp)
        rows = np.flatnonzero(np.arange(self.B) < counts[:, None])
        self.rows = torch.from_numpy(rows)
        self.full = len(rows) == self.T * self.B

    def spread(self, data):
        """(rows,I) as (T,B,I), zeros behind the ends."""
        if self.full:
            return data.view(self.T, self.B, -1)
        padded = data.new_zeros(self.T * self.B, data.shape[1])
        return padded.index_copy(0, self.rows, data).view(self.T, self.B, -1)

    def gather(self, padded):
        """(T,B,O) as (rows,O)."""
        flat = padded.reshape(self.T * self.B, -1)
        return flat if self.full else flat.index_select(0, self.rows)


def _draw():
    """The number of a draw of dropout masks, from torch's own generator."""
    return int(torch.randint(2**62, ()).item())


glue = _core.Torch(
    tensor=torch.Tensor,
    parameter=torch.nn.Parameter,
    float32=torch.float32,
    strided=torch.strided,
    empty_like=torch.empty_like,
    grad_enabled=torch.is_grad_enabled,
    thread_count=torch.get_num_threads,
    guards=tuple(_private.GUARDS.values()),
    forward_ad=_private.forward_ad,
    draw=_draw,
    graph=_graph,
    make=lambda *args: _engine.make(glue, *args),
    engines=_engine.engines,
)


def counts(reset=False):
    """{("elman", kind): passes, ("torch", reason): calls}."""
    passes = glue.passes(reset)
    found = {("elman", kind): n for kind, n in zip(GATES, passes) if n}
    found.update({("torch", why): n for why, n in left.items()})
    if reset:
        left.clear()
    return found
