"""Data: files, tables, text and arrays as sequences with their targets."""

import os

import numpy as np

from elman import _core
from elman._checks import path, real, refused, truth, whole, word
from elman._convert import as_array, is_list_of_arrays, joined
from elman.arrays import (
    classes_of,
    gathered,
    is_given_in_turn,
    put_together,
    sequences,
    targets_of,
    validation_pair,
)

PARTS = ("train", "validation", "test")
LARGE = 1 << 30  # bytes of a file that are read into memory, as by `elman train`
SEED = 1  # of weights, split and order where none is given, as of `elman train`


class Dataset(_core.Dataset):
    """Sequences and their targets.

    Made of a file or a DataFrame by `open`, of arrays by `of`, of a text by
    `text`, of tokens by `tokens`. Printed, it says what was understood.

    Attributes
    ----------
    encoding : dict
        How the data became numbers, and what a model needs for it.
    note : str
        The same as text, which a model keeps.
    sizes : dict
        Sequences of each part: train, validation, test.
    facts : list of (name, text, minor)
        What was understood, a sentence each.
    longest : int
        Steps of the longest sequence.
    """

    @classmethod
    def open(cls, source, *, name=None, validation=None, test=None, **config):
        """The data of a file that `elman train` reads, or of a DataFrame.

        Parameters
        ----------
        source : path, DataFrame, or bytes
            .csv (a table), .tsv and .txt of labelled series, .ts, .arff, .tsf,
            .npy, .npz, or any text. A DataFrame is a table: what its columns
            and a named index are is found as in a .csv.
        name : str, optional
            Of bytes: its ending tells their kind.
        validation, test : float or path, optional
            A fraction to split off, 0 for none, or a file of its own.
        **config
            As in `elman_dataset_config`: target, columns (names or numbers from
            1, of a table), window, horizon, task, unit, transform, missing,
            time, by, seed, folds, fold, ... A text, series or arrays of more
            bytes than memory (1 GB) are read from the file as they are needed.

        Examples
        --------
        >>> table = b"day,load\\n" + b"".join(b"%d,%d\\n" % (t, t % 7) for t in range(99))
        >>> data = Dataset.open(table, name="load.csv", window=14)
        >>> data.encoding["task"], data.encoding["targets"], data.encoding["window"]
        ('forecast', ['load'], 14)
        """
        config = _words(config)
        _part(config, "validation", validation)
        _part(config, "test", test)
        if _is_frame(source):
            return cls.read(name or "frame.csv", _table(source), **config)
        if isinstance(source, (bytes, bytearray, memoryview)):
            return cls.read(name or "<memory>", source, **config)
        config.setdefault("memory", LARGE)
        return super().open(path("source", source), **config)

    @classmethod
    def text(cls, text, **config):
        """A text, whose next token is learned.

        Parameters
        ----------
        text : str or bytes
        **config
            unit ("characters", "words", "bytes"), min_count, validation, ...

        Examples
        --------
        >>> Dataset.text("round and round it goes. " * 99).encoding["vocabulary"]
        13
        """
        text = text.encode() if isinstance(text, str) else text
        if not isinstance(text, (bytes, bytearray, memoryview)):
            raise refused("text", text, "a str or bytes")
        return cls.open(text, name="text", format="text", task="language", **config)

    @classmethod
    def tokens(cls, tokens, *, vocabulary=0, lengths=None, validation=None, **config):
        """Tokens of one's own, whose next one is learned.

        Parameters
        ----------
        tokens : array (rows) of int, (N,T), or list of arrays (T_n)
        vocabulary : int, optional
            V; by default one more than the largest.
        lengths : array (N), optional
        """
        config = _words(config)
        _part(config, "validation", validation, paths=False)
        whole("vocabulary", vocabulary, 0)
        if is_given_in_turn(tokens) or hasattr(tokens, "__next__"):
            tokens = list(tokens)
        if is_list_of_arrays(tokens):
            arrays = [np.atleast_1d(as_array(t, "tokens")) for t in tokens]
            lengths = np.array([len(t) for t in arrays], np.uintp)
            tokens = joined(arrays, "tokens")
        return cls.arrays(tokens=tokens, vocabulary=vocabulary, lengths=lengths, config=config)

    @classmethod
    def of(cls, X, y=None, *, lengths=None, validation=None, per_step=None,
           scaling=False, class_count=None, labels=None, **config):  # fmt: skip
        """Arrays in memory.

        Parameters
        ----------
        X : array (N,T,I) or (N,T), or list of arrays (T_n,I) or (T_n)
            Without I there is one input, as of a univariate series. Or what
            gives pairs (x, y) of a sequence or a batch in turn, which is read
            to its end: a generator, a DataLoader, a data set of PyTorch; a
            batch may have lengths, (x, y, lengths).
        y : array
            Classes as integers, bools or text, (N) or per step (N,T); values
            (N), (N,O) or per step (N,T,O); a list of arrays per step for a
            list.
        lengths : array (N), optional
            Valid steps of each sequence.
        validation : float, pair (X, y), or what gives pairs, optional
            A fraction to split off, 0 for none, or other data, also
            (X, y, lengths) or an elman.Dataset of arrays.
        per_step : bool, optional
            Whether the targets are per step; None: by their shape.
        scaling : bool, optional
            Learn the mean and the scale of inputs and of values, and train on
            what they leave. A model that was trained so expects such numbers,
            as `Model.predict` gives it: by default arrays are taken as they
            are.
        class_count : int, optional
            Classes are 0 to class_count - 1; None: up to the largest that
            occurs.
        labels : list of str, optional
            Of text: the classes in their order; None: those that occur, sorted.
        **config
            As in `elman_dataset_config`: task, seed, missing, folds, ...

        Returns
        -------
        Dataset
            Which borrows X and y where they are float32 in C order, also of a
            mapped file (`numpy.load(..., mmap_mode="r")`): leave them as they
            are.

        Raises
        ------
        BadValueError
            If shapes or types do not fit; the text says which.

        Examples
        --------
        >>> Dataset.of(np.zeros((4, 3, 2)), ["no", "yes", "no", "yes"], validation=0)
        file        arrays in memory
        task        classify
        target      one of 2 classes: 0 50.0 %, 1 50.0 %
        inputs      4 sequences of 3 steps with 2 values each
        split       4 sequences train, 0 validate (at random)
        labels      no, yes
        """
        if (y is None or hasattr(X, "__next__")) and is_given_in_turn(X):
            X, y = gathered(X)
        config = _words(config)
        config["no_scaling"] = not truth("scaling", scaling)
        if per_step is not None:
            truth("per_step", per_step)
        if class_count is not None:
            whole("class_count", class_count, 1)
        parts, other = None, validation_pair(validation)
        if other is not None:
            X, y, lengths, parts = put_together((X, y), other, lengths)
        else:
            _part(config, "validation", validation, paths=False)
        x, lengths = sequences(X, lengths)
        y, labels = classes_of(y, labels)
        given = targets_of(x, y, lengths, per_step)
        if "classes" in given:
            most = int(given["classes"].max()) if given["classes"].size else -1
            if most >= 2**31 - 1:
                raise refused("y", most, "classes below 2**31 - 1")
            given["class_count"] = class_count or max(most + 1, len(labels or ()))
        data = cls.arrays(x=x, lengths=lengths, parts=parts, config=config, **given)
        data._labels = labels
        return data

    # ---- what is in it ------------------------------------------------------

    _labels = None  # of text in arrays, which the library knows as numbers

    @property
    def labels(self):
        """The classes by number, as text; None for values."""
        labels = self.encoding["labels"]
        if self._labels is None or labels is None:
            return labels
        return [*self._labels, *map(str, range(len(self._labels), len(labels)))]

    @property
    def note(self):
        """The encoding as text, which a model keeps as its note "encoding"."""
        note = super().note
        if self._labels is None:
            return note
        import json

        encoding = json.loads(note)
        encoding["labels"] = self.labels
        return json.dumps(encoding, ensure_ascii=False, separators=(",", ":"))

    def __reduce__(self):
        raise TypeError(
            "a Dataset is neither pickled nor copied: make it where it is needed, by "
            "elman.Dataset.of or open"
        )

    def __len__(self):
        """How many sequences there are, in all parts; tokens of a text."""
        return sum(self.sizes.values())

    def arrays_of(self):
        """All sequences as the model reads them, and their classes.

        Returns
        -------
        x : list of arrays (T_n,I)
            Scaled and transformed, in the order of the data.
        classes : list
            Of each sequence, or (T_n) of its steps; -1 where there is none.

        Examples
        --------
        >>> data = Dataset.of([[1, 2], [3]], [1, 0], validation=0)
        >>> x, classes = data.arrays_of()
        >>> [a.shape for a in x], classes
        ([(2, 1), (1, 1)], [1, 0])
        """
        count = len(self)
        return [self.inputs(n) for n in range(count)], [self.class_of(n) for n in range(count)]

    def batches(self, part="train", batch_size=32, *, steps=64, shuffled=False,
                bucketed=False, seed=SEED, batch_first=True):  # fmt: skip
        """The batches of a part, for a training loop of one's own.

        Parameters
        ----------
        part : str
            "train", "validation" or "test".
        batch_size : int
            B
        steps : int
            Of a text: steps of a window; batches are B streams that go on.
        shuffled, bucketed : bool
            A new order each time; sequences of similar lengths together.
        batch_first : bool
            Whether arrays are (B,T,.) rather than (T,B,.).

        Yields
        ------
        x, y, lengths : array (B,T,I) or tokens (B,T), targets, array (B)

        Examples
        --------
        >>> data = Dataset.of(np.zeros((40, 3, 2)), np.zeros(40))
        >>> [x.shape for x, y, lengths in data.batches()]
        [(32, 3, 2), (8, 3, 2)]
        """
        word("part", part, PARTS)
        loader = _core.Loader(
            self, part, whole("batch_size", batch_size, 1), whole("steps", steps, 1),
            shuffled=truth("shuffled", shuffled), bucketed=truth("bucketed", bucketed),
            seed=whole("seed", seed, 0, 2**64 - 1),
        )  # fmt: skip
        return self._batches(loader, truth("batch_first", batch_first))

    def _batches(self, loader, batch_first):
        """They, by and by."""
        per_step = not self.encoding["per_sequence"]
        for x, lengths, _, y in loader:
            if batch_first:
                x = np.ascontiguousarray(np.swapaxes(x, 0, 1))
                y = np.ascontiguousarray(np.swapaxes(y, 0, 1)) if per_step else y
            yield x, y, np.array(lengths)

    def __repr__(self):
        rows = [f"{name:11} {text}" for name, text, minor in self.facts if not minor]
        if self._labels is not None:
            rows.append(f"{'labels':11} {', '.join(self.labels)}")
        return "\n".join(rows)

    def _repr_html_(self):
        from elman import html

        return html.dataset(self)


# ---- files and tables -------------------------------------------------------


def _words(config):
    """Options as the library has them: lists as text, and a seed."""
    config = dict(config)
    config.setdefault("seed", SEED)
    for name in ("target", "columns", "time", "by", "transform"):
        value = config.get(name)
        if isinstance(value, (list, tuple)):
            config[name] = ",".join(map(str, value))
        elif isinstance(value, int):
            config[name] = str(value)
    return config


def _part(config, name, given, paths=True):
    """A part of the data: a fraction, or a file."""
    if given is None:
        return
    if paths and isinstance(given, (str, os.PathLike)):
        config[name + "_path"] = os.fspath(given)
        return
    pair = "or a path" if paths else "or for arrays a pair (X, y)"
    share = real(name, given, 0, f"a fraction from 0 to below 1, {pair}", 1 - 1e-12)
    config[name] = -1.0 if name == "validation" and not share else share


def _is_frame(source):
    """Whether it is a table of pandas or polars."""
    return hasattr(source, "columns") and (
        hasattr(source, "to_csv") or hasattr(source, "write_csv")
    )


def _table(frame):
    """A DataFrame as the bytes of a .csv; an index that has no name, and only
    numbers the rows, is left out."""
    if hasattr(frame, "write_csv"):
        return frame.write_csv().encode()
    named = any(name is not None for name in frame.index.names)
    dated = "datetime" in str(frame.index.dtype) or "period" in str(frame.index.dtype)
    if dated and not named:
        frame = frame.rename_axis("time")
    return frame.to_csv(index=named or dated).encode()
