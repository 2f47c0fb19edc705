"""Engines: elman's models for the weights of torch's modules.

An engine is one recurrent layer of elman, and states of it for passes. Weights
are the tensors' own: before each pass they are compared with what the engine
holds, so that nothing that torch does to them, `param.data` included, is missed.
"""

import threading
import weakref

from elman import _core

_KEPT = 8  # idle engines and states of one kind that are kept


class Engine:
    """A model of one recurrent layer, and idle states of it."""

    def __init__(self, shape):
        self.shape = shape
        self.model = _core.Model(
            {
                "input_size": shape.inputs,
                "batch_first": shape.batch_first,
                "layers": [shape.layer()],
            }
        )
        self.names = self.model.names()
        self.pending = 0  # graphs that still may go back through its weights
        self._states = {}  # idle ones, by what they have room for

    def write(self, params):
        """Makes the weights those of `params`, arrays in torch's order."""
        for name, values in zip(self.names, params):
            self.model.write(name, values)

    def holds(self, params):
        """Whether the weights are those of `params`, to the bit."""
        return all(
            self.model.parameter(name).tobytes() == values.tobytes()
            for name, values in zip(self.names, params)
        )

    def take(self, T, B, training, threads):
        """A state that nothing else uses."""
        key = (T, B, training, threads)
        idle = self._states.get(key)
        if idle:
            try:
                return key, idle.pop()
            except IndexError:  # another thread was faster
                pass
        return key, _core.State(self.model, T=T, B=B, training=training, threads=threads)

    def give(self, key, state):
        """Takes a state back."""
        if len(self._states) >= _KEPT and key not in self._states:
            self._states.clear()
        idle = self._states.setdefault(key, [])
        if len(idle) < _KEPT:
            idle.append(state)


class Engines:
    """The engines there are: those of living tensors, and idle ones by shape."""

    def __init__(self):
        self._lock = threading.Lock()
        self._owned = {}  # id of the first weight -> (weak reference, engine)
        self._idle = {}  # shape -> engines

    def take(self, shape, params, arrays):
        """An engine of that shape with these weights, for one call alone.

        `give` ends the call. An engine that graphs still go back through keeps
        its weights, so that other weights get another engine.
        """
        engine = None
        key = id(params[0]), shape
        with self._lock:
            entry = self._owned.pop(key, None)
            if entry is not None and entry[0]() is params[0]:
                engine = entry[1]
            elif self._idle.get(shape):
                engine = self._idle[shape].pop()
        if engine is not None and engine.pending and not engine.holds(arrays):
            engine = None  # dropped here: its graphs keep it
        if engine is None:
            engine = Engine(shape)
        engine.write(arrays)
        return engine

    def give(self, engine, params):
        """Takes an engine back, as that of the tensors it was used with."""
        key = id(params[0]), engine.shape
        try:
            reference = weakref.ref(params[0], lambda _: self._forget(key))
        except TypeError:
            return
        with self._lock:
            self._owned[key] = (reference, engine)

    def _forget(self, key):
        """The tensors are gone: their engine may serve others of its shape."""
        with self._lock:
            entry = self._owned.pop(key, None)
            if entry is None or entry[1].pending:
                return
            idle = self._idle.setdefault(key[1], [])
            if len(idle) < _KEPT:
                idle.append(entry[1])

    def clear(self):
        """Forgets all of them."""
        with self._lock:
            self._owned.clear()
            self._idle.clear()


engines = Engines()
