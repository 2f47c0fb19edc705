"""Engines: elman's layers for the weights of torch's modules.

The extension finds one by the place of the first weight and by all that it is
built from; here they are made, and given up when that memory is gone.
"""

import weakref

from elman import _core

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
KINDS = {kind: number for number, kind in enumerate(GATES)}

_KEPT = 4  # engines of one shape that wait for weights
_KEPT_BYTES = 64 << 20  # of all that wait

engines = {}  # by key: those of living weights
_waiting = {}  # by shape: those whose weights are gone


def _config(inputs, hidden, proj, levels, kind, bias, bidirectional, first, dropout):
    """The config of a layer of elman's."""
    zero = ("constant", 0.0)  # no need to draw what is replaced
    layer = {
        "kind": ("lstm", "gru", "rnn", "rnn")[kind],
        "hidden_size": hidden,
        "num_layers": levels,
        "no_bias": not bias,
        "bidirectional": bool(bidirectional),
        "dropout": dropout,
        "init_ih": zero,
        "init_hh": zero,
        "init_bias": zero,
    }
    if kind == KINDS["lstm"]:
        layer["proj_size"] = proj
    if kind == KINDS["rnn_relu"]:
        layer["nonlinearity"] = "relu"
    return {"input_size": inputs, "batch_first": bool(first), "layers": [layer]}


def make(glue, key, weight, kept, *shape):
    """An engine for the weights of which `weight` is the first; `kept` for as
    long as its memory lives."""
    inputs, hidden, proj, levels, bits, bidirectional, first, dropout = shape
    waiting = _waiting.get(shape)
    engine = waiting.pop() if waiting else None
    if engine is None:
        config = _config(
            inputs, hidden, proj, levels, bits & 3, bits >> 2, bidirectional, first,
            dropout,
        )  # fmt: skip
        engine = _core.TorchEngine(glue, config, key)
    if kept:
        engines[key] = engine

        # torch.utils.swap_tensors refuses tensors that have weak references, so
        # it is the memory that is watched
        weakref.finalize(weight.untyped_storage(), _forget, key, shape).atexit = False
    return engine


def _forget(key, shape):
    """The weights are gone: their engine may serve others of its shape."""
    engine = engines.pop(key, None)
    if engine is None or engine.pending:
        return
    waiting = _waiting.setdefault(shape, [])
    used = sum(e.bytes for shapes in list(_waiting.values()) for e in list(shapes))
    if len(waiting) < _KEPT and used + engine.bytes < _KEPT_BYTES:
        waiting.append(engine)


def clear():
    """Gives up all engines; those of passes that go on are kept by these."""
    engines.clear()
    _waiting.clear()
