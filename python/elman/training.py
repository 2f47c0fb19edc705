"""Training: the loop as an iterator, and fit in one call."""

import os
import time

import numpy as np

from elman import _core, _files, defaults
from elman._checks import path, real, refused, truth, whole, word
from elman.arrays import dims
from elman.data import PARTS, Dataset, _is_frame
from elman.journal import Journal, loss_word
from elman.run import Run
from elman.settings import check_names, settings

__all__ = ["Dataset", "Run", "Trainer", "evaluate", "fit", "settings"]


class Trainer(_core.Trainer):
    """A training run as an iterator: each turn is one step of the optimizer.

    Parameters
    ----------
    model : Model
    data : Dataset, path, DataFrame, or X
    y : array, optional
        With X.
    **config
        As in `elman_trainer_config`; fields of the optimizer, the schedule and
        the loss by their own names or as dicts: learning_rate, rule, clip_norm.
        `class_weights` (O) and `groups`, a list of dicts of an
        `elman_optimizer_group` (names, frozen, learning_rate, weight_decay),
        are beside them. What is left open is as the library has it;
        `Model.fit` fits it to the task.

    Attributes
    ----------
    progress : dict
        As in `elman_progress`: what each turn gives.
    profile : list of (name, seconds, flops) or None
        Where the time went, with ``profile=True``.

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
        check_names(config)  # a setting of the data has an answer of its own
        data = data_for(model, data, y, lengths=lengths, validation=validation)
        config = settings(config, data)
        self = super().__new__(cls, model, data, **config)
        if not any(config.get(name) for name in _ENDS):
            raise _core.BadValueError(
                "nothing ends this training, expected epochs, steps or patience"
            )
        self.model, self.data = model, data
        model.write_note("encoding", data.note)  # so that it answers in their units
        model.write_note("loss", loss_word(config))
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if self.progress["done"]:
            raise StopIteration
        self.step()
        return self.progress

    def __reduce__(self):
        raise TypeError(
            "a trainer is neither pickled nor copied: save(path) keeps the run, and load(path) "
            "of one that is made in the same way goes on from there"
        )

    def save(self, path):
        """Writes the whole run to a file, which `load` reads into such a trainer.

        Parameters
        ----------
        path : path
        """
        _files.check_own(path, model=False)
        super().save(path)


_ENDS = ("epochs", "steps", "patience", "patience_steps")  # what ends a training


def data_for(model, data, y=None, **options):
    """The dataset of what a trainer or an evaluation is given."""
    if isinstance(data, _core.Dataset):
        for name, value in (("y", y), *options.items()):
            if value is not None:
                raise _core.BadValueError(
                    f"{name} is given beside a Dataset, which has its own: make it by "
                    f"elman.Dataset.of(X, y, validation=...) or open"
                )
        return data
    validation = options.get("validation")
    if _is_frame(data) and y is None or isinstance(data, (str, os.PathLike)):
        for name, value in (("y", y), ("lengths", options.get("lengths"))):
            if value is not None:
                raise _core.BadValueError(
                    f"{name} is given beside a file, which has its own: elman.Dataset.open("
                    "path, target=...) says which column is the target"
                )
        return Dataset.open(data, validation=validation)
    outputs, vocabulary = model.info["output_size"], model.info["vocabulary"]
    if vocabulary and y is None:
        return Dataset.tokens(
            data, vocabulary=vocabulary, lengths=options.get("lengths"), validation=validation
        )
    _check_classes(y, outputs)
    return Dataset.of(data, y, class_count=outputs, **options)


def _check_classes(y, outputs):
    """Refuses what looks like classes and would be taken for values."""
    if outputs < 2 or y is None or isinstance(y, (list, tuple)) and any(dims(a) > 1 for a in y):
        return
    try:
        y = np.asarray(y)
    except ValueError:  # of different lengths
        return
    if y.dtype.kind in "iu" and y.ndim > 1 and y.shape[-1] == 1:
        raise _core.BadValueError(
            f"y has the shape {y.shape}, expected classes (N) or (N,T), without the last axis: "
            "y[..., 0]"
        )
    if y.dtype.kind == "f" and y.ndim == 1:
        raise _core.BadValueError(
            f"y is {y.dtype} (N), which are values, one for each sequence, and the model gives "
            f"{outputs}: classes are integers, y.astype(int)"
        )


def fit(model, data=None, y=None, *, lengths=None, validation=None, epochs=None,
        steps=None, seconds=None, progress=False, checkpoint=None, callback=None,
        **config):  # fmt: skip
    """Trains a model and leaves the best weights in it; see `Model.fit`."""
    if data is None:
        data = getattr(model, "data", None)
        if data is None:
            raise _core.BadValueError(
                "data is None, expected data, or a model of elman.Model.for_data"
            )
    begin = time.perf_counter()
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None:
            whole(name, value, 1, 2**64 - 1)
    if seconds is not None:
        real("seconds", seconds, 0, "0 or more")
    truth("progress", progress)
    if callback is not None and not callable(callback):
        raise refused("callback", callback, "a function of the progress")
    if checkpoint is not None:
        path("checkpoint", checkpoint)
    _files.check_own(checkpoint, model=False)  # before the work is done
    check_names(config)
    data = data_for(model, data, y, lengths=lengths, validation=validation)
    config = settings({**config, "epochs": epochs, "steps": steps}, data)
    config = defaults.training(data, config)
    trainer = Trainer(model, data, **config)
    run = Run(data, config)
    resumed = checkpoint is not None and os.path.exists(checkpoint)
    if resumed:
        trainer.load(checkpoint)
    before = trainer.progress["seconds"]  # of the steps before
    journal = Journal(model, data, config, trainer, resumed)
    if resumed and trainer.progress["done"]:
        run._add({**trainer.progress, "best": True})
    bar = _Bar(progress, config.get("epochs"))
    try:
        for now in trainer:
            if now["evaluated"]:
                run._add(now)
                journal.add(now)
                if checkpoint is not None:
                    journal.write()
                    trainer.save(checkpoint)
            bar.show(now)
            if callback is not None and callback(now):
                run.interrupted = True
            if run.interrupted or (
                seconds is not None and time.perf_counter() - begin >= seconds
            ):
                break
    except KeyboardInterrupt:
        run.interrupted = True
    finally:
        bar.close()
    _keep_best(trainer, model, data, config, run, journal)
    journal.write()
    run.profile = trainer.profile
    run.seconds = before + time.perf_counter() - begin
    return run


def _keep_best(trainer, model, data, config, run, journal):
    """Decides between the best weights of all evaluations and the current ones,
    which have not been evaluated if the run was cut short."""
    now = trainer.progress
    if not data.sizes["validation"]:
        if not run.best:  # it ended before its first evaluation
            run._add({**now, "validation": now["last"], "best": True,
                      "train_loss": now["last"]["loss"]})  # fmt: skip
        return
    if run.history and run.history["step"][-1] == now["step"]:
        trainer.keep_best()
        return
    metrics, _ = _core.evaluate(model, data, "validation", **_evaluation(config))
    better = not metrics["loss"] >= now["best_loss"]
    last = {"validation": metrics, "best": better, "train_loss": now["last"]["loss"],
            "mean_norm": np.nan, "clipped": np.nan, "update": np.nan}  # fmt: skip
    run._add({**now, **last})
    journal.add({**now, **last})
    if not better:
        trainer.keep_best()


def _evaluation(config):
    """What of a trainer's config an evaluation reads."""
    names = ("loss", "batch_size", "threads", "class_weights", "k1", "budget")
    return {name: config[name] for name in names if name in config}


def evaluate(model, data=None, y=None, *, lengths=None, part=None, **config):
    """The metrics of a model; see `Model.evaluate`."""
    from elman.predict import open_as

    if part is not None:
        word("part", part, PARTS)
    check_names(config)
    arrays = not isinstance(data, _core.Dataset)
    if data is None:
        arrays, data = False, getattr(model, "data", None)
    if arrays:
        if part is not None:
            raise refused("part", part, "None, as all of the data is measured: parts are of "
                          "an elman.Dataset")  # fmt: skip
        data, own = open_as(model, data, y, lengths=lengths)
        part = part or ("validation" if own else "train")
    elif not isinstance(data, _core.Dataset):
        raise _core.BadValueError(
            "data is None, expected data, or a model of elman.Model.for_data"
        )
    else:
        for name, value in (("y", y), ("lengths", lengths)):
            if value is not None:
                raise refused(name, "given", "None, as the Dataset has its own")
    part = part or "validation"
    config = {"threads": defaults.threads(), **config}
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
