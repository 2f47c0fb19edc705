"""Models: layers and weights."""

import numpy as np

from elman import _core, _files, inspection, text, training
from elman._convert import as_array, convert
from elman.layers import Layer
from elman.stream import Stream


class Model(_core.Model):
    """A network of layers, from input to output, and its weights.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    inputs : int, optional
        I, the features of each step; 0 where the first layer is an Embedding.
    batch_first : bool, optional
        Whether x and y are (B,T,.), the default, or (T,B,.). A model from a
        file has what the file says.
    seed : int, optional
        Of the initial weights: the same seed gives the same bits everywhere.

    Examples
    --------
    >>> model = Model([LSTM(64), Linear(3)], inputs=8)
    >>> x = np.zeros((2, 5, 8))
    >>> model(x).shape
    (2, 5, 3)
    """

    def __new__(cls, layers, inputs=0, *, batch_first=True, seed=0):
        try:
            configs = [layer.config() for layer in layers]
        except (AttributeError, TypeError):
            raise TypeError(
                f"layers is {layers!r}, expected a list such as [elman.LSTM(64), "
                "elman.Linear(3)]"
            ) from None
        return super().__new__(
            cls,
            {
                "input_size": inputs,
                "batch_first": batch_first,
                "seed": seed,
                "layers": configs,
            },
        )

    # ---- what it is ---------------------------------------------------------

    @property
    def layers(self):
        """The layers, every default filled in."""
        return [Layer.of(config) for config in self.config["layers"]]

    @property
    def batch_first(self):
        """Whether x and y are (B,T,.) rather than (T,B,.)."""
        return self.config["batch_first"]

    # ---- passes -------------------------------------------------------------

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
        state = self.state(T=max(T, 1), B=max(B, 1), threads=threads)
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
        return Stream(self, batch, empty=empty, threads=threads)

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
        return Stream(self, config.pop("B", 1), **config)

    # ---- training -----------------------------------------------------------

    @classmethod
    def for_data(cls, source, y=None, hidden=None, *, cell=None, layers=1,
                 bidirectional=None, pool=None, dropout=None, embedding=64,
                 layer_norm=False, seed=1, fields=None, **config):  # fmt: skip
        """A model that fits data, with the layers that `elman train` gives it.

        Parameters
        ----------
        source : path, DataFrame, Dataset, or X
            As `Dataset.open` or, with y, `Dataset.of` takes it.
        y : array, optional
            With X.
        hidden : int or list of int, optional
            Units, or those of each level; 64, and 256 for text.
        cell : str, optional
            "gru", for text "lstm"; any recurrent word of `elman.kinds()`.
        layers : int
            Levels.
        bidirectional : bool, optional
            None: where one answer is for a whole sequence.
        pool : str, optional
            "last", "mean", "max" or "attention", where one answer is for a
            whole sequence; None: what fits the data.
        dropout : float, optional
            0, and 0.2 for text.
        embedding : int
            Of the tokens of a text.
        layer_norm : bool
        seed : int
            Of weights and split.
        fields : dict, optional
            Further ones of the recurrent layer, as in `elman_layer`.
        **config
            Of the data: target, window, horizon, columns, task, validation, ...

        Returns
        -------
        Model
            `model.data` is the dataset, which `fit()` takes if it is given
            nothing else.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> X = rng.standard_normal((300, 20))
        >>> y = np.where(X[:, -3:].sum(1) > 0, "up", "down")
        >>> model = Model.for_data(X, y, hidden=16)
        >>> model
        Model([GRU(16, bidirectional=True), Last('final'), Linear(2)], inputs=1)
        >>> run = model.fit(epochs=20)
        >>> run.best["accuracy"] > 0.8
        True
        >>> model.predict([[0.0] * 17 + [2.0] * 3])
        array(['up'], dtype='<U4')
        """
        from elman import defaults

        if isinstance(source, _core.Dataset):
            data = source
        elif y is None and not hasattr(source, "__next__") and not isinstance(source, np.ndarray):
            data = training.Dataset.open(source, seed=seed, **config)
        else:
            data = training.Dataset.of(source, y, seed=seed, **config)
        made = defaults.network(
            data, hidden, cell=cell, layers=layers, bidirectional=bidirectional, pool=pool,
            dropout=dropout, embedding=embedding, layer_norm=layer_norm, **fields or {},
        )  # fmt: skip
        inputs = 0 if data.encoding["vocabulary"] else data.encoding["input_size"]
        self = cls(made, inputs=inputs, seed=seed)
        self.write_note("encoding", data.note)
        self.data = data
        return self

    data = None

    def fit(self, data=None, y=None, *, lengths=None, validation=None, epochs=None,
            steps=None, seconds=None, progress=False, checkpoint=None,
            callback=None, **config):  # fmt: skip
        """Trains the model in place; ends with the best weights it had.

        What is left open is as `elman train` has it for the task.

        Parameters
        ----------
        data : array (N,T,I), list of arrays (T_n,I), Dataset, DataFrame, path, iterator
            2-D arrays are series of one input; a path is any file that
            `elman train` takes, a DataFrame a table, an iterator gives pairs of
            x and y. None: the data of `for_data`.
        y : array, optional
            Classes as integers, 0 to O - 1, bools or text, or values; one for
            each sequence or for each step.
        lengths : array (N), optional
            Valid steps of each sequence.
        validation : float, path or pair (X, y), optional
            A fraction to split off, 0 for none, or other data. None: a tenth of
            200 sequences or more.
        epochs, steps, seconds : optional
            When to end. None: 30 epochs, 10 for text, more of little data.
        progress : bool, optional
            Show a bar, of tqdm where it is installed.
        checkpoint : path, optional
            Where to save at each evaluation. If the file is there, the run goes
            on from it, with the same bits as if it had never stopped.
        callback : callable, optional
            Called with the trainer's progress after each step; training ends
            where it answers true.
        **config
            As in `elman_trainer_config`, and the optimizer's fields by their
            own names: learning_rate, rule, batch_size, clip_norm, patience,
            k1, k2, schedule, class_weights, groups, seed, threads, profile, ...

        Returns
        -------
        Run
            With `history`, `best` and `plot`. Ctrl-C ends it early, with the
            best weights so far.
        """
        return training.fit(
            self, data, y, lengths=lengths, validation=validation, epochs=epochs,
            steps=steps, seconds=seconds, progress=progress, checkpoint=checkpoint,
            callback=callback, **config,
        )  # fmt: skip

    def evaluate(self, data=None, y=None, *, lengths=None, part=None, **config):
        """The metrics of the model on arrays, a file, or a part of a dataset.

        Parameters
        ----------
        data : array (N,T,I), list of arrays (T_n,I), path, Dataset
            A file is read as the one that the model was trained on. None: the
            data of `for_data`.
        y : array, optional
            Targets of arrays, as `fit` takes them.
        lengths : array (N), optional
            Valid steps of each sequence.
        part : str, optional
            "train", "validation" or "test" of a dataset; None: validation, and
            all of arrays and files.
        **config
            As in `elman_trainer_config`: loss, batch_size, threads, ...

        Returns
        -------
        dict
            loss, and what the task has: accuracy, confusion, mse, bits, ...

        Examples
        --------
        >>> model = Model([Linear(1)], inputs=1)
        >>> model["fc.weight"], model["fc.bias"] = [[2.0]], [0.0]
        >>> found = model.evaluate([[[1.0], [2.0]]], [[[2.0], [5.0]]])
        >>> found["mse"], found["mae"]
        (0.5, 0.5)
        """
        return training.evaluate(self, data, y, lengths=lengths, part=part, **config)

    # ---- answers ------------------------------------------------------------

    @property
    def encoding(self):
        """How data became the model's numbers, or None: an `Encoding` of the
        note that `fit`, or `elman train`, left."""
        note = self.note("encoding")
        return None if note is None else text.Encoding(note)

    def predict(self, data, *, lengths=None, probabilities=False, part=None, threads=0,
                **config):  # fmt: skip
        """What the model says of data, in the data's own units and labels.

        A model knows them by its note "encoding", which `fit` and `elman train`
        write; ``model(x)`` gives its bare numbers.

        Parameters
        ----------
        data : array (N,T,I), list of arrays (T_n,I), Dataset, DataFrame, path
            As for `fit`; targets are not needed.
        lengths : array (N), optional
        probabilities : bool
            Of all classes, in the order of `labels`, rather than the likeliest.
        part : str, optional
            Of a Dataset: "validation" by default.
        **config
            Of a file or a DataFrame, as `Dataset.open` takes it.

        Returns
        -------
        array or list of arrays
            Classes (N) as labels, or (N,C); values (N,O);
            forecasts (N,horizon,targets) for each window, the last of which
            ends where the data does. Per step: a list of (T_n), (T_n,C) or
            (T_n,O).

        Examples
        --------
        >>> X = [[0, 0, 1], [1, 0, 0], [0, 1, 1], [1, 1, 0]]
        >>> model = Model([GRU(4), Last(), Linear(2)], inputs=1)
        >>> run = model.fit(X, [1, 0, 1, 0], epochs=60, learning_rate=0.05)
        >>> model.predict(X)
        array([1, 0, 1, 0])
        """
        from elman import predict

        return predict.predict(
            self, data, lengths=lengths, probabilities=probabilities, part=part,
            threads=threads, **config,
        )  # fmt: skip

    def forecast(self, data, steps=None, **config):
        """The values behind the end of a series, in its own units.

        Parameters
        ----------
        data : path, DataFrame or Dataset
        steps : int, optional
            By default the horizon that the model was trained for; beyond it the
            model goes on with its own forecasts, if all inputs are targets.

        Returns
        -------
        array (steps,targets), or a dict of them by name for several series
        """
        from elman import predict

        return predict.forecast(self, data, steps, **config)

    def sample(self, prompt="", length=500, *, temperature=0.8, top_k=None, seed=1):
        """Text that a language model goes on with, token by token.

        The same seed gives the same text everywhere, and the same as
        ``elman sample``.

        Parameters
        ----------
        prompt : str, optional
            What the text begins with; "" begins behind a line break.
        length : int, optional
            Tokens to draw: characters, bytes or words.
        temperature : float, optional
            0 takes the likeliest, 1 draws as was learned.
        top_k : int, optional
            Draw from so many of the likeliest only.
        seed : int, optional

        Returns
        -------
        str
            The prompt and what follows.

        Raises
        ------
        BadValueError
            If it is no language model, or the prompt has what is not in its
            vocabulary.
        """
        return text.sample(self, prompt, length, temperature, top_k, seed)

    @property
    def labels(self):
        """The classes in the order of the outputs, or None."""
        from elman import predict

        return predict.labels_of(self)

    @property
    def journal(self):
        """How it was trained: settings, and a row for each evaluation; or None."""
        note = self.note("journal")
        if note is None:
            return None
        settings, rows = _core.journal_read(note)
        return {"settings": settings, "rows": rows}

    # ---- a look inside ------------------------------------------------------

    def inspect(self, x=None, y=None, lengths=None, **config):
        """What happens inside, on a batch or on a dataset.

        Parameters
        ----------
        x : array (B,T,I) or (T,I), tokens, Dataset, or None
            A batch gives an `Inspector`, whose methods measure one thing each;
            a dataset, or nothing (then random input), an `Inspection` of all.
        y : array, optional
            Targets of the batch, for what is of a loss.
        lengths : array (B), optional
        **config
            Of an inspection, as in `elman_inspection_config`.

        Returns
        -------
        Inspector or Inspection

        Examples
        --------
        >>> model = Model([LSTM(8)], inputs=2)
        >>> flow = model.inspect(np.ones((1, 20, 2))).flow()
        >>> flow.levels[0].h.shape
        (20, 20)
        """
        if x is None or isinstance(x, _core.Dataset):
            return inspection.Inspection(self, x, **config)
        return inspection.Inspector(self, x, y, lengths)

    # ---- weights ------------------------------------------------------------

    def __getitem__(self, name):
        """A parameter as a read-only array without a copy.

        Parameters
        ----------
        name : str
            "rnn.weight_hh_l0", "fc.bias", ...: `names` has all.

        Returns
        -------
        array

        Raises
        ------
        KeyError
            If there is no such parameter; the text names those there are.
        """
        return self.parameter(name)

    def __setitem__(self, name, values):
        """Replaces a parameter.

        Parameters
        ----------
        name : str
        values : array
            In exactly its shape.

        Raises
        ------
        BadValueError
            If the shape is another, or another thread computes with the model.
        """
        self.write(name, values)

    def __contains__(self, name):
        return name in self.names()

    def __iter__(self):
        return iter(self.names())

    def __len__(self):
        return len(self.names())

    def keys(self):
        """The names of all parameters, in PyTorch's order.

        Returns
        -------
        list of str
        """
        return self.names()

    def items(self):
        """Names with their arrays, read-only and without copies.

        Returns
        -------
        list of (str, array)
        """
        return [(name, self[name]) for name in self.names()]

    def state_dict(self):
        """Copies of all parameters.

        Returns
        -------
        dict of arrays
            By name, in PyTorch's order.
        """
        return {name: np.array(self[name]) for name in self.names()}

    def load_state_dict(self, values):
        """Replaces all parameters, or none if one does not fit.

        Parameters
        ----------
        values : dict of arrays
            Names and shapes must be the model's; tensors of PyTorch will do.

        Raises
        ------
        BadValueError
            That names what is missing, unknown or of another shape.

        Examples
        --------
        >>> a, b = (Model([GRU(4)], inputs=2, seed=n) for n in (1, 2))
        >>> b.load_state_dict(a.state_dict())
        >>> bool((a(np.ones((5, 2))) == b(np.ones((5, 2)))).all())
        True
        """
        if not hasattr(values, "keys"):
            raise _core.BadValueError(
                f"values is a {type(values).__name__}, expected a dict of arrays by name"
            )
        names = set(self.names())
        if set(values) != names:
            missing, unknown = names - set(values), set(values) - names
            raise _core.BadValueError(
                f"missing {sorted(missing)}, unknown {sorted(unknown)}"
            )
        arrays = {k: as_array(v, k) for k, v in values.items()}
        for name, array in arrays.items():
            if array.shape != self[name].shape:
                raise _core.BadValueError(
                    f"{name} has the shape {array.shape}, expected {self[name].shape}"
                )
        for name, array in arrays.items():
            self[name] = array

    # ---- files --------------------------------------------------------------

    def save(self, path):
        """Writes layers, weights and notes to a file, replacing it.

        It holds safetensors with the layers in it, which PyTorch opens too, and
        `load` gives the same model again.

        Parameters
        ----------
        path : path
            With the ending .onnx it becomes an ONNX file, as by `export`, which
            has no notes. Other endings that say another tool's format are
            refused.
        """
        if _files.ending(path) == ".onnx":
            self.export("onnx", path)
            return
        _files.check_own(path)
        super().save(path)

    def export(self, format, path):
        """Writes the model in another format, replacing the file.

        Parameters
        ----------
        format : str
            "torch", safetensors for load_state_dict, or "onnx".
        path : path

        Returns
        -------
        str
            Lines of Python that load it there.
        """
        _files.check_export(format, path)
        return super().export(format, path)

    # ---- copies -------------------------------------------------------------

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return type(self).loads, (self.dumps(),)

    def __eq__(self, other):
        if not isinstance(other, _core.Model):
            return NotImplemented
        return self is other or self.dumps() == other.dumps()

    __hash__ = object.__hash__

    # ---- how it looks -------------------------------------------------------

    def __repr__(self):
        info = self.info
        takes = (
            f"vocabulary={info['vocabulary']}"
            if info["vocabulary"]
            else f"inputs={info['input_size']}"
        )
        layers = ", ".join(repr(_short(layer)) for layer in self.layers)
        return f"Model([{layers}], {takes})"

    def _repr_html_(self):
        from elman import html

        return html.model(self)


def _short(layer):
    """A layer without the name and numbers that it has by default."""
    fields = {k: v for k, v in layer.fields.items() if k not in ("name", "hidden_sizes")}
    return Layer(layer.kind, **fields)


def _is_list_of_sequences(x):
    """Whether x is a list of arrays, or of lists of different lengths, and not
    one array written as lists."""
    if not isinstance(x, (list, tuple)) or not x:
        return False
    if any(hasattr(a, "ndim") and a.ndim for a in x):
        return True
    return all(isinstance(a, (list, tuple)) for a in x) and len({len(a) for a in x}) > 1
