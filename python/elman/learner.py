"""What a model learns, answers and shows, by calls of its own."""

import numpy as np

from elman import _core, inspection, text, training
from elman._checks import refused
from elman.arrays import is_given_in_turn


class Learner:
    """The training, the answers and the inspection of a `Model`."""

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
        elif y is None and not (is_given_in_turn(source) or isinstance(source, np.ndarray)):
            data = training.Dataset.open(source, seed=seed, **config)
        else:
            data = training.Dataset.of(source, y, seed=seed, **config)
        if fields is not None and not isinstance(fields, dict):
            raise refused("fields", fields, "a dict such as {'zoneout': 0.1}")
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
        data : array (N,T,I), list of arrays (T_n,I), Dataset, DataFrame, path, iterable
            2-D arrays are series of one input; a path is any file that
            `elman train` takes, a DataFrame a table; an iterable, such as a
            generator or a DataLoader, gives pairs of x and y, sequences or
            batches, and is read to its end first. None: the data of `for_data`.
        y : array, optional
            Classes as integers, 0 to O - 1, bools or text, or values; one for
            each sequence or for each step.
        lengths : array (N), optional
            Valid steps of each sequence.
        validation : float, path, pair (X, y) or iterable, optional
            A fraction to split off, 0 for none, or other data: a file beside a
            file, or beside arrays a pair, batches or a Dataset. None: a tenth
            of 200 sequences or more.
        epochs, steps, seconds : optional
            When to end; seconds are those of this call. None: 30 epochs, 10
            for text, more of little data.
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
        x : array (B,T,I) or (T,I), tokens, list of arrays, Dataset, path, or None
            A batch gives an `Inspector`, whose methods measure one thing each;
            a dataset, or nothing (then random input), an `Inspection` of all.
            A path, or a DataFrame, is data as the model was trained on it; of a
            model that was not, an .npy file of a batch.
        y : array or path of an .npy file, optional
            Targets of the batch, for what is of a loss.
        lengths : array (B) or path of an .npy file, optional
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
        return inspection.inspect(self, x, y, lengths, **config)
