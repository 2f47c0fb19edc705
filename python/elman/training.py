"""Training: data, the loop as an iterator, and fit in one call."""

import os
from types import GeneratorType

import numpy as np

from elman import _core
from elman._convert import as_array


class Dataset(_core.Dataset):
    """Sequences and their targets: of a file (`open`) or of arrays (`of`).

    ``Dataset.open(path, **config)`` reads a file as `elman train` does, with the
    fields of `elman_dataset_config`: task, target, horizon, validation, ...

    Attributes
    ----------
    facts : list of (name, text, minor)
        What was understood, a sentence each; printing a dataset shows them.
    encoding : dict
        task, outputs, input_size, vocabulary, labels, window, horizon, ...:
        what a model needs for it.
    note : str
        The same, whole, as a model keeps it.
    sizes : dict
        Sequences of each part: train, validation, test; tokens of a text.
    longest : int
        Steps of the longest sequence.
    """

    @classmethod
    def of(cls, X, y=None, *, lengths=None, validation=None, per_step=None,
           scaling=False, class_count=None, **config):  # fmt: skip
        """Arrays in memory.

        Parameters
        ----------
        X : array (N,T,I) or (N,T), or list of arrays (T_n,I) or (T_n)
            Without I there is one input, as of a univariate series.
        y : array
            Classes as integers, (N) or per step (N,T); values (N), (N,O) or
            per step (N,T,O); a list of arrays per step for a list.
        lengths : array (N), optional
            Valid steps of each sequence.
        validation : float or pair (X, y), optional
            A fraction to split off, 0 for none, or other data.
        per_step : bool, optional
            Whether the targets are per step; None: by their shape.
        scaling : bool, optional
            Learn the mean and the scale of inputs and of values, and train on
            what they leave. A model that was trained so expects such numbers:
            by default arrays are taken as they are.
        class_count : int, optional
            Classes are 0 to class_count - 1; None: up to the largest that
            occurs.
        **config
            As in `elman_dataset_config`: task, seed, missing, folds, ...

        Returns
        -------
        Dataset
            Which borrows X and y where they are float32 in C order: leave them
            as they are.

        Raises
        ------
        BadValueError
            If shapes or types do not fit; the text says which.

        Examples
        --------
        >>> Dataset.of(np.zeros((4, 3, 2)), [0, 1, 0, 1], validation=0)
        file        arrays in memory
        task        classify
        target      one of 2 classes: 0 50.0 %, 1 50.0 %
        inputs      4 sequences of 3 steps with 2 values each
        split       4 sequences train, 0 validate (at random)
        """
        if isinstance(X, GeneratorType):
            X, y = zip(*X)
        config["no_scaling"] = not scaling
        parts = None
        if isinstance(validation, tuple):
            X, y, lengths, parts = _join((X, y), validation, lengths)
        elif validation is not None:
            config["validation"] = -1.0 if validation == 0 else float(validation)
        x, lengths = _sequences(X, lengths)
        given = _targets(x, y, lengths, per_step)
        if "classes" in given:
            most = int(given["classes"].max(initial=-1))
            given["class_count"] = class_count or most + 1
        return cls.arrays(x=x, lengths=lengths, parts=parts, config=config, **given)

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

    def __repr__(self):
        return "\n".join(f"{name:11} {text}" for name, text, minor in self.facts if not minor)


def _sequences(X, lengths):
    """X as (N,T,I) with lengths, or as rows of all sequences with lengths."""
    if isinstance(X, (list, tuple)) and any(np.ndim(a) for a in X):
        arrays = [as_array(a, "X") for a in X]
        arrays = [a[:, None] if a.ndim == 1 else a for a in arrays]
        steps = {len(a) for a in arrays}
        if len({a.shape[1:] for a in arrays}) > 1:
            raise _core.BadValueError("the sequences have different features")
        if len(steps) > 1:
            return np.concatenate(arrays), np.array([len(a) for a in arrays], np.uintp)
        X = np.stack(arrays)
    x = as_array(X, "X")
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise _core.BadValueError(f"X has the shape {x.shape}, expected (N,T,I) or (N,T)")
    return x, lengths


def _targets(x, y, lengths, per_step):
    """The arguments for y: classes or values, per step or not."""
    if y is None:
        return {"per_step": bool(per_step)}
    ragged = x.ndim == 2
    if isinstance(y, (list, tuple)) and any(np.ndim(a) for a in y):
        arrays = [np.asarray(a) for a in y]
        y = np.concatenate(arrays) if ragged else np.stack(arrays)
        per_step = True if per_step is None and ragged else per_step
    y = as_array(y, "y")
    N = len(lengths) if ragged else x.shape[0]
    steps = (x.shape[0],) if ragged else x.shape[:2]
    if per_step is None:
        per_step = y.shape[: len(steps)] == steps and (y.ndim > 1 or ragged and N != len(y))
    classes = y.dtype.kind in "iub" and y.ndim == (len(steps) if per_step else 1)
    if classes:
        return {"classes": y, "per_step": per_step}
    if y.ndim == (len(steps) if per_step else 1):
        y = y[..., None]
    return {"values": y, "per_step": per_step}


def _join(first, second, lengths):
    """Training and validation data as one, with the part of each sequence."""
    X, y = list(first[0]), list(first[1])
    if lengths is not None:
        X = [a[:n] for a, n in zip(X, lengths)]
    parts = np.array([0] * len(X) + [1] * len(second[0]), np.int32)
    X = X + list(second[0])
    ys = y + list(second[1])
    return X, np.asarray(ys) if not np.ndim(ys[0]) else ys, None, parts


def _data_for(model, data, y, **options):
    """The dataset of what a trainer or an evaluation is given."""
    if isinstance(data, _core.Dataset):
        return data
    if isinstance(data, (str, os.PathLike)):
        return Dataset.open(data)
    return Dataset.of(data, y, class_count=model.info["output_size"], **options)


def answers_for(model, data, lengths):
    """Data to be answered, treated as the encoding of the model says."""
    if isinstance(data, _core.Dataset):
        return data
    how = {"encoding": model.note("encoding"), "answers": True}
    if isinstance(data, (str, os.PathLike)):
        return Dataset.open(data, **how)
    per_step = model.encoding.facts["task"] in ("tag", "track")
    return Dataset.of(data, lengths=lengths, scaling=True, per_step=per_step, **how)


class Trainer(_core.Trainer):
    """A training run as an iterator: each turn is one step of the optimizer.

    Parameters
    ----------
    model : Model
    data : Dataset, path, or X
    y : array, optional
        With X.
    **config
        As in `elman_trainer_config`; fields of the optimizer, the schedule and
        the loss by their own names or as dicts: learning_rate, rule, clip_norm.

    Notes
    -----
    Each turn gives the progress: step, epoch, last (the metrics of the step),
    validation, best_loss, norm, ... `save` and `load` are the whole run in a
    file, which goes on with the same bits; `keep_best` puts the weights into the
    model that were best on the validation data.

    Examples
    --------
    >>> model = Model([RNN(4), Last(), Linear(1)], inputs=1)
    >>> X = [[0.0, 0.1], [0.5, 0.2], [0.3, 0.9], [0.8, 0.7]]
    >>> for step in Trainer(model, X, [0.1, 0.7, 1.2, 1.5], epochs=2, batch_size=2):
    ...     print(step["step"], step["epoch"])
    1 0
    2 1
    3 1
    4 2
    """

    def __new__(cls, model, data, y=None, *, lengths=None, validation=None, **config):
        data = _data_for(model, data, y, lengths=lengths, validation=validation)
        self = super().__new__(cls, model, data, **settings(config, data))
        self.model, self.data = model, data
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if self.progress["done"]:
            raise StopIteration
        self.step()
        return self.progress


_OPTIMIZER = {
    "rule", "flavour", "learning_rate", "momentum", "dampening", "nesterov",
    "beta1", "beta2", "alpha", "epsilon", "weight_decay", "lr_decay",
    "initial_accumulator", "centered", "amsgrad", "maximize", "clip_norm",
    "clip_value", "no_bias_decay",
}  # fmt: skip


def settings(config, data):
    """The config of a trainer, of which the optimizer's fields may be flat; the
    loss is that of the task where none is named."""
    config = dict(config)
    if data.encoding["task"] in ("forecast", "regress", "track"):
        config.setdefault("loss", "mse")
    optimizer = dict(config.pop("optimizer", None) or {})
    for name in list(config):
        if name in _OPTIMIZER:
            optimizer[name] = config.pop(name)
    if isinstance(config.get("schedule"), str):
        config["schedule"] = {"kind": config["schedule"]}
    if isinstance(config.get("loss"), str):
        config["loss"] = {"kind": config["loss"]}
    return {**config, "optimizer": optimizer}


class Run:
    """What `Model.fit` did; made by it.

    Attributes
    ----------
    history : dict of list
        One entry for each evaluation: epoch, step, train_loss, validation_loss,
        learning_rate, norm, and the metrics of the task.
    best : dict
        The entry whose weights the model has now.
    interrupted : bool
        Whether Ctrl-C ended it.
    data : Dataset
    """

    def __init__(self, data):
        self.data = data
        self.history = {}
        self.best = {}
        self.interrupted = False
        self.seconds = 0.0

    def _add(self, progress):
        """Remembers an evaluation."""
        metrics = progress["validation"]
        entry = {
            "epoch": progress["epoch"],
            "step": progress["step"],
            "train_loss": progress["train_loss"],
            "validation_loss": metrics["loss"],
            "learning_rate": progress["learning_rate"],
            "norm": progress["mean_norm"],
        }
        for name in _METRICS:
            if not np.isnan(metrics[name]):
                entry[name] = metrics[name]
        for name, value in entry.items():
            self.history.setdefault(name, []).append(value)
        if progress["best"]:
            self.best = entry
        self.seconds = progress["seconds"]

    def plot(self, axes=None):
        """The losses over the steps, by matplotlib.

        Parameters
        ----------
        axes : matplotlib axes, optional
            To draw on; None: new ones.

        Returns
        -------
        axes
        """
        from elman.plot import losses

        return losses(self, axes)

    def __repr__(self):
        if not self.best:
            return "Run(no evaluation yet)"
        numbers = ", ".join(
            f"{name} {self.best[name]:.4g}"
            for name in ("validation_loss", *_METRICS)
            if name in self.best
        )
        end = ", interrupted" if self.interrupted else ""
        steps = self.history["step"][-1]
        return (
            f"Run({steps} steps in {self.seconds:.1f} s{end}; best at step "
            f"{self.best['step']}: {numbers})"
        )


_METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "bits", "perplexity", "mse",
            "mae")  # fmt: skip


def fit(model, data, y=None, *, lengths=None, validation=None, epochs=20,
        progress=False, checkpoint=None, **config):  # fmt: skip
    """Trains a model and leaves the best weights in it; see `Model.fit`."""
    data = _data_for(model, data, y, lengths=lengths, validation=validation)
    trainer = Trainer(model, data, epochs=epochs, **config)
    run = Run(data)
    if checkpoint is not None and os.path.exists(checkpoint):
        trainer.load(checkpoint)
    bar = _Bar(progress, epochs)
    try:
        for now in trainer:
            bar.show(now)
            if now["evaluated"]:
                run._add(now)
                if checkpoint is not None:
                    trainer.save(checkpoint)
    except KeyboardInterrupt:
        run.interrupted = True
    finally:
        bar.close()
    trainer.keep_best()
    model.write_note("encoding", data.note)
    return run


def evaluate(model, data, y=None, *, lengths=None, part=None, **config):
    """The metrics of a model; see `Model.evaluate`."""
    if isinstance(data, (str, os.PathLike)):
        note = model.note("encoding")
        data = Dataset.open(data, **({"encoding": note} if note else {"validation": -1.0}))
        part = part or ("validation" if note else "train")
    whole = not isinstance(data, _core.Dataset)
    data = _data_for(model, data, y, lengths=lengths, **({"validation": 0} if whole else {}))
    part = part or ("train" if whole else "validation")
    metrics, confusion = _core.evaluate(model, data, part, **settings(config, data))
    found = {name: value for name, value in metrics.items() if not np.isnan(value)}
    if confusion is not None:
        found["confusion"] = confusion
    return found


class _Bar:
    """Progress: tqdm's bar where it is installed, else one line of text."""

    def __init__(self, shown, epochs):
        self.bar = None
        self.text = False
        if not shown:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self.text = True
        else:
            self.bar = tqdm(total=epochs, unit="epoch")

    def show(self, now):
        """Shows how far it is, at evaluations."""
        if not now["evaluated"]:
            return
        loss = now["validation"]["loss"]
        if self.bar is not None:
            self.bar.n = now["epoch"]
            self.bar.set_postfix(loss=f"{loss:.4g}", best=f"{now['best_loss']:.4g}")
        elif self.text:
            print(f"\repoch {now['epoch']}, step {now['step']}, loss {loss:.4g}", end="")

    def close(self):
        """Ends the line."""
        if self.bar is not None:
            self.bar.close()
        elif self.text:
            print()
