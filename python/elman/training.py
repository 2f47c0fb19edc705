"""Training: the loop as an iterator, and fit in one call."""

import os

import numpy as np

from elman import _core, _files, defaults
from elman.data import Dataset, _is_frame

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
        data = data_for(model, data, y, lengths=lengths, validation=validation)
        config = settings(config, data)
        self = super().__new__(cls, model, data, **config)
        if not any(config.get(name) for name in _ENDS):
            raise _core.BadValueError(
                "nothing ends this training, expected epochs, steps or patience"
            )
        self.model, self.data = model, data
        model.write_note("encoding", data.note)  # so that it answers in their units
        model.write_note("loss", _loss_word(config))
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if self.progress["done"]:
            raise StopIteration
        self.step()
        return self.progress

    def save(self, path):
        """Writes the whole run to a file, which `load` reads into such a trainer.

        Parameters
        ----------
        path : path
        """
        _files.check_own(path, model=False)
        super().save(path)


_ENDS = ("epochs", "steps", "patience", "patience_steps")  # what ends a training
_OPTIMIZER = {
    "rule", "flavour", "learning_rate", "momentum", "dampening", "nesterov",
    "beta1", "beta2", "alpha", "epsilon", "weight_decay", "no_weight_decay",
    "lr_decay", "initial_accumulator", "centered", "amsgrad", "maximize",
    "clip_norm", "clip_value", "no_beta1", "no_beta2", "no_alpha", "no_epsilon",
    "no_initial_accumulator", "no_bias_decay",
}  # fmt: skip
_SCHEDULE = {"warmup", "period", "gamma", "minimum"}
_LOSS = {"label_smoothing", "delta", "ignore_index"}
_VALUES = ("forecast", "regress", "track")


def settings(config, data):
    """The config of a trainer, of which the optimizer's fields may be flat; the
    loss is that of the task where none is named."""
    config = dict(config)
    if data.encoding["task"] in _VALUES:
        config.setdefault("loss", "mse")
    for part, kind, names in (
        ("optimizer", "rule", _OPTIMIZER), ("schedule", "kind", _SCHEDULE),
        ("loss", "kind", _LOSS),
    ):  # fmt: skip
        given = config.pop(part, None) or {}
        given = {kind: given} if isinstance(given, str) else dict(given)
        for name in [n for n in config if n in names]:
            given[name] = config.pop(name)
        config[part] = given
    if "ignore_index" in config["loss"]:
        config["loss"].setdefault("has_ignored", True)
    return config


def data_for(model, data, y=None, **options):
    """The dataset of what a trainer or an evaluation is given."""
    if isinstance(data, _core.Dataset):
        return data
    validation = options.get("validation")
    if _is_frame(data) and y is None or isinstance(data, (str, os.PathLike)):
        return Dataset.open(data, validation=validation)
    outputs, vocabulary = model.info["output_size"], model.info["vocabulary"]
    if vocabulary and y is None:
        return Dataset.tokens(
            data, vocabulary=vocabulary, lengths=options.get("lengths"), validation=validation
        )
    return Dataset.of(data, y, class_count=outputs, **options)


class Run:
    """What `Model.fit` did; made by it.

    Attributes
    ----------
    history : dict of list
        One entry for each evaluation: epoch, step, train_loss, validation_loss,
        learning_rate, norm, and the metrics of the task. Without validation
        data training_loss and the metrics are of the training data.
    best : dict
        The entry whose weights the model has now.
    interrupted : bool
        Whether Ctrl-C, or a callback, ended it.
    profile : list of (name, seconds, flops) or None
        Where the time went, with ``profile=True``.
    config : dict
        What was settled: of the trainer, as in `elman_trainer_config`.
    data : Dataset
    """

    def __init__(self, data, config=None):
        self.data = data
        self.validates = data.sizes["validation"] > 0
        self.config = config or {}
        self.history = {}
        self.best = {}
        self.interrupted = False
        self.seconds = 0.0
        self.profile = None

    def _add(self, progress):
        """Remembers an evaluation."""
        metrics = progress["validation"]
        entry = {
            "epoch": progress["epoch"],
            "step": progress["step"],
            "train_loss": progress["train_loss"],
            "validation_loss" if self.validates else "training_loss": metrics["loss"],
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
            for name in ("validation_loss", "training_loss", *_METRICS)
            if name in self.best
        )
        if not self.validates:
            numbers += " of the training data, as there is no other"
        end = ", interrupted" if self.interrupted else ""
        steps = self.history["step"][-1]
        return (
            f"Run({steps} steps in {self.seconds:.1f} s{end}; best at step "
            f"{self.best['step']}: {numbers})"
        )

    def _repr_html_(self):
        from elman import html

        return html.run(self)


_METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "bits", "perplexity", "mse",
            "mae")  # fmt: skip


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
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None and not value > 0:
            raise _core.BadValueError(f"{name} is {value}, expected more than 0")
    _files.check_own(checkpoint, model=False)  # before the work is done
    data = data_for(model, data, y, lengths=lengths, validation=validation)
    config = settings({**config, "epochs": epochs, "steps": steps}, data)
    config = defaults.training(data, config)
    trainer = Trainer(model, data, **config)
    run = Run(data, config)
    resumed = checkpoint is not None and os.path.exists(checkpoint)
    if resumed:
        trainer.load(checkpoint)
    journal = _Journal(model, data, config, resumed)
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
            if run.interrupted or seconds is not None and now["seconds"] >= seconds:
                break
    except KeyboardInterrupt:
        run.interrupted = True
    finally:
        bar.close()
    _keep_best(trainer, model, data, config, run, journal)
    journal.write()
    run.profile = trainer.profile
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
    names = ("loss", "batch_size", "threads", "class_weights", "k1")
    return {name: config[name] for name in names if name in config}


def evaluate(model, data=None, y=None, *, lengths=None, part=None, **config):
    """The metrics of a model; see `Model.evaluate`."""
    from elman.predict import open_as

    whole = not isinstance(data, _core.Dataset)
    if data is None:
        whole, data = False, getattr(model, "data", None)
    if whole:
        data, own = open_as(model, data, y, lengths=lengths)
        part = part or ("validation" if own else "train")
    elif not isinstance(data, _core.Dataset):
        raise _core.BadValueError("data is None, and the model has none of its own")
    part = part or "validation"
    config = {"threads": defaults.threads(), **config}
    metrics, confusion = _core.evaluate(model, data, part, **settings(config, data))
    found = {name: value for name, value in metrics.items() if not np.isnan(value)}
    if confusion is not None:
        found["confusion"] = confusion
    return found


# ---- what a model keeps of its training --------------------------------------

_OPTIONS = {"epochs": "epochs", "steps": "steps", "batch_size": "batch", "seed": "seed",
            "k1": "k1", "k2": "k2", "patience": "patience", "frozen": "freeze"}  # fmt: skip
_RULE = {"rule": "optimizer", "learning_rate": "lr", "weight_decay": "weight-decay",
         "clip_norm": "clip-norm", "clip_value": "clip-value"}  # fmt: skip


class _Journal:
    """The model's note "journal", as `elman train` writes it."""

    def __init__(self, model, data, config, resumed):
        self.model = model
        self.task = data.encoding["task"]
        self.validates = data.sizes["validation"] > 0
        plan = "".join(
            ("\t" if minor else "") + name + "\t" + " ".join(text.split()) + "\n"
            for name, text, minor in data.facts
        )
        model.write_note("plan", plan)
        named = {"version": _core.version, "data": dict((f[0], f[1]) for f in data.facts)["file"],
                 "model": repr(model), "task": self.task,
                 "loss": _loss_word(config)}  # fmt: skip
        for names, values in ((_OPTIONS, config), (_RULE, config["optimizer"])):
            named.update((names[n], str(v)) for n, v in values.items() if n in names)
        named["schedule"] = config["schedule"].get("kind", "constant")
        if "period" in config["schedule"]:
            named["period"] = str(config["schedule"]["period"])
        self.rows = []  # that are not written yet
        self.text = _core.journal_write(model.note("journal") if resumed else None, named)
        rows = _core.journal_read(self.text)[1]
        self.last = rows[-1]["step"] if rows else 0

    def write(self):
        """Puts what has come since into the model's note."""
        for row in self.rows:
            self.text = _core.journal_write(self.text, {}, row)
        self.rows.clear()
        self.model.write_note("journal", self.text)

    def add(self, now):
        """A row for an evaluation; one that the checkpoint had is there."""
        if now["step"] <= self.last:
            return
        self.last = now["step"]
        metrics = now["validation"]
        score = {"language": "bits", "classify": "accuracy", "tag": "accuracy"}
        row = {name: now[name] for name in ("step", "seconds", "train_loss", "learning_rate",
                                            "clipped", "update", "best")}  # fmt: skip
        row["epoch"] = now["epoch"] + (now["batch"] / now["batches"] if now["batches"] else 0)
        row["norm"] = now["mean_norm"]
        row["loss"] = metrics["loss"] if self.validates else np.nan
        row["score"] = metrics[score.get(self.task, "mae")]
        self.rows.append(row)


def _loss_word(config):
    """The name of a loss as `elman train` has it."""
    kind = config["loss"].get("kind", "cross_entropy")
    return {"cross_entropy": "cross-entropy", "binary_cross_entropy": "bce"}.get(kind, kind)


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
