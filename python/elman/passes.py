"""What a model computes: whole sequences at once, or step by step."""

import numpy as np

from elman import _core
from elman._checks import refused, whole
from elman._convert import as_array, convert
from elman.stream import Stream
from elman.streams import Streams


class Passes:
    """The passes of a `Model`."""

    def __call__(self, x, lengths=None, *, threads=0):
        """Runs whole sequences, each from the initial state.

        Parameters
        ----------
        x : array (B,T,I) or (T,I), or list of arrays (T_b,I)
            (B,T), (T) and (T_b) of tokens for a model that begins with an
            Embedding; (T,B,.) if the model is not batch_first.
        lengths : array (B) of int, optional
            Valid steps of each sequence; x is not read behind them.
        threads : int, optional
            The most threads to use; results are the same bits for any number.

        Returns
        -------
        array (B,T,O), or (B,O) if the model gives one vector per sequence;
        (T,O) or (O) for one sequence; a list of (T_b,O) for a list. Zeros
        behind the end of each sequence.
        """
        if lengths is not None and not as_array(lengths, "lengths").ndim:
            raise refused("lengths", lengths, "one for each sequence, such as [3, 5]")
        whole("threads", threads, 0, 64)
        if isinstance(x, (list, tuple)) and not x:
            return []
        if _is_list_of_sequences(x):
            return self._run_list(x, lengths, threads)
        x = x if hasattr(x, "ndim") else as_array(x, "x")

        # one sequence is a batch of one
        if x.ndim == (1 if self.info["vocabulary"] else 2):
            axis = 0 if self.batch_first else 1
            y = self._run(np.expand_dims(as_array(x, "x"), axis), lengths, threads)
            return np.squeeze(y, y.ndim - 2 if self.info["per_sequence"] else y.ndim - 3 + axis)
        return self._run(x, lengths, threads)

    def _run(self, x, lengths, threads):
        """A batch, by a state that is kept for the next one of its size."""
        shape = np.shape(x)
        if len(shape) < 2:
            shape = (*shape, 1, 1)[:2]
        T, B = (shape[1], shape[0]) if self.batch_first else (shape[0], shape[1])
        if not T:
            raise _core.BadValueError(
                f"x has the shape {shape}, whose sequences have no steps, expected one at least"
            )
        if not B:  # as in PyTorch: nothing in, nothing out
            alike = np.zeros([n or 1 for n in shape], getattr(x, "dtype", None))
            y = self._run(np.zeros_like(alike), None, threads)
            return y[:0] if self.batch_first or self.info["per_sequence"] else y[:, :0]
        state = self.state(T=T, B=B, threads=threads)
        return state.forward(x, lengths=lengths)

    def _run_list(self, arrays, lengths, threads):
        """Sequences of different lengths as one batch, and apart again."""
        if lengths is not None:
            raise _core.BadValueError(
                "lengths go with an array; each array of a list has its own"
            )
        kind = "int32" if self.info["vocabulary"] else "float32"
        arrays = [np.atleast_1d(convert(a, kind, "x")) for a in arrays]
        steps = [len(a) for a in arrays]
        rest = arrays[0].shape[1:]
        x = np.zeros((len(arrays), max(steps), *rest), kind)
        for row, a in zip(x, arrays):
            if a.shape[1:] != rest:
                raise _core.BadValueError(
                    f"the sequences have {a.shape[1:]} and {rest} features, "
                    "expected the same"
                )
            row[: len(a)] = a
        if not self.batch_first:
            x = np.ascontiguousarray(np.swapaxes(x, 0, 1))
        y = self._run(x, np.array(steps, np.uintp), threads)
        if self.info["per_sequence"] or self.info["output_steps"]:
            return y
        if not self.batch_first:
            y = np.swapaxes(y, 0, 1)
        return [row[:n].copy() for row, n in zip(y, steps)]

    def stream(self, batch=1, *, empty=False, threads=0):
        """A stream from the initial state, or `batch` of them side by side.

        Parameters
        ----------
        batch : int, optional
            B, how many streams there is room for.
        empty : bool, optional
            Begin without streams: `join` lets one in, `leave` lets it go.
        threads : int, optional
            The most threads that a step may use.

        Returns
        -------
        Stream

        Examples
        --------
        >>> stream = Model([LSTM(4)], inputs=2).stream()
        >>> stream(np.zeros(2)).shape
        (4,)
        """
        return Stream(self, whole("batch", batch, 1), empty=empty, threads=threads)

    def streams(self, room=64, *, threads=0):
        """Many streams by ids of one's own, which come and go.

        Parameters
        ----------
        room : int, optional
            Streams to begin with; it grows by itself.
        threads : int, optional
            The most threads that a step may use.

        Returns
        -------
        Streams

        Examples
        --------
        >>> streams = Model([LSTM(4)], inputs=2).streams()
        >>> streams["ann"]([0.5, 1.0]).shape
        (4,)
        >>> sorted(streams.step({"ann": [0.0, 1.0], "bob": [0.5, 1.0]}))
        ['ann', 'bob']
        """
        return Streams(self, room, threads=threads)

    def state(self, **config):
        """A state for passes of up to T steps and B sequences.

        Parameters
        ----------
        **config
            As in `elman_state_config`: T, B, training, keep_gradients, threads,
            seed, keep_steps, ...

        Returns
        -------
        Stream
            With `forward`, `loss`, `backward` and views of every array.

        Examples
        --------
        >>> state = Model([Linear(1)], inputs=2).state(T=3, training=True)
        >>> y = state.forward(np.ones((1, 3, 2)))
        >>> state.backward(np.ones_like(y), dx=True).shape
        (1, 3, 2)
        >>> state["fc.weight.grad"]
        array([[3., 3.]], dtype=float32)
        """
        for name in ("T", "B"):
            if config.get(name) is not None:
                whole(name, config[name], 1)
        return Stream(self, config.pop("B", 1), **config)


def _is_list_of_sequences(x):
    """Whether x is a list of arrays, or of lists of different lengths, and not
    one array written as lists."""
    if not isinstance(x, (list, tuple)) or not x:
        return False
    if any(hasattr(a, "ndim") and a.ndim for a in x):
        return True
    return all(isinstance(a, (list, tuple)) for a in x) and len({len(a) for a in x}) > 1
