"""What a training was."""

import numpy as np


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
    seconds : float
        What it took, evaluations and files as well; of one that went on from a
        checkpoint also the steps before.
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
