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


def make(glue, key, weight, kept, *shape):
    """An engine for the weights of which `weight` is the first; `kept` for as
    long as its memory lives."""
    waiting = _waiting.get(shape)
    engine = waiting.pop() if waiting else None
    if engine is None:
        engine = _core.TorchEngine(glue, key)
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
