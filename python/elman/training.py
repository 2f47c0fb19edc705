"""Training: data, the loop as an iterator, and fit in one call."""

import os

import numpy as np

from elman import _core


class Dataset(_core.Dataset):
    """Sequences and their targets: of a file (`open`) or of arrays (`of`)."""

    @classmethod
    def of(cls, X, y=None, *, lengths=None, validation=None, per_step=None, **config):
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
        **config
            As in `elman_dataset_config`: task, seed, no_scaling, missing, ...
        """
        parts = None
        if isinstance(validation, tuple):
            X, y, lengths, parts = _join((X, y), validation, lengths)
        elif validation is not None:
            config["validation"] = -1.0 if validation == 0 else float(validation)
        x, lengths = _sequences(X, lengths)
        given = _targets(x, y, lengths, per_step)
        return cls.arrays(x=x, lengths=lengths, parts=parts, config=config, **given)

    def __repr__(self):
        return "\n".join(f"{name:11} {text}" for name, text, minor in self.facts if not minor)


def _sequences(X, lengths):
    """X as (N,T,I) with lengths, or as rows of all sequences with lengths."""
    if isinstance(X, (list, tuple)) and any(np.ndim(a) for a in X):
        arrays = [np.asarray(a, np.float32) for a in X]
        arrays = [a[:, None] if a.ndim == 1 else a for a in arrays]
        steps = {len(a) for a in arrays}
        if len({a.shape[1:] for a in arrays}) > 1:
            raise _core.BadValueError("the sequences have different features")
        if len(steps) > 1:
            return np.concatenate(arrays), np.array([len(a) for a in arrays], np.uintp)
        X = np.stack(arrays)
    x = np.asarray(X)
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise _core.BadValueError(f"X has the shape {x.shape}, expected (N,T,I) or (N,T)")
    return x, lengths


def _targets(x, y, lengths, per_step):
    """The arguments for y: classes or values, per step or not."""
    if y is None:
        return {}
    ragged = x.ndim == 2
    if isinstance(y, (list, tuple)) and any(np.ndim(a) for a in y):
        arrays = [np.asarray(a) for a in y]
        y = np.concatenate(arrays) if ragged else np.stack(arrays)
        per_step = True if per_step is None and ragged else per_step
    y = np.asarray(y)
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

    Examples
    --------
    >>> for step in Trainer(model, X, y, epochs=3):     # doctest: +SKIP
    ...     print(step["step"], step["last"]["loss"])
    """

    def __new__(cls, model, data, y=None, *, lengths=None, validation=None, **config):
        if isinstance(data, (str, os.PathLike)):
            data = Dataset.open(data)
        elif not isinstance(data, _core.Dataset):
            data = Dataset.of(data, y, lengths=lengths, validation=validation)
        self = super().__new__(cls, model, data, **settings(config))
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


def settings(config):
    """The config of a trainer, of which the optimizer's fields may be flat."""
    config = dict(config)
    optimizer = dict(config.pop("optimizer", None) or {})
    for name in list(config):
        if name in _OPTIMIZER:
            optimizer[name] = config.pop(name)
    if isinstance(config.get("schedule"), str):
        config["schedule"] = {"kind": config["schedule"]}
    if isinstance(config.get("loss"), str):
        config["loss"] = {"kind": config["loss"]}
    return {**config, "optimizer": optimizer}
