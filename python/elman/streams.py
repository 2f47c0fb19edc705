"""Many streams by ids of one's own, as a server has them."""

import json
import os
import struct
import threading
from collections.abc import Mapping

import numpy as np

from elman import _core
from elman._checks import refused, whole
from elman._convert import convert
from elman.stream import Stream


class Streams:
    """Streams that come and go, each with an id, in one state.

    `streams[id]` is one of them, and a call takes its next step; `step` takes
    the next steps of several at once, which is faster. A stream that is not
    there begins with its first step. Each gives the bits that it would give
    alone, whoever else is there. One thread works with them at a time: others wait.

    Made by `Model.streams`.

    Parameters
    ----------
    model : Model
    room : int, optional
        Streams to begin with; it grows by itself.
    threads : int, optional
        The most threads that a step may use.

    Examples
    --------
    >>> model = Model([GRU(3)], inputs=1)
    >>> streams = model.streams()
    >>> first = streams["ann"]([0.5])
    >>> both = streams.step({"ann": [0.1], "bob": [0.5]})
    >>> bool((both["bob"] == first).all())
    True
    >>> streams.leave("ann")
    >>> list(streams)
    ['bob']
    """

    def __init__(self, model, room=64, *, threads=0):
        self._lock = threading.RLock()
        self._make(model, whole("room", room, 1), whole("threads", threads, 0, 64))

    def _make(self, model, room, threads):
        """An empty state with room for so many."""
        self._threads = threads
        self._state = Stream(model, room, empty=True, threads=threads)
        self._slots = {}

    @property
    def model(self):
        """The model that they run."""
        return self._state.model

    @property
    def room(self):
        """How many streams there is room for now."""
        return self._state.config["B"]

    # ---- who is there -------------------------------------------------------

    def __contains__(self, id):
        return id in self._slots

    def __iter__(self):
        return iter(self._slots)

    def __len__(self):
        return len(self._slots)

    def __getitem__(self, id):
        """One of the streams, also one that begins with its first step.

        Parameters
        ----------
        id : hashable

        Returns
        -------
        One
            `one(x)` takes its next step: x (I) or a token, the answer (O).
        """
        return One(self, _id(id))

    def join(self, id):
        """Lets a stream in before its first step.

        Parameters
        ----------
        id : hashable

        Raises
        ------
        BadValueError
            If it is there.
        """
        with self._lock:
            if _id(id) in self._slots:
                raise refused("id", id, "a new one: this stream is there; leave it, or reset it")
            if len(self._slots) == self.room:
                self._grow()
            self._slots[id] = self._state.join()

    def leave(self, id):
        """Lets a stream go; its memory is lost.

        Parameters
        ----------
        id : hashable

        Raises
        ------
        BadValueError
            If it is not there.
        """
        with self._lock:
            self._state.leave(self._slot(id))
            del self._slots[id]

    def reset(self, id):
        """Forgets what a stream remembers: its next step is its first.

        Parameters
        ----------
        id : hashable
        """
        with self._lock:
            self._state.reset(self._slot(id))

    def clear(self):
        """Lets all streams go."""
        with self._lock:
            for id in list(self._slots):
                self.leave(id)

    def _slot(self, id):
        slot = self._slots.get(_id(id))
        if slot is None:
            raise refused("id", id, f"one of the {len(self)} streams that are there")
        return slot

    # ---- steps --------------------------------------------------------------

    def step(self, inputs):
        """The next steps of some streams at once.

        Parameters
        ----------
        inputs : dict
            By id x, (I) or a token. Who is not there joins; who is not named
            waits.

        Returns
        -------
        dict
            By id the answer (O), an array of its own.
        """
        if not isinstance(inputs, Mapping):
            raise refused("inputs", inputs, "a dict of x by id")
        if not inputs:
            return {}
        x = self._read(inputs)
        with self._lock:
            return self._step(list(inputs), x)

    def _step(self, ids, x):
        """Of rows that are checked; the lock is held."""
        for id in ids:
            if id not in self._slots:
                self.join(id)
        slots = [self._slots[id] for id in ids]
        rows = np.zeros((self.room, *x.shape[1:]), x.dtype)
        rows[slots] = x

        # all at once where nobody waits
        if len(slots) == len(self._slots):
            y = self._state.step(rows)
        else:
            lengths = np.zeros(self.room, np.uintp)
            lengths[slots] = 1
            axis = 1 if self.model.batch_first else 0
            y = self._state.forward(np.expand_dims(rows, axis), lengths=lengths)
            y = y if y.ndim == 2 else np.squeeze(y, axis)
        return dict(zip(ids, y[slots]))

    def _read(self, inputs):
        """The inputs as rows, all of them checked before anyone takes a step."""
        info = self.model.info
        tokens = info["vocabulary"]
        kind, wanted = ("int32", ()) if tokens else ("float32", (info["input_size"],))
        given = list(inputs.values())
        if not tokens and all(
            type(x) is np.ndarray and x.dtype == kind and x.shape == wanted for x in given
        ):
            return np.stack(given)
        rows = []
        for id, x in inputs.items():
            name = f"x of stream {_id(id)!r}"
            row = convert(x, kind, name)
            if row.shape != wanted:
                raise _core.BadValueError(f"{name} has the shape {row.shape}, expected {wanted}")
            if tokens and not 0 <= row < tokens:
                raise _core.BadValueError(f"{name} is {row}, expected 0 to {tokens - 1}")
            rows.append(row)
        return np.stack(rows)

    # ---- files --------------------------------------------------------------

    def save(self, path):
        """Writes all streams with their ids to a file, replacing it.

        Parameters
        ----------
        path : path
        """
        path = os.fspath(path)
        data = self.dumps()
        part = f"{os.fsdecode(path)}.{os.getpid()}.part"
        try:
            with open(part, "wb") as file:
                file.write(data)
            os.replace(part, path)
        except OSError as error:
            if os.path.exists(part):
                os.remove(part)
            raise _core.BadFileError(f"cannot write {path!r}: {error.strerror}") from None

    def load(self, path):
        """Replaces all streams by those of a file, which go on from there.

        Parameters
        ----------
        path : path
        """
        path = os.fspath(path)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise _core.BadFileError(f"cannot open {path!r}: {error.strerror}") from None
        self.loads(data)

    def dumps(self):
        """The same as `save`, in memory.

        Returns
        -------
        bytes
            A state as `Stream.dumps` has it, with the ids in a note.
        """
        with self._lock:
            slots, data = list(self._slots.items()), self._state.dumps()
        for id, _ in slots:
            if isinstance(id, bool) or not isinstance(id, (str, int)):
                raise refused("id", id, "a str or an int: no others can be saved")
        notes, tensors = _parse(data)
        notes["ids"] = json.dumps(slots)
        return _build(notes, tensors)

    def loads(self, data):
        """The same as `load`, of what `dumps` gave.

        Parameters
        ----------
        data : bytes
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise refused("data", data, "bytes of dumps")
        try:
            notes, tensors = _parse(data)
            slots = {id: slot for id, slot in json.loads(notes["ids"])}
            room = len(tensors["position"])
            if not all(type(n) is int and 0 <= n < room for n in slots.values()):
                raise ValueError
            if len(set(slots.values())) < len(slots):
                raise ValueError
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError, struct.error):
            raise _core.BadFormatError(
                "data is no file of streams, expected what Streams.save or dumps wrote"
            ) from None
        made = Stream(self.model, room, empty=True, threads=self._threads)
        made.loads(_build({k: v for k, v in notes.items() if k != "ids"}, tensors))
        with self._lock:
            self._state, self._slots = made, slots

    def _grow(self):
        """Twice the room: the rows of the old state become the first ones."""
        old = self._state
        made = Stream(self.model, 2 * self.room, empty=True, threads=self._threads)
        notes, rows = _parse(old.dumps())
        _, tensors = _parse(made.dumps())
        for name, row in rows.items():
            tensors[name] = np.concatenate([row, tensors[name][len(row) :]])
        made.loads(_build(notes, tensors))
        self._state = made

    # ---- copies, and how it looks -------------------------------------------

    def __reduce__(self):
        raise TypeError(
            "streams are not pickled: dumps() keeps them with their ids, and loads() of "
            "model.streams() goes on from there"
        )

    def __copy__(self):
        with self._lock:
            other = type(self)(self.model, self.room, threads=self._threads)
            other._state.copy_from(self._state)
            other._slots = dict(self._slots)
            return other

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __repr__(self):
        return f"Streams({len(self)} of {self.model!r})"


class One:
    """A stream by its id; made by ``streams[id]``.

    Attributes
    ----------
    id
    """

    def __init__(self, streams, id):
        self._streams, self.id = streams, id

    def __call__(self, x):
        """Takes the next step.

        Parameters
        ----------
        x : array (I), or a token

        Returns
        -------
        array (O)
        """
        return self._streams.step({self.id: x})[self.id]

    def reset(self):
        """Forgets what it remembers."""
        self._streams.reset(self.id)

    def leave(self):
        """Lets it go."""
        self._streams.leave(self.id)

    def __repr__(self):
        there = "" if self.id in self._streams else ", which has not begun"
        return f"One({self.id!r}{there})"


def _id(id):
    """What can be a key."""
    try:
        hash(id)
    except TypeError:
        raise refused("id", id, "something hashable, such as a str or an int") from None
    return id


# ---- safetensors, as far as a state needs it ---------------------------------

_TYPES = {"F32": "<f4", "U64": "<u8"}


def _parse(data):
    """Notes, and tensors as arrays."""
    data = bytes(data)
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    notes = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + size + first : 8 + size + end], _TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return notes, tensors


def _build(notes, tensors):
    """The bytes of both."""
    header, at = {"__metadata__": notes}, 0
    for name, array in tensors.items():
        kind = "F32" if array.dtype.kind == "f" else "U64"
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}  # fmt: skip
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *(a.tobytes() for a in tensors.values())])
